"""`agentledger review --run NAME`: what the command line does for a second agent that reviews.

Belongs here: the reviewer's command, and printing. Does not: the command `review` itself (see `review`), or running
the reviewer (see `workflow.review.run_reviews`).
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import click

NO_VERDICT = 1
LIMIT = 20 * 60  # seconds


def run_reviews(
    start: Path,
    reviewer: str,
    names: tuple[str, ...],
    *,
    limit: int = LIMIT,
    jobs: int = 1,
    format: str = "text",
    dry_run: bool = False,
) -> int:
    """Have the branches reviewed by the user's own command of this name; return 1 where one has no verdict."""
    from agentledger.cli.spawn import read_launch_command
    from agentledger.reports import review_runs
    from agentledger.workflow.review import run_reviews as work

    if limit <= 0:
        raise click.UsageError("--timeout has to be a time, such as 20m")
    command = read_launch_command(reviewer)
    _refuse_missing_program(command, reviewer)
    wanted = work.Wanted(reviewer=reviewer, command=command, names=names, limit=limit, jobs=jobs)
    done = work.run_reviews(
        start, wanted, lambda: int(time.time()), lambda line: click.echo(line, err=True), dry_run=dry_run
    )
    text = review_runs.encode_review_runs(done) if format == "json" else review_runs.render_review_runs(done)
    click.echo(text, nl=format == "text")
    return 0 if done.complete else NO_VERDICT


def _refuse_missing_program(command: tuple[str, ...], name: str) -> None:
    from agentledger.model.errors import LedgerError
    from agentledger.model.text import escape_hidden
    from agentledger.storage import user_config

    if not command or shutil.which(command[0]) is None:
        program = escape_hidden(command[0]) if command else "nothing"
        raise LedgerError(
            f"{program} cannot be started: no such program on PATH",
            f"see [launch] {escape_hidden(name)} in {escape_hidden(str(user_config.user_config_path()))}",
        )
