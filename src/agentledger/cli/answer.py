"""`agentledger answer`: reply to an agent, on the control branch."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import format_option, here, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.workflow.answer import Answered

DECISIONS = ("approve", "change", "reject", "stop", "note")


@click.command()
@click.argument("task")
@click.argument("text", required=False, default="")
@click.option(
    "--decision",
    type=click.Choice(DECISIONS),
    default="note",
    show_default=True,
    help="What you decide. Any settles the question; only approve opens a checkpoint. "
    "reject turns down a change of the brief, where no question is open.",
)
@click.option("--to", metavar="CHECK-IN", help="The check-in that is answered.  [default: the newest]")
@click.option("--checkpoint", metavar="NAME", help="The checkpoint that is decided on.")
@click.option("--branch", metavar="NAME", help="The branch, where several work on the task.  [default: all]")
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
    to: str | None,
    checkpoint: str | None,
    branch: str | None,
    format: str,
) -> None:
    """Answer whoever works on TASK: TEXT is Markdown, - reads it from standard input.

    One commit on the control branch; work tree and index stay as they are.
    """
    from agentledger.workflow import answer as work

    told = sys.stdin.buffer.read().decode("utf-8", "replace") if text == "-" else text
    reply = work.Reply(task, told, decision, to, checkpoint, branch)
    done = work.answer(settings.repo or here(), reply, int(time.time()))
    if format == "json":
        _json(done)
    else:
        click.echo(_text(done))


def _json(done: Answered) -> None:
    from agentledger.reports import json

    told = json.answered(done.task, done.ref, done.path, done.commit, done.to_publish, done.unsigned)
    click.echo(told, nl=False)


def _text(done: Answered) -> str:
    from agentledger.bases import HEADS
    from agentledger.text import printable

    wrote = (
        f"{printable(done.path)}: written to {printable(done.ref.removeprefix(HEADS))}, {done.commit[:12]}"
    )
    if done.unsigned:
        wrote += f"\nnot signed, so it stays unproven: {printable(done.unsigned)}"
    return wrote + ("\nagentledger sync publishes it" if done.to_publish else "")
