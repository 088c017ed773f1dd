"""Matches paths with patterns as git's wildmatch does, in pathname mode, on bytes, and with case.

Belongs here: parsing a pattern, and matching one path. Does not: what two patterns have in common (see
`automata`), or what a brief grants (see `task_scope`).

Follows `wildmatch.c` of git 2.39: `*`, `?` and `[…]` never match `/`; `**` does where it is a whole
component, and is one `*` elsewhere. A class without an end or with an unknown `[:name:]`, and a backslash at
the end, match nothing at all. Two things are those of git's pathspecs: a pattern that ends in `/` means everything
below, and one without wildcards the path itself and everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

# A set of bytes is an integer: bit n is set where byte n is in it. No path has byte 0 in it.
SLASH = 1 << 0x2F
ALL = (1 << 256) - 2
PLAIN = ALL & ~SLASH


class Kind(Enum):
    """What a piece matches: one byte, any number in a component (`*`), folders (`**/`) or anything (`**`).

    BELOW is the end of a pattern without wildcards: nothing more, or a `/` and anything behind it.
    """

    BYTE = "byte"
    STAR = "star"
    FOLDERS = "folders"
    REST = "rest"
    BELOW = "below"


class Piece(NamedTuple):
    """A piece of a pattern. `bytes` are those that a BYTE matches; with 0, the pattern matches nothing."""

    kind: Kind
    bytes: int = 0


def _byte_range(first: int, last: int) -> int:
    return ((1 << (last + 1)) - 1) & ~((1 << first) - 1) if first <= last else 0


def _byte_set(text: bytes) -> int:
    return sum(1 << byte for byte in set(text))


_UPPER, _LOWER, _DIGIT, _PRINT = (
    _byte_range(65, 90),
    _byte_range(97, 122),
    _byte_range(48, 57),
    _byte_range(32, 126),
)
# git's own ctype, ASCII only; its isspace knows neither \v nor \f.
_CLASSES = {
    b"alnum": _UPPER | _LOWER | _DIGIT,
    b"alpha": _UPPER | _LOWER,
    b"blank": _byte_set(b" \t"),
    b"cntrl": _byte_range(0, 31) | 1 << 127,
    b"digit": _DIGIT,
    b"graph": _PRINT & ~_byte_set(b" "),
    b"lower": _LOWER,
    b"print": _PRINT,
    b"punct": _PRINT & ~(_UPPER | _LOWER | _DIGIT | _byte_set(b" ")),
    b"space": _byte_set(b" \t\n\r"),
    b"upper": _UPPER,
    b"xdigit": _DIGIT | _byte_range(65, 70) | _byte_range(97, 102),
}
_VOID = Piece(Kind.BYTE, 0)
# A pattern that names one path: no wildcard in it, and behind each backslash the character that it stands for.
_LITERAL = re.compile(rb"(?:[^*?\[\\]|\\.)*(?<!/)", re.DOTALL)


_SPECIAL = re.compile(rb"([\\*?\[])")


def escape_pattern(path: bytes) -> bytes:
    """Return the pattern that matches this very path."""
    return _SPECIAL.sub(rb"\\\1", path)


def is_literal(pattern: bytes) -> bool:
    """Does the pattern name one file or folder: has it no wildcard, and no `/` at its end?"""
    return _LITERAL.fullmatch(pattern) is not None


@lru_cache(maxsize=4096)
def parse_pattern(pattern: bytes) -> tuple[Piece, ...]:
    """The pieces of a pattern. Never fails: where git would match nothing, one piece has no bytes."""
    pieces = tuple(_parse_pieces(pattern + b"**" if pattern.endswith(b"/") else pattern))
    return (*pieces, Piece(Kind.BELOW)) if is_literal(pattern) else pieces


def _parse_pieces(pattern: bytes) -> Iterator[Piece]:
    at = 0
    while at < len(pattern):
        byte = pattern[at]
        if byte == 0x2A:  # *
            piece, at = _parse_stars(pattern, at)
        elif byte == 0x3F:  # ?
            piece, at = Piece(Kind.BYTE, PLAIN), at + 1
        elif byte == 0x5B:  # [
            piece, at = _parse_class(pattern, at + 1)
        elif byte == 0x5C:  # backslash
            escaped = pattern[at + 1 : at + 2]
            piece, at = (Piece(Kind.BYTE, 1 << escaped[0]) if escaped else _VOID), at + 2
        else:
            piece, at = Piece(Kind.BYTE, 1 << byte), at + 1
        yield piece


def _parse_stars(pattern: bytes, at: int) -> tuple[Piece, int]:
    """The piece of one or more stars from `at` on, and where it ends."""
    end = at
    while pattern[end : end + 1] == b"*":
        end += 1
    begins = at == 0 or pattern[at - 1] == 0x2F
    rest = pattern[end:]
    if end - at == 1 or not begins or not (not rest or rest.startswith((b"/", b"\\/"))):
        return Piece(Kind.STAR), end
    # `**/` may match no folder at all; `**\/` has to find its slash.
    return (Piece(Kind.FOLDERS), end + 1) if rest.startswith(b"/") else (Piece(Kind.REST), end)


def _parse_class(pattern: bytes, at: int) -> tuple[Piece, int]:
    """The class whose `[` is just before `at`, and where it ends."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    total, before, first = 0, 0, True
    # A `]` that comes first is a member, not the end.
    while first or pattern[at : at + 1] != b"]":
        first = False
        step = _parse_member(pattern, at, before)
        if step is None:
            return _VOID, len(pattern)
        members, before, at = step
        total |= members
    return Piece(Kind.BYTE, (ALL & ~total if negated else total) & PLAIN), at + 1


