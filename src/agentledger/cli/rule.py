"""`agentledger rule`: what a rule finds, why, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from agentledger.cli.options import verbose_option

if TYPE_CHECKING:
    from agentledger.rules import Rule

FORMATS = ("text", "json", "markdown")
WORDS = {"E": "stops", "w": "is told", "·": "is not run"}


@click.command()
@click.argument("name", required=False, metavar="[ID]")
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True)
@verbose_option
def rule(name: str | None, format: str) -> None:
    """Explain the rule ID, or list all of them with their level at each gate; as Markdown, explain all."""
    if format == "markdown":
        click.echo(_render_page(name), nl=False)
    elif name is None:
        click.echo("\n".join(_format_rules()) if format == "text" else _format_json(_all_rules()))
    else:
        found = _find_rule(name)
        click.echo(_describe_rule(found) if format == "text" else _format_json([found]))


def _all_rules() -> tuple[Rule, ...]:
    from agentledger.rules import RULES

    return RULES


def _find_rule(name: str) -> Rule:
    """The rule of an id or name; a usage error, with near ones, when there is none."""
    from agentledger.rules import find_rule

    found = find_rule(name)
    if found is None:
        words = {word.lower(): word for each in _all_rules() for word in (each.id, each.name)}
        near = [words[word] for word in difflib.get_close_matches(name.lower(), list(words), 3)]
        hint = f"Did you mean {' or '.join(near)}?" if near else "agentledger rule lists them."
        raise click.UsageError(f"No rule {name!r}. {hint}")
    return found


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
    yield "E stops, w is told."
    yield "agentledger rule ID tells why, and how to mend it."


def _describe_rule(found: Rule) -> str:
    from agentledger.model.findings import Gate

    levels = ", ".join(f"{gate}: {WORDS[found.level(gate)]}" for gate in Gate)
    text = f"{found.id} {found.name}\n\n{found.documentation}\n\n{levels}."
    if found.requires:
        text += f"\nIt is not run where one of these speaks: {', '.join(found.requires)}."
    if len(found.levels) == 1:
        text += "\nBoard, site and `check --fleet` show it; it stops nothing."
    return text


def _format_json(rules: Iterable[Rule]) -> str:
    from agentledger.reports import rulebook

    return rulebook.encode_rules(rules).decode().rstrip("\n")
