"""The ledger's documents as values: briefs, check-ins, answers, reviews and more, with where each was read.

Belongs here: immutable values, as `documents` parse them. Does not: the runs of checks (see `evidence`), the
policy (see `policy`), parsing, judging, or how a branch and its documents belong together (see `work`).

Every parsed value has its `Document`. What is missing or wrong is a `Problem` of that document, and the value
has a default in its place, so nothing has to be checked twice. Times are whole seconds since the epoch, UTC;
durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a document was read, and whether that place can be trusted."""

    #: The path in its tree.
    path: str
    #: The name of the branch it was read from.
    ref: str = ""
    #: The commit that added it, its time and its author's mail address; None: uncommitted, or not known. Time
    #: and address take the place of a missing `at` or `by` of the document itself.
    commit: str | None = None
    at: int | None = None
    by: str | None = None
    uncommitted: bool = False
    #: No agent can have written it (docs/ledger.md, "What is proven").
    proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a document."""

    path: str
    #: Counts from 1; None: the document as a whole.
    line: int | None
    message: str
    #: The accepted form, and a near miss where there is one.
    hint: str
    #: `invalid`: unreadable (a key, a type, a value, a duplicate). `incomplete`: a needed section, criterion
    #: or value is missing, empty or a placeholder.
    kind: str = "invalid"
    #: False for what only warns.
    fatal: bool = True


class Part(NamedTuple):
    """A level-2 section: its heading as written, the heading's line, and its Markdown.

    `empty` means that it holds only placeholders. `text_line` is the line on which `text` begins. A named
    tuple, since there are tens of thousands.
    """

    title: str
    line: int
    text: str
    empty: bool
    text_line: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a task list, `- [ ]` or `- [x]`. `shown_by` are the items of the list nested below it."""

    text: str
    line: int
    checked: bool
    shown_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What every document has."""

    source: Source
    #: The id of its blob.
    blob: str | None = None
    #: The whole document, decoded; bytes that are not UTF-8 are replaced, and that is a problem.
    text: str = ""
    #: Its front matter: plain JSON values, times as text.
    fields: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    problems: tuple[Problem, ...] = ()

    def part(self, title: str) -> Part | None:
        """The section with this title, compared by `heading_key`; None where there is none."""
        key = heading_key(title)
        return next((part for part in self.parts if heading_key(part.title) == key), None)


def heading_key(title: str) -> str:
    """A heading in the form in which it is compared: lower case, single blanks, no commas, no trailing
    punctuation.
    """
    # Cut first: the cache holds its keys, and a heading can be as long as its document.
    return _heading_key(title[:200])


@lru_cache(maxsize=1024)
def _heading_key(title: str) -> str:
    flat = title.lower().replace("’", "'").replace(",", "")
    return " ".join(flat.split()).rstrip(".:;!?– -")


@dataclass(frozen=True, slots=True)
class Check:
    """A verification command. `junit` is the file that it writes results to; `timeout` is in seconds.

    `integrity`: is it crossed with base (see `model.integrity`)? None: only the check named `test` is. `files` is the
    command for some test files alone, where it has one, with `{files}` in it.
    """

    name: str
    run: str
    junit: str | None = None
    timeout: int | None = None
    integrity: bool | None = None
    files: str | None = None


@dataclass(frozen=True, slots=True)
class Kill:
    """When to give a task up: after so many seconds, lines, files, commits or failing runs (None: never)."""

    after: int | None = None
    lines: int | None = None
    files: int | None = None
    commits: int | None = None
    failing_runs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What an agent is asked to do: the contract of a task."""

    document: Document
    task: str
    title: str
    #: A mail address.
    manager: str = ""
    #: delegate, review, own or explore.
    mode: str = "delegate"
    #: Where the agent runs: background, local or cloud.
    session: str = "background"
    #: 1 comes first.
    priority: int = 2
    #: What has to be approved on the way.
    checkpoints: tuple[str, ...] = ()
    #: Path patterns: the agent may change these files and no others, but none that `off_limits` match.
    owns: tuple[str, ...] = ()
    off_limits: tuple[str, ...] = ()
    #: Existing files whose pattern is to be followed.
    follow: tuple[str, ...] = ()
    #: Tasks that merge first.
    depends_on: tuple[str, ...] = ()
    #: The task is itself a shared interface that others build on.
    seam: bool = False
    #: The branch, where it is not named agent/<task>.
    branch: str | None = None
    verify: tuple[Check, ...] = ()
    #: A sign of life is due so often, in seconds.
    check_in: int = 15 * 60
    kill: Kill = Kill()
    #: The items of its acceptance criteria.
    criteria: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """One check-in: an agent's word on how far it is."""

    document: Document
    #: The file's name without `.md`.
    name: str
    at: int
    #: working, needs-input, blocked or ready.
    state: str = "working"
    agent: str = ""
    #: The agent's own session id.
    session: str = ""
    #: The checkpoint that it asks to be approved.
    checkpoint: str | None = None
    #: What it asks for; '' where it asks for nothing.
    needs: str = ""
    #: The Markdown of its section *Plan*, which is what a checkpoint approves; '' where it has none.
    plan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The manager's reply to a check-in, or the decision on a branch's copy of the brief."""

    document: Document
    name: str
    at: int
    by: str
    #: approve, change, reject, stop or note.
    decision: str
    #: The name of the check-in that it answers; None: see `attention.replies`.
    to: str | None = None
    #: The branch, where several work on the task; None: all of them.
    branch: str | None = None
    checkpoint: str | None = None
    text: str = ""
    #: The blob of the branch's copy of the brief, where the answer decides on that.
    brief: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """The manager's exception from rules, up to a date."""

    document: Document
    name: str
    at: int
    by: str
    #: Rules by id or name.
    rules: tuple[str, ...]
    #: Path patterns: only findings there are waived; empty: all.
    paths: tuple[str, ...]
    #: The second after which it no longer counts.
    until: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A reviewer's verdict on one commit of a branch. That the reviewer is not the author is its own word."""

    document: Document
    name: str
    at: int
    #: An agent's name, or a mail address.
    reviewer: str
    #: Who that is: agent or human.
    kind: str
    #: approve, request-changes or reject; none, where a reviewer was run and came to no verdict.
    verdict: str
    branch: str
    #: The commit that was reviewed.
    head: str
    #: manager: agentledger ran the reviewer itself.
    run: str = "reported"
    #: The id of the branch's net change; it decides where `head` is gone.
    change: str | None = None
    #: The reviewing agent's own session id.
    session: str = ""
    findings: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a task ended, or one branch of it."""

    document: Document
    at: int
    by: str
    #: merged, killed, declined or explored.
    outcome: str
    #: The branch that ended with it; None: all of the task.
    branch: str | None = None
    #: The commit that it ended at.
    head: str | None = None
    #: The commit on base that brought it in.
    merge: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A branch that was handed out for a task, and how far it was when it was last seen."""

    document: Document
    #: When it was handed out, or first seen.
    at: int
    branch: str
    #: The commit of base that it began at.
    base: str | None = None
    #: Its head when a manager's command last saw it.
    head: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What an agent hands over for review."""

    document: Document
    task: str
    #: The base commit that it was written against.
    base: str | None = None
    #: The commit that it describes: the one before its own.
    head: str | None = None
    #: The id of the branch's net change; it decides where `head` is gone.
    change: str | None = None
    #: The brief's criteria, each with what shows it.
    criteria: tuple[Item, ...] = ()
