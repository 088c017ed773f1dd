"""Read a JUnit file: which tests ran, and how each of them ended.

Belongs here: reading it, and what runners mean by what they write (docs/test-runners.md). Does not: finding the
file (see `workflow.verify.junit_files`), adding up (see `tests_tally`), or what its counts mean.

The command that writes the file may be hostile. So it is read in a stream, and a file that declares a document
type is refused: entities that swell, or that name other files, are declared there and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Protocol
from xml.parsers import expat

from agentledger.running.tests_tally import End

_BLOCK = 1 << 16
_DEEP = 50  # suites inside each other; the totals of deeper ones are not looked at
_LONGEST_OUTPUT = 1 << 16  # characters of a test's output that are looked at
_LONGEST_REASON = (
    1 << 13
)  # characters that are kept of the beginning of a failure's text, and as many of its end
# How a scenario's steps end in cucumber's list of them, which is the output of its test.
_STEP = re.compile(r"\.{3}(pending|failed|undefined|ambiguous)\s*$", re.MULTILINE)
# What mypy says of each file that it has something to say of, and a line of it; the number of the line goes.
_MYPY = "mypy produced messages"
_MESSAGE = re.compile(r"(.+?):(?:\d+:)* (error|note|warning): (.*)")
# Of googletest and ctest: the words of a test that did not run, and has no element that says so.
_NOT_RUN = ("notrun", "disabled", "suppressed")


class Unreadable(ValueError):
    """The file is no JUnit file; the reason completes "it …"."""


class OtherDocument(Unreadable):
    """It is a sound XML document of another kind."""


class Collector(Protocol):
    """What takes the tests as they are read: counts (`tests_tally.Tally`), or names (`named_results`)."""

    def add_case(self, suites: Sequence[str], attributes: Mapping[str, str], end: End, /) -> None:
        """Take a case in suites with these names; of its attributes some are the reader's (`_close_case`)."""

    def count_suite(self, suites: Sequence[str], /) -> int:
        """How many suites with these names, the outermost first, there are with this one."""

    def add_failed_suite(self, suites: Sequence[str], /) -> None:
        """Take a failure that a suite has beside its tests."""

    def add_finding(self, name: str, /) -> None:
        """Take one of several findings of a program that has no tests."""

    def add_unknown(self, number: int, /) -> None:
        """Take failures of which only the number is known."""


def read_junit(file: IO[bytes], tally: Collector) -> None:
    """Add the tests of all suites to `tally`; raise Unreadable where it is no such file.

    The tally then has a part of the file, so it should be one of the file's own.
    """
    reading = _Reading(tally)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = reading.refuse
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(f"is no XML: {error}") from None


@dataclass(slots=True)
class _Suite:
    """An element that holds tests."""

    name: str
    #: What else tells it from another: Playwright has its projects there.
    host: str
    #: The how many-eth of its name it is, at its place: jest-junit has one a file, and names all of them alike.
    number: int
    #: How many failures it states, and how many came before it.
    stated: int
    before: int
    #: It says that it failed beside its tests, so that what it states beyond them has a name.
    failed: bool = False
    #: Its file, which some runners write here and not beside each test.
    file: str = ""


class _Reason:
    """The beginning and the end of a text, which may be long: runners begin or end with what went wrong."""

    __slots__ = ("_begin", "_end")

    def __init__(self) -> None:
        self._begin = self._end = ""

    def add(self, text: str) -> None:
        room = _LONGEST_REASON - len(self._begin)
        self._begin += text[:room]
        if len(text) > room:
            self._end = (self._end + text[room:])[-_LONGEST_REASON:]

    def text(self) -> str:
        return self._begin + self._end


