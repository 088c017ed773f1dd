"""`agentledger init`: a policy, hooks, and what agents read; and back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.init_asking import WAYS
from agentledger.cli.options import format_option, here, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.did import Did
    from agentledger.workflow.init_plan import Plan

REST = """\
then: {plan}
      the policy counts, and agents see the rest, once it is committed on base
      agentledger doctor tries each gate; agentledger init --uninstall takes all of this back"""


@click.command()
@click.option(
    "--hooks",
    "way",
    type=click.Choice(WAYS),
    help="git's own hooks, an entry for the pre-commit framework, or both.  [default: native]",
)
@click.option(
    "--agents-md/--no-agents-md",
    default=None,
    help="A block in AGENTS.md that tells agents how to work under a brief.  [default: yes]",
)
@click.option(
    "--pr-template/--no-pr-template",
    default=None,
    help="A pull-request template with the packet's sections, if there is none.  "
    "[default: where the forge is known]",
)
@click.option("--yes", is_flag=True, help="Ask nothing, also on a terminal.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option("--uninstall", is_flag=True, help="Take back what init has done, and nothing else.")
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
    """Make a repository ready: a policy with comments, hooks for agents' branches, a block in AGENTS.md.

    Commits nothing. Hooks that are there stay, and run first. A second run changes what is out of date. On a
    terminal it asks what to make, and once more before it writes.
    """
    from agentledger.workflow import init as work
    from agentledger.workflow import init_did

    start = settings.repo or here()
    if uninstall:
        place, plan = work.way_back(start)
        if not dry_run:
            work.undo(place, plan)
        _tell(init_did.undone(place, plan, dry_run), plan, format, "there is nothing of init here")
        return
    ready = work.look(start)
    asking = not (yes or dry_run or format == "json") and sys.stdin.isatty() and sys.stdout.isatty()
    if asking:
        from agentledger.cli import init_asking

        plan = work.plan(ready, init_asking.ask(ready, way, agents_md, pr_template))
        if plan.steps and not init_asking.agreed(plan):
            click.echo("nothing was written")
            return
    else:
        wanted = work.Wanted(way or "native", agents_md is not False, pr_template)
        plan = work.plan(ready, wanted)
    if not dry_run:
        work.carry_out(ready.place, plan)
    done = init_did.made(ready.asked, ready.place, plan, dry_run)
    _tell(done, plan, format, "all of it is there already")


def _tell(done: Did, plan: Plan, format: str, nothing: str) -> None:
    if format == "json":
        from agentledger.reports import json

        click.echo(json.did(done), nl=False)
        return
    _steps(done, plan, nothing)
    for note in plan.notes:
        click.echo(f"note: {note}")
    if done.next:
        _next(done.next)


def _steps(done: Did, plan: Plan, nothing: str) -> None:
    from agentledger.workflow import init_steps

    if done.dry_run:
        click.echo(init_steps.diff(plan.steps), nl=False)
    else:
        click.echo("".join(f"{line}\n" for line in done.said), nl=False)
    if not plan.steps:
        click.echo(nothing)


def _next(command: str) -> None:
    from agentledger.text import printable
    from agentledger.workflow.init_did import PLAN

    click.echo(f"next: {printable(command)}")
    if command != PLAN:
        click.echo(REST.format(plan=PLAN))
