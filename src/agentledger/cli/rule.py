"""`agentledger rule`: what a rule finds, why, and how to mend it."""

from __future__ import annotations

import difflib
import json

import click

from agentledger.cli.options import format_option, verbose_option

WORDS = {"E": "stops", "w": "is told", "·": "is not run"}


@click.command()
@click.argument("name", required=False, metavar="[ID]")
@format_option
@verbose_option
def rule(name: str | None, format: str) -> None:
    """Explain the rule ID, or list all of them with their level at each gate."""
    from agentledger.findings import Gate
    from agentledger.rules import RULES, Rule, find

    def known(each: Rule) -> dict[str, object]:
        levels = {str(gate): WORDS[each.level(gate)] for gate in Gate}
        facts = {"id": each.id, "name": each.name, "levels": levels, "off": each.off}
        return {**facts, "documentation": each.documentation}

    if name is not None:
        found = find(name)
        if found is None:
            raise _unknown(name, [word for each in RULES for word in (each.id, each.name)])
        click.echo(json.dumps(known(found), ensure_ascii=False) if format == "json" else _explained(found))
    elif format == "json":
        click.echo(json.dumps([known(each) for each in RULES], ensure_ascii=False))
    else:
        click.echo(f"{'':8}{'':30}{'spawn commit push ready merge'}")
        for each in RULES:
            levels = "".join(f"{each.level(gate):^{len(gate) + 1}}" for gate in Gate)
            click.echo(f"{each.id:8}{each.name:30}{levels}{'  off' if each.off else ''}".rstrip())
        click.echo("\nE stops, w is told, off runs only where policy asks for it.")
        click.echo("agentledger rule ID tells why, and how to mend it.")


def _explained(found: object) -> str:
    from agentledger.findings import Gate
    from agentledger.rules import Rule

    assert isinstance(found, Rule)
    levels = ", ".join(f"{gate}: {WORDS[found.level(gate)]}" for gate in Gate)
    after = (
        f"\nIt is not run where one of these speaks: {', '.join(found.requires)}." if found.requires else ""
    )
    lone = "\nBoard, site and `check --fleet` show it; it stops nothing." if len(found.levels) == 1 else ""
    off = f'\nIt is off: `{found.id} = "warn"` under [rules] in the policy turns it on.' if found.off else ""
    return f"{found.id} {found.name}\n\n{found.documentation}\n\n{levels}.{after}{lone}{off}"


def _unknown(name: str, known: list[str]) -> click.UsageError:
    near = difflib.get_close_matches(name.lower(), [word.lower() for word in known], 1)
    hint = f"Did you mean {near[0]!r}?" if near else "agentledger rule lists them."
    return click.UsageError(f"No rule {name!r}. {hint}")
