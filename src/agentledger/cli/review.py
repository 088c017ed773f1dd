"""`agentledger review`: have branches reviewed.

Belongs here: options. Does not: running a second agent (see `review_run`).
"""

from __future__ import annotations

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option
from agentledger.cli.options import Duration, current_folder, format_option, repo_option, verbose_option


@click.command()
@click.argument("names", nargs=-1, metavar="[BRANCH|TASK]...")
@click.option("--run", "reviewer", required=True, metavar="NAME", help="Have a second agent review them.")
@click.option(
    "--timeout",
    type=Duration(),
    default="20m",
    show_default=True,
    metavar="DURATION",
    help="How long one reviewer may take.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 2), default=1, show_default=True, help="So many reviewers at once."
)
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def review(
    settings: Settings,
    /,
    names: tuple[str, ...],
    reviewer: str,
    timeout: int,
    jobs: int,
    format: str,
    dry_run: bool,
) -> int:
    """Have a second agent review branches.

    Without names, all that are ready and that it has not seen as they are.

    NAME is a command under [launch] in your own config.toml, and the reviewer's name. Each reviewer gets a clone of
    its own, which is removed afterwards. Exit code 1: a branch has no verdict.
    """
    from agentledger.cli.review_run import run_reviews

    return run_reviews(
        settings.repo or current_folder(),
        reviewer,
        names,
        limit=timeout,
        jobs=jobs,
        format=format,
        dry_run=dry_run,
    )
