"""The points of a branch's reviews that nobody has settled yet.

Belongs here: which of them are open, over all reviews. Does not: writing a review (see `workflow.review.record`), or
what an agent is told of them (see `reports.prompt`).

A point is settled by a later review that ticks it, or by a human's approval. One that a later review does not mention
stays open: whoever forgets it has not looked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
        for item in review.findings:
            named = find_point(item.text, [point.text for point in points])
            if item.checked:
                points = [point for point in points if point.text != named]
                continue
            fresh = OpenPoint(text=join_item(item), review=review, line=item.line)
            points = [fresh if point.text == named else point for point in points]
            points += [] if named is not None else [fresh]
    return tuple(points)


def join_item(item: Item) -> str:
    """Return a point on one line, with what is listed below it."""
    return " ".join(" — ".join((item.text, *item.shown_by)).split())


def find_point(text: str, points: Iterable[str]) -> str | None:
    """Return which of these points a line of a review is about: the same words, else the only one of its place."""
    known = list(points)
    same = next((point for point in known if _flatten(point) == _flatten(text)), None)
    if same is not None:
        return same
    place = _PLACE.match(text)
    there = [point for point in known if place and (at := _PLACE.match(point)) and at[1] == place[1]]
    return there[0] if len(there) == 1 else None


def _flatten(text: str) -> str:
    return " ".join(text.replace("`", "").split()).rstrip(".").lower()
