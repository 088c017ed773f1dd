"""The manager's turn: what comes first, and what a decision about it writes.

Belongs here: looking, and each decision as one call. Does not: keys and a terminal (see `cli.next`), the
order of what waits (see `turns`), or documents (see `answer` and `brief`).

A decision names what was shown: a check-in that is answered, a copy that is accepted. What an agent puts in
its place meanwhile is not decided on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.attention import brief_change
from agentledger.attention.queue import Kind, Turn, list_turns
from agentledger.control import append
from agentledger.fleet import case_builder
from agentledger.fleet.snapshot import Snapshot
from agentledger.model.fleet import Fleet
from agentledger.repository.repository_state import observe_repository
from agentledger.workflow.manage.answer import Reply


@dataclass(frozen=True, slots=True)
class Waiting:
    """The fleet, and all that waits in it."""

    fleet: Fleet
    turns: tuple[Turn, ...]


def find_waiting(start: Path, taken: Snapshot, skipped: Collection[tuple[str, ...]] = ()) -> Waiting:
    """What waits in a snapshot of the repository around `start`, but for the keys of what was skipped.

    LedgerError in an agent's worktree, whose turn it is not.
    """
    append.refuse_in_agent_worktree(observe_repository(start, None, ()), taken.fleet)
    found = [turn for turn in list_turns(taken.fleet) if turn.key not in skipped]
    return Waiting(
        taken.fleet, tuple(_compare_brief(turn, taken.fleet) for turn in found[:1]) + tuple(found[1:])
    )


def _compare_brief(turn: Turn, fleet: Fleet) -> Turn:
    """What a copy of the brief asks for is only compared for what is shown."""
    own = turn.branch.work.brief if turn.branch.work else None
    if turn.kind is not Kind.SCOPE_CHANGE or own is None or turn.task.brief is None:
        return turn
    was, would = (case_builder.scope_of(brief, fleet) for brief in (turn.task.brief, own))
    return replace(turn, change=brief_change.compare_briefs(turn.task.brief, own, was, would))


def build_reply(turn: Turn, decision: str) -> Reply:
    """The reply, without words yet, to what was shown."""
    asked = turn.question
    rivals = bool(turn.branch.standing and turn.branch.standing.rivals)
    return Reply(
        task=turn.task.id,
        decision=decision,
        to=asked.name if asked else None,
        checkpoint=asked.checkpoint if asked else None,
        branch=turn.branch.name if rivals else None,
    )


def brief_copy_blob(turn: Turn) -> str | None:
    """The blob of the branch's copy of the brief, as it was shown."""
    own = turn.branch.work.brief if turn.branch.work else None
    return own.document.blob if own else None
