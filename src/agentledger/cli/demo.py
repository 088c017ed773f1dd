"""`agentledger demo`: a sample fleet with real git, and its site."""

from __future__ import annotations

import time
from pathlib import Path

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import FOLDER, Asked, verbose_option

FOLDER_NAME = "agentledger-demo"


@click.command()
@click.argument("directory", metavar="[DIR]", type=FOLDER, default=FOLDER_NAME)
@click.option(
    "--open/--no-open", "open_it", default=None, help="Open the site in a browser.  [default: on a desktop]"
)
@verbose_option
@click.pass_obj
def demo(settings: Settings, directory: Path, open_it: bool | None) -> None:
    """Make a repository with a sample fleet in DIR, and build its site.

    DIR is agentledger-demo in the current folder unless given; a demo that is there is made anew.
    """
    from agentledger.cli import building, site
    from agentledger.fleet.snapshot import Request
    from agentledger.workflow.demo import create_demo

    repository = create_demo.create_demo(directory, int(time.time()))
    asked = Asked(repository, Request(), settings.verbose)
    result = building.publish_site(asked, building.site_folder(asked, None)).result
    click.echo(f"{repository}: a sample repository, to look around in")
    click.echo(site.describe_result(result))
    if site.is_on_desktop() if open_it is None else open_it:
        site.open_in_browser(result.index)
