"""The shapes of the JSON documents that single commands print.

Belongs here: one struct for each object, its fields in the order of the keys. Does not: the fleet's shapes
(see `shapes_ledger`), or how a value becomes one (see the module of each report).

A class docstring here is the description in the JSON Schema, and so a text for users.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from agentledger.attention import turn
from agentledger.attention.reviewing import VERDICTS
from agentledger.model import integrity, work
from agentledger.reports.prompt import cloud
from agentledger.reports.shapes_ledger import Count, Entry, NextAction, Oid, Time, Unknown, Verdict, one_of


class Site(Entry, frozen=True):
    """What building the site did: how many files were written, left as they were, and removed."""

    version: Literal[1]
    kind: Literal["site"]
    dry_run: bool
    index: str
    written: Count
    unchanged: Count
    removed: Count


class ReviewRun(Entry, frozen=True):
    """What came of one branch: `verdict` is `none`, and `why` has the reason, where the reviewer came to none.

    `open_points` are open after it, over all reviews; `forgotten` those of them that it did not mention. `counts` says
    whether an agent's approval is enough here. `log` is the command that prints what the reviewer printed.
    """

    branch: str
    task: str | None
    head: Oid | None
    verdict: Annotated[str, one_of(*VERDICTS, "none", "planned")]
    why: str | None
    open_points: tuple[str, ...]
    settled: tuple[str, ...]
    forgotten: tuple[str, ...]
    round: Count
    rounds_limit: Count | None
    counts: bool | None
    log: str | None
    path: str | None
    commit: Oid | None
    moved: str | None
    warnings: tuple[str, ...]
    seconds: float


class ReviewRuns(Entry, frozen=True):
    """What `agentledger review --run` did; `complete` is false where a branch has no verdict."""

    version: Literal[1]
    kind: Literal["review-run"]
    dry_run: bool
    reviewer: str
    complete: bool
    reviews: tuple[ReviewRun, ...]
    next: str | None


class Moved(Entry, frozen=True):
    """Commits that were copied from one side to the other, newest first, and the paths they change."""

    commits: tuple[Oid, ...]
    paths: tuple[str, ...]


class Kept(Entry, frozen=True):
    """A local version of `path` that the remote's replaced, and the path `beside` where it is kept."""

    path: str
    beside: str


class Sync(Entry, frozen=True):
    """What a sync of the control branch did; `head` is the commit at which both copies are now."""

    version: Literal[1]
    kind: Literal["sync"]
    dry_run: bool
    branch: str
    remote: str
    ref: str
    remote_ref: str
    head: Oid | None
    local_before: Oid | None
    remote_before: Oid | None
    merge: Oid | None
    fetched: Moved
    pushed: Moved
    kept: tuple[Kept, ...]
    notes: tuple[str, ...]


class Answered(Entry, frozen=True):
    """What answering did: it wrote the document at `path`, with `commit`, on the control branch `ref`.

    `paths` are all documents: there is one for each branch that is answered.

    `commit` is null in a dry run. `to_publish`: there is a remote that does not have it yet. `unsigned`: why
    it has no signature although the policy lists signers; null where it needs none, or has one.
    """

    version: Literal[1]
    kind: Literal["answered"]
    dry_run: bool
    task: str
    ref: str
    path: str
    paths: tuple[str, ...]
    commit: Oid | None
    to_publish: bool
    unsigned: str | None


class BaseCheck(Entry, frozen=True):
    """A check, measured where a task's work begins: `on_base` there, `with_garbage` in the files that it may change.

    `commit` is where it begins, which with `--on` is not base. `tests` is null where it said nothing of any.
    `words` are its own for that it ran no test, or why it was not measured; `files` says in which files the
    garbage was, or why there was none.
    """

    name: str
    command: str
    commit: Oid
    on_base: Literal["passes", "fails", "no-tests", "cannot-run", "not-measured"]
    exit_code: int | None
    seconds: float | None
    tests: Count | None
    words: str | None
    with_garbage: Literal["fails", "passes", "not-tried"]
    files: str | None


class Did(Entry, frozen=True):
    """What a writing command did, or with `dry_run` would do.

    `refs` are the refs that moved, `commits` the commits made, `files` the paths written, `worktree` the
    worktree made. `said` and `warnings` are sentences for people; `next` is the command to type next. `checks`
    is what `spawn` and `plan --baseline` have measured.
    """

    version: Literal[1]
    kind: Literal["did"]
    dry_run: bool
    command: str
    task: str | None
    refs: tuple[str, ...]
    commits: tuple[Oid, ...]
    files: tuple[str, ...]
    worktree: str | None
    said: tuple[str, ...]
    warnings: tuple[str, ...]
    next: str | None
    checks: tuple[BaseCheck, ...]


