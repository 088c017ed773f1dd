"""The one place where errors become words and an exit code.

Belongs here: what a person reads when something fails, and the log of a bug. Does not: raising,
or deciding what is an error.

Exit codes: 0 well, 1 findings that block, 2 usage, configuration or repository, 3 a bug in
agentledger, 130 interrupted, 141 when the reader of a pipe went away (as git itself ends then).
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from agentledger.model.errors import LedgerError
from agentledger.model.text import HIDDEN

USAGE, BUG, INTERRUPTED, PIPE_CLOSED = 2, 3, 130, 141
KEPT_LINES = 200  # of a traceback in the log; a runaway recursion has thousands


@dataclass(slots=True)
class Settings:
    """What was asked for before the command's name, and holds for every command."""

    verbose: bool = False
    repo: Path | None = None


class ReaderGone(Exception):
    """Standard output is a pipe that nobody reads any more: `agentledger board | head`."""


class Commands(click.Group):
    """Commands under headings; and it tells a closed pipe from other failures, which click does not."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._groups: list[tuple[str, Sequence[click.Command]]] = []

    def add_group(self, heading: str, commands: Sequence[click.Command]) -> None:
        """Add commands that --help shows under one heading."""
        self._groups.append((heading, commands))
        for command in commands:
            self.add_command(command)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by heading, in the order in which they were added."""
        width = max((len(command.name or "") for command in self.commands.values()), default=0)
        for heading, commands in self._groups:
            with formatter.section(heading):
                room = formatter.width - width - 6
                formatter.write_dl(
                    [((c.name or "").ljust(width), c.get_short_help_str(room)) for c in commands]
                )

    def make_context(self, *args: Any, **named: Any) -> click.Context:
        """Parse the arguments, which prints help and version; raises ReaderGone as `invoke` does."""
        with _raise_reader_gone():
            return super().make_context(*args, **named)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; raises ReaderGone where click would end with 1, our code for findings."""
        with _raise_reader_gone():
            result = super().invoke(ctx)
            sys.stdout.flush()
        return result


@contextmanager
def _raise_reader_gone() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ReaderGone from None


def run_guarded(action: Callable[[], object], settings: Settings) -> int:
    """Run the action and return the exit code; every error is told on standard error."""
    try:
        result = action()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except ReaderGone:
        _drop_output()
        return PIPE_CLOSED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except LedgerError as error:
        return _show_error(error, settings)
    except Exception as error:  # noqa: BLE001 - the boundary: whatever comes here is a bug, and is said to be one
        return _show_disk_full(error, settings) if _is_disk_full(error) else _show_bug(error, settings)
    return result if isinstance(result, int) else 0


def _show_error(error: LedgerError, settings: Settings) -> int:
    if settings.verbose:
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    click.echo(f"agentledger: {_printable_message(error.message)}", err=True)
    if error.hint:
        click.echo(f"hint: {_printable_message(error.hint)}", err=True)
    return USAGE


def _is_disk_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _show_disk_full(error: Exception, settings: Settings) -> int:
    _drop_output()
    where = getattr(error, "filename", None) or "the repository, of temporary files or of the output"
    return _show_error(LedgerError(f"the disk of {where} is full", "make room, then try again"), settings)


def _drop_output() -> None:
    """Send what standard output still holds nowhere: Python's own flush at the end would fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _show_bug(error: Exception, settings: Settings) -> int:
    from agentledger.workflow.setup.versions import describe_versions

    told, running = "".join(traceback.format_exception(error)), describe_versions()
    if settings.verbose:
        click.echo(told, err=True, nl=False)
    last = traceback.format_exception_only(error)[-1].strip()
    click.echo(f"agentledger: this is a bug in agentledger: {_printable_message(last)}", err=True)
    click.echo(running, err=True)
    log = _write_bug_log(told, running)
    where = f"the details are in {log}" if log else "no log could be written; -v shows the details"
    click.echo(f"hint: please report it; {where}", err=True)
    return BUG


def _write_bug_log(told: str, running: str) -> Path | None:
    """Write the log of a bug, over that of the one before; None where the folder cannot be written."""
    import platformdirs

    lines = told.splitlines(keepends=True)
    log = Path(platformdirs.user_log_dir("agentledger", appauthor=False)) / "bug.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        text = f"{running}\ncommand: {sys.argv!r}\n\n{''.join(lines[-KEPT_LINES:])}"
        log.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return log


def _printable_message(text: str) -> str:
    """A message fit for a terminal; its own line breaks stay."""
    return HIDDEN.sub(lambda found: found[0] if found[0] == "\n" else ascii(found[0])[1:-1], text)
