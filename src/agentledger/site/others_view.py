"""A branch and the others → that section of its page, and the words for it on the board.

Belongs here: what one branch has to do with others: collisions, files that both change, relations, hints. Does not:
the words for one pair (see `pair_view`), or all pairs of a fleet (see `collisions_view`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentledger.model.collisions import Collisions, Grade, Pair
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import decode, format_count
from agentledger.site import collision_notes
from agentledger.site.collision_notes import CopyView, HintView
from agentledger.site.conflict_view import Conflicted, describe_rest
from agentledger.site.labels import Mark
from agentledger.site.pair_view import (
    FILES_SHOWN,
    First,
    Place,
    Places,
    build_conflicts,
    describe_pair,
    find_first,
    mark_pair,
)

#: Pairs that are shown with their regions, pairs that are shown at all, and files that others change, too.
WHOLE, PAIRS_SHOWN, SHARED_SHOWN = 20, 100, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another branch with which this one collides."""

    place: Place
    mark: Mark
    notes: tuple[str, ...]
    conflicts: tuple[Conflicted, ...]
    conflicts_more: str
    first: First | None


@dataclass(frozen=True, slots=True)
class Relation:
    """What this branch is to others, in words, and these."""

    words: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file that others change, too: how many of them."""

    path: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What a branch has to do with others; empty where there is nothing to say."""

    pairs: tuple[Other, ...] = ()
    pairs_count: int = 0
    pairs_more: str = ""
    relations: tuple[Relation, ...] = ()
    shared: tuple[SharedFile, ...] = ()
    shared_more: str = ""
    hints: tuple[HintView, ...] = ()
    copies: tuple[CopyView, ...] = ()
    #: Why it was compared with no other; and what lies uncommitted in its worktree.
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pairs or self.relations or self.shared or self.hints or self.copies or self.notes)


NO_OTHERS = Others()


def build_others(branch: Branch, fleet: Fleet, places: Places) -> Others:
    """Build what a branch has to do with the others of its fleet."""
    found = fleet.collisions or Collisions()
    pairs = found.by_ref.get(branch.ref, ())
    shared = found.shared_by_ref.get(branch.ref, ())
    return Others(
        pairs=tuple(
            _build_other(branch, pair, fleet, places, whole=number < WHOLE)
            for number, pair in enumerate(pairs[:PAIRS_SHOWN])
        ),
        pairs_count=len(pairs),
        pairs_more=describe_rest(len(pairs) - PAIRS_SHOWN, "branch", "branches"),
        relations=_build_relations(branch, fleet, places),
        shared=tuple(
            SharedFile(decode(path), format_count(count - 1, "other", "others"))
            for path, count in shared[:SHARED_SHOWN]
        ),
        shared_more=describe_rest(len(shared) - SHARED_SHOWN, "file"),
        hints=collision_notes.build_hints((h for h in found.hints if branch.ref in (h.a, h.b)), places),
        copies=collision_notes.build_copies((c for c in found.copies if branch.ref in (c.a, c.b)), places),
        notes=collision_notes.describe_branch(branch.ref, found),
    )


def describe_collisions(branch: Branch, fleet: Fleet, places: Places) -> str:
    """Return who a branch collides with, for its row on the board; "" for nobody."""
    found = fleet.collisions.by_ref.get(branch.ref, ()) if fleet.collisions else ()
    names = [places.name(pair.other(branch.ref)) for pair in found if pair.counts]
    if not names:
        return ""
    more = f" and {format_count(len(names) - 1, 'other', 'others')}" if len(names) > 1 else ""
    return f"collides with {names[0]}{more}"


def _build_other(branch: Branch, pair: Pair, fleet: Fleet, places: Places, *, whole: bool) -> Other:
    conflicts = build_conflicts(pair, places, FILES_SHOWN) if whole else ()
    return Other(
        place=places.find(pair.other(branch.ref)),
        mark=mark_pair(pair),
        notes=describe_pair(pair, places),
        conflicts=conflicts,
        conflicts_more=describe_rest(len(pair.files) - len(conflicts), "file")
        if pair.grade is Grade.CONFLICT
        else "",
        first=find_first(pair, places, fleet.merge_order),
    )


def _build_relations(branch: Branch, fleet: Fleet, places: Places) -> tuple[Relation, ...]:
    standing, work = branch.standing, branch.work
    brief = fleet.task_of(work).brief if work else None
    tasks = {task.id: task for task in fleet.tasks}
    needed = [tasks[each] for each in (brief.depends_on if brief else ()) if each in tasks]
    grounds = [stand.branch for stand in branch.stands_on]
    relations = (
        Relation("stands on", places.named(grounds)),
        Relation("depends on", places.named(n for task in needed for n in task.branches if n not in grounds)),
        Relation("rival of", places.named(standing.rivals if standing else ())),
    )
    return tuple(relation for relation in relations if relation.places)


def build_all_others(fleet: Fleet, pages: Mapping[str, str]) -> dict[str, Others]:
    """Map each branch's ref to what it has to do with the others; `pages` maps each ref to its page."""
    places = Places(fleet, pages)
    return {branch.ref: build_others(branch, fleet, places) for branch in fleet.branches}
