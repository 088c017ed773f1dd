"""Runs one check once in one worktree, and describes the result.

Belongs here: filling in its command, its log, tail and JUnit files. Does not: which checks are asked for, or what
is recorded (see `run_checks` and `evidence`), or how a command is run and ended (see `running.run`).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from agentledger.git import environment
from agentledger.model.evidence import JUnit, OnBase, RanWith, TestCounts, has_passed
from agentledger.model.ledger import Check
from agentledger.model.policy import Policy
from agentledger.model.text import decode, encode, escape_hidden, format_age, format_count
from agentledger.running import changed_files, logs, redact
from agentledger.running.junit import Unreadable
from agentledger.running.lacking import Lacking, find_lacking
from agentledger.running.live import Live
from agentledger.running.output import Log, Output
from agentledger.running.run import Ran, run
from agentledger.running.runner_counts import count_tests
from agentledger.workflow.verify import ran_with
from agentledger.workflow.verify.junit_files import Results, read_plain_file

LIMIT = 30 * 60  # seconds for a check that names no time limit
_TAIL = 40  # lines of the log that evidence has
_LINE = 400  # characters of each
_LOOKED_AT = 1 << 18  # bytes at the end of a log in which the tail is looked for
_MOST_DOTENV = 1 << 20  # bytes of a .env file
_VERSION_LIMIT = 5.0  # seconds for a tool's own version
# Terminal control: colours and cursor moves, and titles or links, which end in BEL or ESC \.
_COLOUR = re.compile(rb"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)")


@dataclass(frozen=True, slots=True)
class Begins:
    """A command is about to run: the check's name, and the command as a person would type it."""

    name: str
    command: str


@dataclass(frozen=True, slots=True)
class Printed:
    """Whole lines that the command printed, without secrets; they may be any bytes."""

    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The result of one run of one check."""

    check: Check
    #: None where there was nothing to run.
    exit_code: int | None
    #: In seconds since the epoch.
    started_at: int
    seconds: float = 0.0
    #: The last lines of the log, fit for a document.
    tail: tuple[str, ...] = ()
    #: By which the stored log is found; None where there is none.
    log_sha256: str | None = None
    log_bytes: int = 0
    #: Is a part of the output missing from the log?
    truncated: bool = False
    #: What its report says; None without one.
    junit: JUnit | None = None
    #: What is wrong with the report that was asked for.
    report_gap: str | None = None
    #: What its test runner said, where there is no JUnit file.
    counts: TestCounts | None = None
    ran_with: RanWith | None = None
    #: The same check on base, where that was tried.
    on_base: OnBase | None = None
    #: What its output says that it lacks to run; () where it passed.
    lacking: tuple[Lacking, ...] = ()
    #: Why it could not be run in this worktree, so that its end is no result; "" where it was run.
    unable: str = ""
    #: Why there was nothing to run; None where it ran.
    skipped: str | None = None
    #: Sentences about what somebody should look at.
    remarks: tuple[str, ...] = ()

    @property
    def tests(self) -> int | None:
        """The same as for evidence: how many tests there were; None where that is not known."""
        return self.junit.tests if self.junit else self.counts.tests if self.counts else None

    @property
    def passed(self) -> bool:
        """The same as for evidence."""
        return has_passed(self.exit_code, self.skipped, self.junit, self.on_base)


Event = Begins | Printed | Seen
Hear = Callable[[Event], object]


def ignore_event(event: Event) -> None:
    """A listener that does nothing."""


class Runner:
    """Runs commands in the worktree at `top`; logs are kept in `common`, the shared git directory.

    Secrets are removed from output and logs: those in the environment, and in the `.env` files that `policy`
    copies into each worktree. These are read in `source`, by default in `top` itself. `now` is the time at
    which the runner is made, in seconds since the epoch. `variables` are set for each command, and
    `keep_reports` gets the JUnit files of each check.
    """

    def __init__(
        self,
        top: Path,
        common: Path,
        policy: Policy,
        now: int,
        hear: Hear,
        source: Path | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
        keep_reports: Callable[[tuple[bytes, ...]], object] | None = None,
    ) -> None:
        self._keep_reports = keep_reports
        self._top, self._logs, self._hear = top, logs.log_folder(common), hear
        # The caller gives the time once; the monotonic clock adds what has passed since.
        self._began = now - time.monotonic()
        self._env = environment.build_program_env(os.environ) | dict(variables)
        self._secrets = redact.collect_secrets(os.environ, read_dotenvs(source or top, policy))
        self._tools = ran_with.Tools(top, self._env, self._ask)

    def shell(self, arguments: Sequence[bytes], limit: float) -> tuple[Ran, Log]:
        """Run the arguments of `sh -c`, for at most `limit` seconds; the listener gets the output line by line."""
        output = Output()
        live = Live(self._secrets, lambda text: self._hear(Printed(text)))

        def heard(block: bytes) -> None:
            output.add(block)
            live.add(block)

        ran = run(arguments, self._top, self._env, limit=limit, hear=heard)
        live.close()
        return ran, output.log(self._secrets)

    def _ask(self, arguments: Sequence[bytes]) -> str:
        """What a short command prints, unseen by the listener; "" where it fails or takes too long."""
        output = Output()
        ran = run(arguments, self._top, self._env, limit=_VERSION_LIMIT, hear=output.add)
        return "" if ran.exit_code else decode(output.log(self._secrets).text)

    def check(self, check: Check, paths: Sequence[bytes]) -> Seen:
        """Run a check on these changed files, store its log, and remove its JUnit files from the worktree.

        Raises LedgerError where the check cannot be started, or its log cannot be stored.
        """
        started = int(self._began + time.monotonic())
        filled = changed_files.fill_command(check.run, paths)
        if filled.skipped:
            result = Seen(check=check, exit_code=None, started_at=started, skipped=filled.skipped)
            self._hear(result)
            return result
        self._hear(Begins(check.name, filled.shown))
        results = Results(self._top, check.junit, self._clean_name)
        files = ran_with.digest_lock_files(self._top, check.run)
        ran, log = self.shell(filled.arguments, check.timeout or LIMIT)
        text = log.text + _describe_end(ran, check.timeout or LIMIT)
        # A report is stored like a log, so secrets are removed from it too.
        junit = results.read_counts(
            lambda content: logs.store_log(self._logs, self._secrets.cleaned(content)),
            red=ran.exit_code != 0,
        )
        if self._keep_reports:
            self._keep_reports(tuple(map(self._secrets.cleaned, results.contents)))
        result = Seen(
            check=check,
            exit_code=ran.exit_code,
            started_at=started,
            seconds=round(ran.seconds, 2),
            tail=last_lines(text),
            log_sha256=logs.store_log(self._logs, text),
            log_bytes=len(text),
            truncated=bool(log.left_out),
            junit=junit,
            report_gap=results.gap,
            counts=None if junit or log.left_out else count_tests(read_lines(text)),
            lacking=find_lacking(read_lines(text)) if ran.exit_code else (),
            # Asked afterwards: a check may install what it runs with.
            ran_with=ran_with.join_facts(self._tools.describe(check.run), files),
            skipped=None,
            remarks=(*_describe_leftovers(ran), *results.remarks),
        )
        self._hear(result)
        return result

    def _clean_name(self, name: str) -> str:
        """A test's name without secrets, and without the folder, which is another one in each worktree."""
        for top in {str(self._top), str(self._top.resolve())}:
            name = name.replace(f"{top}{os.sep}", "")
        return " ".join(decode(self._secrets.cleaned(encode(name))).split())


