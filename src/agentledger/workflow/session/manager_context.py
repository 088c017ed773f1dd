"""The manager's side: the fleet as it stands, and one commit to the control branch.

Belongs here: what every command of the manager's needs before it writes, and the writing itself.
Does not: what is written (see `answer`, `plan`, `brief`, `allow`), or publishing it (see `sync`).

No work tree and no index is touched.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentledger.control import append as control_append
from agentledger.control.append import Contents, Written
from agentledger.control.commit_writer import read_identity
from agentledger.fleet import snapshot
from agentledger.fleet.snapshot import Request, Snapshot
from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import decode, escape_hidden
from agentledger.model.work import Task
from agentledger.repository.bases import HEADS
from agentledger.repository.repository_state import Observation, observe_repository


@dataclass(frozen=True, slots=True)
class Managing:
    """A repository as its manager has it, while the snapshot is open."""

    asked: Git
    seen: Observation
    taken: Snapshot

    @property
    def fleet(self) -> Fleet:
        """Every branch and task, as they were read."""
        return self.taken.fleet

    @property
    def ref(self) -> str:
        """The control branch, whether it is there or not."""
        return HEADS + self.fleet.policy.control_branch

    @property
    def publishes(self) -> bool:
        """Is there a remote that the control branch can be pushed to?"""
        return any(
            key.startswith("remote.") and key.endswith(".url") for key in queries.read_config(self.asked)
        )

    @property
    def own_email(self) -> str:
        """The e-mail address of whoever commits here; LedgerError when git knows nobody."""
        return parse_email(read_identity(self.asked).author)

    def find(self, name: str) -> Task | None:
        """The task of this id, or the one that the branch of this name works on; None when there is none."""
        branch = self.branch(name)
        works_on = branch.work.task if branch and branch.work else ""
        return self.fleet_task(name) or self.fleet_task(works_on)

    def task(self, name: str) -> Task:
        """The same; LedgerError with near names when there is none."""
        found = self.find(name)
        if found is None:
            raise unknown_name_error(
                "task", name, [task.id for task in self.fleet.tasks], "no task is known here"
            )
        return found

    def branch(self, name: str) -> Branch | None:
        """The branch of this name or ref."""
        return next((b for b in self.fleet.branches if name in (b.name, b.ref, b.remote_ref)), None)

    def attempts(self, name: str) -> tuple[Branch, ...]:
        """The branches that work on a task; of a branch's name, that one alone."""
        alone = self.branch(name)
        if alone is not None and self.fleet_task(name) is None:
            return (alone,)
        return tuple(b for b in self.fleet.branches if b.work and b.work.task == name)

    def fleet_task(self, name: str) -> Task | None:
        """The task of exactly this id."""
        return next((task for task in self.fleet.tasks if task.id == name), None)

    def append(self, files: Contents, message: str, replace: Collection[str] = ()) -> Written:
        """Commit these files on the control branch, signed where base's policy lists signers.

        Raises LedgerError, and nothing is written, whenever `control_write.append` refuses.
        """
        policy = self.fleet.policy
        sign = bool(policy.control_signers)
        return control_append.commit_files(
            self.asked, files, message, replace=replace, name=policy.control_branch, sign=sign
        )


@contextmanager
def open_managing(start: Path, now: int, *, lines: bool = False, rules: bool = False) -> Iterator[Managing]:
    """The repository around `start`, for its manager; `now` is in seconds since the epoch.

    LedgerError in the worktree of an agent's branch, and where the control branch's name is taken by a
    branch that is none.
    """
    seen = observe_repository(start, None, ())
    with snapshot.open_snapshot(start, Request(forecast=False, lines=lines, now=now, rules=rules)) as taken:
        control_append.refuse_in_agent_worktree(seen, taken.fleet)
        _refuse_taken_name(taken.fleet)
        yield Managing(process.repository_at(start), seen, taken)


def _refuse_taken_name(fleet: Fleet) -> None:
    """LedgerError where the branch of the control branch's name is something else, and has no task."""
    control = fleet.control
    if control is not None and control.ref is None and control.note:
        message, _, hint = control.note.partition("; ")
        raise LedgerError(message, hint)


def unknown_name_error(what: str, name: str, known: Collection[str], none: str) -> LedgerError:
    """The error for a name that nobody has: with near ones, some of those there are, or the words `none`."""
    near = difflib.get_close_matches(name, known, 3, 0.5)
    if near:
        hint = f"did you mean {' or '.join(map(escape_hidden, near))}?"
    elif known:
        some = ", ".join(map(escape_hidden, sorted(known)[:5]))
        hint = f"there {'is' if len(known) == 1 else 'are'} {some}{' and more' if len(known) > 5 else ''}"
    else:
        hint = none
    return LedgerError(f"there is no {escape_hidden(what)} named {escape_hidden(name)}", hint)


def parse_email(ident: bytes) -> str:
    """The e-mail address of git's `Name <address> time zone`; the name where there is none."""
    name, _, rest = decode(ident).partition("<")
    return rest.partition(">")[0] or name.strip()