# What can come of one check.
OUTCOMES = ("passed", "failed", "skipped", "could-not-run", "planned")


class JUnitCounts(Entry, frozen=True):
    """How many tests a report has, and how they ended. `failed` names at most 50; `unnamed` failures have no test.
    `flaky` tests passed in a later try; `risky` and `pending` are a runner's notes.
    """

    tests: Count
    failures: Count
    errors: Count
    skipped: Count
    failed: tuple[str, ...]
    failed_total: Count
    unnamed: Count
    flaky: Count
    risky: Count
    pending: Count


class RunnerCounts(Entry, frozen=True):
    """What a test runner said at its end; `tests` includes those that were skipped. Of several runners, all are
    named, and their tests added up.
    """

    runner: str
    tests: Count
    failed: Count
    skipped: Count


class RunWith(Entry, frozen=True):
    """What a check ran with: its interpreter or tool, null where that is not known, and the SHA-256 of lock files."""

    tool: str | None
    files: dict[str, str]


class OnBase(Entry, frozen=True):
    """The same command on base: its exit code, and the tests that failed. `new` fail here and not there; null
    totals where there is no report. `unlike`: why the two runs cannot be compared.
    """

    commit: Oid
    exit_code: int
    failed: tuple[str, ...]
    failed_total: Count | None
    new: tuple[str, ...]
    new_total: Count | None
    unlike: str | None


class VerifiedCheck(Entry, frozen=True):
    """The result of one check. `runs` counts how often it ran just now. `trust` is what a rerun says about the
    branch's evidence, null where there is none to compare with. `log` is the path of the log.
    `report_gap` is what is wrong with the report that was asked for.

    `could-not-run`: a rerun's worktree lacks what the check needs, `unable` says what, and nothing is kept.
    `differences`: in words, what was otherwise in the run before, or in the run that the branch has recorded.
    """

    name: str
    command: str
    outcome: Annotated[str, one_of(*OUTCOMES)]
    exit_code: int | None
    seconds: float | None
    skipped: str | None
    unable: str | None
    junit: JUnitCounts | None
    report_gap: str | None
    counts: RunnerCounts | None
    ran_with: RunWith | None = field(name="with")
    differences: tuple[str, ...]
    on_base: OnBase | None
    trust: Annotated[str, one_of(*work.Trust)] | None
    runs: Count
    log: str | None
    warnings: tuple[str, ...]


class Verified(Entry, frozen=True):
    """The results of running a branch's checks; with `dry_run`, the commands that would run.

    `sound`: none failed, and a `rerun` saw what the branch has recorded. `commit` has the evidence; it is null
    where nothing is kept in git, and where git refused to write it.
    """

    version: Literal[1]
    kind: Literal["verified"]
    dry_run: bool
    rerun: bool
    sound: bool
    task: str
    branch: str
    head: Oid
    checks: tuple[VerifiedCheck, ...]
    ref: str | None
    commit: Oid | None
    files: tuple[str, ...]
    warnings: tuple[str, ...]
    next: str | None


class CrossingRun(Entry, frozen=True):
    """One side's tests on the other side's code. `exit_code` is null where nothing was run for it; `why` says what
    could not be loaded, why there is no verdict, or from what it is known.
    """

    end: Annotated[str, one_of(*integrity.CrossingEnd)]
    exit_code: int | None
    seconds: float
    tests: Count | None
    failed: Count | None
    why: str | None


class CrossedTest(Entry, frozen=True):
    """One test of base's, what became of it, and the branch's test that took its place."""

    test: str
    word: Annotated[str, one_of(*integrity.Word)]
    partner: str | None
    pairing: str | None
    path: str | None
    partner_path: str | None
    base_text: str | None
    branch_text: str | None


class CrossedCheck(Entry, frozen=True):
    """What crossing one check shows; `meaning` is null in a dry run. `sentences` are what people read.

    `tells`: how many of the branch's passing tests fail on base's code; `needs_names`: for how many of these base
    lacks a name. Both are null where no test is known by name.
    """

    name: str
    command: str
    meaning: Annotated[str, one_of(*integrity.Meaning)] | None
    why: str | None
    sentences: tuple[str, ...]
    base_tests_on_branch: CrossingRun | None
    branch_tests_on_base: CrossingRun | None
    tells: Count | None
    needs_names: Count | None
    words: tuple[CrossedTest, ...]
    words_total: Count


