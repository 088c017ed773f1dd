"""What a planned task waits for, and which one can be handed out next: decided once, for every output.

Belongs here: sorting what the spawn gate finds into reasons, and the action for a planned task. Does not: the gate
itself (see `rules`), or which tasks are planned (see `sections`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from agentledger.attention.actions import spawn_action
from agentledger.attention.commands import NextAction
from agentledger.attention.sections import planned_tasks
from agentledger.model import shell
from agentledger.model.findings import Finding
from agentledger.model.fleet import Fleet
from agentledger.model.text import HIDDEN, escape_hidden
from agentledger.model.work import Task

REASONS = 3  # that are shown in words; `agentledger check TASK` has all of them


class Reason(StrEnum):
    """What a planned task waits for."""

    #: Another task has to merge first.
    DEPENDENCY = "dependency"
    #: As much is in progress, or waits for review, as policy allows.
    WIP = "wip"
    #: Its scope meets that of an active task.
    OVERLAP = "overlap"
    #: Its brief has to be completed or changed.
    BRIEF = "brief"
    #: Something else that the spawn gate finds.
    OTHER = "other"


class Wait(NamedTuple):
    """One thing that a planned task waits for, in words."""

    reason: Reason
    text: str


_REASONS = {"FLT003": Reason.DEPENDENCY, "FLT001": Reason.WIP, "OWN004": Reason.OVERLAP}


def find_waits(task: Task) -> tuple[Wait, ...] | None:
    """What a planned task waits for, () where it can be handed out; None where the spawn gate was not asked."""
    if task.spawn_findings is None:
        return None
    return tuple(_describe_wait(finding) for finding in task.spawn_findings if finding.blocks)


def _describe_wait(finding: Finding) -> Wait:
    family = Reason.BRIEF if finding.rule.startswith("BRF") else Reason.OTHER
    reason = _REASONS.get(finding.rule, family)
    text = finding.message
    # The patterns that meet are of use to whoever changes the brief; the gate has them.
    return Wait(reason, text.partition(": by ")[0] if reason is Reason.OVERLAP else text)


def planned_action(task: Task) -> NextAction:
    """How to hand a planned task out, or what it waits for, with the command that shows how to change that."""
    waits = find_waits(task)
    if not waits:
        return spawn_action(task)
    more = f"; and {len(waits) - REASONS} more" if len(waits) > REASONS else ""
    text = "; ".join(escape_hidden(wait.text) for wait in waits[:REASONS])
    look = () if HIDDEN.search(task.id) else shell.join_commands(("agentledger", "check", task.id))
    return NextAction(f"Waits: {text}{more}", look)


def next_to_hand_out(fleet: Fleet) -> Task | None:
    """The first planned task, by priority, that `spawn` would take; None where there is none, or nobody asked."""
    return next((task for task in planned_tasks(fleet) if find_waits(task) == ()), None)
