"""`agentledger review`: show what a reviewer decides from, and write the verdict down.

Belongs here: options, standard input and the editor, printing. Does not: what is shown (see `reports.review`),
writing a review (see `workflow.review`), or running an agent that reviews (see `review_run`).
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli.answer import is_at_terminal, join_paragraphs
from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option
from agentledger.cli.options import Duration, current_folder, format_option, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.reports.review.look import Look
    from agentledger.reports.review.written import Written
    from agentledger.workflow.review.decide import Asked

STOPPED = 1


@click.command()
@click.argument("names", nargs=-1, metavar="[BRANCH|TASK]...")
@click.option(
    "--run",
    "reviewer",
    metavar="NAME",
    help="Have a second agent review them: NAME is a command under [launch] in your own config.toml.",
)
@click.option(
    "--timeout",
    type=Duration(),
    default="20m",
    show_default=True,
    metavar="DURATION",
    help="How long a reviewer that is run may take.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 2), default=1, show_default=True, help="So many reviewers at once."
)
@click.option("--approve", "verdicts", flag_value="approve", multiple=True, help="It can be merged as it is.")
@click.option(
    "--request-changes",
    "verdicts",
    flag_value="request-changes",
    multiple=True,
    help="It goes back to its agent, with -m, or with points.",
)
@click.option("--reject", "verdicts", flag_value="reject", multiple=True, help="It is not to be merged.")
@click.option("-m", "--message", "messages", multiple=True, metavar="TEXT", help="A paragraph. Repeatable.")
@click.option(
    "--point",
    "points",
    multiple=True,
    metavar="'PATH:LINE TEXT'",
    help="Something at one place that has to be settled. Repeatable. Points alone ask for changes.",
)
@click.option(
    "--settled",
    multiple=True,
    metavar="N|all",
    help="An open point of the last review that is settled, by its number. Repeatable.",
)
@click.option(
    "--head",
    metavar="ID",
    help="The commit that you looked at; refused if the change is another by now.",
)
@click.option("--after", metavar="REVIEW", help="Refuse if a newer review than this one has come.")
@dry_run_option
@format_option
@repo_option
@verbose_option
@click.pass_obj
def review(
    settings: Settings,
    /,
    names: tuple[str, ...],
    reviewer: str | None,
    timeout: int,
    jobs: int,
    verdicts: tuple[str, ...],
    messages: tuple[str, ...],
    points: tuple[str, ...],
    settled: tuple[str, ...],
    head: str | None,
    after: str | None,
    dry_run: bool,
    format: str,
) -> int:
    """Show what to decide about a branch from, and decide it.

    Without a verdict it shows what is at risk first, then the command that prints the diff, and the commands for
    each verdict. With one it makes one commit on the control branch; worktree and index stay as they are.

    With --run a second agent reviews them, each in a clone of its own that is removed afterwards; without names, all
    that are ready and that it has not seen as they are. Exit code 1: a branch has no verdict.
    """
    start = settings.repo or current_folder()
    if head is not None and not head.strip():
        raise click.UsageError(
            "--head is empty: give the id of the commit that you looked at, or leave it out."
        )
    if reviewer is not None:
        _refuse_own_words(verdicts, messages, points=points, settled=settled, head=head, after=after)
        from agentledger.cli.review_run import run_reviews

        return run_reviews(start, reviewer, names, limit=timeout, jobs=jobs, format=format, dry_run=dry_run)
    name = _choose_name(names)
    verdict = _choose_verdict(verdicts, points, messages=messages, settled=settled, dry_run=dry_run)
    if verdict is None:
        show_look(_look(start, name, head or ""), format)
        return 0
    from agentledger.workflow.review.decide import Asked

    asked = Asked(
        name=name,
        verdict=verdict,
        head=head or "",
        text=join_paragraphs(messages),
        points=points,
        settled=settled,
        after=after,
    )
    written = _write(start, asked, dry_run=dry_run)
    print_written(written, format)
    return STOPPED if written.is_approved_and_stopped else 0


def _choose_name(names: tuple[str, ...]) -> str:
    """The one branch or task that a person reviews."""
    if not names:
        raise click.UsageError("name a branch or a task; agentledger next shows what waits for you.")
    if len(names) > 1:
        raise click.UsageError(
            "a person reviews one branch at a time; --run NAME has an agent review several."
        )
    return names[0]


def _refuse_own_words(verdicts: tuple[str, ...], messages: tuple[str, ...], **rest: object) -> None:
    """Raise UsageError for what a person would say, where an agent is run to say it."""
    if verdicts or messages or any(rest.values()):
        raise click.UsageError("--run has an agent decide: give no verdict, text, point or head with it.")


def _choose_verdict(
    verdicts: tuple[str, ...],
    points: tuple[str, ...],
    *,
    messages: tuple[str, ...],
    settled: tuple[str, ...],
    dry_run: bool,
) -> str | None:
    """The one verdict; None where it is only looked at."""
    chosen = set(verdicts)
    if len(chosen) > 1:
        named = " and ".join(f"--{verdict}" for verdict in sorted(chosen))
        raise click.UsageError(f"{named} exclude each other: a review has one verdict.")
    if chosen:
        return chosen.pop()
    if points:
        return "request-changes"
    if messages or settled or dry_run:
        raise click.UsageError("say the verdict: --approve, --request-changes or --reject.")
    return None


def _look(start: Path, name: str, head: str) -> Look:
    from agentledger.workflow.review.look_at_branch import look_at_branch

    return look_at_branch(start, name, int(time.time()), head)


def show_look(look: Look, format: str) -> None:
    """Print what a reviewer decides from."""
    from agentledger.reports.review import look_json, look_text

    click.echo(look_json.encode_look(look) if format == "json" else look_text.render_look(look), nl=False)


def print_written(written: Written, format: str) -> None:
    """Print what a review wrote."""
    from agentledger.reports.review import look_json
    from agentledger.reports.review.written import render_written

    click.echo(look_json.encode_written(written) if format == "json" else render_written(written), nl=False)


def _write(start: Path, asked: Asked, *, dry_run: bool) -> Written:
    from agentledger.workflow.review import decide

    is_said = asked.verdict == "approve" or asked.text or asked.points
    if is_said or not is_at_terminal():
        return decide.write_verdict(start, asked, int(time.time()), dry_run=dry_run)
    return review_in_editor(start, asked, dry_run=dry_run)


def review_in_editor(start: Path, asked: Asked, *, dry_run: bool = False) -> Written:
    """Write a review with a text from the editor; the draft's file is kept until it is committed.

    The head is that of the moment at which the editor opens: one that came meanwhile was not looked at.
    """
    from agentledger.workflow.review import decide
    from agentledger.workflow.session import editor

    head, composed = decide.compose(start, asked, int(time.time()))
    asked = replace(asked, head=head, text=composed.text, points=(*asked.points, *composed.points))
    written = decide.write_verdict(start, asked, int(time.time()), dry_run=dry_run)
    if not dry_run:
        editor.remove_draft(composed.path)
    return written
