"""`agentledger spawn`: hand out a task, as a branch in its own worktree.

Belongs here: options, the refusal, and starting the agent. Does not: making branch and worktree (see
`workflow.spawn.spawn_task`).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.model.command_result import Did
    from agentledger.model.findings import Report

BLOCKED = 1


@click.command()
@click.argument("task")
@click.option(
    "--attempt",
    type=click.IntRange(2, 99),
    metavar="N",
    help="Start a rival attempt: another branch for the same task.",
)
@click.option(
    "--worktree",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to put the worktree.  [default: ../<repository>.worktrees/<task>]",
)
@click.option(
    "--on",
    metavar="TASK|BRANCH",
    help="Start at the work of a task that TASK depends on, before that has merged.",
)
@click.option(
    "--launch", "agent", metavar="NAME", help="Then start the agent with this command of your configuration."
)
@click.option(
    "--baseline/--no-baseline",
    default=True,
    help="Measure the task's checks before its agent begins.  [default: as long as the policy allows]",
)
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def spawn(
    settings: Settings,
    /,
    task: str,
    attempt: int | None,
    folder: Path | None,
    on: str | None,
    agent: str | None,
    baseline: bool,
    format: str,
    dry_run: bool,
) -> int:
    """Start TASK: create its branch, and a worktree to work in.

    The branch's first commit is the brief. Refused, with exit code 1, where a rule blocks it: a bad brief,
    files that another active task may change, a dependency that has not merged (--on starts at its work),
    too much in progress. After an interruption, run it again: it completes or removes what was begun.

    The checks are run on base before the agent begins, and again with garbage in the files that the task may
    change: one that still passes does not test them. --launch NAME is a command under [launch] in your own
    config.toml.
    """
    from agentledger.cli.verify import print_event
    from agentledger.model.findings import Report
    from agentledger.workflow.spawn import spawn_task as work

    start, now = settings.repo or current_folder(), int(time.time())
    command = read_launch_command(agent) if agent else ()
    done = work.spawn_task(
        start, work.Wanted(task, attempt, folder, on=on, baseline=baseline), now, print_event, dry_run=dry_run
    )
    if isinstance(done, Report):
        _print_refusal(done, format)
        return BLOCKED
    print_result(done, format)
    if not command or dry_run or done.worktree is None:
        return 0
    return _launch_agent(command, done)


def _print_refusal(report: Report, format: str) -> None:
    from agentledger.reports import findings, findings_text

    click.echo(
        findings.encode_findings(report) if format == "json" else findings_text.render_findings(report),
        nl=format == "text",
    )


def read_launch_command(name: str) -> tuple[str, ...]:
    """The user's own command with this name. Read before anything is made, so that a typo costs nothing.

    Raises LedgerError where there is none.
    """
    from agentledger.model.errors import LedgerError
    from agentledger.storage import user_config

    commands = user_config.read_user_config().launch
    if name not in commands:
        hint = (
            f"there are: {', '.join(commands)}"
            if commands
            else f"write it under [launch], such as {user_config.LAUNCH}"
        )
        raise LedgerError(f"no command {name!r} in {user_config.user_config_path()}", hint)
    return commands[name]


def _launch_agent(command: tuple[str, ...], done: Did) -> int:
    """Run the command in the new worktree; returns 1 where it ends with anything but 0."""
    from agentledger.repository.bases import HEADS
    from agentledger.workflow.handover import hand_prompt
    from agentledger.workflow.spawn import launch

    worktree = Path(done.worktree or "")
    branch = done.refs[0].removeprefix(HEADS)
    text = hand_prompt.build_prompt(worktree, branch, "start", int(time.time())).text
    values = {"task": done.task or "", "branch": branch}
    exit_code = launch.launch_agent(command, worktree, text, values=values, env=os.environ)
    if exit_code:
        click.echo(f"{command[0]} ended with {exit_code}", err=True)
    return 1 if exit_code else 0
