"""One check, run once in one worktree: what came of it.

Belongs here: filling in its command, its log, tail and JUnit file. Does not: which checks are asked for, or
what is recorded (see `verify` and `verify_evidence`), and how a command is run and ended (see `running`).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agentledger.git import environment
from agentledger.model.ledger import Check, JUnit, Policy
from agentledger.model.text import decode, escape_hidden, format_age, format_count
from agentledger.running import changed_files, logs, redact
from agentledger.running.junit import Unreadable
from agentledger.running.live import Live
from agentledger.running.output import Log, Output
from agentledger.running.run import Ran, run
from agentledger.workflow.verify.junit_files import Results, read_plain_file

LIMIT = 30 * 60  # seconds for a check that names no time limit
_TAIL = 40  # lines
_LINE = 400  # characters of each
_LOOKED_AT = 1 << 18  # bytes from the end in which the tail is looked for
_MOST_DOTENV = 1 << 20  # bytes
_COLOUR = re.compile(rb"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)")


@dataclass(frozen=True, slots=True)
class Begins:
    """A command is about to run: the check's name, and the command as a person would type it."""

    name: str
    command: str


@dataclass(frozen=True, slots=True)
class Printed:
    """Whole lines that the command printed, without secrets; any bytes at all."""

    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of one run. `exit_code` is None where there was nothing to run; `skipped` says why.

    `started_at` is in seconds since the epoch. `remarks` are sentences about what should be looked at.
    """

    check: Check
    exit_code: int | None
    started_at: int
    seconds: float = 0.0
    tail: tuple[str, ...] = ()
    log_sha256: str | None = None
    log_bytes: int = 0
    truncated: bool = False
    junit: JUnit | None = None
    skipped: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """As of evidence: exit code 0 and no failure in JUnit, or nothing to run."""
        broken = self.junit is not None and bool(self.junit.failures or self.junit.errors)
        return self.skipped is not None or (self.exit_code == 0 and not broken)


Event = Begins | Printed | Seen
Hear = Callable[[Event], object]


def ignore_event(event: Event) -> None:
    """For those who do not listen."""


class Runner:
    """Runs commands in the worktree at `top`; logs are kept in `common`, the shared git directory.

    What `policy` has copied into each worktree is looked through for secrets, in `source`: by default in
    `top` itself. `now` is the time at which the runner is made, in seconds since the epoch.
    """

    def __init__(
        self, top: Path, common: Path, policy: Policy, now: int, hear: Hear, source: Path | None = None
    ) -> None:
        self._top, self._logs, self._hear = top, logs.log_folder(common), hear
        self._began = now - time.monotonic()
        self._env = environment.build_program_env(os.environ)
        self._secrets = redact.collect_secrets(os.environ, read_dotenvs(source or top, policy))

    def shell(self, arguments: Sequence[bytes], limit: float) -> tuple[Ran, Log]:
        """Run what `sh -c` takes; its output goes to whoever listens, line by line."""
        output = Output()
        live = Live(self._secrets, lambda text: self._hear(Printed(text)))

        def heard(block: bytes) -> None:
            output.add(block)
            live.add(block)

        ran = run(arguments, self._top, self._env, limit=limit, hear=heard)
        live.close()
        return ran, output.log(self._secrets)

    def check(self, check: Check, paths: Sequence[bytes]) -> Seen:
        """Run a check about these changed files, keep its log, and take its JUnit file out of the way.

        LedgerError where it cannot be started, or its log not be kept.
        """
        started = int(self._began + time.monotonic())
        filled = changed_files.fill_command(check.run, paths)
        if filled.skipped:
            seen = Seen(check=check, exit_code=None, started_at=started, skipped=filled.skipped)
            self._hear(seen)
            return seen
        self._hear(Begins(check.name, filled.shown))
        results = Results(self._top, check.junit)
        ran, log = self.shell(filled.arguments, check.timeout or LIMIT)
        told = _describe_end(ran, check.timeout or LIMIT)
        text = log.text + told
        counts = results.taken(lambda content: logs.store_log(self._logs, self._secrets.cleaned(content)))
        seen = Seen(
            check=check,
            exit_code=ran.exit_code,
            started_at=started,
            seconds=round(ran.seconds, 2),
            tail=last_lines(text),
            log_sha256=logs.store_log(self._logs, text),
            log_bytes=len(text),
            truncated=bool(log.left_out),
            junit=counts,
            skipped=None,
            remarks=(*_describe_leftovers(ran), *results.remarks),
        )
        self._hear(seen)
        return seen


def _describe_end(ran: Ran, limit: int) -> bytes:
    """What the log says at its end of a command that did not end by itself."""
    if ran.late:
        return f"\n[agentledger: ended after {format_age(limit)}, its time limit]\n".encode()
    return b"\n[agentledger: it killed the process that kept it]\n" if ran.lost else b""


def _describe_leftovers(ran: Ran) -> list[str]:
    found = []
    if ran.left:
        found.append(
            f"it left {format_count(ran.left, 'process', 'processes')} behind, which had to be ended"
        )
    if not ran.reaping:
        found.append("what leaves a command's process group cannot be found on this system, and may run on")
    return found


def last_lines(text: bytes) -> tuple[str, ...]:
    """The last lines of a log, fit to be read in a document: of a bar the last state, no colours."""
    lines = _COLOUR.sub(b"", text[-_LOOKED_AT:]).rstrip().split(b"\n")[-_TAIL:]
    shown = (escape_hidden(line.rstrip(b"\r").rpartition(b"\r")[2]) for line in lines)
    return tuple(line if len(line) <= _LINE else line[: _LINE - 1] + "…" for line in shown) if text else ()


def read_dotenvs(top: Path, policy: Policy) -> list[str]:
    """The texts of the `.env` files among those that policy copies into worktrees."""
    found = []
    for path in policy.spawn_copy:
        name = path.rpartition("/")[2]
        if name.startswith(".env") or name.endswith(".env"):
            with suppress(OSError, Unreadable):
                found.append(decode(read_plain_file(top / path, _MOST_DOTENV)))
    return found
