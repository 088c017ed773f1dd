"""A repository's branches, commits and changes as values: what git said, and what follows from it.

Belongs here: what was read from git, and what was derived from it. Does not: reading it, judging it, or words
for people (see `fleet.fleet_reader`, `changes.forecast`, `site.board_view`).

Conventions: object ids are full hex strings; times are whole seconds since the epoch, UTC; paths are bytes,
as git has them; ref names, people's names and subjects are `str` decoded as UTF-8 with `surrogateescape`, so
nothing is lost (`text.escape_hidden` makes them fit to be shown); `None` means *not computed*.

Values that exist by the ten thousand are named tuples, which are built several times faster than frozen
dataclasses; the others are dataclasses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from agentledger.model.absent import Absent
from agentledger.model.conflict import Conflict
from agentledger.model.findings import Finding
from agentledger.model.integrity import StaticFacts
from agentledger.model.ledger import Problem, Review
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.policy import Policy
from agentledger.model.work import Fresh, Standing, Task, Work, task_of_work

TYPE_CHECKING = False  # see `git.environment`
if TYPE_CHECKING:
    from agentledger.model.collisions import Collisions
    from agentledger.model.merge_plan import MergeOrder

SUBMODULE = "160000"  # its mode: it is no file that a check could read


class Person(NamedTuple):
    """A name and a mail address as a commit states them; neither is proven."""

    name: str
    email: str


class Commit(NamedTuple):
    """One commit outside base. `at` is the author's time, `committed_at` the committer's."""

    id: str
    parents: tuple[str, ...]
    tree: str
    author: Person
    at: int
    committed_at: int
    subject: str
    trailers: tuple[tuple[str, str], ...]


class Change(NamedTuple):
    """One path of the diff from merge base to head, renames not followed."""

    path: bytes
    #: A, M, D or T, as git prints it.
    status: str
    #: The file's mode and the blob's id, before and after; zeros where there is none.
    old_mode: str
    new_mode: str
    old: str
    new: str
    #: Counts of lines; None for a binary file, and where they were not computed.
    added: int | None = None
    removed: int | None = None
    #: None exactly where the content was not read: a missing blob, a file over the size limit, or line counts
    #: left out.
    binary: bool | None = None


class State(StrEnum):
    """Is a branch open, and if not, how did it end: by git, and by the documents of its task."""

    OPEN = "open"
    #: It has no commit of its own, or they change nothing on balance.
    EMPTY = "empty"
    MERGED = "merged"
    #: Base has the same change under another commit, or all of it by more than one: merging changes nothing.
    ABSORBED = "absorbed"
    #: Open, without a sign of life for longer than policy's limit.
    DORMANT = "dormant"
    #: These three are what the task's outcome says.
    KILLED = "killed"
    DECLINED = "declined"
    EXPLORED = "explored"
    #: Base had its change, and took it back.
    REVERTED = "reverted"
    UNREADABLE = "unreadable"


# States of a branch whose work goes on, or rests: nothing of it has landed or ended.
UNDER_WAY = (State.OPEN, State.DORMANT)
# States of a branch with changes that base has not.
UNMERGED = (State.OPEN, State.DORMANT, State.REVERTED)
# States in which somebody may still be at work on a branch.
ALIVE = (State.OPEN, State.DORMANT, State.EMPTY, State.REVERTED)
# States that commits alone show, and that uncommitted work in the branch's worktree takes back.
AT_REST = (State.EMPTY, State.MERGED, State.ABSORBED, State.DORMANT)


class Sync(StrEnum):
    """How a local branch and its remote-tracking twin relate; seen from the local one."""

    #: LOCAL and REMOTE: there is only that one.
    LOCAL = "local"
    REMOTE = "remote"
    SAME = "same"
    AHEAD = "ahead"
    BEHIND = "behind"
    DIVERGED = "diverged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The branch that agent work merges into, at its tip."""

    name: str
    #: The ref whose tip is `head`.
    ref: str
    head: str
    #: How this base was chosen, in words.
    why: str
    #: How the local branch relates to the remote-tracking one.
    sync: Sync
    #: The local or remote-tracking twin of `ref`, if any, and the commit that it leads to.
    other_ref: str | None = None
    other_head: str | None = None
    #: Where the local branch is checked out, from the main worktree; None: nowhere, or there is no local branch.
    worktree: str | None = None
    #: The remote that is meant where nobody names one; None without any.
    remote: str | None = None
    #: Sentences on why it may be the wrong branch, each ending in a colon and what settles it.
    doubts: tuple[str, ...] = ()
    #: When something last came from a remote; None: never, or there is no remote.
    fetched_at: int | None = None


