"""A simulation that was run before is recalled: a step costs a process of git, and a site is built again and again.

Belongs here: when it is the same simulation, and the form in which it is kept. Does not: running it (see `simulate`).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from agentledger.merge_order.simulate import Simulation
from agentledger.model.fleet import SUBMODULE, Branch, Merger
from agentledger.model.merge_plan import Left, Step, Via
from agentledger.model.text import HIDDEN, decode, encode
from agentledger.storage.cache import Cache

_KIND = "merge-plan"


def run_or_recall(simulation: Simulation, cache: Cache, merger: Merger | None) -> None:
    """Give a simulation its steps and those left out: by running it, or as the same one had them before."""
    branches = [simulation.branches[ref] for ref in simulation.order.refs]
    if _moves_submodule(branches):
        # What git says then depends on what is checked out there.
        simulation.run()
        return
    key = _make_key(simulation, branches, merger)
    known = _load(cache.get(_KIND, [key]).get(key))
    if known and _is_sound(*known, simulation):
        simulation.steps, simulation.left = known
        return
    simulation.run()
    # A failure may pass: a missing object is fetched later.
    if not any(_is_failure(left, simulation) for left in simulation.left):
        cache.put(_KIND, [(key, _dump(simulation.steps, simulation.left))])


def _moves_submodule(branches: Iterable[Branch]) -> bool:
    return any(SUBMODULE in (c.old_mode, c.new_mode) for branch in branches for c in branch.changes)


def _is_failure(left: Left, simulation: Simulation) -> bool:
    """Did git not answer? Then there is neither a file nor a branch in the way, nor did it wait from the beginning."""
    waits = simulation.order.waits.get(left.ref)
    return not (left.paths or left.against) and (waits is None or waits.why != left.why)


def _is_sound(steps: Iterable[Step], left: Iterable[Left], simulation: Simulation) -> bool:
    """Are these about branches that are there, in words that a terminal can be given?"""
    words = [(each.ref, each.why) for each in steps] + [(each.ref, each.why) for each in left]
    return all(ref in simulation.branches and not HIDDEN.search(why) for ref, why in words)


def _make_key(simulation: Simulation, branches: Iterable[Branch], merger: Merger | None) -> str:
    """A hash over everything that a simulation depends on. What a branch changes follows from its head and base."""
    base, order = simulation.base, simulation.order
    heads = [(b.ref, b.head, b.merge_bases, b.stands_on, b.bridge) for b in branches]
    names = sorted((ref, branch.name) for ref, branch in simulation.branches.items())
    parts = (base.name, base.ref, base.head, merger, order, heads, names)
    return sha256(encode(repr(parts))).hexdigest()


def _dump(steps: Iterable[Step], left: Iterable[Left]) -> list[Any]:
    rows = [each._asdict() | {"paths": list(map(decode, each.paths))} for each in left]
    return [list(steps), [list(row.values()) for row in rows]]


def _load(stored: Any) -> tuple[list[Step], list[Left]] | None:
    """Rebuild what was stored; None when it is not that (anybody can write to the cache's file)."""
    try:
        steps, left = stored
        return [_load_step(*each) for each in steps], [_load_left(*each) for each in left]
    except (TypeError, ValueError, AttributeError):
        return None


def _load_step(number: int, ref: str, head: str, why: str, *more: Any) -> Step:
    wave, tree, via = more
    return Step(
        number=int(number),
        ref=str(ref),
        head=str(head),
        why=str(why),
        wave=int(wave),
        tree=str(tree),
        via=Via(via) if via else None,
    )


def _load_left(ref: str, why: str, step: int | None, against: str, *more: Any) -> Left:
    paths, holds, by_age = more
    return Left(str(ref), str(why), None if step is None else int(step), str(against))._replace(
        paths=tuple(map(encode, paths)), holds=tuple(map(str, holds)), by_age=by_age is True
    )
