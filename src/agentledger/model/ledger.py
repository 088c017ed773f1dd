"""The values of the ledger's documents: what people and agents said, with where they said it.

Belongs here: immutable values as `documents` and `config` parse them. Does not: parsing,
judging, or how a branch and its documents belong together (`work`).

Every parsed value holds its `Document`; what is missing or wrong in it is a `Problem`
there, and the value has a default in its place, so nothing has to be checked twice.
Times are whole seconds since the epoch, UTC; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a document stands, and how far that can be trusted.

    `path` is as in its tree. `ref` names the branch it was read from. `commit`, `at` and
    `by` are those of the commit that added it (None: uncommitted, or not known), and stand
    in for a missing `at` or `by` of the document itself. `proven` is what ledger-format
    calls so: not open to being rewritten by an agent.
    """

    path: str
    ref: str = ""
    commit: str | None = None
    at: int | None = None
    by: str | None = None
    uncommitted: bool = False
    proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a document. `line` counts from 1; None: the document as a whole.

    `hint` names the accepted form, and a near miss where there is one. `kind` is `invalid`
    (unreadable: a key, a type, a value, a duplicate) or `incomplete` (a needed section,
    criterion or value is missing, empty or a placeholder). `fatal` is False for what only warns.
    """

    path: str
    line: int | None
    message: str
    hint: str
    kind: str = "invalid"
    fatal: bool = True


class Part(NamedTuple):
    """A level-2 section: its heading as written, its line, its Markdown; `empty`: only placeholders.

    `text_line` is the line on which `text` begins. A named tuple, since there are tens of thousands.
    """

    title: str
    line: int
    text: str
    empty: bool
    text_line: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a task list: `- [ ]` or `- [x]`; `shown_by` are the items of the list below it."""

    text: str
    line: int
    checked: bool
    shown_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What every document has. `fields` are its front matter, plain JSON values (times as text).

    `text` is the whole document, decoded; bytes that are not UTF-8 are replaced, and that is a problem.
    """

    source: Source
    blob: str | None = None
    text: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    problems: tuple[Problem, ...] = ()

    def part(self, title: str) -> Part | None:
        """The section of this title; case and trailing punctuation do not count."""
        wanted = heading_key(title)
        return next((part for part in self.parts if heading_key(part.title) == wanted), None)


def heading_key(title: str) -> str:
    """A heading as it is compared: lower case, single blanks, no commas, no trailing punctuation."""
    return _heading_key(title[:200])


@lru_cache(maxsize=1024)
def _heading_key(title: str) -> str:
    flat = title.lower().replace("’", "'").replace(",", "")
    return " ".join(flat.split()).rstrip(".:;!?– -")


@dataclass(frozen=True, slots=True)
class Check:
    """A verification command. `junit` is the file it writes results to, `timeout` in seconds."""

    name: str
    run: str
    junit: str | None = None
    timeout: int | None = None


@dataclass(frozen=True, slots=True)
class Kill:
    """When a task should be given up; None: no such criterion. `after` is in seconds."""

    after: int | None = None
    lines: int | None = None
    files: int | None = None
    commits: int | None = None
    failing_runs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The contract of a task. `criteria` are the items of its acceptance criteria."""

    document: Document
    task: str
    title: str
    manager: str = ""
    mode: str = "delegate"
    session: str = "background"
    priority: int = 2
    checkpoints: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()
    off_limits: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    seam: bool = False
    branch: str | None = None
    verify: tuple[Check, ...] = ()
    check_in: int = 15 * 60
    kill: Kill = Kill()
    criteria: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """One status report. `name` is its file name without `.md`; `needs` what it asks for, '' if nothing."""

    document: Document
    name: str
    at: int
    state: str = "working"
    agent: str = ""
    session: str = ""
    checkpoint: str | None = None
    needs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The manager's reply. `to` names the check-in it answers; None: the newest before it.

    `brief` is the blob of the branch's copy of the brief that it decides on, if it is about that.
    """

    document: Document
    name: str
    at: int
    by: str
    decision: str
    to: str | None = None
    branch: str | None = None
    checkpoint: str | None = None
    text: str = ""
    brief: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A dated exception. `until` is the second after which it no longer holds."""

    document: Document
    name: str
    at: int
    by: str
    rules: tuple[str, ...]
    paths: tuple[str, ...]
    until: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A verdict on one head, by somebody else than the implementer, as it says."""

    document: Document
    name: str
    at: int
    reviewer: str
    kind: str
    verdict: str
    branch: str
    head: str
    run: str = "reported"
    change: str | None = None
    session: str = ""
    findings: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a task ended: merged, killed, declined or explored."""

    document: Document
    at: int
    by: str
    outcome: str
    branch: str | None = None
    head: str | None = None
    merge: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What an agent hands over. `criteria` repeat the brief's, each with what shows it."""

    document: Document
    task: str
    base: str | None = None
    head: str | None = None
    change: str | None = None
    criteria: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class JUnit:
    """The counts of a JUnit file."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The recorded outcome of a check. `exit_code` is None where it was skipped (`skipped` says why).

    `on_base` is base's (commit, exit code) for the same check, where that was tried.
    """

    document: Document
    check: str
    command: str
    exit_code: int | None
    started_at: int
    seconds: float
    head: str
    tree: str
    change: str | None = None
    tail: tuple[str, ...] = ()
    log_sha256: str | None = None
    log_bytes: int = 0
    truncated: bool = False
    failures_in_a_row: int = 0
    junit: JUnit | None = None
    on_base: tuple[str, int] | None = None
    skipped: str | None = None

    @property
    def passed(self) -> bool:
        """Exit code 0 and no failures in JUnit; nothing to run counts as passed."""
        broken = self.junit is not None and bool(self.junit.failures or self.junit.errors)
        return self.skipped is not None or (self.exit_code == 0 and not broken)


@dataclass(frozen=True, slots=True)
class Wip:
    """Limits of work in progress, for each manager."""

    active: int = 5
    local: int = 3
    review: int = 3
    review_lines: int = 1500


@dataclass(frozen=True, slots=True)
class Companion:
    """Paths that must change together."""

    when: tuple[str, ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delegation:
    """The least oversight (`mode`) that a brief touching these paths may have."""

    paths: tuple[str, ...]
    mode: str


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """A check that every brief gets whose change touches `paths` (empty: all)."""

    check: Check
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`.agentledger/config.toml` on base, with defaults where it says nothing. `dormant` is in seconds.

    `readable` is False for what is no policy at all: not TOML, or in a version that is not known here.
    """

    base: str | None = None
    branches: tuple[str, ...] = ()
    require_briefs: bool = False
    managers: tuple[str, ...] = ()
    dormant: int = 7 * 86400
    enforce: bool = True
    control_branch: str = "agentledger"
    control_guarded: bool = False
    control_signers: str = ""
    wip: Wip = Wip()
    size_lines: int = 400
    landing: str = "merge"
    protected: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    generated: tuple[str, ...] = ("dist/**", "**/*_pb2.py", "**/*.lock")
    tests: tuple[str, ...] = ("tests/**", "**/*_test.*", "**/*.test.*", "**/test_*.py")
    companions: tuple[Companion, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    checks: tuple[PolicyCheck, ...] = ()
    spawn_copy: tuple[str, ...] = ()
    spawn_setup: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    readable: bool = True
