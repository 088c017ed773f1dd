"""`agentledger collect`: commit what an agent could only leave in its worktree."""

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
    """Commit the ledger files that lie uncommitted in the worktrees of TASK, or of every task.

    For agents whose sandbox refuses git's writes. Only briefs, check-ins, evidence and packets are taken,
    each on the branch of its worktree; everything else there stays as it is.
    """
    from agentledger.workflow.report import collect as work

    print_result(
        work.collect_files(settings.repo or current_folder(), task, int(time.time()), dry_run=dry_run), format
    )
