"""Print what a command that writes has done: as text, or as one JSON document.

Belongs here: that, and the option `--dry-run`. Does not: the sentences (see `model.command_result.Did`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from agentledger.model.command_result import Did

Command = TypeVar("Command", bound=Callable[..., Any])


def dry_run_option(command: Command) -> Command:
    """Add `--dry-run`, for every command that writes."""
    return click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")(
        command
    )


def print_result(did: Did, format: str) -> None:
    """Print the result: its sentences and the next command, or the JSON that `agentledger schema did` describes."""
    if format == "json":
        from agentledger.reports import json

        click.echo(json.encode_command_result(did), nl=False)
        return
    click.echo(format_result(did))


def format_result(did: Did) -> str:
    """The sentences, the warnings, and at the end the command to type next."""
    lines = ["nothing is written: this is a dry run"] if did.dry_run else []
    lines += map(_printable_text, did.messages)
    lines += [f"warning: {_printable_text(line)}" for line in did.warnings]
    lines += [f"next: {_printable_text(did.next)}"] if did.next else []
    return "\n".join(lines)


def _printable_text(text: str) -> str:
    """The text with characters escaped that could steer a terminal; its line breaks stay."""
    from agentledger.model.text import escape_hidden

    return "\n".join(map(escape_hidden, text.split("\n")))
