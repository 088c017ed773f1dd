"""The values that travel between stages: immutable, small, printable.

Belongs here: what was read from git, and what was derived from it. Does not:
reading, judging, or words for people (see `fleet`, `forecast`, `site.view`).

Conventions: object ids are full hex strings; times are whole seconds since the
epoch, UTC; paths are bytes, as git has them; ref names, people's names and
subjects are `str` decoded as UTF-8 with `surrogateescape`, so nothing is lost
(`text.printable` makes them fit to be shown); `None` means *not computed*.

The values that exist by the ten thousand are named tuples, which are built
several times faster than frozen dataclasses; the others are dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from agentledger.model.findings import Finding
from agentledger.model.ledger import Policy, Problem
from agentledger.model.work import Standing, Task, Work

# Where a branch keeps its ledger.
LEDGER = b".agentledger/"


class Person(NamedTuple):
    """A name and an address as a commit states them; neither is proven."""

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
    """One path of the diff from merge base to head, renames not followed.

    `status` is A, M, D or T as git prints it. `added` and `removed` count lines
    and are None for a binary file, and where they were not computed; `binary` is
    None exactly where the content was not looked at (a missing blob, a file over
    the size limit, or line counts left out).
    """

    path: bytes
    status: str
    old_mode: str
    new_mode: str
    old: str
    new: str
    added: int | None = None
    removed: int | None = None
    binary: bool | None = None


class State(StrEnum):
    """Where a branch stands, derived from git alone."""

    OPEN = "open"
    EMPTY = "empty"
    MERGED = "merged"
    ABSORBED = "absorbed"
    DORMANT = "dormant"
    KILLED = "killed"
    DECLINED = "declined"
    EXPLORED = "explored"
    UNREADABLE = "unreadable"


class Sync(StrEnum):
    """How a local branch and its remote-tracking twin relate; seen from the local one."""

    LOCAL = "local"
    REMOTE = "remote"
    SAME = "same"
    AHEAD = "ahead"
    BEHIND = "behind"
    DIVERGED = "diverged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The branch that agent work merges into, at its tip.

    `ref` is the ref whose tip is `head`; `other_ref` its local or remote-tracking
    twin, if any, and `sync` how the local one relates to the remote one. `why` says
    in words how this base was chosen. `fetched_at` is when the last fetch was, or
    None when there was none.
    """

    name: str
    ref: str
    head: str
    why: str
    sync: Sync
    other_ref: str | None = None
    fetched_at: int | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """Who works on a branch, and what says so: branch, author, trailer or check-in."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Worktree:
    """The checkout of a branch. `path` is relative to the repository.

    `dirty` is None when git could not tell. `touched_at` is the newest of the times
    at which its HEAD moved or a changed file was written.
    """

    path: str
    dirty: bool | None
    touched_at: int | None


class Hunk(NamedTuple):
    """One conflicting region of a file, as git wrote it, markers included.

    `line` is its first line in the merged file, counted from 1; `text` is the region,
    cut where it was too long (`cut` then says how many lines are left out).
    """

    line: int
    text: bytes
    cut: int = 0


class ConflictFile(NamedTuple):
    """A path on which the merge with base stops. `kind`: content, add/add, modify/delete, other."""

    path: bytes
    kind: str
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """What git's own merge of base and head came to.

    `clean` is None when git could not merge these two at all; `failed` is then its reason.
    """

    clean: bool | None
    files: tuple[ConflictFile, ...] = ()
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One agent branch, local and remote-tracking taken together.

    `ref` is the ref whose tip is `head`; `remote_ref` the remote-tracking twin, if any
    (for a branch that is only remote, both are the same). `ahead` and `behind` count
    commits against base. `commits` are those outside base, newest first, no more than
    `fleet.MOST_COMMITS`. `active_at` is the newest sign of life: a commit, or a touch of
    a dirty worktree. `same_as` is the base commit that already has this change (state
    absorbed). `conflict` and `lines_counted` tell what was computed: None and False mean
    it was not, never that there is none. `work` is what its ledger says, and `standing`
    what follows from it; None where it works on no task, and `problems` tell why where its
    ledger does not say on which. `findings` are the rules', as at the merge gate; None where they
    were not asked: they are of open branches with a brief. An unreadable branch has a `state_why` with
    git's reason and little else.
    """

    name: str
    ref: str
    head: str
    sync: Sync
    remote_ref: str | None = None
    state: State = State.OPEN
    state_why: str = ""
    same_as: str | None = None
    merge_bases: tuple[str, ...] = ()
    ahead: int = 0
    behind: int = 0
    commits: tuple[Commit, ...] = ()
    changes: tuple[Change, ...] = ()
    lines_counted: bool = False
    code_tree: str | None = None
    agent: Agent | None = None
    task: str | None = None
    worktree: Worktree | None = None
    active_at: int = 0
    conflict: Conflict | None = None
    work: Work | None = None
    standing: Standing | None = None
    findings: tuple[Finding, ...] | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def code_changes(self) -> tuple[Change, ...]:
        """The changes outside the ledger's own folder: what a reader calls the branch's size."""
        return tuple(c for c in self.changes if not c.path.startswith(LEDGER))

    @property
    def line(self) -> tuple[Commit, ...]:
        """The commits of its own first-parent line, newest first: what was made on it, not merged into it."""
        own, at, found = {commit.id: commit for commit in self.commits}, self.head, []
        while at in own:
            found.append(own[at])
            at = next(iter(own[at].parents), "")
        return tuple(found)

    @property
    def added(self) -> int | None:
        """Lines added over all changes, or None when they were not counted."""
        return sum(c.added or 0 for c in self.code_changes) if self.lines_counted else None

    @property
    def removed(self) -> int | None:
        """Lines removed over all changes, or None when they were not counted."""
        return sum(c.removed or 0 for c in self.code_changes) if self.lines_counted else None


