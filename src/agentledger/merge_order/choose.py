"""Which branches land, who waits for whom, and in which order they land: from pairs and constraints alone.

Belongs here: the choice and the order. Does not: the constraints (see `constraints`), the exact search (see
`largest_set`), the reasons in words (see `reasons`), or trying any of it (see `simulate`).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field

from agentledger.merge_order.constraints import Constraints, Place, Refs
from agentledger.merge_order.largest_set import find_largest_set
from agentledger.model.collisions import Collisions, Grade, Pair

# What a branch weighs by the priority of its brief; a lower one weighs 1.
_WEIGHTS = {1: 3, 2: 2}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Who lands, in order; and what each of the others is in the way of."""

    landing: tuple[str, ...]
    #: Those that wait, in order: each with the branches that would wait if it landed.
    waiting: Mapping[str, tuple[str, ...]]
    #: Of those that land: for whose sake one is further in front than by itself.
    lifted: Mapping[str, str] = field(default_factory=dict)
    #: Those that would land if the oldest always went first.
    by_age: frozenset[str] = frozenset()
    exact: bool = True


def keeps_apart(pair: Pair) -> bool:
    """Does one of a pair wait once the other has landed? git stops also where it is only a generated file."""
    return pair.grade in (Grade.CONFLICT, Grade.UNKNOWN) and not pair.uncommitted


def map_conflicts(collisions: Collisions) -> dict[str, dict[str, Pair]]:
    """Map each branch to those with which it does not land."""
    conflicts: dict[str, dict[str, Pair]] = {}
    for pair in (*collisions.pairs, *collisions.others):
        if keeps_apart(pair):
            conflicts.setdefault(pair.a, {})[pair.b] = pair
            conflicts.setdefault(pair.b, {})[pair.a] = pair
    return conflicts


def choose_landing(
    places: Mapping[str, Place],
    conflicts: Mapping[str, Collection[str]],
    constraints: Constraints,
    first: Set[str],
) -> Choice:
    """Choose among the branches that have a place and are not stopped.

    Those of `first` are chosen without regard to the others, which then get what is left.
    """
    order = sorted((ref for ref in places if ref not in constraints.stopped), key=places.__getitem__)
    weights = {ref: _WEIGHTS.get(places[ref].priority, 1) for ref in order}
    chosen, exact = frozenset[str](), True
    for stage in ([ref for ref in order if ref in first], order):
        free = [r for r in stage if r not in chosen and not chosen.intersection(conflicts.get(r, ()))]
        # What has been chosen already is no hindrance to whoever needs it.
        needs = {ref: constraints.needs.get(ref, {}).keys() - chosen for ref in free}
        found = find_largest_set(free, weights=weights, conflicts=conflicts, needs=needs)
        chosen |= found.chosen
        exact = exact and found.exact
    landing, lifted = _sort_landing(chosen, places, constraints.after)
    waiting = {
        ref: _list_held(ref, landing, conflicts, constraints.needs) for ref in order if ref not in chosen
    }
    return Choice(
        landing=landing,
        waiting=waiting,
        lifted=lifted,
        by_age=_choose_by_age(order, places, conflicts, constraints.needs),
        exact=exact,
    )


def _list_held(
    ref: str, landing: Sequence[str], conflicts: Mapping[str, Collection[str]], needs: Refs
) -> tuple[str, ...]:
    """Those that would wait if a branch landed: whom it conflicts with, and who needs one of these."""
    held = set(conflicts.get(ref, ()))
    for other in landing:
        if held.intersection(needs.get(other, ())):
            held.add(other)
    return tuple(other for other in landing if other in held)


def _choose_by_age(
    order: Sequence[str], places: Mapping[str, Place], conflicts: Mapping[str, Collection[str]], needs: Refs
) -> frozenset[str]:
    """Those that land if the one that has waited longest goes first, then the next that still can, and so on."""
    chosen: set[str] = set()
    there = frozenset(order)
    for ref in sorted(order, key=lambda each: (places[each].since, places[each])):
        block, left = {ref}, [ref]
        while left:
            following = needs.get(left.pop(), {}).keys() - block
            block |= following
            left += following
        if block <= there and not any(chosen.intersection(conflicts.get(each, ())) for each in block):
            chosen |= block
    return frozenset(chosen)


# -- the order ------------------------------------------------------------------------------


def _sort_landing(
    chosen: Set[str], places: Mapping[str, Place], after: Refs
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the branches in order, and for whose sake one comes earlier than by itself."""
    waits_for = {ref: [other for other in after.get(ref, ()) if other in chosen] for ref in chosen}
    followers: dict[str, list[str]] = {ref: [] for ref in chosen}
    for ref in sorted(chosen):
        for other in waits_for[ref]:
            followers[other].append(ref)
    urgent = _find_most_urgent(places, waits_for, followers)
    missing = {ref: len(others) for ref, others in waits_for.items()}
    queue = [(places[urgent[ref]], places[ref]) for ref in chosen if not missing[ref]]
    heapq.heapify(queue)
    landing: list[str] = []
    while queue:
        ref = heapq.heappop(queue)[1].ref
        landing.append(ref)
        for follower in followers[ref]:
            missing[follower] -= 1
            if not missing[follower]:
                heapq.heappush(queue, (places[urgent[follower]], places[follower]))
    lifted = {ref: other for ref, other in urgent.items() if places[other][:2] < places[ref][:2]}
    return tuple(landing), lifted


def _find_most_urgent(
    places: Mapping[str, Place],
    waits_for: Mapping[str, Sequence[str]],
    followers: Mapping[str, Sequence[str]],
) -> dict[str, str]:
    """Map each branch to the one with the best place among itself and all that wait for it."""
    urgent = {ref: ref for ref in followers}
    # Whoever nobody waits for passes its place down, then those that only it had to wait for.
    left = {ref: len(each) for ref, each in followers.items()}
    free = [ref for ref, count in left.items() if not count]
    while free:
        ref = free.pop()
        for other in waits_for[ref]:
            urgent[other] = min(urgent[other], urgent[ref], key=places.__getitem__)
            left[other] -= 1
            if not left[other]:
                free.append(other)
    return urgent
