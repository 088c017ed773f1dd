"""The shapes of the fleet's JSON document and of findings, and what all shapes have in common.

Belongs here: one struct for each object, its fields in the order of the keys. Does not: how a value of the
model becomes one (see `json`), or what single commands print (see `shapes_commands`).

The shapes are a contract, explained to users in docs/json.md: keys may be added, none is removed while
`version` is 1. Object ids are full hex, times RFC 3339 in UTC, and what is not known is null, never left out.
A class docstring here is the description in the JSON Schema, and so a text for users.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from agentledger.attention import turn, verdict
from agentledger.attention.sections import Section
from agentledger.model import fleet, integrity
from agentledger.model.findings import LEVELS, Gate, Severity
from agentledger.model.text import decode

Oid = Annotated[str, Meta(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$", description="An object id, in full.")]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="RFC 3339, in UTC.")]
Mode = Annotated[
    str, Meta(pattern="^[0-7]{6}$", description="A file mode as git prints it; 000000 for none.")
]
Count = Annotated[int, Meta(ge=0)]
Base64 = Annotated[str, Meta(extra_json_schema={"contentEncoding": "base64"}, description="The exact bytes.")]


def base64_unless_utf8(raw: bytes) -> str | UnsetType:
    """The bytes in base64 where they are not UTF-8, else UNSET: all other entries lack such a key."""
    if raw.isascii() or not any("\udc80" <= char <= "\udcff" for char in decode(raw)):
        return UNSET
    return base64.b64encode(raw).decode()


def one_of(*values: str) -> Meta:
    """A text with these values today; more may be added, so a reader must expect others."""
    return Meta(extra_json_schema={"enum": list(values)})


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What all objects of a document have in common: they are frozen, and the garbage collector skips them."""


class Finding(Entry, frozen=True):
    """What a rule found. `waived` is the reason of the waiver that covers it.

    `later`: it stops nobody now, and is an error at `gate`. `shared`: another branch of the fleet has the same.
    """

    rule: Annotated[str, Meta(pattern="^[A-Z]{3}[0-9]{3}$")]
    name: str
    severity: Annotated[str, one_of(*Severity)]
    blocks: bool
    gate: Annotated[str, one_of(*Gate)]
    shared: bool
    waived: str | None
    branch: str | None
    task: str | None
    path: str | None
    line: Annotated[int, Meta(ge=1)] | None
    commit: Oid | None
    message: str
    hint: str
    path_base64: Base64 | UnsetType = UNSET


class Judged(Entry, frozen=True):
    """A branch of a fleet that was checked, and the gate by which; `blocked`: a finding stops it there."""

    branch: str
    gate: Annotated[str, one_of(*Gate)]
    blocked: bool


class Report(Entry, frozen=True):
    """What a check found at one gate; `blocked`: at least one finding blocks.

    `unjudged` has a sentence for each branch that could not be read, so that nothing is known about it. `fleet` has
    the branches of a whole fleet, each with the gate that it was judged by.
    """

    version: Literal[1]
    kind: Literal["report"]
    gate: Annotated[str, one_of(*Gate)]
    blocked: bool
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    unjudged: tuple[str, ...]
    fleet: tuple[Judged, ...]


class Rule(Entry, frozen=True):
    """A rule. `levels` gives the severity of its findings at each gate; null: it is not run there."""

    id: Annotated[str, Meta(pattern="^[A-Z]{3}[0-9]{3}$")]
    name: str
    levels: dict[str, Annotated[str, one_of(*LEVELS)] | None]
    off: bool
    requires: tuple[str, ...]
    documentation: str


class Rules(Entry, frozen=True):
    """The rules, or the one that was asked for."""

    version: Literal[1]
    kind: Literal["rules"]
    rules: tuple[Rule, ...]


class Base(Entry, frozen=True):
    """The branch that agent work merges into, at its tip.

    `remote` is the one that is meant where nobody names one, null without any. `fetched_at` is when something last
    came from a remote, by a fetch or the clone; null: never, or there is no remote.
    """

    name: str
    ref: str
    head: Oid
    remote: str | None
    fetched_at: Time | None
    why: str
    sync: Annotated[str, one_of(*fleet.Sync)]
    other_ref: str | None


class Merger(Entry, frozen=True):
    """The git whose merges `base_conflict` shows: its version, and the `diff.algorithm` that its merges use."""

    git: str
    diff_algorithm: str | None


