"""Count the tests of a JUnit file: how many ran, and how they ended.

Belongs here: reading it. Does not: finding the file (see `workflow.verify.junit_files`), or what its counts
mean.

The command that writes the file may be hostile. So it is read in a stream, and a file that declares a document
type is refused: entities that swell, or that name other files, are declared there and nowhere else.
"""

from __future__ import annotations

from typing import IO
from xml.parsers import expat

from agentledger.model.ledger import JUnit

_BLOCK = 1 << 16


class Unreadable(ValueError):
    """The file is no JUnit file; the reason completes "it …"."""


def parse_junit(file: IO[bytes]) -> JUnit:
    """Count the test cases of all suites; raise Unreadable where it is no such file.

    A case with several results counts once, as its worst. The totals that suites state are ignored: nested
    suites repeat those of their parts.
    """
    counting = _Counting()
    parser = expat.ParserCreate()
    parser.StartElementHandler = counting.start
    parser.EndElementHandler = counting.end
    parser.StartDoctypeDeclHandler = counting.refuse
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(f"is no XML: {error}") from None
    return counting.counts()


class _Counting:
    """Count elements as they come; nothing else of the file is kept."""

    def __init__(self) -> None:
        self._root = ""
        self._counts = dict.fromkeys(("tests", *_ENDS.values()), 0)
        self._worst: str | None = None
        self._in_case = False

    def refuse(self, *_doctype: object) -> None:
        raise Unreadable("declares a document type")

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if not self._root:
            self._root = name
            if name not in ("testsuites", "testsuite"):
                raise Unreadable(f"begins with <{name[:40]}>, not with <testsuites> or <testsuite>")
        if name == "testcase":
            self._in_case, self._worst = True, None
        elif self._in_case and name in _ENDS:
            self._worst = min(filter(None, (self._worst, name)), key=list(_ENDS).index)

    def end(self, name: str) -> None:
        if name == "testcase":
            self._in_case = False
            self._counts["tests"] += 1
            if self._worst:
                self._counts[_ENDS[self._worst]] += 1

    def counts(self) -> JUnit:
        return JUnit(**self._counts)


# The elements that say how a case ended, the worst first, and the count that each adds to.
_ENDS = {"error": "errors", "failure": "failures", "skipped": "skipped"}