class _Reading:
    """Follow the elements as they come; of the file only the open suites and the open test are kept."""

    def __init__(self, tally: Collector) -> None:
        self._tally = tally
        self._root = ""
        self._suites: list[_Suite] = []
        self._depth = 0
        # Elements that say that something failed, and failures that only a total states.
        self._shown = 0
        # Tests outside of suites.
        self._loose = 0
        self._case: dict[str, str] | None = None
        self._ends: list[End] = []
        self._output: list[str] | None = None
        self._output_length = 0
        # Why the open test failed: the words of its elements, and whether one of them is open.
        self._reason = _Reason()
        self._in_reason = False

    def refuse(self, *_doctype: object) -> None:
        raise Unreadable("declares a document type")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._root:
            self._root = name
            if name not in ("testsuites", "testsuite"):
                raise OtherDocument(f"begins with <{name[:40]}>, not with <testsuites> or <testsuite>")
        if name in ("testsuites", "testsuite"):
            self._open_suite(name, attributes)
        elif name == "testcase":
            self._case, self._ends, self._output = attributes, [], None
            self._reason, self._in_reason = _Reason(), False
            if _is_not_run(attributes):
                self._ends.append(End.SKIPPED)
        elif name in _ENDS:
            self._note_end(_ENDS[name], attributes)
        if self._case is not None and (name == "system-out" or attributes.get("message") == _MYPY):
            self._output, self._output_length = [], 0

    def text(self, text: str) -> None:
        if self._output is not None and self._output_length < _LONGEST_OUTPUT:
            self._output.append(text)
            self._output_length += len(text)
        if self._in_reason:
            self._reason.add(text)

    def end(self, name: str) -> None:
        if name in _ENDS:
            self._in_reason = False
        if name == "testcase" and self._case is not None:
            self._close_case(self._case)
        elif name in ("system-out", "failure") and self._output is not None:
            output, self._output = "".join(self._output), None
            if name == "failure":
                self._judge_messages(output)
            else:
                self._judge_steps(output)
        elif name in ("testsuites", "testsuite"):
            self._close_suite()

    def _open_suite(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth <= _DEEP:
            stated = _read_count(attributes, "failures") + _read_count(attributes, "errors")
            # The root's name is the runner's, or the file's.
            suite = attributes.get("name", "") if name == "testsuite" else ""
            number = self._tally.count_suite((*self._suite_names(), suite))
            host = attributes.get("hostname", "")
            file = attributes.get("file") or attributes.get("filepath", "")
            self._suites.append(
                _Suite(suite, host, number, stated=stated, before=self._shown, file=file),
            )

    def _close_suite(self) -> None:
        self._depth -= 1
        if self._depth < _DEEP:
            suite = self._suites.pop()
            missing = suite.stated - (self._shown - suite.before)
            if missing > 0:
                self._tally.add_unknown(0 if suite.failed else missing)
                self._shown += missing

    def _note_end(self, end: End, attributes: dict[str, str]) -> None:
        if end in (End.ERROR, End.FAILED):
            self._shown += 1
            end = _MILD.get(_kind_of(attributes), end)
        if self._case is not None:
            self._ends.append(end)
            self._reason.add(f"{attributes.get('message', '')}\n")
            self._in_reason = True
        elif end in (End.ERROR, End.FAILED):
            # Beside the tests of a suite: the runner died there, or counted another number of tests.
            self._tally.add_failed_suite(self._suite_names())
            if self._suites:
                self._suites[-1].failed = bool(self._suites[-1].name)

    def _judge_steps(self, output: str) -> None:
        """A scenario that only waits for its steps to be written is pending: cucumber calls it a failure."""
        steps = set(_STEP.findall(output))
        if steps == {"pending"} and self._ends == [End.FAILED]:
            self._ends = [End.PENDING]

    def _judge_messages(self, output: str) -> None:
        """mypy has one test for all that it found: its errors are the failures, and its notes are none."""
        lines = [_MESSAGE.fullmatch(line) for line in output.splitlines() if line.strip()]
        if all(lines) and self._ends == [End.FAILED]:
            self._ends = []
            for path, kind, text in (line.groups() for line in lines if line):
                if kind == "error":
                    self._tally.add_finding(f"{path}: {text}")

    def _close_case(self, attributes: dict[str, str]) -> None:
        # A test that is marked as skipped may fail as it likes; otherwise the worst of its ends counts.
        skipped = End.SKIPPED in self._ends
        end = End.SKIPPED if skipped else max(self._ends, default=End.PASSED)
        suite = self._suites[-1]
        number = suite.number
        if self._root == "testsuites" and len(self._suites) == 1:
            # Only node's runner has tests outside of suites. It never tries again, and may leave out their files.
            self._loose += 1
            number = self._loose
        file = next((each.file for each in reversed(self._suites) if each.file), "")
        place = {"hostname": suite.host, "suite": str(number), "suite_file": file, "why": self._reason.text()}
        self._tally.add_case(self._suite_names(), attributes | place, end)
        self._case, self._output = None, None

    def _suite_names(self) -> tuple[str, ...]:
        return tuple(suite.name for suite in self._suites if suite.name)


def _is_not_run(attributes: dict[str, str]) -> bool:
    return any(attributes.get(key, "").lower() in _NOT_RUN for key in ("status", "result"))


def _kind_of(attributes: dict[str, str]) -> str:
    """The word of an element's type by which runners mark a failure that does not fail their run."""
    kind = attributes.get("type", "")
    if kind.startswith("PHPUnit\\") and "Risky" in kind:
        return "risky"
    return kind.lower()


def _read_count(attributes: dict[str, str], key: str) -> int:
    """A total that a suite states; 0 where that is no number, or a negative one."""
    text = attributes.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# The elements that say how a test ended. Surefire's `flaky…` say that an earlier try of it failed.
_ENDS = {
    "error": End.ERROR,
    "failure": End.FAILED,
    "skipped": End.SKIPPED,
    "flakyFailure": End.FLAKY,
    "flakyError": End.FLAKY,
}
# Failures that do not fail the run, by the word of their type. The last is prove's, of a todo that passed.
_MILD = {"risky": End.RISKY, "pending": End.PENDING, "todotestsucceeded": End.PASSED}
