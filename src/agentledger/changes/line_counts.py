"""How many lines each change adds and removes: counted by git, cached by blob pair.

Belongs here: asking for the counts of many branches, and remembering them. Does not: the text of a change
(see `patches`), or how a blob pair is put to git (see `git.blob_pairs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from agentledger.git.blob_pairs import (
    DIFF_TREE,
    GITLINK,
    LARGE_BLOB,
    Pair,
    blob_pairs_of,
    read_blob_sizes,
    write_pair_trees,
)
from agentledger.git.objects import Failure, salvage_batch
from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, Change, State
from agentledger.storage.cache import Cache

# Added and removed lines; None for binary content.
Counts = tuple[int, int] | None


def count_lines(scratch: Scratch, cache: Cache, branches: Sequence[Branch]) -> list[Branch]:
    """Return the branches with the line counts of their changes, as far as they can be computed.

    `lines_counted` stays False where some file is missing, damaged or larger than `LARGE_BLOB` bytes.
    """
    # Each pair once: many branches share the same change.
    pairs = list(
        dict.fromkeys(p for branch in branches for change in branch.changes for p in blob_pairs_of(change))
    )
    counts = count_pairs(scratch, cache, pairs)
    return [
        branch if branch.state is State.UNREADABLE else _add_branch_counts(branch, counts)
        for branch in branches
    ]


def count_pairs(scratch: Scratch, cache: Cache, pairs: Sequence[Pair]) -> dict[Pair, Counts]:
    """Map pairs of blobs to their counts; pairs that cannot be counted are left out."""
    counts = _read_cache(cache, pairs)
    fresh = _count_pairs(scratch, [pair for pair in pairs if pair not in counts])
    cache.put("lines", ((_cache_key(pair), counts) for pair, counts in fresh.items()))
    return counts | fresh


def _add_branch_counts(branch: Branch, counts: dict[Pair, Counts]) -> Branch:
    changes = tuple(_add_change_counts(change, counts) for change in branch.changes)
    # A sum that leaves a file out would be wrong, so the branch then has none.
    return replace(branch, changes=changes, lines_counted=all(c.binary is not None for c in changes))


def _read_cache(cache: Cache, pairs: Sequence[Pair]) -> dict[Pair, Counts]:
    # In parts: keys are long, and there can be hundreds of thousands.
    cached: dict[Pair, Counts] = {}
    for at in range(0, len(pairs), 5000):
        part = {_cache_key(pair): pair for pair in pairs[at : at + 5000]}
        stored = cache.get("lines", part).items()
        cached |= {part[key]: _load_counts(counts) for key, counts in stored if _is_valid_row(counts)}
    return cached


def _cache_key(pair: Pair) -> str:
    return pair.old + pair.new


def _is_valid_row(stored: Any) -> bool:
    """Is this a row that `count_lines` stores? Anybody can write to the cache's file."""
    return stored is None or (
        isinstance(stored, list) and len(stored) == 2 and all(isinstance(n, int) for n in stored)
    )


def _load_counts(stored: Any) -> Counts:
    return None if stored is None else (stored[0], stored[1])


def _count_pairs(scratch: Scratch, pairs: Sequence[Pair]) -> dict[Pair, Counts]:
    sizes = read_blob_sizes(scratch, pairs)
    # A missing blob would end git's whole batch, a huge one is held in memory several times:
    # both are left out, and shown as not computed.
    fit = {blob for blob, size in sizes.items() if size <= LARGE_BLOB} | {scratch.null}
    ready = [pair for pair in pairs if pair.old in fit and pair.new in fit]
    counted: dict[Pair, Counts] = {}
    # Two processes, since git compares on one core. They take every other pair, so that neither gets all
    # the large ones.
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda start: _read_numstat(scratch, ready[start::2]), (0, 1)):
            counted |= part
    return counted


def _read_numstat(scratch: Scratch, pairs: Sequence[Pair]) -> dict[Pair, Counts]:
    """Map each pair to its counts; pairs with a damaged blob are left out."""

    def ask(part: Sequence[Pair]) -> tuple[list[Counts], str]:
        out, _, reason = run_unchecked(
            scratch.git, [*DIFF_TREE, "-z", "--numstat", *write_pair_trees(scratch, part)]
        )
        return [_parse_numstat(word) for word in out.split(b"\0")[:-1]], reason

    answers = zip(pairs, salvage_batch(pairs, ask), strict=True)
    return {pair: counts for pair, counts in answers if not isinstance(counts, Failure)}


def _parse_numstat(word: bytes) -> Counts:
    added, removed, _ = word.split(b"\t")
    # git prints `-` for both counts of binary content.
    return None if added == b"-" else (int(added), int(removed))


def _add_change_counts(change: Change, counts: dict[Pair, Counts]) -> Change:
    pairs = blob_pairs_of(change)
    if not all(pair in counts for pair in pairs):
        return change
    pair_counts = [counts[pair] for pair in pairs]
    if None in pair_counts:
        return change._replace(binary=True)
    # A submodule counts as one line, its commit, as in git's own diff.
    moved = change.old != change.new
    added = sum(c[0] for c in pair_counts if c) + (moved and change.new_mode == GITLINK)
    removed = sum(c[1] for c in pair_counts if c) + (moved and change.old_mode == GITLINK)
    return change._replace(added=added, removed=removed, binary=False)
