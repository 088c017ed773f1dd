"""Two branches that collide → the words and marks that every page uses for the pair.

Belongs here: one pair, who of it goes first, and links to branches. Does not: which pairs a page lists (see
`collisions_view` and `others_view`), or files in conflict with base (see `branch_view`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from agentledger.attention import collisions
from agentledger.model.collisions import Grade, Only, Pair
from agentledger.model.conflict import ConflictFile
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import encode, format_count
from agentledger.site.conflict_view import Conflicted, Region, build_conflict, build_region, describe_rest
from agentledger.site.labels import Mark

#: Files of a pair that are named, and lines of the region that is shown.
FILES_SHOWN, LINES_SHOWN = 8, 24


@dataclass(frozen=True, slots=True)
class Place:
    """A branch, and its page without the ending; "" where it has none."""

    name: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Who goes first, and why; the reason is a part of a sentence."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """Two branches that collide."""

    a: Place
    b: Place
    mark: Mark
    notes: tuple[str, ...]
    #: The first file in which lines conflict, and the first region of it; None where no lines are shown.
    shown: Conflicted | None
    region: Region | None
    #: The other files, with the kind of conflict in each.
    files: tuple[Conflicted, ...]
    files_more: str
    #: None where no order is known.
    first: First | None


class Places:
    """The branches of a fleet by ref, with their pages."""

    def __init__(self, fleet: Fleet, pages: Mapping[str, str]) -> None:
        self._branches = {branch.ref: branch for branch in fleet.branches}
        self._pages = pages
        works = fleet.collisions.uncommitted if fleet.collisions else ()
        self._works = {each.ref: each.head for each in works}

    def find(self, ref: str) -> Place:
        """Return a branch's place; a ref that is not in this view is named as it is."""
        branch = self._branches.get(ref)
        return Place(branch.name if branch else ref, self._pages.get(ref, ""))

    def name(self, ref: str) -> str:
        """Return a branch's name."""
        return self.find(ref).name

    def heads(self, ref: str) -> tuple[str, ...]:
        """Return the commits that stand for a branch in a merge: its head, and that of its uncommitted work."""
        head = self._branches[ref].head if ref in self._branches else ""
        return tuple(each for each in (head, self._works.get(ref, "")) if each)

    def all_of(self, refs: Iterable[str]) -> tuple[Place, ...]:
        """Return the places of branches, in order."""
        return tuple(map(self.find, refs))

    def named(self, names: Iterable[str]) -> tuple[Place, ...]:
        """Return the places of branches by their names; two branches of one name are both there."""
        wanted = list(names)
        found: dict[str, list[Branch]] = {}
        for branch in self._branches.values():
            found.setdefault(branch.name, []).append(branch)
        return tuple(self.find(branch.ref) for name in wanted for branch in found.get(name, ()))


def build_pair(pair: Pair, places: Places, fleet: Fleet, *, with_region: bool = True) -> PairView:
    """Build a pair for the list of all pairs, with the first region in which they conflict."""
    sides = _name_sides(pair, places)
    file = next((file for file in pair.files if file.hunks), None) if with_region else None
    rest = [each for each in pair.files if each is not file]
    return PairView(
        a=places.find(pair.a),
        b=places.find(pair.b),
        mark=mark_pair(pair),
        notes=describe_pair(pair, places),
        shown=build_conflict(file, *sides, shown=0) if file else None,
        region=build_region(file.hunks[0], *sides, most_lines=LINES_SHOWN) if file else None,
        files=tuple(build_conflict(each._replace(hunks=()), *sides) for each in rest[:FILES_SHOWN]),
        files_more=describe_rest(len(rest) - FILES_SHOWN, "file"),
        first=find_first(pair, places, fleet),
    )


def build_conflicts(pair: Pair, places: Places, shown: int) -> tuple[Conflicted, ...]:
    """Build the files of a pair with their regions, for a branch's page."""
    sides = _name_sides(pair, places)
    return tuple(build_conflict(file, *sides) for file in pair.files[:shown])


def mark_pair(pair: Pair) -> Mark:
    """Return how two branches collide, in a few words."""
    where = format_count(len(pair.files), "file")
    if pair.grade is Grade.UNKNOWN:
        return Mark("warn", "git could not merge the two")
    if pair.grade is Grade.OVERLAP:
        return Mark("rest", f"both change {format_count(len(pair.paths), 'file')}, and merge")
    if pair.grade is Grade.SCOPE:
        return Mark("rest", "their briefs let both change the same files")
    if pair.uncommitted:
        return Mark("warn", f"with uncommitted work they conflict in {where}")
    if pair.only is Only.GENERATED:
        return Mark("rest", f"conflict in {where}, all of them generated")
    if pair.only is Only.OPEN:
        return Mark("rest", f"conflict in {where} that everybody may change, and in no other")
    return Mark("bad", f"conflict in {where}")


def describe_pair(pair: Pair, places: Places) -> tuple[str, ...]:
    """Return what else there is to know about a pair, in parts of a sentence."""
    return tuple(_describe_pair(pair, places))


def _describe_pair(pair: Pair, places: Places) -> Iterator[str]:
    if pair.rivals:
        yield "rivals: two attempts at one task, of which one lands"
    if pair.stacked:
        yield "stacked: they share commits that base lacks"
    for ref in pair.uncommitted:
        yield f"uncommitted work of {places.name(ref)} takes part"
    if pair.failed:
        yield f"git’s reason: {pair.failed}"


def find_first(pair: Pair, places: Places, fleet: Fleet) -> First | None:
    """Return who of a pair goes first, and why; None where the order says nothing about them."""
    first = collisions.find_first(fleet, pair)
    return First(name=places.name(first.ref), why=first.why) if first else None


def _name_sides(pair: Pair, places: Places) -> tuple[str, str]:
    """Return the names of the two sides of its regions, as the first marker has them: heads by their ids."""
    a, b = places.name(pair.a), places.name(pair.b)
    marker = _first_marker(pair.files)
    return (b, a) if any(encode(head) in marker for head in places.heads(pair.b)) else (a, b)


def _first_marker(files: Iterable[ConflictFile]) -> bytes:
    hunks = (hunk for file in files for hunk in file.hunks[:1])
    return next((hunk.text.split(b"\n", 1)[0] for hunk in hunks), b"")
