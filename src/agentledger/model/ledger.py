"""The ledger's documents as values: briefs, check-ins, answers, reviews and more, with where each was read.

Belongs here: immutable values, as `documents` and `ledger.config` parse them. Does not: parsing, judging, or
how a branch and its documents belong together (see `work`).

Every parsed value has its `Document`. What is missing or wrong is a `Problem` of that document, and the value
has a default in its place, so nothing has to be checked twice. Times are whole seconds since the epoch, UTC;
durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, Protocol


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
    """A verification command. `junit` is the file that it writes results to; `timeout` is in seconds."""

    name: str
    run: str
    junit: str | None = None
    timeout: int | None = None


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
    #: approve, request-changes or reject.
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


@dataclass(frozen=True, slots=True)
class JUnit:
    """What a check's report says: how many tests there were, how they ended, and which of them failed."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    #: Names of tests that failed, as `class::name`; not all where there are many.
    failed: tuple[str, ...] = ()
    #: How many failed, and of how many of these no name is known, such as a package that does not compile.
    failed_total: int = 0
    unnamed: int = 0
    #: Passed in a later try, after a failed one.
    flaky: int = 0
    #: Only notes of a runner's: a test without an assertion, one whose steps are still to be written.
    risky: int = 0
    pending: int = 0

    @property
    def broken(self) -> int:
        """How many failed."""
        return max(self.failed_total, self.failures + self.errors, len(self.failed))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBase:
    """The same check on base, and how its failures there compare with those here."""

    commit: str
    exit_code: int
    #: Names of tests that failed there, and how many did; None where it has no report.
    failed: tuple[str, ...] = ()
    failed_total: int | None = None
    #: Of the failures here those that base does not have, by name, and how many; None: not compared by name.
    new: tuple[str, ...] = ()
    new_total: int | None = None
    #: Why the two runs cannot be compared.
    unlike: str | None = None


class AgainstBase(Enum):
    """What base's run of a check makes of a failure here."""

    #: All that fails here fails there, too, and the command ends alike.
    SAME = "same"
    #: Only the exit code is the same.
    SAME_CODE = "same-code"
    NEW = "new"
    PASSES = "passes"
    #: The two cannot be compared.
    UNLIKE = "unlike"


def compare_with_base(exit_code: int | None, on_base: OnBase | None) -> AgainstBase | None:
    """What base's run makes of a failure here; None where there was no such run."""
    if on_base is None:
        return None
    if on_base.exit_code == 0 and exit_code:
        return AgainstBase.PASSES
    if on_base.unlike is not None:
        return AgainstBase.UNLIKE
    if on_base.new_total is None:
        return AgainstBase.SAME_CODE if exit_code == on_base.exit_code else AgainstBase.UNLIKE
    if on_base.new_total:
        return AgainstBase.NEW
    # A command that hides the same failures behind another end is another command.
    return AgainstBase.SAME if bool(exit_code) == bool(on_base.exit_code) else AgainstBase.UNLIKE


def fails_as_base(exit_code: int | None, on_base: OnBase | None) -> bool:
    """Did a check fail in a way that base's own run of it excuses?"""
    against = compare_with_base(exit_code, on_base)
    return bool(exit_code) and against in (AgainstBase.SAME, AgainstBase.SAME_CODE)


class Run(Protocol):
    """A run of a check, recorded or just made, as far as two of them are compared."""

    @property
    def passed(self) -> bool:
        """Did it pass?"""

    @property
    def exit_code(self) -> int | None:
        """None where it was skipped."""

    @property
    def on_base(self) -> OnBase | None:
        """The same check on base, where that was tried."""


def confirms(run: Run, recorded: Run) -> bool | None:
    """Does somebody else's run bear out a recorded result? None: it does not tell.

    That a failure is base's, too, is a part of the result: it takes the failing run of whoever says so, and base's.
    """
    if run.passed != recorded.passed:
        return False
    if not fails_as_base(recorded.exit_code, recorded.on_base):
        return True
    return None if run.on_base is None else fails_as_base(run.exit_code, run.on_base)


def has_passed(
    exit_code: int | None, skipped: str | None, junit: JUnit | None, on_base: OnBase | None
) -> bool:
    """Did a check pass? Its exit code decides that it failed; nothing to run counts as passed.

    With exit code 0, a report with failures is fine where base has the same ones and ends with 0, too: many
    runners list what may fail. Otherwise something hides them, such as `|| true`.
    """
    if skipped is not None:
        return True
    if exit_code != 0:
        return False
    listed = junit is not None and junit.broken > 0
    return not listed or compare_with_base(exit_code, on_base) is AgainstBase.SAME


