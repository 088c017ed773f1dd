"""`agentledger packet`: the packet of this worktree's task, brought up to date."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option
from agentledger.cli.prose import prose_options

if TYPE_CHECKING:
    from agentledger.workflow.handover.packet_text import Prose


@click.command()
@prose_options
@click.option("--pr-body", is_flag=True, help="Print the pull request's body, and write nothing.")
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def packet(settings: Settings, /, prose: Prose, pr_body: bool, format: str, dry_run: bool) -> None:
    """Bring the packet of this worktree's task up to date, and commit it alone.

    Files touched and the results of the checks come from git; what you wrote stays as it is. The list of what
    only you can add comes with the command for each. A TEXT of - is read from standard input.
    """
    from agentledger.workflow.handover import write_packet as work

    start, now = settings.repo or current_folder(), int(time.time())
    if pr_body and (dry_run or format == "json"):
        raise click.UsageError(
            "--pr-body prints a text and writes nothing: leave out --dry-run and --format."
        )
    if pr_body:
        click.echo(_printable_body(work.compose_pr_body(start, prose, now)))
    else:
        print_result(work.update_packet(start, prose, now, dry_run=dry_run), format)


def _printable_body(text: str) -> str:
    """The text as it is for a program; on a terminal without what could steer that."""
    from agentledger.model.text import escape_hidden

    if not sys.stdout.isatty():
        return text
    return "\n".join(escape_hidden(line.expandtabs(4)) for line in text.split("\n"))
