"""Tries an order of branches, one on top of the other: what lands at which step, and what stops where.

Belongs here: going through the order, and saying of each branch left out against whom. Does not: the order (see
`rank`), which branches are looked at (see `plan`), or one merge (see `train`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentledger.merge_order.train import Landed, Stopped, Train, Yard
from agentledger.model.fleet import Base, Branch
from agentledger.model.merge_plan import Left, MergeOrder, Step, Via, Waits
from agentledger.model.text import escape_hidden, format_count, format_path

# So many branches in front are tried, one by one, for the one that is in the way.
MOST_TRIED = 40


@dataclass(slots=True)
class Simulation:
    """One run. `steps` and `left` are what came of it."""

    yard: Yard
    order: MergeOrder
    base: Base
    branches: Mapping[str, Branch]
    steps: list[Step] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    #: The wave of the last step that changed a path, and that of each step.
    _touched: dict[bytes, int] = field(default_factory=dict)
    _waves: dict[str, int] = field(default_factory=dict)

    def run(self) -> None:
        """Merge those that land, in order; then those for whom there is room, since somebody in front stopped."""
        train = self.yard.start()
        for ref in self.order.landing:
            train = self._join(train, ref, self.order.reasons.get(ref, ""))
        waiting = [ref for ref in self.order.refs if ref in self.order.waits]
        while (room := next(self._find_room(waiting), None)) is not None:
            waiting.remove(room)
            held = self.order.waits[room].holds
            train = self._join(train, room, f"{_count_names(held, self.branches)} stopped, so there is room")
        for ref in waiting:
            train = self._try_after_all(train, ref)

    def _try_after_all(self, train: Train, ref: str) -> Train:
        """Leave out a branch that waits, unless the train has commits of it: then a pair alone does not decide."""
        waits = self.order.waits[ref]
        if waits.holds and self.yard.own(ref) & train.commits and self._has_all_it_needs(ref):
            answer = train.join(ref)
            if isinstance(answer, Landed):
                held = _count_names(waits.holds, self.branches)
                why = f"alone it conflicts with {held}, and not behind all that land before it"
                self.steps.append(self._make_step(train, ref, why, answer))
                return train.after(ref, answer.tree)
        self.left.append(self._describe_waiting(ref))
        return train

    def _has_all_it_needs(self, ref: str) -> bool:
        return self._waves.keys() >= set(self.order.needs.get(ref, ()))

    def _join(self, train: Train, ref: str, why: str) -> Train:
        missing = next((other for other in self.order.needs.get(ref, ()) if other not in self._waves), None)
        if missing is not None:
            name = self._name(missing)
            self.left.append(Left(ref, f"it waits for {name}, which does not land", None, missing))
            return train
        answer = train.join(ref)
        if isinstance(answer, Stopped):
            self.left.append(self._describe_stop(ref, answer))
            return train
        self.steps.append(self._make_step(train, ref, why, answer))
        return train.after(ref, answer.tree)

    def _find_room(self, waiting: Sequence[str]) -> Iterator[str]:
        """Yield those that waited for nobody that has landed, and have what they need."""
        for ref in waiting:
            held = self.order.waits[ref].holds
            if held and not self._waves.keys() & set(held) and self._has_all_it_needs(ref):
                yield ref

    # -- what landed -----------------------------------------------------------------------

    def _make_step(self, train: Train, ref: str, why: str, answer: Landed) -> Step:
        branch = self.branches[ref]
        if answer.tree == train.tree:
            why += "; nothing of it is left to merge by then"
        if answer.via is Via.BASE:
            why += f"; git alone would stop: bring {escape_hidden(self.base.name)} into it first"
        elif answer.via is Via.BRIDGE and branch.bridge:
            why += f"; bring in first what landed of its commits as {branch.bridge.landing[:12]}"
        return Step(
            number=len(self.steps) + 1,
            ref=ref,
            head=branch.head,
            why=why,
            wave=self._place_in_wave(ref),
            tree=answer.tree,
            via=answer.via,
        )

    def _place_in_wave(self, ref: str) -> int:
        """Return the first wave in which it has nothing to do with anybody of that wave or a later one."""
        paths = [change.path for change in self.branches[ref].code_changes]
        before = [self._waves[other] for other in self.order.after.get(ref, ()) if other in self._waves]
        wave = 1 + max([0, *before, *(self._touched.get(path, 0) for path in paths)])
        self._touched |= dict.fromkeys(paths, wave)
        self._waves[ref] = wave
        return wave

    # -- what is left out ------------------------------------------------------------------

    def _describe_waiting(self, ref: str) -> Left:
        waits: Waits = self.order.waits[ref]
        numbers = {step.ref: step.number for step in self.steps}
        landed = [numbers[other] for other in (*waits.holds, waits.against) if other in numbers]
        return Left(ref, waits.why, min(landed, default=None), waits.against)._replace(
            paths=waits.paths, holds=waits.holds, by_age=waits.by_age
        )

    def _describe_stop(self, ref: str, stopped: Stopped) -> Left:
        """Say against whom a branch stops that no pair of branches foretold."""
        note = f" ({stopped.note})" if stopped.note else ""
        if stopped.failed:
            return Left(ref, f"git cannot merge it: {escape_hidden(stopped.failed)}{note}", self._last_step())
        against = self.yard.try_alone(ref, self._suspect(stopped.paths))
        where = f"in {_list_paths(stopped.paths)}{note}"
        if against:
            step = next(step.number for step in self.steps if step.ref == against)
            why = f"it conflicts with {self._name(against)} once that has landed, {where}"
            return Left(ref, why, step, against, paths=stopped.paths)
        base = escape_hidden(self.base.name)
        if not self.steps:
            why = f"it conflicts with {base}, {where}"
            return Left(ref, why, against=self.base.ref, paths=stopped.paths)
        why = f"it conflicts with {base} and what landed before it together, {where}"
        return Left(ref, why, self._last_step(), paths=stopped.paths)

    def _suspect(self, paths: Sequence[bytes]) -> list[str]:
        """Return those that landed and change one of these paths, else all of them, in order."""
        wanted = set(paths)
        near = [
            step.ref
            for step in self.steps
            if any(change.path in wanted for change in self.branches[step.ref].code_changes)
        ]
        return (near or [step.ref for step in self.steps])[:MOST_TRIED]

    def _last_step(self) -> int | None:
        return len(self.steps) or None

    def _name(self, ref: str) -> str:
        return escape_hidden(self.branches[ref].name) if ref in self.branches else escape_hidden(ref)


def _count_names(refs: Sequence[str], branches: Mapping[str, Branch]) -> str:
    if len(refs) == 1 and refs[0] in branches:
        return escape_hidden(branches[refs[0]].name)
    return format_count(len(refs), "branch", "branches")


def _list_paths(paths: Sequence[bytes], most: int = 3) -> str:
    shown = ", ".join(escape_hidden(format_path(path)) for path in paths[:most])
    return f"{shown} and {len(paths) - most} more" if len(paths) > most else shown
