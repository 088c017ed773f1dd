"""How many lines each change adds and removes: counted by git, cached by blob pair."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from .cache import Cache
from .git import run
from .model import Branch, Change
from .pairs import DIFF_TREE, GITLINK, LARGE_BLOB, Pair, pairs_of, sizes, trees
from .scratch import Scratch

# Added and removed lines; None for binary content.
Counts = tuple[int, int] | None


def count(scratch: Scratch, cache: Cache, branches: Sequence[Branch]) -> list[Branch]:
    """The branches with the line counts of their changes, as far as they can be computed."""
    wanted = list(
        dict.fromkeys(p for branch in branches for change in branch.changes for p in pairs_of(change))
    )
    stored = cache.get("lines", map(_key, wanted))
    known = {pair: _load(stored[_key(pair)]) for pair in wanted if _key(pair) in stored}
    fresh = _count(scratch, [pair for pair in wanted if pair not in known])
    cache.put("lines", {_key(pair): counts for pair, counts in fresh.items()})
    known |= fresh
    return [
        replace(branch, changes=tuple(_with_lines(c, known) for c in branch.changes), lines_counted=True)
        for branch in branches
    ]


def _key(pair: Pair) -> str:
    return pair.old + pair.new


def _load(stored: Any) -> Counts:
    return (int(stored[0]), int(stored[1])) if stored else None


def _count(scratch: Scratch, pairs: Sequence[Pair]) -> dict[Pair, Counts]:
    found = sizes(scratch, pairs)
    # A blob that is missing counts as too large: both are left out, and shown as not computed.
    fit = {blob for blob, size in found.items() if size <= LARGE_BLOB} | {scratch.null}
    ready = [pair for pair in pairs if pair.old in fit and pair.new in fit]
    counted: dict[Pair, Counts] = {}
    # Two processes, since git compares on one core; alternating, so that neither gets all the large ones.
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda start: _numstat(scratch, ready[start::2]), (0, 1)):
            counted |= part
    return counted


def _numstat(scratch: Scratch, pairs: Sequence[Pair]) -> dict[Pair, Counts]:
    if not pairs:
        return {}
    out = run(scratch.git, [*DIFF_TREE, "-z", "--numstat", *trees(scratch, pairs)])
    found: dict[Pair, Counts] = {}
    for word in out.split(b"\0"):
        if word:
            added, removed, number = word.split(b"\t")
            found[pairs[int(number)]] = None if added == b"-" else (int(added), int(removed))
    return found


def _with_lines(change: Change, known: dict[Pair, Counts]) -> Change:
    pairs = pairs_of(change)
    if not all(pair in known for pair in pairs):
        return change
    counts = [known[pair] for pair in pairs]
    if None in counts:
        return change._replace(binary=True)
    # A submodule is one line, its commit, as in git's own diff.
    moved = change.old != change.new
    added = sum(c[0] for c in counts if c) + (moved and change.new_mode == GITLINK)
    removed = sum(c[1] for c in counts if c) + (moved and change.old_mode == GITLINK)
    return change._replace(added=added, removed=removed, binary=False)
