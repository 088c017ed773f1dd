"""Says of each test that passed on base what became of it, by four runs.

Belongs here: the table of words. Does not: which test took the place of which (see `pairing`), or running anything.

The runs are base's tests on base's code, the branch's on the branch's, base's on the branch's code (C), and the
branch's on base's code (D). Where only tests changed, C is the first of them and D the second. A test says nothing
where one of the runs that its word needs does not know it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agentledger.crossed.pairing import Pair, pair_tests
from agentledger.crossed.texts import TestText, Texts
from agentledger.model.integrity import MOST_WORDS, TAKEN_AWAY, Word, WordOnTest
from agentledger.running.case_names import CaseName
from agentledger.running.named_results import Ending, TestRun

#: The weightiest first.
_WEIGHTS = {word: number for number, word in enumerate(Word)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What became of base's tests, and what the branch's ask for."""

    #: The weightiest first, no more than `MOST_WORDS`.
    words: tuple[WordOnTest, ...] = ()
    #: How many words there are, also those left out.
    total: int = 0
    #: Tests that passed on base, and of which the runs do not tell enough.
    unknown: int = 0
    #: Of the branch's passing tests: how many fail on base's code, and how many need names that base lacks; None
    #: where the run does not tell.
    tells: int | None = None
    needs_names: int | None = None


class FourRuns(NamedTuple):
    """The four runs of one check."""

    base: TestRun
    branch: TestRun
    #: Base's tests on the branch's code, and the branch's tests on base's code; None where there is no such run.
    c: TestRun | None
    d: TestRun | None


class _Fate(NamedTuple):
    """A word with what it was found by; the texts are looked up for those that are shown."""

    word: Word
    test: CaseName
    partner: CaseName | None = None
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """How the tests of a run ended, by name; and whether one that is not there did not run for sure."""

    by_name: Mapping[CaseName, Ending]
    not_loaded: frozenset[str]
    ran: frozenset[tuple[str, tuple[str, ...]]]
    is_whole: bool
    beside: int

    def end_of(self, name: CaseName) -> Ending | None:
        """None: it did not run, or nobody knows."""
        if (end := self.by_name.get(name)) is not None:
            return end
        if name.file in self.not_loaded or any(part in self.not_loaded for part in name.containers):
            return Ending.NOT_LOADED
        if self.beside and not self.ran_beside(name):
            return Ending.NOT_LOADED  # of Go and others: its package was not built
        return None

    def ran_beside(self, name: CaseName) -> bool:
        """Did others of its file and containers run?"""
        return (name.file, name.containers) in self.ran

    def surely_lacks(self, name: CaseName) -> bool:
        return self.is_whole and self.end_of(name) is None


def _index(run: TestRun | None) -> _Ends:
    run = run or TestRun()
    return _Ends(
        by_name={case.name: case.ending for case in run.cases},
        not_loaded=frozenset(run.not_loaded),
        ran=frozenset((case.name.file, case.name.containers) for case in run.cases),
        is_whole=run.is_whole,
        beside=run.beside,
    )


def word_tests(runs: FourRuns, base_texts: Texts, branch_texts: Texts) -> Words:
    """Say what became of each test; the texts are those of the test files of both sides, as far as they differ."""
    teller = _Teller(runs, base_texts, branch_texts)
    fates = teller.tell_all()
    tells, needs_names = _count_tells(runs)
    return Words(
        words=tuple(_show(fate, base_texts, branch_texts) for fate in fates[:MOST_WORDS]),
        total=len(fates),
        unknown=teller.unknown,
        tells=tells,
        needs_names=needs_names,
    )


