"""The order in which a fleet's branches merge, from what is known already: no merge is tried here.

Belongs here: which branches are put in order, and the value that board, pages and rules show. Does not: the choice
(see `choose`), its words (see `reasons`), or merging one branch on top of the other (see `simulate`).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from agentledger.merge_order.choose import choose_landing, map_conflicts
from agentledger.merge_order.constraints import find_constraints, place_of
from agentledger.merge_order.reasons import Reasons
from agentledger.merge_order.taking_part import group_of, why_over
from agentledger.model.collisions import Collisions
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.merge_plan import MergeOrder, Waits


def add_merge_order(fleet: Fleet, branches: Sequence[Branch]) -> Fleet:
    """Return a fleet with the order in which these branches merge; without one where no pairs were compared."""
    if fleet.collisions is None:
        return fleet
    order = rank_branches(replace(fleet, branches=tuple(branches)), fleet.collisions)
    return replace(fleet, merge_order=order)


def rank_branches(fleet: Fleet, collisions: Collisions) -> MergeOrder:
    """Return the order of all branches that could merge; those at work get what the finished ones leave them."""
    branches = [b for b in fleet.branches if not why_over(b) and could_merge(b)]
    return order_branches(fleet, collisions, branches, {b.ref for b in branches if group_of(b) is None})


def could_merge(branch: Branch) -> bool:
    """Is no conflict of the branch with base known that is its own?"""
    conflict = branch.conflict
    return conflict is None or conflict.clean is True or bool(conflict.below)


def order_branches(
    fleet: Fleet, collisions: Collisions, branches: Sequence[Branch], first: Set[str]
) -> MergeOrder:
    """Return the order of these branches of a fleet. `first` are the refs of those for whose sake others wait."""
    by_ref = {branch.ref: branch for branch in branches}
    names = {branch.ref: branch for branch in fleet.branches}
    places = {ref: place_of(branch, fleet) for ref, branch in by_ref.items()}
    constraints = find_constraints(fleet, collisions, branches, places)
    pairs = map_conflicts(collisions)
    choice = choose_landing(places, pairs, constraints, first)
    reasons = Reasons(branches=names, places=places, pairs=pairs, constraints=constraints, choice=choice)
    waits: dict[str, Waits] = {ref: reasons.explain_waiting(ref) for ref in choice.waiting}
    stopped = sorted(constraints.stopped, key=places.__getitem__)
    waits |= {ref: constraints.stopped[ref] for ref in stopped}
    aged = len(choice.by_age)
    return MergeOrder(
        refs=(*choice.landing, *waits),
        reasons={ref: reasons.describe_step(ref) for ref in choice.landing}
        | {ref: each.why for ref, each in waits.items()},
        waits=waits,
        needs={ref: tuple(others) for ref, others in constraints.needs.items()},
        after={ref: tuple(others) for ref, others in constraints.after.items()},
        by_age=aged if aged < len(choice.landing) else None,
        exact=choice.exact,
    )
