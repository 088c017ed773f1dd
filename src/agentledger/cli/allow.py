"""`agentledger allow`: a dated exception for a task."""

from __future__ import annotations

import time

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option


@click.command()
@click.argument("task", metavar="TASK|BRANCH")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--why", required=True, metavar="TEXT", help="The reason, shown wherever something is waived.")
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
    help="A rule, by id or name. Repeatable.  [default: those by which a path is not the task's to change]",
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
    """Let TASK change each PATH, a pattern, for a while: a waiver on the control branch.

    With --rule and no PATH, all that the rule finds is waived. What is waived is still shown, with the
    reason. agentledger's own files are never opened.
    """
    from agentledger.workflow.manage import allow as work

    wanted = work.Wanted(task, paths, why, until=until, rules=rules)
    print_result(
        work.write_waiver(settings.repo or current_folder(), wanted, int(time.time()), dry_run=dry_run),
        format,
    )
