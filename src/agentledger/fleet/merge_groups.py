"""Takes a merge group apart, so that each task's work in it is read and judged as a branch of its own.

Belongs here: which branch is a group, and what its parts are. Does not: the steps of its line (see
`group_steps`), or judging the parts (see `gates.group`).

GitHub's merge queue, GitLab's merge trains, Bors and Mergify put finished branches on top of base, one after the
other: as merges, whose second parents are the real heads; or squashed or rebased, where what a branch was shows
by the task folder that it touches. A branch that is an agent's is never a group, however it looks: else an agent
could get rid of its scope by merging.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from agentledger.changes.replay import replay_rows
from agentledger.fleet.group_steps import Step, Steps, count_works, merge_again, read_steps
from agentledger.git.scratch import Scratch
from agentledger.ledger import brief_branches
from agentledger.model.fleet import Base, Commit, Fleet
from agentledger.model.merge_group import MergeGroup, Part, Stray
from agentledger.model.policy import Policy
from agentledger.model.work import Task, find_dependencies
from agentledger.repository import agents, listing, robots
from agentledger.repository.bases import HEADS, REMOTES
from agentledger.repository.listing import Listing
from agentledger.repository.repository_state import Observation

# GitHub ends the name with the commit upon which it has put the last branch of the group.
_GROUND = re.compile(r"-([0-9a-f]{40}|[0-9a-f]{64})$")


class Known(NamedTuple):
    """What only the documents of a group's tasks tell, once the group has been read without."""

    #: By task, the tasks of earlier parts that it depends on.
    needs: Mapping[str, frozenset[str]] = MappingProxyType({})
    #: By task, the branch that its brief, or its only attempt, names.
    names: Mapping[str, str] = MappingProxyType({})


NOTHING_KNOWN = Known()


class Split(NamedTuple):
    """The branches to read, with a group's parts in its place; without a group as they were."""

    entries: list[Listing]
    group: MergeGroup | None


def split_group(
    scratch: Scratch,
    observed: Observation,
    rules: Policy,
    base: Base,
    *,
    entries: list[Listing],
    name: str,
    known: Known,
) -> Split:
    """Put the parts of the branch with this name or ref in its place, if it is a merge group.

    A squashed or rebased part is read upon the newest part that its task is known to need; by default upon base.
    """
    entry = next((e for e in entries if name in (e.name, e.ref.name, e.twin.name if e.twin else "")), None)
    if entry is None or _is_agents(scratch, observed, rules, base, ref=entry.ref.name):
        return Split(entries, None)
    is_queue = robots.is_queue(_plain_name(observed, entry.ref.name))
    others = [each for each in entries if each is not entry]
    names = _Names(observed, others, entry, known.names)
    read = _read_group(scratch, entry.ref.id, base.head, names, is_queue=is_queue)
    if read is None:
        return Split(entries, None)
    parts, strays = _Splitter(scratch, names, read, is_queue=is_queue, known=known).split()
    group = MergeGroup(name=entry.name, head=entry.ref.id, parts=parts, strays=strays)
    return Split(listing.overlay_heads(others, [(part.ref, part.head) for part in parts]), group)


def _is_agents(scratch: Scratch, observed: Observation, rules: Policy, base: Base, *, ref: str) -> bool:
    """Is it an agent's branch: one that names a task, that a brief names, or that policy's patterns match?"""
    plain = _plain_name(observed, ref)
    if agents.task_of_branch(plain):
        return True
    # That a pattern of the policy matches a queue's branch makes it nobody's.
    usual = () if robots.is_queue(plain) else rules.branches or agents.DEFAULT_PATTERNS
    patterns = (*usual, *brief_branches.read_branch_patterns(scratch, observed.refs, rules, base))
    return any(agents.matches_pattern(plain, pattern) for pattern in patterns)


def _read_group(scratch: Scratch, head: str, base: str, names: _Names, *, is_queue: bool) -> Steps | None:
    """Read the steps of a group; None where the branch at `head` is none."""
    read = read_steps(scratch, head, base)
    works = _count_works(read.steps, names, is_queue) if read else 0
    # To merge again what a long branch has merged costs most, so it comes last.
    again = merge_again(scratch, read) if read and works else None
    return again if again and (is_queue or works > 1 or _has_merges_alone(again.steps)) else None


