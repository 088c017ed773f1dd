"""Has git merge pairs of commits in the sealed directory, and reads which files conflict and where.

Belongs here: `git merge-tree` over many pairs in two processes, and its output as values. Does not: which
pairs to merge, or what a conflict means for a branch (see `changes.forecast`). Nothing is checked out.

Exit codes are not believed: a missing object exits as a conflict does. An answer counts when it begins with a
tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from types import MappingProxyType
from typing import NamedTuple

from agentledger.git import objects
from agentledger.git.objects import Failure
from agentledger.git.process import split_stream, stream_output
from agentledger.git.scratch import Scratch
from agentledger.model.conflict import ConflictFile, Hunk
from agentledger.model.fleet import Change

# How much a page shows: files of one merge, regions of one file, lines and bytes of one region. No larger
# file is read.
MOST_FILES = 20
MOST_HUNKS = 8
HUNK_LINES = 60
HUNK_BYTES = 8_000
FILE_BYTES = 2 << 20
# So many neighbouring pairs go to one process: they share objects that git has unpacked.
_STRETCH = 8


class Merged(NamedTuple):
    """The result of merging two commits: a tree, and the paths that conflict with their index stages.

    Stage 0 is a path of which git's message alone tells.

    `aside` maps each name that git made up to the real path: a file that cannot lie where the other side has
    a folder is put beside it in `tree`, under its name and the id of its commit.
    """

    clean: bool
    tree: str
    stages: tuple[tuple[bytes, int], ...]
    aside: Mapping[bytes, bytes] = MappingProxyType({})

    def restore_paths(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """Changes of this tree, with each name that git made up turned into the real path."""
        if not self.aside:
            return tuple(changes)
        # Where the real path is among the changes as well, that change alone counts.
        real_paths = {change.path for change in changes}
        renamed = (change._replace(path=self.aside.get(change.path, change.path)) for change in changes)
        restored = (
            c
            for c, before in zip(renamed, changes, strict=True)
            if c.path == before.path or c.path not in real_paths
        )
        return tuple(sorted(restored, key=lambda change: change.path))


class _StoppedError(Exception):
    """Nobody waits for the merges any more."""


def simulate_merges(
    scratch: Scratch,
    pairs: Sequence[tuple[str, str]],
    tick: Callable[[], None] = lambda: None,
    options: Sequence[str] = (),
) -> list[Merged | Failure]:
    """Merge the second of each pair into the first; answers in order. `tick` is called after each one.

    Neighbours should share their merge base: git then finds its objects still unpacked. `options` are further
    options of git-merge-tree(1).
    """
    return _merge_in_two(scratch, pairs, tick, options)


def recall_merges(
    scratch: Scratch,
    pairs: Sequence[tuple[str, str]],
    tick: Callable[[], None] = lambda: None,
    options: Sequence[str] = (),
) -> list[Merged | Failure]:
    """The same, for what several ask about: each pair is merged once while the sealed directory is open."""
    keys = [(*pair, *options) for pair in pairs]
    missing = [at for at, key in enumerate(keys) if key not in scratch.merges]
    answers = dict(
        zip(missing, _merge_in_two(scratch, [pairs[at] for at in missing], tick, options), strict=True)
    )
    # A failure may pass, as when a missing blob is fetched.
    scratch.merges.update({keys[at]: each for at, each in answers.items() if isinstance(each, Merged)})
    return [answers[at] if at in answers else scratch.merges[key] for at, key in enumerate(keys)]


def _merge_in_two(
    scratch: Scratch, pairs: Sequence[tuple[str, str]], tick: Callable[[], None], options: Sequence[str]
) -> list[Merged | Failure]:
    if not pairs:
        return []
    # This import takes longer than many a hook runs, and most hooks merge nothing.
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    stop = Event()

    def go_on() -> None:
        if stop.is_set():
            raise _StoppedError
        tick()

    # Two processes, which take short stretches in turn: halves would be uneven, since pairs with the oldest
    # merge bases cost many times as much.
    turns = [[at for at in range(len(pairs)) if at // _STRETCH % 2 == turn] for turn in (0, 1)]
    answers: dict[int, Merged | Failure] = {}
    with ThreadPoolExecutor(2) as pool:
        parts = [
            pool.submit(_merge_selection, scratch, pairs, turn, tick=go_on, options=options) for turn in turns
        ]
        try:
            for turn, part in zip(turns, parts, strict=True):
                answers |= zip(turn, part.result(), strict=True)
        except BaseException:
            # As after Ctrl-C: the pool waits for both, which would go on to the last pair.
            stop.set()
            raise
    nameless = [at for at, a in answers.items() if isinstance(a, Merged) and not a.clean and not a.stages]
    answers |= _name_conflicts(scratch, pairs, {at: answers[at] for at in nameless}, options)
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
    # Where nobody waits for the rest, git has to end before the sealed directory does.
    with closing(flow.blocks):
        for merged in _parse_merges(split_stream(flow.blocks)):
            answers.append(_map_made_up_paths(merged, pairs[len(answers)]))
            tick()
    return answers, flow.failure() or ("" if len(answers) == len(pairs) else "git gave no answer")


def _parse_merges(tokens: Iterator[bytes]) -> Iterator[Merged]:
    for clean in tokens:
        tree = next(tokens, b"")
        stages: list[tuple[bytes, int]] = []
        for token in tokens:
            if not token:
                yield Merged(clean == b"1", tree.decode(), tuple(stages))
                break
            entry, tab, path = token.partition(b"\t")
            # A git that dies stops anywhere.
            if not tab:
                return
            stages.append((path, int(entry[-1:])))


def _name_conflicts(
    scratch: Scratch,
    pairs: Sequence[tuple[str, str]],
    nameless: Mapping[int, Merged | Failure],
    options: Sequence[str],
) -> dict[int, Merged | Failure]:
    """The same answers, with the paths that git names in its messages alone, as stage 0.

    That is so where it cannot tell where a file goes whose folder was renamed: it then leaves the file where it is.
    """
    if not nameless:
        return {}
    # Without stages there is no conflict of a submodule, and so no advice that would break the framing.
    args = ["merge-tree", "--write-tree", "--stdin", "--messages", *options]
    flow = stream_output(scratch.git, args, (f"{pairs[at][0]} {pairs[at][1]}\n".encode() for at in nameless))
    fields = list(split_stream(flow.blocks))
    named = _parse_messages(iter(fields)) if not flow.failure() else iter(())
    return {
        at: _map_made_up_paths(answer._replace(stages=tuple((path, 0) for path in sorted(paths))), pairs[at])
        for (at, answer), (tree, paths) in zip(nameless.items(), named, strict=False)
        if isinstance(answer, Merged) and answer.tree == tree
    }


def _parse_messages(fields: Iterator[bytes]) -> Iterator[tuple[str, set[bytes]]]:
    """The tree of each answer without stages, and the paths of its messages about conflicts."""
    for _ in fields:
        tree, paths = next(fields, b"").decode(), set[bytes]()
        # An empty field ends the stages, of which there are none, and another one the messages.
        next(fields, b"")
        while (number := next(fields, b"")).isdigit():
            about = [next(fields, b"") for _ in range(int(number))]
            if next(fields, b"").startswith(b"CONFLICT"):
                paths.update(about)
            next(fields, b"")
        yield tree, paths


def _map_made_up_paths(merged: Merged, pair: tuple[str, str]) -> Merged:
    """The same, with the real path in place of each name that git made up."""
    if not any(b"~" in path for path, _ in merged.stages):
        return merged
    # git's names are the path and the side's name, which is an id here: `path~<id>`, or `path~<id>_0`; and once more
    # where both that name and another rule make up one.
    made_up = re.compile(rb"(?:~(?:%s|%s)(?:_[0-9]+)?)+$" % (pair[0].encode(), pair[1].encode()))
    aside = {path: made_up.sub(b"", path) for path, _ in merged.stages if made_up.search(path)}
    if not aside:
        return merged
    stages = tuple((aside.get(path, path), stage) for path, stage in merged.stages)
    return merged._replace(stages=stages, aside=aside)


def conflict_kind(stages: frozenset[int]) -> str:
    """The kind of conflict, by a path's index stages (1 base, 2 ours, 3 theirs)."""
    if stages == {1, 2, 3}:
        return "content"
    if stages == {2, 3}:
        return "add/add"
    return "modify/delete" if stages in ({1, 2}, {1, 3}) else "other"


