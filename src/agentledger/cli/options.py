"""The options that commands share, and how they become a request for a snapshot.

Belongs here: their names, help and checks. Does not: what one command alone takes, or any
import that is slow (`agentledger --version` and completion load this module).
"""

from __future__ import annotations

import functools
import gc
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentledger.cli.boundary import Settings
from agentledger.model.errors import LedgerError

if TYPE_CHECKING:
    from agentledger.fleet.snapshot import Progress, Request, Snapshot

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
FOLDER = click.Path(file_okay=False, path_type=Path)

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the shared options came to: where to start, and what to read."""

    start: Path
    request: Request
    verbose: bool

    @contextmanager
    def reading(self) -> Iterator[tuple[Snapshot, Progress]]:
        """The snapshot that was asked for, and whom to tell about work on it; print after the block."""
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
    """No search for garbage meanwhile: nearly all of a million new objects live until the block ends."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Duration(click.ParamType[int]):
    """`90s`, `15m`, `2h`, `3d`, `1w` in seconds, or `never`, which is -1."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds for the words; fails with the forms that are understood."""
        if value == "never":
            return -1
        found = re.fullmatch(r"(\d{1,9})([smhdw])", str(value))
        if found is None:
            self.fail(f"{value!r} is no duration; write 15m, 2h, 3d or never", param, ctx)
        return int(found[1]) * SECONDS[found[2]]


def verbose_option(command: Command) -> Command:
    """`-v`, before or after the command's name."""
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_set_verbose,
        help="Say what is being read, and show tracebacks.",
    )(command)


def repo_option(command: Command) -> Command:
    """`--repo`, before or after the command's name; the one nearer to the command counts."""
    return click.option(
        "--repo",
        type=FOLDER,
        metavar="DIR",
        expose_value=False,
        callback=_set_repo,
        help="The repository, or a folder in it.  [default: the current folder]",
    )(command)


def format_option(command: Command) -> Command:
    """`--format`, for every command that prints what a program might read."""
    choice = click.Choice(["text", "json"])
    return click.option("--format", type=choice, default="text", show_default=True)(command)


def fleet_options(command: Command) -> Command:
    """Everything that says which branches to read; the command gets an `Asked` first."""

    @functools.wraps(command)
    def wrapped(
        base: tuple[str, ...],
        branches: tuple[str, ...],
        refs: tuple[str, ...],
        dormant: int | None,
        no_forecast: bool,
        **rest: Any,
    ) -> Any:
        from agentledger.fleet.snapshot import AS_POLICY, Request

        settings = click.get_current_context().ensure_object(Settings)
        request = Request(
            base=_single_base(base),
            branches=branches,
            refs=refs,
            dormant=AS_POLICY if dormant is None else None if dormant < 0 else dormant,
            forecast=not no_forecast,
        )
        return command(Asked(settings.repo or current_folder(), request, settings.verbose), **rest)

    optioned: Command = wrapped
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
        help="Branches to read instead of those that agents are known to make; * crosses /. Repeatable.",
    ),
    click.option(
        "--refs",
        multiple=True,
        metavar="GLOB",
        help="Any refs, by full name, such as 'refs/pull/*/head'. Repeatable.",
    ),
    click.option(
        "--dormant",
        type=Duration(),
        default=None,
        metavar="DURATION",
        help="Without a sign of life for so long, a branch is dormant: 15m, 2h, 3d, or never.  [default: 7d]",
    ),
    click.option("--no-forecast", is_flag=True, help="Leave out which branches conflict with base."),
)


def _single_base(base: tuple[str, ...]) -> str | None:
    """A fleet has one base; the last of two would win silently, as options do."""
    if len(base) > 1:
        names = " and ".join(base)
        raise click.UsageError(f"--base was given {len(base)} times ({names}); a fleet has one base.")
    return base[0] if base else None


def read_standard_input() -> str:
    """What is piped in, for a document; of what no document can hold just enough to be refused for it."""
    from agentledger.documents import MOST_BYTES

    raw = sys.stdin.buffer.read(2 * MOST_BYTES)
    try:
        # Cut off in the middle of a character it is too long all the same.
        return raw.decode("utf-8", "ignore" if len(raw) == 2 * MOST_BYTES else "strict")
    except UnicodeDecodeError as error:
        told = f"what is piped in is not UTF-8, at byte {error.start + 1:,}"
        raise LedgerError(told, "have it converted on the way: … | iconv -f LATIN1 -t UTF-8 | …") from error


def current_folder() -> Path:
    """The current folder; LedgerError when it is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise LedgerError("the current folder no longer exists", "go into one that does") from error


def _set_verbose(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    settings = ctx.ensure_object(Settings)
    settings.verbose = settings.verbose or value


def _set_repo(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Settings).repo = value
