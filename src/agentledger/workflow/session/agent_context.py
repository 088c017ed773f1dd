"""What an agent's command knows when it starts: its worktree, its branch, its task and the brief that counts.

Belongs here: finding these, and refusing where the command cannot run. Does not: what a command writes (see
`report.write_check_in`, `verify.run_checks`, `handover.write_packet`, `handover.done`).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.fleet import fleet_facts, snapshot
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import Snapshot
from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model import ledger_paths
from agentledger.model.absent import make_absent_error
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.text import decode, escape_hidden
from agentledger.model.work import Progress, Task, Work
from agentledger.repository.bases import HEADS
from agentledger.repository.worktree_task import read_made_for
from agentledger.scope.task_scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """An agent's worktree while its snapshot is open."""

    #: Runs git at the top of the worktree, whatever folder the command was started in.
    git: Git
    #: The git directory of this worktree, and the one that all worktrees share.
    place: Place
    #: The top folder of the worktree.
    top: Path
    #: The open snapshot. Of its fleet only this branch is read, unless `open_worktree` was given `all_branches`.
    snapshot: Snapshot
    branch: Branch
    #: What the branch itself has in the ledger: check-ins, evidence, packet, its copy of the brief.
    work: Work
    #: The task that the branch works on, with the brief that counts.
    task: Task

    @property
    def fleet(self) -> Fleet:
        """What the snapshot has read: this branch (or all of them), and every task."""
        return self.snapshot.fleet

    @property
    def folder(self) -> str:
        """The task's folder, from the top of the worktree."""
        return ledger_paths.task_folder(self.task.id)

    @property
    def scope(self) -> Scope | None:
        """The scope of the brief that counts; None without one."""
        return fleet_facts.scope_of(self.task.brief, self.fleet) if self.task.brief else None

    @property
    def brief(self) -> Brief:
        """The brief that counts. Raises LedgerError where the task has none."""
        if self.task.brief is None:
            message = f"nobody has written a brief for {escape_hidden(self.task.id)} yet"
            raise LedgerError(message, f"its manager writes one: agentledger plan {self.task.id}")
        return self.task.brief


class NotNow(LedgerError):
    """The branch cannot take a commit now: HEAD is detached, or a rebase or another operation is half-way."""


@contextmanager
def open_worktree(
    start: Path, now: int, *, all_branches: bool = False, lines: bool = False
) -> Iterator[AtWork]:
    """Open the worktree around `start` for the agent in it, until the block ends.

    `now` is in seconds since the epoch. Only this branch is read, or the whole fleet with `all_branches`.
    `lines` counts the changed lines of each file. Raises NotNow where the branch cannot take a commit, and
    LedgerError inside a git hook, in a bare repository, on base, where the branch works on no task, and where a
    partial clone lacks something about it and cannot fetch it.
    """
    git, place, name = locate_worktree(start)
    names = () if all_branches else (name,)
    request = Request(branches=names, forecast=False, lines=lines, now=now, rules=False, fetch=True)
    with snapshot.open_snapshot(start, request) as taken:
        _refuse_unknown(taken, name)
        branch, work, task = _resolve_task(git, taken.fleet, name)
        top = place.top or start
        branch = taken.with_standing(branch) if _needs_merges(branch) else branch
        yield AtWork(
            git=replace(git, cwd=top),
            place=place,
            top=top,
            snapshot=taken,
            branch=branch,
            work=work,
            task=task,
        )


def locate_worktree(start: Path) -> tuple[Git, Place, str]:
    """Return git at `start`, where the repository is, and the name of the branch checked out.

    Raises NotNow, and LedgerError inside a git hook, in a bare repository, and for a git that is too old.
    """
    # `git commit` gives its hooks an index of their own, and puts that in place when it is done: what is
    # staged meanwhile can be lost.
    if "GIT_INDEX_FILE" in os.environ:
        raise LedgerError(
            "this runs inside a git hook, which has an index of its own (GIT_INDEX_FILE)",
            "run it by itself, before or after the commit",
        )
    git = process.repository_at(start)
    queries.read_version(git)
    place = queries.locate_repository(git)
    if place.top is None:
        raise LedgerError("there is no worktree here", "go into the worktree of an agent's branch")
    operation = _pending_operation(place.directory)
    name = queries.read_head_ref(git)
    if operation or not name:
        message = (
            f"{operation} is half-way here"
            if operation
            else "no branch is checked out here: HEAD is detached"
        )
        raise NotNow(message, f"{_way_back(git, place, operation)}, then run this again")
    return git, place, name.removeprefix(HEADS)


