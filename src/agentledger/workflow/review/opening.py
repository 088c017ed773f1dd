"""Finds the branch that is to be reviewed, and the commit that a reviewer has looked at.

Belongs here: both, and the errors for a branch that is none, is gone or cannot be read, and for a head that moved.
Does not: what a reviewer is shown (see `look_at_branch`), or the verdict (see `decide`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentledger.attention import ended_tasks
from agentledger.attention.actions import next_action
from agentledger.attention.commands import SHORT, format_command, review_command
from agentledger.attention.reviewing import list_reviews
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import Snapshot
from agentledger.git.objects import read_object_info
from agentledger.model.absent import make_absent_error
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import ALIVE, Branch, Fleet, State
from agentledger.model.ledger_paths import folder_of_branch
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import escape_hidden, format_count
from agentledger.model.work import End, Task
from agentledger.reports.review.look_text import summarize_came
from agentledger.workflow.session.manager_context import Managing, open_managing

_ID = re.compile(r"[0-9a-f]{4,64}")


@contextmanager
def open_for_looking(start: Path, name: str, request: Request) -> Iterator[tuple[Snapshot, Branch]]:
    """Open the repository around `start` to look at one branch; nothing is written. Raises as `find_branch`."""
    with snapshot.open_snapshot(start, request) as taken:
        if branch := search_branch(taken.fleet, name):
            yield taken, _require_readable(branch, taken)
            return
        fleet = taken.fleet
    refs, branches = _read_beside(fleet, name)
    wanted = Request(branches=branches, refs=refs, pairs=request.pairs, pairs_of=name, now=request.now)
    with snapshot.open_snapshot(start, wanted) as taken:
        yield taken, _require_readable(find_branch(taken.fleet, name, fleet), taken)


@contextmanager
def open_for_verdict(start: Path, name: str, now: int) -> Iterator[tuple[Managing, Branch]]:
    """Open the repository around `start` for its manager, with the branch of this name.

    Raises LedgerError as `open_managing` and `find_branch` do.
    """
    with open_managing(start, now) as desk:
        if branch := search_branch(desk.fleet, name):
            yield desk, _require_readable(branch, desk.snapshot)
            return
        fleet = desk.fleet
    refs, branches = _read_beside(fleet, name)
    with open_managing(start, now, branches=branches, refs=refs) as desk:
        yield desk, _require_readable(find_branch(desk.fleet, name, fleet), desk.snapshot)


def _read_beside(fleet: Fleet, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The refs and the names to read where a branch is not called as agents call theirs."""
    refs = (name,) if name.startswith("refs/") else ()
    return refs, (name, *(branch.name for branch in fleet.branches if not branch.detached))


# -- which branch ---------------------------------------------------------------------------


def search_branch(fleet: Fleet, name: str) -> Branch | None:
    """Return the branch of this name or ref, else the only one that works on the task of this id; else None.

    Raises LedgerError where several work on it.
    """
    named = next((branch for branch in fleet.branches if branch.is_called(name)), None)
    working = [branch for branch in fleet.branches if branch.work and branch.work.task == name]
    working = [branch for branch in working if branch.state in ALIVE] or working
    if named is not None or not working:
        return named
    if len(working) > 1:
        names = ", ".join(sorted(escape_hidden(branch.name) for branch in working))
        count = format_count(len(working), "branch works", "branches work")
        raise LedgerError(
            f"{count} on {escape_hidden(name)}: {names}", "name the branch in place of the task"
        )
    return working[0]


def find_branch(fleet: Fleet, name: str, usual: Fleet) -> Branch:
    """Return the branch; `usual` is the fleet without what was asked for beside it.

    Raises LedgerError, with the command that helps, where there is none, or it is base or the control branch.
    """
    if name in (fleet.base.name, fleet.base.ref, fleet.base.other_ref):
        message = f"{escape_hidden(name)} is the base: it is what branches are compared with"
        raise LedgerError(message, "name the branch that is to merge into it: agentledger board lists them")
    if name.removeprefix("refs/heads/") == fleet.policy.control_branch:
        message = f"{escape_hidden(name)} is the manager's own branch, which never merges"
        raise LedgerError(message, "name an agent's branch: agentledger board lists them")
    if branch := search_branch(fleet, name):
        return branch
    task = next((task for task in usual.tasks if task.id == name), None)
    raise _nobody_works(task) if task else _unknown_branch(usual, name)


