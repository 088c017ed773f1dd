"""The user's own configuration file: the programs that agentledger may start on their machine.

Belongs here: finding and checking that file. Does not: anything a repository says (see `ledger.policy`). A
repository must never name a program to be started, or a clone could start whatever it likes.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentledger.model.errors import LedgerError

# The lines that hints show.
LAUNCH = 'claude = "claude -p @{prompt_file} --permission-mode acceptEdits"'
EXAMPLE = 'command = "notify-send {title} {text}"'


@dataclass(frozen=True, slots=True)
class Personal:
    """What the file says, each command split into arguments.

    `notify` is the command for notices, () for none; `launch` maps names to the commands that start an agent.
    """

    notify: tuple[str, ...] = ()
    launch: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def user_config_path() -> Path:
    """Where the file belongs on this system; there may be none."""
    import platformdirs  # imported here: most commands have no need of it

    return Path(platformdirs.user_config_dir("agentledger", appauthor=False)) / "config.toml"


def read_user_config() -> Personal:
    """Read the file; without one, nothing is configured. LedgerError: it cannot be read, or is not valid."""
    file = user_config_path()
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Personal()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise LedgerError(f"{file} cannot be read: {reason}", "fix it, or move it away") from error
    return Personal(
        _parse_notify(file, tables.get("notify", {})), _parse_launch(file, tables.get("launch", {}))
    )


def _parse_notify(file: Path, table: Any) -> tuple[str, ...]:
    command = table.get("command", "") if isinstance(table, dict) else None
    return _parse_command(file, "the command of [notify]", command, EXAMPLE)


def _parse_launch(file: Path, table: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise LedgerError(f"{file}: [launch] must be a table of commands", f"write {LAUNCH}")
    return {
        name: _parse_command(file, f"the command {name!r} of [launch]", command, LAUNCH)
        for name, command in table.items()
    }


def _parse_command(file: Path, what: str, command: Any, example: str) -> tuple[str, ...]:
    if not isinstance(command, str):
        raise LedgerError(f"{file}: {what} must be text", f"write {example}")
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise LedgerError(
            f"{file}: {what} cannot be split into words: {error}", f"write it like {example}"
        ) from error
