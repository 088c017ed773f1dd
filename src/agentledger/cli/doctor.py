"""`agentledger doctor`: which gates are on here, each tried."""

from __future__ import annotations

import json

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

VERSION = 1
ADVICE = "Here all of it is advice: what must hold against an agent that means to, hold on a server."


@click.command()
@format_option
@repo_option
@verbose_option
@click.pass_obj
def doctor(settings: Settings, /, format: str) -> None:
    """Say which gates are on in this clone and this worktree, and what turns the others on.

    Each is tried, in a temporary repository, with a commit that has to be refused. Ends with 0 in any case.
    """
    from agentledger.workflow.setup import doctor as work

    surfaces = work.examine_surfaces(settings.repo or current_folder())
    if format == "json":
        told = [each._asdict() for each in surfaces]
        click.echo(json.dumps({"version": VERSION, "surfaces": told}, ensure_ascii=False))
        return
    for each in surfaces:
        click.echo(f"{each.state:14} {each.name}: {each.told}")
        if each.next:
            click.echo(f"{'':14} next: {each.next}")
    click.echo(f"\n{ADVICE}")
