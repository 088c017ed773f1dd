"""The largest set without conflicts: equal to trying all sets, and always the same one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentledger.merge_order.largest_set import find_largest_set


class Graph(NamedTuple):
    order: tuple[str, ...]
    weights: Mapping[str, int]
    conflicts: Mapping[str, frozenset[str]]
    needs: Mapping[str, frozenset[str]]


def graph(
    size: int,
    pairs: Sequence[tuple[int, int]],
    needs: Sequence[tuple[int, int]] = (),
    weights: Sequence[int] = (),
) -> Graph:
    names = tuple(f"b{number}" for number in range(size))
    both = [*pairs, *((b, a) for a, b in pairs)]
    return Graph(
        names,
        {name: weights[at] if weights else 1 for at, name in enumerate(names)},
        {name: frozenset(names[b] for a, b in both if a == at) for at, name in enumerate(names)},
        {name: frozenset(names[b] for a, b in needs if a == at) for at, name in enumerate(names)},
    )


def try_all(given_: Graph) -> frozenset[str]:
    """The heaviest allowed set, the first in order where several are."""
    best, best_key = frozenset[str](), (0, (0,) * len(given_.order))
    for bits in itertools.product((1, 0), repeat=len(given_.order)):
        chosen = {name for name, bit in zip(given_.order, bits, strict=True) if bit}
        if any(given_.conflicts[n] & chosen or given_.needs[n] - chosen for n in chosen):
            continue
        key = sum(given_.weights[n] for n in chosen), bits
        if key > best_key:
            best, best_key = frozenset(chosen), key
    return best


@st.composite
def graphs(draw: st.DrawFn, most: int = 9) -> Graph:
    size = draw(st.integers(1, most))
    two = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda p: p[0] != p[1])
    pairs = draw(st.lists(two, max_size=size * (size - 1) // 2))
    needs = draw(st.lists(two, max_size=size // 2))
    weights = draw(st.lists(st.integers(1, 3), min_size=size, max_size=size))
    return graph(size, pairs, needs, weights)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_it_is_the_first_of_the_heaviest_sets(given_: Graph) -> None:
    found = find_largest_set(*given_[:1], weights=given_[1], conflicts=given_[2], needs=given_[3])
    assert found == (try_all(given_), True)


@settings(max_examples=8, deadline=None)
@given(graphs(most=14))
def test_it_is_that_also_of_fourteen(given_: Graph) -> None:
    found = find_largest_set(*given_[:1], weights=given_[1], conflicts=given_[2], needs=given_[3])
    assert found.chosen == try_all(given_)


@given(graphs())
def test_without_a_search_it_is_still_a_set_without_conflicts(given_: Graph) -> None:
    chosen, exact = find_largest_set(
        given_.order, weights=given_.weights, conflicts=given_.conflicts, needs=given_.needs, most_nodes=0
    )
    assert not exact
    for name in chosen:
        assert not given_.conflicts[name] & chosen
        assert given_.needs[name] <= chosen


@pytest.mark.parametrize(
    ("given_", "chosen"),
    [
        # Three old ones are each in the way of all the others.
        (graph(9, [(a, b) for a in range(3) for b in range(a + 1, 9)]), "b3 b4 b5 b6 b7 b8"),
        # All touch one file.
        (graph(200, list(itertools.combinations(range(200), 2))), "b0"),
        # A heavy one in the middle of a chain.
        (graph(3, [(0, 1), (1, 2)], weights=(2, 3, 2)), "b0 b2"),
        (graph(3, [(0, 1), (1, 2)], weights=(1, 3, 1)), "b1"),
        # b2 needs b1, which conflicts with b0: together they weigh more.
        (graph(3, [(0, 1)], needs=[(2, 1)]), "b1 b2"),
        # Who needs two that conflict is never taken.
        (graph(3, [(0, 1)], needs=[(2, 0), (2, 1)]), "b0"),
        (graph(2, [], needs=[(0, 1), (1, 0)]), "b0 b1"),
        (graph(1000, [(n, n + 1) for n in range(999)]), " ".join(f"b{n}" for n in range(0, 1000, 2))),
        (graph(0, []), ""),
    ],
)
def test_known_shapes(given_: Graph, chosen: str) -> None:
    found = find_largest_set(*given_[:1], weights=given_[1], conflicts=given_[2], needs=given_[3])
    assert found == (frozenset(chosen.split()), True)


def test_who_needs_what_is_not_there_is_not_taken() -> None:
    found = find_largest_set(["a", "b"], weights={"a": 1, "b": 1}, conflicts={}, needs={"a": {"gone"}})
    assert found.chosen == {"b"}