@dataclass(slots=True)
class _Teller:
    runs: FourRuns
    base_texts: Texts
    branch_texts: Texts
    unknown: int = 0
    _branch: _Ends = field(init=False)
    _c: _Ends = field(init=False)
    _d: _Ends = field(init=False)
    _rows: Mapping[tuple[str, tuple[str, ...], str], Sequence[CaseName]] = field(init=False)

    def __post_init__(self) -> None:
        self._branch, self._c, self._d = _index(self.runs.branch), _index(self.runs.c), _index(self.runs.d)
        rows = defaultdict(list)
        for name in self._branch.by_name:
            rows[name[:3]].append(name)
        self._rows = rows

    def tell_all(self) -> list[_Fate]:
        passing = [case.name for case in self.runs.base.cases if case.ending is Ending.PASSED]
        pairs = self._pair(passing)
        fates = [fate for name in passing if (fate := self._tell(name, pairs.get(name)))]
        return sorted(fates, key=lambda fate: (_WEIGHTS[fate.word], str(fate.test)))

    def _pair(self, passing: Sequence[CaseName]) -> dict[CaseName, Pair]:
        gone = [name for name in passing if self._branch.surely_lacks(name)]
        before = {case.name for case in self.runs.base.cases}
        new = [case.name for case in self.runs.branch.cases if case.name not in before]
        return pair_tests(gone, new, self.base_texts, self.branch_texts)

    def _tell(self, name: CaseName, pair: Pair | None) -> _Fate | None:
        new = pair.new if pair else name
        end = self._branch.end_of(new)
        if end is Ending.PASSED:
            word = self._word_kept(name, new)
        elif end is Ending.SKIPPED:
            word = self._word_skipped(name)
        elif end is None and self._branch.surely_lacks(name):
            word = self._word_gone(name)
        else:
            return None  # it fails on the branch, and the check itself says so
        if word is None:
            return None
        return _Fate(word, name, pair.new if pair else None, pair.how if pair else "")

    def _word_kept(self, name: CaseName, new: CaseName) -> Word | None:
        """It passes, or the one that took its place does. Is what base's version asked for still asked for?"""
        before = self._c.end_of(name)
        if before is Ending.NOT_LOADED:
            return Word.FOLLOWS_INTERFACE
        if before is not Ending.FAILED:
            self.unknown += before is None
            return None
        after = self._end_on_base(name, new)
        word = _BY_NEW_VERSION.get(after) if after else None
        self.unknown += word is None
        return word

    def _end_on_base(self, name: CaseName, new: CaseName) -> Ending | None:
        """How the branch's version ends on base's code; where a test became rows, one that asks for more is enough."""
        if name.row is not None or new.row is None:
            return self._d.end_of(new)
        ends = {self._d.end_of(row) for row in self._rows[new[:3]]}
        return next(
            (end for end in (Ending.FAILED, Ending.NOT_LOADED, None) if end in ends), self._d.end_of(new)
        )

    def _word_skipped(self, name: CaseName) -> Word | None:
        before = self._c.end_of(name)
        word = _BY_OLD_VERSION_SKIPPED.get(before) if before else None
        self.unknown += word is None
        return word

    def _word_gone(self, name: CaseName) -> Word | None:
        before = self._c.end_of(name)
        if before is Ending.FAILED:
            in_rows = name.row is not None and name[:3] in self._rows
            return Word.SILENCED_ROW if in_rows else Word.SILENCED_GONE
        if before is Ending.NOT_LOADED:
            return Word.GONE_WITH_SUBJECT
        if before is Ending.PASSED:
            # Its lines are still there: what chooses the tests has changed.
            base, branch = self.base_texts.find(name), self.branch_texts.find(name)
            still = name.row is None and name.file and branch.text and not _is_another(base, branch)
            return Word.NOT_RUN if still else Word.GONE_PASSING
        if before is Ending.SKIPPED:
            return Word.NOT_RUN
        if self._c.surely_lacks(name) and self._c.ran_beside(name):
            # Rows that are made of the code go with it.
            return Word.NOT_RUN if name.row is None else Word.GONE_WITH_SUBJECT
        self.unknown += 1
        return None


