"""`agentledger conflicts`: show which branches collide with base and with each other, or print that as JSON.

Belongs here: options, which branch is meant, printing. Does not: the text and the JSON (see
`reports.conflicts`), or finding collisions (see `collisions.forecast_pairs`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from agentledger.cli.board import print_styled
from agentledger.cli.options import FleetOptions, fleet_options, format_option
from agentledger.model.errors import LedgerError

if TYPE_CHECKING:
    from agentledger.model.fleet import Branch, Fleet


@click.command()
@fleet_options
@click.option("--branch", metavar="NAME", help="Show the pairs of this branch alone, with all lines.")
@click.option("--all", "list_all", is_flag=True, help="Also list the pairs that merge, and all of each kind.")
@format_option
def conflicts(options: FleetOptions, branch: str | None, list_all: bool, format: str) -> None:
    """Show which branches collide, before either has landed.

    Each branch is merged with base, and each two that both merge there with each other, in a temporary
    folder: no branch, index or worktree is changed.
    """
    if not options.request.forecast:
        raise click.UsageError("--no-forecast leaves out the merges, which is all that this command shows.")
    if branch == "":
        raise click.UsageError("--branch has no name. Without it all branches are shown.")
    request = replace(options.request, pairs=True, pairs_of=branch or "", scopes=True, hints=True)
    with replace(options, request=request).reading() as (snapshot, _tell):
        fleet = snapshot.fleet
    one = _find_branch(fleet, branch) if branch else None
    _print_notes(fleet)
    if format == "json":
        _print_json(fleet, one)
    else:
        _print_text(fleet, one, list_all)


def _find_branch(fleet: Fleet, name: str) -> Branch:
    from agentledger.gates.check import find_branch
    from agentledger.model.near_names import unknown_name_error
    from agentledger.model.text import escape_hidden

    branch = find_branch(fleet, name)
    if branch is not None:
        return branch
    if name in (fleet.base.name, fleet.base.ref):
        message = f"{escape_hidden(name)} is the base: it is what branches are compared on"
        raise LedgerError(message, "agentledger conflicts shows every branch against it")
    hint = "agentledger board --all lists the agents' branches; --branches 'NAME*' reads others"
    raise unknown_name_error("agent branch", name, [b.name for b in fleet.branches], hint, most=0)


def _print_notes(fleet: Fleet) -> None:
    from agentledger.attention.collisions import describe_fleet_collisions
    from agentledger.model.text import escape_hidden

    # What counts the collisions sends people here.
    for note in fleet.notes:
        if note != describe_fleet_collisions(fleet):
            click.echo(f"note: {escape_hidden(note)}", err=True)


def _print_json(fleet: Fleet, branch: Branch | None) -> None:
    from agentledger.reports.conflicts import conflicts_json

    click.echo(conflicts_json.encode_conflicts(fleet, branch), nl=False)


def _print_text(fleet: Fleet, branch: Branch | None, list_all: bool) -> None:
    from agentledger.model.collisions import Collisions
    from agentledger.reports.conflicts.conflicts_text import render_conflicts

    collisions = fleet.collisions or Collisions()
    print_styled(lambda width: render_conflicts(fleet, collisions, width, branch=branch, list_all=list_all))
