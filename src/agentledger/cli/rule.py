"""`agentledger rule`: explain a rule (what it finds, why, how to fix it), or list all rules.

Belongs here: finding the rule by its name, the text on a terminal. Does not: the explanations (each is
its rule's docstring, see `rules`), or the page of all rules (see `reports.rulebook`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from agentledger.cli.options import unknown_argument, verbose_option

if TYPE_CHECKING:
    from agentledger.rules import Rule

FORMATS = ("text", "json", "markdown")
WORDS = {"E": "blocks", "w": "warns", "·": "not run"}


@click.command()
@click.argument("name", required=False, metavar="[ID]")
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True)
@verbose_option
def rule(name: str | None, format: str) -> None:
    """Explain the rule ID, or list all rules and where they apply.

    --format markdown prints one page that explains all of them.
    """
    if format == "markdown":
        click.echo(_render_page(name), nl=False)
    elif name is None:
        click.echo("\n".join(_format_rules()) if format == "text" else _format_json(_all_rules()))
    else:
        chosen = _find_rule(name)
        click.echo(_describe_rule(chosen) if format == "text" else _format_json([chosen]))


def _all_rules() -> tuple[Rule, ...]:
    from agentledger.rules import RULES

    return RULES


def _find_rule(name: str) -> Rule:
    """The rule with this id or name; otherwise a usage error with similar ones."""
    from agentledger.rules import find_rule

    match = find_rule(name)
    if match is None:
        words = [word for each in _all_rules() for word in (each.id, each.name)]
        raise unknown_argument("rule", name, words, "agentledger rule lists them.")
    return match


def _render_page(name: str | None) -> str:
    from agentledger.reports import rulebook

    if name is not None:
        raise click.UsageError("--format markdown is one page of all rules; leave out the ID.")
    return rulebook.render_rulebook()


def _format_rules() -> Iterator[str]:
    from agentledger.model.findings import Gate

    yield f"{'':38}{' '.join(Gate)}"
    for each in _all_rules():
        levels = "".join(f"{each.level(gate):^{len(gate) + 1}}" for gate in Gate)
        yield f"{each.id:8}{each.name:30}{levels}".rstrip()
    yield ""
    yield "E blocks, w warns."
    yield "agentledger rule ID explains a rule, and how to fix what it finds."


def _describe_rule(rule: Rule) -> str:
    from agentledger.model.findings import Gate

    levels = ", ".join(f"{gate}: {WORDS[rule.level(gate)]}" for gate in Gate)
    text = f"{rule.id} {rule.name}\n\n{rule.documentation}\n\n{levels}."
    if rule.requires:
        # What these find makes the rule's own finding a mere consequence.
        text += f"\nNot run where one of these reports something: {', '.join(rule.requires)}."
    if len(rule.levels) == 1:
        text += "\nBoard, site and `check --fleet` show it; it blocks nothing."
    return text


def _format_json(rules: Iterable[Rule]) -> str:
    from agentledger.reports import rulebook

    return rulebook.encode_rules(rules).decode().rstrip("\n")