@dataclass(frozen=True, slots=True)
class Control:
    """The control branch as this repository has it. `ref` and `head` are None where there is none, or the
    branch of that name is something else.

    `sync` tells how the local copy relates to the remote one; `note` what a reader should know.
    """

    name: str
    ref: str | None = None
    head: str | None = None
    sync: Sync = Sync.LOCAL
    note: str = ""


class Merger(NamedTuple):
    """Whose merges the forecast shows: git's version, and the `diff.algorithm` that they obey, if any."""

    git: str
    diff_algorithm: str | None = None

    def __str__(self) -> str:
        by = f" and diff.algorithm {self.diff_algorithm}" if self.diff_algorithm else ""
        return f"git {self.git}{by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Everything that was read of one repository, at one moment.

    `name` is for headings: the folder's name. `forge` is the remote's web address, when
    it is one that is known. `notes` are sentences for the reader about what could not be
    read, or was left out. `forecast` is False when conflicts were left out on request, and `merger`
    is None then;
    `dormant` is after how many seconds without a sign of life an open branch counts as dormant.
    `templates` are base's own templates of documents, by their name: brief, status, packet, review.
    """

    name: str
    object_format: str
    base: Base
    branches: tuple[Branch, ...]
    now: int
    forge: str | None = None
    notes: tuple[str, ...] = ()
    forecast: bool = True
    dormant: int | None = None
    policy: Policy = field(default_factory=Policy)
    tasks: tuple[Task, ...] = ()
    control: Control | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    merger: Merger | None = None


class FilePatch(NamedTuple):
    """The text of one change. `body` runs from the first `@@` line on, or is empty.

    `omitted` says why it is empty: `""` (nothing to show: a mode change, an empty file), `binary`,
    `large`, `missing` (a blob is not in this clone) or `unreadable`.
    """

    change: Change
    body: bytes
    omitted: str = ""
