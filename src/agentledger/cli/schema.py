"""`agentledger schema`: the JSON Schemas of what other programs read."""

from __future__ import annotations

from difflib import get_close_matches

import click

from agentledger.cli.options import verbose_option


@click.command()
@click.argument("name", required=False)
@verbose_option
def schema(name: str | None) -> None:
    """Print the JSON Schema NAME, or the names that there are."""
    from agentledger.reports.shapes import SCHEMAS
    from agentledger.reports.shapes import schema as text

    if name is None:
        click.echo("\n".join(SCHEMAS))
    elif name in SCHEMAS:
        click.echo(text(name), nl=False)
    else:
        close = get_close_matches(name, SCHEMAS, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(SCHEMAS)}."
        raise click.UsageError(f"No schema {name!r}. {hint}")
