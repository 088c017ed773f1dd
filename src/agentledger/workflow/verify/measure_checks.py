"""Runs a task's checks where its work begins, before anybody works by them: can they pass, and can they fail?

Belongs here: that run in a fresh worktree, a second one with garbage in the files that the task may change, both
within a time limit, and keeping the results. Does not: which checks a task has, the garbage (see `garbage`), or what
follows from a result (see `rules.check_worth`).

A measurement stops nobody: what goes wrong in it is a sentence.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.fleet import check_measurements
from agentledger.fleet.check_measurements import (
    PROBE_FORM,
    PROBES,
    RESULT_FORM,
    RESULTS,
    CommitResult,
    GarbageResult,
)
from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.base_check import BaseCheck, Garbage, Result
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Brief, Check
from agentledger.model.policy import Policy
from agentledger.model.text import format_count, format_path
from agentledger.running import changed_files, runner_counts
from agentledger.running.run import LATE
from agentledger.scope.task_scope import Scope
from agentledger.storage.cache import Cache
from agentledger.workflow.verify import base_run, garbage
from agentledger.workflow.verify.fresh_worktree import fresh_worktree, prepare_worktree
from agentledger.workflow.verify.one_check import LIMIT, Begins, Event, Hear, Runner, Seen

# What shells say of a folder that is not there; the exit code alone would look like a failing test.
_NO_FOLDER = re.compile(r".*\bcd: .*(?:can't cd to|No such file or directory).*")
_PLAIN = (*process.UNHOOKED, "-c", "core.fsmonitor=false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where checks are measured, and with what."""

    git: Git
    place: Place
    store: Cache
    policy: Policy
    brief: Brief
    scope: Scope
    #: The commit at which the work begins.
    commit: str
    #: What that is the head of, in words.
    where: str
    #: The worktree whose files policy copies into others.
    source: Path
    #: In seconds since the epoch.
    now: int
    hear: Hear
    #: Use what was measured before?
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """The checks in order, and a sentence on what went wrong; "" for nothing."""

    checks: tuple[BaseCheck, ...] = ()
    problem: str = ""


def measure_checks(ground: Ground, checks: Sequence[Check], seconds: float) -> Measured:
    """Measure these checks within so many seconds; what was measured before is not run again."""
    files = garbage.list_source_files(ground.git, ground.commit, ground.scope, ground.policy)
    run = _Run(ground, tuple(checks), files, until=time.monotonic() + seconds, seconds=seconds)
    problem = ""
    if run.is_needed():
        try:
            run.run()
        except LedgerError as error:
            problem = f"the checks were not all measured: {error.message}"
    return Measured(tuple(run.describe(check) for check in checks), problem)