# What can say which agent works on a branch.
AGENT_SOURCES = ("branch", "author", "trailer", "check-in", "worktree")


@dataclass(frozen=True, slots=True)
class Agent:
    """Which agent works on a branch. `source` is what says so, one of `AGENT_SOURCES`."""

    name: str
    source: str


class HooksOff(NamedTuple):
    """What keeps our hooks from running in a worktree, and the command, for the main worktree, that turns them on."""

    reason: str
    command: str


@dataclass(frozen=True, slots=True)
class Worktree:
    """The folder in which a branch is checked out. `path` is relative to the main worktree.

    `dirty`: does `git status` name anything? None where it fails. `touched_at` is when its HEAD last moved or
    a file of `uncommitted` was last written, whichever is newer.
    """

    path: str
    dirty: bool | None
    touched_at: int | None
    #: How many files were changed or added and are not committed, without those that git ignores and those
    #: that `spawn` put there. None where git status fails.
    uncommitted: int | None = None
    #: `rebase` or `bisect`, where one of this branch is under way there; git then calls the worktree detached.
    under_way: str = ""
    #: The agent's program in whose own folder of worktrees it is, or "".
    client: str = ""
    #: The task for which it was made, as `spawn` or `init` wrote down; '' for none.
    made_for: str = ""
    #: None where the hooks run, or nobody has installed any.
    hooks_off: HooksOff | None = None

    @property
    def is_in_use(self) -> bool:
        """Does work go on there that is in no commit yet, so that the branch has not ended?"""
        return bool(self.uncommitted) or bool(self.under_way)


class By(StrEnum):
    """By which way base came to have a branch's change."""

    MERGE = "merge"
    FAST_FORWARD = "fast-forward"
    #: A squash, a rebase, or somebody else's commit: base has it under another id.
    SAME_CHANGE = "same-change"


class Arrival(NamedTuple):
    """How base came to have a branch's change, or a part of it."""

    by: By
    #: The commit of base's first-parent line that brought it; of several the last.
    commit: str
    #: The change, as a pair of commits: what it made of the first is the second.
    before: str
    after: str
    #: False where the pair may not be this branch's change alone: nothing shows with which commit it began, or
    #: it came with another branch.
    is_known: bool = True