class Person(Entry, frozen=True):
    """A name and an address, as a commit has them."""

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
    """One path of the diff from merge base to head; an object id of zeros means no file."""

    path: str
    status: Annotated[str, one_of("A", "M", "D", "T")]
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
    """The agent that works on a branch, and where its name comes from."""

    name: str
    source: Annotated[str, one_of(*fleet.AGENT_SOURCES)] = field(name="from")


class Worktree(Entry, frozen=True):
    """The checkout of a branch; its path is relative to the repository."""

    path: str
    dirty: bool | None
    touched_at: Time | None
    uncommitted: Count | None
    under_way: Annotated[str, one_of("rebase", "bisect")] | None


class Hunk(Entry, frozen=True):
    """A conflicting region: its first line in the merged file, its text, and how many lines were cut off."""

    line: int
    text: str
    cut: Count


ConflictKind = Annotated[str, one_of("content", "add/add", "modify/delete", "other")]


class ConflictFile(Entry, frozen=True):
    """A path at which the merge with base has a conflict."""

    path: str
    kind: ConflictKind
    hunks: tuple[Hunk, ...]
    path_base64: Base64 | UnsetType = UNSET


class Conflict(Entry, frozen=True):
    """The result of git's merge with base; `clean` is null where it could not be tried, and `failed` says why.

    `below` is the branch that this one stands on, where all of the conflict is that branch's.
    """

    clean: bool | None
    paths: tuple[str, ...]
    kinds: tuple[ConflictKind, ...]
    failed: str | None
    files: tuple[ConflictFile, ...]
    below: str | None


class Stand(Entry, frozen=True):
    """A branch that another one stands on: its own work begins after `commit`.

    `branch` is null where it is gone, `state` with it. `landing` is the commit of base that has that change.
    `moved`: it has gone on since; `rewritten`: it does not contain that commit any more.
    """

    branch: str | None
    task: str
    commit: Oid
    state: Annotated[str, one_of(*fleet.State)] | None
    landing: Oid | None
    moved: bool
    rewritten: bool


class Bridge(Entry, frozen=True):
    """What base has of a branch's commits under another one, where git alone would stop at `paths`.

    `head` landed as `landing`. `branch` is null where that is gone, and with `task` where it is the branch's own
    earlier work.
    """

    branch: str | None
    task: str | None
    head: Oid
    landing: Oid
    paths: tuple[str, ...]


class CollidesWith(Entry, frozen=True):
    """Another branch that will not merge any more once this one has, or the other way round, though both merge now.

    `paths` are the first files in which. `first`: which of the two goes first; null where no order is known.
    """

    branch: str
    ref: str
    paths: tuple[str, ...]
    first: str | None


class NextAction(Entry, frozen=True):
    """The one thing to do next, and the shell command for it; null where no command can be typed safely."""

    text: str
    command: str | None


class Arrival(Entry, frozen=True):
    """How base came to have a branch's change: the commit of base that brought it, and by which way."""

    by: Annotated[str, one_of(*fleet.By)]
    commit: Oid


class TakenBack(Entry, frozen=True):
    """What base took back of that: in which commit (null: not known), and which files."""

    loss: Annotated[str, one_of(*fleet.Loss)]
    commit: Oid | None
    paths: tuple[str, ...]


class BranchTurn(Entry, frozen=True):
    """Whose turn it is with a branch, what it is about, since when, and why in words."""

    whose: Annotated[str, one_of(*turn.Whose)]
    about: Annotated[str, one_of(*turn.Kind)]
    since: Time | None
    why: str | None


class OpenPoint(Entry, frozen=True):
    """A point of a review that nobody has settled; `path` is the newest review that names it."""

    text: str
    reviewer: str
    by: Annotated[str, one_of("agent", "human")]
    path: str


class ReviewState(Entry, frozen=True):
    """Who has to review the branch by the policy's `[[review]]`, how often it was reviewed, and what is open.

    `asked` is null where no rule covers it. `no_verdicts` are the runs of a reviewer that came to none.
    """

    asked: Annotated[str, one_of("agent", "human")] | None
    another: bool
    rounds: Count
    rounds_limit: Count | None
    open_points: tuple[OpenPoint, ...]
    no_verdicts: tuple[Any, ...]


class Verdict(Entry, frozen=True):
    """What is known of a branch: what that is, a sentence, and `more` about it.

    `in_order`: it is approved as it is, and nothing stands against merging it.
    """

    about: Annotated[str, one_of(*verdict.Known)]
    text: str
    more: str | None
    in_order: bool


