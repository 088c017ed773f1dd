"""`agentledger done`: finish a task: run its checks, refresh its packet, report it ready.

Belongs here: options, printing, the exit code. Does not: the work (see `workflow.handover.done`).
"""

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
@click.option("--again", is_flag=True, help="Run every check, even one whose last result is still valid.")
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
    """Finish this task: run checks, update the packet, report ready.

    All of it is one commit. Where something is missing that only you can add, the missing parts are listed
    with what to type, the checks' results and the packet are committed, and the task is not reported ready:
    exit code 1.
    """
    from agentledger.cli.verify import print_event
    from agentledger.workflow.handover import done as work
    from agentledger.workflow.report.check_in import Said

    check_in = Said(state="ready", changed=changed, next=coming, agent=agent, session=session)
    finished = work.finish_task(
        settings.repo or current_folder(),
        prose,
        check_in,
        int(time.time()),
        again=again,
        dry_run=dry_run,
        hear=print_event,
    )
    print_result(finished.did, format)
    return 0 if finished.ready else NOT_READY
