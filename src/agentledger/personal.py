"""The user's own configuration file: what runs on their machine.

Belongs here: finding and checking that file. Does not: anything a repository says. A program that
is started here must never be named by a repository, or a clone could start whatever it likes.
"""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentledger.errors import LedgerError

EXAMPLE = 'command = "notify-send {title} {text}"'


@dataclass(frozen=True, slots=True)
class Personal:
    """What the file says. `notify` is the command for notices, taken apart into arguments; () for none."""

    notify: tuple[str, ...] = ()


def path() -> Path:
    """Where the file is, on this system; it need not be there."""
    import platformdirs

    return Path(platformdirs.user_config_dir("agentledger", appauthor=False)) / "config.toml"


def load() -> Personal:
    """Read the file. Raises LedgerError where it cannot be read, or says something else than it may."""
    file = path()
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Personal()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise LedgerError(f"{file} cannot be read: {reason}", "mend it, or move it away") from error
    return Personal(_notify(file, found.get("notify", {})))


def _notify(file: Path, table: Any) -> tuple[str, ...]:
    command = table.get("command", "") if isinstance(table, dict) else None
    if not isinstance(command, str):
        raise LedgerError(f"{file}: the command of [notify] must be text", f"write {EXAMPLE}")
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise LedgerError(
            f"{file}: the command of [notify] cannot be taken apart: {error}", f"write it like {EXAMPLE}"
        ) from error
