"""The use case behind every check on branches and tasks: which of them, at which gate, and what came of it.

Belongs here: picking what was asked for out of a fleet, and one report of it. Does not: gathering
(see `judge`), rules, or a commit that is not made yet (see `gates`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from . import git, snapshot
from .errors import LedgerError
from .findings import Gate, Report
from .model import Branch, Fleet, State
from .snapshot import Progress, Request, Snapshot, silent
from .text import printable


def of_branch(start: Path, name: str, gate: Gate, request: Request, progress: Progress = silent) -> Report:
    """One branch, by its name or a ref. LedgerError, with near names, when there is none."""
    with snapshot.opened(start, request, progress) as taken:
        branch = _named(taken.fleet, name)
        if branch is not None:
            return _report(taken, [branch], gate, branch.name)
        known = [b.name for b in taken.fleet.branches]
    if request.branches or request.refs:
        raise _unknown(name, known)
    # Nobody's agent's by its name, but asked for all the same.
    full = name.startswith("refs/")
    wanted = replace(request, refs=(name,)) if full else replace(request, branches=(name, *_usual()))
    with snapshot.opened(start, wanted, progress) as taken:
        branch = _named(taken.fleet, name)
        if branch is None:
            raise _unknown(name, known)
        return _report(taken, [branch], gate, branch.name)


def of_fleet(start: Path, gate: Gate, request: Request, progress: Progress = silent) -> Report:
    """Every open branch."""
    with snapshot.opened(start, request, progress) as taken:
        alive = [b for b in taken.fleet.branches if b.state in (State.OPEN, State.DORMANT)]
        return _report(taken, alive, gate, "the fleet")


def of_task(start: Path, task: str, request: Request, progress: Progress = silent) -> Report:
    """A task that is about to be handed out, at the spawn gate."""
    with snapshot.opened(start, request, progress) as taken:
        known = [each.id for each in taken.fleet.tasks]
        if task not in known:
            raise _unknown(task, known, "task")
        return Report(Gate.SPAWN, task, taken.spawn(task), _notes(taken.fleet))


def checked_out(start: Path) -> str:
    """The branch that is checked out around `start`; LedgerError when none is."""
    found = git.head(git.repository(start)).removeprefix("refs/heads/")
    if not found:
        raise LedgerError("no branch is checked out here", "name one: agentledger check --branch NAME")
    return found


def _usual() -> tuple[str, ...]:
    from .agents import DEFAULT_PATTERNS

    return DEFAULT_PATTERNS


def _report(taken: Snapshot, branches: Sequence[Branch], gate: Gate, what: str) -> Report:
    readable = [b for b in branches if b.state is not State.UNREADABLE]
    found = taken.findings(readable, gate)
    lost = [f"{printable(b.name)} could not be read: {b.state_why}" for b in branches if b not in readable]
    return Report(gate, what, tuple(f for b in readable for f in found[b.ref]), (*_notes(taken.fleet), *lost))


def _notes(fleet: Fleet) -> tuple[str, ...]:
    return tuple(printable(note) for note in fleet.notes)


def _named(fleet: Fleet, name: str) -> Branch | None:
    return next((b for b in fleet.branches if name in (b.name, b.ref, b.remote_ref)), None)


def _unknown(name: str, known: Iterable[str], what: str = "branch") -> LedgerError:
    near = difflib.get_close_matches(name, list(known), 3, 0.5)
    hint = (
        f"did you mean {' or '.join(map(printable, near))}?"
        if near
        else f"`agentledger board` lists every {what}"
    )
    return LedgerError(f"there is no {what} named {printable(name)}", hint)
