"""A branch and the others → that section of its page, and the words for it on the board.

Belongs here: what one branch has to do with others: collisions, files that both change, relations, hints. Does not:
the words for one pair (see `pair_view`), or all pairs of a fleet (see `collisions_view`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentledger.attention import collisions, relations
from agentledger.attention.relations import list_ties
from agentledger.model.collisions import Collisions, Grade, Pair
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import decode, format_count
from agentledger.site.collisions import collision_notes
from agentledger.site.collisions.collision_notes import CopyView, HintView
from agentledger.site.collisions.pair_view import (
    FILES_SHOWN,
    First,
    Place,
    Places,
    build_conflicts,
    describe_pair,
    find_first,
    mark_pair,
)
from agentledger.site.conflict_view import Conflicted, describe_rest
from agentledger.site.labels import Mark

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
class Tie:
    """What this branch is to others, in words, these, and what else there is to say."""

    words: str
    places: tuple[Place, ...]
    note: str


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file that others change, too: how many of them."""

    path: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What a branch has to do with others; empty where there is nothing to say."""

    #: With whom it collides, in a sentence; "" for nobody.
    summary: str = ""
    pairs: tuple[Other, ...] = ()
    pairs_count: int = 0
    pairs_more: str = ""
    ties: tuple[Tie, ...] = ()
    shared: tuple[SharedFile, ...] = ()
    shared_more: str = ""
    hints: tuple[HintView, ...] = ()
    copies: tuple[CopyView, ...] = ()
    #: Why it was compared with no other; and what lies uncommitted in its worktree.
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pairs or self.ties or self.shared or self.hints or self.copies or self.notes)


NO_OTHERS = Others()


def describe_row(branch: Branch, fleet: Fleet) -> str:
    """Return with whom a branch collides, for its row on the board; "" for nobody."""
    words = (
        collisions.describe_collisions(fleet, branch),
        collisions.describe_uncommitted_collisions(fleet, branch),
    )
    return "; ".join(filter(None, words))


def build_others(branch: Branch, fleet: Fleet, places: Places) -> Others:
    """Build what a branch has to do with the others of its fleet."""
    found = fleet.collisions or Collisions()
    pairs = found.by_ref.get(branch.ref, ())
    shared = found.shared_by_ref.get(branch.ref, ())
    return Others(
        summary=describe_row(branch, fleet),
        pairs=tuple(
            _build_other(branch, pair, fleet, places, whole=number < WHOLE)
            for number, pair in enumerate(pairs[:PAIRS_SHOWN])
        ),
        pairs_count=len(pairs),
        pairs_more=describe_rest(len(pairs) - PAIRS_SHOWN, "branch", "branches"),
        ties=_build_ties(branch, fleet, places),
        shared=tuple(
            SharedFile(decode(path), format_count(count - 1, "other", "others"))
            for path, count in shared[:SHARED_SHOWN]
        ),
        shared_more=describe_rest(len(shared) - SHARED_SHOWN, "file"),
        hints=collision_notes.build_hints((h for h in found.hints if branch.ref in (h.a, h.b)), places),
        copies=collision_notes.build_copies((c for c in found.copies if branch.ref in (c.a, c.b)), places),
        notes=collision_notes.describe_branch(branch.ref, found),
    )


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
        first=find_first(pair, places, fleet),
    )


def _build_ties(branch: Branch, fleet: Fleet, places: Places) -> tuple[Tie, ...]:
    """Build what links to others. What became of a branch below is said among the facts."""
    grounds = tuple(places.find(stand.ref) for stand in branch.stands_on if stand.ref)
    below = (Tie("stands on", grounds, ""),) if grounds else ()
    ties = (
        Tie(tie.verb, tuple(_place_other(other, places) for other in tie.others), _join(tie))
        for tie in list_ties(fleet, branch)
        if tie.others
    )
    return (*below, *ties)


def _place_other(other: relations.Other, places: Places) -> Place:
    return Place(other.name, places.find(other.ref).page if other.ref else "")


def _join(tie: relations.Relation) -> str:
    return "; ".join(filter(None, (f"and {tie.more:,} more" if tie.more else "", tie.note)))


def build_all_others(fleet: Fleet, pages: Mapping[str, str]) -> dict[str, Others]:
    """Map each branch's ref to what it has to do with the others; `pages` maps each ref to its page."""
    places = Places(fleet, pages)
    return {branch.ref: build_others(branch, fleet, places) for branch in fleet.branches}
