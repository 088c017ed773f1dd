"""How every command that writes tells what it did: as text, or as one JSON document.

Belongs here: that, and the options that go with it. Does not: the words (see `did.Did`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from agentledger.model.command_result import Did

Command = TypeVar("Command", bound=Callable[..., Any])


def dry_run_option(command: Command) -> Command:
    """`--dry-run`, for every command that writes."""
    return click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")(
        command
    )


def print_result(did: Did, format: str) -> None:
    """Print it: sentences and the next command, or the document that `agentledger schema did` describes."""
    if format == "json":
        from agentledger.reports import json

        click.echo(json.encode_command_result(did), nl=False)
        return
    click.echo(format_result(did))


def format_result(did: Did) -> str:
    """The sentences, the warnings, and last the command to type next."""
    lines = ["nothing is written: this is a dry run"] if did.dry_run else []
    lines += map(_printable_text, did.said)
    lines += [f"warning: {_printable_text(line)}" for line in did.warnings]
    lines += [f"next: {_printable_text(did.next)}"] if did.next else []
    return "\n".join(lines)


def _printable_text(text: str) -> str:
    """A text fit for a terminal; its own line breaks stay."""
    from agentledger.model.text import escape_hidden

    return "\n".join(map(escape_hidden, text.split("\n")))
