"""How tasks without an outcome ended: by base's history, by their branches, by the heads that were last seen.

Belongs here: which tasks need a look, and the judgement of what was found. Does not: reading base's history
(see `changes.landings`) or comparing a lost head with base (see `lost_heads`).

A task with a brief, no outcome and no branch at work may have landed long ago, and its branch been deleted. It
must never be planned again for that reason, and what depends on it must not wait for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agentledger.changes import landings
from agentledger.changes.ancestry import History
from agentledger.changes.landings import Landings, Start
from agentledger.fleet import lost_heads
from agentledger.fleet.fleet_facts import scope_of
from agentledger.fleet.lost_heads import LastSeen, Seen
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import UNMERGED, Branch, Fleet, State
from agentledger.model.work import End, Ending, Task
from agentledger.repository import agents
from agentledger.repository.bases import HEADS, REMOTES
from agentledger.repository.repository_state import Observation
from agentledger.storage.cache import Cache


def mark_endings(
    scratch: Scratch,
    cache: Cache,
    history: History,
    *,
    observed: Observation,
    fleet: Fleet,
    only: Collection[str] | None = None,
) -> Fleet:
    """Return the fleet; each of its tasks that has ended without an outcome says how.

    `only` limits the look to these tasks. A branch that moved base forward to itself is in state merged.
    """
    if not fleet.tasks:
        return fleet
    fleet = replace(fleet, tasks=_mark_elsewhere(observed, fleet))
    working = _branches_by_task(fleet)
    open_tasks = {
        task.id: task
        for task in fleet.tasks
        if task.brief
        and task.outcome is None
        and (only is None or task.id in only)
        and not (task.elsewhere or any(_has_own_work(b) for b in working.get(task.id, ())))
    }
    if not open_tasks:
        return fleet
    signs = landings.read_landings(scratch, cache, history, fleet.base)
    signs = _find_code(scratch, cache, history, signs, fleet=fleet, tasks=open_tasks)
    branches = tuple(
        _mark_forwarded(b, fleet.base.name, history, signs) if b.work else b for b in fleet.branches
    )
    working = _branches_by_task(replace(fleet, branches=branches))
    known = {
        task: _ending_by_history(open_tasks[task], working.get(task, ()), history, signs)
        for task in open_tasks
    }
    lost = [each for each in open_tasks.values() if known[each.id] is None and not working.get(each.id)]
    begins = frozenset(each.commit for each in signs.starts)
    seen = lost_heads.find_lost_heads(scratch, cache, history, tasks=lost, begins=begins)
    endings = {
        task: judge_ending(
            working.get(task, ()), Shown(known[task], seen.get(task, ()), _uncoded(task, signs)), history
        )
        for task in open_tasks
    }
    tasks = tuple(_mark_task(task, endings.get(task.id), seen.get(task.id, ())) for task in fleet.tasks)
    return replace(fleet, branches=branches, tasks=tasks)


def find_used(scratch: Scratch, cache: Cache, history: History, *, fleet: Fleet, task: str) -> Ending | None:
    """How a task of this id ended once, by base's history alone; None where that has no sign of one."""
    signs = landings.read_landings(scratch, cache, history, fleet.base)
    if task not in signs.tasks:
        return None
    as_if = Task(id=task)
    signs = landings.find_code(
        scratch, history, signs, tasks={task}, counts=lambda start, _: bool(start.branch)
    )
    return _ending_by_history(as_if, (), history, signs)


# -- what is there ------------------------------------------------------------------------


def _branches_by_task(fleet: Fleet) -> dict[str, list[Branch]]:
    working: dict[str, list[Branch]] = {}
    for branch in fleet.branches:
        if branch.work:
            working.setdefault(branch.work.task, []).append(branch)
    return working


def _mark_elsewhere(observed: Observation, fleet: Fleet) -> tuple[Task, ...]:
    """The tasks, each with those of its branches that the repository has and this view has not."""
    existing = {_plain_name(observed, ref) for ref in observed.refs.all if ref.startswith((HEADS, REMOTES))}
    shown = {b.name for b in fleet.branches}
    refs = {ref for b in fleet.branches for ref in (b.ref, b.remote_ref) if ref}
    shown |= {_plain_name(observed, ref) for ref in refs}
    hidden = existing - shown
    by_task: dict[str, set[str]] = {}
    for name in hidden:
        if named := agents.task_of_branch(name):
            by_task.setdefault(named, set()).add(name)
    marked = []
    for task in fleet.tasks:
        names = {attempt.branch for attempt in task.attempts}
        names |= {task.brief.branch} if task.brief and task.brief.branch else set()
        elsewhere = (names & hidden) | by_task.get(task.id, set())
        marked.append(replace(task, elsewhere=tuple(sorted(elsewhere))) if elsewhere else task)
    return tuple(marked)


def _plain_name(observed: Observation, ref: str) -> str:
    """A branch's name in the repository where it was made."""
    return observed.refs.split_remote(ref)[1] if ref.startswith(REMOTES) else ref.removeprefix(HEADS)


def _has_own_work(branch: Branch) -> bool:
    """Does the branch have work that base has not: commits, or something uncommitted?"""
    in_use = branch.worktree is not None and branch.worktree.is_in_use
    if in_use or branch.state is State.UNREADABLE:
        return True
    # One that is open without a commit of its own has only begun.
    return branch.state in UNMERGED and (branch.ahead > 0 or branch.state is not State.OPEN)


# -- base's history -----------------------------------------------------------------------