@dataclass(frozen=True, slots=True)
class TestCounts:
    """How many tests a test runner said it had, in its own output, and how many of them failed or were skipped."""

    #: The runner's name; of several, each, and how often: `jest ×2 + pytest`.
    runner: str
    #: All of them, also those that were skipped.
    tests: int = 0
    #: With those that ended in an error.
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class RanWith:
    """What a check ran with, as far as that is known."""

    #: The interpreter or tool and its version, such as `Python 3.11.7`; "" where it is not known.
    tool: str = ""
    #: Lock files as the run saw them: path from the worktree's top, and SHA-256.
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBefore:
    """The last run of a check that differed from this one in what is compared."""

    #: The commit that it was of.
    head: str
    #: How many tests there were; None where that is not known.
    tests: int | None = None
    ran_with: RanWith | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The recorded run of a check."""

    document: Document
    check: str
    #: The command, before its {…} were filled in.
    command: str
    #: None where it was skipped.
    exit_code: int | None
    started_at: int
    seconds: float
    #: The commit that was checked, and its tree without the ledger's folder.
    head: str
    tree: str
    #: The id of the branch's net change; it decides where `head` is gone.
    change: str | None = None
    #: The log's last lines, without secrets.
    tail: tuple[str, ...] = ()
    #: The whole log's SHA-256, by which it is found, and its length.
    log_sha256: str | None = None
    log_bytes: int = 0
    #: Was the middle of the log left out?
    truncated: bool = False
    #: How many runs of this check in a row had failed by then.
    failures_in_a_row: int = 0
    junit: JUnit | None = None
    #: What is wrong with the report that was asked for: it is missing, or a part of it cannot be read.
    report_gap: str | None = None
    #: What the test runner itself said, where there is no JUnit file.
    counts: TestCounts | None = None
    ran_with: RanWith | None = None
    before: RunBefore | None = None
    #: The same check on base, where that was tried.
    on_base: OnBase | None = None
    #: Why there was nothing to run.
    skipped: str | None = None

    @property
    def tests(self) -> int | None:
        """How many tests there were; None where that is not known."""
        return self.junit.tests if self.junit else self.counts.tests if self.counts else None

    @property
    def passed(self) -> bool:
        """Did it pass, as `has_passed` says? What was skipped has not passed: see `Checked.result`."""
        return self.skipped is None and has_passed(self.exit_code, None, self.junit, self.on_base)


@dataclass(frozen=True, slots=True)
class Wip:
    """Limits of work in progress, for each manager: branches that are open, that a human sits with, that wait
    for review, and how many changed lines wait.
    """

    active: int = 5
    local: int = 3
    review: int = 3
    review_lines: int = 1500


@dataclass(frozen=True, slots=True)
class Companion:
    """Paths that must change together: where one of `when` changes, one of `also` has to."""

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
class CommitRules:
    """The repository's rules for commits, as far as agentledger's own keep them."""

    #: What a subject begins with, before a blank; "" for nothing.
    prefix: str = "chore(ledger):"
    #: Do messages end with `Signed-off-by:`, of whoever commits?
    sign_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The repository's policy: `.agentledger/config.toml` on base, with defaults where it says nothing."""

    #: The branch that work merges into; None: the remote's HEAD.
    base: str | None = None
    #: Patterns of agents' branch names; `*` crosses `/`.
    branches: tuple[str, ...] = ()
    #: A listed branch without brief may not merge.
    require_briefs: bool = False
    #: Mail addresses of those who plan, answer and approve.
    managers: tuple[str, ...] = ()
    #: After so many seconds without a sign of life a branch is dormant.
    dormant: int = 7 * 86400
    #: False: only count what would have been blocked.
    enforce: bool = True
    #: The branch of the manager's documents.
    control_branch: str = "agentledger"
    #: The forge or our hook lets only managers push it.
    control_guarded: bool = False
    #: The path of a file of allowed SSH signers on base; empty: signatures are not checked.
    control_signers: str = ""
    wip: Wip = Wip()
    #: A change of more lines warns.
    size_lines: int = 400
    #: How pull requests land: merge, squash or rebase.
    landing: str = "merge"
    #: Path patterns. Protected: nobody's, unless a brief owns that very path. Shared: only a brief with
    #: `seam` may own them. Open: anyone's.
    protected: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    #: Written by programs; their lines are not counted.
    generated: tuple[str, ...] = ("dist/**", "**/*_pb2.py", "**/*.lock")
    #: Where tests are.
    tests: tuple[str, ...] = ("tests/**", "**/*_test.*", "**/*.test.*", "**/test_*.py")
    companions: tuple[Companion, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    checks: tuple[PolicyCheck, ...] = ()
    #: Files to be copied into each new worktree, and a command to be run in it.
    spawn_copy: tuple[str, ...] = ()
    spawn_setup: str = ""
    #: So many seconds `spawn` takes to measure the checks on base; 0: it does not.
    spawn_baseline: int = 60
    commits: CommitRules = CommitRules()
    #: How strict a rule is (off, warn or error), by its id or name.
    rules: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    #: False for what is no policy at all: not TOML, or in a version that is not known here.
    readable: bool = True
