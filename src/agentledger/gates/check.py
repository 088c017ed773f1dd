"""Check branches, a task or the whole fleet at a gate, and report what the rules find.

Belongs here: choosing what to check out of a fleet, and the report. Does not: gathering facts (see
`fleet.case_builder`), rules, or a commit that is not made yet (see `commit`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.attention.turn import gate_now
from agentledger.fleet import snapshot
from agentledger.fleet.request import Progress, Request, ignore_progress
from agentledger.fleet.snapshot import Snapshot
from agentledger.git import process, queries
from agentledger.ledger.unknown import find_undecided, find_undecided_task
from agentledger.model.absent import make_absent_error
from agentledger.model.errors import LedgerError, Unjudged
from agentledger.model.findings import Gate, Judged, Report
from agentledger.model.fleet import UNMERGED, Branch, Fleet, State
from agentledger.model.ledger_paths import POLICY_FILE
from agentledger.model.merge_group import MergeGroup
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import decode, escape_hidden
from agentledger.reports.integrity import describe_integrity
from agentledger.repository import robots
from agentledger.repository.bases import HEADS, REMOTES

# What `--fleet` looks at: what cannot be read may be open.
_CHECKED = (*UNMERGED, State.UNREADABLE)
UNREAD = "fix that, then run this again; git fsck shows what is missing"


class NoBranchThere(LedgerError):
    """No branch stands at a commit; `commit` is '' where there is no such commit, or several branches are there."""

    def __init__(self, message: str, hint: str, commit: str) -> None:
        super().__init__(message, hint)
        self.commit = commit


class UnknownBranch(LedgerError):
    """There is no branch of that name, an agent's or anybody's."""


def check_branch(
    start: Path, name: str, gate: Gate, request: Request, progress: Progress = ignore_progress
) -> Report:
    """Check one branch, given by its name or a ref.

    Raises LedgerError, with near names, when there is no such branch, and at the merge gate where no version of
    the policy can be read; Unjudged where the branch cannot be read.
    """
    if gate is Gate.MERGE:
        request = replace(request, group=name)
    with snapshot.open_snapshot(start, request, progress) as taken:
        branch = find_branch(taken.fleet, name)
        if taken.group:
            return check_group(taken, taken.group)
        if branch is not None:
            return check_one_branch(taken, branch, gate)
        known = [b.name for b in taken.fleet.branches]
    # Not an agent branch by name: read it anyway, together with the branches that it may overlap with.
    refs = (name,) if name.startswith("refs/") else ()
    wanted = replace(request, refs=refs, branches=(name, *known))
    with snapshot.open_snapshot(start, wanted, progress) as taken:
        if taken.group:
            return check_group(taken, taken.group)
        branch = find_branch(taken.fleet, name)
        if branch is None:
            unknown = _unknown_error("branch", name, known)
            raise _not_agent_error(taken.fleet, name) or UnknownBranch(unknown.message, unknown.hint)
        return check_one_branch(taken, branch, gate)


def check_range(
    start: Path, end: str, gate: Gate, request: Request, progress: Progress = ignore_progress
) -> Report:
    """Check what a range ends with: a branch, or a commit at which none stands, if that is a merge group's.

    LedgerError where it is neither.
    """
    try:
        name = resolve_range_end(start, end)
    except NoBranchThere as error:
        if gate is not Gate.MERGE or not error.commit:
            raise
        loose = HEADS + error.commit[:12]
        request = replace(request, group=loose, heads=((loose, error.commit),))
        with snapshot.open_snapshot(start, request, progress) as taken:
            if taken.group is None:
                raise
            return check_group(taken, taken.group)
    return check_branch(start, name, gate, request=request, progress=progress)


def check_group(taken: Snapshot, group: MergeGroup) -> Report:
    """Check each part of a merge group as the branch that it is, and what belongs to none."""
    by_ref = {branch.ref: branch for branch in taken.fleet.branches}
    parts = [by_ref[part.ref] for part in group.parts if part.ref in by_ref]
    report = _check_at_gate(taken, parts, Gate.MERGE, group.name)
    lost = tuple(
        f"{part.head[:12]} of the group could not be read" for part in group.parts if part.ref not in by_ref
    )
    return replace(
        report,
        findings=(*report.findings, *taken.strays(Gate.MERGE)),
        notes=(_describe_group(parts), *report.notes),
        unjudged=(*report.unjudged, *lost),
    )


def _describe_group(parts: Sequence[Branch]) -> str:
    named = (f"{b.name} ({f'task {b.work.task}' if b.work else 'no task'})" for b in parts)
    return f"a merge group, judged by its parts in the order in which they land: {', '.join(named)}"


def check_fleet(
    start: Path, gate: Gate | None, request: Request, progress: Progress = ignore_progress
) -> Report:
    """Check every open branch, without a gate each by the one that holds for it now; then nothing is refused."""
    with snapshot.open_snapshot(start, request, progress) as taken:
        alive = [b for b in taken.fleet.branches if b.state in _CHECKED]
        if gate is not None:
            _require_policy(taken.fleet, gate)
        report = _report_findings(taken, alive, gate, "the fleet")
        lost = {b.ref for b in alive if _describe_unjudged(taken, b, gate or Gate.MERGE)}
        judged = tuple(Judged(b.name, gate or gate_now(b)) for b in alive if b.ref not in lost)
        return replace(report, fleet=judged)


def check_task(start: Path, task: str, request: Request, progress: Progress = ignore_progress) -> Report:
    """Check a task that is about to be handed out, at the spawn gate. LedgerError when there is none."""
    with snapshot.open_snapshot(start, request, progress) as taken:
        known = [each.id for each in taken.fleet.tasks]
        if task not in known:
            raise _unknown_error("task", task, known)
        if absent := find_undecided_task(taken.fleet, task):
            raise make_absent_error(absent, f"{escape_hidden(task)} is not judged", taken.unfetched)
        return Report(Gate.SPAWN, task, taken.spawn(task), printable_notes(taken.fleet))


def current_branch(start: Path) -> str:
    """Return the branch that is checked out around `start`; LedgerError when none is."""
    branch = queries.read_head_ref(process.repository_at(start)).removeprefix("refs/heads/")
    if not branch:
        raise LedgerError("no branch is checked out here", "name one: agentledger check --branch NAME")
    return branch


def resolve_range_end(start: Path, name: str) -> str:
    """Return the branch that one end of a range means.

    A name is returned as it is; for HEAD, "" (HEAD, too) and the id of a commit, the one branch at that
    commit. LedgerError where that is none, or several.
    """
    git = process.repository_at(start)
    heads = {ref.name: ref.id for ref in queries.read_refs(git, [HEADS, REMOTES]).refs if not ref.target}
    name = name or "HEAD"
    if HEADS + name in heads or REMOTES + name in heads or not _COMMIT.fullmatch(name):
        return name
    branch = queries.read_head_ref(git) if name == "HEAD" else ""
    if branch:
        return branch
    out = process.run_or_none(git, ["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"])
    commit = decode(out or b"").strip()
    return _only_branch_at(name, [ref for ref, at in heads.items() if at == commit], commit)


# What CI systems write into a range: HEAD where no branch is checked out, or ids.
_COMMIT = re.compile("HEAD|[0-9a-f]{7,64}")


def _only_branch_at(name: str, refs: Sequence[str], commit: str) -> str:
    # A branch and its remote-tracking copy are one: the local one names both.
    local = [ref for ref in refs if ref.startswith(HEADS)] or refs
    # A queue that only moves base forward has a branch of its own at the very commit of the one that lands.
    local = [ref for ref in local if not _is_queues(ref)] or local
    if len(local) == 1:
        return local[0]
    shown = " and ".join(escape_hidden(ref.removeprefix(HEADS).removeprefix(REMOTES)) for ref in local[:3])
    message = f"several branches are at {name}: {shown}" if local else f"no branch is at {name}"
    hint = "name the branches: agentledger check --range main..agent/login"
    raise NoBranchThere(message, hint, "" if local else commit)


def _is_queues(ref: str) -> bool:
    if ref.startswith(HEADS):
        return robots.is_queue(ref.removeprefix(HEADS))
    # A remote's name may have slashes in it.
    parts = ref.split("/")
    return any(robots.is_queue("/".join(parts[at:])) for at in range(3, len(parts)))


def _check_at_gate(taken: Snapshot, branches: Sequence[Branch], gate: Gate, what: str) -> Report:
    _require_policy(taken.fleet, gate)
    return _report_findings(taken, branches, gate, what)


def check_one_branch(taken: Snapshot, branch: Branch, gate: Gate) -> Report:
    """Check one branch, which has to be readable: no findings would look as if all were well."""
    if branch.state is State.UNREADABLE:
        why = escape_hidden(branch.state_why)
        raise Unjudged(f"{escape_hidden(branch.name)} could not be read, so it is not judged: {why}", UNREAD)
    if absent := find_undecided(taken.fleet, branch, gate):
        raise make_absent_error(absent, f"{escape_hidden(branch.name)} is not judged", taken.unfetched)
    return _check_at_gate(taken, [branch], gate, branch.name)


def _require_policy(fleet: Fleet, gate: Gate) -> None:
    """Raise LedgerError where the policy cannot be read at the merge gate: nobody can know what may merge."""
    # A policy that is not in this partial clone is not damaged: then no branch is judged, and each says so.
    if gate is not Gate.MERGE or fleet.policy.readable or _lacks_policy(fleet):
        return
    problem = next(iter(fleet.policy.problems), None)
    line = f" (line {problem.line})" if problem and problem.line else ""
    why = f": {problem.message}{line}" if problem else ""
    base = escape_hidden(fleet.base.name)
    raise LedgerError(
        f"no version of the policy on {base} can be read, so nothing can be merged by it{why}",
        f"fix {POLICY_FILE} on {base}, and commit it there",
    )


def _lacks_policy(fleet: Fleet) -> bool:
    return any(each.path == POLICY_FILE for each in fleet.absent)


def _report_findings(taken: Snapshot, branches: Sequence[Branch], gate: Gate | None, what: str) -> Report:
    at = gate or Gate.MERGE
    unjudged = {b.ref: why for b in branches if (why := _describe_unjudged(taken, b, at))}
    readable = [b for b in branches if b.ref not in unjudged]
    findings = taken.findings(readable, gate)
    return Report(
        at,
        what,
        tuple(f for b in readable for f in findings[b.ref]),
        notes=(*printable_notes(taken.fleet), *_note_tests(readable, at)),
        unjudged=tuple(unjudged.values()),
    )


def _note_tests(branches: Sequence[Branch], gate: Gate) -> list[str]:
    """What branches that are handed over did to tests, for who judges them; it stops nobody."""
    if gate not in (Gate.READY, Gate.MERGE):
        return []
    return [
        f"{escape_hidden(branch.name)}: {line}" for branch in branches for line in describe_integrity(branch)
    ]


def _describe_unjudged(taken: Snapshot, branch: Branch, gate: Gate) -> str:
    """Why nothing can be said of a branch; '' where it can be judged."""
    if branch.state is State.UNREADABLE:
        return f"{escape_hidden(branch.name)} could not be read: {branch.state_why}"
    absent = find_undecided(taken.fleet, branch, gate)
    error = make_absent_error(absent, escape_hidden(branch.name), taken.unfetched) if absent else None
    return f"{error.message}; next: {error.hint}" if error else ""


def printable_notes(fleet: Fleet) -> tuple[str, ...]:
    """The fleet's notes, fit to be shown."""
    return tuple(escape_hidden(note) for note in fleet.notes)


def find_branch(fleet: Fleet, name: str) -> Branch | None:
    """The branch of a fleet with this name or ref; None without one."""
    return next((b for b in fleet.branches if b.is_called(name)), None)


def _not_agent_error(fleet: Fleet, name: str) -> LedgerError | None:
    """Return the error for a branch that exists, but that no agent works on: base, or the control branch."""
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


def _unknown_error(what: str, name: str, known: Sequence[str]) -> LedgerError:
    # A fleet is long, so of names that are nothing like this one none is shown.
    return unknown_name_error(what, name, known, f"`agentledger board --all` lists every {what}", most=0)