def _nobody_works(task: Task) -> LedgerError:
    if task.is_over or task.ending:
        ended = ended_tasks.describe_end(task)
        if task.ending and task.ending.end is End.GONE and task.ending.head:
            return _gone(task.ending.branch, task.ending.head)
        return LedgerError(
            f"no branch of {escape_hidden(task.id)} is here: it is {ended}",
            "agentledger board --all lists it",
        )
    if task.elsewhere:
        where = ", ".join(map(escape_hidden, task.elsewhere))
        return LedgerError(
            f"no branch of {escape_hidden(task.id)} is here", f"fetch it: git fetch; it is {where}"
        )
    hint = f"hand it out first: agentledger spawn {escape_hidden(task.id)}"
    return LedgerError(f"nobody works on {escape_hidden(task.id)} yet", hint)


def _unknown_branch(fleet: Fleet, name: str) -> LedgerError:
    """The error for a branch that is not here: one that was handed out has a last head."""
    heads = [a.head for task in fleet.tasks for a in task.attempts if a.branch == name and a.head]
    if heads:
        return _gone(name, heads[0])
    known = [*(branch.name for branch in fleet.branches), *(task.id for task in fleet.tasks)]
    hint = "agentledger board --all lists all branches"
    return unknown_name_error("branch or task", name, known, hint, most=0)


def _gone(name: str, head: str) -> LedgerError:
    back = format_command(("git", "branch"), name, head[:SHORT]) or "git branch"
    hint = f"{back} brings back what was seen last, where this clone has it"
    return LedgerError(f"the branch {escape_hidden(name)} is gone", hint)


def _require_readable(branch: Branch, taken: Snapshot) -> Branch:
    name = escape_hidden(branch.name)
    if branch.state is State.UNREADABLE:
        action = next_action(branch, taken.fleet.base)
        hint = f"{action.text}: {action.command}" if action and action.command else "git fsck shows more"
        raise LedgerError(f"{name} could not be read: {escape_hidden(branch.state_why)}", hint)
    if branch.detached:
        raise LedgerError(
            f"{name} is a worktree without a branch, which cannot merge",
            "give it one there first: git switch -c NAME",
        )
    if branch.absent:
        raise make_absent_error(branch.absent, f"{name} cannot be reviewed here", taken.unfetched)
    return branch


def folder_of(branch: Branch) -> str:
    """Return the folder of the control branch that a branch's reviews are in."""
    return branch.work.task if branch.work else folder_of_branch(branch.name)


# -- which commit ---------------------------------------------------------------------------


def resolve_head(taken: Snapshot, branch: Branch, given: str) -> str:
    """Return the full id of the commit that was looked at, an abbreviation of which is `given`; "" is the head.

    Raises LedgerError where that is no commit, and where the branch's change is another by now.
    """
    if not given:
        return branch.head
    commit = find_commit(taken, branch, given)
    if not taken.judge_commit(branch, commit).holds:
        came = summarize_came(taken.came_since(branch, commit))
        message = f"{escape_hidden(branch.name)} is not what was looked at any more; {came}"
        raise LedgerError(
            message, f"look at it as it is now: {review_command(branch) or 'agentledger review'}"
        )
    return commit


def find_commit(taken: Snapshot, branch: Branch, given: str) -> str:
    """Return the full id of a commit of this clone; LedgerError where there is none, or where it is not clear."""
    again = f"look at it as it is now: {review_command(branch) or 'agentledger review'}"
    typed, given = given, given.lower()
    if not _ID.fullmatch(given):
        raise LedgerError(f"--head takes a commit's id, and not {escape_hidden(typed[:80])}", again)
    own = [commit.id for commit in branch.commits if commit.id.startswith(given)]
    if branch.head.startswith(given):
        return branch.head
    if len(own) == 1:
        return own[0]
    commit, kind, _ = read_object_info(taken.sealed, [f"{given}^{{commit}}"])[0]
    if kind != "commit":
        raise LedgerError(f"this clone has no commit {given}, or several that begin so", again)
    return commit


def refuse_later_review(branch: Branch, after: str | None) -> None:
    """Raise LedgerError where another review came than the one that was newest when the reviewer looked."""
    newest = next(iter(list_reviews(branch)), None)
    if after is None or newest is None or newest.name == after:
        return
    message = f"{escape_hidden(newest.reviewer)} has reviewed {escape_hidden(branch.name)} meanwhile: {newest.verdict}"
    raise LedgerError(message, f"look at it again: {review_command(branch) or 'agentledger review'}")
