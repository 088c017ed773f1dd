"""The user's own configuration file: what runs on their machine.

Belongs here: finding and checking that file. Does not: anything a repository says. A program that
is started here must never be named by a repository, or a clone could start whatever it likes.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentledger.model.errors import LedgerError

LAUNCH = 'claude = "claude -p @{prompt_file}"'
EXAMPLE = 'command = "notify-send {title} {text}"'


@dataclass(frozen=True, slots=True)
class Personal:
    """What the file says, each command taken apart into arguments.

    `notify` is the command for notices, () for none; `launch` has those that start an agent, by name.
    """

    notify: tuple[str, ...] = ()
    launch: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def user_config_path() -> Path:
    """Where the file is, on this system; it need not be there."""
    import platformdirs

    return Path(platformdirs.user_config_dir("agentledger", appauthor=False)) / "config.toml"


def read_user_config() -> Personal:
    """Read the file. Raises LedgerError where it cannot be read, or says something else than it may."""
    file = user_config_path()
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Personal()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise LedgerError(f"{file} cannot be read: {reason}", "mend it, or move it away") from error
    return Personal(
        _parse_notify(file, found.get("notify", {})), _parse_launch(file, found.get("launch", {}))
    )


def _parse_notify(file: Path, table: Any) -> tuple[str, ...]:
    command = table.get("command", "") if isinstance(table, dict) else None
    return _parse_command(file, "the command of [notify]", command, EXAMPLE)


def _parse_launch(file: Path, table: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise LedgerError(f"{file}: [launch] must be a table of commands", f"write {LAUNCH}")
    return {
        name: _parse_command(file, f"the command {name!r} of [launch]", said, LAUNCH)
        for name, said in table.items()
    }


def _parse_command(file: Path, what: str, command: Any, example: str) -> tuple[str, ...]:
    if not isinstance(command, str):
        raise LedgerError(f"{file}: {what} must be text", f"write {example}")
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise LedgerError(
            f"{file}: {what} cannot be taken apart: {error}", f"write it like {example}"
        ) from error
