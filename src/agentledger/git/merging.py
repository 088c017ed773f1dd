"""Merges simulated by git itself, in the sealed directory; nothing is checked out.

The answers are git's: `merge-tree` run over many pairs of commits in two processes.
Exit codes are not believed (a missing object exits as a conflict does); an answer
counts when it begins with a tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from agentledger.git import objects
from agentledger.git.objects import Failure
from agentledger.git.process import split_stream, stream_output
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Change, ConflictFile, Hunk

# What a page shows of one conflicting file, and of one region.
MOST_FILES = 20
MOST_HUNKS = 8
HUNK_LINES = 60
HUNK_BYTES = 8_000
FILE_BYTES = 2 << 20
_STRETCH = 8


class Merged(NamedTuple):
    """What merging two commits gives: a tree, and the stages of the paths that conflict.

    `aside` has the names that git made up, by what they stand for: a file that cannot lie where the other
    side has a folder is put beside it in `tree`, under its name and the id of its commit.
    """

    clean: bool
    tree: str
    stages: tuple[tuple[bytes, int], ...]
    aside: Mapping[bytes, bytes] = MappingProxyType({})

    def restore_paths(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """Changes of this tree, those of made-up names under the path that they stand for."""
        if not self.aside:
            return tuple(changes)
        real = {change.path for change in changes}
        moved = (change._replace(path=self.aside.get(change.path, change.path)) for change in changes)
        kept = (c for c, was in zip(moved, changes, strict=True) if c.path == was.path or c.path not in real)
        return tuple(sorted(kept, key=lambda change: change.path))


def simulate_merges(
    scratch: Scratch,
    pairs: Sequence[tuple[str, str]],
    tick: Callable[[], None] = lambda: None,
    options: Sequence[str] = (),
) -> list[Merged | Failure]:
    """Merge the second of each pair into the first; answers in order. `tick` is called after each one.

    Neighbours should share their merge base: git then finds its objects still unpacked. `options` are more
    of git-merge-tree(1).
    """
    # What it imports takes longer than many a hook, and most hooks merge nothing.
    from concurrent.futures import ThreadPoolExecutor

    # Two processes, which take turns at short stretches: the oldest merge bases cost many times as much.
    turns = [[at for at in range(len(pairs)) if at // _STRETCH % 2 == turn] for turn in (0, 1)]
    answers: dict[int, Merged | Failure] = {}
    with ThreadPoolExecutor(2) as pool:
        for turn, part in zip(
            turns,
            pool.map(lambda t: _merge_selection(scratch, pairs, t, tick=tick, options=options), turns),
            strict=True,
        ):
            answers |= zip(turn, part, strict=True)
    return [answers[at] for at in range(len(pairs))]


def _merge_selection(
    scratch: Scratch,
    pairs: Sequence[tuple[str, str]],
    turn: Sequence[int],
    tick: Callable[[], None],
    options: Sequence[str],
) -> list[Merged | Failure]:
    def ask(part: Sequence[tuple[str, str]]) -> tuple[list[Merged], str]:
        return _run_merge_tree(scratch, part, tick, options)

    return list(objects.salvage_batch([pairs[at] for at in turn], ask))


def _run_merge_tree(
    scratch: Scratch, pairs: Sequence[tuple[str, str]], tick: Callable[[], None], options: Sequence[str]
) -> tuple[list[Merged], str]:
    # --no-messages: advice about submodules would break the framing; the kinds follow from the stages.
    args = ["merge-tree", "--write-tree", "--stdin", "--no-messages", *options]
    flow = stream_output(scratch.git, args, (f"{ours} {theirs}\n".encode() for ours, theirs in pairs))
    answers: list[Merged] = []
    for merged in _parse_merges(split_stream(flow.blocks)):
        answers.append(_map_made_up_paths(merged, pairs[len(answers)]))
        tick()
    return answers, flow.failure() or ("" if len(answers) == len(pairs) else "git gave no answer")


def _parse_merges(words: Iterator[bytes]) -> Iterator[Merged]:
    for clean in words:
        tree = next(words, b"")
        stages: list[tuple[bytes, int]] = []
        for word in words:
            if not word:
                yield Merged(clean == b"1", tree.decode(), tuple(stages))
                break
            entry, _, path = word.partition(b"\t")
            stages.append((path, int(entry[-1:])))


def _map_made_up_paths(merged: Merged, pair: tuple[str, str]) -> Merged:
    """The same, with the paths of the two sides where git made up a name."""
    made_up = re.compile(rb"~(?:%s|%s)(?:_[0-9]+)?$" % (pair[0].encode(), pair[1].encode()))
    aside = {path: made_up.sub(b"", path) for path, _ in merged.stages if made_up.search(path)}
    if not aside:
        return merged
    stages = tuple((aside.get(path, path), stage) for path, stage in merged.stages)
    return merged._replace(stages=stages, aside=aside)


def conflict_kind(stages: frozenset[int]) -> str:
    """The kind of conflict that a path's index stages tell (1 base, 2 ours, 3 theirs)."""
    if stages == {1, 2, 3}:
        return "content"
    if stages == {2, 3}:
        return "add/add"
    return "modify/delete" if stages in ({1, 2}, {1, 3}) else "other"


