"""`agentledger init`: set up a repository (policy, hooks, instructions for agents), or undo that.

Belongs here: options, whether to ask, printing. Does not: the questions (see `init_asking`), or what is
written (see `workflow.setup.init`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.init_asking import WAYS
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.model.command_result import Did
    from agentledger.workflow.setup.setup_plan import Plan

LATER_STEPS = """\
then: {plan}
      commit these files on base: only then does the policy apply, and agents see the rest
      agentledger doctor tests each hook; agentledger init --uninstall undoes all of this"""


@click.command()
@click.option(
    "--hooks",
    "way",
    type=click.Choice(WAYS),
    help="Install git's own hooks, an entry for the pre-commit framework, or both.  [default: native]",
)
@click.option(
    "--agents-md/--no-agents-md",
    default=None,
    help="Add a block to AGENTS.md that tells agents how to work with a brief.  [default: yes]",
)
@click.option(
    "--pr-template/--no-pr-template",
    default=None,
    help="Add a pull-request template with the review packet's sections, if there is none.  "
    "[default: yes on a known forge such as GitHub]",
)
@click.option("--yes", is_flag=True, help="Ask nothing, also on a terminal.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option("--uninstall", is_flag=True, help="Undo what init has done, and nothing else.")
@format_option
@repo_option
@verbose_option
@click.pass_obj
def init(
    settings: Settings,
    /,
    way: str | None,
    agents_md: bool | None,
    pr_template: bool | None,
    yes: bool,
    dry_run: bool,
    uninstall: bool,
    format: str,
) -> None:
    """Set up a repository: a policy file, git hooks, AGENTS.md.

    Commits nothing. Existing hooks stay, and run first. A second run updates what is out of date. On a
    terminal it asks what to make, and asks again before it writes.
    """
    from agentledger.workflow.setup import init as work
    from agentledger.workflow.setup import init_result, preview, steps

    start = settings.repo or current_folder()
    if uninstall:
        place, plan = work.plan_uninstall(start)
        if not dry_run:
            work.apply_undo(place, plan)
        _print_result(
            init_result.describe_undo(place, plan, dry_run),
            plan,
            format,
            "init has left nothing here to undo",
            shown=steps.render_diff(plan.steps),
        )
        return
    repository = work.inspect_repository(start)
    asking = not (yes or dry_run or format == "json") and sys.stdin.isatty() and sys.stdout.isatty()
    if asking:
        from agentledger.cli import init_asking

        plan = work.plan_init(
            repository, init_asking.ask_for_choices(repository, way, agents_md, pr_template)
        )
        if plan.steps and not init_asking.confirm_plan(plan):
            click.echo("nothing was written")
            return
    else:
        choices = work.SetupChoices(way or "native", agents_md is not False, pr_template)
        plan = work.plan_init(repository, choices)
    if not dry_run:
        work.apply_plan(repository.place, plan)
    done = init_result.describe_init(repository.git, repository.place, plan, dry_run)
    shown = preview.render_preview(repository.place, plan) if dry_run else ""
    if settings.verbose and dry_run:
        shown += steps.render_diff(plan.steps)
    _print_result(done, plan, format, "nothing to do: all of it is there already", shown=shown)


def _print_result(done: Did, plan: Plan, format: str, nothing: str, *, shown: str) -> None:
    if format == "json":
        from agentledger.reports import json

        click.echo(json.encode_command_result(done), nl=False)
        return
    click.echo(shown if done.dry_run else "".join(f"{line}\n" for line in done.messages), nl=False)
    if not plan.steps:
        click.echo(nothing)
    for note in plan.notes:
        click.echo(f"note: {note}")
    if done.next:
        _print_next(done.next)


def _print_next(command: str) -> None:
    from agentledger.model.text import escape_hidden
    from agentledger.workflow.setup.init_result import PLAN

    click.echo(f"next: {escape_hidden(command)}")
    if command != PLAN:
        click.echo(LATER_STEPS.format(plan=PLAN))
