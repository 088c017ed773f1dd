"""Runs a failing check on base as well: where it also fails there, the branch is not to blame.

Belongs here: whether base can give an answer, and that answer, run once for each base commit and command. Does
not: what follows from it (see `rules.packet`).

Only a check that failed is run, since only then it matters. No answer is better than a wrong one, which would let
a failure pass. So there is no answer for a command that names a file which base does not have, or is steered by
one; for one that cannot be run in a fresh worktree, or takes too long there; and for one whose JUnit file shows
fewer failures on base.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Check, JUnit
from agentledger.model.paths import parent_folders
from agentledger.model.text import encode
from agentledger.running import changed_files
from agentledger.storage.cache import Cache
from agentledger.workflow.session.agent_context import AtWork
from agentledger.workflow.verify.fresh_worktree import fresh_worktree, prepare_worktree
from agentledger.workflow.verify.one_check import Begins, Event, Hear, Runner, Seen

_KIND = "on-base"  # of the cache's entries
# Exit codes that are no answer: a shell's for a command that it cannot run or find (126, 127), and those that
# `running` gives for one that takes too long or is lost (124, 137).
NO_ANSWER = (124, 126, 127, 137)
# What separates the words of a command that may be paths; `::` is pytest's, between file and test.
_APART = re.compile(r"[\s'\"=;|&<>()]+|::")
# Files that steer a command which does not name them.
STEERING = re.compile(
    rb"(?:.*/)?(?:(?:GNU)?[Mm]akefile|[Jj]ustfile|Rakefile|Gemfile|Taskfile\.ya?ml|package\.json|pyproject\.toml"
    rb"|tox\.ini|noxfile\.py|setup\.(?:py|cfg)|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|CMakeLists\.txt)"
)

# By check, base's commit and the exit code there.
OnBase = Mapping[str, tuple[str, int]]


def find_base_results(
    at: AtWork, failed: Sequence[Seen], paths: Sequence[bytes], now: int, hear: Hear
) -> tuple[OnBase, tuple[str, ...]]:
    """Base's answers by check, where there are any, and sentences about what went wrong.

    `failed` are the results on the branch, `paths` the changed files; `now` is in seconds since the epoch.
    """
    if not failed:
        return {}, ()
    base = at.fleet.base.head
    base_paths = _read_tracked(at.git, base)
    missing = _add_folders(_read_tracked(at.git, at.branch.head)) - _add_folders(base_paths)
    # A new Makefile or package.json can change what any command does.
    if any(map(STEERING.fullmatch, missing)):
        return {}, ()
    paths = [path for path in paths if path in base_paths]
    valid = [each for each in failed if _is_valid_on_base(each.check, paths, missing)]
    keys = {each.check.name: _cache_key(base, each.check, paths) for each in valid}
    answers = at.snapshot.cache.get(_KIND, keys.values())
    todo = [each.check for each in valid if keys[each.check.name] not in answers]
    try:
        answers |= _run_on_base(at, base, todo, paths=paths, now=now, hear=hear) if todo else {}
    except LedgerError as error:
        return {}, (f"it was not tried on base: {error.message}",)
    codes = {
        each.check.name: _parse_exit_code(answers.get(keys[each.check.name]), each.junit) for each in valid
    }
    return {name: (base, code) for name, code in codes.items() if code is not None}, ()


def _is_valid_on_base(check: Check, paths: Sequence[bytes], missing: set[bytes]) -> bool:
    """Would the command do the same on base? Not where it names a file that is `missing` there."""
    return not changed_files.fill_command(check.run, paths).skipped and _split_command(check.run).isdisjoint(
        missing
    )


def _split_command(command: str) -> set[bytes]:
    """The words of a command, each of which may be a path; options and test names are split off."""
    return {encode(word.removeprefix("./").rstrip("/")) for word in _APART.split(command)}


def _read_tracked(git: Git, commit: str) -> set[bytes]:
    """The paths of all files in a commit."""
    return set(process.run(git, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]).split(b"\0"))


def _add_folders(paths: set[bytes]) -> set[bytes]:
    return paths | {folder for path in paths for folder in parent_folders(path)}


def _cache_key(base: str, check: Check, paths: Sequence[bytes]) -> str:
    """The name of an answer in the cache: base's commit, and a hash of the filled-in command."""
    arguments = changed_files.fill_command(check.run, paths).arguments
    return f"{base} {hashlib.sha256(bytes(1).join(arguments)).hexdigest()}"


def _parse_exit_code(stored: object, branch_junit: JUnit | None) -> int | None:
    """The exit code of a cached answer; None for no answer, or for fewer failures than in `branch_junit`."""
    if not (isinstance(stored, list) and len(stored) == 2 and type(stored[0]) is int):
        return None
    code, broken = stored
    fewer = (
        branch_junit is not None
        and isinstance(broken, int)
        and broken < branch_junit.failures + branch_junit.errors
    )
    return None if code in NO_ANSWER or fewer else code


def _run_on_base(
    at: AtWork, base: str, checks: Sequence[Check], paths: Sequence[bytes], now: int, hear: Hear
) -> dict[str, list[int | None]]:
    """Run the checks on base; return exit code and number of JUnit failures by cache key, and cache them."""

    def hear_base(event: Event) -> None:
        if not isinstance(event, Seen):  # base's result is no result of this run
            hear(replace(event, name=f"{event.name} on base") if isinstance(event, Begins) else event)

    answers = {}
    with fresh_worktree(at.git, at.place, base) as folder:
        runner = Runner(folder, at.place.common, at.fleet.policy, now=now, hear=hear_base, source=at.top)
        prepare_worktree(folder, at.top, runner, policy=at.fleet.policy, hear=hear_base)
        for check in checks:
            result = runner.check(check, paths)
            broken = result.junit.failures + result.junit.errors if result.junit else None
            answers[_cache_key(base, check, paths)] = [result.exit_code, broken]
    at.snapshot.cache.put(_KIND, answers.items())
    return answers


def keep_answer(store: Cache, base: str, check: Check, result: Seen) -> None:
    """Keep an answer that was got by another way, of a check that names no changed file."""
    broken = result.junit.failures + result.junit.errors if result.junit else None
    store.put(_KIND, [(_cache_key(base, check, ()), [result.exit_code, broken])])
