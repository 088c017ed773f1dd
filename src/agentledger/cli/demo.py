"""`agentledger demo`: make a sample fleet in a real git repository, and its site.

Belongs here: options and printing. Does not: what the sample holds (see `workflow.demo`).
"""

from __future__ import annotations

import time
from pathlib import Path

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import FOLDER, FleetOptions, verbose_option

FOLDER_NAME = "agentledger-demo"


@click.command()
@click.argument("directory", metavar="[DIR]", type=FOLDER, default=FOLDER_NAME)
@click.option(
    "--open/--no-open", "open_it", default=None, help="Open the site in a browser.  [default: on a desktop]"
)
@verbose_option
@click.pass_obj
def demo(settings: Settings, directory: Path, open_it: bool | None) -> None:
    """Make a sample repository in DIR, with branches and a site.

    Without DIR it is agentledger-demo in the current folder. A demo that is there already is replaced.
    """
    from agentledger.cli import building, site
    from agentledger.fleet.request import Request
    from agentledger.workflow.demo import create_demo

    repository = create_demo.create_demo(directory, int(time.time()))
    options = FleetOptions(repository, Request(pairs=True), settings.verbose)
    result = building.publish_site(options, building.site_folder(options, None)).result
    click.echo(f"{repository}: a sample repository to explore")
    click.echo(site.describe_result(result))
    if site.is_on_desktop() if open_it is None else open_it:
        site.open_in_browser(result.index)
