"""Compare the branches of a fleet two by two, and put what follows into the fleet.

Belongs here: which parts are asked, in which order, for a view and for a gate. Does not: comparing (see
`collisions.forecast_pairs`, `collisions.scope_meetings`), or the order in which branches merge (see `merge_order`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agentledger.attention.collisions import list_unsettled
from agentledger.changes import forecast, stack_forecast
from agentledger.collisions.forecast_pairs import forecast_pairs
from agentledger.collisions.scope_meetings import find_scope_meetings
from agentledger.collisions.where import Where
from agentledger.fleet.case_builder import add_findings, list_judged
from agentledger.fleet.fleet_facts import scope_of
from agentledger.merge_order.rank import add_merge_order
from agentledger.model.collisions import Collisions, Uncommitted
from agentledger.model.errors import Unjudged
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import encode
from agentledger.model.work import task_of_work


def compare_branches(
    where: Where,
    fleet: Fleet,
    branches: Sequence[Branch],
    *,
    works: Sequence[Uncommitted] = (),
    only: str = "",
    scopes: bool = False,
    hints: bool = False,
) -> Fleet:
    """Return the fleet with what was found about pairs of these branches, whose merges with base are known.

    `works` is their uncommitted work, `only` the ref of the branch whose pairs alone are wanted. `scopes`: compare
    their briefs, too; `hints`: also guess what may break.
    """
    collisions = forecast_pairs(where, fleet, branches=branches, only=only, works=works, hints=hints)
    if scopes:
        collisions = add_scope_meetings(fleet, branches, collisions, only=only)
    return replace(fleet, collisions=collisions)


def compare_at_gate(where: Where, fleet: Fleet, judged: Sequence[Branch]) -> Fleet:
    """Return the fleet with the pairs of the judged branches, which only warn; its branches stay as they are.

    The merges with base of the others may be out of the cache. What lets a branch pass is not: the gate has tried that
    itself.
    """
    others = forecast.forecast_merges(
        where.scratch,
        where.cache,
        fleet.base,
        branches=fleet.branches,
        order=where.history.position,
        by=where.by,
        progress=where.progress,
    )
    others = stack_forecast.forecast_stacks(
        where.scratch, where.cache, fleet.base, branches=others, history=where.history, by=where.by
    )
    only = judged[0].ref if len(judged) == 1 else ""
    compared = compare_branches(where, replace(fleet, branches=tuple(others)), others, only=only)
    ordered = add_merge_order(compared, others)
    return replace(order_by_findings(where, ordered, judged), branches=fleet.branches)


def order_by_findings(where: Where, fleet: Fleet, judged: Sequence[Branch]) -> Fleet:
    """Return the fleet in the order that the board has: what the rules find holds some branches back.

    It is asked for only where one of the judged branches has a collision.
    """
    if fleet.collisions is None or not any(list_unsettled(fleet, branch) for branch in judged):
        return fleet
    try:
        found = add_findings(
            where.scratch, fleet, list_judged(fleet), history=where.history, store=where.cache
        )
    except Unjudged:
        # Something about others is not in this partial clone; that stops nobody here.
        return fleet
    branches = tuple(found.get(branch.ref, branch) for branch in fleet.branches)
    return add_merge_order(fleet, branches)


def add_scope_meetings(
    fleet: Fleet, branches: Sequence[Branch], collisions: Collisions, *, only: str = ""
) -> Collisions:
    """Return the collisions with the pairs of these branches whose briefs let them change the same files."""
    tasks = {task.id: task for task in fleet.tasks}
    briefs = {b.ref: task_of_work(b.work, tasks).brief for b in branches if b.work}
    scopes = {ref: scope_of(brief, fleet) for ref, brief in briefs.items() if brief}
    open_ = tuple(map(encode, fleet.policy.open))
    meetings = find_scope_meetings(branches, scopes, collisions, open_=open_, only=only)
    return replace(collisions, pairs=(*collisions.pairs, *meetings))
