"""Check a task or a branch by its name alone, at the gate that it comes to next.

Belongs here: what a name means, and which gate that is. Does not: checking at a gate that was asked for (see
`check`), or a commit that is not made yet (see `commit`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from agentledger.attention.commands import format_command
from agentledger.attention.turn import is_finished
from agentledger.fleet import snapshot
from agentledger.fleet.request import Progress, Request, ignore_progress
from agentledger.fleet.snapshot import Snapshot
from agentledger.gates import check, commit
from agentledger.git import process, queries
from agentledger.model.errors import LedgerError
from agentledger.model.findings import Gate, Report
from agentledger.model.fleet import ALIVE, Branch, State, Sync
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task
from agentledger.repository import robots


def check_named(
    start: Path, name: str, gate: Gate | None, request: Request, progress: Progress = ignore_progress
) -> Report:
    """Check a task or a branch at `gate`, None for the one that comes next; a task comes before a branch.

    A task that nobody works on yet is checked at spawn, any other by its branch. Raises LedgerError, with near
    names, where nothing has that name, and where several branches work on the task, or all have ended.
    """
    if gate is Gate.MERGE:
        request = replace(request, group=name)
    with snapshot.open_snapshot(start, request, progress) as taken:
        if taken.group:
            return check.check_group(taken, taken.group)
        task = next((each for each in taken.fleet.tasks if each.id == name), None)
        branch = check.find_branch(taken.fleet, name)
        if task is not None:
            return _note_both(_check_task(start, taken, task, gate), name, branch)
        if branch is not None and gate is Gate.SPAWN:
            about = branch.work.task if branch.work else "TASK"
            message = f"{escape_hidden(name)} is a branch, and what is handed out at spawn is a task"
            raise LedgerError(message, f"agentledger check --task {escape_hidden(about)}")
        if branch is not None:
            return _check_branch(start, taken, branch, gate)
        known = [*(each.id for each in taken.fleet.tasks), *(each.name for each in taken.fleet.branches)]
    # Perhaps a branch that is not an agent's by its name.
    usual = Gate.MERGE if robots.is_queue(name) else Gate.READY
    try:
        return check.check_branch(start, name, gate or usual, request=request, progress=progress)
    except check.UnknownBranch as error:
        every = "`agentledger board --all` lists every task and every branch"
        raise unknown_name_error("task or branch", name, known, every, most=0) from error


def next_gate(branch: Branch) -> Gate:
    """The gate that a branch comes to next, by what it has and by how far its work is.

    Commit, as long as it has no code; merge, once it is said to be ready. In between it is push where it has
    commits that its pushed copy lacks, else ready.
    """
    if not branch.code_changes:
        return Gate.COMMIT
    if is_finished(branch):
        return Gate.MERGE
    return Gate.PUSH if branch.sync in (Sync.AHEAD, Sync.DIVERGED) else Gate.READY


_WHY = {
    Gate.COMMIT: "it has no code yet",
    Gate.PUSH: "it has commits that are not pushed",
    Gate.READY: "it is not said to be ready yet",
    Gate.MERGE: "it is said to be ready",
}


def _check_task(start: Path, taken: Snapshot, task: Task, gate: Gate | None) -> Report:
    """Check a task at spawn where that was asked for or nobody works on it yet, else its one branch."""
    branches = [b for b in taken.fleet.branches if b.work and b.work.task == task.id]
    if gate is Gate.SPAWN or (gate is None and not branches and task.outcome is None):
        why = () if gate else (f"asked at spawn: nobody works on {escape_hidden(task.id)} yet",)
        return Report(Gate.SPAWN, task.id, taken.spawn(task.id), (*why, *check.printable_notes(taken.fleet)))
    alive = [b for b in branches if b.state in (*ALIVE, State.UNREADABLE)]
    if len(alive) != 1:
        raise _not_one_error(task, alive, branches)
    return _check_branch(start, taken, alive[0], gate)


def _not_one_error(task: Task, alive: list[Branch], branches: list[Branch]) -> LedgerError:
    """The error for a task of which not exactly one branch can be checked."""
    name = escape_hidden(task.id)
    if alive:
        names = ", ".join(sorted(escape_hidden(b.name) for b in alive))
        command = format_command(("agentledger", "check"), min(b.name for b in alive))
        return LedgerError(f"{len(alive)} branches work on {name}: {names}", f"name one of them: {command}")
    if not branches and task.outcome is None:
        return LedgerError(f"nobody works on {name} yet", f"agentledger check {name} checks it at spawn")
    return _ended_error(name, str(task.outcome.outcome if task.outcome else branches[0].state), branches)


def _ended_error(name: str, how: str, branches: list[Branch]) -> LedgerError:
    """The error for what has ended: its branch is checked only where a gate is named."""
    hint = "agentledger board --all shows what has ended"
    if branches:
        hint = f"{format_command(('agentledger', 'check', '--gate', 'merge', '--branch'), branches[0].name)} checks it"
    return LedgerError(f"{escape_hidden(name)} has ended ({how}), so no gate comes next", hint)


def _check_branch(start: Path, taken: Snapshot, branch: Branch, gate: Gate | None) -> Report:
    """Check one branch at the gate that was asked for, else at the next one, and say which that was."""
    if gate is not None or branch.state is State.UNREADABLE:
        return check.check_one_branch(taken, branch, gate or Gate.READY)
    if branch.state not in ALIVE:
        raise _ended_error(branch.name, str(branch.state), [branch])
    chosen = next_gate(branch)
    folder = _worktree_of(start, branch) if chosen is Gate.COMMIT else None
    if folder is None:
        report = check.check_one_branch(taken, branch, chosen)
    else:
        _, findings = commit.check_commit(os.environ, folder, taken.fleet.now)
        report = Report(Gate.COMMIT, branch.name, findings, check.printable_notes(taken.fleet))
    staged = "; what is staged in its worktree is checked" if folder else ""
    why = f"asked at {chosen}, for {escape_hidden(branch.name)}: {_WHY[chosen]}{staged}"
    return replace(report, notes=(why, *report.notes))


def _worktree_of(start: Path, branch: Branch) -> Path | None:
    """Where the branch is checked out; None where it is nowhere."""
    checkouts = queries.read_worktrees(process.repository_at(start))
    return next((c.path for c in checkouts if c.branch == branch.ref and not c.prunable), None)


def _note_both(report: Report, name: str, branch: Branch | None) -> Report:
    """The report on a task, with a note where a branch has the same name."""
    if branch is None:
        return report
    shown = escape_hidden(name)
    other = format_command(("agentledger", "check", "--branch"), branch.ref)
    note = f"{shown} is a task and a branch, and the task is taken; {other} checks the branch"
    return replace(report, notes=(note, *report.notes))
