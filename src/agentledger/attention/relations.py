"""What a branch has to do with others, one line a kind: collides with, stands on, depends on, rival of, and so on.

Belongs here: these lines, with the refs of the branches in them, so that a page can link each. Does not: what to do
about a collision (see `collisions`), or what has become of the branch below (see `stacking`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from agentledger.attention import stacking
from agentledger.attention.collisions import (
    COMMAND,
    ONLY,
    describe_first,
    list_collisions,
    name_branches,
)
from agentledger.model.collisions import Copy, Grade, Hint, Pair
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import escape_hidden, format_count
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


def format_relation(relation: Relation) -> str:
    """`collides with agent/a, agent/b and 3 more; agent/a goes first: it is approved`."""
    names = ", ".join(other.name for other in relation.others)
    more = f" and {relation.more:,} more" if relation.more else ""
    text = " ".join(filter(None, (relation.verb, f"{names}{more}")))
    return f"{text}; {relation.note}" if relation.note else text


def list_relations(fleet: Fleet, branch: Branch) -> tuple[Relation, ...]:
    """Return everything that a branch has to do with others, what matters most first."""
    return tuple(relation for find in _KINDS for relation in find(fleet, branch))


def list_ties(fleet: Fleet, branch: Branch) -> tuple[Relation, ...]:
    """Return what a branch has to do with others but for collisions, copies and hints, which a page shows whole."""
    finds = (_find_grounds, _find_dependencies, _find_rivals)
    return tuple(relation for find in finds for relation in find(fleet, branch))


# -- collisions --------------------------------------------------------------------------


def _find_collisions(fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    pairs = list_collisions(fleet, branch)
    if not pairs:
        return
    yield _relate(fleet, branch, "collides with", pairs, note=describe_first(fleet, branch, pairs[0]))


def _find_lesser_collisions(fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    """What is no collision of commits that somebody has to settle, each kind with its own verb."""
    pairs = fleet.collisions.by_ref.get(branch.ref, ()) if fleet.collisions else ()
    left = [pair for pair in pairs if not (pair.counts and not pair.rivals)]
    unknown = [pair for pair in left if pair.grade is Grade.UNKNOWN]
    if unknown:
        note = f"nobody knows whether they collide: {escape_hidden(unknown[0].failed)}"
        yield _relate(fleet, branch, "git could not merge it with", unknown, note=note)
    conflicts = [pair for pair in left if pair.grade is Grade.CONFLICT]
    loose = [pair for pair in conflicts if pair.uncommitted and pair.only is None and not pair.rivals]
    if loose:
        yield _relate(fleet, branch, "collides, with uncommitted work, with", loose)
    for only, words in ONLY.items():
        mild = [pair for pair in conflicts if pair.only is only and not pair.rivals]
        if mild:
            yield _relate(fleet, branch, f"collides in {words} alone with", mild)


def _relate(
    fleet: Fleet, branch: Branch, verb: str, pairs: Iterable[Pair | Copy | Hint], note: str = ""
) -> Relation:
    refs = dict.fromkeys(pair.b if pair.a == branch.ref else pair.a for pair in pairs)
    named = list(refs)[:MOST]
    names = name_branches(fleet, named)
    others = tuple(Other(ref, escape_hidden(names[ref])) for ref in named)
    return Relation(verb=verb, others=others, more=len(refs) - len(named), note=note)


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


# -- copies, hints, nothing ------------------------------------------------------------------


def _find_copies(fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    copies = fleet.collisions.copies if fleet.collisions else ()
    mine = [copy for copy in copies if branch.ref in (copy.a, copy.b)]
    if mine:
        outside = {path for c in mine for path in (c.outside_a if c.a == branch.ref else c.outside_b)}
        note = f"{format_count(len(outside), 'path')} of it out of scope here" if outside else ""
        verb = "carries a copy of a commit of" if len(mine) == 1 else "carries copies of commits of"
        yield _relate(fleet, branch, verb, mine, note=note)


def _find_hints(fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    hints = fleet.collisions.hints if fleet.collisions else ()
    breaks = [hint for hint in hints if hint.a == branch.ref]
    broken = [hint for hint in hints if hint.b == branch.ref]
    for guesses, verb in ((breaks, "may break"), (broken, "may be broken by")):
        if guesses:
            note = f"a guess from names: {COMMAND} shows the lines"
            yield _relate(fleet, branch, verb, guesses, note=note)


def _find_nothing(_fleet: Fleet, branch: Branch) -> Iterator[Relation]:
    if branch.state is State.ABSORBED:
        yield Relation(verb="adds nothing", note=escape_hidden(branch.state_why))


_KINDS: tuple[Callable[[Fleet, Branch], Iterator[Relation]], ...] = (
    _find_collisions,
    _find_lesser_collisions,
    _find_grounds,
    _find_dependencies,
    _find_rivals,
    _find_copies,
    _find_hints,
    _find_nothing,
)
