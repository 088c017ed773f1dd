"""What it makes of a branch that base took its change back: state, reason, and what merging would bring.

Belongs here: states that follow from how a branch arrived, and the words for them. Does not: finding out what
base took back (see `takebacks`), or what to do about it (see `attention.actions`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger.changes.takebacks import Arrived
from agentledger.model.fleet import Arrival, Base, Branch, By, Loss, State, TakenBack
from agentledger.model.text import decode, format_count

MOST_PATHS = 3  # files that a reason names


def mark_reverted(branches: Sequence[Branch], arrived: Arrived, base: Base) -> list[Branch]:
    """Return the branches; those whose change base took back say so, and those that arrived are merged."""
    return [_mark_branch(b, arrived.by_ref.get(b.ref, ()), arrived, base) for b in branches]


def _mark_branch(branch: Branch, arrivals: Sequence[Arrival], arrived: Arrived, base: Base) -> Branch:
    taken_back = _worst(arrivals, arrived.taken_back)
    marked = _mark_arrived(branch, arrivals, arrived, base)
    if taken_back is None:
        return marked
    why = describe_taken_back(branch, taken_back, base)
    marked = replace(marked, taken_back=taken_back, arrival=taken_back.arrival)
    if taken_back.loss is Loss.REVERTED:
        return replace(marked, state=State.REVERTED, same_as=None, state_why=why)
    return replace(marked, state_why=f"{marked.state_why}; {why}" if marked.state_why else why)


def _worst(arrivals: Sequence[Arrival], taken_back: Mapping[Arrival, TakenBack | None]) -> TakenBack | None:
    """Return what counts most of what was taken back of a branch; of equals the newest."""
    losses = [taken for arrival in arrivals if (taken := taken_back.get(arrival))]
    return min(losses, key=lambda taken: list(Loss).index(taken.loss), default=None)


def _mark_arrived(branch: Branch, arrivals: Sequence[Arrival], arrived: Arrived, base: Base) -> Branch:
    """Return the branch as merged where base moved forward to its head, as empty where no code came with it."""
    if not arrivals:
        return branch
    arrival = arrivals[0]
    has_code = arrival not in arrived.ledger_only
    is_forwarded = arrival.by is By.FAST_FORWARD and arrival.is_known and arrival.after == branch.head
    if branch.state is State.EMPTY and is_forwarded and has_code:
        why = f"its head is in {base.name}, by a fast-forward"
        return replace(branch, state=State.MERGED, arrival=arrival, state_why=why)
    # Whoever merged it took in the ledger alone: its task has not begun, and so cannot have ended.
    if branch.state is State.MERGED and arrived.ledger_only.issuperset(arrivals):
        return replace(branch, state=State.EMPTY, state_why=f"{base.name} has its ledger, and no code of it")
    return branch


def describe_taken_back(branch: Branch, taken_back: TakenBack, base: Base) -> str:
    """Say what base took back, when, and what merging the branch would bring."""
    arrival, commit = taken_back.arrival, (taken_back.commit or "")[:12]
    if taken_back.loss is Loss.LOST:
        return f"{base.name} has lost it since {arrival.commit[:12]}, which brought it"
    if taken_back.loss is Loss.PARTLY:
        return f"partly taken back by {commit}: {_format_paths(taken_back)}"
    came = {
        By.MERGE: f"merged in {arrival.commit[:12]}",
        By.FAST_FORWARD: f"merged by a fast-forward to {arrival.commit[:12]}",
        By.SAME_CHANGE: f"same change as {arrival.commit[:12]}",
    }[arrival.by]
    gone = f"{base.name} took it back in {commit} ({came}, {format_count(len(taken_back.paths), 'file')})"
    return f"{gone}; {_describe_merging(branch, arrival)}"


def _describe_merging(branch: Branch, arrival: Arrival) -> str:
    if arrival.by is By.SAME_CHANGE:
        return "merging brings all of it again"
    if not branch.code_changes:
        return "merging again brings nothing"
    brings = format_count(len(branch.code_changes), "file")
    return f"merging again brings only what came after: {brings}"


def _format_paths(taken_back: TakenBack) -> str:
    names = [decode(path) for path in taken_back.paths]
    more = f" and {len(names) - MOST_PATHS} more" if len(names) > MOST_PATHS else ""
    return f"{', '.join(names[:MOST_PATHS])}{more}"
