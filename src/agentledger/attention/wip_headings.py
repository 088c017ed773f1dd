"""The work in progress as the board's headings show it: `3 of 5 active`, on a terminal and on the site.

Belongs here: those words, and which heading has them. Does not: counting (see `wip`).
"""

from __future__ import annotations

from dataclasses import dataclass

from agentledger.attention import sections
from agentledger.attention.sections import Section
from agentledger.attention.wip import Load, measure_loads
from agentledger.model.fleet import Fleet
from agentledger.model.policy import Wip


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
