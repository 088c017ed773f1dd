"""Branches that collide → a picture: one below the other in merge order, each collision an arc at their left.

Belongs here: which branches are drawn, where everything is, and the table that says the same. Does not: the markup
(see `collisions.html.j2`), or the words for a pair (see `pair_view`).

A line of branches, since in it no two labels meet, whatever collides with what, and it fits a phone. Coordinates are
pixels, all counted here: the same collisions give the same picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentledger.model.collisions import Grade, Pair
from agentledger.model.merge_plan import MergeOrder
from agentledger.model.text import escape_hidden, format_count
from agentledger.site.collisions.pair_view import Place, Places

#: Branches that are drawn; with more of them nobody can follow an arc.
NODES = 40
#: Characters of a label.
LABEL = 44
_ROW, _GAP, _LEFT, _TOP = 24, 20, 104, 16
#: How far the widest and the narrowest arc reach to the left.
_WIDEST, _NARROWEST = 96, 10


@dataclass(frozen=True, slots=True)
class Node:
    """A branch in the picture: its label in plain characters, its height, and whether it has to wait."""

    label: str
    y: int
    waits: bool


@dataclass(frozen=True, slots=True)
class Arc:
    """A collision in the picture: the path to draw, and of which kind it is (bad, warn or rest)."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class GraphRow:
    """The same in words: a branch, whether it lands or waits ("" for no order), and with whom it collides."""

    place: Place
    order: str
    others: tuple[Place, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The picture and its table."""

    height: int
    #: Where the dots stand, and the labels.
    left: int
    text: int
    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    rows: tuple[GraphRow, ...]
    summary: str
    #: What is not drawn; "" for nothing.
    left_out: str
    #: Does the order of the branches say who goes first?
    ordered: bool
    #: What each kind of arc means, of those that are there.
    legend: str


#: Of the others in a row of the table.
_OTHERS = 12
_LEGEND = {
    "bad": "a solid one is a conflict",
    "warn": "a dashed one is not known, or one of uncommitted work",
    "rest": "a dotted one is in generated or open files alone",
}


def build_graph(pairs: Iterable[Pair], places: Places, order: MergeOrder | None) -> Graph | None:
    """Build the picture of those pairs that collide; None where none do."""
    edges = [pair for pair in pairs if pair.grade in (Grade.CONFLICT, Grade.UNKNOWN)]
    if not edges:
        return None
    neighbours = _list_neighbours(edges)
    rank = {ref: number for number, ref in enumerate(order.refs if order else ())}
    components = _find_components(neighbours, rank)
    drawn = _choose_drawn(components, neighbours)
    heights = _place_rows(drawn)
    shown = [pair for pair in edges if pair.a in heights and pair.b in heights]
    waits = order.waits if order else {}
    return Graph(
        height=max(heights.values()) + _TOP,
        left=_LEFT,
        text=_LEFT + 14,
        nodes=tuple(Node(_cut_label(places.name(ref)), y, ref in waits) for ref, y in heights.items()),
        arcs=tuple(_draw_arcs(shown, heights)),
        rows=tuple(_build_row(ref, neighbours, rank=rank, waits=waits, places=places) for ref in heights),
        summary=f"{format_count(len(heights), 'branch', 'branches')}, "
        f"{format_count(len(shown), 'collision')} between them.",
        left_out=_describe_left_out(len(neighbours) - len(heights), len(edges) - len(shown)),
        ordered=bool(rank),
        legend="; ".join(words for kind, words in _LEGEND.items() if any(_kind_of(p) == kind for p in shown)),
    )


def _list_neighbours(edges: Iterable[Pair]) -> dict[str, list[str]]:
    """Map each branch to those with which it collides; two can collide twice, with and without uncommitted work."""
    found: dict[str, dict[str, None]] = {}
    for pair in edges:
        found.setdefault(pair.a, {})[pair.b] = None
        found.setdefault(pair.b, {})[pair.a] = None
    return {ref: list(others) for ref, others in found.items()}


def _find_components(neighbours: Mapping[str, Sequence[str]], rank: Mapping[str, int]) -> list[list[str]]:
    """Return the branches that hang together, the largest group first, each in merge order."""
    in_order = sorted(neighbours, key=lambda ref: (rank.get(ref, len(rank)), ref))
    group_of: dict[str, str] = {}
    for start in in_order:
        waiting = [start]
        while waiting:
            ref = waiting.pop()
            if ref not in group_of:
                group_of[ref] = start
                waiting += neighbours[ref]
    groups: dict[str, list[str]] = {}
    for ref in in_order:
        groups.setdefault(group_of[ref], []).append(ref)
    return sorted(groups.values(), key=lambda group: -len(group))


def _choose_drawn(
    components: Sequence[Sequence[str]], neighbours: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    """Return the largest groups that fit; of one that does not, the branches with the most collisions."""
    drawn: list[list[str]] = []
    room = NODES
    for component in components:
        if len(component) <= room:
            drawn.append(list(component))
        elif not drawn:
            worst = _choose_densest(component, neighbours, room)
            drawn.append([ref for ref in component if ref in worst])
        else:
            continue
        room -= len(drawn[-1])
    return drawn


def _choose_densest(
    component: Sequence[str], neighbours: Mapping[str, Sequence[str]], room: int
) -> frozenset[str]:
    """Return branches that collide most with each other: from the one with the most collisions onwards."""
    chosen: set[str] = set()
    met = dict.fromkeys(component, 0)
    place = {ref: number for number, ref in enumerate(component)}
    while len(chosen) < room:
        left = (ref for ref in component if ref not in chosen)
        ref = max(left, key=lambda each: (met[each], len(neighbours[each]), -place[each]))
        chosen.add(ref)
        for other in neighbours[ref]:
            met[other] += 1
    return frozenset(chosen)


def _place_rows(groups: Iterable[Sequence[str]]) -> dict[str, int]:
    """Map the branches to their heights, with a gap between groups."""
    heights, y = {}, _TOP
    for group in groups:
        for ref in group:
            heights[ref] = y
            y += _ROW
        y += _GAP
    return heights


def _draw_arcs(pairs: Sequence[Pair], heights: Mapping[str, int]) -> Iterator[Arc]:
    """Draw half an ellipse for each pair, the wider the further apart the two are."""
    spans = [sorted((heights[pair.a], heights[pair.b])) for pair in pairs]
    most = max(_ROW * 6, *(bottom - top for top, bottom in spans))
    for pair, (top, bottom) in zip(pairs, spans, strict=True):
        wide = _NARROWEST + (bottom - top) * (_WIDEST - _NARROWEST) // most
        yield Arc(f"M{_LEFT} {top}A{wide} {(bottom - top) // 2} 0 0 0 {_LEFT} {bottom}", _kind_of(pair))


def _kind_of(pair: Pair) -> str:
    if pair.grade is Grade.UNKNOWN or pair.uncommitted:
        return "warn"
    return "rest" if pair.only else "bad"


def _build_row(
    ref: str,
    neighbours: Mapping[str, Sequence[str]],
    *,
    rank: Mapping[str, int],
    waits: Mapping[str, object],
    places: Places,
) -> GraphRow:
    others = sorted(neighbours[ref], key=lambda each: (rank.get(each, len(rank)), each))
    more = len(others) - _OTHERS
    return GraphRow(
        place=places.find(ref),
        order="waits" if ref in waits else "lands" if ref in rank else "",
        others=places.all_of(others[:_OTHERS]),
        more=f"and {more:,} more" if more > 0 else "",
    )


def _describe_left_out(branches: int, collisions: int) -> str:
    """Return what the picture lacks, in a sentence."""
    if branches <= 0 and collisions <= 0:
        return ""
    whose = format_count(branches, "branch", "branches")
    return (
        f"Not drawn: {whose} with fewer collisions or in smaller groups, and so "
        f"{format_count(collisions, 'collision')}; the list below has them."
    )


def _cut_label(name: str) -> str:
    """Return a name in plain characters, without the middle of a long one: names differ at their ends."""
    plain = escape_hidden(name)
    half = LABEL // 2
    return plain if len(plain) <= LABEL else f"{plain[:half]}…{plain[-half + 1 :]}"
