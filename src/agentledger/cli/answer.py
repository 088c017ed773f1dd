"""`agentledger answer`: reply to an agent, with a commit on the control branch.

Belongs here: options, standard input and the editor, printing. Does not: writing the answer (see
`workflow.manage.answer`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option
from agentledger.cli.options import (
    current_folder,
    format_option,
    read_standard_input,
    repo_option,
    verbose_option,
)

if TYPE_CHECKING:
    from agentledger.workflow.manage.answer import Answered, Reply
    from agentledger.workflow.manage.compose import Composed

DECISIONS = ("approve", "change", "reject", "stop", "note")


@click.command()
@click.argument("task", metavar="TASK|BRANCH")
@click.argument("text", required=False, default="")
@click.option(
    "--decision",
    type=click.Choice(DECISIONS),
    default="note",
    show_default=True,
    help="What you decide. Each of them closes the open question; only approve passes a checkpoint. "
    "Where no question is open, reject refuses the branch's change of its brief.",
)
@click.option("-m", "--message", "messages", multiple=True, metavar="TEXT", help="A paragraph. Repeatable.")
@click.option(
    "--to",
    metavar="CHECK-IN",
    help="The check-in that you answer.  [default: the question that waits, else the newest]",
)
@click.option("--checkpoint", metavar="NAME", help="The checkpoint that you decide on.")
@click.option("--branch", metavar="NAME", help="The branch to answer, where several work on the task.")
@click.option(
    "--grants-nothing",
    is_flag=True,
    help="Send it though a branch asks for another scope, which only brief accept grants.",
)
@click.option("--without-plan", is_flag=True, help="Approve a checkpoint though its check-in says no plan.")
@click.option("--all", "everyone", is_flag=True, help="Answer every branch that works on the task.")
@dry_run_option
@format_option
@repo_option
@verbose_option
@click.pass_obj
def answer(
    settings: Settings,
    /,
    task: str,
    text: str,
    decision: str,
    messages: tuple[str, ...],
    to: str | None,
    checkpoint: str | None,
    branch: str | None,
    grants_nothing: bool,
    without_plan: bool,
    everyone: bool,
    dry_run: bool,
    format: str,
) -> None:
    """Answer the agents that work on TASK, or on BRANCH alone.

    TEXT is Markdown; - reads it from standard input. Without a TEXT, your editor opens on a terminal;
    an approval needs none. Makes one commit on the control branch; worktree and index stay as they are.
    """
    from agentledger.workflow.manage import answer as work

    if branch and everyone:
        raise click.UsageError("--branch names one branch and --all means every one: give only one of them.")
    reply = work.Reply(
        task=task,
        text=join_paragraphs([text, *messages]),
        decision=decision,
        to=to,
        checkpoint=checkpoint,
        branch=branch,
        everyone=everyone,
        grants_nothing=grants_nothing,
        without_plan=without_plan,
    )
    done = _write_reply(settings.repo or current_folder(), reply, dry_run)
    if format == "json":
        _print_json(done)
    else:
        click.echo(describe_answer(done))


def join_paragraphs(paragraphs: Sequence[str]) -> str:
    """Join the paragraphs to one text; standard input replaces the first that is `-`."""
    texts = list(paragraphs)
    if "-" in texts:
        texts[texts.index("-")] = read_standard_input()
    return "\n\n".join(text for text in texts if text.strip())


def is_at_terminal() -> bool:
    """Is a person at a terminal, so that an editor can be opened?"""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _write_reply(start: Path, reply: Reply, dry_run: bool) -> Answered:
    if reply.text or reply.decision == "approve" or not is_at_terminal():
        return _write_if_meant(start, reply, dry_run)
    return answer_in_editor(start, reply, dry_run=dry_run)


def _write_if_meant(start: Path, reply: Reply, dry_run: bool) -> Answered:
    """Write it; where it grants nothing of what is asked for, a person at a terminal is asked first."""
    from dataclasses import replace

    from agentledger.model.text import escape_hidden
    from agentledger.workflow.manage import answer as work

    try:
        return work.write_answer(start, reply, int(time.time()), dry_run=dry_run)
    except work.GrantsNothing as refusal:
        if not is_at_terminal():
            raise
        click.echo(f"{escape_hidden(refusal.message)}\nhint: {escape_hidden(refusal.hint)}")
        click.confirm("Send the answer as it is?", abort=True)
    reply = replace(reply, grants_nothing=True)
    return work.write_answer(start, reply, int(time.time()), dry_run=dry_run)


def answer_in_editor(start: Path, reply: Reply, *, dry_run: bool = False) -> Answered:
    """Write the reply with a text from the editor; the draft's file is kept until the answer is committed."""
    from dataclasses import replace

    from agentledger.workflow.manage import answer as work
    from agentledger.workflow.session import editor

    written = compose_in_editor(start, reply)
    # Read again with a new time: while a person writes, the fleet may change. The form has said what it grants.
    reply = replace(reply, text=written.text, grants_nothing=True)
    done = work.write_answer(start, reply, int(time.time()), dry_run=dry_run)
    if not dry_run:
        editor.remove_draft(written.path)
    return done


def compose_in_editor(start: Path, reply: Reply) -> Composed:
    """Let a person write the reply's text in the editor; the fleet may change meanwhile."""
    from agentledger.workflow.manage import compose
    from agentledger.workflow.session import manager_context

    with manager_context.open_managing(start, int(time.time())) as desk:
        return compose.compose_reply(desk, reply)


def _print_json(done: Answered) -> None:
    from agentledger.reports import json

    click.echo(
        json.encode_answer(
            done.task,
            ref=done.ref,
            paths=(done.path, *done.others),
            commit=done.commit,
            to_publish=done.to_publish,
            unsigned=done.unsigned,
            dry_run=done.dry_run,
        ),
        nl=False,
    )


def describe_answer(done: Answered) -> str:
    """The lines about an answer: its place, warnings, and the next command; for a dry run also the document."""
    from agentledger.model.text import escape_hidden, format_count
    from agentledger.repository.bases import HEADS

    more = f" and {format_count(len(done.others), 'more document')}" if done.others else ""
    place = f"{escape_hidden(done.path)}{more}: {{}} to {escape_hidden(done.ref.removeprefix(HEADS))}"
    lines = [place.format("written") + f", {done.commit[:12]}"]
    if done.dry_run:
        document = done.content.decode("utf-8", "replace").splitlines()
        lines = ["nothing is written: this is a dry run", place.format("would go")]
        lines += [f"  {escape_hidden(line)}".rstrip() for line in document]
    if done.warning:
        lines.append(f"warning: {escape_hidden(done.warning)}")
    if done.unsigned:
        lines.append(escape_hidden(done.unsigned))
    return "\n".join([*lines, f"next: agentledger {'sync' if done.to_publish else 'next'}"])
