"""The shapes of the JSON documents that other programs read, and their schemas.

Belongs here: one struct an object, in the order of its keys. Does not: how a value of the
model becomes one (see `reports.json`).

The shapes are a contract, told to users in docs/json.md: keys may be added, none goes away
while `version` is 1. Object ids are full hex, times RFC 3339 in UTC, and what is not known
is null, never left out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from agentledger import model, turns, work
from agentledger.findings import Gate, Severity
from agentledger.text import decode

Oid = Annotated[str, Meta(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$", description="An object id, in full.")]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="RFC 3339, in UTC.")]
Mode = Annotated[
    str, Meta(pattern="^[0-7]{6}$", description="A file mode as git prints it; 000000 for none.")
]
Count = Annotated[int, Meta(ge=0)]
Base64 = Annotated[str, Meta(extra_json_schema={"contentEncoding": "base64"}, description="The exact bytes.")]
SECTIONS = ("your-turn", "held", "kill", "silent", "working", "unbriefed", "ended")


def exact(raw: bytes) -> str | UnsetType:
    """The bytes in base64 where they are not UTF-8, else nothing: such a key only those entries have."""
    if raw.isascii() or not any("\udc80" <= char <= "\udcff" for char in decode(raw)):
        return UNSET
    return base64.b64encode(raw).decode()


def _one_of(*values: str) -> Meta:
    return Meta(extra_json_schema={"enum": list(values)})


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What all objects of a document have in common: they are written once, and never changed."""


class Finding(Entry, frozen=True):
    """What a rule found. `waived` is the reason of the waiver that covers it."""

    rule: Annotated[str, Meta(pattern="^[A-Z]{3}[0-9]{3}$")]
    name: str
    severity: Annotated[str, _one_of(*Severity)]
    blocks: bool
    waived: str | None
    branch: str | None
    task: str | None
    path: str | None
    line: Annotated[int, Meta(ge=1)] | None
    commit: Oid | None
    message: str
    hint: str
    path_base64: Base64 | UnsetType = UNSET


class Report(Entry, frozen=True):
    """What a check found at one gate; `blocked` when any of it stops whoever is there.

    `unjudged` has a sentence for each branch that could not be read, of which nothing is known.
    """

    version: Literal[1]
    kind: Literal["report"]
    gate: Annotated[str, _one_of(*Gate)]
    blocked: bool
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    unjudged: tuple[str, ...]


class Rule(Entry, frozen=True):
    """A rule. `levels` say for each gate what its findings are there; null: it is not run."""

    id: Annotated[str, Meta(pattern="^[A-Z]{3}[0-9]{3}$")]
    name: str
    levels: dict[str, Annotated[str, _one_of(*Severity)] | None]
    off: bool
    requires: tuple[str, ...]
    documentation: str


class Rules(Entry, frozen=True):
    """The rules, or the one that was asked for."""

    version: Literal[1]
    kind: Literal["rules"]
    rules: tuple[Rule, ...]


class Base(Entry, frozen=True):
    """The branch that agent work merges into, at its tip."""

    name: str
    ref: str
    head: Oid
    fetched_at: Time | None
    why: str
    sync: Annotated[str, _one_of(*model.Sync)]
    other_ref: str | None


class Person(Entry, frozen=True):
    """A name and an address as a commit states them."""

    name: str
    email: str


class Commit(Entry, frozen=True):
    """A commit outside base."""

    id: Oid
    author: Person
    at: Time
    subject: str
    trailers: tuple[tuple[str, str], ...]


class Change(Entry, frozen=True):
    """One path of the diff from merge base to head; an object id of zeros stands for no file."""

    path: str
    status: Annotated[str, _one_of("A", "M", "D", "T")]
    old_mode: Mode
    new_mode: Mode
    old: Oid
    new: Oid
    added: Count | None
    removed: Count | None
    binary: bool | None
    path_base64: Base64 | UnsetType = UNSET


class Size(Entry, frozen=True):
    """How much a branch changes; lines are null where they were not counted."""

    files: Count | None
    added: Count | None
    removed: Count | None


class Agent(Entry, frozen=True):
    """Who works on a branch, and what says so."""

    name: str
    source: Annotated[str, _one_of("branch", "author", "trailer", "check-in")] = field(name="from")


class Worktree(Entry, frozen=True):
    """The checkout of a branch; its path is relative to the repository."""

    path: str
    dirty: bool | None
    touched_at: Time | None


