"""`agentledger report`: an agent checks in, with a commit on its branch.

Belongs here: options, standard input and the editor, printing. Does not: the check-in's text (see
`workflow.report.check_in`), or committing it (see `workflow.report.write_check_in`).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option, print_result
from agentledger.cli.options import (
    current_folder,
    format_option,
    read_standard_input,
    repo_option,
    verbose_option,
)
from agentledger.model.check_in_states import STATES

if TYPE_CHECKING:
    from agentledger.workflow.report.check_in import Said

_QUESTION = (
    "A question that can be answered in a sentence, with the options you see and the one you would take."
)


@click.command()
@click.argument("text", required=False, default="")
@click.option("--state", type=click.Choice(STATES), help="The state of your work.  [default: working]")
@click.option(
    "--changed", default="", metavar="TEXT", help="What changed.  [default: the commits since the last one]"
)
@click.option("--next", "coming", default="", metavar="TEXT", help="What you do next.")
@click.option("--risks", default="", metavar="TEXT", help="What could go wrong, or does.")
@click.option(
    "--need", default="", metavar="TEXT", help="What you need in order to go on; sets --state needs-input."
)
@click.option("--checkpoint", metavar="NAME", help="Ask for approval of this checkpoint of the brief.")
@click.option(
    "--plan",
    default="",
    metavar="TEXT",
    help="What the checkpoint is to approve; - reads it from standard input.",
)
@click.option("--agent", default="", metavar="NAME", help="Who you are: claude-code, codex …")
@click.option(
    "--session", default="", metavar="ID", help="Your own session's id.  [default: what your program sets]"
)
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def report(
    settings: Settings,
    /,
    text: str,
    state: str | None,
    changed: str,
    coming: str,
    risks: str,
    need: str,
    checkpoint: str | None,
    plan: str,
    agent: str,
    session: str,
    format: str,
    dry_run: bool,
) -> None:
    """Check in: commit a progress report for this worktree's task.

    TEXT is what changed; - reads it, or a whole report with its sections, from standard input. The commit
    contains only the report: staged and unstaged work stays as it is. Prints the answers that came since
    the last check-in. A --checkpoint needs a --plan: Markdown, which the manager reads and approves.
    """
    from agentledger.workflow.report import write_check_in as work
    from agentledger.workflow.report.check_in import Said, parse_report_text

    if text == "-" and plan == "-":
        raise click.UsageError("there is one standard input: TEXT or --plan can be -, not both.")
    start, now = settings.repo or current_folder(), int(time.time())
    state = state or ("needs-input" if need.strip() else "working")
    check_in = Said(
        state=state,
        changed=changed,
        next=coming,
        risks=risks,
        need=need,
        checkpoint=checkpoint,
        plan=read_standard_input() if plan == "-" else plan,
        agent=agent,
        session=session,
    )
    if text == "-":
        check_in = parse_report_text(read_standard_input(), check_in)
    elif text:
        check_in = parse_report_text(text, check_in)
    elif check_in.silent and sys.stdin.isatty() and sys.stdout.isatty() and format == "text":
        edited = _edit_check_in(start, check_in)
        if edited is None:
            click.echo("nothing was written: the text was left as it was")
            return
        check_in, draft = edited
        print_result(work.report_progress(start, check_in, now, dry_run=dry_run), format)
        draft.unlink(missing_ok=True)  # only now: a failed commit must not lose the text
        return
    print_result(work.report_progress(start, check_in, now, dry_run=dry_run), format)


def _edit_check_in(start: Path, check_in: Said) -> tuple[Said, Path] | None:
    """Let a person write the report in the editor; returns it, and the file that keeps it until the commit.

    None where the form was left as it was.
    """
    from agentledger.workflow.report.check_in import parse_report_text, render_blank_form
    from agentledger.workflow.session import agent_context, editor

    git, _, branch = agent_context.locate_worktree(start)
    path = editor.draft_path(git, f"report-{branch}.md")
    text = editor.edit_draft(git, render_blank_form(check_in, _QUESTION), path)
    return None if text is None else (parse_report_text(text, check_in), path)
