"""What rules look at, and what they find: values only.

Belongs here: one branch at one gate, with every fact that a rule may ask for. Does not: gathering those (see
`fleet.case_builder` and `gates.commit`), or any judgement.

A fact that was not gathered is None, or empty; a rule that needs it says so by `Rule.applies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentledger.attention.wip import Load
from agentledger.model.conflict import Conflict
from agentledger.model.findings import Gate
from agentledger.model.fleet import Change, HooksOff
from agentledger.model.ledger import Brief
from agentledger.model.merge_group import Stray
from agentledger.model.policy import Policy
from agentledger.model.work import Fresh, Standing, Task, Work
from agentledger.scope.task_scope import Scope


@dataclass(frozen=True, slots=True)
class Touched:
    """A changed path as the gate judges it.

    `commit` is the newest of the branch's own commits that changed it. `own` is False for what only merging
    would bring; `net` is False for what a later commit has put back. `base_state`: the path conflicts with base, and
    has there what base had since the two parted, as after a squash of base; then `net` is False, too.
    """

    path: bytes
    change: Change | None = None
    commit: str | None = None
    own: bool = True
    net: bool = True
    base_state: bool = False


@dataclass(frozen=True, slots=True)
class Rename:
    """A file that a change renames, as git finds it. `exact`: content and mode are the same."""

    source: bytes
    target: bytes
    exact: bool


@dataclass(frozen=True, slots=True)
class Peer:
    """Another active task: its brief, scope and branches.

    `since` is when its brief was accepted, in seconds since the epoch. `planned` is false where its branch alone has
    the brief: `agentledger plan` changes none that nobody has accepted.
    """

    task: str
    brief: Brief
    scope: Scope
    branches: tuple[str, ...] = ()
    since: int | None = None
    planned: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """A check-in that this change adds (A), edits (M) or deletes (D); `first_blob` is what it was at first."""

    path: str
    change: str
    first_blob: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref that a push moves. `new` is None for a deletion."""

    name: str
    new: str | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """Misleading characters that a change adds, by their names (`U+202E`), and the first line with one.

    `where` is the place in words. `line` is None for characters in a file's name. `unread` says why a file was not
    searched for any; then there are no names.
    """

    where: str
    path: bytes | None
    line: int | None
    names: tuple[str, ...]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class CopiedCommit:
    """A commit of the branch that another branch has under another id, with what the earlier one says of itself.

    `outside` and `outside_there` are its paths that this branch, and the other one, may not change. `is_later`: this
    branch has made its own after the other one; then `drop`, typed on this branch, takes out all such commits that it
    shares with that one, and is '' where no short command does.
    """

    commit: str
    author: str
    subject: str
    other: str
    other_commit: str
    #: The other branch's task; "" without one that has a brief.
    task: str = ""
    outside: tuple[bytes, ...] = ()
    outside_there: tuple[bytes, ...] = ()
    is_later: bool = False
    drop: str = ""


