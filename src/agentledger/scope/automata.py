"""Decides whether two path patterns share a path, and whether one contains the other, without any files.

Belongs here: patterns as automata over bytes, their intersection and containment. Does not: the syntax of
patterns (see `patterns`), or whose patterns they are (see `task_scope`).

Only paths count that git can have: no empty component, no `.` and no `..`. For those every answer is exact,
whatever files exist today. A search that grows past LIMIT states gives up with TooComplexError; patterns that
people write stay below a few hundred.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from agentledger.model.errors import LedgerError
from agentledger.scope.patterns import ALL, PLAIN, SLASH, Kind, parse_pattern

# The number of states after which a search gives up.
LIMIT = 200_000
_DOT = 1 << 0x2E
# The order in which bytes are chosen for the path that is shown as an example: letters come before anything
# odd.
_NICE = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."


class TooComplexError(LedgerError):
    """Comparing these patterns would take too long; somebody has to write them more simply."""


class Automaton(NamedTuple):
    """A pattern's states. `edges[n]` are the moves from state n: a set of bytes, and the state it leads to.

    State 0 is the start; bit n of `ends` is set where state n can be the end.
    """

    edges: tuple[tuple[tuple[int, int], ...], ...]
    ends: int


# The automaton of all paths that git can have. Its states: at the beginning of a component, after `.`, after
# `..`, further on. Only in the last may a component end.
_PATH: tuple[tuple[tuple[int, int], ...], ...] = (
    ((_DOT, 1), (PLAIN & ~_DOT, 3)),
    ((_DOT, 2), (PLAIN & ~_DOT, 3)),
    ((PLAIN, 3),),
    ((PLAIN, 3), (SLASH, 0)),
)
_WHOLE = 3


@lru_cache(maxsize=4096)
def compile_automaton(pattern: bytes) -> Automaton:
    """The automaton of a pattern. Each of its moves takes a byte, so pieces that may be empty are merged."""
    pieces = parse_pattern(pattern)
    edges: list[list[tuple[int, int]]] = [[] for _ in range(len(pieces) + 1)]
    ends = 1 << len(pieces)
    # From the end: a piece that can be skipped takes over the moves of the state behind it.
    for number in range(len(pieces) - 1, -1, -1):
        piece, after = pieces[number], number + 1
        if piece.kind is Kind.BYTE:
            edges[number] = [(piece.bytes, after)] if piece.bytes else []
            continue
        edges[number] = list(edges[after])
        ends |= (ends >> after & 1) << number
        if piece.kind is Kind.BELOW:
            # Two further states, for what is below: behind the slash, and at an end after any byte more.
            edges += [[(ALL, len(edges) + 1)], [(ALL, len(edges) + 1)]]
            edges[number].append((SLASH, len(edges) - 2))
            ends |= 1 << (len(edges) - 1)
        elif piece.kind is Kind.FOLDERS:
            # A further state, for the inside of a folder's name: it has to find its slash.
            edges.append([(ALL, len(edges)), (SLASH, after)])
            edges[number] += edges[-1]
        else:
            edges[number].append((PLAIN if piece.kind is Kind.STAR else ALL, number))
    return Automaton(tuple(map(tuple, edges)), ends)


@lru_cache(maxsize=4096)
def literal_prefix(pattern: bytes) -> bytes:
    """The bytes with which every path begins that the pattern matches: `src/*.py` gives `src/`."""
    prefix = bytearray()
    for piece in parse_pattern(pattern):
        if piece.kind is not Kind.BYTE or piece.bytes.bit_count() != 1:
            break
        prefix.append(piece.bytes.bit_length() - 1)
    return bytes(prefix)


def is_prefix_disjoint(a: bytes, b: bytes) -> bool:
    """True where the literal prefixes alone show that two patterns have no path in common."""
    left, right = literal_prefix(a), literal_prefix(b)
    return not (left.startswith(right) or right.startswith(left))


@lru_cache(maxsize=16384)
def intersect_patterns(a: bytes, b: bytes, without: tuple[bytes, ...] = ()) -> bytes | None:
    """A shortest path that both patterns match, and none of `without`; None where there is none.

    Raises TooComplexError.
    """
    if is_prefix_disjoint(a, b):
        return None
    # A pattern that is apart from `a` or `b` bars none of their paths, and would only add states.
    barred = [
        compile_automaton(pattern)
        for pattern in without
        if not (is_prefix_disjoint(a, pattern) or is_prefix_disjoint(b, pattern))
    ]
    return _shortest_common_path(compile_automaton(a), compile_automaton(b), barred)


@lru_cache(maxsize=16384)
def contains_pattern(a: bytes, b: bytes) -> bool:
    """Does `a` match every path that `b` matches? Raises TooComplexError."""
    return intersect_patterns(b, b, (a,)) is None


_State = tuple[int, int, int, int]  # of a, of b, within the path, and the barred ones' positions as bits


def _shortest_common_path(a: Automaton, b: Automaton, barred: Sequence[Automaton]) -> bytes | None:
    # Breadth first, through all automata at once: the first state that is an end of both, and of no barred
    # one, is reached by a shortest path. `came_from` has the state before each state, and the byte between.
    bars = _Bars(barred)
    start: _State = (0, 0, 0, bars.start)
    came_from: dict[_State, tuple[_State, int] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        at, bt, within, bar = state
        if within == _WHOLE and a.ends >> at & 1 and b.ends >> bt & 1 and not bar & bars.ends:
            return _spell_path(came_from, state)
        for byte_set, following in _common_moves(a.edges[at], b.edges[bt], within):
            for byte, then in bars.split(bar, byte_set):
                reached = (*following, then)
                if reached not in came_from:
                    came_from[reached] = (state, byte)
                    queue.append(reached)
        if len(came_from) > LIMIT:
            raise TooComplexError(
                "these path patterns are too complicated to be compared",
                "use fewer `*` in one pattern, or name folders: `src/api/**`",
            )
    return None


def _common_moves(
    a: Iterable[tuple[int, int]], b: Sequence[tuple[int, int]], within: int
) -> Iterable[tuple[int, tuple[int, int, int]]]:
    for mine, to in a:
        for theirs, other in b:
            shared = mine & theirs
            if shared:
                for allowed, place in _PATH[within]:
                    if common := shared & allowed:
                        yield common, (to, other, place)


def _spell_path(came_from: dict[_State, tuple[_State, int] | None], state: _State) -> bytes:
    """The path that leads to a state: back to the start, then turned round."""
    backwards = bytearray()
    while (step := came_from[state]) is not None:
        state, byte = step
        backwards.append(byte)
    return bytes(reversed(backwards))


class _Bars:
    """All barred patterns, followed at once: the states they are in are bits of one number."""

    def __init__(self, barred: Sequence[Automaton]) -> None:
        self._edges: list[list[tuple[int, int]]] = []
        self.start = self.ends = 0
        for each in barred:
            offset = len(self._edges)
            self.start |= 1 << offset
            self.ends |= each.ends << offset
            self._edges += [[(bytes_, to + offset) for bytes_, to in edges] for edges in each.edges]

    def split(self, positions: int, bytes_: int) -> Iterable[tuple[int, int]]:
        """For each way in which these bytes can move the barred patterns on, one byte and the new states.

        So bytes that make no difference are tried once, not 255 times.
        """
        if not positions:
            return ((_nicest_byte(bytes_), 0),)
        groups = {bytes_: 0}
        for number in _iterate_bits(positions):
            for edge, to in self._edges[number]:
                groups = _divide_groups(groups, edge, 1 << to)
        # Different bytes may lead to the same states.
        places: dict[int, int] = {}
        for group, then in groups.items():
            places[then] = places.get(then, 0) | group
        return sorted(((_nicest_byte(group), then) for then, group in places.items()), key=_rank_byte)


def _divide_groups(groups: dict[int, int], edge: int, to: int) -> dict[int, int]:
    """The groups of bytes, each divided into those of the edge, which lead to `to` as well, and the rest."""
    divided: dict[int, int] = {}
    for group, then in groups.items():
        if inside := group & edge:
            divided[inside] = then | to
        if outside := group & ~edge:
            divided[outside] = then
    return divided


def _iterate_bits(number: int) -> Iterable[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _rank_byte(move: tuple[int, int]) -> int:
    rank = _NICE.find(move[0])
    return rank if rank >= 0 else move[0] + len(_NICE)


@lru_cache(maxsize=4096)
def _nicest_byte(bytes_: int) -> int:
    """The byte of a set that reads best in a message."""
    for byte in _NICE:
        if bytes_ >> byte & 1:
            return byte
    # Bytes 32 to 126: printable ASCII.
    printable = bytes_ & (((1 << 127) - 1) & ~((1 << 32) - 1))
    chosen = printable or bytes_
    return (chosen & -chosen).bit_length() - 1
