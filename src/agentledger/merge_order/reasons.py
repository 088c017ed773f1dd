"""Why a branch lands at its place, or waits, in words: parts of sentences that every output shows as they are.

Belongs here: these words. Does not: choosing (see `choose`), or the layout of one output.

No word depends on the clock, so that the same branches give the same plan: a time is a date, not an age.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agentledger.attention.loose_work import describe_use
from agentledger.attention.turn import Kind, turn_of
from agentledger.merge_order.choose import Choice
from agentledger.merge_order.constraints import NO_PRIORITY, Constraints, Place
from agentledger.merge_order.taking_part import WORDS, group_of
from agentledger.model.collisions import Grade, Only, Pair
from agentledger.model.fleet import Branch
from agentledger.model.merge_plan import Waits
from agentledger.model.text import escape_hidden, format_count, format_rfc3339

Branches = Mapping[str, Branch]
Pairs = Mapping[str, Mapping[str, Pair]]

_ONLY = {
    Only.GENERATED: ", though only in generated files",
    Only.OPEN: ", though only in files that are open to all",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What the reasons are taken from: the whole fleet's branches, and all that was found and chosen."""

    branches: Branches
    places: Mapping[str, Place]
    pairs: Pairs
    constraints: Constraints
    choice: Choice

    def describe_step(self, ref: str) -> str:
        """Why a branch lands where it does: how far it is, since when, and whom it follows or precedes."""
        parts = [describe_place(self.branches[ref], self.places[ref])]
        if (sake := self.choice.lifted.get(ref)) is not None:
            parts.append(f"before {_name(self.branches, sake)}, which needs it")
        grounds = self.constraints.after.get(ref, {})
        parts += [
            f"after {_name(self.branches, other)}: {grounds[other]}"
            for other in self.choice.landing
            if other in grounds
        ]
        if use := describe_use(self.branches[ref].worktree):
            parts.append(f"what lies in its worktree does not land: {use}")
        return "; ".join(parts)

    def explain_waiting(self, ref: str) -> Waits:
        """Why a branch does not land together with those that do."""
        held = self.choice.waiting[ref]
        pairs = self.pairs.get(ref, {})
        direct = [pairs[other] for other in self.choice.landing if other in pairs]
        waits = self._explain_held(held, direct) if direct else self._explain_need(ref)
        paths = tuple(sorted({path for pair in direct for path in pair.paths}))
        later = tuple(other for other in held if self.places[other] > self.places[ref])
        return waits._replace(paths=paths, holds=held, by_age=ref in self.choice.by_age, later=later)

    def _explain_held(self, held: tuple[str, ...], direct: Sequence[Pair]) -> Waits:
        only = _add_only(direct)
        if len(held) == 1:
            first = _name(self.branches, held[0])
            return Waits(held[0], f"{_describe_pair(direct[0])} {first}, which goes first{only}")
        others = format_count(len(held), "other")
        return Waits("", f"landing it would hold {others}: {_list_names(self.branches, held)}{only}")

    def _explain_need(self, ref: str) -> Waits:
        needs = self.constraints.needs.get(ref, {})
        missing = next((each for each in needs if each not in self.choice.landing), None)
        if missing is None:
            return Waits("", "no way was found to land it with the others")
        name = _name(self.branches, missing)
        return Waits(missing, f"it waits for {name}, which does not land: {needs[missing]}")


def describe_place(branch: Branch, place: Place) -> str:
    """How far a branch is by itself, and since when; without a brief, how old its last commit is."""
    turn = turn_of(branch)
    stage = _STAGES.get(turn.kind) or _describe_group(branch)
    priority = f", priority {place.priority}" if place.priority != NO_PRIORITY else ""
    since = ", last commit" if turn.since is None or turn.kind is Kind.UNBRIEFED else " since"
    return f"{stage}{since} {format_rfc3339(place.since)[:16].replace('T', ' ')}{priority}"


_STAGES = {Kind.APPROVED: "approved", Kind.READY: "ready", Kind.UNBRIEFED: "no brief"}


def _describe_group(branch: Branch) -> str:
    group = group_of(branch)
    return WORDS[group] if group else "ready"


def _describe_pair(pair: Pair) -> str:
    if pair.grade is Grade.UNKNOWN:
        return f"git cannot merge it ({escape_hidden(pair.failed)}) with"
    return "it conflicts with"


def _add_only(pairs: Sequence[Pair]) -> str:
    """What alone is in the way, where nobody would mind it: git stops there all the same."""
    kinds = {pair.only for pair in pairs}
    if not kinds or None in kinds:
        return ""
    return _ONLY[Only.OPEN if Only.OPEN in kinds else Only.GENERATED]


def _list_names(branches: Branches, refs: Iterable[str], most: int = 3) -> str:
    names = [_name(branches, ref) for ref in refs]
    shown = names if len(names) <= most + 1 else names[:most]
    more = f" and {len(names) - most} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more


def _name(branches: Branches, ref: str) -> str:
    return escape_hidden(branches[ref].name) if ref in branches else escape_hidden(ref)