class Crossed(Entry, frozen=True):
    """What `agentledger verify --integrity` shows; see docs/integrity.md. `base` is the commit at which the branch's
    own work begins. `commit` has the records; it is null where nothing is kept in git.
    """

    version: Literal[1]
    kind: Literal["crossed"]
    dry_run: bool
    task: str | None
    branch: str
    head: Oid
    base: Oid
    checks: tuple[CrossedCheck, ...]
    ref: str | None
    commit: Oid | None
    files: tuple[str, ...]
    warnings: tuple[str, ...]
    next: str | None


class BriefProblem(Entry, frozen=True):
    """Something wrong in a brief; with a `fatal` problem it cannot be read for what it means."""

    line: Annotated[int, Meta(ge=1)] | None
    message: str
    hint: str
    fatal: bool


class BriefCopy(Entry, frozen=True):
    """How a branch's copy of the brief relates to the one that counts."""

    branch: str
    copy: Annotated[str, one_of(*work.Copy)]


class BriefShow(Entry, frozen=True):
    """The brief that counts for a task: where it comes from, and its text."""

    version: Literal[1]
    kind: Literal["brief-show"]
    task: str
    where: Annotated[str, one_of("control", "base", "branch")] = field(name="from")
    proven: bool
    ref: str | None
    commit: Oid | None
    path: str
    blob: Oid | None
    text: str
    problems: tuple[BriefProblem, ...]
    copies: tuple[BriefCopy, ...]


class BriefDifference(Entry, frozen=True):
    """A branch's copy of the brief that differs: what it would let the branch touch, and a unified diff."""

    branch: str
    task: str
    copy: Annotated[str, one_of(*work.Copy)]
    blob: Oid | None
    grants: tuple[str, ...]
    takes: tuple[str, ...]
    others: tuple[str, ...]
    problems: tuple[BriefProblem, ...]
    diff: str


class BriefDiff(Entry, frozen=True):
    """The copies of a brief that differ from the one that counts; `name` is the task or branch asked about."""

    version: Literal[1]
    kind: Literal["brief-diff"]
    name: str
    copies: tuple[BriefDifference, ...]


class Decision(Entry, frozen=True):
    """A command that settles what an agent asks for: `accept`, `reject`, or `answer`, which grants nothing."""

    decision: str
    command: str


class Turn(Entry, frozen=True):
    """The first thing that waits for the manager. `plan` is what a checkpoint is to approve, `approved_plan` the
    check-in with the earlier one that was, `question` an agent's text. `asks_for` is what its copy of the brief would
    change, `why` its reason for that, `decisions` what settles it, `checks` the last result of each check in words.
    """

    about: Annotated[str, one_of(*turn.DECISIONS)]
    branch: str
    task: str
    title: str
    since: Time | None
    check_in: str | None
    checkpoint: str | None
    plan: str | None
    approved_plan: str | None
    question: str | None
    asks_for: tuple[str, ...]
    why: str | None
    decisions: tuple[Decision, ...]
    outcome: str | None
    checks: tuple[str, ...]
    verdict: Verdict
    next_action: NextAction


class Gone(Entry, frozen=True):
    """A task whose branches are gone, though base has nothing of them: what became of it?"""

    task: str
    title: str
    last_seen: Oid | None
    question: str
    commands: tuple[str, ...]


class HandOut(Entry, frozen=True):
    """A planned task that can be handed out now, and the command for it."""

    task: str
    title: str
    next_action: NextAction


class Next(Entry, frozen=True):
    """How many things wait for the manager, the first of them, and what the agents are doing.

    `hand_out` is the planned task to hand out next, where nothing waits and `spawn` would take one.
    """

    version: Literal[1]
    kind: Literal["next"]
    waiting: Count
    turn: Turn | None
    agents: str
    gone: tuple[Gone, ...]
    hand_out: HandOut | None
    unknown: tuple[Unknown, ...]


class LeftOut(Entry, frozen=True):
    """Something that a prompt leaves out: `bytes` of its `size`, and the command that shows all of it."""

    what: str
    bytes: Count
    size: Count
    command: str | None


class Prompt(Entry, frozen=True):
    """A text to hand to an agent, of so many `bytes` in UTF-8, never more than `limit`.

    `purpose` is the value of --for. `branch` is null where no branch works on the task yet, or several do.
    `notes` are sentences for the person who hands it over.
    """

    version: Literal[1]
    kind: Literal["prompt"]
    task: str
    branch: str | None
    purpose: Annotated[str, one_of("start", "resume", "review", *cloud.PLATFORMS)]
    limit: Count
    bytes: Count
    text: str
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
