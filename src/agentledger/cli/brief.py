"""`agentledger brief`: show the brief that counts, and accept or reject a branch's changed copy of it.

Belongs here: options and printing of its four commands. Does not: the decision (see
`workflow.manage.brief_decision`), or text and JSON of briefs (see `reports.brief_reports`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

Command = Callable[..., Any]


def _common_options(command: Command) -> Command:
    """Add what all four commands take: the task or branch, and the output's format."""
    named = click.argument("name", metavar="TASK|BRANCH")(click.pass_obj(command))
    return verbose_option(repo_option(format_option(named)))


def _message_option(command: Command) -> Command:
    return click.option(
        "-m",
        "--message",
        "messages",
        multiple=True,
        metavar="TEXT",
        help="A paragraph to the agent; it also answers its open question. - reads standard input.",
    )(command)


@click.group()
def brief() -> None:
    """Show a brief, and accept or reject a branch's changes to it.

    A branch that changes its copy of the brief asks for a different scope. Until you accept the change, it
    has no effect.
    """


@brief.command()
@_common_options
def show(settings: Settings, name: str, format: str) -> None:
    """Print the brief that counts, and where it comes from."""
    from agentledger.reports import brief_reports
    from agentledger.workflow.manage import brief_decision as work

    result = work.show_brief(settings.repo or current_folder(), name, int(time.time()))
    parts = (result.task, result.brief, result.where, result.copies)
    click.echo(
        brief_reports.encode_brief(*parts) if format == "json" else brief_reports.render_brief(*parts),
        nl=False,
    )


@brief.command()
@_common_options
def diff(settings: Settings, name: str, format: str) -> None:
    """Compare a branch's copy with the brief that counts."""
    from agentledger.reports import brief_reports
    from agentledger.workflow.manage import brief_decision as work

    comparisons = work.compare_copies(settings.repo or current_folder(), name, int(time.time()))
    copies = [
        brief_reports.Difference(c.task, c.branch, c.copy, own=c.own, change=c.change, diff=c.diff)
        for c in comparisons
    ]
    click.echo(
        brief_reports.encode_brief_diffs(name, copies)
        if format == "json"
        else brief_reports.render_brief_diffs(name, copies),
        nl=False,
    )


@brief.command()
@_common_options
@_message_option
@click.option(
    "--blob", metavar="ID", help="Accept only if the copy is still this one; `brief diff` prints the ID."
)
@click.option(
    "--despite-overlap",
    is_flag=True,
    help="Accept it although another active task may change the same files.",
)
@dry_run_option
def accept(
    settings: Settings,
    name: str,
    format: str,
    messages: tuple[str, ...],
    blob: str | None,
    despite_overlap: bool,
    dry_run: bool,
) -> None:
    """Make a branch's copy the brief that counts.

    Makes one commit on the control branch.
    """
    from agentledger.cli.answer import join_paragraphs
    from agentledger.workflow.manage import brief_decision as work

    start, text = settings.repo or current_folder(), join_paragraphs(messages)
    now = int(time.time())
    print_result(
        work.accept_copy(
            start, name, now, text=text, blob=blob, despite_overlap=despite_overlap, dry_run=dry_run
        ),
        format,
    )


@brief.command()
@_common_options
@_message_option
@click.option(
    "--blob", metavar="ID", help="Reject only if the copy is still this one; `brief diff` prints the ID."
)
@dry_run_option
def reject(
    settings: Settings, name: str, format: str, messages: tuple[str, ...], blob: str | None, dry_run: bool
) -> None:
    """Reject what a branch's copy asks for.

    Makes one commit on the control branch: an answer to the agent.
    """
    from agentledger.cli.answer import join_paragraphs
    from agentledger.workflow.manage import brief_decision as work

    start, text = settings.repo or current_folder(), join_paragraphs(messages)
    print_result(
        work.reject_copy(start, name, int(time.time()), text=text, blob=blob, dry_run=dry_run), format
    )
