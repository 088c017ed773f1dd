"""The agent's side: the worktree it stands in, its branch, its task and the brief that counts.

Belongs here: where an agent's command runs, and when it cannot. Does not: what it writes (see `report`,
`verify`, `packet`, `done`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.fleet import snapshot
from agentledger.fleet.snapshot import Request, Snapshot
from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task, Work
from agentledger.repository.bases import HEADS


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """An agent's worktree while its snapshot is open. `asked` runs git at its top."""

    asked: Git
    place: Place
    top: Path
    taken: Snapshot
    branch: Branch
    work: Work
    task: Task

    @property
    def fleet(self) -> Fleet:
        """What was read: this branch, and every task."""
        return self.taken.fleet

    @property
    def folder(self) -> str:
        """The task's folder, from the top of the worktree."""
        return f".agentledger/tasks/{self.task.id}"

    @property
    def brief(self) -> Brief:
        """The brief that counts; LedgerError where the task has none."""
        if self.task.brief is None:
            told = f"nobody has written a brief for {escape_hidden(self.task.id)} yet"
            raise LedgerError(told, f"its manager writes one: agentledger plan {self.task.id}")
        return self.task.brief


class NotNow(LedgerError):
    """The branch cannot take a commit at this moment: HEAD is detached, or a rebase is half-way."""


@contextmanager
def open_worktree(start: Path, now: int, *, whole: bool = False, lines: bool = False) -> Iterator[AtWork]:
    """The worktree around `start`, for whoever works in it; `now` is in seconds since the epoch.

    Of the fleet only this branch is read, unless the `whole` is asked for. Raises NotNow; LedgerError inside
    a hook, in a bare repository, on base, and where the branch works on no task.
    """
    asked, place, name = locate_worktree(start)
    names = () if whole else (name,)
    with snapshot.open_snapshot(
        start, Request(branches=names, forecast=False, lines=lines, now=now, rules=False)
    ) as taken:
        branch, work, task = _resolve_task(taken.fleet, name)
        top = place.top or start
        yield AtWork(
            asked=replace(asked, cwd=top),
            place=place,
            top=top,
            taken=taken,
            branch=branch,
            work=work,
            task=task,
        )


def locate_worktree(start: Path) -> tuple[Git, Place, str]:
    """The repository, where it lies, and the branch that is checked out; errors as of `opened`."""
    if "GIT_INDEX_FILE" in os.environ:
        raise LedgerError(
            "this runs inside a git hook, which has an index of its own (GIT_INDEX_FILE)",
            "run it by itself, before or after the commit",
        )
    asked = process.repository_at(start)
    queries.read_version(asked)
    place = queries.locate_repository(asked)
    if place.top is None:
        raise LedgerError("there is no worktree here", "go into the worktree of an agent's branch")
    half = _pending_operation(place.directory)
    name = queries.read_head_ref(asked)
    if half or not name:
        told = f"{half} is half-way here" if half else "no branch is checked out here: HEAD is detached"
        hint = (
            f"finish it or abort it (git {half} --abort), then" if half else "git switch to your branch, then"
        )
        raise NotNow(told, f"{hint} run this again")
    return asked, place, name.removeprefix(HEADS)


def _pending_operation(directory: Path) -> str:
    """What git calls it that takes HEAD away for a while, or would not go back past a commit of ours: ''."""
    if (directory / "sequencer").exists():
        return "revert" if (directory / "REVERT_HEAD").exists() else "cherry-pick"
    if (directory / "rebase-apply" / "applying").exists():
        return "am"
    return "rebase" if any((directory / f"rebase-{kind}").exists() for kind in ("merge", "apply")) else ""


def _resolve_task(fleet: Fleet, name: str) -> tuple[Branch, Work, Task]:
    if name == fleet.base.name:
        raise LedgerError(
            f"{escape_hidden(name)} is the base, which works on no task",
            "run it in the worktree of an agent's branch: git worktree list shows them",
        )
    branch = next((b for b in fleet.branches if b.ref == HEADS + name), None)
    work = branch.work if branch else None
    task = next((each for each in fleet.tasks if work and each.id == work.task), None)
    if branch is None or work is None or task is None:
        problem = next(iter(branch.problems), None) if branch else None
        told = problem.message if problem else f"{escape_hidden(name)} works on no task"
        hint = (
            problem.hint
            if problem
            else "the manager hands one out: agentledger plan TASK, agentledger spawn TASK"
        )
        raise LedgerError(told, hint)
    return branch, work, task
