"""The use case behind every check on branches and tasks: which of them, at which gate, and what came of it.

Belongs here: picking what was asked for out of a fleet, and one report of it. Does not: gathering
(see `judge`), rules, or a commit that is not made yet (see `gates`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.fleet import snapshot
from agentledger.fleet.snapshot import Progress, Request, Snapshot, ignore_progress
from agentledger.git import process, queries
from agentledger.ledger.policy import FILE
from agentledger.model.errors import LedgerError, Unjudged
from agentledger.model.findings import Gate, Report
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import decode, escape_hidden
from agentledger.repository.bases import HEADS, REMOTES

_ALIVE = (State.OPEN, State.DORMANT, State.UNREADABLE)
UNREAD = "mend that, then run this again; git fsck tells more of what is missing"


def check_branch(
    start: Path, name: str, gate: Gate, request: Request, progress: Progress = ignore_progress
) -> Report:
    """One branch, by its name or a ref. LedgerError, with near names, when there is none; and at the merge
    gate where no version of the policy can be read.
    """
    with snapshot.open_snapshot(start, request, progress) as taken:
        branch = _find_branch(taken.fleet, name)
        if branch is not None:
            return _check_one_branch(taken, branch, gate)
        known = [b.name for b in taken.fleet.branches]
    # Nobody's agent's by its name, but asked for all the same, beside those that it may meet.
    refs = (name,) if name.startswith("refs/") else ()
    wanted = replace(request, refs=refs, branches=(name, *known))
    with snapshot.open_snapshot(start, wanted, progress) as taken:
        branch = _find_branch(taken.fleet, name)
        if branch is None:
            raise _not_agent_error(taken.fleet, name) or _unknown_name_error(name, known)
        return _check_one_branch(taken, branch, gate)


def check_fleet(
    start: Path, gate: Gate | None, request: Request, progress: Progress = ignore_progress
) -> Report:
    """Every open branch. Without a gate all is shown, as at the merge gate, and nothing is refused."""
    with snapshot.open_snapshot(start, request, progress) as taken:
        alive = [b for b in taken.fleet.branches if b.state in _ALIVE]
        if gate is None:
            return _report_findings(taken, alive, Gate.MERGE, "the fleet")
        return _check_at_gate(taken, alive, gate, "the fleet")


def check_task(start: Path, task: str, request: Request, progress: Progress = ignore_progress) -> Report:
    """A task that is about to be handed out, at the spawn gate."""
    with snapshot.open_snapshot(start, request, progress) as taken:
        known = [each.id for each in taken.fleet.tasks]
        if task not in known:
            raise _unknown_name_error(task, known, "task")
        return Report(Gate.SPAWN, task, taken.spawn(task), _printable_notes(taken.fleet))


def current_branch(start: Path) -> str:
    """The branch that is checked out around `start`; LedgerError when none is."""
    found = queries.read_head_ref(process.repository_at(start)).removeprefix("refs/heads/")
    if not found:
        raise LedgerError("no branch is checked out here", "name one: agentledger check --branch NAME")
    return found


def resolve_range_end(start: Path, name: str) -> str:
    """The branch that one end of a range stands for: a name as it is; HEAD, "" and the id of a commit as the
    one branch that stands there. LedgerError where that is none, or several.
    """
    asked = process.repository_at(start)
    heads = {ref.name: ref.id for ref in queries.read_refs(asked, [HEADS, REMOTES]).refs if not ref.target}
    name = name or "HEAD"
    if HEADS + name in heads or REMOTES + name in heads or not _COMMIT.fullmatch(name):
        return name
    branch = queries.read_head_ref(asked) if name == "HEAD" else ""
    if branch:
        return branch
    found = process.run_or_none(asked, ["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"])
    commit = decode(found or b"").strip()
    return _only_branch_at(name, [ref for ref, at in heads.items() if at == commit])


# What CI systems put into a range: where no branch is checked out, or by ids alone.
_COMMIT = re.compile("HEAD|[0-9a-f]{7,64}")


def _only_branch_at(name: str, refs: Sequence[str]) -> str:
    local = [ref for ref in refs if ref.startswith(HEADS)] or refs
    if len(local) == 1:
        return local[0]
    shown = " and ".join(escape_hidden(ref.removeprefix(HEADS).removeprefix(REMOTES)) for ref in local[:3])
    told = f"several branches stand at {name}: {shown}" if local else f"no branch stands at {name}"
    raise LedgerError(told, "name the branches: agentledger check --range main..agent/login")


def _check_at_gate(taken: Snapshot, branches: Sequence[Branch], gate: Gate, what: str) -> Report:
    _require_policy(taken.fleet, gate)
    return _report_findings(taken, branches, gate, what)


def _check_one_branch(taken: Snapshot, branch: Branch, gate: Gate) -> Report:
    """A branch by itself, which has to be readable: that nothing was found would say that all is well."""
    if branch.state is State.UNREADABLE:
        why = escape_hidden(branch.state_why)
        raise Unjudged(f"{escape_hidden(branch.name)} could not be read, so it is not judged: {why}", UNREAD)
    return _check_at_gate(taken, [branch], gate, branch.name)


def _require_policy(fleet: Fleet, gate: Gate) -> None:
    """LedgerError where nobody can know what may merge."""
    if gate is not Gate.MERGE or fleet.policy.readable:
        return
    problem = next(iter(fleet.policy.problems), None)
    line = f" (line {problem.line})" if problem and problem.line else ""
    why = f": {problem.message}{line}" if problem else ""
    base = escape_hidden(fleet.base.name)
    raise LedgerError(
        f"no version of the policy on {base} can be read, so nothing can be merged by it{why}",
        f"mend {FILE} on {base}, and commit it there",
    )


def _report_findings(taken: Snapshot, branches: Sequence[Branch], gate: Gate, what: str) -> Report:
    readable = [b for b in branches if b.state is not State.UNREADABLE]
    found = taken.findings(readable, gate)
    lost = tuple(
        f"{escape_hidden(b.name)} could not be read: {b.state_why}" for b in branches if b not in readable
    )
    return Report(
        gate,
        what,
        tuple(f for b in readable for f in found[b.ref]),
        notes=_printable_notes(taken.fleet),
        unjudged=lost,
    )


def _printable_notes(fleet: Fleet) -> tuple[str, ...]:
    return tuple(escape_hidden(note) for note in fleet.notes)


def _find_branch(fleet: Fleet, name: str) -> Branch | None:
    return next((b for b in fleet.branches if name in (b.name, b.ref, b.remote_ref)), None)


def _not_agent_error(fleet: Fleet, name: str) -> LedgerError | None:
    """A branch that there is, but that no agent works on."""
    if name in (fleet.base.name, fleet.base.ref, fleet.base.other_ref):
        return LedgerError(
            f"{escape_hidden(name)} is the base: it is what branches are judged against",
            "name the branch that is to merge into it",
        )
    if name.removeprefix(HEADS) == fleet.policy.control_branch:
        return LedgerError(
            f"{escape_hidden(name)} is the manager's own branch, which never merges",
            "agentledger check --task NAME judges a brief on it",
        )
    return None


def _unknown_name_error(name: str, known: Iterable[str], what: str = "branch") -> LedgerError:
    near = difflib.get_close_matches(name, list(known), 3, 0.5)
    hint = (
        f"did you mean {' or '.join(map(escape_hidden, near))}?"
        if near
        else f"`agentledger board` lists every {what}"
    )
    return LedgerError(f"there is no {what} named {escape_hidden(name)}", hint)
