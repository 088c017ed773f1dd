"""How much each manager has in progress, against the limits of `[wip]` in the policy.

Belongs here: which branches count, and for what. Does not: stopping anybody (a rule's), or where a
meter is shown.

A branch counts once, by whose turn it is. With its agent it is *active*, or *local* where a human sits
with it, which has a limit of its own. Said to be ready, and nothing against it, or approved, it waits
for a human: *review*. What waits for an answer counts nowhere: not the agent, but the manager is slow,
and more work would not be started for that reason. Neither does what is dormant or ended, nor a
branch without a task, which nobody manages.
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
    """The branches of one manager by whose turn it is; `review_lines` are those changed in the last group.

    `manager` is "" where neither brief nor policy names one.
    """

    manager: str
    active: int = 0
    local: int = 0
    review: int = 0
    review_lines: int = 0


@dataclass(frozen=True, slots=True)
class Meter:
    """A count and its limit. `word` is "" below the limit, "full" at it, "over the limit" beyond."""

    what: str
    count: int
    limit: int

    @property
    def word(self) -> str:
        """What the count means for new work."""
        if self.count > self.limit:
            return "over the limit"
        return "full" if self.count == self.limit else ""

    @property
    def text(self) -> str:
        """`3 of 5 active`, with the word behind it where there is one."""
        said = f"{self.count:,} of {self.limit:,} {self.what}"
        return f"{said} ({self.word})" if self.word else said


def measure_loads(fleet: Fleet) -> tuple[Load, ...]:
    """The load of each manager who has any, by name."""
    tasks = {task.id: task for task in fleet.tasks}
    groups: dict[str, list[Branch]] = {}
    for branch in fleet.branches:
        if branch.work and branch.state is State.OPEN:
            groups.setdefault(_manager_of_task(tasks.get(branch.work.task), fleet), []).append(branch)
    found = (_measure_load(manager, groups[manager], tasks) for manager in sorted(groups))
    return tuple(load for load in found if load.active or load.local or load.review)


def format_meters(fleet: Fleet) -> dict[Section, tuple[str, ...]]:
    """The meters in words, by the section at whose heading they stand; where several have work, a line each.

    The meter of agents' work stands at *Working*, and where nobody is, at the next section that has some.
    """
    limits, found = fleet.policy.wip, measure_loads(fleet)
    groups = sections.group_by_section(fleet)
    place = next((s for s in (Section.WORKING, Section.SILENT, Section.HELD) if groups[s]), Section.WORKING)
    told = {place: [_working_meters(load, limits) for load in found]}
    told[Section.YOUR_TURN] = [_waiting_meters(load, limits) for load in found]
    names = [load.manager or "no manager" for load in found]
    return {section: _format_lines(names, own) for section, own in told.items() if any(own)}


def _format_lines(names: list[str], told: list[tuple[Meter, ...]]) -> tuple[str, ...]:
    lines = [(name, ", ".join(meter.text for meter in own)) for name, own in zip(names, told, strict=True)]
    named = [f"{name}: {text}" if len(names) > 1 else text for name, text in lines if text]
    return tuple(named)


def _working_meters(load: Load, limits: Wip) -> tuple[Meter, ...]:
    """What agents work on; those a human sits with only where there are some."""
    local = (Meter("local", load.local, limits.local),) if load.local else ()
    return (*((Meter("active", load.active, limits.active),) if load.active else ()), *local)


def _waiting_meters(load: Load, limits: Wip) -> tuple[Meter, ...]:
    """What waits for a human: branches, and their lines where those have come to the limit."""
    if not load.review:
        return ()
    lines = Meter("changed lines", load.review_lines, limits.review_lines)
    branches = Meter("waiting for a human", load.review, limits.review)
    return (branches, lines) if lines.word else (branches,)


def _manager_of_task(task: Task | None, fleet: Fleet) -> str:
    named = task.brief.manager if task and task.brief else ""
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
    """What an open branch counts for; "" for nothing."""
    standing = branch.standing
    if standing is None or sections.has_scope_change(branch):
        return ""
    if standing.progress in (Progress.NEEDS_INPUT, Progress.BLOCKED, Progress.REJECTED):
        return ""
    finished = standing.progress in (Progress.READY, Progress.APPROVED)
    # What is not as ready as it says is its agent's again.
    if finished and sections.section_of(branch) is Section.YOUR_TURN:
        return "review"
    task = tasks.get(branch.work.task) if branch.work else None
    return "local" if task and task.brief and task.brief.session == "local" else "active"
