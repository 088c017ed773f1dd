"""One run of a check on one side, or on two sides that are crossed: how it ended, and its tests by name.

Belongs here: that value, and which tests of one run fail in another. Does not: making a run (see `runs`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentledger.model.integrity import CrossingEnd, CrossingRun
from agentledger.running.case_names import CaseName
from agentledger.running.named_results import Ending, TestRun


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRun:
    """A run, and its tests by name; None where its check writes no report, or wrote none."""

    end: CrossingRun
    named: TestRun | None = None

    @property
    def names(self) -> TestRun | None:
        """Its tests by name, where no test is missing from them."""
        return self.named if self.named is not None and self.named.is_whole else None

    def is_too_small(self, own: SideRun) -> bool:
        """Were less than half of a side's tests found on the other code?"""
        mine, whole = self.end.tests, own.end.tests
        is_run = self.end.exit_code is not None and self.end.end in (CrossingEnd.PASSES, CrossingEnd.FAILS)
        return is_run and mine is not None and whole is not None and mine * 2 < whole

    def without_small(self, own: SideRun) -> SideRun:
        """The run; one that found less than half of its side's tests did not load, and says nothing of the others."""
        if not self.is_too_small(own):
            return self
        why = f"only {self.end.tests:,} of {own.end.tests:,} tests were found"
        named = replace(self.named, gap=why) if self.named else None
        return SideRun(end=replace(self.end, end=CrossingEnd.NOT_LOADED, why=why), named=named)


def find_broken(run: TestRun, side: TestRun) -> frozenset[CaseName]:
    """The tests that pass in `side` and do not in `run`: they fail there, or were not loaded."""
    ends = {case.name: case.ending for case in run.cases}
    broken = (Ending.FAILED, Ending.NOT_LOADED)
    is_partial = bool(run.not_loaded or run.beside)
    return frozenset(
        case.name
        for case in side.cases
        if case.ending is Ending.PASSED and (ends[case.name] in broken if case.name in ends else is_partial)
    )


def find_failed(run: TestRun) -> frozenset[CaseName]:
    """The tests that fail in a run."""
    return frozenset(case.name for case in run.cases if case.ending in (Ending.FAILED, Ending.NOT_LOADED))
