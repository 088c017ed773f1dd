"""`agentledger prompt`: one text to hand to an agent."""

from __future__ import annotations

import time

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

FOR = ("start", "resume", "review", "copilot", "codex", "jules")


@click.command()
@click.argument("task", metavar="TASK|BRANCH")
@click.option(
    "--for",
    "kind",
    type=click.Choice(FOR),
    default="start",
    show_default=True,
    help="Who gets it: an agent that begins, goes on, or reviews; or one on that platform's own machine.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=4_000),
    default=60_000,
    show_default=True,
    metavar="BYTES",
    help="At most so many bytes; what has to be left out is named.",
)
@format_option
@repo_option
@verbose_option
@click.pass_obj
def prompt(settings: Settings, /, task: str, kind: str, limit: int, format: str) -> None:
    """Print one text to hand to an agent: TASK with its brief, or how BRANCH stands.

    Nothing is written. What is left to do by hand is said on standard error.
    """
    from agentledger.model.text import escape_hidden
    from agentledger.reports.prompt import json
    from agentledger.workflow.handover import hand_prompt as work

    done = work.build_prompt(settings.repo or current_folder(), task, kind, now=int(time.time()), limit=limit)
    if format == "json":
        click.echo(json.encode_prompt(done, kind, limit), nl=False)
        return
    click.echo(done.text.encode(), nl=False)
    for note in done.notes:
        click.echo(f"note: {escape_hidden(note)}", err=True)
