"""Finds the lines of a test that a runner named, in the texts of one side.

Belongs here: from a runner's name to a place in a text. Does not: what a test looks like (see `pieces`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.crossed.masks import drop_comments
from agentledger.crossed.pieces import Piece, list_pieces
from agentledger.running.case_names import CaseName

_MOST_TEXT = 20_000  # characters of a test that are kept
_MOST_TEXTS = 30 << 20  # characters of all tests of one side that are compared
_MOST_PATTERNS, _MOST_TRIES = 2_000, 1_000_000  # titles with gaps that are tried for a name, and for all
# What a runner fills in: `%s`, `$name`, `${…}`, `#{…}`.
_GAP = re.compile(r"%(?:[sdifjoOp#$c]|\.\d+f)|\$\{[^}]*\}|#\{[^}]*\}|\$#|\$[A-Za-z_][\w.]*")
_BLANKS = re.compile(r"\s+")


class TestText(NamedTuple):
    """Where a test is, and its lines; all '' where it was not found."""

    path: str = ""
    text: str = ""
    #: Its lines without its comments and its own title, and with every blank one space: to compare.
    body: str = ""
    #: How many of the containers that its name has are not around it: it may be another test of that name.
    strange: int = 0


class _Place(NamedTuple):
    path: str
    piece: Piece


_NOWHERE = TestText()


class Texts:
    """The test files of one side, by path. What is asked for twice is looked up once."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._by_title: dict[str, list[_Place]] = defaultdict(list)
        self._with_gaps: list[tuple[tuple[str, ...], str, _Place]] = []
        self._known: dict[_Place, TestText] = {}
        self._left, self._tries = _MOST_TEXTS, _MOST_TRIES
        for path in sorted(files):
            for piece in list_pieces(path, files[path]):
                if piece.is_test:
                    self._add(_Place(path, piece))

    def find(self, name: CaseName) -> TestText:
        """The text of a test; of several that could be meant the one whose file and containers fit best."""
        places = self._find_places(name)
        if not places:
            return _NOWHERE
        place = min(places, key=lambda place: _misfit(place, name))
        if place not in self._known:
            self._known[place] = self._cut(place)
        return self._known[place]._replace(strange=_count_strange(place, name))

    def _add(self, place: _Place) -> None:
        whole = _join(place.piece.titles)
        for title in {_join(place.piece.titles[-1:]), whole}:
            self._by_title[title].append(place)
        if _GAP.search(whole):
            self._with_gaps.append((tuple(_GAP.split(whole)), place.path, place))

    def _find_places(self, name: CaseName) -> Sequence[_Place]:
        titles = [_join((*name.containers, name.name)), _join((name.name,))]
        if name.row is not None:
            # Go's subtests have a title of their own.
            titles.insert(0, _join((name.name, name.row.rpartition("/")[2])))
        for title in titles:
            places = self._by_title.get(title, ())
            if name.file:
                places = [place for place in places if place.path == name.file]
            if places:
                return places
        return self._find_with_gaps(name, titles)

    def _find_with_gaps(self, name: CaseName, titles: Sequence[str]) -> Sequence[_Place]:
        fitting = [each for each in self._with_gaps if not name.file or each[1] == name.file][:_MOST_PATTERNS]
        self._tries -= len(fitting)
        if self._tries < 0:
            return []
        return [place for parts, _, place in fitting if any(_fits(parts, title) for title in titles)]

    def _cut(self, place: _Place) -> TestText:
        piece = place.piece
        text = self._files[place.path][piece.start : piece.end][:_MOST_TEXT]
        self._left -= len(text)
        if self._left < 0:
            return TestText(place.path, text.strip("\n"))
        return TestText(place.path, text.strip("\n"), normalise_body(place.path, text, piece.titles[-1]))


def _join(titles: Sequence[str]) -> str:
    return _BLANKS.sub(" ", " ".join(title for title in titles if title)).strip()


def _misfit(place: _Place, name: CaseName) -> tuple[bool, int, str, int]:
    """How badly a place fits: containers that are not around it, then what makes the choice the same each time."""
    return place.path != name.file, _count_strange(place, name), place.path, place.piece.start


def _count_strange(place: _Place, name: CaseName) -> int:
    around = " ".join(place.piece.titles)
    return sum(1 for part in name.containers if part not in around and part not in place.path)


def _fits(parts: Sequence[str], title: str) -> bool:
    """Is `title` what these parts are with something between them?"""
    if not "".join(parts).strip() or not title.startswith(parts[0]) or not title.endswith(parts[-1]):
        return False
    at, end = len(parts[0]), len(title) - len(parts[-1])
    for part in parts[1:-1]:
        found = title.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end


def normalise_body(path: str, text: str, title: str) -> str:
    """The text of a test without comments, its own name and the width of its blanks."""
    kept = drop_comments(text, path.rpartition(".")[2].lower())
    kept = kept.replace(title, "·", 1) if title else kept
    return _BLANKS.sub(" ", kept).strip()
