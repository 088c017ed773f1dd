"""What ties a branch to others, one line a kind: stands on, shares commits with, depends on, rival of.

Belongs here: these lines, with the refs of the branches in them, so that a page can link each. Does not: collisions
(see `collisions`), or what has become of the branch below (see `stacking`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from agentledger.attention import stacking
from agentledger.attention.collisions import (
    name_branches,
)
from agentledger.model.collisions import Pair
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import escape_hidden
from agentledger.model.work import task_of_work

MOST = 5  # branches in a line; more are counted


class Other(NamedTuple):
    """Another branch by name, fit to be shown; `ref` is "" where no such branch is read."""

    ref: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One line: the verb, the branches that follow it, and what follows them, all fit to be shown.

    `others` are the first of them, and `more` is how many are left out. `note` is a sentence, or "".
    """

    verb: str
    others: tuple[Other, ...] = ()
    more: int = 0
    note: str = ""


def list_ties(fleet: Fleet, branch: Branch) -> tuple[Relation, ...]:
    """Return what ties a branch to others, what matters most first."""
    finds = (_find_grounds, _find_dependencies, _find_rivals)
    return tuple(relation for find in finds for relation in find(fleet, branch))


def _relate(fleet: Fleet, branch: Branch, verb: str, pairs: Iterable[Pair]) -> Relation:
    refs = dict.fromkeys(pair.other(branch.ref) for pair in pairs)
    named = list(refs)[:MOST]
    names = name_branches(fleet, named)
    others = tuple(Other(ref, escape_hidden(names[ref])) for ref in named)
    return Relation(verb=verb, others=others, more=len(refs) - len(named))


# -- stacks, tasks -------------------------------------------------------------------------


def _find_grounds(fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    if branch.stands_on:
        yield Relation(verb=stacking.describe_stands(branch))
    stated = {stand.ref for stand in branch.stands_on}
    pairs = fleet.collisions.by_ref.get(branch.ref, ()) if fleet.collisions else ()
    sharing = [pair for pair in pairs if pair.stacked and pair.other(branch.ref) not in stated]
    if sharing:
        yield _relate(
            fleet, branch, f"shares commits that {escape_hidden(fleet.base.name)} lacks with", sharing
        )


def _find_dependencies(fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    if branch.work is None:
        return
    task = task_of_work(branch.work, {task.id: task for task in fleet.tasks if task.id == branch.work.task})
    needed = tuple(task.brief.depends_on) if task.brief else ()
    if needed:
        yield Relation(verb="depends on", others=tuple(_name_task(fleet, each) for each in needed))


def _name_task(fleet: Fleet, task: str) -> Other:
    """The branch that works on a task, or the task itself where there is none, or several."""
    branches = [b for b in fleet.branches if b.work and b.work.task == task]
    if len(branches) == 1:
        return Other(branches[0].ref, f"{escape_hidden(branches[0].name)} (task {escape_hidden(task)})")
    return Other("", f"task {escape_hidden(task)}")


def _find_rivals(fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    names = branch.standing.rivals if branch.standing else ()
    if not names:
        return
    refs = {b.name: b.ref for b in fleet.branches if b.name in names}
    pairs = fleet.collisions.by_ref.get(branch.ref, ()) if fleet.collisions else ()
    meeting = sum(pair.counts and pair.rivals for pair in pairs)
    note = f"one of them lands{f'; {meeting} of these it collides with' if meeting else ''}"
    others = tuple(Other(refs.get(name, ""), escape_hidden(name)) for name in names[:MOST])
    yield Relation(verb="rival of", others=others, more=len(names) - len(others), note=note)
