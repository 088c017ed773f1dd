"""What a manager's command starts with, the whole fleet, and the one way it writes: a commit to the control branch.

Belongs here: what every manager's command needs before it writes, and the writing itself. Does not: what is
written (see `plan.plan_task`, `manage.answer`, `manage.brief_decision`, `manage.allow`), or publishing it (see
`manage.sync`).

No work tree and no index is touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentledger.control import append as control_append
from agentledger.control.append import Contents
from agentledger.control.commit_writer import Made, read_identity
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import Snapshot
from agentledger.git import process, queries
from agentledger.git.leftovers import FETCH_AGAIN
from agentledger.git.process import Git
from agentledger.ledger.unknown import decides_elsewhere, find_undecided_task
from agentledger.model.absent import make_absent_error
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import decode, escape_hidden
from agentledger.model.work import Task
from agentledger.repository.bases import HEADS
from agentledger.repository.remotes import list_remotes
from agentledger.repository.repository_state import Observation, observe_repository


@dataclass(frozen=True, slots=True)
class Managing:
    """A repository as its manager sees it, while the snapshot is open."""

    #: Runs git in the user's own repository, with their settings; `snapshot.sealed` is the sealed one.
    git: Git
    #: Refs, worktrees and place of the repository, as they were when the command started.
    observation: Observation
    snapshot: Snapshot

    @property
    def fleet(self) -> Fleet:
        """Every branch and task, as the snapshot has read them."""
        return self.snapshot.fleet

    @property
    def ref(self) -> str:
        """The full name of the control branch, whether that branch exists or not."""
        return HEADS + self.fleet.policy.control_branch

    @property
    def publishes(self) -> bool:
        """Is there a remote that the control branch can be pushed to?"""
        return bool(list_remotes(queries.read_config(self.git)))

    @property
    def own_email(self) -> str:
        """The e-mail address of whoever commits here. Raises LedgerError where git knows no author."""
        return parse_email(read_identity(self.git).author)

    def find(self, name: str) -> Task | None:
        """The task with this id, or the one that the branch of this name works on; None without one."""
        branch = self.branch(name)
        works_on = branch.work.task if branch and branch.work else ""
        return self.fleet_task(name) or self.fleet_task(works_on)

    def task(self, name: str) -> Task:
        """The same as `find`. Raises LedgerError, with near names, where there is none."""
        task = self.find(name)
        if task is None:
            raise unknown_name_error(
                "task", name, [task.id for task in self.fleet.tasks], "no task is known here"
            )
        self.refuse_unknown_task(task.id)
        return task

    def refuse_unknown_task(self, task: str) -> None:
        """Raise LedgerError where a partial clone lacks something that was written about a task."""
        if absent := find_undecided_task(self.fleet, task):
            raise make_absent_error(absent, f"{escape_hidden(task)} is unknown here", self.snapshot.unfetched)

    def branch(self, name: str) -> Branch | None:
        """The branch with this name, or this full ref, here or on a remote; None without one."""
        return next((b for b in self.fleet.branches if name in (b.name, b.ref, b.remote_ref)), None)

    def attempts(self, name: str) -> tuple[Branch, ...]:
        """The branches that work on a task. For the name of a branch: that branch alone."""
        branch = self.branch(name)
        # A task's id comes first: a branch may well have the same name as a task.
        if branch is not None and self.fleet_task(name) is None:
            return (branch,)
        return tuple(b for b in self.fleet.branches if b.work and b.work.task == name)

    def fleet_task(self, name: str) -> Task | None:
        """The task with exactly this id; None without one."""
        return next((task for task in self.fleet.tasks if task.id == name), None)

    def append(self, files: Contents, message: str, replace: Collection[str] = ()) -> Made:
        """Commit these files on the control branch, by policy's rules for commits, signed where it lists signers.

        `files` are contents by path, None for one to remove; `replace` are the paths that may exist already.
        Raises LedgerError, and nothing is written, where `control.append.commit_files` refuses.
        """
        policy = self.fleet.policy
        return control_append.commit_files(
            self.git,
            files,
            message,
            replace=replace,
            name=policy.control_branch,
            rules=policy.commits,
            proven=bool(policy.control_signers),
        )


@contextmanager
def open_managing(
    start: Path,
    now: int,
    *,
    lines: bool = False,
    rules: bool = False,
    branches: tuple[str, ...] = (),
    refs: tuple[str, ...] = (),
) -> Iterator[Managing]:
    """Open the repository around `start` for its manager, until the block ends.

    `now` is in seconds since the epoch; `lines` counts changed lines, `rules` evaluates the rules; `branches` and
    `refs` are those to read in place of the usual ones, as in a `Request`. Raises
    LedgerError in the worktree of an agent's branch, where the control branch's name belongs to a branch that is
    no control branch, and where a partial clone lacks the policy or a brief and cannot fetch it.
    """
    observation = observe_repository(start, None, ())
    request = Request(
        forecast=False, lines=lines, now=now, rules=rules, fetch=True, branches=branches, refs=refs
    )
    with snapshot.open_snapshot(start, request) as taken:
        refuse_unknown(taken)
        control_append.refuse_in_agent_worktree(observation, taken.fleet)
        git = process.repository_at(start)
        control_append.refuse_damaged(git, observation.refs, taken.fleet.policy.control_branch)
        _refuse_taken_name(taken.fleet)
        yield Managing(git, observation, taken)


def refuse_unknown(taken: Snapshot) -> None:
    """Raise LedgerError where a partial clone lacks what decides about all tasks: the policy, or a brief."""
    if absent := tuple(filter(decides_elsewhere, taken.fleet.absent)):
        raise make_absent_error(absent, "nothing is written", taken.unfetched)


def _refuse_taken_name(fleet: Fleet) -> None:
    """Raise LedgerError where a branch has the control branch's name, but holds no ledger."""
    control = fleet.control
    # The reader has written down why: the note is "what is wrong; what to do about it".
    if control is not None and control.ref is None and control.note:
        message, _, hint = control.note.partition("; ")
        raise LedgerError(
            message, hint or f"git fsck shows more; {FETCH_AGAIN} may bring back what is missing"
        )


def parse_email(ident: bytes) -> str:
    """The e-mail address in git's `Name <address> time zone`; the name where the address is empty."""
    name, _, rest = decode(ident).partition("<")
    return rest.partition(">")[0] or name.strip()
