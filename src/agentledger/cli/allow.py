"""`agentledger allow`: let a task change more paths, or waive a rule, until a date.

Belongs here: options. Does not: what a waiver may cover, or writing it (see `workflow.manage.allow`).
"""

from __future__ import annotations

import time

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option


@click.command()
@click.argument("task", metavar="TASK|BRANCH")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--why", required=True, metavar="TEXT", help="The reason; shown beside every finding that is waived."
)
@click.option(
    "--until",
    required=True,
    metavar="DATE|DURATION",
    help="When it ends: 2026-12-24 (to the end of that day, UTC), 2026-12-24T18:00:00Z, 12h or 3d.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="ID",
    help="A rule to waive, by id or name. Repeatable.  [default: the rules about which paths may change]",
)
@dry_run_option
@format_option
@repo_option
@verbose_option
@click.pass_obj
def allow(
    settings: Settings,
    /,
    task: str,
    paths: tuple[str, ...],
    why: str,
    until: str,
    rules: tuple[str, ...],
    dry_run: bool,
    format: str,
) -> None:
    """Let TASK change more paths, or waive a rule, until a date.

    Each PATH is a pattern. With --rule and no PATH, everything that the rule finds is waived. A waived
    finding is still shown, with the reason. agentledger's own files can never be allowed. Makes one commit
    on the control branch.
    """
    from agentledger.workflow.manage import allow as work

    waiver = work.Wanted(task, paths, why, until=until, rules=rules)
    print_result(
        work.write_waiver(settings.repo or current_folder(), waiver, int(time.time()), dry_run=dry_run),
        format,
    )
