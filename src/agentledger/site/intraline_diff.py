"""Find the words that differ between two paired lines of a diff.

Belongs here: comparing two lines. Does not: pairing them, or their markup (see `diff`).
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

LONGEST = 1000  # characters of a line; longer ones are not compared
_PRODUCT = 1500  # tokens of one middle times tokens of the other: what comparing them costs
_REGIONS = 3  # differing places; with more, the whole middle counts as different
# Lines come HTML-escaped, so an entity is one token and is never cut in two.
_TOKEN = re.compile(r"&\w+;|\w+|\s+|.", re.DOTALL)

Span = tuple[int, int]


def differing_spans(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]] | None:
    """The character spans in which two escaped lines differ; None where marks would not help.

    The work is bounded: the common start and end are set aside first, and a middle that is long, or differs
    in many places, counts as different as a whole.
    """
    if old == new or max(len(old), len(new)) > LONGEST:
        return None
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    start, end = _common_ends(a, b)
    common_length = sum(map(len, a[:start])) + sum(map(len, a[len(a) - end :]))
    regions = _differing_regions(a[start : len(a) - end], b[start : len(b) - end])
    left, right = (
        _character_spans(a, start, [r[0] for r in regions]),
        _character_spans(b, start, [r[1] for r in regions]),
    )
    unchanged_length = max(len(old) - sum(e - s for s, e in left), common_length)
    # Two lines with little in common are a replacement: with nearly all of it marked, no mark says anything.
    return (left, right) if 2 * unchanged_length >= max(len(old.strip()), 1) else None


def _common_ends(a: list[str], b: list[str]) -> Span:
    """How many tokens are the same at the start of both, and how many of the others at the end."""
    shorter = min(len(a), len(b))
    start = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    remaining = shorter - start
    end = next((i for i in range(remaining) if a[-1 - i] != b[-1 - i]), remaining)
    return start, end


def _differing_regions(a: list[str], b: list[str]) -> list[tuple[Span, Span]]:
    """Token ranges, of a and of b, that differ."""
    whole_range = [((0, len(a)), (0, len(b)))]
    if not a or not b or len(a) * len(b) > _PRODUCT:
        return whole_range
    # autojunk would ignore the frequent tokens of a long line, such as blanks.
    opcodes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    regions = [((i, j), (k, m)) for tag, i, j, k, m in opcodes if tag != "equal"]
    return regions if len(regions) <= _REGIONS else whole_range


def _character_spans(tokens: list[str], start: int, ranges: list[Span]) -> tuple[Span, ...]:
    """Token ranges, counted from `start`, as character spans; empty ones are left out."""
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    return tuple((offsets[start + i], offsets[start + j]) for i, j in ranges if j > i)
