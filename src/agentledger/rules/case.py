"""What rules look at, and what they find: values only.

Belongs here: one branch at one gate, with everything that a rule may ask of it. Does not: gathering it
(see `check`), or any judgement.

A part that was not gathered is None, or empty; a rule that needs it says so by `applies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentledger.attention.wip import Load
from agentledger.model.findings import Gate
from agentledger.model.fleet import Change, Conflict
from agentledger.model.ledger import Brief, Policy
from agentledger.model.work import Standing, Task, Work
from agentledger.scope.patterns import Scope


@dataclass(frozen=True, slots=True)
class Touched:
    """A changed path as the gate judges it. `commit` is the newest of the branch's own that changed it.

    `own` is False for what only merging would bring; `net` for what a later commit has put back.
    """

    path: bytes
    change: Change | None = None
    commit: str | None = None
    own: bool = True
    net: bool = True


@dataclass(frozen=True, slots=True)
class Peer:
    """Another active task: its brief, scope and branches. `since` is when its brief was accepted, seconds."""

    task: str
    brief: Brief
    scope: Scope
    branches: tuple[str, ...] = ()
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A check-in that this change brings (A), edits (M) or takes away (D); `said` is the blob it was."""

    path: str
    change: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref that a push moves. `new` is None for a deletion."""

    name: str
    new: str | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """Misleading characters that a change brings, by their names, with the first line of each file."""

    where: str
    path: bytes | None
    line: int | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One branch, or at `spawn` one task, at one gate.

    `now` and `since`, when the task's brief was accepted, are in seconds since the epoch. `listed`: the
    branch counts as an agent's. `code` says whether anything outside the ledger changed. `links` has the
    targets of changed symbolic links by path, `twins` the other path of those that differ only by case or
    normalisation, `disordered` those in a folder with doubled or unsorted entries. `folders` are the tasks
    whose folders the branch adds, `naming` those whose briefs name it. `missing` are paths of `follow` that
    base lacks. `tree` has for each top-level folder of base (b"" for files there) how many files it has, and
    how many of them are in scope. `merged` are other tasks whose commits came in, with the merge that brought
    them; `done` are tasks that merged, `known` all there are, each with what it depends on. `packet_paths`
    are the paths that changed at the base and head which the packet names; `review_fresh` whether the newest
    review speaks of the change as it is now, None where that is not known.
    """

    gate: Gate
    now: int
    policy: Policy
    base: str = "main"
    branch: str = ""
    head: str | None = None
    listed: bool = False
    agent: str = ""
    task: Task | None = None
    work: Work | None = None
    standing: Standing | None = None
    scope: Scope | None = None
    since: int | None = None
    changed: tuple[Touched, ...] = ()
    code: bool = False
    added: int | None = None
    removed: int | None = None
    commits: int = 0
    conflict: Conflict | None = None
    links: Mapping[bytes, bytes] = field(default_factory=dict)
    twins: Mapping[bytes, bytes] = field(default_factory=dict)
    disordered: frozenset[bytes] = frozenset()
    hidden: tuple[Hidden, ...] = ()
    reports: tuple[Report, ...] = ()
    folders: tuple[str, ...] = ()
    naming: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    tree: Mapping[bytes, tuple[int, int]] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    refs: tuple[Ref, ...] = ()
    peers: tuple[Peer, ...] = ()
    done: frozenset[str] = frozenset()
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    load: Load | None = None
    packet_paths: frozenset[bytes] | None = None
    review_fresh: bool | None = None

    @property
    def brief(self) -> Brief | None:
        """The brief that counts."""
        return self.task.brief if self.task else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that a rule found. `hint` is how to mend it; `milder` lowers an error to a warning."""

    message: str
    hint: str
    path: bytes | str | None = None
    line: int | None = None
    commit: str | None = None
    milder: bool = False
