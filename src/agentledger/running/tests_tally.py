"""Adds up the tests of one report, which may be several files: several tries of a test are one test.

Belongs here: which cases are tries of one test, its name, and the counts. Does not: reading a file (see
`junit`), or comparing two reports (see `workflow.verify.base_answer`).

A report may be hostile. What is kept of it is bounded: so many tests are told apart, so many names are kept.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum

from agentledger.model.evidence import JUnit

_MOST_TESTS = 200_000  # tests that are told apart; of further ones every case is a test
_MOST_NAMES = 2_000  # failed tests whose names are kept
_LONGEST = 300  # characters of a name
# What tells tests of one name apart. Not the time, of course, nor anything else that a second try changes.
_TOLD_BY = ("file", "classname", "name", "id", "line", "col", "hostname", "suite")
# How the names of eslint's rules begin; each of its cases is a finding.
_FINDING = "org.eslint."
# A time in a name of unittest-xml-reporting's, which differs in each run.
_TIME = re.compile(r"-\d{14}(?=::)")
# The class that node's runner gives to every test up to version 20.
_NO_CLASS = ("", "test", "undefined")


class End(IntEnum):
    """How a test ended, the mildest first."""

    PASSED = 0
    #: It passed after a try that failed.
    FLAKY = 1
    SKIPPED = 2
    #: Of PHPUnit: it passed, and asserted nothing or left something behind.
    RISKY = 3
    #: Of cucumber: a step is still to be written.
    PENDING = 4
    FAILED = 5
    ERROR = 6


class Tally:
    """The tests seen so far.

    `clean` makes a name fit to be recorded: without secrets, and without the folder that the tests ran in.
    """

    def __init__(self, clean: Callable[[str], str] = str) -> None:
        self._clean = clean
        self._ends: dict[int, End] = {}
        # Of the tests that failed in a try, and of what failed beside the tests.
        self._names: dict[int, str] = {}
        self._beside: dict[str, None] = {}
        # How often something was found that is one finding each time, not a try.
        self._repeats: Counter[int] = Counter()
        # Cases that cannot be told apart, and failures that are no cases and of which nothing is known.
        self._others = dict.fromkeys(End, 0)
        self._beyond = 0

    def add_case(self, suites: Sequence[str], attributes: Mapping[str, str], end: End) -> None:
        """Add a case with these attributes, in suites with these names, the outermost first."""
        if not attributes.get("name"):
            self._others[end] += 1
            return
        words = [*suites, *(attributes.get(key, "") for key in _TOLD_BY)]
        number = self._count_repeat(words) if attributes["name"].startswith(_FINDING) else 1
        key = _hash_words(*words, str(number))
        if self._set(key, end) and end >= End.FAILED and len(self._names) < _MOST_NAMES:
            self._names[key] = self._shorten(_name_test(suites, attributes), number)

    def count_suite(self, suites: Sequence[str]) -> int:
        """How many suites with these names, the outermost first, there are with this one."""
        return self._count_repeat(["", *suites])

    def add_failed_suite(self, suites: Sequence[str]) -> None:
        """Add a failure that a suite has beside its tests."""
        if suites:
            self._add_beside(self._shorten(f"{' > '.join(suites)} (no test)", 1))
        else:
            self._beyond += 1

    def add_finding(self, name: str) -> None:
        """Add one of several findings of a program that has no tests, such as a type checker."""
        self._add_beside(self._shorten(name, self._count_repeat([name])))

    def _add_beside(self, name: str) -> None:
        if name in self._beside or len(self._beside) < _MOST_NAMES:
            self._beside[name] = None
        else:
            self._beyond += 1

    def _count_repeat(self, words: Sequence[str]) -> int:
        key = _hash_words(*words)
        if key in self._repeats or len(self._repeats) < _MOST_TESTS:
            self._repeats[key] += 1
        return self._repeats[key] or 1

    def add_unknown(self, number: int) -> None:
        """Add failures of which only the number is known."""
        self._beyond += number

    def merge(self, other: Tally) -> None:
        """Add the tests of another file; where both have a test, the other one is the later try."""
        for key, end in other._ends.items():
            if self._set(key, end) and key in other._names and len(self._names) < _MOST_NAMES:
                self._names[key] = other._names[key]
        for end, number in other._others.items():
            self._others[end] += number
        for name in other._beside:
            self._add_beside(name)
        self._beyond += other._beyond

    def _set(self, key: int, end: End) -> bool:
        """Set how a test ended: the last try counts, and one that passes after one that failed makes it flaky.

        False where there are too many tests to know this one again.
        """
        if key not in self._ends and len(self._ends) >= _MOST_TESTS:
            self._others[end] += 1
            return False
        before = self._ends.get(key, End.PASSED)
        flaky = end is End.PASSED and (before >= End.FAILED or before is End.FLAKY)
        self._ends[key] = End.FLAKY if flaky else end
        if not flaky:
            self._names.pop(key, None)
        return True

    def _shorten(self, name: str, number: int) -> str:
        return self._clean(name)[:_LONGEST] + (f" #{number}" if number > 1 else "")

    def counts(self, red: bool = False) -> JUnit:
        """All of it; `failed` has as many names as were kept, sorted.

        `red`: the command failed. Where nothing else did, a test that passed in a later try is taken for two
        tests of one name, which many runners have, and one of which failed.
        """
        cases = Counter(self._ends.values()) + Counter(self._others)
        errors = cases[End.ERROR] + len(self._beside) + self._beyond
        if red and not cases[End.FAILED] and not errors:
            cases[End.FAILED], cases[End.FLAKY] = cases[End.FLAKY], 0
        flaky = cases[End.FLAKY] > 0
        total = cases[End.FAILED] + errors
        failed = [name for key, name in self._names.items() if not (flaky and self._ends[key] is End.FLAKY)]
        names = [*failed, *self._beside]
        return JUnit(
            tests=cases.total(),
            failures=cases[End.FAILED],
            errors=errors,
            skipped=cases[End.SKIPPED],
            failed=tuple(sorted(_number_repeats(names))),
            failed_total=total,
            unnamed=total - len(names),
            flaky=cases[End.FLAKY],
            risky=cases[End.RISKY],
            pending=cases[End.PENDING],
        )


def _number_repeats(names: Iterable[str]) -> Iterator[str]:
    """Each name, the second of a kind with its number: which of the tests of one name failed is not known."""
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} #{seen[name]}"


def _hash_words(*words: str) -> int:
    """A number by which a test or suite is known again."""
    text = "\0".join(words).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def _name_test(suites: Sequence[str], attributes: Mapping[str, str]) -> str:
    """`class::name`; where the runner gives no class, its suite takes that place."""
    owner, name = attributes.get("classname", "").strip(), attributes["name"].strip()
    if owner in _NO_CLASS:
        owner = " > ".join(suites)
    return _TIME.sub("", f"{owner}::{name}") if owner not in ("", name) else name
