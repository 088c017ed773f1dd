"""Finds for tests whose names are gone the new tests that took their place.

Belongs here: which of the new ones, and how it is put. Does not: what follows (see `words`).

A test takes the place of one other at most. The surest pairs are made first, and the order of the input makes no
difference.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from agentledger.crossed.likeness import ALIKE, Alike, Features, find_alike, list_features, measure_likeness
from agentledger.crossed.texts import TestText, Texts
from agentledger.running.case_names import CaseName

# Something is demanded: an empty body, or one that only calls, is the same as many others.
_ASSERTS = re.compile(
    r"\bassert|\bexpect|\bshould|\braises\b|\brequire[.:]|\bt\.(?:Error|Fatal|is\b|true\b|equal|same|deepEqual|throws)"
    r"|\bmust_|\bAssert\b|\bverify\b|\bpanic!|\bensure\b|\bcheck\(|\bEXPECT_|\bfail\(",
    re.IGNORECASE,
)
# Of `test_adds_two` and of `TestAddsTwo`.
_TITLE_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
# Bodies that are less alike than this are taken for one test only if their names have something in common: tests of
# one file begin and end alike. Measured on 33 pairs below 0.88 of 15 projects: of four that go, four were wrong.
_SURE, _LEAST_TITLES = 0.85, 0.25
_SPELLING = re.compile(r"[\W_]+")
_LONGEST_TITLE = 300
_MOST_COMPARED = 2_000  # tests of each side that are compared word by word
_MOST_ROWS, _LONGEST_ROW = 60, 60  # rows of one test that are compared, and characters of each
_MOST_ROW_PAIRS = 10_000  # pairs of rows that are compared in all
_LEAST_ROW = 0.5  # how alike two rows have to be
_LEAST_MOVED = 0.3  # how alike two tests of one name in two places have to be
_LEAST_ALONE = 0.5  # the same for names that are no test's alone, such as `works`


class Pair(NamedTuple):
    """A test of base's, the branch's that took its place, and how that is put."""

    gone: CaseName
    new: CaseName
    how: str


class _Test(NamedTuple):
    name: CaseName
    text: TestText


def pair_tests(
    gone: Collection[CaseName], new: Collection[CaseName], base: Texts, branch: Texts
) -> dict[CaseName, Pair]:
    """The pairs by base's test; one that is not there has no partner."""
    pairing = _Pairing(gone, new, base, branch)
    pairing.pair_equal(_same_test, _say_row)
    pairing.pair_equal(_same_name_and_body, lambda *_: "moved")
    pairing.pair_equal(_same_titles, lambda *_: "moved")
    pairing.pair_equal(_same_body, _say_renamed)
    pairing.pair_moved()
    pairing.pair_alike()
    return pairing.pairs


class _Pairing:
    """The tests that are left on both sides, and the pairs so far."""

    def __init__(
        self, gone: Collection[CaseName], new: Collection[CaseName], base: Texts, branch: Texts
    ) -> None:
        self._gone = {name: _Test(name, base.find(name)) for name in sorted(gone, key=_order)}
        self._new = {name: _Test(name, branch.find(name)) for name in sorted(new, key=_order)}
        self.pairs: dict[CaseName, Pair] = {}
        self._row_pairs = 0

    def _join(self, gone: _Test, new: _Test, how: str) -> None:
        del self._gone[gone.name]
        del self._new[new.name]
        self.pairs[gone.name] = Pair(gone.name, new.name, how)

    def pair_equal(self, key: Callable[[_Test], Hashable | None], say: Callable[[_Test, _Test], str]) -> None:
        """Pair those of one key: those with the same row first, the others in their order."""
        rivals = _group(self._new.values(), key)
        for same, tests in _group(self._gone.values(), key).items():
            others = rivals.get(same, [])
            for gone, new in list(self._match(tests, others)):
                self._join(gone, new, say(gone, new))

    def _match(self, tests: Sequence[_Test], others: Sequence[_Test]) -> Iterator[tuple[_Test, _Test]]:
        """Pair two lists: by the same row, at the same place if there are several, and then by rows that are alike."""
        left = {other.name: other for other in others}
        rest = list(tests)
        for part in (_all_but_file, _row_alone):
            places = _group(reversed(left.values()), part)
            again = []
            for test in rest:
                if same := places.get(part(test)):
                    yield test, left.pop(same.pop().name)
                else:
                    again.append(test)
            rest = again
        self._row_pairs += min(len(rest), _MOST_ROWS) * min(len(left), _MOST_ROWS)
        if self._row_pairs <= _MOST_ROW_PAIRS:
            yield from _match_rows(rest, list(left.values()))

    def pair_moved(self) -> None:
        """Pair tests of one name in two places, whose bodies differ."""
        rivals = _group(self._new.values(), _plain_name)
        for same, tests in _group(self._gone.values(), _plain_name).items():
            others = rivals.get(same, [])
            least = _LEAST_MOVED if _are_of_one(tests) and _are_of_one(others) else _LEAST_ALONE
            for gone, new, likeness in self._find_alike(tests, others, least):
                self._join(gone, new, f"moved and rewritten ({_percent(likeness)} alike)")

    def pair_alike(self) -> None:
        """Pair what is alike by its words."""
        tests, others = ([t for t in side.values() if t.text.body] for side in (self._gone, self._new))
        for gone, new, likeness in self._find_alike(tests, others, ALIKE):
            self._join(gone, new, f"rewritten as {new.name} ({_percent(likeness)} alike)")

    def _find_alike(
        self, tests: Sequence[_Test], others: Sequence[_Test], least: float
    ) -> Iterator[tuple[_Test, _Test, float]]:
        tests, others = tests[:_MOST_COMPARED], others[:_MOST_COMPARED]
        if not tests or not others:
            return
        left, right = _list_all_features(tests), _list_all_features(others)
        taken: set[CaseName] = set()
        found = find_alike(left, right, least)
        for likeness, number, rival in _rank_by_titles(found, tests, others, least):
            gone, new = tests[number], others[rival]
            if gone.name not in taken and new.name not in taken:
                taken |= {gone.name, new.name}
                yield gone, new, likeness


