"""`agentledger packet`: bring the review packet of this worktree's task up to date.

Belongs here: options and printing. Does not: the packet's text, or its commit (see
`workflow.handover.write_packet`).
"""

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
    """Update this worktree's review packet, and commit only that.

    A packet tells the reviewer what changed, why, and how it was tested. The touched files and the checks'
    results come from git; what you wrote stays as it is. What only you can add is listed, each with its
    command. A TEXT of - is read from standard input.
    """
    from agentledger.workflow.handover import write_packet as work

    start, now = settings.repo or current_folder(), int(time.time())
    if pr_body and (dry_run or format == "json"):
        raise click.UsageError(
            "--pr-body prints a text and writes nothing; leave out --dry-run and --format."
        )
    if pr_body:
        click.echo(_printable_body(work.compose_pr_body(start, prose, now)))
    else:
        print_result(work.update_packet(start, prose, now, dry_run=dry_run), format)


def _printable_body(text: str) -> str:
    """The text unchanged in a pipe; on a terminal with the characters escaped that could steer it."""
    from agentledger.model.text import escape_hidden

    # `gh pr create --body-file -` and the like need the exact bytes.
    if not sys.stdout.isatty():
        return text
    return "\n".join(escape_hidden(line.expandtabs(4)) for line in text.split("\n"))
