"""Who has to merge before whom, and who cannot merge at all: by briefs, and by the commits that branches share.

Belongs here: these constraints, as values. Does not: who conflicts with whom (see `model.collisions`), or which order
follows (see `choose`, `rank`).

There are two kinds. A branch *needs* another one where its brief depends on that task, or where it stands on it:
without that one it does not merge. And it merely comes *after* another one that is a seam it builds on, or whose
commits it has without a brief that says so. What would only come after gives way where the two contradict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agentledger.attention.ended_tasks import describe_end
from agentledger.attention.landed_tasks import merged_tasks
from agentledger.attention.turn import Kind, turn_of
from agentledger.merge_order.taking_part import WORDS, group_of, why_over
from agentledger.model.collisions import Collisions, Grade
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.merge_plan import Waits
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task, task_of_work
from agentledger.scope.task_scope import scope_of_brief

Refs = Mapping[str, Mapping[str, str]]
# Of a branch without a brief: what a brief has that names none.
NO_PRIORITY = 2


class Place(NamedTuple):
    """Where a branch stands by itself, the first first: how far it is, its priority, since when, and its name."""

    stage: int
    priority: int
    since: int
    name: str
    ref: str


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What holds between branches; each mapping is from a branch to others, each with the reason in words."""

    #: Those without which it does not merge.
    needs: Refs = field(default_factory=dict)
    #: Those that come before it, `needs` among them.
    after: Refs = field(default_factory=dict)
    #: The branches that cannot merge, whatever the others do.
    stopped: Mapping[str, Waits] = field(default_factory=dict)


def place_of(branch: Branch, fleet: Fleet) -> Place:
    """Return where a branch stands without regard to the others."""
    turn = turn_of(branch)
    stage = {Kind.APPROVED: 0, Kind.READY: 1}.get(turn.kind, 2)
    brief = _brief_of(branch, fleet)
    since = turn.since if turn.since is not None else _last_commit_at(branch)
    return Place(
        stage=stage,
        priority=brief.priority if brief else NO_PRIORITY,
        since=since,
        name=branch.name,
        ref=branch.ref,
    )


def _last_commit_at(branch: Branch) -> int:
    return next((commit.committed_at for commit in branch.commits), branch.active_at)


def _brief_of(branch: Branch, fleet: Fleet) -> Brief | None:
    return fleet.task_of(branch.work).brief if branch.work else None


def find_constraints(
    fleet: Fleet, collisions: Collisions, branches: Sequence[Branch], places: Mapping[str, Place]
) -> Constraints:
    """Return the constraints between these branches of a fleet, all of which could merge by themselves."""
    return _Finder(fleet, collisions, branches, places).find()


