"""`agentledger brief`: the brief that counts, and settling what a branch's copy asks for."""

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
    """What all of them take: the task or branch, and how to print."""
    named = click.argument("name", metavar="TASK|BRANCH")(click.pass_obj(command))
    return verbose_option(repo_option(format_option(named)))


def _message_option(command: Command) -> Command:
    return click.option(
        "-m",
        "--message",
        "messages",
        multiple=True,
        metavar="TEXT",
        help="A paragraph to the agent, which answers its open question, too. - reads standard input.",
    )(command)


@click.group()
def brief() -> None:
    """Show a brief, and settle what a branch's copy asks for.

    A branch whose copy of the brief was changed asks for another scope; until it is accepted, that grants
    nothing.
    """


@brief.command()
@_common_options
def show(settings: Settings, name: str, format: str) -> None:
    """Print the brief that counts, and say where it is from."""
    from agentledger.reports import brief_reports
    from agentledger.workflow.manage import brief_decision as work

    found = work.show_brief(settings.repo or current_folder(), name, int(time.time()))
    parts = (found.task, found.brief, found.where, found.copies)
    click.echo(
        brief_reports.encode_brief(*parts) if format == "json" else brief_reports.render_brief(*parts),
        nl=False,
    )


@brief.command()
@_common_options
def diff(settings: Settings, name: str, format: str) -> None:
    """Compare a branch's copy with the brief that counts, in words and as a diff."""
    from agentledger.reports import brief_reports
    from agentledger.workflow.manage import brief_decision as work

    found = work.compare_copies(settings.repo or current_folder(), name, int(time.time()))
    copies = [
        brief_reports.Difference(c.task, c.branch, c.copy, own=c.own, change=c.change, diff=c.diff)
        for c in found
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
@click.option("--blob", metavar="ID", help="Only if it still is this copy, as `brief diff` names it.")
@click.option(
    "--despite-overlap", is_flag=True, help="Accept it, though its scope then meets another active task's."
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
    """Make a branch's copy the brief: one commit on the control branch."""
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
@click.option("--blob", metavar="ID", help="Only if it still is this copy, as `brief diff` names it.")
@dry_run_option
def reject(
    settings: Settings, name: str, format: str, messages: tuple[str, ...], blob: str | None, dry_run: bool
) -> None:
    """Turn down what a branch's copy asks for: an answer on the control branch."""
    from agentledger.cli.answer import join_paragraphs
    from agentledger.workflow.manage import brief_decision as work

    start, text = settings.repo or current_folder(), join_paragraphs(messages)
    print_result(
        work.reject_copy(start, name, int(time.time()), text=text, blob=blob, dry_run=dry_run), format
    )
