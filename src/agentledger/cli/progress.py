"""Show how far a long read is, on standard error: a bar on a terminal, nothing in a pipe.

Belongs here: showing. Does not: measuring; stages and counts come from the readers (see `fleet.snapshot`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from agentledger.fleet.request import Progress

PATIENCE = 0.5  # seconds; a shorter read needs no bar


@contextmanager
def show_progress(verbose: bool) -> Iterator[Progress]:
    """Yield the function that readers report to: `(stage, done, total)`.

    On a terminal it draws a bar; in a pipe it prints one line for each stage with `-v`, else nothing. The
    bar is removed when the block ends, so print results after it.
    """
    if not sys.stderr.isatty():
        yield _Lines() if verbose else _show_nothing
        return
    bar = _Terminal()
    try:
        yield bar
    finally:
        bar.stop()


def _show_nothing(_stage: str, _done: int, _total: int) -> None:
    pass


class _Lines:
    """Prints one line when a stage begins."""

    def __init__(self) -> None:
        self._stage = ""

    def __call__(self, stage: str, _done: int, total: int) -> None:
        if stage != self._stage:
            self._stage = stage
            click.echo(f"{stage} ({total})" if total else stage, err=True)


class _Terminal:
    """One bar for all stages; it appears after PATIENCE and leaves nothing behind."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._bar: Bar | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._began < PATIENCE:
                return
            self._bar = _start_bar()
        task = self._bar.tasks[0]
        # Set on the task: `update` reads None as "no change"; here it means "not known".
        task.total = total or None
        self._bar.update(task.id, description=stage, completed=done)

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _start_bar() -> Bar:
    # Imported here: rich is slow to load, and most reads end before a bar is needed.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    # Without markup: a stage may name a branch, and `[…]` in it is not a style.
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=None)
    bar.start()
    return bar