def _way_back(git: Git, place: Place, operation: str) -> str:
    """What to type where an operation is half-way, or else HEAD is detached, so that nothing is left behind."""
    if operation:
        # Nobody is there to edit a message.
        go_on = f"GIT_EDITOR=true git {operation} --continue"
        return f"finish it: {go_on}, or abort it (git {operation} --abort)"
    return _bring_to_task(git, read_made_for(place.directory), "HEAD") or "git switch to your branch"


def _bring_to_task(git: Git, task: str, commits: str) -> str:
    """The command that brings commits to the branch of a worktree's task; '' where that is not clear."""
    pattern = f"refs/heads/**/{task}"
    refs = process.run(git, ["for-each-ref", "--format=%(refname)", pattern]).split() if task else []
    if len(refs) != 1:
        return ""
    commit = process.run(git, ["rev-parse", "--short", f"{commits}^{{commit}}"]).decode().strip()
    branch = shlex.quote(escape_hidden(decode(refs[0]).removeprefix(HEADS)))
    return f"bring it to the task's branch: git switch {branch} && git merge --no-edit {commit}"


def _pending_operation(directory: Path) -> str:
    """The git command that is half-way in this git directory and that a commit of ours would disturb, or ''.

    Such a command either detaches HEAD for a while (rebase), or refuses to go back past a commit that it did
    not make (am, cherry-pick, revert). A merge is none of them: a commit of ours beside it does no harm.
    """
    # `sequencer` is there only for a row of several commits; a single pick is a state like a merge.
    if (directory / "sequencer").exists():
        return "revert" if (directory / "REVERT_HEAD").exists() else "cherry-pick"
    if (directory / "rebase-apply" / "applying").exists():
        return "am"
    return "rebase" if any((directory / f"rebase-{kind}").exists() for kind in ("merge", "apply")) else ""


def _needs_merges(branch: Branch) -> bool:
    """Could base merged in, or a rebase, be taken for more code of the agent's, or for another change than reviewed?"""
    standing = branch.standing
    if standing is None:
        return False
    return standing.progress is Progress.LAPSED or not all(f.holds for f in standing.reviews_fresh.values())


def _refuse_unknown(taken: Snapshot, name: str) -> None:
    """Raise LedgerError where a partial clone lacks what decides about the branch, and cannot fetch it."""
    branch = next((b for b in taken.fleet.branches if b.ref == HEADS + name), None)
    absent = branch.absent if branch else taken.fleet.absent
    if absent:
        raise make_absent_error(absent, f"{escape_hidden(name)}: nothing is done", taken.unfetched)


def _resolve_task(git: Git, fleet: Fleet, name: str) -> tuple[Branch, Work, Task]:
    """The branch of this name, its part of the ledger, and its task. Raises LedgerError where it has none."""
    if name == fleet.base.name:
        raise LedgerError(
            f"{escape_hidden(name)} is the base, which works on no task",
            "run it in the worktree of an agent's branch: git worktree list shows them",
        )
    branch = next((b for b in fleet.branches if b.ref == HEADS + name), None)
    work = branch.work if branch else None
    task = fleet.task_of(work) if work else None
    if branch is None or work is None or task is None:
        if made_for := branch.worktree.made_for if branch and branch.worktree else "":
            raise LedgerError(
                f"{escape_hidden(name)} works on no task; this worktree was made for {escape_hidden(made_for)}",
                (
                    _bring_to_task(git, made_for, HEADS + name)
                    or "git switch to the branch of that task, which agentledger board shows"
                )
                + ", then run this again",
            )
        # Reading the branch may have found out why already.
        problem = next(iter(branch.problems), None) if branch else None
        message = problem.message if problem else f"{escape_hidden(name)} works on no task"
        hint = (
            problem.hint
            if problem
            else "the manager hands one out: agentledger plan TASK, agentledger spawn TASK"
        )
        raise LedgerError(message, hint)
    return branch, work, task
