"""The questions that `agentledger init` asks on a terminal; Enter takes the default.

Belongs here: asking, and showing what would be written. Does not: the defaults, which also apply where
nobody is asked (see `workflow.setup.init.SetupChoices`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from agentledger.workflow.setup.init import Repository, SetupChoices
    from agentledger.workflow.setup.setup_plan import Plan

WAYS = ("native", "pre-commit", "both", "none")


def ask_for_choices(
    repository: Repository, way: str | None, agents_md: bool | None, pr_template: bool | None
) -> SetupChoices:
    """What to make: each flag's value, or where it was not given (None), the person's answer.

    Asks nothing about what exists already.
    """
    from agentledger.workflow.setup import init, init_template, manifest

    defaults = init.SetupChoices()
    made_before = manifest.read_manifest(repository.place.common)
    if way is None:
        text = "Git hooks that block what a brief does not allow"
        way = click.prompt(text, type=click.Choice(WAYS), default=defaults.way)
    if agents_md is None and init.plan_agents_md(repository, made_before).steps:
        agents_md = click.confirm("AGENTS.md: add a block that tells agents how to work here", default=True)
    if pr_template is None and init.plan_pr_template(repository).steps:
        text = f"{init_template.template_path(repository.forge)}: add a template with the packet's sections"
        pr_template = click.confirm(text, default=defaults.template(repository.forge))
    return replace(defaults, way=way, agents_md=agents_md is not False, pr_template=pr_template)


def confirm_plan(plan: Plan) -> bool:
    """Show what would be written, as a diff on request; returns whether the person agrees."""
    from agentledger.workflow.setup import init_result, steps

    click.echo("\n" + "\n".join(init_result.describe_steps(plan.steps, dry_run=True)))
    while True:
        key = click.prompt(
            "Do this? y: yes, n: no, d: show the diff", type=click.Choice(["y", "n", "d"]), default="y",
            show_choices=False,
        )  # fmt: skip
        if key != "d":
            return bool(key == "y")
        click.echo(steps.render_diff(plan.steps), nl=False)
