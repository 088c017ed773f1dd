"""`agentledger site`: build the static site of the fleet into a folder.

Belongs here: options, printing, opening a browser. Does not: the build (see `building`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli import building
from agentledger.cli.options import FOLDER, FleetOptions, fleet_options, format_option

if TYPE_CHECKING:
    from agentledger.site.build import Result


@click.command()
@fleet_options
@format_option
@click.option(
    "--out",
    type=FOLDER,
    metavar="DIR",
    help=f"The folder to build into.  [default: {building.FOLDER_NAME} at the repository's top]",
)
@click.option("--open", "open_it", is_flag=True, help="Open the board in a browser.")
def site(options: FleetOptions, format: str, out: Path | None, open_it: bool) -> None:
    """Build a static site: a board, and one page for each branch."""
    result = building.publish_site(options, building.site_folder(options, out)).result
    if format == "json":
        _print_json(result)
    else:
        click.echo(describe_result(result))
    if open_it:
        open_in_browser(result.index)


def describe_result(result: Result) -> str:
    """The line about a build: where the board is, and how many files were written."""
    from agentledger.model.text import format_count

    counts = f"{result.unchanged:,} unchanged, {result.removed:,} removed"
    return f"{_relative_path(result.index)}: {format_count(result.written, 'file')} written, {counts}"


def open_in_browser(index: Path) -> None:
    """Open a page of the site in the user's browser."""
    import webbrowser

    webbrowser.open(index.resolve().as_uri())


def is_on_desktop() -> bool:
    """True where a person is at a terminal with a screen, so that a browser can be opened."""
    screen = (
        sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return bool(screen) and sys.stdout.isatty()


def _print_json(result: Result) -> None:
    from agentledger.reports import json

    document = json.encode_site(str(result.index), result.written, result.unchanged, result.removed)
    click.echo(document, nl=False)


def _relative_path(path: Path) -> Path:
    """The path as typed from the current folder: relative where it is inside it, else absolute."""
    full = path.resolve()
    return full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full
