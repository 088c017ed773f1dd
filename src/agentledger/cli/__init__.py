"""The command line: one module for each command, and one place that turns errors into messages.

Belongs here: arguments, printing, exit codes. Does not: the work itself. A command calls
`fleet.snapshot`, `site`, `reports` or `workflow`, and imports them inside its function: `--version`,
help and completion then stay fast.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

import click

from agentledger import __version__
from agentledger.cli import (
    allow,
    answer,
    board,
    brief,
    check,
    collect,
    conflicts,
    demo,
    doctor,
    done,
    init,
    merge_plan,
    packet,
    plan,
    prompt,
    report,
    review,
    rule,
    schema,
    serve,
    site,
    spawn,
    sync,
    verify,
)
from agentledger.cli import next as next_turn
from agentledger.cli.boundary import Commands, Settings, run_guarded
from agentledger.cli.options import repo_option, verbose_option

EPILOG = """\b
Completion: add the line for your shell to its start-up file.
  bash  eval "$(_AGENTLEDGER_COMPLETE=bash_source agentledger)"
  zsh   eval "$(_AGENTLEDGER_COMPLETE=zsh_source agentledger)"
  fish  _AGENTLEDGER_COMPLETE=fish_source agentledger | source

\b
Exit codes: 0 success, 1 a check failed, 2 wrong usage or repository error, 3 a bug in
agentledger, 130 interrupted.
"""


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@repo_option
@verbose_option
def agentledger() -> None:
    """Plan, watch and check the work of coding agents; all records are kept in git."""


# In the order of the work: --help shows them in this order.
GROUPS: tuple[tuple[str, tuple[click.Command, ...]], ...] = (
    ("Look", (board.board, conflicts.conflicts, site.site, serve.serve, next_turn.next_)),
    ("Set up", (init.init, doctor.doctor, rule.rule, schema.schema, sync.sync, demo.demo)),
    ("Plan", (plan.plan, spawn.spawn, prompt.prompt)),
    ("Unblock", (answer.answer, collect.collect, brief.brief, allow.allow)),
    ("Work, as an agent", (report.report, verify.verify, packet.packet, done.done)),
    ("Verify", (check.check, review.review)),
    ("Land", (review.review, merge_plan.merge_plan)),
)
for heading, commands in GROUPS:
    agentledger.add_group(heading, commands)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, and return its exit code. None: those of the process."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that is not UTF-8 shows \u2026 instead of failing; text and JSON are safe either way.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    settings = Settings()
    # Rarely: nearly all that a command makes lives until its end, what it imports most of all.
    gc.set_threshold(50_000)
    # Python sets signal handlers in the main thread alone; elsewhere `signal.signal` raises ValueError.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end_on_signal)
    return run_guarded(
        lambda: agentledger.main(arguments, "agentledger", standalone_mode=False, obj=settings), settings
    )


def _end_on_signal(number: int, _frame: object) -> NoReturn:
    """End as Ctrl-C does: an exception, so that temporary folders are removed on the way out."""
    signal.signal(number, signal.SIG_IGN)  # a second signal would interrupt the removal
    raise SystemExit(128 + number)  # the code that a shell reports for a process ended by this signal


def _open_closed_streams() -> None:
    """Open on nothing each standard stream that was closed (`>&-`).

    Otherwise the next file that is opened gets the stream's number, and output is written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, "w" if number else "r", encoding="utf-8"))
