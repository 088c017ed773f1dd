"""What was measured of a check before anybody works by it: its result where the work begins, and with garbage there.

Belongs here: that value and its words. Does not: measuring (see `workflow.verify.measure_checks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentledger.model.text import escape_hidden, format_count


class Result(StrEnum):
    """What came of a check where the work begins."""

    PASSES = "passes"
    FAILS = "fails"
    #: It ran, and no test did.
    NO_TESTS = "no-tests"
    #: Its command cannot be started here: a program or a folder is missing.
    CANNOT_RUN = "cannot-run"
    NOT_MEASURED = "not-measured"


class Garbage(StrEnum):
    """What came of it with one line of garbage in the place of the files that the task may change."""

    FAILS = "fails"
    PASSES = "passes"
    NOT_TRIED = "not-tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseCheck:
    """One check, measured on the commit at which a branch begins."""

    name: str
    command: str
    result: Result
    #: The commit, and what it is the head of.
    commit: str = ""
    where: str = "base"
    exit_code: int | None = None
    seconds: float | None = None
    #: How many tests it said it had; None where it said nothing.
    tests: int | None = None
    #: Its own words, or why it was not measured; "" for none.
    words: str = ""
    garbage: Garbage = Garbage.NOT_TRIED
    #: The files in whose place garbage was put, in words; or why that was not tried.
    garbage_words: str = ""

    @property
    def is_doubtful(self) -> bool:
        """Should somebody look at the check before an agent works by it?"""
        # One that fails for want of tests can fail: they may be what the task is about.
        passes_without = self.result is Result.NO_TESTS and self.exit_code == 0
        return passes_without or self.garbage is Garbage.PASSES or self.result is Result.CANNOT_RUN

    @property
    def sentence(self) -> str:
        """All of that on one line."""
        return f"{escape_hidden(self.name)}: {self._describe_result()}{self._describe_garbage()}"

    def _describe_result(self) -> str:
        words, where = escape_hidden(self.words), escape_hidden(self.where)
        if self.result is Result.NOT_MEASURED:
            return f"not measured: {words}"
        if self.result is Result.CANNOT_RUN:
            return f"could not be run here, exit code {self.exit_code}{f': {words}' if words else ''}"
        if self.result is Result.NO_TESTS:
            passes = "passes on" if self.exit_code == 0 else f"fails with exit code {self.exit_code} on"
            return f"{passes} {where} and ran no test there: “{words}”"
        tests = "" if self.tests is None else f", {format_count(self.tests, 'test')}"
        time = f"in {self.seconds or 0:,.1f} s{tests}"
        if self.result is Result.FAILS:
            failed = f"fails on {where} {time}, exit code {self.exit_code}"
            if words:
                return f"{failed}: it may lack something here, “{words}”"
            return f"{failed}: as the test of a fix does before the fix"
        return f"passes on {where} {time}"

    def _describe_garbage(self) -> str:
        where = escape_hidden(self.garbage_words)
        if self.garbage is Garbage.FAILS:
            return f"; fails with garbage in {where}: it can fail"
        if self.garbage is Garbage.PASSES:
            return (
                f"; passes with garbage in {where}, too: it does not read that (or its exit code is lost, or an "
                "installed copy is tested)"
            )
        return f"; whether it can fail was not tried: {where}" if where else ""
