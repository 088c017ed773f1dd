"""The largest set of branches of which no two conflict: an exact search, on numbers alone.

Belongs here: that search. Does not: which branches take part, what they weigh and what they need (see
`constraints` and `choose`).

A set is allowed if no two of it conflict, and if whoever is in it has in it what it needs. Of all allowed sets the
heaviest is taken, and of several the one that has the first branch of the order, then the second, and so on. So the
answer is one set, however the search goes. It is found by parts that have nothing to do with each other; in a part
whoever has no conflict, or one that weighs no more, is taken at once, and the rest is branch and bound over bit sets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

# So many steps of the search for one part of the fleet; then whoever conflicts with the fewest goes first. In a large
# part each step takes longer, and the board waits for it.
MOST_NODES, MOST_WORK = 20_000, 400_000
# Python's own stack ends at a thousand calls.
_DEEPEST = 150


class Largest(NamedTuple):
    """A set without conflicts, and whether it is known that there is none heavier."""

    chosen: frozenset[str]
    exact: bool


class _GaveUp(Exception):
    """The search takes too many steps."""


def find_largest_set(
    order: Sequence[str],
    *,
    weights: Mapping[str, int],
    conflicts: Mapping[str, Collection[str]],
    needs: Mapping[str, Collection[str]],
    most_nodes: int = MOST_NODES,
) -> Largest:
    """Return the heaviest allowed set of `order`, whose first are preferred where that makes no difference.

    `conflicts` has each conflict with both of its branches; `needs` maps a branch to those without which it cannot
    be taken. What is not in `order` is not there: nobody conflicts with it, and who needs it is not taken.
    """
    graph = _build_graph(order, weights, conflicts, needs)
    chosen, exact = 0, True
    for part in graph.split(graph.possible):
        mask, is_exact = _solve_part(graph, part, most_nodes)
        chosen |= mask
        exact = exact and is_exact
    return Largest(frozenset(order[at] for at in _bits(chosen)), exact)


def _solve_part(graph: _Graph, part: int, most_nodes: int) -> tuple[int, bool]:
    search = _Search(graph, min(most_nodes, MOST_WORK // part.bit_count()))
    try:
        best = search.solve(part)
    except _GaveUp:
        return _take_least_degree(graph, part), False
    return _prefer_first(graph, search, part, best), True


def _prefer_first(graph: _Graph, search: _Search, part: int, best: int) -> int:
    """Return the set of the same weight that has the first in order, then the second, and so on."""
    weight, taken, left = graph.weigh(best), 0, part
    for at in _bits(part):
        if not left >> at & 1:
            continue
        with_it, without = graph.take(left, at)
        if not best >> at & 1:
            try:
                rest = search.solve(without)
            except _GaveUp:
                return best
            if graph.weigh(taken | with_it | rest) < weight:
                left = graph.drop(left, at)
                continue
            best = taken | with_it | rest
        taken |= with_it
        left = without
    return taken


def _take_least_degree(graph: _Graph, part: int) -> int:
    """Return a set that is found without a search: whoever conflicts with the fewest goes first."""
    against = {at: _unite(graph.conflicts, graph.closure[at]) for at in _bits(part)}
    taken, left = 0, part
    while left:
        at = min(_bits(left), key=lambda n: ((against[n] & left).bit_count(), -graph.weights[n], n))
        with_it, left = graph.take(left, at)
        taken |= with_it
    return taken


# -- the graph ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Graph:
    """Branches as numbers, in order; sets of them as bits."""

    weights: list[int]
    conflicts: list[int]
    #: Each with all that it needs, and with all that needs it.
    closure: list[int]
    needed_by: list[int]
    #: With whom each can be connected, by conflict or need.
    near: list[int]
    #: All that could be taken, each for itself.
    possible: int

    def weigh(self, mask: int) -> int:
        return sum(self.weights[at] for at in _bits(mask))

    def take(self, left: int, at: int) -> tuple[int, int]:
        """Return what is taken with `at`, and what can still be taken then."""
        taken = self.closure[at] & left
        against = _unite(self.conflicts, taken) & left
        return taken, left & ~taken & ~_unite(self.needed_by, against)

    def drop(self, left: int, at: int) -> int:
        """Return what can still be taken without `at`."""
        return left & ~self.needed_by[at]

    def split(self, mask: int) -> Iterator[int]:
        """Yield the parts that have nothing to do with each other."""
        while mask:
            part = grown = mask & -mask
            while grown:
                grown = _unite(self.near, grown) & mask & ~part
                part |= grown
            yield part
            mask &= ~part


def _build_graph(
    order: Sequence[str],
    weights: Mapping[str, int],
    conflicts: Mapping[str, Collection[str]],
    needs: Mapping[str, Collection[str]],
) -> _Graph:
    number = {name: at for at, name in enumerate(order)}
    against = [_mask(number, conflicts.get(name, ())) & ~(1 << at) for at, name in enumerate(order)]
    direct = [_mask(number, needs.get(name, ())) for name in order]
    closure = [_close(direct, at) for at in range(len(order))]
    # Whoever needs what is not there, or needs two that conflict, cannot be taken.
    lost = {at for at, name in enumerate(order) if any(each not in number for each in needs.get(name, ()))}
    lost |= {at for at in number.values() if any(against[each] & closure[at] for each in _bits(closure[at]))}
    possible = [at for at in number.values() if not lost.intersection(_bits(closure[at]))]
    needed_by = [0] * len(order)
    for at in possible:
        for each in _bits(closure[at]):
            needed_by[each] |= 1 << at
    near = [against[at] | closure[at] | needed_by[at] for at in number.values()]
    return _Graph(
        weights=[weights[name] for name in order],
        conflicts=against,
        closure=closure,
        needed_by=needed_by,
        near=near,
        possible=sum(1 << at for at in possible),
    )


def _mask(number: Mapping[str, int], names: Collection[str]) -> int:
    mask = 0
    for name in names:
        if name in number:
            mask |= 1 << number[name]
    return mask


def _close(direct: Sequence[int], at: int) -> int:
    closure, grown = 0, 1 << at
    while grown:
        closure |= grown
        grown = _unite(direct, grown) & ~closure
    return closure


def _unite(masks: Sequence[int], mask: int) -> int:
    """Return the union of the sets of all these branches."""
    union = 0
    for at in _bits(mask):
        union |= masks[at]
    return union


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


# -- the search -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Search:
    """Branch and bound in one part; what was found for a set of branches is remembered."""

    graph: _Graph
    left: int
    known: dict[int, int] = field(default_factory=dict)

    def solve(self, mask: int, depth: int = 0) -> int:
        """Return a heaviest allowed set of these branches. Raises _GaveUp."""
        if mask in self.known:
            return self.known[mask]
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            raise _GaveUp
        taken, rest = self._take_free(mask)
        parts = list(self.graph.split(rest))
        for part in parts:
            taken |= self._branch(part, depth) if len(parts) == 1 else self.solve(part, depth + 1)
        self.known[mask] = taken
        return taken

    def _take_free(self, mask: int) -> tuple[int, int]:
        """Take at once whoever stands in nobody's way, or in that of one who weighs no more."""
        taken, looking = 0, True
        while looking:
            looking = False
            for at in _bits(mask):
                if mask >> at & 1 and self._is_free(mask, at):
                    with_it, mask = self.graph.take(mask, at)
                    taken |= with_it
                    looking = True
        return taken, mask

    def _is_free(self, mask: int, at: int) -> bool:
        if self.graph.closure[at] & mask != 1 << at:
            return False
        against = self.graph.conflicts[at] & mask
        if against & (against - 1):
            return False
        other = against.bit_length() - 1
        # Nobody may be lost with the other one.
        return not against or (
            self.graph.weights[at] >= self.graph.weights[other]
            and self.graph.needed_by[other] & mask == against
        )

    def _branch(self, mask: int, depth: int) -> int:
        """Try the branch with most conflicts: with it, and, where that could be better, without it."""
        graph = self.graph
        at = max(_bits(mask), key=lambda n: ((graph.conflicts[n] & mask).bit_count(), -n))
        with_it, rest = graph.take(mask, at)
        best = with_it | self.solve(rest, depth + 1)
        without = graph.drop(mask, at)
        if self._bound(without) > graph.weigh(best):
            other = self.solve(without, depth + 1)
            best = max(best, other, key=graph.weigh)
        return best

    def _bound(self, mask: int) -> int:
        """Return a weight that no allowed set exceeds: of those who all conflict with each other, one counts."""
        groups: list[list[int]] = []
        for at in sorted(_bits(mask), key=lambda n: -self.graph.weights[n]):
            for group in groups:
                if group[0] & ~self.graph.conflicts[at] == 0:
                    group[0] |= 1 << at
                    break
            else:
                groups.append([1 << at, self.graph.weights[at]])
        return sum(group[1] for group in groups)
