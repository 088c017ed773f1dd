"""The options that commands share, and the request for a snapshot that they become.

Belongs here: names, help and checks of these options. Does not: an option of one command alone, or
a slow import (`agentledger --version` and completion load this module).
"""

from __future__ import annotations

import functools
import gc
import re
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentledger.cli.boundary import Settings
from agentledger.model.errors import LedgerError
from agentledger.model.near_names import suggest_names

if TYPE_CHECKING:
    from agentledger.fleet.request import Progress, Request
    from agentledger.fleet.snapshot import Snapshot

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
FOLDER = click.Path(file_okay=False, path_type=Path)

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """The result of the shared options: the folder to start from, and what to read."""

    start: Path
    request: Request
    verbose: bool

    @contextmanager
    def reading(self) -> Iterator[tuple[Snapshot, Progress]]:
        """Open the snapshot of this request, with a function to report progress to.

        Print after the block: until then a progress bar may be on the terminal. Raises LedgerError.
        """
        from agentledger.cli.progress import show_progress
        from agentledger.fleet.snapshot import open_snapshot

        with (
            _pause_gc(),
            show_progress(self.verbose) as tell,
            open_snapshot(self.start, self.request, tell) as snapshot,
        ):
            yield snapshot, tell


@contextmanager
def _pause_gc() -> Iterator[None]:
    """Pause Python's garbage collector, and keep it from what was read: nearly all of a million objects stays.

    What an earlier reading of the process left, as in `serve`, is collected first.
    """
    was_enabled = gc.isenabled()
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


class Duration(click.ParamType[int]):
    """A duration in seconds, from `90s`, `15m`, `2h`, `3d` or `1w`; `never` is -1."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds; anything else is a usage error that lists the accepted forms."""
        if value == "never":
            return -1
        match = re.fullmatch(r"(\d{1,9})([smhdw])", str(value))
        if match is None:
            self.fail(f"{value!r} is not a duration; write 15m, 2h, 3d or never", param, ctx)
        return int(match[1]) * SECONDS[match[2]]


def verbose_option(command: Command) -> Command:
    """Add `-v`, which may be before or after the command's name."""
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_set_verbose,
        help="Show what is being read, and tracebacks of errors.",
    )(command)


def repo_option(command: Command) -> Command:
    """Add `--repo`, which may be before or after the command's name; the one after it wins."""
    return click.option(
        "--repo",
        type=FOLDER,
        metavar="DIR",
        expose_value=False,
        callback=_set_repo,
        help="The repository, or a folder in it.  [default: the current folder]",
    )(command)


def format_option(command: Command) -> Command:
    """Add `--format`, for every command whose output a program might read."""
    choice = click.Choice(["text", "json"])
    return click.option("--format", type=choice, default="text", show_default=True)(command)


def fleet_options(command: Command) -> Command:
    """Add the options that select the branches to read; the command gets a `FleetOptions` as first argument."""

    @functools.wraps(command)
    def wrapped(
        base: tuple[str, ...],
        branches: tuple[str, ...],
        refs: tuple[str, ...],
        dormant: int | None,
        no_forecast: bool,
        **arguments: Any,
    ) -> Any:
        from agentledger.fleet.request import AS_POLICY, Request

        settings = click.get_current_context().ensure_object(Settings)
        request = Request(
            base=_single_base(base),
            branches=branches,
            refs=refs,
            # Not given: as the policy says. `never` is -1 here and None in a request.
            dormant=AS_POLICY if dormant is None else None if dormant < 0 else dormant,
            forecast=not no_forecast,
            pairs=not no_forecast,
        )
        return command(
            FleetOptions(settings.repo or current_folder(), request, settings.verbose), **arguments
        )

    optioned: Command = wrapped
    # Decorators apply from the inside out, so the last option is added first; --help shows the tuple's order.
    for option in reversed(_FLEET):
        optioned = option(optioned)
    return verbose_option(repo_option(optioned))


_FLEET: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--base",
        multiple=True,
        metavar="NAME",
        help="The branch that agent work merges into.  [default: the repository's default branch]",
    ),
    click.option(
        "--branches",
        multiple=True,
        metavar="GLOB",
        help="Read these branches instead of the ones named as agents name theirs; * also matches /. "
        "Repeatable.",
    ),
    click.option(
        "--refs",
        multiple=True,
        metavar="GLOB",
        help="Read these refs, by full name, such as 'refs/pull/*/head'. Repeatable.",
    ),
    click.option(
        "--dormant",
        type=Duration(),
        default=None,
        metavar="DURATION",
        help="A branch without activity for this long is dormant: 15m, 2h, 3d, or never.  [default: 7d]",
    ),
    click.option("--no-forecast", is_flag=True, help="Do not test which branches conflict with base."),
)


def _single_base(base: tuple[str, ...]) -> str | None:
    """The one base, None when not given; two are a usage error, because click would silently take the last."""
    if len(base) > 1:
        names = " and ".join(base)
        raise click.UsageError(f"--base was given {len(base)} times ({names}); a fleet has one base.")
    return base[0] if base else None


def read_standard_input() -> str:
    """Read the document that is piped in, at most twice the allowed size. Raises LedgerError if not UTF-8.

    Twice: what is too long is then still too long for the document's own check, which refuses it.
    """
    from agentledger.documents import MOST_BYTES

    if sys.stdin.isatty():
        click.echo("reading what you type; Ctrl-D on a line of its own ends it", err=True)
    raw = sys.stdin.buffer.read(2 * MOST_BYTES)
    try:
        # The cut may be in the middle of a character. That is no error of the text; its length is.
        return raw.decode("utf-8", "ignore" if len(raw) == 2 * MOST_BYTES else "strict")
    except UnicodeDecodeError as error:
        message = f"what is piped in is not UTF-8, at byte {error.start + 1:,}"
        raise LedgerError(message, "convert it on the way: … | iconv -f LATIN1 -t UTF-8 | …") from error


def current_folder() -> Path:
    """The current folder. Raises LedgerError when it was deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise LedgerError("the current folder no longer exists", "go into one that does") from error


def _set_verbose(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    settings = ctx.ensure_object(Settings)
    # Called for both places; a -v before the name must survive its absence after it.
    settings.verbose = settings.verbose or value


def _set_repo(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Settings).repo = value


def unknown_argument(what: str, name: str, known: Collection[str], none: str) -> click.UsageError:
    """The error for an argument that names nothing; the text `none` follows where no known name is like it."""
    hint = suggest_names(name, known)
    return click.UsageError(f"No {what} {name!r}. {hint[:1].upper() + hint[1:] or none}")
