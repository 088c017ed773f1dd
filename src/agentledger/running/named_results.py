"""Reads JUnit files to a list of tests by name, and how each of them ended.

Belongs here: the value of one run, and adding up its files. Does not: reading a file (see `junit`), how runners write
a name (see `case_names`), or comparing two runs (see `agentledger.crossed`).

What a runner writes is another's: so many tests are kept, so much of a name and of a message.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from agentledger.running.case_names import CaseName, Placer
from agentledger.running.junit import OtherDocument, Unreadable, read_junit
from agentledger.running.missing_names import lacks_name
from agentledger.running.tests_tally import End

_MOST = 100_000  # tests that are kept
_MOST_MESSAGE = 300  # characters of why one failed
_MOST_FILES = 1_000  # files that did not load
# A failed set-up or tear-down of JavaScript's runners and unittest's, which have the place of a test.
_HOOK = re.compile(
    r'"(?:before|after) (?:all|each)" hook|Test execution failure:|(?:setUp|tearDown)(?:Class|Module) \('
)


class Ending(StrEnum):
    """How one test ended, as far as crossings care."""

    PASSED = "passed"
    FAILED = "failed"
    #: It, or its file, needs a name that the code does not have.
    NOT_LOADED = "does not load"
    #: Also where it is known to fail, or is still to be written.
    SKIPPED = "skipped"


#: From the best to the worst: tests of one name are numbered in this order, whatever order they ran in.
_ORDER = (Ending.PASSED, Ending.SKIPPED, Ending.FAILED, Ending.NOT_LOADED)

_FAILED = (Ending.FAILED, Ending.NOT_LOADED)

_ENDINGS = {
    End.PASSED: Ending.PASSED,
    End.FLAKY: Ending.PASSED,
    End.RISKY: Ending.PASSED,
    End.SKIPPED: Ending.SKIPPED,
    End.PENDING: Ending.SKIPPED,
    End.FAILED: Ending.FAILED,
    End.ERROR: Ending.FAILED,
}


class CaseResult(NamedTuple):
    """One test of a run."""

    name: CaseName
    ending: Ending
    #: The beginning of why it failed; '' where it did not.
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """All tests of one run by name, in the order of the report; of one name the best end first."""

    #: pytest would take the class for tests where a test module imports it.
    __test__: ClassVar[bool] = False

    cases: tuple[CaseResult, ...] = ()
    #: Files, or what the runner calls them by, that did not load: none of their tests ran.
    not_loaded: tuple[str, ...] = ()
    #: Failures beside the tests, such as a package that was not built; of most only the number is known.
    beside: int = 0
    #: What is wrong with the report as a whole, completing "the report …"; '' where all of it was read.
    gap: str = ""

    @property
    def is_whole(self) -> bool:
        """Is a test that is not in it surely one that did not run?"""
        return not self.gap and bool(self.cases)


def read_run(
    reports: Iterable[bytes], files: Collection[str] = (), tops: Sequence[str] = (), red: bool = False
) -> TestRun:
    """Read the JUnit files of one run.

    `files` are the paths of the tree that was tested, or at least its tests: runners leave paths out, or write them
    with dots. `tops` are the absolute paths of the worktree, which are taken off the names. `red`: the
    command failed. Where nothing in its report did, something else failed, such as a file of jest's that did not load.
    """
    names = _Names(Placer(files, tops))
    gaps: list[str] = []
    others = read = 0
    for report in reports:
        try:
            read_junit(io.BytesIO(report), names)
            read += 1
        except OtherDocument:
            others += 1
        except Unreadable as error:
            gaps.append(str(error))
    if not read and not gaps:
        gaps.append("is no JUnit file" if others else "is not there")
    if names.left_out:
        gaps.append(f"has {names.left_out:,} tests more than are looked at")
    if names.nameless:
        gaps.append(f"has {names.nameless:,} tests without a name")
    if names.hooks:
        gaps.append(f"has {names.hooks:,} failed set-ups or tear-downs, whose tests did not all run")
    return names.run(gap="; ".join(gaps[:3]), red=red)


class _Names:
    """Collects the tests of several files."""

    def __init__(self, placer: Placer) -> None:
        self._placer = placer
        self._cases: list[CaseResult] = []
        self._not_loaded: dict[str, None] = {}
        self._beside = self.left_out = self.nameless = self.hooks = 0

    def add_case(self, suites: Sequence[str], attributes: Mapping[str, str], end: End, /) -> None:
        if not attributes.get("name", "").strip():
            self.nameless += 1
            return
        ending, why = _ENDINGS[end], attributes.get("why", "").strip()
        broken = self._placer.find_broken_file(attributes) if ending is Ending.FAILED else ""
        if ending is Ending.FAILED and _HOOK.search(attributes["name"]):
            self.hooks += 1
        elif broken:
            if len(self._not_loaded) < _MOST_FILES:
                self._not_loaded[broken] = None
            else:
                self._beside += 1
        elif len(self._cases) >= _MOST:
            self.left_out += 1
        else:
            if ending is Ending.FAILED and lacks_name(why):
                ending = Ending.NOT_LOADED
            name = self._placer.name_case(suites, attributes)
            message = why[:_MOST_MESSAGE] if ending in _FAILED else ""
            self._cases.append(CaseResult(name, ending, message))

    def count_suite(self, _suites: Sequence[str], /) -> int:
        # Suites of one name are told apart for tries of a test only; here each case is counted.
        return 1

    def add_failed_suite(self, _suites: Sequence[str], /) -> None:
        self._beside += 1

    def add_finding(self, _name: str, /) -> None:
        self._beside += 1

    def add_unknown(self, number: int) -> None:
        self._beside += number

    def run(self, gap: str, red: bool) -> TestRun:
        failed = self._not_loaded or any(case.ending in _FAILED for case in self._cases)
        if red and not failed and not self.hooks:
            self._beside = max(self._beside, 1)
        return TestRun(
            cases=tuple(_number_equals(self._cases)),
            not_loaded=tuple(self._not_loaded),
            beside=self._beside,
            gap=gap,
        )


def _number_equals(cases: Sequence[CaseResult]) -> Iterator[CaseResult]:
    """Yield the cases; those of one name are numbered, the best end first.

    Which of two tests of one name is which is not known. So a test that is gone is the one that was worst off.
    """
    same: dict[CaseName, list[CaseResult]] = {}
    for case in cases:
        same.setdefault(case.name, []).append(case)
    for equals in same.values():
        ranked = sorted(equals, key=lambda case: (_ORDER.index(case.ending), case.message))
        for number, case in enumerate(ranked, 1):
            yield case._replace(name=case.name._replace(number=number))