class Loss(StrEnum):
    """What base has done to a change that it had."""

    #: All of it was taken back.
    REVERTED = "reverted"
    #: A commit says that it takes it back, and took back a part.
    PARTLY = "partly"
    #: Base's tip lacks it, and nothing shows that it was meant to be taken back.
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What base has taken back of a branch's change, after `arrival` had brought it."""

    loss: Loss
    arrival: Arrival
    #: The commit of base's first-parent line that took it back; of several the last. None where it is LOST.
    commit: str | None = None
    #: Is that commit a merge, so that undoing it takes `-m 1`?
    is_merge: bool = False
    #: Did that commit alone take all of it back, so that undoing it brings all of it again?
    alone: bool = False
    #: The files, without the ledger's own.
    paths: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One agent branch, its local and its remote-tracking ref taken together.

    An unreadable branch has a `state_why` with git's reason and little else.
    """

    name: str
    #: The ref whose tip is `head`.
    ref: str
    head: str
    sync: Sync
    #: The remote-tracking twin, if any; for a branch that is only remote, the same as `ref`.
    remote_ref: str | None = None
    state: State = State.OPEN
    #: The reason for the state, in words.
    state_why: str = ""
    #: The base commit that already has this change, where the state is ABSORBED and one commit has it.
    same_as: str | None = None
    #: How base came to have its change, where base has or had it; None also for a part that base still has.
    arrival: Arrival | None = None
    #: What base has taken back of that.
    taken_back: TakenBack | None = None
    merge_bases: tuple[str, ...] = ()
    #: Counts of commits against base.
    ahead: int = 0
    behind: int = 0
    #: The commits outside base, newest first; no more than `fleet.fleet_reader.MOST_COMMITS`.
    commits: tuple[Commit, ...] = ()
    changes: tuple[Change, ...] = ()
    #: Were lines counted? False never means that there are none.
    lines_counted: bool = False
    #: The tree of `head` without the ledger's folder (see `git.code_tree`).
    code_tree: str | None = None
    agent: Agent | None = None
    task: str | None = None
    worktree: Worktree | None = None
    #: How many stashes were made on it.
    stashes: int = 0
    #: A linked worktree without a branch: `name` is a label that no branch can have, `ref` the HEAD of that
    #: worktree. It works on no task.
    detached: bool = False
    #: How many commits of a detached worktree are on no ref at all.
    unsaved: int = 0
    #: The state of its commits alone, where only its worktree (`is_in_use`) keeps it open.
    at_rest: State | None = None
    #: The branches of its task's dependencies that it stands on. `changes` are then against these, not base.
    stands_on: tuple[Stand, ...] = ()
    #: Those of `commits` that are its dependencies'.
    borrowed: frozenset[str] = frozenset()
    #: How it gets what base has of its commits already, where git alone would stop at a conflict.
    bridge: Bridge | None = None
    #: The newest sign of life: a commit, or a touch of a dirty worktree.
    active_at: int = 0
    #: None where no merge was tried; never that there is no conflict.
    conflict: Conflict | None = None
    #: What its ledger says, and what follows from that; None where it works on no task.
    work: Work | None = None
    standing: Standing | None = None
    #: The rules' findings, as at the merge gate. None where no rule was run: only open branches with a brief
    #: are judged.
    findings: tuple[Finding, ...] | None = None
    #: Lines of tests that were counted in its diff; None where nobody asked.
    static_facts: StaticFacts | None = None
    #: What ticked criteria of its packet name as showing them, a test or a file, and the head does not have.
    unfound_evidence: tuple[str, ...] = ()
    #: The reviews of a branch that works on no task, newest first; those of another are in `work`.
    reviews: tuple[Review, ...] = ()
    #: By the path of each of these: is it about the change as it is? Those of `work` have it in `standing`.
    reviews_fresh: Mapping[str, Fresh] = field(default_factory=dict)
    #: Why `work` is None, where its ledger does not say on which task it works.
    problems: tuple[Problem, ...] = ()
    #: What decides about it and is not in this partial clone: while there is any, nothing is known of its task.
    absent: tuple[Absent, ...] = ()

    def is_called(self, name: str) -> bool:
        """Is this its name, its ref, or that of its remote-tracking copy, also in git's short form?"""
        remote = self.remote_ref or self.ref
        return name in (self.name, self.ref, remote, remote.removeprefix("refs/remotes/"))

    @property
    def code_changes(self) -> tuple[Change, ...]:
        """The changes outside the ledger's own folder, which make up the size that readers see."""
        return tuple(c for c in self.changes if not c.path.startswith(LEDGER_BYTES))

    @property
    def existing_code_paths(self) -> tuple[bytes, ...]:
        """The paths of these that are files at the head."""
        return tuple(c.path for c in self.code_changes if c.status != "D" and c.new_mode != SUBMODULE)

    @property
    def own_commits(self) -> tuple[Commit, ...]:
        """The commits outside base that are not a dependency's."""
        return tuple(c for c in self.commits if c.id not in self.borrowed) if self.borrowed else self.commits

    @property
    def line(self) -> tuple[Commit, ...]:
        """The commits of its own first-parent line, newest first: made on the branch, not merged into it."""
        own, at, line = {commit.id: commit for commit in self.commits}, self.head, []
        while at in own:
            line.append(own[at])
            at = next(iter(own[at].parents), "")
        return tuple(line)

    @property
    def added(self) -> int | None:
        """Lines added in `code_changes`; None where lines were not counted."""
        return sum(c.added or 0 for c in self.code_changes) if self.lines_counted else None

    @property
    def removed(self) -> int | None:
        """Lines removed in `code_changes`; None where lines were not counted."""
        return sum(c.removed or 0 for c in self.code_changes) if self.lines_counted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a branch stands on: commits outside base of another branch, on whose task its own depends."""

    #: The other branch's name and ref; "" where it is not here any more.
    branch: str
    ref: str
    task: str
    #: The newest of its commits that this branch has: where this branch's own work begins.
    commit: str
    #: The state of the other branch; None where it is not here.
    state: State | None
    #: The commit of base that has the change up to `commit`, where it has landed under another commit.
    landing: str | None = None
    #: Has the other branch gone on since, with commits that this one lacks?
    moved: bool = False
    #: Does the other branch no longer contain `commit`?
    rewritten: bool = False
    #: Is that all that base lacks below the branch's own work, so that a diff from there shows just that?
    plain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """What brings into a branch what base has of its commits under another commit, without a conflict.

    It is a merge of a commit with the parents `head` and `landing`, and the landing's tree.
    """

    #: The branch that landed and its task: "" where that branch is gone, and where it is the branch's own work.
    branch: str
    task: str
    #: The commit that landed, and the commit of base that is the same change.
    head: str
    landing: str
    #: The paths at which git alone would stop.
    paths: tuple[bytes, ...] = ()
    #: The task whose ledger folder would be deleted with it, since base lacks it, and is to stay.
    keeps: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """The control branch as this repository has it.

    `ref` and `head` are None where there is none, or where the branch of that name is something else. `sync`
    is how the local copy relates to the remote one; `note` is a sentence for the reader.
    """

    name: str
    ref: str | None = None
    head: str | None = None
    sync: Sync = Sync.LOCAL
    note: str = ""


class LeftOut(NamedTuple):
    """How many branches of a robot there are (`merge queue`, `dependabot` …): no agent works on them."""

    robot: str
    branches: int


class Merger(NamedTuple):
    """The git that made the forecast's merges: its version, and the `diff.algorithm` it was given, if any."""

    git: str
    diff_algorithm: str | None = None

    def __str__(self) -> str:
        by = f" and diff.algorithm {self.diff_algorithm}" if self.diff_algorithm else ""
        return f"git {self.git}{by}"


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Everything that was read of one repository, at one moment."""

    #: For headings: the folder's name.
    name: str
    #: sha1 or sha256, as git calls them.
    object_format: str
    base: Base
    branches: tuple[Branch, ...]
    now: int
    #: The remote's web address, where its forge is known.
    forge: str | None = None
    #: Sentences for the reader about what could not be read, or was left out.
    notes: tuple[str, ...] = ()
    #: The branches of robots, which are not in `branches`.
    left_out: tuple[LeftOut, ...] = ()
    #: False where conflicts were left out on request.
    forecast: bool = True
    #: After so many seconds without a sign of life an open branch is dormant; None: never.
    dormant: int | None = None
    policy: Policy = field(default_factory=Policy)
    tasks: tuple[Task, ...] = ()
    control: Control | None = None
    #: Base's own templates of documents, by name: brief, status, packet, review.
    templates: Mapping[str, str] = field(default_factory=dict)
    #: None where `forecast` is False.
    merger: Merger | None = None
    #: All of the ledger that this partial clone lacks: what it says is unknown.
    absent: tuple[Absent, ...] = ()
    #: What was found about pairs of branches, and the order that follows; None where nobody asked.
    collisions: Collisions | None = None
    merge_order: MergeOrder | None = None

    @cached_property
    def clear_names(self) -> Mapping[str, str]:
        """Map each branch's ref to its name, or to the ref where several branches have that name."""
        count = Counter(branch.name for branch in self.branches)
        return {b.ref: b.name if count[b.name] == 1 else b.ref for b in self.branches}

    def task_of(self, work: Work) -> Task:
        """Return the task that this work is for, with the brief that counts for its branch."""
        return task_of_work(work, {task.id: task for task in self.tasks if task.id == work.task})


class FilePatch(NamedTuple):
    """The text of one change. `body` begins at the first `@@` line, or is empty.

    `omitted` says why it is empty: `""` (nothing to show: a mode change, an empty file), `binary`, `large`,
    `missing` (a blob is not in this clone) or `unreadable`.
    """

    change: Change
    body: bytes
    omitted: str = ""