class _Run:
    """One measurement under way: what is known so far, by check name."""

    def __init__(
        self,
        ground: Ground,
        checks: tuple[Check, ...],
        files: tuple[bytes, ...],
        until: float,
        seconds: float,
    ) -> None:
        self._ground, self._checks, self._files = ground, checks, files
        self._until, self._seconds = until, seconds
        self._runner: Runner
        #: Why a check has no result of a kind.
        self._left_out: dict[str, str] = {}
        self._results: dict[str, CommitResult] = {}
        self._failed_starts: dict[str, Seen] = {}
        self._probes: dict[str, GarbageResult] = {}
        if ground.kept:
            self._load()

    def _load(self) -> None:
        """Take over what this clone has measured before."""
        ground = self._ground
        keys = {each.name: check_measurements.result_key(ground.commit, each.run) for each in self._checks}
        rows = ground.store.get(RESULTS, keys.values())
        found = {name: check_measurements.load_row(RESULT_FORM, rows.get(key)) for name, key in keys.items()}
        self._results = {name: result for name, result in found.items() if result is not None}
        keys = {each.name: self._probe_key(each) for each in self._checks}
        rows = ground.store.get(PROBES, keys.values())
        probes = {name: check_measurements.load_row(PROBE_FORM, rows.get(key)) for name, key in keys.items()}
        self._probes = {name: probe for name, probe in probes.items() if probe is not None}

    def _probe_key(self, check: Check) -> str:
        ground = self._ground
        return check_measurements.probe_key(ground.commit, check.run, ground.brief, ground.policy)

    def is_needed(self) -> bool:
        """Is there anything to run?"""
        return bool(self._to_run()) or bool(self._to_probe())

    def _to_run(self) -> list[Check]:
        return [each for each in self._checks if each.name not in self._results and not _needs_changes(each)]

    def _to_probe(self) -> list[Check]:
        """The checks that passed and ran tests, where there is a file to put garbage in."""
        if not 0 < len(self._files) <= garbage.MOST_FILES:
            return []
        return [
            each
            for each in self._checks
            if (result := self._results.get(each.name)) is not None
            and result.exit_code == 0
            and not result.nothing_run
            and each.name not in self._probes
        ]

    def run(self) -> None:
        """Run what is missing, in one fresh worktree. Raises LedgerError where that cannot be made."""
        ground = self._ground
        with fresh_worktree(ground.git, ground.place, ground.commit) as folder:
            self._runner = Runner(
                folder,
                ground.place.common,
                ground.policy,
                now=ground.now,
                hear=_ignore,
                source=ground.source,
            )
            # What it prints was seen a moment ago, in the new worktree.
            prepare_worktree(
                folder, ground.source, self._runner, policy=ground.policy, hear=_ignore, limit=self._left()
            )
            for check in self._to_run():
                self._run_check(check)
            probed = self._to_probe()
            if not probed:
                return
            _restore(replace(ground.git, cwd=folder))
            garbage.lay_garbage(folder, self._files)
            for check in probed:
                self._probe_check(check)

    def _left(self) -> float:
        """The seconds that are left; at least a moment, so that a command is ended by its limit."""
        return max(0.1, self._until - time.monotonic())

    def _run_within(self, check: Check, where: str) -> Seen | None:
        """Run a check as long as there is time; None, and why is kept, where there is none."""
        left = self._until - time.monotonic()
        own = check.timeout or LIMIT
        if left <= 0:
            self._left_out[check.name] = f"the {self._seconds:,.0f} s of [spawn] baseline were over"
            return None
        self._ground.hear(Begins(f"{check.name} {where}", check.run))
        result = self._runner.check(replace(check, timeout=min(own, math.ceil(left))), ())
        if result.exit_code == LATE:
            self._left_out[check.name] = (
                f"it takes longer than the {self._seconds:,.0f} s of [spawn] baseline leave"
                if left < own
                else f"it takes longer than its own limit of {own:,} s"
            )
            return None
        return result

    def _run_check(self, check: Check) -> None:
        ground = self._ground
        seen = self._run_within(check, "on base")
        if seen is None:
            return
        if _is_unstartable(seen):
            # Not kept: a program can be installed, and the commit stays the same.
            self._failed_starts[check.name] = seen
            return
        base_run.keep_answer(ground.store, ground.commit, check, seen)
        result = _summarize(seen)
        self._results[check.name] = result
        key = check_measurements.result_key(ground.commit, check.run)
        ground.store.put(RESULTS, [(key, RESULT_FORM.dump(result))])

    def _probe_check(self, check: Check) -> None:
        seen = self._run_within(check, "with garbage")
        if seen is None:
            return
        # Some runners list failures in a run that passes; with garbage there have to be more.
        passed = seen.exit_code == 0 and _count_broken(seen) <= self._results[check.name].broken
        probe = GarbageResult(passed=passed, files=len(self._files), first=format_path(self._files[0]))
        self._probes[check.name] = probe
        self._ground.store.put(PROBES, [(self._probe_key(check), PROBE_FORM.dump(probe))])

    # -- in words ---------------------------------------------------------------------

    def describe(self, check: Check) -> BaseCheck:
        """What is known of a check now."""
        ground = self._ground
        blank = BaseCheck(
            name=check.name,
            command=check.run,
            result=Result.NOT_MEASURED,
            commit=ground.commit,
            where=ground.where,
        )
        if _needs_changes(check):
            return replace(blank, words="{changed:…} stands for changed files, and there are none yet")
        if seen := self._failed_starts.get(check.name):
            words = seen.tail[-1] if seen.tail else ""
            return replace(blank, result=Result.CANNOT_RUN, exit_code=seen.exit_code, words=words)
        result = self._results.get(check.name)
        if result is None:
            return replace(blank, words=self._left_out.get(check.name, "it could not be tried"))
        known = replace(blank, exit_code=result.exit_code, seconds=result.seconds, tests=result.tests)
        if result.nothing_run:
            return replace(known, result=Result.NO_TESTS, words=result.nothing_run)
        if result.exit_code:
            return replace(known, result=Result.FAILS, words=result.lacking)
        return self._describe_probe(check, replace(known, result=Result.PASSES))

    def _describe_probe(self, check: Check, known: BaseCheck) -> BaseCheck:
        probe = self._probes.get(check.name)
        if probe is not None:
            word = Garbage.PASSES if probe.passed else Garbage.FAILS
            return replace(known, garbage=word, garbage_words=check_measurements.describe_files(probe))
        if not self._files:
            return replace(
                known, garbage_words=f"{self._ground.where} has no source file yet that the task may change"
            )
        if len(self._files) > garbage.MOST_FILES:
            count = format_count(len(self._files), "file")
            return replace(known, garbage_words=f"the task may change {count}")
        return replace(known, garbage_words=self._left_out.get(check.name, "it could not be"))


def _ignore(event: Event) -> None:
    """Its output would only confuse: with garbage, a check is meant to fail."""


def _needs_changes(check: Check) -> bool:
    return bool(changed_files.fill_command(check.run, ()).skipped)


def _is_unstartable(seen: Seen) -> bool:
    return seen.exit_code in base_run.NO_ANSWER or (
        bool(seen.exit_code) and bool(seen.tail) and _NO_FOLDER.fullmatch(seen.tail[-1]) is not None
    )


def _summarize(seen: Seen) -> CommitResult:
    counts = runner_counts.count_tests(seen.tail)
    tests = seen.junit.tests if seen.junit else counts.tests if counts else None
    words = runner_counts.describe_nothing_run(seen.tail)
    if not words and seen.junit is not None and not seen.junit.tests:
        words = "its JUnit file lists none"
    return CommitResult(
        exit_code=seen.exit_code or 0,
        seconds=seen.seconds,
        broken=_count_broken(seen),
        tests=tests,
        nothing_run=words,
        lacking=next((each.words for each in seen.lacking), "") if seen.exit_code else "",
    )


def _count_broken(seen: Seen) -> int:
    return seen.junit.broken if seen.junit else 0


def _restore(at: Git) -> None:
    """Put back what the checks have changed, and take away what they have left, but for ignored files."""
    process.run(at, [*_PLAIN, "reset", "--quiet", "--hard"])
    process.run_unchecked(at, [*_PLAIN, "clean", "--quiet", "-ffd"])
