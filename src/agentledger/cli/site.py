"""`agentledger site`: the static site of the fleet, built into a folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli import building
from agentledger.cli.options import FOLDER, Asked, fleet_options, format_option

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
def site(asked: Asked, format: str, out: Path | None, open_it: bool) -> None:
    """Build a static site: a board, and a page a branch."""
    result = building.publish_site(asked, building.site_folder(asked, out)).result
    if format == "json":
        _print_json(result)
    else:
        click.echo(describe_result(result))
    if open_it:
        open_in_browser(result.index)


def describe_result(result: Result) -> str:
    """Where the board is, and what was built."""
    from agentledger.model.text import format_count

    counts = f"{result.unchanged:,} unchanged, {result.removed:,} removed"
    return f"{_relative_path(result.index)}: {format_count(result.written, 'file')} written, {counts}"


def open_in_browser(index: Path) -> None:
    """Open a page of the site in the reader's browser."""
    import webbrowser

    webbrowser.open(index.resolve().as_uri())


def is_on_desktop() -> bool:
    """True where a person sits before a screen on which a browser can open."""
    screen = (
        sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return bool(screen) and sys.stdout.isatty()


def _print_json(result: Result) -> None:
    from agentledger.reports import json

    document = json.encode_site(str(result.index), result.written, result.unchanged, result.removed)
    click.echo(document, nl=False)


def _relative_path(path: Path) -> Path:
    """A path as a person in this folder would type it."""
    full = path.resolve()
    return full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full
