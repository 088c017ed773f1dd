"""How much each manager has in progress, against the limits of `[wip]` in the policy.

Belongs here: which branches count, and for what. Does not: stopping anybody (see `rules.fleet`), or where a
meter is shown.

A branch counts once, by whose turn it is. While its agent works it is *active*, or *local* where a human sits
with the agent, which has a limit of its own. Once it is approved, or ready with nothing against it, it waits
for a human: *review*. What waits for an answer counts nowhere: the manager is slow, not the agent, and that
is no reason to stop new work. What is dormant or ended counts nowhere either, nor does a branch without a
task, which nobody manages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agentledger.attention import sections
from agentledger.attention.sections import Section
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.ledger import Wip
from agentledger.model.work import Progress, Task


@dataclass(frozen=True, slots=True)
class Load:
    """How many branches of one manager there are, by whose turn it is.

    `review_lines` are the changed lines of those in review. `manager` is "" where neither brief nor policy
    names one.
    """

    manager: str
    active: int = 0
    local: int = 0
    review: int = 0
    review_lines: int = 0


@dataclass(frozen=True, slots=True)
class Meter:
    """A count, what it counts, and its limit."""

    what: str
    count: int
    limit: int

    @property
    def word(self) -> str:
        """Return what the count means for new work: "" below the limit, "full" at it, else "over the limit"."""
        if self.count > self.limit:
            return "over the limit"
        return "full" if self.count == self.limit else ""

    @property
    def text(self) -> str:
        """Return `3 of 5 active`, then the word in brackets where there is one."""
        text = f"{self.count:,} of {self.limit:,} {self.what}"
        return f"{text} ({self.word})" if self.word else text


def measure_loads(fleet: Fleet) -> tuple[Load, ...]:
    """Return the load of each manager who has any, sorted by name."""
    tasks = {task.id: task for task in fleet.tasks}
    groups: dict[str, list[Branch]] = {}
    for branch in fleet.branches:
        if branch.work and branch.state is State.OPEN:
            groups.setdefault(_manager_of_task(tasks.get(branch.work.task), fleet), []).append(branch)
    loads = (_measure_load(manager, groups[manager], tasks) for manager in sorted(groups))
    return tuple(load for load in loads if load.active or load.local or load.review)


def format_meters(fleet: Fleet) -> dict[Section, tuple[str, ...]]:
    """Return the meters in words, by the section that has them in its heading: a line for each manager.

    The meter of agents' work is at *Working*; where that is empty, at the next section with such work.
    """
    limits, loads = fleet.policy.wip, measure_loads(fleet)
    groups = sections.group_by_section(fleet)
    # Silent and held branches count as active, too, so their heading can have the meter.
    place = next((s for s in (Section.WORKING, Section.SILENT, Section.HELD) if groups[s]), Section.WORKING)
    meters = {place: [_working_meters(load, limits) for load in loads]}
    meters[Section.YOUR_TURN] = [_waiting_meters(load, limits) for load in loads]
    names = [load.manager or "no manager" for load in loads]
    return {section: _format_lines(names, own) for section, own in meters.items() if any(own)}


def _format_lines(names: list[str], meters: list[tuple[Meter, ...]]) -> tuple[str, ...]:
    lines = [(name, ", ".join(meter.text for meter in own)) for name, own in zip(names, meters, strict=True)]
    # One manager alone needs no name.
    named = [f"{name}: {text}" if len(names) > 1 else text for name, text in lines if text]
    return tuple(named)


def _working_meters(load: Load, limits: Wip) -> tuple[Meter, ...]:
    """Return the meters of what agents work on; local sessions only where there are some."""
    local = (Meter("local", load.local, limits.local),) if load.local else ()
    return (*((Meter("active", load.active, limits.active),) if load.active else ()), *local)


def _waiting_meters(load: Load, limits: Wip) -> tuple[Meter, ...]:
    """Return the meters of what waits for a human: branches, and their lines once those reach the limit."""
    if not load.review:
        return ()
    lines = Meter("changed lines", load.review_lines, limits.review_lines)
    branches = Meter("waiting for a human", load.review, limits.review)
    return (branches, lines) if lines.word else (branches,)


def _manager_of_task(task: Task | None, fleet: Fleet) -> str:
    named = task.brief.manager if task and task.brief else ""
    # A task that names no manager belongs to the first that policy names.
    return named or next(iter(fleet.policy.managers), "")


def _measure_load(manager: str, branches: Iterable[Branch], tasks: Mapping[str, Task]) -> Load:
    counts = {"active": 0, "local": 0, "review": 0}
    lines = 0
    for branch in branches:
        turn = _turn_of_branch(branch, tasks)
        if turn:
            counts[turn] += 1
        if turn == "review":
            lines += (branch.added or 0) + (branch.removed or 0)
    return Load(manager, **counts, review_lines=lines)


def _turn_of_branch(branch: Branch, tasks: Mapping[str, Task]) -> str:
    """Return what an open branch counts for: active, local or review; "" for nothing."""
    standing = branch.standing
    if standing is None or sections.has_scope_change(branch):
        return ""
    if standing.progress in (Progress.NEEDS_INPUT, Progress.BLOCKED, Progress.REJECTED):
        return ""
    finished = standing.progress in (Progress.READY, Progress.APPROVED)
    # Said to be ready, but held back: it is its agent's turn again.
    if finished and sections.section_of(branch) is Section.YOUR_TURN:
        return "review"
    task = tasks.get(branch.work.task) if branch.work else None
    return "local" if task and task.brief and task.brief.session == "local" else "active"
