"""`agentledger schema`: print the JSON Schemas of what programs read, and of what people write.

Belongs here: finding the schema by its name. Does not: the schemas (see `reports.shapes` for what is
printed, `documents.schemas` for what is written).
"""

from __future__ import annotations

import click

from agentledger.cli.options import unknown_argument, verbose_option


@click.command()
@click.argument("name", required=False)
@verbose_option
def schema(name: str | None) -> None:
    """Print the JSON Schema NAME, or list the names of all schemas."""
    from agentledger.documents import schemas as written
    from agentledger.reports import shapes as printed

    names = [*printed.SCHEMAS, *written.SCHEMAS]
    if name is None:
        click.echo("\n".join(names))
    elif name in printed.SCHEMAS:
        click.echo(printed.encode_schema(name), nl=False)
    elif name in written.SCHEMAS:
        click.echo(written.render_schema(name), nl=False)
    else:
        raise unknown_argument("schema", name, names, f"There are: {', '.join(names)}.")
