"""The shapes of the JSON documents that single commands print.

Belongs here: one struct an object, in the order of its keys. Does not: the fleet's (see `shapes_ledger`), or
how a value becomes one (see the module of each report).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from agentledger.attention import queue
from agentledger.model import work
from agentledger.reports.shapes_ledger import Count, Entry, NextAction, Oid, Time, one_of


class Site(Entry, frozen=True):
    """What building the site did: the pages written, left as they were, and removed."""

    version: Literal[1]
    kind: Literal["site"]
    dry_run: bool
    index: str
    written: Count
    unchanged: Count
    removed: Count


class Moved(Entry, frozen=True):
    """Commits that went from one side to the other, newest first, and the paths they changed."""

    commits: tuple[Oid, ...]
    paths: tuple[str, ...]


class Kept(Entry, frozen=True):
    """A local version that gave way to the remote's of `path`, and the name it is kept under."""

    path: str
    beside: str


class Sync(Entry, frozen=True):
    """What a sync of the control branch did; `head` is where both copies stand now."""

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
    """What answering did: the document written at `path`, by `commit`, on the control branch `ref`.

    `commit` is null in a dry run. `to_publish`: there is a remote that does not have it yet. `unsigned`: why
    it carries no signature though the policy lists signers; null where it needs none, or has one.
    """

    version: Literal[1]
    kind: Literal["answered"]
    dry_run: bool
    task: str
    ref: str
    path: str
    commit: Oid | None
    to_publish: bool
    unsigned: str | None


class Did(Entry, frozen=True):
    """What a command that writes did, or with `dry_run` would have done.

    `refs` are those that moved, `commits` those made, `files` the paths written; `worktree` is one that was
    made. `said` and `warnings` are sentences for people; `next` is the command to type next.
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


class JUnitCounts(Entry, frozen=True):
    """How many tests a JUnit file tells of, and how they ended."""

    tests: Count
    failures: Count
    errors: Count
    skipped: Count


class OnBase(Entry, frozen=True):
    """What the same command ended with on base."""

    commit: Oid
    exit_code: int


class VerifiedCheck(Entry, frozen=True):
    """What came of one check. `runs` counts how often it ran just now, `trust` is what a rerun makes of the
    branch's evidence: null where there is none to compare with. `log` is where the log lies.
    """

    name: str
    command: str
    outcome: Annotated[str, one_of("passed", "failed", "skipped", "planned")]
    exit_code: int | None
    seconds: float | None
    skipped: str | None
    junit: JUnitCounts | None
    on_base: OnBase | None
    trust: Annotated[str, one_of(*work.Trust)] | None
    runs: Count
    log: str | None
    warnings: tuple[str, ...]


class Verified(Entry, frozen=True):
    """What running the checks of a branch came to; with `dry_run` which commands would run.

    `sound`: none failed, and a `rerun` saw what the branch recorded. `commit` holds the evidence; null where
    nothing is kept in git, and where git would not write it.
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


class BriefProblem(Entry, frozen=True):
    """Something wrong in a brief; what is `fatal` keeps it from being read for what it means."""

    line: Annotated[int, Meta(ge=1)] | None
    message: str
    hint: str
    fatal: bool


class BriefCopy(Entry, frozen=True):
    """How a branch's copy of the brief relates to the one that counts."""

    branch: str
    copy: Annotated[str, one_of(*work.Copy)]


class BriefShow(Entry, frozen=True):
    """The brief that counts for a task: where it is from, and its text."""

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
    """The copies of a brief that differ from the one that counts; `name` is what was asked about."""

    version: Literal[1]
    kind: Literal["brief-diff"]
    name: str
    copies: tuple[BriefDifference, ...]


class Turn(Entry, frozen=True):
    """What waits for the manager first. `question` is an agent's text, `asks_for` what its copy of the brief
    would change, `checks` what is known of each check, in words.
    """

    about: Annotated[str, one_of(*queue.Kind)]
    branch: str
    task: str
    title: str
    since: Time | None
    check_in: str | None
    checkpoint: str | None
    question: str | None
    asks_for: tuple[str, ...]
    outcome: str | None
    checks: tuple[str, ...]
    next_action: NextAction


class Next(Entry, frozen=True):
    """What waits for the manager: how many things, the first of them, and what the agents are doing."""

    version: Literal[1]
    kind: Literal["next"]
    waiting: Count
    turn: Turn | None
    agents: str


class LeftOut(Entry, frozen=True):
    """What a prompt does not hold: `bytes` of its `size`, and the command that shows all of it."""

    what: str
    bytes: Count
    size: Count
    command: str | None


class Prompt(Entry, frozen=True):
    """A text to hand to an agent, of so many `bytes` in UTF-8, never more than `limit`.

    `purpose` is what was asked for with --for. `branch` is null where nobody works on the task yet, or
    several do. `notes` are sentences for whoever hands it over.
    """

    version: Literal[1]
    kind: Literal["prompt"]
    task: str
    branch: str | None
    purpose: Annotated[str, one_of("start", "resume", "review", "copilot", "codex", "jules")]
    limit: Count
    bytes: Count
    text: str
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
