"""Runs a failing check on base as well: where it also fails there, the branch is not to blame.

Belongs here: whether base can give an answer, and that answer, run once for each base commit and command. Does
not: what follows from it (see `rules.evidence`).

Only a check that did not pass by itself is run, since only then it matters. No answer is better than a wrong
one, which would let a failure pass. So there is no answer for a command that names a file which base does not
have, or is steered by one; and for one that cannot be run in a fresh worktree, or takes too long there. How an
answer is compared is in `base_answer`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from agentledger.git.objects import read_files
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import Check
from agentledger.model.paths import parent_folders
from agentledger.model.policy import Policy
from agentledger.model.text import encode
from agentledger.running import changed_files
from agentledger.running.lacking import CANNOT_RUN
from agentledger.storage.cache import Cache
from agentledger.workflow.verify import could_not_run
from agentledger.workflow.verify.base_answer import Answer, compare_results, keep_result, load_answer
from agentledger.workflow.verify.fresh_worktree import fresh_worktree, prepare_worktree
from agentledger.workflow.verify.one_check import Begins, Event, Hear, Runner, Seen

_KIND = "base-answer"  # of the cache's entries
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseBench:
    """What it takes to run checks on base."""

    #: The user's repository.
    git: Git
    place: Place
    #: The top of the worktree with the files that policy copies.
    source: Path
    #: Commits: base's tip, and the branch's head.
    base: str
    head: str
    policy: Policy
    #: Where answers are kept; None: each is asked anew.
    cache: Cache | None
    #: In seconds since the epoch.
    now: int
    hear: Hear


def compare_with_base(
    bench: BaseBench, results: Sequence[Seen], paths: Sequence[bytes]
) -> tuple[tuple[Seen, ...], tuple[str, ...]]:
    """The results, with base's answer for those that did not pass, and sentences about what went wrong.

    `paths` are the changed files. A result without an answer stays as it is.
    """
    failed = [each for each in results if not each.passed]
    if not failed:
        return tuple(results), ()
    base_paths = _read_tracked(bench.git, bench.base)
    missing = _add_folders(_read_tracked(bench.git, bench.head)) - _add_folders(base_paths)
    # A new Makefile or package.json can change what any command does.
    if any(map(STEERING.fullmatch, missing)):
        return tuple(results), ()
    paths = [path for path in paths if path in base_paths]
    checks = [each.check for each in failed if _is_valid_on_base(each.check, paths, missing)]
    try:
        answers = _find_answers(bench, checks, paths) if checks else {}
    except LedgerError as error:
        return tuple(results), (f"it was not tried on base: {error.message}",)
    return tuple(_add_answer(each, answers.get(each.check), bench.base) for each in results), ()


def _add_answer(result: Seen, answer: Answer | None, base: str) -> Seen:
    if answer is None or answer.exit_code in NO_ANSWER:
        return result
    return replace(result, on_base=compare_results(result, answer, base))


def can_run_on_base(git: Git, base: str, head: str, check: Check, paths: Sequence[bytes]) -> bool:
    """Would a check do the same at both commits? Not where it names, or is steered by, a file that base lacks."""
    base_paths = _read_tracked(git, base)
    missing = _add_folders(_read_tracked(git, head)) - _add_folders(base_paths)
    paths = [path for path in paths if path in base_paths]
    return not any(map(STEERING.fullmatch, missing)) and _is_valid_on_base(check, paths, missing)


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
    return set(read_files(git, commit))


def _add_folders(paths: set[bytes]) -> set[bytes]:
    return paths | {folder for path in paths for folder in parent_folders(path)}


def _cache_key(base: str, check: Check, paths: Sequence[bytes]) -> str:
    """The name of an answer in the cache: base's commit, and a hash of the filled-in command and its report."""
    arguments = changed_files.fill_command(check.run, paths).arguments
    words = bytes(1).join([*arguments, encode(check.junit or "")])
    return f"{base} {hashlib.sha256(words).hexdigest()}"


def _find_answers(bench: BaseBench, checks: Sequence[Check], paths: Sequence[bytes]) -> dict[Check, Answer]:
    """Base's answers, out of the cache as far as it has them."""
    keys = {check: _cache_key(bench.base, check, paths) for check in checks}
    stored = bench.cache.get(_KIND, keys.values()) if bench.cache else {}
    loaded = {check: load_answer(stored.get(key)) for check, key in keys.items()}
    answers = {check: answer for check, answer in loaded.items() if answer is not None}
    todo = [check for check in checks if check not in answers]
    fresh = _run_on_base(bench, todo, paths) if todo else {}
    if bench.cache:
        bench.cache.put(_KIND, [(keys[check], asdict(answer)) for check, answer in fresh.items()])
    return answers | fresh


def _run_on_base(bench: BaseBench, checks: Sequence[Check], paths: Sequence[bytes]) -> dict[Check, Answer]:
    """Run the checks on base."""

    def hear_base(event: Event) -> None:
        if not isinstance(event, Seen):  # base's result is no result of this run
            bench.hear(replace(event, name=f"{event.name} on base") if isinstance(event, Begins) else event)

    answers = {}
    with fresh_worktree(bench.git, bench.place, bench.base) as folder:
        runner = Runner(
            folder, bench.place.common, bench.policy, now=bench.now, hear=hear_base, source=bench.source
        )
        prepare_worktree(folder, bench.source, runner, policy=bench.policy, hear=hear_base)
        empty = could_not_run.find_empty_submodules(could_not_run.read_tree(bench.git, bench.base), folder)
        for check in checks:
            result = runner.check(check, paths)
            if could_not_run.explain_perhaps(result, empty):
                # What a fresh worktree lacks makes no failure of base's.
                answers[check] = Answer(CANNOT_RUN[-1])
            elif answer := keep_result(result):
                answers[check] = answer
    return answers


def keep_answer(store: Cache, base: str, check: Check, result: Seen) -> None:
    """Keep an answer that was got by another way, of a check that names no changed file."""
    if answer := keep_result(result):
        store.put(_KIND, [(_cache_key(base, check, ()), asdict(answer))])