def read_known(group: MergeGroup, fleet: Fleet) -> Known:
    """Return what the documents tell of a group's parts and is not as they have been read; empty for nothing."""
    tasks = {task.id: task for task in fleet.tasks}
    briefs = {task.id: task.brief for task in fleet.tasks}
    needs: dict[str, frozenset[str]] = {}
    names: dict[str, str] = {}
    before: set[str] = set()
    for part in group.parts:
        for task in part.tasks:
            if needed := find_dependencies(task, briefs) & before:
                needs[task] = frozenset(needed)
            name = _find_branch_name(tasks.get(task))
            if name and not part.ref.endswith(f"/{name}"):
                names[task] = name
        before |= set(part.tasks)
    return Known(needs, names)


def _find_branch_name(task: Task | None) -> str:
    brief = task.brief if task else None
    attempts = {attempt.branch for attempt in task.attempts} if task else set()
    return (brief.branch if brief else None) or (attempts.pop() if len(attempts) == 1 else "")


def _plain_name(observed: Observation, ref: str) -> str:
    """A branch's name at its own repository."""
    return observed.refs.split_remote(ref)[1] if ref.startswith(REMOTES) else ref.removeprefix(HEADS)


def _count_works(steps: Sequence[Step], names: _Names, is_queue: bool) -> int:
    """Count the pieces of agents' work in a group; 0 where it is none, or people's alone."""
    heads = {head: names.is_agents(head) for step in steps for head in step.heads}
    if not is_queue:
        return count_works(steps, heads)
    # Work of people alone is judged as any branch without a brief.
    return sum(bool(step.tasks) for step in steps) or sum(heads.values())


def _has_merges_alone(steps: Sequence[Step]) -> bool:
    """Is there nothing but merges that change nothing by themselves?

    Else a branch with the work of one task may be somebody's who goes on with it.
    """
    return all(step.is_merge and not step.own for step in steps)


class _Names:
    """Under which ref each part is read: that of a branch at its head, else the one of its task."""

    def __init__(
        self, observed: Observation, entries: Sequence[Listing], group: Listing, known: Mapping[str, str]
    ) -> None:
        self._known = known
        self._entries: dict[str, str] = {}
        self._tasks: dict[str, list[str]] = {}
        own = {entry.ref.name: entry.ref.name for entry in entries}
        own |= {entry.twin.name: entry.ref.name for entry in entries if entry.twin}
        for entry in entries:
            plain = _plain_name(observed, entry.ref.name)
            self._entries.setdefault(plain, entry.ref.name)
            task = agents.task_of_branch(plain)
            if task:
                self._tasks.setdefault(task, []).append(entry.ref.name)
        self._at: dict[str, list[tuple[str, str]]] = {}
        self.grounds: set[str] = set()
        for ref in observed.refs.all.values():
            plain = _plain_name(observed, ref.name)
            if robots.is_queue(plain):
                match = _GROUND.search(plain)
                self.grounds |= {ref.id, match[1] if match else ""}
            elif ref.name.startswith((HEADS, REMOTES)) and not ref.target and ref.id != group.ref.id:
                self._at.setdefault(ref.id, []).append((own.get(ref.name, ref.name), plain))
        self._taken: set[str] = set()

    def is_agents(self, head: str) -> bool:
        """Is a branch that names a task at this commit?"""
        return any(agents.task_of_branch(plain) for _, plain in self._at.get(head, ()))

    def choose(self, head: str, tasks: Sequence[str], step: str) -> str:
        """Return the ref for a part with this head that touches the folders of these tasks."""
        # Another ref at the same commit must not bring it another task's brief.
        at_head = sorted(
            self._at.get(head, ()),
            key=lambda pair: (
                agents.task_of_branch(pair[1]) not in tasks,
                not agents.task_of_branch(pair[1]),
                pair,
            ),
        )
        options = [ref for ref, _ in at_head] or list(self._list_task_refs(tasks))
        chosen = next((ref for ref in options if ref not in self._taken), f"{HEADS}part/{step[:12]}")
        self._taken.add(chosen)
        return chosen

    def _list_task_refs(self, tasks: Sequence[str]) -> Iterator[str]:
        if len(tasks) == 1 and agents.task_of_branch(f"agent/{tasks[0]}") == tasks[0]:
            if name := self._known.get(tasks[0]):
                yield self._entries.get(name, HEADS + name)
            only = self._tasks.get(tasks[0], ())
            yield from only if len(only) == 1 else ()
            yield f"{HEADS}agent/{tasks[0]}"
            yield from (f"{HEADS}agent/{tasks[0]}--part-{number}" for number in range(2, 100))