class Hunk(Entry, frozen=True):
    """A conflicting region: its first line in the merged file, its text, how many lines were cut off it."""

    line: int
    text: str
    cut: Count


ConflictKind = Annotated[str, _one_of("content", "add/add", "modify/delete", "other")]


class ConflictFile(Entry, frozen=True):
    """A path on which the merge with base stops."""

    path: str
    kind: ConflictKind
    hunks: tuple[Hunk, ...]
    path_base64: Base64 | UnsetType = UNSET


class Conflict(Entry, frozen=True):
    """What git's merge with base came to; `clean` is null when it could not be tried, `failed` says why."""

    clean: bool | None
    paths: tuple[str, ...]
    kinds: tuple[ConflictKind, ...]
    failed: str | None
    files: tuple[ConflictFile, ...]


class NextAction(Entry, frozen=True):
    """The one thing to do next, and the shell command for it, where there is a truthful one."""

    text: str
    command: str | None


class Branch(Entry, frozen=True):
    """One agent branch, local and remote-tracking taken together."""

    name: str
    ref: str
    remote_ref: str | None
    sync: Annotated[str, _one_of(*model.Sync)]
    head: Oid | None
    merge_bases: tuple[Oid, ...]
    ahead: Count | None
    behind: Count | None
    state: Annotated[str, _one_of(*model.State)]
    state_why: str | None
    same_as: Oid | None
    section: Annotated[str, _one_of(*SECTIONS)]
    task: str | None
    agent: Agent | None
    active_at: Time | None
    code_tree: Oid | None
    base_conflict: Conflict | None
    size: Size
    commits: tuple[Commit, ...]
    changes: tuple[Change, ...]
    worktree: Worktree | None
    check_ins: tuple[Any, ...]
    packet: dict[str, Any] | None
    checks: tuple[Any, ...]
    reviews: tuple[Any, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Any, ...]
    next_action: NextAction | None
    ref_base64: Base64 | UnsetType = UNSET


class Used(Entry, frozen=True):
    """How much there is of something, and how much the policy allows."""

    count: Count
    limit: Count


class Wip(Entry, frozen=True):
    """The work in progress of one manager; `manager` is null where nobody is named."""

    manager: str | None
    active: Used
    local: Used
    review: Used
    review_lines: Used


class Ledger(Entry, frozen=True):
    """Every agent branch of a repository: what it changed, where it stands, what to do next."""

    version: Literal[1]
    kind: Literal["ledger"]
    generated_at: Time
    name: str
    object_format: Annotated[str, _one_of("sha1", "sha256")]
    forge: str | None
    notes: tuple[str, ...]
    base: Base
    branches: tuple[Branch, ...]
    tasks: tuple[Any, ...]
    wip: tuple[Wip, ...]


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
    outcome: Annotated[str, _one_of("passed", "failed", "skipped", "planned")]
    exit_code: int | None
    seconds: float | None
    skipped: str | None
    junit: JUnitCounts | None
    on_base: OnBase | None
    trust: Annotated[str, _one_of(*work.Trust)] | None
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
    copy: Annotated[str, _one_of(*work.Copy)]


class BriefShow(Entry, frozen=True):
    """The brief that counts for a task: where it is from, and its text."""

    version: Literal[1]
    kind: Literal["brief-show"]
    task: str
    where: Annotated[str, _one_of("control", "base", "branch")] = field(name="from")
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
    copy: Annotated[str, _one_of(*work.Copy)]
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

    about: Annotated[str, _one_of(*turns.Kind)]
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
    purpose: Annotated[str, _one_of("start", "resume", "review", "copilot", "codex", "jules")]
    limit: Count
    bytes: Count
    text: str
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


SCHEMAS: Mapping[str, type[Entry]] = {
    "ledger": Ledger,
    "site": Site,
    "sync": Sync,
    "answered": Answered,
    "did": Did,
    "verified": Verified,
    "brief-show": BriefShow,
    "brief-diff": BriefDiff,
    "next": Next,
    "report": Report,
    "rules": Rules,
    "prompt": Prompt,
}


def schema(name: str) -> bytes:
    """The JSON Schema (2020-12) of a document of SCHEMAS, indented for reading."""
    document = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"agentledger {name}, version 1",
        "description": document.__doc__,
    }
    return msgspec.json.format(msgspec.json.encode(head | msgspec.json.schema(document)), indent=2) + b"\n"