def _describe_end(ran: Ran, limit: int) -> bytes:
    """The line at the end of the log of a command that did not end by itself; b'' for any other."""
    if ran.late:
        return f"\n[agentledger: ended after {format_age(limit)}, its time limit]\n".encode()
    return b"\n[agentledger: it killed the process that kept it]\n" if ran.lost else b""


def _describe_leftovers(ran: Ran) -> list[str]:
    """Remarks on processes that the command has left running."""
    remarks = []
    if ran.left:
        remarks.append(
            f"it left {format_count(ran.left, 'process', 'processes')} behind, which had to be ended"
        )
    if not ran.reaping:
        remarks.append("what leaves a command's process group cannot be found on this system, and may run on")
    return remarks


def last_lines(text: bytes) -> tuple[str, ...]:
    """The last lines of a log, fit for a document: without colours, and of a progress bar the last state."""
    visible = map(escape_hidden, read_lines(text[-_LOOKED_AT:])[-_TAIL:])
    return tuple(line if len(line) <= _LINE else line[: _LINE - 1] + "…" for line in visible) if text else ()


def read_lines(text: bytes) -> list[str]:
    """The lines of a log as a person saw them: without colours, and of a progress bar the last state."""
    # A bar goes back to the start of its line with CR, so what is behind the last CR is what a person saw.
    lines = _COLOUR.sub(b"", text).rstrip().split(b"\n")
    return [decode(line.rstrip(b"\r").rpartition(b"\r")[2]) for line in lines]


def read_dotenvs(top: Path, policy: Policy) -> list[str]:
    """The texts of the `.env` files among those that policy copies into worktrees."""
    texts = []
    for path in policy.spawn_copy:
        name = path.rpartition("/")[2]
        if name.startswith(".env") or name.endswith(".env"):
            with suppress(OSError, Unreadable):
                texts.append(decode(read_plain_file(top / path, _MOST_DOTENV)))
    return texts