def read_conflict_files(scratch: Scratch, answers: Sequence[Merged]) -> list[tuple[ConflictFile, ...]]:
    """For each merge that is not clean, the paths it stops at, with the text of what collides."""
    kinds: list[dict[bytes, str]] = []
    for merged in answers:
        stages: dict[bytes, set[int]] = {}
        for path, stage in merged.stages:
            stages.setdefault(path, set()).add(stage)
        kinds.append({path: conflict_kind(frozenset(found)) for path, found in sorted(stages.items())})
    texts = _read_marked_hunks(scratch, list(zip(answers, kinds, strict=True)))
    return [
        tuple(ConflictFile(path, what, texts.get((merged.tree, path), ())) for path, what in found.items())
        for merged, found in zip(answers, kinds, strict=True)
    ]


def _read_marked_hunks(
    scratch: Scratch, merges: Sequence[tuple[Merged, dict[bytes, str]]]
) -> dict[tuple[str, bytes], tuple[Hunk, ...]]:
    """The conflicting regions of the files that git left markers in."""
    names: list[tuple[str, bytes]] = []
    asked: list[bytes] = []
    for merged, kinds in merges:
        lies_at = {path: made_up for made_up, path in merged.aside.items()}
        for path in [p for p, what in kinds.items() if what in ("content", "add/add")][:MOST_FILES]:
            names.append((merged.tree, path))
            asked.append(merged.tree.encode() + b":" + lies_at.get(path, path))
    blobs = {
        name: blob
        for name, (blob, what, size) in zip(names, objects.read_object_info(scratch.git, asked), strict=True)
        if what == "blob" and size <= FILE_BYTES
    }
    texts = objects.read_object_contents(scratch.git, list(dict.fromkeys(blobs.values())))
    found = {blob: parse_hunks(text) for blob, text in texts}
    return {name: found[blob] for name, blob in blobs.items() if blob in found}


def parse_hunks(text: bytes) -> tuple[Hunk, ...]:
    """The regions between conflict markers; only lines that git writes as markers count."""
    found: list[Hunk] = []
    start, region = 0, list[bytes]()
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.startswith(b"<<<<<<< "):
            start, region = number, [line]
        elif start:
            region.append(line)
            if line.startswith(b">>>>>>> "):
                found.append(_cut_hunk(start, region))
                start = 0
                if len(found) == MOST_HUNKS:
                    break
    return tuple(found)


def _cut_hunk(start: int, region: Sequence[bytes]) -> Hunk:
    kept = [line[:1000] for line in region[:HUNK_LINES]]
    while len(kept) > 1 and sum(map(len, kept)) > HUNK_BYTES:
        kept.pop()
    return Hunk(start, b"\n".join(kept), len(region) - len(kept))
