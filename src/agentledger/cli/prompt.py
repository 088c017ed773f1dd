"""`agentledger prompt`: print one text to hand to an agent.

Belongs here: options and printing. Does not: what the text says (see `reports.prompt`), or gathering it
(see `workflow.handover.hand_prompt`).
"""

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
    help="Who gets it: an agent that starts, resumes or reviews the work, or one that runs on this platform.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=4_000),
    default=60_000,
    show_default=True,
    metavar="BYTES",
    help="The longest the text may be; it lists what was left out.",
)
@format_option
@repo_option
@verbose_option
@click.pass_obj
def prompt(settings: Settings, /, task: str, kind: str, limit: int, format: str) -> None:
    """Print the prompt for an agent that works on TASK or BRANCH.

    It holds the brief, and for a branch also how far the work is. Writes nothing. What you have to do by
    hand is printed on standard error.
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