class Unknown(Entry, frozen=True):
    """A file of the ledger that this partial clone lacks, so that nobody here knows what it says."""

    path: str
    ref: str
    object: Oid | None
    remote: str
    task: str | None


class MarkedLine(Entry, frozen=True):
    """A line added to a test file that decides which tests run; `test` is null for the whole file."""

    test: str | None
    path: str
    line: int
    text: str
    conditional: bool


class TestFacts(Entry, frozen=True):
    """Lines that were counted in the diff of tests, without running any; see docs/integrity.md.

    `is_loss`: so many demands are gone, without code going with them, that a reader should look.
    """

    assertions_removed: Count
    assertions_added: Count
    tests_removed: Count
    tests_added: Count
    code_removed: Count
    code_added: Count
    adds_rows: bool
    is_loss: bool
    skips: tuple[MarkedLine, ...]
    focus: tuple[MarkedLine, ...]


class TestWord(Entry, frozen=True):
    """What became of one test of base's, and the branch's test that took its place."""

    test: str
    word: Annotated[str, one_of(*integrity.Word)]
    partner: str | None
    pairing: str | None


class Crossing(Entry, frozen=True):
    """What the crossings of one check with base show about one head; `is_of_head` false: about another commit."""

    check: str
    head: Oid
    base: Oid
    at: Time
    meaning: Annotated[str, one_of(*integrity.Meaning)]
    why: str | None
    is_of_head: bool
    tells: Count | None
    needs_names: Count | None
    words: tuple[TestWord, ...]
    words_total: Count


class Contradiction(Entry, frozen=True):
    """A claim of the agent, where it stands, and what git shows instead."""

    claim: str
    where: str
    fact: str


class Branch(Entry, frozen=True):
    """One agent branch, local and remote-tracking taken together."""

    name: str
    ref: str
    remote_ref: str | None
    sync: Annotated[str, one_of(*fleet.Sync)]
    head: Oid | None
    merge_bases: tuple[Oid, ...]
    ahead: Count | None
    behind: Count | None
    state: Annotated[str, one_of(*fleet.State)]
    state_why: str | None
    at_rest: Annotated[str, one_of(*fleet.State)] | None
    same_as: Oid | None
    arrival: Arrival | None
    taken_back: TakenBack | None
    section: Annotated[str, one_of(*Section)]
    verdict: Verdict
    turn: BranchTurn
    task: str | None
    agent: Agent | None
    active_at: Time | None
    code_tree: Oid | None
    stands_on: tuple[Stand, ...]
    bridge: Bridge | None
    base_conflict: Conflict | None
    collides_with: tuple[CollidesWith, ...] | None
    collides_with_total: Count | None
    size: Size
    commits: tuple[Commit, ...]
    changes: tuple[Change, ...]
    worktree: Worktree | None
    stashes: Count
    detached: bool
    unsaved: Count
    check_ins: tuple[Any, ...]
    packet: dict[str, Any] | None
    checks: tuple[Any, ...]
    checks_summary: str | None
    test_facts: TestFacts | None
    crossings: tuple[Crossing, ...]
    contradictions: tuple[Contradiction, ...]
    reviews: tuple[Any, ...]
    review_state: ReviewState | None
    findings: tuple[Finding, ...]
    problems: tuple[Any, ...]
    next_action: NextAction | None
    unknown: tuple[Unknown, ...]
    ref_base64: Base64 | UnsetType = UNSET


class Used(Entry, frozen=True):
    """How many there are, and how many the policy allows."""

    count: Count
    limit: Count


class Wip(Entry, frozen=True):
    """The work in progress of one manager; `manager` is null where nobody is named."""

    manager: str | None
    active: Used
    local: Used
    review: Used
    review_lines: Used


class LeftOut(Entry, frozen=True):
    """How many branches of a robot there are, such as a merge queue's; no agent works on them."""

    robot: str
    branches: Count


class Ledger(Entry, frozen=True):
    """Every agent branch of a repository: what it changed, how far it is, what to do next."""

    version: Literal[1]
    kind: Literal["ledger"]
    generated_at: Time
    name: str
    object_format: Annotated[str, one_of("sha1", "sha256")]
    forge: str | None
    notes: tuple[str, ...]
    base: Base
    branches: tuple[Branch, ...]
    tasks: tuple[Any, ...]
    wip: tuple[Wip, ...]
    merged_by: Merger | None
    left_out: tuple[LeftOut, ...]
    unknown: tuple[Unknown, ...]
