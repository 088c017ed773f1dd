"""The merge plan of a fleet: which branches it looks at, their order, and what trying it gave.

Belongs here: putting these together. Does not: any of the parts (see `taking_part`, `rank`, `simulate`), or printing
(see `reports.merge_plan.merge_plan_text`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.changes.ancestry import History
from agentledger.git.scratch import Scratch
from agentledger.merge_order.choose import keeps_apart
from agentledger.merge_order.rank import could_merge, order_branches
from agentledger.merge_order.remembered import run_or_recall
from agentledger.merge_order.simulate import Simulation
from agentledger.merge_order.submodules import Submodules
from agentledger.merge_order.taking_part import WORDS, Group, asked_by, group_of, why_over
from agentledger.merge_order.train import Landed, Yard
from agentledger.model.collisions import Collisions, Pair
from agentledger.model.fleet import ALIVE, Branch, Fleet, State
from agentledger.model.merge_plan import Left, MergePlan, NotAsked
from agentledger.model.text import escape_hidden, format_path
from agentledger.storage.cache import Cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a plan is asked for."""

    #: The refs of the branches to plan, whatever state they are in; () for those that are finished.
    refs: tuple[str, ...] = ()
    #: With `refs` empty, what to take besides.
    include: frozenset[Group] = frozenset()


def plan_merges(
    scratch: Scratch, history: History, fleet: Fleet, *, common: Path | None, wish: Wish, cache: Cache
) -> MergePlan:
    """Return the plan, by merging in the sealed directory.

    `common` is the git directory in which submodules are looked for; the fleet has to have its collisions.
    """
    branches = sorted(_select(fleet, wish), key=lambda b: (b.name, b.ref))
    able = [branch for branch in branches if not why_over(branch)]
    submodules = Submodules(scratch, common)
    yard = Yard(scratch, history, fleet=fleet, branches=able, submodules=submodules)
    links = _Links(yard, submodules, fleet)
    merging = [branch for branch in able if could_merge(branch) or links.settle_base(branch)]
    refs = {branch.ref for branch in merging}
    collisions = links.drop_settled(fleet.collisions or Collisions(), refs)
    # As on the board: what is finished does not wait for what somebody is still at.
    finished = {branch.ref for branch in merging if group_of(branch) is None}
    order = order_branches(fleet, collisions, merging, finished)
    tried = Simulation(yard, order, fleet.base, {branch.ref: branch for branch in fleet.branches})
    run_or_recall(tried, cache, fleet.merger)
    stuck = [_describe_stuck(b, fleet) for b in branches if b.ref not in refs]
    return MergePlan(
        steps=tuple(tried.steps),
        left=(*tried.left, *stuck),
        not_asked=tuple(_count_others(fleet, wish)) if not wish.refs else (),
        by_age=order.by_age,
        exact=order.exact,
    )


def _select(fleet: Fleet, wish: Wish) -> Iterator[Branch]:
    for branch in fleet.branches:
        if wish.refs:
            if branch.ref in wish.refs:
                yield branch
        elif branch.state is State.UNREADABLE:
            # Nobody knows how far it is, so nobody may take it for one that is left alone.
            yield branch
        elif _is_candidate(branch):
            group = group_of(branch)
            if group is None or asked_by(group) in wish.include:
                yield branch


def _is_candidate(branch: Branch) -> bool:
    """Could there be something of a branch to land, now or later?"""
    return not branch.detached and branch.state in ALIVE and branch.state is not State.EMPTY


def _count_others(fleet: Fleet, wish: Wish) -> Iterator[NotAsked]:
    groups: dict[Group, list[str]] = {}
    for branch in sorted(fleet.branches, key=lambda b: (b.name, b.ref)):
        group = group_of(branch) if _is_candidate(branch) else None
        if group is not None and asked_by(group) not in wish.include:
            groups.setdefault(group, []).append(branch.ref)
    for group in Group:
        if group in groups:
            yield NotAsked(WORDS[group], asked_by(group).value, tuple(groups[group]))


def _describe_stuck(branch: Branch, fleet: Fleet) -> Left:
    """Why a branch that was looked at cannot land at all."""
    over = why_over(branch)
    if over:
        return Left(branch.ref, over)
    conflict = branch.conflict
    if conflict is None or conflict.clean is None:
        reason = conflict.failed if conflict else "nobody has tried"
        return Left(branch.ref, f"git cannot merge it: {escape_hidden(reason)}")
    paths: Sequence[bytes] = tuple(file.path for file in conflict.files)
    shown = ", ".join(escape_hidden(format_path(path)) for path in paths[:3])
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    why = f"it conflicts with {escape_hidden(fleet.base.name)}, in {shown}{more}"
    return Left(branch.ref, why, against=fleet.base.ref, paths=tuple(paths))


class _Links:
    """Conflicts in submodules alone: tried again with the submodules that are checked out."""

    def __init__(self, yard: Yard, submodules: Submodules, fleet: Fleet) -> None:
        self._yard, self._submodules = yard, submodules
        conflicts = {
            p for b in fleet.branches if b.conflict for file in b.conflict.files for p in (file.path,)
        }
        pairs = (
            {path for pair in fleet.collisions.pairs for path in pair.paths} if fleet.collisions else set()
        )
        tree = yard.bare_tree(yard.base)
        self._links = submodules.find_links(tree, sorted(conflicts | pairs)) if tree else frozenset()

    def settle_base(self, branch: Branch) -> bool:
        """Does a branch merge with base after all?"""
        paths: Collection[bytes] = [file.path for file in branch.conflict.files] if branch.conflict else ()
        return self._are_links(paths) and isinstance(self._yard.start().join(branch.ref), Landed)

    def drop_settled(self, collisions: Collisions, refs: Collection[str]) -> Collisions:
        """Return the collisions without the pairs of these branches that merge after all."""
        if not self._links:
            return collisions
        kept = tuple(p for p in collisions.pairs if not (p.a in refs and p.b in refs and self._is_settled(p)))
        return replace(collisions, pairs=kept)

    def _is_settled(self, pair: Pair) -> bool:
        if not keeps_apart(pair) or not self._are_links(pair.paths):
            return False
        begun = self._yard.start()
        first = begun.join(pair.a)
        return isinstance(first, Landed) and isinstance(begun.after(pair.a, first.tree).join(pair.b), Landed)

    def _are_links(self, paths: Collection[bytes]) -> bool:
        return bool(paths) and all(path in self._links for path in paths)