class _Finder:
    """One run: what is known of tasks, and what was found so far."""

    def __init__(
        self, fleet: Fleet, collisions: Collisions, branches: Sequence[Branch], places: Mapping[str, Place]
    ) -> None:
        self._fleet, self._collisions, self._places = fleet, collisions, places
        self._branches = {b.ref: b for b in branches}
        self._tasks = {task.id: task for task in fleet.tasks}
        self._briefs = {
            b.ref: task_of_work(b.work, self._tasks).brief for b in branches if b.work is not None
        }
        self._landed = merged_tasks(fleet)
        self._attempts = self._choose_attempts()
        self.needs: dict[str, dict[str, str]] = {}
        self.stopped: dict[str, Waits] = {}

    def find(self) -> Constraints:
        for ref, branch in self._branches.items():
            self._stop_rival(ref, branch)
            self._follow_brief(ref)
            self._follow_ground(ref, branch)
        self._stop_circles()
        after = {ref: dict(others) for ref, others in self.needs.items()}
        for ref, other, why in self._list_preferences():
            if not (_leads_to(after, ref, other) or _leads_to(after, other, ref)):
                after.setdefault(ref, {}).setdefault(other, why)
        return Constraints(needs=self.needs, after=after, stopped=self.stopped)

    # -- several attempts at one task ------------------------------------------------------

    def _choose_attempts(self) -> dict[str, str]:
        """Map each task to the ref of the one attempt that lands: the first that is approved, else the first."""
        chosen: dict[str, str] = {}
        for ref in sorted(self._branches, key=self._places.__getitem__):
            work = self._branches[ref].work
            if work is not None:
                chosen.setdefault(work.task, ref)
        return chosen

    def _stop_rival(self, ref: str, branch: Branch) -> None:
        winner = self._attempts.get(branch.work.task, ref) if branch.work else ref
        if winner != ref:
            name = escape_hidden(self._branches[winner].name)
            why = f"it is a second attempt at the task of {name}, and one of them lands"
            self.stopped.setdefault(ref, Waits(winner, why))

    # -- what a branch needs ---------------------------------------------------------------

    def _follow_brief(self, ref: str) -> None:
        brief = self._briefs.get(ref)
        for task in brief.depends_on if brief else ():
            if task in self._landed:
                continue
            attempt = self._attempts.get(task)
            if attempt == ref:
                continue  # a circle of one: told with the circles
            if attempt is not None:
                self.needs.setdefault(ref, {})[attempt] = f"its task depends on {escape_hidden(task)}"
            else:
                self.stopped.setdefault(ref, self._explain_missing(task))

    def _explain_missing(self, task: str) -> Waits:
        """Why a dependency is on none of the branches, and has not landed."""
        name, known = escape_hidden(task), self._tasks.get(task)
        if known is None:
            return Waits("", f"its task depends on {name}, and there is no such task")
        theirs = [b for b in self._fleet.branches if b.work and b.work.task == task]
        if known.outcome or known.ending or known.taken_back:
            return Waits("", f"its task depends on {name}, which has not landed: {describe_end(known)}")
        if not theirs:
            return Waits("", f"its task depends on {name}, at which nobody works here")
        other = min(theirs, key=lambda b: (b.name, b.ref))
        why = f"it waits for {escape_hidden(other.name)} (task {name}), which {_why_absent(other)}"
        return Waits(other.ref, why)

    def _follow_ground(self, ref: str, branch: Branch) -> None:
        for stand in branch.stands_on:
            if stand.landing or not stand.ref or stand.ref == ref:
                continue
            other = next((b for b in self._fleet.branches if b.ref == stand.ref), None)
            if stand.ref in self._branches:
                self.needs.setdefault(ref, {}).setdefault(stand.ref, "it stands on that one")
            elif other is not None and stand.task not in self._landed:
                name = escape_hidden(other.name)
                self.stopped.setdefault(
                    ref, Waits(other.ref, f"it stands on {name}, which {_why_absent(other)}")
                )

    def _stop_circles(self) -> None:
        """Stop every branch whose task depends on itself in the end, with the whole circle in words."""
        for ref, branch in self._branches.items():
            circle = _find_circle(self._tasks, branch.work.task) if branch.work else ()
            if circle:
                words = " → ".join(map(escape_hidden, circle))
                self.stopped[ref] = Waits("", f"tasks depend on each other in a circle: {words}")
        for ref in self._branches:
            if ref not in self.stopped and (way := _find_way_back(self.needs, ref)):
                words = " → ".join(escape_hidden(self._branches[each].name) for each in way)
                self.stopped[ref] = Waits("", f"branches need each other in a circle: {words}")

    # -- what merely comes first -----------------------------------------------------------

    def _list_preferences(self) -> Iterator[tuple[str, str, str]]:
        """Yield a branch, one that had better come before it, and why, in order."""
        heads = {b.head: b.ref for b in self._branches.values()}
        for ref in sorted(self._branches, key=self._places.__getitem__):
            for commit in self._branches[ref].commits:
                below = heads.get(commit.id)
                if (
                    below is not None
                    and below != ref
                    and self._branches[below].head != self._branches[ref].head
                ):
                    yield ref, below, "it has all commits of that one"
        seams = [ref for ref, brief in self._briefs.items() if brief and brief.seam]
        for seam in sorted(seams, key=self._places.__getitem__):
            for ref in sorted(self._branches, key=self._places.__getitem__):
                other = self._briefs.get(ref)
                if ref != seam and not (other and other.seam) and self._meets(seam, ref):
                    yield ref, seam, "that one is a seam that it meets"

    def _meets(self, seam: str, ref: str) -> bool:
        """Does a branch change what a seam changes or may change, or may the two change the same?"""
        brief, theirs = self._briefs[seam], self._branches[ref].code_changes
        mine = {change.path for change in self._branches[seam].code_changes}
        scope = scope_of_brief(brief, self._fleet.policy) if brief else None
        if any(c.path in mine or (scope and scope.owned_by(c.path) is not None) for c in theirs):
            return True
        # Scopes, and what is uncommitted, are compared for some outputs only: the order is the same in all of them.
        known = (
            p
            for p in (*self._collisions.by_ref.get(seam, ()), *self._collisions.others)
            if p.grade is not Grade.SCOPE and not p.uncommitted
        )
        return any({pair.a, pair.b} == {seam, ref} for pair in known)


def _why_absent(branch: Branch) -> str:
    """Why a branch that others need is not in a plan."""
    over = why_over(branch)
    if over:
        return over.removeprefix("it ") if over.startswith("it is ") else f"does not land: {over}"
    if branch.conflict is not None and branch.conflict.clean is False:
        return "conflicts with base"
    group = group_of(branch)
    return f"is {WORDS[group]}" if group else "is not in this plan"


def _find_circle(tasks: Mapping[str, Task], start: str) -> tuple[str, ...]:
    """Return the way from a task through its dependencies back to itself, both ends included; () for none."""
    needs = {
        task.id: dict.fromkeys(task.brief.depends_on if task.brief else (), "") for task in tasks.values()
    }
    return _find_way_back(needs, start)


def _find_way_back(needs: Refs, start: str) -> tuple[str, ...]:
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in needs.get(way[-1], ()):
            if following == start:
                return (*way, start)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()


def _leads_to(after: Refs, start: str, goal: str) -> bool:
    """Does one branch come after another one, directly or not?"""
    left, seen = [start], {start}
    while left:
        each = left.pop()
        if each == goal:
            return True
        following: Iterable[str] = after.get(each, ())
        left += [other for other in following if other not in seen]
        seen.update(following)
    return False
