"""Runs one check on one side, or on two sides that are crossed, each time in a fresh worktree.

Belongs here: the environment and time limit of such a run, base's own run out of the cache, and the run with garbage.
Does not: which runs are needed, or what they mean (see `cross_check` and `decide`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import ceil
from pathlib import Path
from typing import Any

import msgspec

from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.git.scratch import Scratch
from agentledger.model.integrity import CrossingEnd, CrossingRun
from agentledger.model.ledger import Check
from agentledger.model.policy import Policy
from agentledger.model.text import decode, encode
from agentledger.running import changed_files, logs
from agentledger.running.named_results import TestRun, read_run
from agentledger.scope.task_scope import Scope
from agentledger.storage.cache import Cache
from agentledger.workflow.integrity import ends, sides
from agentledger.workflow.integrity.crossed_worktree import lay_tree
from agentledger.workflow.integrity.side_run import SideRun
from agentledger.workflow.integrity.sides import Crossing, Files, Sides
from agentledger.workflow.verify import could_not_run, garbage
from agentledger.workflow.verify.fresh_worktree import SetupError, fresh_worktree, prepare_worktree
from agentledger.workflow.verify.one_check import LIMIT, Begins, Event, Hear, Runner, Seen, read_lines

_KIND = "crossing-base 3"
_MOST_KEPT = 20_000  # tests of a run that is kept
# Of a side that has no test to run: there is no list that could lack one.
NO_TEST = TestRun()
# A crossing gets so many times the seconds of the branch's own run, and at least so many.
_TIMES, _LEAST = 3, 30
# One that cannot import one file of tests shall run the others; what a run writes beside the code is not wanted.
_PYTEST_OPTION = "--continue-on-collection-errors"
_EVERYTHING = Scope((b"**",))


def build_variables(outer: dict[str, str]) -> dict[str, str]:
    """The variables that are set for each run, so that two runs of the same code end alike."""
    options = " ".join(filter(None, (outer.get("PYTEST_ADDOPTS", ""), _PYTEST_OPTION)))
    return {"CI": "1", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": options}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where the runs of one branch are made, and with what."""

    git: Git
    place: Place
    scratch: Scratch
    #: The top of the worktree with the files that policy copies.
    source: Path
    policy: Policy
    #: Where base's own runs are kept.
    cache: Cache
    sides: Sides
    #: In seconds since the epoch.
    now: int
    hear: Hear

    def run_head(self, check: Check) -> SideRun:
        """The branch's own tests on its own code."""
        return self._run_at(self.sides.head, check, self.sides.head_files, "on the branch")

    def run_base(self, check: Check) -> SideRun:
        """Base's own tests on its own code, out of the cache where that has it."""
        key = self._base_key(check)
        kept = _load_run(self.cache.get(_KIND, [key]).get(key))
        if kept is not None:
            return kept
        run = self._run_at(self.sides.base, check, self.sides.base_files, "on base")
        # A failure may be this machine's, as of a service that is down: the next crossing asks once more.
        if run.end.end is CrossingEnd.PASSES and len(run.named.cases if run.named else ()) <= _MOST_KEPT:
            self.cache.put(_KIND, [(key, msgspec.to_builtins(run))])
        return run

    def run_c(self, check: Check, own: CrossingRun, files: Sequence[bytes] = ()) -> SideRun:
        """Base's tests on the branch's code; those in some `files` alone, where the check can do that."""
        at, limited = self.sides, self._limit(check, own, files)
        return self._run_crossed(
            Crossing(at.head, at.head_files, at.base_files), limited, "with base's tests"
        )

    def run_d(self, check: Check, own: CrossingRun, files: Sequence[bytes] = ()) -> SideRun:
        """The branch's tests on base's code; the same with `files`."""
        at, limited = self.sides, self._limit(check, own, files)
        return self._run_crossed(Crossing(at.base, at.base_files, at.head_files), limited, "on base's code")

    def _limit(self, check: Check, own: CrossingRun, files: Sequence[bytes]) -> Check:
        limited = replace(check, timeout=ceil(limit_of(check, own)))
        if not files or not check.files:
            return limited
        return replace(limited, run=changed_files.fill_files(check.files, files), files=None)

    def passes_with_garbage(self, check: Check, own: CrossingRun) -> bool | None:
        """Does it pass with garbage in place of all code, so that it tests something else? None: not tried."""
        at = self.sides
        files = garbage.list_source_files(self.scratch.git, at.head, _EVERYTHING, self.policy)
        files = tuple(path for path in files if not sides.is_test(path, self.policy))
        if not 0 < len(files) <= garbage.MOST_FILES:
            return None
        limited = replace(check, timeout=ceil(limit_of(check, own)))
        with fresh_worktree(self.git, self.place, at.head) as folder:
            runner = self._prepare(folder, f"{check.name} with garbage in place of code", [])
            garbage.lay_garbage(folder, files)
            run = self._run(folder, runner, limited, at.head_files)
        return run.end.end is CrossingEnd.PASSES

    def _run_at(self, commit: str, check: Check, files: Files, where: str) -> SideRun:
        with fresh_worktree(self.git, self.place, commit) as folder:
            return self._run_in(folder, check, files, where)

    def _run_crossed(self, crossing: Crossing, check: Check, where: str) -> SideRun:
        tree = sides.write_crossed_tree(self.scratch, crossing, self.policy)
        files = crossing.list_files(self.policy)
        with fresh_worktree(self.git, self.place, crossing.commit) as folder:
            lay_tree(Git(folder, self.git.env), self.scratch.git, tree, files)
            return self._run_in(folder, check, files, where)

    def _run_in(self, folder: Path, check: Check, files: Files, where: str) -> SideRun:
        reports: list[bytes] = []
        try:
            runner = self._prepare(folder, f"{check.name} {where}", reports)
        except SetupError as error:
            return SideRun(end=CrossingRun(end=CrossingEnd.UNKNOWN, why=error.message))
        empty = could_not_run.find_empty_submodules(could_not_run.Tree(files), folder)
        run = self._run(folder, runner, check, files)
        # Tests that are not there object to nothing, so that even a run that passes says too little.
        lacks_tests = any(sides.is_test(path + b"/x", self.policy) for path in empty)
        if empty and (lacks_tests or run.end.end is not CrossingEnd.PASSES):
            why = "submodules are empty in a fresh worktree"
            return SideRun(end=replace(run.end, end=CrossingEnd.UNKNOWN, why=why))
        return replace(run, named=self._name_tests(folder, files, reports)) if reports else run

    def _name_tests(self, folder: Path, files: Files, reports: Sequence[bytes]) -> TestRun:
        tests = [decode(path) for path in files if sides.is_test(path, self.policy)]
        return read_run(reports, tests, [str(folder), str(folder.resolve())])

    def _prepare(self, folder: Path, title: str, reports: list[bytes]) -> Runner:
        def hear(event: Event) -> None:
            if not isinstance(event, Seen):  # of this run alone nothing follows
                is_check = isinstance(event, Begins) and event.name != "setup"
                self.hear(replace(event, name=title) if is_check and isinstance(event, Begins) else event)

        runner = Runner(
            folder,
            self.place.common,
            self.policy,
            now=self.now,
            hear=hear,
            source=self.source,
            variables=build_variables(dict(os.environ)),
            keep_reports=reports.extend,
        )
        prepare_worktree(folder, self.source, runner, policy=self.policy, hear=hear)
        return runner

    def _run(self, folder: Path, runner: Runner, check: Check, files: Files) -> SideRun:
        filled = self.fill(check, files)
        if filled is None:
            # All that it would be given is on the other side: these tests have nothing to say.
            return SideRun(end=CrossingRun(end=CrossingEnd.PASSES, tests=0, failed=0), named=NO_TEST)
        seen = runner.check(filled, sides.keep_existing(self.sides.changed, files))
        # Where the worktree was is nobody's business, and another place in each run.
        tops = {f"{folder}/", f"{folder.resolve()}/"}
        lines = [reduce(lambda text, top: text.replace(top, ""), tops, line) for line in self._read_log(seen)]
        return SideRun(end=ends.read_end(seen, lines, filled.timeout or LIMIT))

    def fill(self, check: Check, files: Files) -> Check | None:
        """The check as it is run on these files: for the changed test files alone, where it has such a command.

        None where there is nothing to run it for.
        """
        if check.files and self.sides.only_test_files():
            existing = sides.keep_existing(self.sides.tests, files)
            return replace(check, run=changed_files.fill_files(check.files, existing)) if existing else None
        paths = sides.keep_existing(self.sides.changed, files)
        return None if changed_files.fill_command(check.run, paths).skipped else check

    def _read_log(self, seen: Seen) -> list[str]:
        if seen.log_sha256 is None:
            return []
        return read_lines((logs.log_folder(self.place.common) / seen.log_sha256).read_bytes())

    def _base_key(self, check: Check) -> str:
        filled = self.fill(check, self.sides.base_files)
        paths = sides.keep_existing(self.sides.changed, self.sides.base_files)
        arguments = changed_files.fill_command(filled.run, paths).arguments if filled else ()
        setup = (self.policy.spawn_setup, *self.policy.tests, "", *self.policy.generated)
        words = bytes(1).join([*arguments, encode(check.junit or ""), *map(encode, setup)])
        return f"{self.sides.base} {hashlib.sha256(words).hexdigest()}"


def limit_of(check: Check, own: CrossingRun) -> float:
    """How many seconds a crossing may take, by how long the branch's own run took."""
    return min(float(check.timeout or LIMIT), max(_TIMES * own.seconds, float(_LEAST)))


def _load_run(stored: Any) -> SideRun | None:
    """A run out of the cache, which anybody may have written; None for anything else."""
    try:
        return msgspec.convert(stored, SideRun)
    except msgspec.ValidationError:
        return None
