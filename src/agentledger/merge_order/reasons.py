"""Why a branch lands at its place, or waits, in words: parts of sentences that every output shows as they are.

Belongs here: these words. Does not: choosing (see `choose`), or the layout of one output.

No word depends on the clock, so that the same branches give the same plan: a time is a date, not an age.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def describe_step(
    ref: str, branches: Branches, places: Mapping[str, Place], constraints: Constraints, choice: Choice
) -> str:
    """Why a branch lands where it does: how far it is, since when, and whom it follows or precedes."""
    parts = [describe_place(branches[ref], places[ref])]
    if (sake := choice.lifted.get(ref)) is not None:
        parts.append(f"before {_name(branches, sake)}, which needs it")
    grounds = constraints.after.get(ref, {})
    parts += [
        f"after {_name(branches, other)}: {grounds[other]}" for other in choice.landing if other in grounds
    ]
    return "; ".join(parts)


def describe_place(branch: Branch, place: Place) -> str:
    """How far a branch is by itself, and since when."""
    stage = _STAGES.get(turn_of(branch).kind) or _describe_group(branch)
    priority = f", priority {place.priority}" if place.priority != NO_PRIORITY else ""
    return f"{stage}{priority}, since {format_rfc3339(place.since)[:16].replace('T', ' ')}"


_STAGES = {Kind.APPROVED: "approved", Kind.READY: "ready", Kind.UNBRIEFED: "no brief"}


def _describe_group(branch: Branch) -> str:
    group = group_of(branch)
    return WORDS[group] if group else "ready"


def explain_waiting(
    ref: str,
    held: tuple[str, ...],
    branches: Branches,
    pairs: Pairs,
    constraints: Constraints,
    choice: Choice,
) -> Waits:
    """Why a branch does not land together with those that do."""
    by_age = ref in choice.by_age
    direct = {other: pair for other in choice.landing if (pair := pairs.get(ref, {}).get(other))}
    paths = tuple(sorted({path for pair in direct.values() for path in pair.paths}))
    if len(held) == 1 and direct:
        (pair,) = direct.values()
        why = f"{_describe_pair(pair)} {_name(branches, held[0])}, which goes first{_add_only(pair)}"
        return Waits(held[0], why, paths, held, by_age)
    if held:
        only = _add_only(*direct.values())
        others = format_count(len(held), "other")
        return Waits(
            "", f"landing it would hold {others}: {_list_names(branches, held)}{only}", paths, held, by_age
        )
    missing = next((each for each in constraints.needs.get(ref, ()) if each not in choice.landing), "")
    if missing in branches:
        why = (
            f"it waits for {_name(branches, missing)}, which does not land: {constraints.needs[ref][missing]}"
        )
        return Waits(missing, why, by_age=by_age)
    return Waits("", "no way was found to land it with the others", by_age=by_age)


def _describe_pair(pair: Pair) -> str:
    if pair.grade is Grade.UNKNOWN:
        return f"git cannot merge it ({escape_hidden(pair.failed)}) with"
    return "it conflicts with"


def _add_only(*pairs: Pair) -> str:
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