def read_conflict_files(scratch: Scratch, answers: Sequence[Merged]) -> list[tuple[ConflictFile, ...]]:
    """For each of these merges, the paths that conflict, each with its kind and its conflicting regions."""
    kinds: list[dict[bytes, str]] = []
    for merged in answers:
        stages: dict[bytes, set[int]] = {}
        for path, stage in merged.stages:
            stages.setdefault(path, set()).add(stage)
        kinds.append({path: conflict_kind(frozenset(numbers)) for path, numbers in sorted(stages.items())})
    hunks = _read_marked_hunks(scratch, list(zip(answers, kinds, strict=True)))
    return [
        tuple(ConflictFile(path, kind, hunks.get((merged.tree, path), ())) for path, kind in by_path.items())
        for merged, by_path in zip(answers, kinds, strict=True)
    ]


def _read_marked_hunks(
    scratch: Scratch, merges: Sequence[tuple[Merged, dict[bytes, str]]]
) -> dict[tuple[str, bytes], tuple[Hunk, ...]]:
    """The conflicting regions, by tree and path, of the files that git left markers in."""
    names: list[tuple[str, bytes]] = []
    object_names: list[bytes] = []
    for merged, kinds in merges:
        made_up_paths = {path: made_up for made_up, path in merged.aside.items()}
        # Only these two kinds leave markers: elsewhere one side has no file.
        for path in [p for p, kind in kinds.items() if kind in ("content", "add/add")][:MOST_FILES]:
            names.append((merged.tree, path))
            object_names.append(merged.tree.encode() + b":" + made_up_paths.get(path, path))
    answers = objects.read_object_info(scratch.git, object_names)
    blobs = {
        name: blob
        for name, (blob, kind, size) in zip(names, answers, strict=True)
        if kind == "blob" and size <= FILE_BYTES
    }
    texts = objects.read_object_contents(scratch.git, list(dict.fromkeys(blobs.values())))
    hunks = {blob: parse_hunks(text) for blob, text in texts}
    return {name: hunks[blob] for name, blob in blobs.items() if blob in hunks}


def parse_hunks(text: bytes) -> tuple[Hunk, ...]:
    """The regions between conflict markers, at most MOST_HUNKS; a marker is as git writes it, with a name."""
    hunks: list[Hunk] = []
    start, region = 0, list[bytes]()
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.startswith(b"<<<<<<< "):
            start, region = number, [line]
        elif start:
            region.append(line)
            if line.startswith(b">>>>>>> "):
                hunks.append(_cut_hunk(start, region))
                start = 0
                if len(hunks) == MOST_HUNKS:
                    break
    return tuple(hunks)


def _cut_hunk(start: int, region: Sequence[bytes]) -> Hunk:
    # A line of minified code can be as long as its file.
    lines = [line[:1000] for line in region[:HUNK_LINES]]
    while len(lines) > 1 and sum(map(len, lines)) > HUNK_BYTES:
        lines.pop()
    return Hunk(start, b"\n".join(lines), len(region) - len(lines))