@dataclass(frozen=True, slots=True)
class BaseDoubt:
    """Why the base that a packet names is none to compare with.

    `kind` is one of: missing, gone (there is no such object), cut (a shallow clone may only lack it),
    no commit, own (a commit of the branch itself), other (of the branch `more`), outside (in no history that is
    read here), older (than `more`, at which the branch began; '' where the two share no history).
    """

    kind: str
    named: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class PacketFiles:
    """The paths that a packet's *Files touched* has to list, and what is wrong with its base, if anything is.

    `failed` is git's reason where nobody can tell what changed, else ''.
    """

    paths: frozenset[bytes]
    doubt: BaseDoubt | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Collided:
    """Another open branch, once which has landed this one does not merge any more.

    `where` is the file, its line and both sides in words, `first` who goes first and why ("" for no order), `hint` what
    to do about it, with the command.
    """

    branch: str
    path: bytes
    where: str
    first: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One branch, or at `spawn` one task, at one gate: every fact that a rule may ask for."""

    gate: Gate
    #: Seconds since the epoch.
    now: int
    policy: Policy
    #: Base as git takes it on a command line.
    base: str = "main"
    branch: str = ""
    head: str | None = None
    #: The branch counts as an agent's.
    is_agent_branch: bool = False
    #: Which agent works on the branch; "" where nothing shows it.
    agent: str = ""
    task: Task | None = None
    #: What keeps our hooks from running in the worktree of the branch; None where nothing does, or it has none.
    hooks_off: HooksOff | None = None
    #: What the branch's ledger folder says.
    work: Work | None = None
    standing: Standing | None = None
    #: The paths that the task's brief grants; None without a brief.
    scope: Scope | None = None
    #: When the task's brief was accepted, in seconds since the epoch.
    since: int | None = None
    #: The paths that the gate judges.
    changed: tuple[Touched, ...] = ()
    #: The renames among them, by the old path and by the new one; only where a side is outside the scope.
    renames: Mapping[bytes, Rename] = field(default_factory=dict)
    #: Did anything outside the ledger change?
    code: bool = False
    #: Lines added and removed outside the ledger; None where they were not counted.
    added: int | None = None
    removed: int | None = None
    #: How many commits changed code.
    commits: int = 0
    #: The result of merging the branch into base.
    conflict: Conflict | None = None
    #: What it collides with, those that merge first coming first; empty, too, where pairs were not compared.
    collisions: tuple[Collided, ...] = ()
    #: What of the branch has landed under another commit, at which git alone would stop, and the command that
    #: brings it in; "" for none.
    bridge: tuple[str, str] = ("", "")
    #: What the branch has from the other copy of base, which has parted from base: by path, the newest commit that
    #: changed it. `other_base` is that copy, as it is typed to git; "" for none.
    parted: Mapping[bytes, str] = field(default_factory=dict)
    other_base: str = ""
    #: The targets of changed symbolic links, by path.
    links: Mapping[bytes, bytes] = field(default_factory=dict)
    #: Added paths that differ from another path only by case or normalisation, with that other path.
    twins: Mapping[bytes, bytes] = field(default_factory=dict)
    #: Changed paths in a folder with doubled or unsorted entries.
    disordered: frozenset[bytes] = frozenset()
    hidden: tuple[Hidden, ...] = ()
    #: The check-ins that the branch adds, edits or deletes.
    reports: tuple[Report, ...] = ()
    #: The tasks whose folders the branch adds.
    folders: tuple[str, ...] = ()
    #: The tasks whose briefs name the branch.
    naming: tuple[str, ...] = ()
    #: Of a merge group, what belongs to none of its parts.
    strays: tuple[Stray, ...] = ()
    #: The paths of the brief's `follow` that base lacks.
    missing: tuple[str, ...] = ()
    #: For each top-level folder of base (b"" for files at the top): its files, and how many are in scope.
    tree: Mapping[bytes, tuple[int, int]] = field(default_factory=dict)
    #: Commits of the branch's own that git may have made of others (cherry-pick, rebase, revert, am), for which it
    #: runs no commit hook, each with what shows it.
    replayed: Mapping[str, str] = field(default_factory=dict)
    #: Other tasks whose commits were merged into the branch, with the merge that brought them.
    merged: Mapping[str, str] = field(default_factory=dict)
    #: The commits of other tasks that are in the branch without `depends_on`, each with the command that takes
    #: them out.
    foreign: Mapping[str, str] = field(default_factory=dict)
    #: Its commits that other branches have under other ids, the newest first; of rivals none, since one of them lands.
    copies: tuple[CopiedCommit, ...] = ()
    #: The refs that a push moves.
    refs: tuple[Ref, ...] = ()
    #: The command that pushes the branch and no other ref, whatever git's settings are; "" where nobody asked.
    own_push: str = ""
    #: Active tasks whose scope may share a path with this one.
    peers: tuple[Peer, ...] = ()
    #: The tasks that are merged.
    done: frozenset[str] = frozenset()
    #: Tasks whose branches are gone and of which nothing shows that they landed, each with what is known.
    gone: Mapping[str, str] = field(default_factory=dict)
    #: All tasks, each with those that it depends on.
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The branches of each task on which work goes on.
    underway: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: At `spawn`, the tasks whose work the branch starts at, though it has not merged.
    below: frozenset[str] = frozenset()
    #: What the task's manager has in progress.
    load: Load | None = None
    #: What the packet's list of files is held against; None without a packet.
    packet_files: PacketFiles | None = None
    #: The checks that passed, in this clone, with garbage in the files that the task may change, each with where.
    blind_checks: Mapping[str, str] = field(default_factory=dict)
    #: Is the review that counts about the change as it is now? None where no review counts.
    review_fresh: Fresh | None = None

    @property
    def brief(self) -> Brief | None:
        """Return the brief that counts: the task's, not the branch's own copy."""
        return self.task.brief if self.task else None

    @property
    def needs(self) -> frozenset[str]:
        """Return the tasks that the brief depends on, and those that they depend on: their work comes together."""
        return self.needs_of(self.brief) if self.brief else frozenset()

    def needs_of(self, brief: Brief) -> frozenset[str]:
        """Return the same for any brief."""
        closure: set[str] = set()
        left = list(brief.depends_on)
        while left:
            task = left.pop()
            if task not in closure:
                closure.add(task)
                left += self.dependencies.get(task, ())
        return frozenset(closure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that a rule found."""

    message: str
    #: How to fix it: the command to type, where there is one.
    hint: str
    path: bytes | str | None = None
    #: Counted from 1.
    line: int | None = None
    commit: str | None = None
    #: Lowers an error to a warning.
    milder: bool = False
    #: See `Finding.on_base`.
    on_base: bool = False
