"""Fleet → the page of all branches that collide: which pairs it lists, under which headings, in which order.

Belongs here: the view model of that page. Does not: the words for one pair (see `pair_view`), the picture (see
`collision_graph`), or one branch's part (see `others_view`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from agentledger.attention.collisions import count_collisions, is_collision
from agentledger.model.collisions import Collisions, Grade, Pair
from agentledger.model.fleet import Fleet
from agentledger.model.text import decode, format_count
from agentledger.site.collisions import collision_notes
from agentledger.site.collisions.collision_graph import Graph, build_graph
from agentledger.site.collisions.collision_notes import CopyView, HintView
from agentledger.site.collisions.pair_view import PairView, Place, Places, build_pair
from agentledger.site.conflict_view import describe_rest
from agentledger.site.labels import Frame, build_frame

#: Pairs under one heading that are listed, those of them that show a region, and files that several branches change.
PAIRS_SHOWN, REGIONS_SHOWN, SHARED_SHOWN = 300, 100, 20
#: Beyond so many meetings of two branches in a file, pairs are not counted: that would take seconds.
OVERLAPS_COUNTED = 400_000
#: The branches that are named beside such a file.
BRANCHES_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PairList:
    """Pairs under a heading: `count` of them; `pairs` are those that are listed."""

    key: str
    heading: str
    lead: str
    count: int
    pairs: tuple[PairView, ...]
    more: str


@dataclass(frozen=True, slots=True)
class SharedRow:
    """A file that several branches change, and these."""

    path: str
    count: str
    places: tuple[Place, ...]
    more: str


@dataclass(frozen=True, slots=True)
class BranchNote:
    """A branch, and sentences about it."""

    place: Place
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollisionsPage:
    """The page."""

    frame: Frame
    summary: str
    #: How that was found.
    method: str
    graph: Graph | None
    lists: tuple[PairList, ...]
    #: How many pairs change the same files and merge, in words, and those files.
    overlaps: str
    shared: tuple[SharedRow, ...]
    shared_more: str
    hints: tuple[HintView, ...]
    hints_more: str
    copies: tuple[CopyView, ...]
    copies_more: str
    unmerged: tuple[BranchNote, ...]
    uncommitted: tuple[BranchNote, ...]


# In the order of the page: its key, its heading, what it means, and which pairs it has.
_LISTS: tuple[tuple[str, str, str, Callable[[Pair], bool]], ...] = (
    (
        "pairs",
        "Conflicts",
        "Each merges into {base}. Once one of the two has landed, the other does not merge any more.",
        is_collision,
    ),
    (
        "rivals",
        "Rivals",
        "Two attempts at one task, which conflict: one of them lands, so there is nothing to settle.",
        lambda pair: pair.counts and pair.rivals,
    ),
    (
        "unknown",
        "Not known",
        "git could not merge these two. That does not mean that they merge, nor that they conflict.",
        lambda pair: pair.grade is Grade.UNKNOWN,
    ),
    (
        "loose",
        "With uncommitted work",
        "What is committed merges. With what lies uncommitted in a worktree here, it would not.",
        lambda pair: pair.grade is Grade.CONFLICT and bool(pair.uncommitted),
    ),
    (
        "minor",
        "In generated or open files alone",
        "Files that are made anew, or to which everybody adds: whoever lands second makes them again.",
        lambda pair: pair.grade is Grade.CONFLICT and pair.only is not None and not pair.uncommitted,
    ),
    (
        "scopes",
        "Scopes that meet",
        "Their briefs let both change a file. Neither has, so far.",
        lambda pair: pair.grade is Grade.SCOPE,
    ),
)


def is_offered(fleet: Fleet) -> bool:
    """Is there such a page? Only where there is something to see on it."""
    found = fleet.collisions
    return found is not None and bool(
        found.pairs or found.shared or found.not_merged or found.hints or found.copies or found.uncommitted
    )


def build_collisions(fleet: Fleet, pages: Mapping[str, str]) -> CollisionsPage:
    """Build the page of a fleet; `pages` maps each ref to its page."""
    found, places = fleet.collisions or Collisions(), Places(fleet, pages)
    return CollisionsPage(
        frame=build_frame(fleet),
        summary=_describe_totals(found),
        method=_describe_method(found, fleet),
        graph=build_graph(found.pairs, places, fleet.merge_order),
        lists=tuple(_build_lists(found, fleet, places)),
        overlaps=_describe_overlaps(found),
        shared=tuple(
            SharedRow(
                decode(each.path),
                format_count(len(each.refs), "branch", "branches"),
                places.all_of(each.refs[:BRANCHES_SHOWN]),
                f"and {more:,} more" if (more := len(each.refs) - BRANCHES_SHOWN) > 0 else "",
            )
            for each in sorted(found.shared, key=lambda each: -len(each.refs))[:SHARED_SHOWN]
        ),
        shared_more=describe_rest(len(found.shared) - SHARED_SHOWN, "file"),
        hints=collision_notes.build_hints(found.hints, places),
        hints_more=describe_rest(len(found.hints) - collision_notes.SHOWN, "hint"),
        copies=collision_notes.build_copies(found.copies, places),
        copies_more=describe_rest(len(found.copies) - collision_notes.SHOWN, "copy", "copies"),
        unmerged=tuple(BranchNote(places.find(e.ref), (f"{e.why}.",)) for e in found.not_merged),
        uncommitted=tuple(
            BranchNote(places.find(each.ref), tuple(collision_notes.describe_uncommitted(each)))
            for each in found.uncommitted
        ),
    )


def _build_lists(found: Collisions, fleet: Fleet, places: Places) -> Iterable[PairList]:
    for key, heading, lead, belongs in _LISTS:
        pairs = [pair for pair in found.pairs if belongs(pair)]
        if pairs:
            views = (
                build_pair(pair, places, fleet, with_region=number < REGIONS_SHOWN)
                for number, pair in enumerate(pairs[:PAIRS_SHOWN])
            )
            yield PairList(
                key=key,
                heading=heading,
                lead=lead.replace("{base}", fleet.base.name),
                count=len(pairs),
                pairs=tuple(views),
                more=describe_rest(len(pairs) - PAIRS_SHOWN, "pair"),
            )


def _describe_totals(found: Collisions) -> str:
    count = count_collisions(found)
    verb = "collides" if count == 1 else "collide"
    return f"{count or 'None'} of {format_count(found.total, 'pair')} {verb}."


def _describe_method(found: Collisions, fleet: Fleet) -> str:
    tried = format_count(found.tried, "pair")
    return f"Every two branches that merge into {fleet.base.name} were compared; of {tried}, git had to try the merge."


def _describe_overlaps(found: Collisions) -> str:
    """Say how many pairs merge though they change the same files; "" where none do."""
    if sum(len(each.refs) ** 2 for each in found.shared) > OVERLAPS_COUNTED:
        return "Very many pairs change the same files, and merge; they were not counted."
    count = len(found.list_overlaps())
    if count == 1:
        return "1 pair changes the same files, and merges."
    return f"{count:,} pairs change the same files, and merge." if count else ""
