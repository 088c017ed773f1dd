"""`agentledger doctor`: test which gates are active here.

Belongs here: printing. Does not: the tests themselves (see `workflow.setup.doctor`).
"""

from __future__ import annotations

import json

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

VERSION = 1
ADVICE = (
    "On this machine all of it is advice: an agent can get around it. What it must not get around, "
    "enforce on a server."
)


@click.command()
@format_option
@repo_option
@verbose_option
@click.pass_obj
def doctor(settings: Settings, /, format: str) -> None:
    """Test which hooks are active here; say how to turn on the rest.

    Each is tested in a temporary repository, with a commit that must be refused. Exits with 0 in any case.
    """
    from agentledger.workflow.setup import doctor as work

    surfaces = work.examine_surfaces(settings.repo or current_folder())
    if format == "json":
        entries = [each._asdict() for each in surfaces]
        click.echo(json.dumps({"version": VERSION, "surfaces": entries}, ensure_ascii=False))
        return
    for each in surfaces:
        click.echo(f"{each.state:14} {each.name}: {each.told}")
        if each.next:
            click.echo(f"{'':14} next: {each.next}")
    click.echo(f"\n{ADVICE}")
