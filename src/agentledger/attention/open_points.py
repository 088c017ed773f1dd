"""The points of a branch's reviews that nobody has settled yet.

Belongs here: which of them are open, over all reviews. Does not: writing a review (see `workflow.review.record`), or
what an agent is told of them (see `reports.prompt`).

A point is settled by a later review that ticks it, or by a human's approval. One that a later review does not mention
stays open: whoever forgets it has not looked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agentledger.model.ledger import Item, Review

# `src/a.py:41`: where a point is about. Two that differ only in their words behind it are the same one.
_PLACE = re.compile(r"`?([^\s`]+:\d+(?:-\d+)?)`?(?=[\s:,]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoint:
    """One point, on one line, and the newest review that names it."""

    text: str
    review: Review
    #: Its line in that review.
    line: int


def list_open_points(reviews: Sequence[Review]) -> tuple[OpenPoint, ...]:
    """Return the open points of a branch's reviews, which are newest first; the oldest point comes first."""
    points: list[OpenPoint] = []
    for review in reversed(reviews):
        if review.kind == "human" and review.verdict == "approve":
            points = []
        named = match_points(review.findings, [point.text for point in points])
        for item, known in zip(review.findings, named, strict=True):
            if item.checked:
                points = [point for point in points if point.text != known]
                continue
            fresh = OpenPoint(text=join_item(item), review=review, line=item.line)
            points = [fresh if point.text == known else point for point in points]
            points += [] if known is not None else [fresh]
    return tuple(points)


def join_item(item: Item) -> str:
    """Return a point on one line, with what is listed below it."""
    return " ".join(" — ".join((item.text, *item.shown_by)).split())


def match_points(items: Sequence[Item], known: Sequence[str]) -> tuple[str | None, ...]:
    """Return which known point each line of one review is about; None for a line about none of them.

    The same words say it, else the only point of its place that no other line is about: two lines of one review are
    two points, and what is ticked goes first.
    """
    left = list(known)
    found: dict[int, str] = {}

    def match(of: Callable[[str], str | None], indices: Iterable[int]) -> None:
        for at in indices:
            key = of(items[at].text)
            there = [point for point in left if of(point) == key] if key and at not in found else []
            if there and (of is _flatten or len(there) == 1):
                found[at] = there[0]
                left.remove(there[0])

    match(_flatten, range(len(items)))
    match(_find_place, sorted(range(len(items)), key=lambda at: not items[at].checked))
    return tuple(found.get(at) for at in range(len(items)))


def _find_place(text: str) -> str | None:
    place = _PLACE.match(text)
    return place[1] if place else None


def _flatten(text: str) -> str:
    return " ".join(text.replace("`", "").split()).rstrip(".").lower()
