"""Which pairs of branches can conflict at all: a filter that misses none, so that git merges few.

Belongs here: deciding that from what each branch changes, as pure functions. Does not: reading it (see `footprints`),
which lines of a file meet (see `hunk_ranges`), or the merges (see `merge_pairs`).

All merges start at base, so what counts is base → base with the branch merged. The rules follow from how git's `ort`
merges: it compares files path by path, pairs up what was deleted with what was added (a rename), and moves what is
added to a folder whose files were all renamed away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from agentledger.model.fleet import Change

# Two numbers of footprints, the smaller first.
Two = tuple[int, int]
_FILES = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one branch changes of base, path by path.

    `gone` has the folders, with a slash at the end, that are folders in base and none any more with the branch.
    """

    changes: Mapping[bytes, Change] = field(default_factory=dict)
    gone: frozenset[bytes] = frozenset()

    @property
    def added(self) -> tuple[bytes, ...]:
        """The paths that base has not."""
        return tuple(path for path, change in self.changes.items() if change.status == "A")


class Edits(NamedTuple):
    """A file that several footprints edit: base's blob, and who makes which blob of it.

    Those that make the same of it have nothing to settle there.
    """

    old: str
    by_blob: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Suspects:
    """Which pairs git has to merge, and which files decide that for the others."""

    pairs: frozenset[Two]
    edits: Mapping[bytes, Edits]


def find_suspects(footprints: Sequence[Footprint]) -> Suspects:
    """Return the pairs that can conflict, by their paths alone."""
    by_path: dict[bytes, list[int]] = defaultdict(list)
    for number, footprint in enumerate(footprints):
        for path in footprint.changes:
            by_path[path].append(number)
    with_added = {number for number, each in enumerate(footprints) if each.added}
    pairs: set[Two] = set()
    edits: dict[bytes, Edits] = {}
    above = _Above(by_path)
    for path, numbers in by_path.items():
        if len(numbers) > 1:
            changes = [footprints[number].changes[path] for number in numbers]
            if all(_is_plain_edit(change) for change in changes):
                edits[path] = _group_by_blob(numbers, changes)
            else:
                pairs.update(_pairs_at_path(numbers, changes, with_added))
        for one in above.find(path):
            pairs.update((min(one, other), max(one, other)) for other in numbers if one != other)
    pairs.update(_pairs_with_moved_folder(footprints, with_added))
    return Suspects(frozenset(pairs), edits)


def _is_plain_edit(change: Change) -> bool:
    return change.status == "M" and change.old_mode in _FILES and change.new_mode in _FILES


def _group_by_blob(numbers: Sequence[int], changes: Sequence[Change]) -> Edits:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, change in zip(numbers, changes, strict=True):
        # One that changes the mode alone leaves the content to the others.
        if change.new != change.old:
            groups[change.new].append(number)
    return Edits(changes[0].old, {blob: tuple(each) for blob, each in groups.items()})


def _pairs_at_path(numbers: Sequence[int], changes: Sequence[Change], with_added: set[int]) -> Iterator[Two]:
    """Yield the pairs of footprints that do different things to one path, or both delete what one may rename."""
    for (one, first), (other, second) in combinations(zip(numbers, changes, strict=True), 2):
        same = (first.new_mode, first.new) == (second.new_mode, second.new)
        if same:
            renamed = first.status == "D" and (one in with_added or other in with_added)
            if not renamed:
                continue
        yield one, other


class _Above:
    """For each folder, the footprints that change it, or one that it lies in, as if it was a file."""

    def __init__(self, by_path: Mapping[bytes, Sequence[int]]) -> None:
        self._by_path = by_path
        self._numbers: dict[bytes, tuple[int, ...]] = {b"": ()}

    def find(self, path: bytes) -> tuple[int, ...]:
        """Return those of the folders that a path lies in."""
        folder = path[: max(path.rfind(b"/"), 0)]
        if folder not in self._numbers:
            self._numbers[folder] = (*self._by_path.get(folder, ()), *self.find(folder))
        return self._numbers[folder]


def _pairs_with_moved_folder(footprints: Sequence[Footprint], with_added: set[int]) -> Iterator[Two]:
    """Yield the pairs of which one may have renamed a folder in which the other adds a file."""
    movers: dict[bytes, list[int]] = defaultdict(list)
    for number, footprint in enumerate(footprints):
        if number in with_added:
            for folder in footprint.gone:
                movers[folder].append(number)
    if not movers:
        return
    for other in with_added:
        folders = {folder for path in footprints[other].added for folder in parent_folders(path)}
        for one in {one for folder in folders & movers.keys() for one in movers[folder]} - {other}:
            yield min(one, other), max(one, other)


def parent_folders(path: bytes) -> Iterator[bytes]:
    """Yield the folders that a path lies in, each with a slash at the end, the innermost first."""
    end = path.rfind(b"/")
    while end > 0:
        yield path[: end + 1]
        end = path.rfind(b"/", 0, end)


def order_pairs(suspects: Suspects, touching: Iterable[tuple[bytes, str, str]]) -> list[Two]:
    """Return the pairs that git has to merge, in order.

    `touching` are the paths with two blobs of `suspects.edits` whose lines touch each other.
    """
    pairs = set(suspects.pairs)
    for path, one, other in touching:
        groups = suspects.edits[path].by_blob
        pairs.update((min(a, b), max(a, b)) for a in groups[one] for b in groups[other])
    return sorted(pairs)
