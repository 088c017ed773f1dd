"""The push gate: judge every ref of a push before anything leaves this machine.

Belongs here: reading what git says about the push, and which rules are for which ref. Does not: rules, or
how a fleet is read (see `fleet.snapshot`).

git gives one line for each ref on standard input: local ref, local id, remote ref, remote id (githooks(5)).
An id of zeros, of any length, means none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from agentledger.attention.turn import is_finished
from agentledger.fleet import snapshot
from agentledger.fleet.fleet_facts import is_task_over
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import Snapshot
from agentledger.gates import here as surroundings
from agentledger.gates import stray_commits
from agentledger.gates.check import UNREAD
from agentledger.gates.here import Here
from agentledger.git import queries
from agentledger.ledger.unknown import decides_elsewhere
from agentledger.model.absent import make_absent_error
from agentledger.model.errors import Unjudged
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import escape_hidden
from agentledger.repository import agents
from agentledger.repository.bases import HEADS
from agentledger.repository.own_push import format_own_push
from agentledger.rules.case import Ref


def parse_pushed_refs(lines: Iterable[str]) -> list[Ref]:
    """Return the refs that a push would move; what cannot be read as a line of git's is left out."""
    refs = []
    for line in lines:
        # The first word is what the user typed, as in `HEAD@{1 day ago}:…`, blanks and all.
        words = line.rstrip("\n").rsplit(" ", 3)
        if len(words) == 4 and words[1]:
            new = words[1] if words[1].strip("0") else None
            refs.append(Ref(words[2], new))
    return refs


def check_push(outer: Mapping[str, str], cwd: Path, lines: Iterable[str]) -> tuple[Finding, ...]:
    """Return what the rules find in a push with these lines on its standard input. Raises LedgerError."""
    moved = parse_pushed_refs(lines)
    if not moved:
        return ()
    here = surroundings.read_surroundings(outer, cwd)
    # Branches are judged at the commits that are pushed, under the names that they get at the remote.
    pushed = tuple((ref.name, ref.new) for ref in moved if ref.name.startswith(HEADS) and ref.new)
    request = Request(
        heads=pushed,
        forecast=False,
        rules=False,
        gate=True,
        fetch=True,
        taken_back=False,
        ending=here.made_for,
    )
    with snapshot.open_snapshot(cwd, request) as taken:
        linked = here.place.directory != here.place.common
        names = {ref.name for ref in moved if ref.new} | ({HEADS + here.branch} if linked else set())
        _require_history(taken, names)
        _require_known(taken, names)
        return tuple(_evaluate_refs(taken, moved, here, linked))


def _require_history(taken: Snapshot, names: Collection[str]) -> None:
    """Raise Unjudged where a branch with a task cannot be read, since nobody knows what it brings.

    So it is in a clone whose history is cut off, or was made to look so. Its author can fix that.
    """
    briefed = {task.id for task in taken.fleet.tasks if task.brief}
    named = {task.brief.branch for task in taken.fleet.tasks if task.brief}
    for branch in taken.fleet.branches:
        # By name: the ledger of an unreadable branch cannot be asked for its task.
        has_task = branch.ref in names and (branch.task in briefed or branch.name in named)
        if has_task and branch.state is State.UNREADABLE:
            raise Unjudged(f"{escape_hidden(branch.name)} cannot be judged: {branch.state_why}", UNREAD)


def _require_known(taken: Snapshot, names: Collection[str]) -> None:
    """Raise Unjudged where a partial clone lacks what decides about a branch.

    A branch that is not listed may be named by a brief that is not here.
    """
    fleet = taken.fleet
    ours = {HEADS + fleet.base.name, HEADS + fleet.policy.control_branch}
    listed = {branch.ref: branch.absent for branch in fleet.branches}
    unlisted = tuple(filter(decides_elsewhere, fleet.absent))
    for name in sorted(name for name in names if name.startswith(HEADS) and name not in ours):
        if absent := listed.get(name, unlisted):
            what = f"{escape_hidden(name.removeprefix(HEADS))} is not judged"
            raise make_absent_error(absent, what, taken.unfetched)


def _evaluate_refs(taken: Snapshot, moved: list[Ref], here: Here, linked: bool) -> Iterator[Finding]:
    by_ref = {branch.ref: branch for branch in taken.fleet.branches}
    for branch in [by_ref[ref.name] for ref in moved if ref.new and ref.name in by_ref]:
        if branch.work is not None and _is_agent_branch(branch, taken.fleet):
            gate = _gate_of_branch(taken.with_standing(branch))
            yield from taken.findings([branch], gate)[branch.ref]
        elif _is_stray(taken.fleet, branch, here):
            stray = stray_commits.count_as_work(branch, taken.fleet, here.made_for)
            yield from taken.findings([stray], Gate.PUSH)[branch.ref]
    # In the main checkout a manager may have an agent's branch; a linked worktree is the agent's own.
    mine = by_ref.get(HEADS + here.branch)
    if mine is not None and mine.work is None and _is_stray(taken.fleet, mine, here):
        mine = stray_commits.count_as_work(mine, taken.fleet, here.made_for)
    if linked and mine is not None and mine.work is not None:
        # Settings that were given with -c are not those of the next push.
        own_push = format_own_push(mine.name, queries.read_config(here.git))
        yield from taken.foreign(mine, tuple(moved), own_push)


def _is_stray(fleet: Fleet, branch: Branch, here: Here) -> bool:
    """Does it come from a worktree that was made for a task under way, and go to neither base nor the control branch?

    It is judged by that task, as its commits are; a branch that another task's brief goes for is judged by that one.
    """
    ours = (fleet.base.name, fleet.policy.control_branch)
    if not here.made_for or is_task_over(fleet, here.made_for):
        return False
    return here.branch not in ours and branch.name not in ours


def _is_agent_branch(branch: Branch, fleet: Fleet) -> bool:
    """Is it an agent's, by its name, its commits, or a brief? On other branches a manager pushes new briefs."""
    brief = next((task.brief for task in fleet.tasks if branch.work and task.id == branch.work.task), None)
    named = brief is not None and brief.branch == branch.name
    return named or branch.agent is not None or agents.is_agent_name(branch.name, fleet.policy.branches)


def _gate_of_branch(branch: Branch) -> Gate:
    return Gate.READY if is_finished(branch) else Gate.PUSH
