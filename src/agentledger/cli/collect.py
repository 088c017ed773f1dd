"""`agentledger collect`: commit the ledger files that an agent could only leave in its worktree.

Belongs here: options. Does not: which files are taken, or committing them (see `workflow.report.collect`).
"""

from __future__ import annotations

import time

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option


@click.command()
@click.argument("task", required=False)
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def collect(settings: Settings, /, task: str | None, format: str, dry_run: bool) -> None:
    """Commit the reports that agents could not commit themselves.

    For agents whose sandbox refuses git's writes. Looks in the worktrees of TASK, or of every task. Takes
    only briefs, check-ins, evidence and packets, each onto the branch of its worktree; everything else
    there stays as it is.
    """
    from agentledger.workflow.report import collect as work

    print_result(
        work.collect_files(settings.repo or current_folder(), task, int(time.time()), dry_run=dry_run), format
    )
