"""The one place where errors become a message and an exit code.

Belongs here: what a person reads when something fails, and the log of a bug. Does not: raising errors,
or deciding what is one.

Exit codes: 0 success, 1 findings that block, 2 usage, configuration or repository, 3 a bug in
agentledger, 130 interrupted, 141 when the reader of a pipe went away (git itself ends the same way).
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
    """The options that every command has, also when they are typed before the command's name."""

    verbose: bool = False
    repo: Path | None = None


class ReaderGone(Exception):
    """Standard output is a pipe whose reader has ended, as in `agentledger board | head`."""


class Commands(click.Group):
    """A group that lists its commands under headings, and reports a closed pipe as `ReaderGone`.

    click ends with 1 for a closed pipe; 1 is our code for findings that block.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._groups: list[tuple[str, Sequence[click.Command]]] = []

    def add_group(self, heading: str, commands: Sequence[click.Command]) -> None:
        """Add commands, which --help shows under this heading."""
        self._groups.append((heading, commands))
        for command in commands:
            self.add_command(command)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by heading, in the order in which they were added."""
        # One width for all headings, so that the summaries line up across them.
        width = max((len(command.name or "") for command in self.commands.values()), default=0)
        for heading, commands in self._groups:
            with formatter.section(heading):
                # 6, as in click's own: an indent and a gap of 2 columns each, and 2 spare.
                room = formatter.width - width - 6
                formatter.write_dl(
                    [((c.name or "").ljust(width), c.get_short_help_str(room)) for c in commands]
                )

    def make_context(self, *args: Any, **named: Any) -> click.Context:
        """Parse the arguments; this also prints help and version. Raises ReaderGone, as `invoke` does."""
        with _raise_reader_gone():
            return super().make_context(*args, **named)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Raises ReaderGone where click would end with 1, our code for findings."""
        with _raise_reader_gone():
            result = super().invoke(ctx)
            # Here and not at the end of the process, where a closed pipe could no longer be caught.
            sys.stdout.flush()
        return result


@contextmanager
def _raise_reader_gone() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ReaderGone from None


def run_guarded(action: Callable[[], object], settings: Settings) -> int:
    """Run the action and return the exit code; print every error on standard error."""
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
    except Exception as error:  # noqa: BLE001 - the boundary: all that gets here is a bug, and is reported as one
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
    _drop_output()  # the full disk may be that of the output; its flush at the end would fail again
    where = getattr(error, "filename", None) or "the repository, of temporary files or of the output"
    return _show_error(LedgerError(f"the disk of {where} is full", "make room, then try again"), settings)


def _drop_output() -> None:
    """Discard what standard output still buffers: Python's own flush at the end would fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _show_bug(error: Exception, settings: Settings) -> int:
    from agentledger.workflow.setup.versions import describe_versions

    trace, versions = "".join(traceback.format_exception(error)), describe_versions()
    if settings.verbose:
        click.echo(trace, err=True, nl=False)
    last = traceback.format_exception_only(error)[-1].strip()
    click.echo(f"agentledger: this is a bug in agentledger: {_printable_message(last)}", err=True)
    click.echo(versions, err=True)
    log = _write_bug_log(trace, versions)
    where = f"the details are in {log}" if log else "no log could be written; -v shows the details"
    click.echo(f"hint: please report it; {where}", err=True)
    return BUG


def _write_bug_log(trace: str, versions: str) -> Path | None:
    """Write the log of a bug, in place of the last one's; None where the folder cannot be written."""
    import platformdirs

    lines = trace.splitlines(keepends=True)
    log = Path(platformdirs.user_log_dir("agentledger", appauthor=False)) / "bug.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        text = f"{versions}\ncommand: {sys.argv!r}\n\n{''.join(lines[-KEPT_LINES:])}"
        log.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return log


def _printable_message(text: str) -> str:
    """The message with characters escaped that could steer a terminal; its line breaks stay."""
    return HIDDEN.sub(lambda hidden: hidden[0] if hidden[0] == "\n" else ascii(hidden[0])[1:-1], text)
