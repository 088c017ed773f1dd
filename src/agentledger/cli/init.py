"""`agentledger init`: a policy, and hooks; and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import here, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.workflow.init_plan import Plan

WAYS = ("native", "pre-commit", "both", "none")
NEXT = """\
next: read .agentledger/config.toml; it counts once it is committed on base:
      git add .agentledger && git commit -m "agentledger: the policy" .agentledger
      agentledger doctor tries each gate; agentledger init --uninstall takes all of this back"""


@click.command()
@click.option(
    "--hooks",
    "way",
    type=click.Choice(WAYS),
    default="native",
    show_default=True,
    help="git's own hooks, an entry for the pre-commit framework, or both.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option("--uninstall", is_flag=True, help="Take back what init has done, and nothing else.")
@repo_option
@verbose_option
@click.pass_obj
def init(settings: Settings, /, way: str, dry_run: bool, uninstall: bool) -> None:
    """Make a repository ready: a policy with comments, and hooks for agents' branches.

    Commits nothing. Hooks that are there stay, and run first. A second run changes what is out of date.
    """
    from agentledger.workflow import init as work

    start = settings.repo or here()
    if uninstall:
        place, plan = work.way_back(start)
        if not dry_run:
            work.undo(place, plan)
        _tell(plan, dry_run, "there is nothing of init here")
        return
    ready = work.look(start)
    plan = work.plan(ready, way)
    if not dry_run:
        work.carry_out(ready.place, plan)
    _tell(plan, dry_run, "all of it is there already")
    if plan.steps and not dry_run:
        click.echo(NEXT)


def _tell(plan: Plan, dry_run: bool, nothing: str) -> None:
    from agentledger.text import printable
    from agentledger.workflow import init_steps

    if dry_run:
        click.echo(init_steps.diff(plan.steps), nl=False)
    for step in plan.steps if not dry_run else ():
        if isinstance(step, init_steps.Move):
            click.echo(f"moved    {printable(str(step.source))} to {printable(step.target.name)}")
        else:
            word = "removed" if step.after is None else "wrote" if step.before is None else "changed"
            click.echo(f"{word:8} {printable(str(step.path))}")
    if not plan.steps:
        click.echo(nothing)
    for note in plan.notes:
        click.echo(f"note: {note}")