class _Piece(NamedTuple):
    """The steps that bring one part. `head` is its real head, '' where commits in a row have none of their own."""

    steps: tuple[Step, ...]
    tasks: tuple[str, ...]
    head: str = ""


class _Splitter:
    """One group on its way to parts."""

    def __init__(self, scratch: Scratch, names: _Names, read: Steps, *, is_queue: bool, known: Known) -> None:
        self._scratch, self._names, self._read, self._needs = scratch, names, read, known.needs
        # A queue that merges makes no other commits.
        self._lands_plain = is_queue and not any(step.heads for step in read.steps)
        self._pieces: list[_Piece] = []
        self._strays: list[Stray] = []

    def split(self) -> tuple[tuple[Part, ...], tuple[Stray, ...]]:
        """Return the parts in the order in which they land, and what belongs to none."""
        run: list[Step] = []
        for step in self._read.steps:
            if not step.is_merge:
                run.append(step)
            if run and (step.is_merge or step.commit.id in self._names.grounds):
                self._add_run(run)
                run = []
            if step.is_merge:
                self._add_merge(step)
        self._add_run(run)
        return tuple(self._list_parts()), tuple(self._strays)

    def _add_merge(self, step: Step) -> None:
        # Whose folder it is can be told only where the merge brings one branch.
        tasks = step.tasks if len(step.heads) == 1 else ()
        self._pieces += [_Piece((step,), tasks, head) for head in step.heads]
        if step.own:
            self._strays.append(Stray(step.commit.id, step.own, is_merge=True))

    def _add_run(self, run: Sequence[Step]) -> None:
        """Add the parts of commits in a row, which a queue has squashed or rebased."""
        if not self._lands_plain and not any(step.tasks for step in run):
            self._strays += [Stray(step.commit.id, step.own) for step in run if step.own]
            return
        for tasks, pairs in groupby(_assign_tasks(run), key=lambda pair: pair[0]):
            self._pieces.append(_Piece(tuple(step for _, step in pairs), tasks))

    def _list_parts(self) -> list[Part]:
        rows = [piece for piece in self._pieces if self._is_moved(piece)]
        moved = (
            replay_rows(self._scratch, [_commits(piece) for piece in rows], self._read.start) if rows else []
        )
        replayed = dict(zip(rows, moved, strict=True))
        made: list[Part] = []
        for piece in self._pieces:
            head = piece.head or piece.steps[-1].commit.id
            if piece in replayed:
                head = self._build_on(piece, made, replayed[piece]) or head
            ref = self._names.choose(head, piece.tasks, piece.steps[-1].commit.id)
            ids = tuple(step.commit.id for step in piece.steps)
            made.append(Part(ref=ref, head=head, steps=ids, tasks=piece.tasks))
        return made

    def _is_moved(self, piece: _Piece) -> bool:
        """Do its commits stand on other parts, so that they show what it is only upon base?"""
        return not piece.head and piece.steps[0].commit.parents[0] != self._read.start

    def _build_on(self, piece: _Piece, made: Sequence[Part], on_base: str | None) -> str | None:
        """Return its head upon the newest part that it needs, else upon base; None where it fits on neither.

        What does not fit upon base may build on the part before it, though no brief says so.
        """
        needed = frozenset[str]().union(*(self._needs.get(task, ()) for task in piece.tasks))
        grounds = [part.head for part in reversed(made) if needed.intersection(part.tasks)]
        if not grounds and on_base is None:
            grounds = [part.head for part in made[-1:]]
        built = replay_rows(self._scratch, [_commits(piece)], grounds[0])[0] if grounds else None
        return built or on_base


def _commits(piece: _Piece) -> list[Commit]:
    return [step.commit for step in piece.steps]


def _assign_tasks(run: Sequence[Step]) -> list[tuple[tuple[str, ...], Step]]:
    """Put to each commit the tasks that it is for: those whose folder it touches, else those of the next that does.

    Where none comes any more it is the last ones'. So no commit gets out of a brief by having no folder.
    """
    assigned: list[tuple[tuple[str, ...], Step]] = []
    tasks: tuple[str, ...] = next((step.tasks for step in reversed(run) if step.tasks), ())
    for step in reversed(run):
        tasks = step.tasks or tasks
        assigned.append((tasks, step))
    assigned.reverse()
    return assigned
