"""Forecast whether each open branch merges into base, or where it conflicts.

Belongs here: choosing what to merge, and remembering the verdicts. Does not: the merges themselves (see
`git.merging`), or which paths a merge would change (see `net_changes`).

A verdict is true of one pair of base and head, of one version of git's merge, and of the `diff.algorithm`
that this version obeys, so that is what it is cached by. (git 2.50 and 2.55 differ in 2 of 3,000 random
merges.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from agentledger.git import merging, objects
from agentledger.git.code_tree import write_trees_without_tasks
from agentledger.git.merging import Merged
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.conflict import Conflict, ConflictFile, Hunk
from agentledger.model.fleet import Base, Branch, Merger, State
from agentledger.model.text import decode, encode
from agentledger.storage.cache import Cache

# `git merge` takes its diff's algorithm from `diff.algorithm` since 2.50; `git merge-tree` never does.
_OBEYS_SETTING = (2, 50)
_ALGORITHMS = ("myers", "default", "minimal", "patience", "histogram")


def identify_merger(version: tuple[int, ...], setting: str | None) -> Merger:
    """Name whose merges these are, for git's version and the user's `diff.algorithm` (None: not set)."""
    obeyed = setting if version >= _OBEYS_SETTING and setting in _ALGORITHMS else None
    return Merger(".".join(map(str, version)), obeyed)


def forecast_merges(
    scratch: Scratch,
    cache: Cache,
    base: Base,
    branches: Sequence[Branch],
    order: Mapping[str, int],
    by: Merger,
    progress: Callable[[str, int, int], None],
) -> list[Branch]:
    """Return the branches, each open one with the result of merging it into base's tip.

    `order` sorts merge bases, so that merges which start from the same commit are neighbours.
    `progress` is called with a stage in words, what is done of it, and the total.
    """
    # By head: branches at the same commit are merged once.
    open_heads = {b.head: b for b in branches if b.state is State.OPEN and b.at_rest is None}
    mergeable = [b for b in open_heads.values() if b.merge_bases]
    stored = cache.get("conflict", (_cache_key(base, b.head, by) for b in mergeable))
    verdicts = {
        b.head: verdict
        for b in mergeable
        if (verdict := _load_conflict(stored.get(_cache_key(base, b.head, by))))
    }
    # By merge base, whose objects git then finds still unpacked. Together with the two processes of
    # `simulate_merges` this nearly halves the time on large repositories.
    unmerged = sorted(
        (b for b in mergeable if b.head not in verdicts), key=lambda b: order.get(b.merge_bases[0], 0)
    )
    fresh = _merge_heads(scratch, base, [b.head for b in unmerged], by=by, progress=progress)
    # A failure may pass (a missing blob is fetched later), so only verdicts are kept.
    cache.put(
        "conflict",
        ((_cache_key(base, h, by), _dump_conflict(c)) for h, c in fresh.items() if c.clean is not None),
    )
    verdicts |= fresh
    unrelated = Conflict(None, failed=f"it shares no history with {base.name}")
    return [_mark_branch(b, verdicts.get(b.head, unrelated)) if b.head in open_heads else b for b in branches]


def _mark_branch(branch: Branch, conflict: Conflict) -> Branch:
    """Return an open branch with its verdict; where merging it would change nothing, base has its change."""
    # One that only wrote to its ledger has not begun: that is no sign of an end.
    if branch.state is State.OPEN and conflict.changes_nothing and branch.code_changes:
        why = "merging it would change nothing"
        return replace(branch, conflict=conflict, state=State.ABSORBED, state_why=why)
    return replace(branch, conflict=conflict)


def _merge_heads(
    scratch: Scratch,
    base: Base,
    heads: Sequence[str],
    by: Merger,
    progress: Callable[[str, int, int], None],
) -> dict[str, Conflict]:
    done = count(1)
    tick = lambda: progress(f"merging with {base.name}", next(done), len(heads))  # noqa: E731  (a counter bound once)
    return dict(
        zip(heads, merge_pairs(scratch, [(base.head, head) for head in heads], by, tick), strict=True)
    )


def merge_pairs(
    scratch: Scratch,
    pairs: Sequence[tuple[str, str]],
    by: Merger,
    tick: Callable[[], None] = lambda: None,
) -> list[Conflict]:
    """Return the results of merging the second of each pair of commits into the first, in order."""
    if not pairs:
        return []
    options = ["-X", f"diff-algorithm={by.diff_algorithm}"] if by.diff_algorithm else []
    # Others ask for these merges again: for what they change.
    answers = merging.recall_merges(scratch, pairs, tick, options)
    conflicts = [a for a in answers if isinstance(a, Merged) and not a.clean]
    files = iter(merging.read_conflict_files(scratch, conflicts))
    idle = _find_idle(scratch, pairs, answers)
    return [
        _conflict_of_merge(
            answer, next(files) if isinstance(answer, Merged) and not answer.clean else (), number in idle
        )
        for number, answer in enumerate(answers)
    ]


def _find_idle(
    scratch: Scratch, pairs: Sequence[tuple[str, str]], answers: Sequence[Merged | Failure]
) -> set[int]:
    """Return which merges leave the first commit's tree as it is, but for the folders of the ledger's tasks."""
    trees = {n: a.tree for n, a in enumerate(answers) if isinstance(a, Merged) and a.clean}
    if not trees:
        return set()
    commits = sorted({pairs[n][0] for n in trees})
    infos = objects.read_object_info(scratch.git, [f"{commit}^{{tree}}" for commit in commits])
    before = {commit: tree for commit, (tree, _, _) in zip(commits, infos, strict=True)}
    bare = write_trees_without_tasks(scratch, [*before.values(), *trees.values()])
    return {n for n, tree in trees.items() if tree in bare and bare[tree] == bare.get(before[pairs[n][0]])}


def _conflict_of_merge(
    answer: Merged | Failure, files: tuple[ConflictFile, ...], changes_nothing: bool
) -> Conflict:
    if isinstance(answer, Failure):
        return Conflict(None, failed=f"git cannot merge these two: {answer.reason}")
    return Conflict(answer.clean, files, changes_nothing=changes_nothing)


# -- what is stored -------------------------------------------------------------------


def _cache_key(base: Base, head: str, by: Merger) -> str:
    return " ".join(filter(None, (base.head, head, by.diff_algorithm)))


def _dump_conflict(conflict: Conflict) -> list[Any]:
    return [conflict.clean, dump_files(conflict.files), conflict.changes_nothing]


def _load_conflict(stored: Any) -> Conflict | None:
    """Rebuild a stored verdict; None when it is not one (anybody can write to the cache's file)."""
    try:
        clean, rows, changes_nothing = stored
        files = load_files(rows)
    except (TypeError, ValueError, AttributeError, OverflowError):
        return None
    return Conflict(bool(clean), files, changes_nothing=changes_nothing is True)


def dump_files(files: Sequence[ConflictFile]) -> list[Any]:
    """Return conflicting files in the form that is stored."""
    return [[decode(f.path), f.kind, [[h.line, decode(h.text), h.cut] for h in f.hunks]] for f in files]


def load_files(rows: Any) -> tuple[ConflictFile, ...]:
    """Rebuild stored files. Raises TypeError, ValueError, AttributeError or OverflowError where they are none."""
    return tuple(
        ConflictFile(
            encode(path), str(kind), tuple(Hunk(int(n), encode(text), int(cut)) for n, text, cut in hunks)
        )
        for path, kind, hunks in rows
    )