def _parse_member(pattern: bytes, at: int, before: int) -> tuple[int, int, int] | None:
    """One member of a class: its bytes, the byte with which a range may go on from it, and where it ends.

    None where the class has no end, or a name that git does not know.
    """
    byte = pattern[at : at + 1]
    if byte == b"\\":
        escaped = pattern[at + 1 : at + 2]
        return (1 << escaped[0], escaped[0], at + 2) if escaped else None
    if byte == b"-" and before and pattern[at + 1 : at + 2] not in (b"", b"]"):
        at += 1 + (pattern[at + 1] == 0x5C)
        return (_byte_range(before, pattern[at]), 0, at + 1) if at < len(pattern) else None
    if byte == b"[" and pattern[at + 1 : at + 2] == b":":
        end = pattern.find(b"]", at + 2)
        if end < 0:
            return None
        if end > at + 2 and pattern[end - 1] == 0x3A:
            members = _CLASSES.get(pattern[at + 2 : end - 1])
            return None if members is None else (members, 0, end + 1)
    return (1 << byte[0], byte[0], at + 1) if byte else None


# -- matching one path ----------------------------------------------------------------

# A regular expression backtracks: each piece of open length multiplies the time by the path's length. A
# pattern with more such pieces than this goes through `_simulate_match`.
_OPEN = 2


def matches_path(pattern: bytes, path: bytes) -> bool:
    """Does the pattern match the whole path, as one of git's pathspecs would?"""
    expression = _compile_pattern(pattern)
    return bool(expression.fullmatch(path)) if expression else _simulate_match(parse_pattern(pattern), path)


@lru_cache(maxsize=4096)
def _compile_pattern(pattern: bytes) -> re.Pattern[bytes] | None:
    pieces = parse_pattern(pattern)
    # A piece of open length at the very end takes all that is left, so it never backtracks.
    if sum(piece.kind is not Kind.BYTE for piece in pieces[:-1]) > _OPEN:
        return None
    return re.compile(b"".join(map(_regex_of_piece, pieces)), re.DOTALL)


def may_match_any(patterns: tuple[bytes, ...], path: bytes) -> bool:
    """False only where none of the patterns matches: one test for all of them, since most often none does."""
    union = _compile_union(patterns)
    return union is None or union.fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _compile_union(patterns: tuple[bytes, ...]) -> re.Pattern[bytes] | None:
    """All patterns in one expression; None where one of them has to be simulated."""
    expressions = [expression for pattern in patterns if (expression := _compile_pattern(pattern))]
    if len(expressions) < len(patterns):
        return None
    return re.compile(b"|".join(b"(?:%s)" % each.pattern for each in expressions), re.DOTALL)


_OPEN_REGEX = {
    Kind.STAR: b"[^/]*",
    Kind.FOLDERS: b"(?:.*/)?",
    Kind.REST: b".*",
    Kind.BELOW: b"(?:/.+)?",
}


def _regex_of_piece(piece: Piece) -> bytes:
    if piece.kind is not Kind.BYTE:
        return _OPEN_REGEX[piece.kind]
    members = list(bytes_of_set(piece.bytes))
    if len(members) == 1:
        return re.escape(bytes(members))
    return b"[" + b"".join(b"\\x%02x" % byte for byte in members) + b"]" if members else b"(?!)"


def bytes_of_set(bytes_: int) -> Iterator[int]:
    """The bytes of a set, in ascending order."""
    while bytes_:
        lowest = bytes_ & -bytes_
        yield lowest.bit_length() - 1
        bytes_ ^= lowest


def _simulate_match(pieces: tuple[Piece, ...], path: bytes) -> bool:
    """Like `matches_path`, in time proportional to the path's length: all positions at once, as bits."""
    stay, skip = 0, 0
    for number, piece in enumerate(pieces):
        stay |= (piece.kind is not Kind.BYTE) << number
        skip |= (piece.kind is not Kind.BYTE) << number
    # Positions of `**/` that have begun a folder's name, and must find its slash; of BELOW, behind its slash.
    inside = 0
    now = _close_positions(1, skip)
    for byte in path:
        bit, following, still = 1 << byte, 0, 0
        for number, piece in enumerate(pieces):
            active, in_folder = now >> number & 1, inside >> number & 1
            if piece.kind is Kind.BYTE:
                following |= (active and bool(piece.bytes & bit)) << (number + 1)
            elif piece.kind is Kind.STAR:
                following |= (active and byte != 0x2F) << number
            elif piece.kind is Kind.REST:
                following |= active << number
            elif piece.kind is Kind.BELOW:
                still |= (in_folder or (active and byte == 0x2F)) << number
                following |= in_folder << (number + 1)
            elif active or in_folder:
                still |= 1 << number
                following |= (byte == 0x2F) << (number + 1)
        now, inside = _close_positions(following, skip), still
        if not now and not inside:
            return False
    return bool(now >> len(pieces) & 1)


def _close_positions(positions: int, skip: int) -> int:
    """These positions, and those behind pieces that may match nothing."""
    while (more := positions | (positions & skip) << 1) != positions:
        positions = more
    return positions
