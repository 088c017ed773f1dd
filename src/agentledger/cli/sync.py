"""`agentledger sync`: fetch, unite and push the control branch.

Belongs here: options, progress, printing. Does not: talking to the remote (see `workflow.manage.sync`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.control.control_files import Synced


@click.command()
@click.option(
    "--remote", metavar="NAME", help="The remote.  [default: the branch's upstream remote, or origin]"
)
@click.option("--recreate", is_flag=True, help="Push the branch again although it was deleted on the remote.")
@format_option
@repo_option
@verbose_option
@click.pass_obj
def sync(settings: Settings, remote: str | None, recreate: bool, format: str) -> None:
    """Fetch and push the control branch, with all its documents.

    The control branch holds what managers write. If its two copies have diverged, they are merged. Nothing is
    ever forced, here or on the remote.
    """
    from agentledger.reports import sync as report

    done = _sync_branch(settings, remote, recreate)
    if format == "json":
        for note in done.notes:
            click.echo(f"note: {note}", err=True)
        click.echo(report.encode_sync(done), nl=False)
    else:
        click.echo(report.render_sync(done))


def _sync_branch(settings: Settings, remote: str | None, recreate: bool) -> Synced:
    from agentledger.cli.progress import show_progress
    from agentledger.workflow.manage import sync as work

    start = settings.repo or current_folder()
    with show_progress(settings.verbose) as tell:
        # Only for a terminal: with it git runs with --progress, whose lines do not belong in a pipe.
        progress = tell if sys.stderr.isatty() else None
        policy = work.read_control_policy(start)
        return work.sync_control_branch(
            start,
            remote,
            name=policy.control_branch,
            recreate=recreate,
            progress=progress,
            rules=policy.commits,
        )
