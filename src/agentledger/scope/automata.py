"""What path patterns have in common, decided on the patterns themselves.

Belongs here: patterns as automata over bytes, their intersection and containment. Does not:
the patterns' syntax (see `wildmatch`), or whose patterns they are (see `scope`).

Only paths count that git can have: no empty component, no `.` and no `..`. Every answer is exact for
those, whatever files exist today. A search that grows past LIMIT states gives up with
TooComplexError; patterns that people write stay below a few hundred.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from agentledger.model.errors import LedgerError
from agentledger.scope.wildmatch import ALL, PLAIN, SLASH, Kind, parse_pattern

LIMIT = 200_000
_DOT = 1 << 0x2E
# Bytes for a witness: the first that will do is taken, so letters come before anything odd.
_NICE = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."


class TooComplexError(LedgerError):
    """Patterns whose comparison would take too long; somebody has to write them more simply."""


class Automaton(NamedTuple):
    """From state n `edges[n]` leads on, by (bytes, state). 0 is the start; `ends` are bits."""

    edges: tuple[tuple[tuple[int, int], ...], ...]
    ends: int


# Within a path: at the beginning of a component, after `.`, after `..`, further on. Only the last may end.
_PATH: tuple[tuple[tuple[int, int], ...], ...] = (
    ((_DOT, 1), (PLAIN & ~_DOT, 3)),
    ((_DOT, 2), (PLAIN & ~_DOT, 3)),
    ((PLAIN, 3),),
    ((PLAIN, 3), (SLASH, 0)),
)
_WHOLE = 3


@lru_cache(maxsize=4096)
def compile_automaton(pattern: bytes) -> Automaton:
    """The automaton of a pattern, without empty moves."""
    pieces = parse_pattern(pattern)
    edges: list[list[tuple[int, int]]] = [[] for _ in range(len(pieces) + 1)]
    ends = 1 << len(pieces)
    # From the end, so that what can be skipped takes over what comes after it.
    for number in range(len(pieces) - 1, -1, -1):
        piece, after = pieces[number], number + 1
        if piece.kind is Kind.BYTE:
            edges[number] = [(piece.bytes, after)] if piece.bytes else []
            continue
        edges[number] = list(edges[after])
        ends |= (ends >> after & 1) << number
        if piece.kind is Kind.FOLDERS:
            edges.append([(ALL, len(edges)), (SLASH, after)])
            edges[number] += edges[-1]
        else:
            edges[number].append((PLAIN if piece.kind is Kind.STAR else ALL, number))
    return Automaton(tuple(map(tuple, edges)), ends)


@lru_cache(maxsize=4096)
def literal_prefix(pattern: bytes) -> bytes:
    """The bytes with which everything begins that the pattern matches."""
    found = bytearray()
    for piece in parse_pattern(pattern):
        if piece.kind is not Kind.BYTE or piece.bytes.bit_count() != 1:
            break
        found.append(piece.bytes.bit_length() - 1)
    return bytes(found)


def is_prefix_disjoint(a: bytes, b: bytes) -> bool:
    """True where the beginnings alone show that two patterns have nothing in common."""
    left, right = literal_prefix(a), literal_prefix(b)
    return not (left.startswith(right) or right.startswith(left))


@lru_cache(maxsize=16384)
def intersect_patterns(a: bytes, b: bytes, without: tuple[bytes, ...] = ()) -> bytes | None:
    """A shortest path that both patterns match, and none of `without`; None where there is none.

    Raises TooComplexError.
    """
    if is_prefix_disjoint(a, b):
        return None
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
    bars = _Bars(barred)
    start: _State = (0, 0, 0, bars.start)
    came: dict[_State, tuple[_State, int] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        at, bt, within, bar = state
        if within == _WHOLE and a.ends >> at & 1 and b.ends >> bt & 1 and not bar & bars.ends:
            return _spell_path(came, state)
        for byte_set, following in _common_moves(a.edges[at], b.edges[bt], within):
            for byte, then in bars.split(bar, byte_set):
                reached = (*following, then)
                if reached not in came:
                    came[reached] = (state, byte)
                    queue.append(reached)
        if len(came) > LIMIT:
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
            both = mine & theirs
            if both:
                for allowed, place in _PATH[within]:
                    if common := both & allowed:
                        yield common, (to, other, place)


def _spell_path(came: dict[_State, tuple[_State, int] | None], state: _State) -> bytes:
    found = bytearray()
    while (step := came[state]) is not None:
        state, byte = step
        found.append(byte)
    return bytes(reversed(found))


class _Bars:
    """All barred patterns followed at once: their positions are bits of one number."""

    def __init__(self, barred: Sequence[Automaton]) -> None:
        self._edges: list[list[tuple[int, int]]] = []
        self.start = self.ends = 0
        for each in barred:
            offset = len(self._edges)
            self.start |= 1 << offset
            self.ends |= each.ends << offset
            self._edges += [[(bytes_, to + offset) for bytes_, to in edges] for edges in each.edges]

    def split(self, positions: int, bytes_: int) -> Iterable[tuple[int, int]]:
        """For each way in which these bytes can move the barred patterns on: a byte of it, and where to."""
        if not positions:
            return ((_nicest_byte(bytes_), 0),)
        groups = {bytes_: 0}
        for number in _iterate_bits(positions):
            for edge, to in self._edges[number]:
                groups = _divide_groups(groups, edge, 1 << to)
        # Different bytes may lead to the same place.
        places: dict[int, int] = {}
        for group, then in groups.items():
            places[then] = places.get(then, 0) | group
        return sorted(((_nicest_byte(group), then) for then, group in places.items()), key=_rank_byte)


def _divide_groups(groups: dict[int, int], edge: int, to: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for group, then in groups.items():
        if inside := group & edge:
            found[inside] = then | to
        if outside := group & ~edge:
            found[outside] = then
    return found


def _iterate_bits(number: int) -> Iterable[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _rank_byte(move: tuple[int, int]) -> int:
    found = _NICE.find(move[0])
    return found if found >= 0 else move[0] + len(_NICE)


@lru_cache(maxsize=4096)
def _nicest_byte(bytes_: int) -> int:
    """The byte of a set that reads best in a message."""
    for byte in _NICE:
        if bytes_ >> byte & 1:
            return byte
    printable = bytes_ & (((1 << 127) - 1) & ~((1 << 32) - 1))
    chosen = printable or bytes_
    return (chosen & -chosen).bit_length() - 1