def _are_of_one(tests: Sequence[_Test]) -> bool:
    """Is there one test, or are there rows of one alone?"""
    return len({test.name[:3] for test in tests}) == 1


def _order(name: CaseName) -> tuple[str, int]:
    return str(name), name.number


def _group(tests: Iterable[_Test], key: Callable[[_Test], Hashable | None]) -> dict[Hashable, list[_Test]]:
    groups: dict[Hashable, list[_Test]] = defaultdict(list)
    for test in tests:
        if (same := key(test)) is not None:
            groups[same].append(test)
    return groups


def _same_test(test: _Test) -> Hashable:
    return test.name.file, test.name.containers, test.name.name


def _same_name_and_body(test: _Test) -> Hashable | None:
    return (test.name.name, test.text.body) if test.text.body else None


def _same_titles(test: _Test) -> Hashable | None:
    """Of tests whose lines were not found: the name is all that there is."""
    return None if test.text.body else (test.name.containers, test.name.name)


def _same_body(test: _Test) -> Hashable | None:
    return test.text.body if _ASSERTS.search(test.text.body) else None


def _plain_name(test: _Test) -> Hashable:
    """The name, however it is spelt: `TestAdds_two` and `test_adds_two` are one."""
    return _SPELLING.sub("", test.name.name.lower()) or test.name.name


def _match_rows(tests: Sequence[_Test], others: Sequence[_Test]) -> Iterator[tuple[_Test, _Test]]:
    """Pair what has other rows, the most alike first: a new row alone does not take the place of one that is gone."""
    tests, others = tests[:_MOST_ROWS], others[:_MOST_ROWS]
    measured = [
        (-_measure_rows(test, other), number, rival)
        for number, test in enumerate(tests)
        for rival, other in enumerate(others)
    ]
    left, right = set(range(len(tests))), set(range(len(others)))
    for likeness, number, rival in sorted(measured):
        if -likeness >= _LEAST_ROW and number in left and rival in right:
            left.remove(number)
            right.remove(rival)
            yield tests[number], others[rival]


def _measure_rows(test: _Test, other: _Test) -> float:
    """How alike two rows are; a test that became a table, or was one, is its own successor whatever its rows."""
    left, right = test.name.row, other.name.row
    if left is None or right is None:
        return 1.0
    return SequenceMatcher(None, left[:_LONGEST_ROW], right[:_LONGEST_ROW], autojunk=False).ratio()


def _all_but_file(test: _Test) -> Hashable:
    return test.name[1:]


def _row_alone(test: _Test) -> Hashable:
    return test.name.row, test.name.number


def _say_row(gone: _Test, new: _Test) -> str:
    if gone.name.row is None:
        return "now with rows"
    return "now without rows" if new.name.row is None else "row changed"


def _say_renamed(gone: _Test, new: _Test) -> str:
    return "renamed" if gone.name.file == new.name.file else "moved and renamed"


def _rank_by_titles(
    found: Sequence[Alike], tests: Sequence[_Test], others: Sequence[_Test], least: float
) -> list[Alike]:
    """Among bodies that are alike, as those of one file often are, the names tell which is which."""
    left, right = [_list_title_words(test) for test in tests], [_list_title_words(test) for test in others]
    ranked = []
    for alike in found:
        titles = measure_likeness(left[alike.left], right[alike.right])
        if least < ALIKE or alike.likeness >= _SURE or titles >= _LEAST_TITLES:
            ranked.append((-(alike.likeness + titles / 2), alike))
    return [alike for _, alike in sorted(ranked)]


def _list_title_words(test: _Test) -> Features:
    words = _TITLE_WORD.findall(test.name.name[:_LONGEST_TITLE])
    return frozenset(word.lower() for word in words) - {"test"}


def _percent(likeness: float) -> str:
    # 99.6 % is not the same.
    return f"{min(int(likeness * 100), 99)} %"


def _list_all_features(tests: Sequence[_Test]) -> list[Features]:
    known: dict[str, Features] = {}
    for test in tests:
        if test.text.body not in known:
            known[test.text.body] = list_features(test.text.body)
    return [known[test.text.body] for test in tests]
