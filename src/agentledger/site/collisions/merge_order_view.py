"""A merge plan → its page: the steps with their reasons, who is left out, and the commands.

Belongs here: the view model of that page. Does not: finding the order or trying the merges (see `merge_order`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentledger.attention.collisions import format_few
from agentledger.model.fleet import Fleet
from agentledger.model.merge_plan import Left, MergePlan, Step
from agentledger.model.text import format_count
from agentledger.reports.merge_plan.merge_plan_forge import render_forge_commands
from agentledger.reports.merge_plan.merge_plan_text import describe_plan, list_unnamed
from agentledger.site import forge_links
from agentledger.site.branch_commands import Command
from agentledger.site.collisions.collision_notes import list_paths
from agentledger.site.collisions.pair_view import Place, Places
from agentledger.site.conflict_view import describe_rest
from agentledger.site.labels import Frame, build_frame

COMMAND = "agentledger merge-plan"
#: Waves whose sizes are listed.
WAVES_LISTED = 8
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
    #: "from step 3 on"; "" where no step stands in its way.
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
    #: How many branches the waves have, in a sentence; "" where there is one wave.
    waves: str
    steps: tuple[StepView, ...]
    left: tuple[LeftView, ...]
    not_asked: tuple[NotAskedView, ...]
    commands: tuple[Command, ...]
    #: The steps as commands of the forge's own program; "" where the forge is not known, or has no such program.
    forge_commands: str


def is_offered(plan: MergePlan | None) -> bool:
    """Is there such a page? Only where something could merge."""
    return plan is not None and bool(plan.steps or plan.left)


def build_merge_order(fleet: Fleet, plan: MergePlan, pages: Mapping[str, str]) -> MergeOrderPage:
    """Build the page of a plan for a fleet; `pages` maps each ref to its page."""
    places = Places(fleet, pages)
    sizes = dict(sorted(Counter(step.wave for step in plan.steps).items()))
    return MergeOrderPage(
        frame=build_frame(fleet),
        summary=f"{describe_plan(plan, fleet)}.",
        notes=tuple(_list_notes(plan, places)),
        waves=_describe_waves(list(sizes.values())),
        steps=tuple(_build_step(step, places, waved=len(sizes) > 1) for step in plan.steps),
        left=tuple(_build_left(left, fleet, places) for left in plan.left),
        not_asked=tuple(
            NotAskedView(
                f"{len(each.refs):,} {each.why}",
                places.all_of(each.refs[:NAMED]),
                describe_rest(len(each.refs) - NAMED, "branch", "branches"),
            )
            for each in plan.not_asked
        ),
        commands=tuple(_list_commands(fleet, plan)),
        forge_commands=_write_forge_commands(fleet, plan),
    )


def _describe_waves(sizes: Sequence[int]) -> str:
    if len(sizes) < 2:
        return ""
    if max(sizes) == 1:
        return f"{len(sizes):,} waves of one branch each."
    if len(sizes) > WAVES_LISTED:
        return f"{len(sizes):,} waves, the largest of {format_count(max(sizes), 'branch', 'branches')}."
    parts = (
        f"wave {number}: {format_count(size, 'branch', 'branches')}" for number, size in enumerate(sizes, 1)
    )
    return f"{'; '.join(parts)}.".capitalize()


def _list_notes(plan: MergePlan, places: Places) -> Iterator[str]:
    if plan.by_age is not None:
        aged = [places.name(left.ref) for left in plan.left if left.by_age]
        also = f", {format_few(aged)} among them" if aged else ""
        yield f"If the oldest always went first, only {plan.by_age:,} would land{also}."
    if not plan.exact:
        yield "There are too many conflicts to search all sets: a larger one may exist."


def _build_step(step: Step, places: Places, *, waved: bool) -> StepView:
    return StepView(
        number=step.number,
        place=places.find(step.ref),
        head=step.head[:10],
        why=step.why,
        wave=f"wave {step.wave:,}" if waved else "",
    )


def _build_left(left: Left, fleet: Fleet, places: Places) -> LeftView:
    return LeftView(
        place=places.find(left.ref),
        why=left.why,
        step=f"from step {left.step:,} on" if left.step is not None else "",
        against=places.find(left.against) if left.against not in ("", fleet.base.ref) else None,
        where=list_paths(list_unnamed(left)),
    )


def _list_commands(fleet: Fleet, plan: MergePlan) -> Iterator[Command]:
    yield Command("Try it again", COMMAND)
    for each in plan.not_asked:
        yield Command(f"Take those {each.why}, too", f"{COMMAND} --include {each.include}")
    if program := _find_program(fleet):
        yield Command("As commands of the forge", f"{COMMAND} --format {program}")


def _write_forge_commands(fleet: Fleet, plan: MergePlan) -> str:
    program = _find_program(fleet)
    return render_forge_commands(plan, fleet, program) if program and plan.steps else ""


def _find_program(fleet: Fleet) -> str:
    """Return the forge's own program, as `--format` calls it; "" where there is none that is known."""
    site = forge_links.forge_address(fleet.forge)
    if site is None:
        return ""
    return "glab" if forge_links.is_gitlab(site) else "gh" if "github" in forge_links.host_name(site) else ""
