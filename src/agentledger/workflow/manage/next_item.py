"""Finds what waits for the manager, first things first, and builds the reply for a decision about it.

Belongs here: finding it, and naming what a decision is about. Does not: keys and a terminal (see `cli.next`),
the order of what waits (see `attention.queue`), or writing documents (see `answer` and `brief_decision`).

A decision names what was shown: the check-in that is answered, the copy that is accepted. What an agent puts in
its place meanwhile is not decided on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.attention import brief_change
from agentledger.attention.queue import Turn, list_turns
from agentledger.attention.turn import Kind
from agentledger.control import append
from agentledger.fleet import fleet_facts
from agentledger.fleet.snapshot import Snapshot
from agentledger.model.fleet import Fleet
from agentledger.repository.repository_state import observe_repository
from agentledger.workflow.manage.answer import Reply


@dataclass(frozen=True, slots=True)
class Waiting:
    """The fleet, and all that waits for the manager in it, the first one first."""

    fleet: Fleet
    turns: tuple[Turn, ...]


def find_waiting(start: Path, taken: Snapshot, skipped: Collection[tuple[str, ...]] = ()) -> Waiting:
    """What waits in a snapshot of the repository around `start`, without the turns whose keys are `skipped`.

    Raises LedgerError in an agent's worktree: these are the manager's decisions.
    """
    append.refuse_in_agent_worktree(observe_repository(start, None, ()), taken.fleet)
    turns = [turn for turn in list_turns(taken.fleet) if turn.key not in skipped]
    return Waiting(
        taken.fleet, tuple(_compare_brief(turn, taken.fleet) for turn in turns[:1]) + tuple(turns[1:])
    )


def _compare_brief(turn: Turn, fleet: Fleet) -> Turn:
    """The turn with what a copy of the brief asks for; done only for the first turn, which alone is shown."""
    own = turn.branch.work.brief if turn.branch.work else None
    if turn.kind is not Kind.SCOPE_CHANGE or own is None or turn.task.brief is None:
        return turn
    old_scope, new_scope = (fleet_facts.scope_of(brief, fleet) for brief in (turn.task.brief, own))
    return replace(turn, change=brief_change.compare_briefs(turn.task.brief, own, old_scope, new_scope))


def build_reply(turn: Turn, decision: str) -> Reply:
    """The reply to what was shown, still without text."""
    question, standing = turn.question, turn.branch.standing
    # What was shown may be a check-in that asks nothing, such as one that says ready.
    shown = standing.question if standing and turn.kind is not Kind.SCOPE_CHANGE else question
    rivals = bool(turn.branch.standing and turn.branch.standing.rivals)
    return Reply(
        task=turn.task.id,
        decision=decision,
        to=shown.name if shown else None,
        checkpoint=question.checkpoint if question else None,
        branch=turn.branch.name if rivals else None,
    )


def brief_copy_blob(turn: Turn) -> str | None:
    """The blob of the branch's copy of the brief, as it was shown; None without one."""
    own = turn.branch.work.brief if turn.branch.work else None
    return own.document.blob if own else None
