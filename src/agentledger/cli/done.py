"""`agentledger done`: an agent finishes its task."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option
from agentledger.cli.prose import prose_options

if TYPE_CHECKING:
    from agentledger.workflow.handover.packet_text import Prose

NOT_READY = 1


@click.command()
@prose_options
@click.option("--changed", default="", metavar="TEXT", help="What changed.  [default: the commits]")
@click.option("--next", "coming", default="", metavar="TEXT", help="What comes next.")
@click.option("--agent", default="", metavar="NAME", help="Who you are: claude-code, codex …")
@click.option("--session", default="", metavar="ID", help="Your own session's id.")
@click.option("--again", is_flag=True, help="Run every check, also one whose evidence still holds.")
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def done(
    settings: Settings,
    /,
    prose: Prose,
    changed: str,
    coming: str,
    agent: str,
    session: str,
    again: bool,
    format: str,
    dry_run: bool,
) -> int:
    """Finish the task of this worktree: run its checks, refresh its packet, and say that it is ready.

    All of it is one commit. Where something is missing that only you can add, that is told with what to type,
    evidence and packet are committed, and ready is not said: exit code 1.
    """
    from agentledger.cli.verify import print_event
    from agentledger.workflow.handover import done as work
    from agentledger.workflow.report.check_in import Said

    said = Said(state="ready", changed=changed, next=coming, agent=agent, session=session)
    found = work.finish_task(
        settings.repo or current_folder(),
        prose,
        said,
        int(time.time()),
        again=again,
        dry_run=dry_run,
        hear=print_event,
    )
    print_result(found.did, format)
    return 0 if found.ready else NOT_READY
