"""`agentledger board`: show the fleet in the terminal, or as JSON.

Belongs here: options, the width, printing. Does not: the text (see `reports.text`), or the JSON (see
`reports.json`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from agentledger.cli.options import FleetOptions, fleet_options, format_option

if TYPE_CHECKING:
    from rich.text import Text

    from agentledger.model.fleet import Fleet

PIPE_WIDTH = 80  # columns, where there is no terminal and COLUMNS is not set


@click.command()
@fleet_options
@format_option
@click.option("--all", "list_ended", is_flag=True, help="Also list the branches that have ended.")
def board(options: FleetOptions, format: str, list_ended: bool) -> None:
    """List the agents' branches: what each one needs, and from whom."""
    with options.reading() as (snapshot, _tell):
        fleet = snapshot.fleet
    if format == "json":
        _print_json(fleet)
    else:
        _print_text(fleet, list_ended)


def _print_json(fleet: Fleet) -> None:
    from agentledger.model.text import escape_hidden
    from agentledger.reports import json

    for note in fleet.notes:
        click.echo(f"note: {escape_hidden(note)}", err=True)
    click.echo(json.encode_ledger(fleet), nl=False)


def _print_text(fleet: Fleet, list_ended: bool) -> None:
    from agentledger.reports import text

    print_styled(lambda width: text.render_board(fleet, width, list_ended))


def print_styled(render: Callable[[int], Text]) -> None:
    """Print a text that is made for a number of columns: those of the terminal, or of a pipe."""
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else pipe_columns())
    # Captured first: rich itself ends the process with 1 when a pipe's reader is gone; the boundary ends with 141.
    with console.capture() as captured:
        console.print(render(console.width), soft_wrap=True)
    sys.stdout.write(captured.get())


def pipe_columns() -> int:
    """Return the width of what is written where there is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else PIPE_WIDTH
