"""`agentledger answer`: reply to an agent, on the control branch."""

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
    help="What you decide. Any settles the question; only approve opens a checkpoint. "
    "reject turns down a change of the brief, where no question is open.",
)
@click.option("-m", "--message", "messages", multiple=True, metavar="TEXT", help="A paragraph. Repeatable.")
@click.option("--to", metavar="CHECK-IN", help="The check-in that is answered.  [default: the newest]")
@click.option("--checkpoint", metavar="NAME", help="The checkpoint that is decided on.")
@click.option("--branch", metavar="NAME", help="The branch, where several work on the task.")
@click.option("--all", "everyone", is_flag=True, help="Every branch that works on the task.")
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
    everyone: bool,
    dry_run: bool,
    format: str,
) -> None:
    """Answer whoever works on TASK, or on BRANCH alone.

    TEXT is Markdown, - reads it from standard input. Without any, your editor opens on a terminal; to
    approve takes no words. One commit on the control branch; work tree and index stay as they are.
    """
    from agentledger.workflow.manage import answer as work

    if branch and everyone:
        raise click.UsageError("--branch names one, and --all means every one: give either.")
    reply = work.Reply(
        task=task,
        text=join_paragraphs([text, *messages]),
        decision=decision,
        to=to,
        checkpoint=checkpoint,
        branch=branch,
        everyone=everyone,
    )
    done = _write_reply(settings.repo or current_folder(), reply, dry_run)
    if format == "json":
        _print_json(done)
    else:
        click.echo(describe_answer(done))


def join_paragraphs(paragraphs: Sequence[str]) -> str:
    """The paragraphs as one text; standard input in place of the first that is `-`."""
    found = list(paragraphs)
    if "-" in found:
        found[found.index("-")] = read_standard_input()
    return "\n\n".join(text for text in found if text.strip())


def is_at_terminal() -> bool:
    """Is there a person, whom an editor can be opened for?"""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _write_reply(start: Path, reply: Reply, dry_run: bool) -> Answered:
    from agentledger.workflow.manage import answer as work

    if reply.text or reply.decision == "approve" or not is_at_terminal():
        return work.write_answer(start, reply, int(time.time()), dry_run=dry_run)
    return answer_in_editor(start, reply, dry_run=dry_run)


def answer_in_editor(start: Path, reply: Reply, *, dry_run: bool = False) -> Answered:
    """The same with a text from the editor, which is kept until it is written down."""
    from dataclasses import replace

    from agentledger.workflow.manage import answer as work
    from agentledger.workflow.session import editor

    written = compose_in_editor(start, reply)
    done = work.write_answer(start, replace(reply, text=written.text), int(time.time()), dry_run=dry_run)
    if not dry_run:
        editor.remove_draft(written.path)
    return done


def compose_in_editor(start: Path, reply: Reply) -> Composed:
    """The words for a reply, from the editor; while a person writes, the fleet may move on."""
    from agentledger.workflow.manage import compose
    from agentledger.workflow.session import manager_context

    with manager_context.open_managing(start, int(time.time())) as desk:
        return compose.compose_reply(desk, reply)


def _print_json(done: Answered) -> None:
    from agentledger.reports import json

    click.echo(
        json.encode_answer(
            *(done.task, done.ref, done.path, done.commit, done.to_publish, done.unsigned, done.dry_run)
        ),
        nl=False,
    )


def describe_answer(done: Answered) -> str:
    """Where it was written, what to know of it, and what comes next; of a dry run the document, too."""
    from agentledger.model.text import escape_hidden
    from agentledger.repository.bases import HEADS

    place = f"{escape_hidden(done.path)}: {{}} to {escape_hidden(done.ref.removeprefix(HEADS))}"
    lines = [place.format("written") + f", {done.commit[:12]}"]
    if done.dry_run:
        document = done.content.decode("utf-8", "replace").splitlines()
        lines = ["nothing is written: this is a dry run", place.format("would go")]
        lines += [f"  {escape_hidden(line)}".rstrip() for line in document]
    if done.warning:
        lines.append(f"warning: {escape_hidden(done.warning)}")
    if done.unsigned:
        lines.append(f"not signed, so it stays unproven: {escape_hidden(done.unsigned)}")
    return "\n".join([*lines, f"next: agentledger {'sync' if done.to_publish else 'next'}"])
