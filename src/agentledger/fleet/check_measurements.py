"""What this clone has measured of checks where a task's work begins: their result there, and with garbage in its files.

Belongs here: under which key such a result is kept in the cache, its form, and which branch it is about. Does not:
running a check (see `workflow.verify.measure_checks`), or what follows from it (see `rules.check_worth`).

A result is kept by commit and command. What is kept here is known to this clone alone: another one says nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentledger.attention import progress
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Brief
from agentledger.model.policy import Policy
from agentledger.model.work import Task
from agentledger.storage.cache import Cache, Form

RESULTS = "check-on-base"  # kinds of the cache's entries
PROBES = "check-with-garbage"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitResult:
    """What came of a check on a commit."""

    exit_code: int
    seconds: float
    #: How many failures its report lists, whatever the exit code.
    broken: int
    #: How many tests it said it had; None where it said nothing.
    tests: int | None
    #: A runner's words for that it ran no test; "" for none.
    nothing_run: str
    #: What its output says that it lacked to run; "" for nothing.
    lacking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageResult:
    """What came of a check with garbage in the place of files; `first` is one of them, for people."""

    passed: bool
    files: int
    first: str


RESULT_FORM: Form[CommitResult] = Form(
    lambda each: [each.exit_code, each.seconds, each.broken, each.tests, each.nothing_run, each.lacking],
    lambda row: CommitResult(
        exit_code=int(row[0]),
        seconds=float(row[1]),
        broken=int(row[2]),
        tests=None if row[3] is None else int(row[3]),
        nothing_run=str(row[4]),
        lacking=str(row[5]),
    ),
)
PROBE_FORM: Form[GarbageResult] = Form(
    lambda each: [each.passed, each.files, each.first],
    lambda row: GarbageResult(passed=row[0] is True, files=int(row[1]), first=str(row[2])),
)


def result_key(commit: str, command: str) -> str:
    """The key of a check's result on a commit."""
    return f"{commit} {_digest(command)}"


def probe_key(commit: str, command: str, brief: Brief, policy: Policy) -> str:
    """The key of the same with garbage: the brief's and policy's patterns say in which files that was."""
    patterns = (brief.owns, brief.off_limits, policy.tests, policy.generated, policy.protected)
    return f"{commit} {_digest(command)} {_digest(json.dumps(patterns))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def read_blind_checks(
    store: Cache | None, policy: Policy, branches: Sequence[tuple[Branch, Task | None]]
) -> dict[str, dict[str, str]]:
    """By a branch's ref, the checks that passed with garbage where its work began, each with where that was.

    `branches` are with the task that counts for each. Without a store nothing is known.
    """
    keys: dict[str, tuple[str, str, str]] = {}
    for branch, task in branches if store else ():
        if task is None or task.brief is None:
            continue
        checks = progress.required_checks(task.brief, policy, [change.path for change in branch.code_changes])
        for commit in list_starts(branch, task):
            for check in checks:
                keys[probe_key(commit, check.run, task.brief, policy) + branch.ref] = (
                    branch.ref,
                    check.name,
                    commit,
                )
    return _blind_by_ref(store, keys) if store and keys else {}


def _blind_by_ref(store: Cache, keys: Mapping[str, tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    rows = {key: key[: -len(ref)] for key, (ref, _, _) in keys.items()}
    stored = store.get(PROBES, rows.values())
    blind: dict[str, dict[str, str]] = {}
    for key, (ref, check, commit) in keys.items():
        probe = load_row(PROBE_FORM, stored.get(rows[key]))
        if probe is not None and probe.passed:
            blind.setdefault(ref, {})[check] = f"{describe_files(probe)} at {commit[:12]}"
    return blind


def list_starts(branch: Branch, task: Task) -> Sequence[str]:
    """The commits at which a branch's work may have begun: as it was handed out, and as its history has it."""
    handed_out = (attempt.base for attempt in task.attempts if attempt.branch == branch.name)
    stands = (stand.commit for stand in branch.stands_on)
    return tuple(dict.fromkeys(filter(None, (*stands, *handed_out, *branch.merge_bases))))


def load_row(form: Form[Any], row: object) -> Any:
    """The value of a stored row; None where it is in no such form: anybody may have written it."""
    try:
        return form.load(row)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError):
        return None


def describe_files(probe: GarbageResult) -> str:
    """The files that garbage was put in the place of, in words."""
    more = f" and {probe.files - 1:,} more" if probe.files > 1 else ""
    return f"{probe.first}{more}"
