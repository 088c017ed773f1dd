"""Finds which files of a brief's scope live branches change already, briefed or not, committed or not; and says so.

Belongs here: the files, the branches, and the sentences that `plan` and `spawn` share. Does not: two scopes that meet
(see `neighbours`), or branches that collide, for which both need code (see `collisions.forecast_pairs`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from agentledger.fleet import fleet_facts
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.ledger import Brief
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import HIDDEN, decode, encode, escape_hidden, format_count, format_path
from agentledger.model.work import find_dependencies
from agentledger.scope.patterns import escape_pattern
from agentledger.scope.task_scope import Scope, first_match
from agentledger.workflow.plan import plan_draft
from agentledger.workflow.session.manager_context import Managing

FILES, BRANCHES = 5, 3  # so many are named; more are counted


class Toucher(NamedTuple):
    """A branch that changes a file: its name, its task ("" for none), and whether none of that is committed yet."""

    name: str
    task: str
    is_loose: bool


@dataclass(frozen=True, slots=True)
class LiveFiles:
    """The files of a scope that live branches change, those that most change first."""

    by_path: Mapping[bytes, tuple[Toucher, ...]]
    #: Is anything left of the scope without these files?
    leaves_more: bool = True


def find_live_files(desk: Managing, brief: Brief, paths: Sequence[bytes]) -> LiveFiles:
    """Return what other live branches change within the brief's scope; `paths` are all files of base.

    What depends on the task, or the task on it, is left out: of these one comes after the other. So are files that
    every task may change, and generated ones.
    """
    fleet, scope = desk.fleet, fleet_facts.scope_of(brief, desk.fleet)
    by_path: dict[bytes, list[Toucher]] = {}
    for branch in sorted(_list_live(fleet, brief), key=lambda b: b.name):
        committed = {change.path for change in branch.code_changes}
        for path in sorted(committed | _list_uncommitted(desk, branch)):
            if _counts(fleet, scope, path):
                task = branch.work.task if branch.work else ""
                by_path.setdefault(path, []).append(Toucher(branch.name, task, path not in committed))
    hottest = sorted(by_path, key=lambda path: (-len(by_path[path]), path))
    left = any(scope.holds(path) and path not in by_path for path in paths)
    return LiveFiles({path: tuple(by_path[path]) for path in hottest}, left)


def _list_live(fleet: Fleet, brief: Brief) -> Iterator[Branch]:
    briefs = {task.id: task.brief for task in fleet.tasks} | {brief.task: brief}
    needs = find_dependencies(brief.task, briefs)
    for branch in fleet.branches:
        task = branch.work.task if branch.work else ""
        related = task and (
            task == brief.task or task in needs or brief.task in find_dependencies(task, briefs)
        )
        if branch.state is State.OPEN and not related:
            yield branch


def _counts(fleet: Fleet, scope: Scope, path: bytes) -> bool:
    shared = (*fleet.policy.open, *fleet.policy.generated)
    return (
        scope.holds(path)
        and not path.startswith(LEDGER_BYTES)
        and first_match(map(encode, shared), path) is None
    )


def _list_uncommitted(desk: Managing, branch: Branch) -> set[bytes]:
    """The paths that lie uncommitted in the worktree of a branch, as far as git status named them."""
    view = desk.observation.dirty.get(branch.ref)
    return {each.path for each in view.files} if view else set()


def warn_of_live_files(desk: Managing, brief: Brief | None) -> list[str]:
    """Return the sentences for a task that is about to be handed out."""
    if brief is None:
        return []
    live = find_live_files(desk, brief, plan_draft.read_base_paths(desk))
    return describe_live_files(brief.task, live)


# -- sentences ---------------------------------------------------------------------------


def describe_live_files(task: str, live: LiveFiles, settled: Set[str] = frozenset()) -> list[str]:
    """Sentences on who changes which file, and the commands with which the two do not collide.

    `settled` are tasks of which it is said already how the two go one after the other.
    """
    lines = [
        f"hot: {format_path(path)} is being changed by {_name_touchers(touchers)}"
        for path, touchers in list(live.by_path.items())[:FILES]
    ]
    if len(live.by_path) > FILES:
        lines.append(
            f"hot: {format_count(len(live.by_path) - FILES, 'more file')} of its scope are being changed"
        )
    return lines + list(_describe_ways_out(task, live, settled))


def _name_touchers(touchers: Sequence[Toucher]) -> str:
    names = [escape_hidden(each.name) + _mark(each) for each in touchers[:BRANCHES]]
    more = len(touchers) - len(names)
    return f"{', '.join(names)}{f' and {more} more' if more else ''}"


def _mark(toucher: Toucher) -> str:
    marks = ["" if toucher.task else "no brief", "not committed yet" if toucher.is_loose else ""]
    marked = ", ".join(filter(None, marks))
    return f" ({marked})" if marked else ""


def _describe_ways_out(task: str, live: LiveFiles, settled: Set[str]) -> Iterator[str]:
    others = {toucher.task for each in live.by_path.values() for toucher in each} - settled
    tasks = [other for other in sorted(others) if other and not HIDDEN.search(other)]
    plan = f"agentledger plan {escape_hidden(task)}"
    ways = []
    if tasks:
        flags = " ".join(f"--add-depends-on {shlex.quote(other)}" for other in tasks[:BRANCHES])
        ways.append(f"one after the other: {plan} {flags}")
    files = [path for path in live.by_path if not HIDDEN.search(decode(path))][:FILES]
    if files and live.leaves_more:
        flags = " ".join(f"--add-off-limits {shlex.quote(decode(escape_pattern(path)))}" for path in files)
        ways.append(f"keep out of these: {plan} {flags}")
    if ways:
        yield f"to avoid a collision: {'; or '.join(ways)}"
