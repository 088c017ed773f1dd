"""A merge plan → its page: the steps with their reasons, who is left out, and the commands.

Belongs here: the view model of that page. Does not: finding the order or trying the merges (see `merge_order`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from agentledger.model.fleet import Fleet
from agentledger.model.merge_plan import Left, MergePlan, Step
from agentledger.model.text import format_count
from agentledger.site import forge_links
from agentledger.site.branch_commands import Command
from agentledger.site.collision_notes import list_paths
from agentledger.site.conflict_view import describe_rest
from agentledger.site.labels import Frame, build_frame
from agentledger.site.pair_view import Place, Places

#: Branches that are named of those about which nobody asked.
NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One branch that merges on top of those before it."""

    number: int
    place: Place
    head: str
    why: str
    #: "wave 2"; "" where there is only one.
    wave: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftView:
    """A branch that is left out: why, and at which step it stopped."""

    place: Place
    why: str
    #: "at step 3"; "" where it was not tried.
    step: str
    #: Against whom; None where it is no single one.
    against: Place | None
    #: In which files; "" where that is not known.
    where: str


@dataclass(frozen=True, slots=True)
class NotAskedView:
    """Branches about which the plan says nothing, for one reason."""

    why: str
    places: tuple[Place, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOrderPage:
    """The page."""

    frame: Frame
    summary: str
    #: What else there is to know about the plan, in sentences.
    notes: tuple[str, ...]
    #: How many branches each wave has, in words.
    waves: tuple[str, ...]
    steps: tuple[StepView, ...]
    left: tuple[LeftView, ...]
    not_asked: tuple[NotAskedView, ...]
    commands: tuple[Command, ...]


def is_offered(plan: MergePlan | None) -> bool:
    """Is there such a page? Only where something could merge."""
    return plan is not None and bool(plan.steps or plan.left)


def build_merge_order(fleet: Fleet, plan: MergePlan, pages: Mapping[str, str]) -> MergeOrderPage:
    """Build the page of a plan for a fleet; `pages` maps each ref to its page."""
    places = Places(fleet, pages)
    sizes = Counter(step.wave for step in plan.steps)
    return MergeOrderPage(
        frame=build_frame(fleet),
        summary=_describe_plan(fleet, plan),
        notes=_list_notes(plan),
        waves=tuple(
            f"Wave {wave:,}: {format_count(size, 'branch', 'branches')}"
            for wave, size in sorted(sizes.items())
        )
        if len(sizes) > 1
        else (),
        steps=tuple(_build_step(step, places, waved=len(sizes) > 1) for step in plan.steps),
        left=tuple(_build_left(left, places) for left in plan.left),
        not_asked=tuple(
            NotAskedView(
                f"{format_count(len(each.refs), 'branch', 'branches')}: {each.why}",
                places.all_of(each.refs[:NAMED]),
                describe_rest(len(each.refs) - NAMED, "branch", "branches"),
            )
            for each in plan.not_asked
            if each.refs
        ),
        commands=_list_commands(fleet),
    )


def _describe_plan(fleet: Fleet, plan: MergePlan) -> str:
    count, left = len(plan.steps), len(plan.left)
    lands = (
        f"{format_count(count, 'branch', 'branches')} can merge into {fleet.base.name}, one after the other"
    )
    return f"{lands}; {left:,} would have to wait." if left else f"{lands}."


def _list_notes(plan: MergePlan) -> tuple[str, ...]:
    by_age = (
        f"In order of age, {plan.by_age:,} would land instead of {len(plan.steps):,}."
        if plan.by_age is not None
        else ""
    )
    inexact = (
        ""
        if plan.exact
        else "There may be a larger set that lands: the search for the largest was given up, as it took too long."
    )
    return tuple(note for note in (by_age, inexact) if note)


def _build_step(step: Step, places: Places, *, waved: bool) -> StepView:
    return StepView(
        number=step.number,
        place=places.find(step.ref),
        head=step.head[:10],
        why=step.why,
        wave=f"wave {step.wave:,}" if waved else "",
    )


def _build_left(left: Left, places: Places) -> LeftView:
    return LeftView(
        place=places.find(left.ref),
        why=left.why,
        step=f"at step {left.step:,}" if left.step is not None else "",
        against=places.find(left.against) if left.against else None,
        where=list_paths(left.paths),
    )


def _list_commands(fleet: Fleet) -> tuple[Command, ...]:
    site = forge_links.forge_address(fleet.forge)
    commands = [Command("The same, tried again", "agentledger merge-plan")]
    if site and "github" in forge_links.host_name(site):
        commands.append(Command("As commands of the forge", "agentledger merge-plan --format gh"))
    elif site and forge_links.is_gitlab(site):
        commands.append(Command("As commands of the forge", "agentledger merge-plan --format glab"))
    return tuple(commands)