def _find_code(
    scratch: Scratch,
    cache: Cache,
    history: History,
    signs: Landings,
    *,
    fleet: Fleet,
    tasks: Mapping[str, Task],
) -> Landings:
    scopes = {
        task.id: scope_of(task.brief, fleet) for task in tasks.values() if task.brief and task.brief.owns
    }

    def counts(start: Start, paths: Sequence[bytes]) -> bool:
        # On base's own line a commit behind the brief's can be anybody's, so it has to be about the task.
        on_line = history.on_first_parent_line(start.commit)
        return not on_line or start.task not in scopes or any(map(scopes[start.task].holds, paths))

    with_code = landings.find_code(scratch, history, signs, tasks=tasks.keys(), counts=counts)
    if with_code.code != signs.code:
        landings.store_landings(cache, fleet.base, with_code)
    return with_code


def _mark_forwarded(branch: Branch, base: str, history: History, signs: Landings) -> Branch:
    """A branch whose head base was moved forward to is merged, where code of its own came with it."""
    worktree = branch.worktree
    # Where git status fails nobody knows.
    in_use = worktree is not None and (worktree.is_in_use or worktree.dirty is None)
    if branch.work is None or branch.ahead or branch.state not in (State.OPEN, State.EMPTY) or in_use:
        return branch
    for start in signs.starts:
        code = signs.code.get(start.commit)
        own = start.task == branch.work.task and start.branch in ("", branch.name)
        if own and code and history.contains(branch.head) and history.is_ancestor(code, branch.head):
            return replace(branch, state=State.MERGED, state_why=f"its head is in {base}")
    return branch


def _uncoded(task: str, signs: Landings) -> frozenset[str]:
    """The task's branches of which base has the first commit, with the brief, and no code."""
    own = [each for each in signs.starts if each.task == task and each.branch]
    coded = {each.branch for each in own if each.commit in signs.code}
    return frozenset(each.branch for each in own) - coded


def _ending_by_history(
    task: Task, branches: Sequence[Branch], history: History, signs: Landings
) -> Ending | None:
    """The first landing of the task in base's history; None where it shows none."""
    shown = [each for each in _list_landings(task, branches, signs) if history.contains(each[0])]
    if not shown:
        return None
    # A trailer says most; of equals, what came first.
    commit, ending = min(shown, key=lambda each: (_SOURCES.index(each[1].source), history.step(each[0])))
    return replace(ending, commit=history.landing(commit))


def _list_landings(task: Task, branches: Sequence[Branch], signs: Landings) -> Iterator[tuple[str, Ending]]:
    """Each sign that the task landed, with the commit that shows it."""
    for landed in signs.landed:
        if landed.task == task.id:
            yield landed.commit, _merged("trailer", landed.branch, landed.head)
    for start in signs.starts:
        code = signs.code.get(start.commit)
        if start.task == task.id and code:
            yield code, _merged("squash" if code == start.commit else "history", start.branch)
    packets = {b.work.packet.document.blob for b in branches if b.work and b.work.packet}
    for handed in signs.handed:
        if handed.task == task.id and (not branches or handed.blob in packets):
            yield handed.commit, _merged("packet")


_SOURCES = ("trailer", "history", "squash", "packet")


def _merged(source: str, branch: str = "", head: str | None = None) -> Ending:
    return Ending(end=End.MERGED, branch=branch, head=head, source=source)


# -- the judgement ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """What is known about a task beside its branches."""

    #: What base's history shows.
    history: Ending | None = None
    #: The heads of branches that are gone.
    last_seen: Sequence[LastSeen] = ()
    #: Branches of which base has the brief, and no code: their being in base ends nothing.
    uncoded: Collection[str] = ()


def judge_ending(branches: Sequence[Branch], shown: Shown, history: History) -> Ending | None:
    """Say how a task without an outcome ended; None where it has not, or nothing was ever seen of it.

    It never has while a branch of it has work that base has not.
    """
    if any(map(_has_own_work, branches)):
        return None
    return shown.history or _ending_by_branches(branches, shown, history) or _ending_by_heads(branches, shown)


def _ending_by_branches(branches: Sequence[Branch], shown: Shown, history: History) -> Ending | None:
    for branch in branches:
        if branch.state is State.MERGED and branch.name not in shown.uncoded:
            commit = history.landing(branch.head) if history.contains(branch.head) else None
            return Ending(
                end=End.MERGED, commit=commit, branch=branch.name, head=branch.head, source="branch"
            )
    for branch in branches:
        if branch.state is State.ABSORBED:
            return Ending(
                end=End.ABSORBED,
                commit=branch.same_as,
                branch=branch.name,
                head=branch.head,
                source="branch",
            )
    return None


def _ending_by_heads(branches: Sequence[Branch], shown: Shown) -> Ending | None:
    """By what became of the heads that were last seen, where no branch is left."""
    if branches:
        return None
    for seen, end in ((Seen.IN_BASE, End.MERGED), (Seen.ABSORBED, End.ABSORBED), (Seen.LOST, End.GONE)):
        for each in shown.last_seen:
            if each.seen is seen:
                return Ending(
                    end=end, commit=each.commit, branch=each.branch, head=each.head, source="last-seen"
                )
    return None


def _mark_task(task: Task, ending: Ending | None, last_seen: Sequence[LastSeen]) -> Task:
    # A branch that another clone has, and this one never saw, may well be at work there.
    away = () if ending else tuple(each.branch for each in last_seen if each.seen is Seen.ABSENT)
    return replace(task, ending=ending, elsewhere=(*task.elsewhere, *away))