# Base's version fails on the branch's code. What does the branch's version do on base's?
_BY_NEW_VERSION = {
    Ending.PASSED: Word.LOOSENED,
    Ending.FAILED: Word.CHANGED_GUARD,
    Ending.NOT_LOADED: Word.CHANGED_GUARD_NEW_INTERFACE,
}
# It is skipped on the branch. What does base's version do on the branch's code?
_BY_OLD_VERSION_SKIPPED = {
    Ending.FAILED: Word.SILENCED_SKIPPED,
    Ending.PASSED: Word.SKIPPED_PASSING,
    Ending.NOT_LOADED: Word.GONE_WITH_SUBJECT,
    Ending.SKIPPED: Word.NOT_RUN,
}


def _count_tells(runs: FourRuns) -> tuple[int | None, int | None]:
    if runs.d is None or not (runs.d.cases or runs.d.not_loaded) or not runs.branch.cases:
        return None, None
    d = _index(runs.d)
    ends = [d.end_of(case.name) for case in runs.branch.cases if case.ending is Ending.PASSED]
    return ends.count(Ending.FAILED), ends.count(Ending.NOT_LOADED)


def _is_another(base: TestText, branch: TestText) -> bool:
    """Is what the branch has by a test's name in another container, and so another test?"""
    return branch.strange > base.strange


def _show(fate: _Fate, base_texts: Texts, branch_texts: Texts) -> WordOnTest:
    base, branch = base_texts.find(fate.test), branch_texts.find(fate.partner or fate.test)
    if fate.partner is None and _is_another(base, branch):
        branch = TestText()
    return WordOnTest(
        test=str(fate.test),
        word=fate.word,
        partner=str(fate.partner) if fate.partner else "",
        pairing=fate.how,
        path=base.path or fate.test.file,
        partner_path=branch.path or (fate.partner.file if fate.partner else ""),
        base_text=base.text,
        branch_text=branch.text,
    )


class Confirmation(NamedTuple):
    """What has to be run once more before it is said aloud."""

    #: Tests of base's that should fail on the branch's code again, and the files that they are in.
    c_tests: tuple[str, ...] = ()
    c_files: tuple[str, ...] = ()
    #: Tests of the branch's that should pass on base's code again, and their files.
    d_tests: tuple[str, ...] = ()
    d_files: tuple[str, ...] = ()


def list_to_confirm(words: Iterable[WordOnTest]) -> Confirmation:
    """The tests on which a word rests that accuses."""
    accusing = [word for word in words if word.word in TAKEN_AWAY]
    loosened = [word for word in accusing if word.word is Word.LOOSENED]
    return Confirmation(
        c_tests=tuple(word.test for word in accusing),
        c_files=tuple(sorted({word.path for word in accusing} - {""})),
        d_tests=tuple(word.partner or word.test for word in loosened),
        d_files=tuple(sorted({word.partner_path or word.path for word in loosened} - {""})),
    )


def without_flaky(
    words: Iterable[WordOnTest], c_again: TestRun | None, d_again: TestRun | None = None
) -> tuple[WordOnTest, ...]:
    """The words again; an accusing one that rests on an end which was another the second time is `flaky`.

    A test that the second run does not have is left as it was. None: there was no second run.
    """
    c, d = _by_words(c_again), _by_words(d_again)
    told = []
    for word in words:
        failed_again = c.get(word.test, Ending.FAILED) is Ending.FAILED
        passed_again = d.get(word.partner or word.test, Ending.PASSED) is Ending.PASSED
        flaky = word.word in TAKEN_AWAY and not (
            failed_again and (passed_again or word.word is not Word.LOOSENED)
        )
        told.append(word._replace(word=Word.FLAKY) if flaky else word)
    return tuple(sorted(told, key=lambda word: (_WEIGHTS[word.word], word.test)))


def _by_words(run: TestRun | None) -> dict[str, Ending]:
    return {str(case.name): case.ending for case in run.cases} if run else {}
