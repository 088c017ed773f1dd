"""`agentledger merge-plan`: in which order branches land, tried one on top of the other.

Belongs here: options, finding the branches that are named, printing. Does not: the plan (see `merge_order.plan`), or
its text, JSON and commands (see `reports.merge_plan.merge_plan_text`, `merge_plan_json`, `merge_plan_forge`).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from agentledger.cli.board import pipe_columns
from agentledger.cli.options import FleetOptions, fleet_options
from agentledger.model.errors import LedgerError
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import escape_hidden

if TYPE_CHECKING:
    from agentledger.model.fleet import Fleet
    from agentledger.model.merge_plan import MergePlan


@click.command("merge-plan")
@click.argument("names", nargs=-1, metavar="[BRANCH]...")
@fleet_options
@click.option(
    "--include",
    type=click.Choice(["working", "silent", "held"]),
    multiple=True,
    help="Also take the branches at work, those that are silent, or those that are held. Repeatable.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "json", "gh", "glab"]),
    default="text",
    show_default=True,
    help="gh, glab: the commands of that forge's program.",
)
def merge_plan(options: FleetOptions, names: tuple[str, ...], include: tuple[str, ...], format: str) -> None:
    """Say in which order branches land, and which have to wait.

    It takes what is approved, ready, or has no brief and nothing uncommitted; or just each BRANCH. They are merged
    one on top of the other, in a temporary directory: nothing of yours is written.
    """
    from agentledger.merge_order.plan import Wish
    from agentledger.merge_order.taking_part import Group

    # What is asked for by name is merged however old it is, and so are the silent ones.
    request = replace(options.request, pairs=True)
    if not request.forecast:
        raise click.UsageError("--no-forecast leaves nothing to plan by: a plan is made of merges.")
    if names or "silent" in include:
        request = replace(request, dormant=None)
    options = replace(options, request=request)
    with options.reading() as (snapshot, tell):
        fleet = snapshot.fleet
        refs = _find_refs(fleet, names)
        tell("merging one on top of the other", 0, 0)
        plan = snapshot.plan_merges(Wish(refs=refs, include=frozenset(map(Group, include))))
        moved = snapshot.has_base_moved()
    for note in fleet.notes:
        click.echo(f"note: {escape_hidden(note)}", err=True)
    if moved:
        click.echo(f"note: {escape_hidden(fleet.base.name)} has moved since: run it again", err=True)
    click.echo(_render(plan, fleet, format), nl=False)


def _find_refs(fleet: Fleet, names: Sequence[str]) -> tuple[str, ...]:
    """Return the refs of the branches that are named. Raises LedgerError for a name that none has."""
    refs = []
    for name in dict.fromkeys(names):
        found = [b.ref for b in fleet.branches if b.is_called(name)]
        if not found and name in (fleet.base.name, fleet.base.ref):
            message = f"{escape_hidden(name)} is the base: it is what the others land on"
            raise LedgerError(message, "agentledger merge-plan without a name plans all that is finished")
        if not found:
            known = [branch.name for branch in fleet.branches]
            none = "agentledger board --all lists all; --branches reads others"
            raise unknown_name_error("branch", name, known, none, most=0)
        refs += found
    return tuple(refs)


def _render(plan: MergePlan, fleet: Fleet, format: str) -> bytes | str:
    if format == "json":
        from agentledger.reports.merge_plan.merge_plan_json import encode_merge_plan

        return encode_merge_plan(plan, fleet)
    if format == "text":
        from agentledger.reports.merge_plan.merge_plan_text import render_merge_plan

        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else pipe_columns()
        return render_merge_plan(plan, fleet, width)
    from agentledger.reports.merge_plan.merge_plan_forge import find_other_forge, render_forge_commands

    if note := find_other_forge(fleet, format):
        click.echo(f"note: {note}", err=True)
    return render_forge_commands(plan, fleet, format)
