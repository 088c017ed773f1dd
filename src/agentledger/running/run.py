"""Run one command to its end: read its output as it comes, limit its time, leave nothing of it behind.

Belongs here: agentledger's side, which starts the keeper and reads from it. Does not: ending the command's
processes (see `keeper`), or what to run (see `workflow.verify`).
"""

from __future__ import annotations

import errno
import fcntl
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from agentledger.model.errors import LedgerError

GRACE = 2.0  # seconds between asking a process to end and killing it
LATE = 124  # the exit code of a command that took too long, as timeout(1) gives it
LOST = 137  # … and of a command that killed its own keeper
_BLOCK = 1 << 20  # bytes read at once
_SLACK = 30.0  # seconds that the keeper has beyond limit and grace, before it counts as hanging itself
_LOOK = 0.2  # seconds between two looks at whether it is to be stopped
_DRAIN = 16  # blocks still read after the keeper's end: more than a pipe holds
_KEEPER = Path(__file__).with_name("keeper.py")

Hear = Callable[[bytes], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended."""

    #: As a shell gives it: 128 plus the signal's number where a signal ended it.
    exit_code: int
    seconds: float
    #: It was ended for taking too long.
    late: bool = False
    #: How many processes it left behind; they were ended.
    left: int = 0
    #: False where those could only be looked for in its own process group: daemons may then be left.
    reaping: bool = True
    #: It has killed its own keeper.
    lost: bool = False


def run(
    arguments: Sequence[bytes | str],
    folder: Path,
    env: Mapping[str, str],
    limit: float,
    hear: Hear,
    grace: float = GRACE,
    is_stopped: Callable[[], bool] | None = None,
) -> Ran:
    """Run `sh -c ARGUMENTS` (a command, a name, and the values of `$1`, `$2` …) in `folder`.

    `limit` is the time it may take, `grace` the time between asking it to end and killing it, both in seconds.
    Every block that it prints, on either stream, goes to `hear`. `is_stopped` is asked all the time, and ends the
    command once it says so: no Ctrl-C reaches a thread. Whatever ends this function, also Ctrl-C or an error of
    `hear`, ends the command with all that it started. Raises LedgerError where it cannot be started.
    """
    began = monotonic()
    with _start_keeper(arguments, folder, env, limit=limit, grace=grace) as keeper:
        keeper.read_output(hear, began + limit + grace + _SLACK, is_stopped)
        seconds = monotonic() - began
    _, reaping = keeper.status_fields("started") or ("", "0")
    why, code, left = keeper.status_fields("over") or ("lost", str(LOST), "0")
    if why == "late":
        return Ran(exit_code=LATE, seconds=seconds, late=True, reaping=reaping == "1")
    return Ran(
        exit_code=int(code), seconds=seconds, left=int(left), reaping=reaping == "1", lost=why == "lost"
    )


@dataclass(slots=True)
class _Keeper:
    """The keeper as seen from here: its process, and the pipes to read from."""

    process: subprocess.Popen[bytes]
    #: File descriptor of the command's output.
    output: int
    #: File descriptor of the keeper's own lines, `started …` and `over …`.
    status: int
    #: What was read of those lines so far.
    status_bytes: bytes = b""

    def status_fields(self, first: str) -> list[str]:
        """Return the other words of the keeper's line that begins with `first`; [] when there is none."""
        lines = (line.split() for line in self.status_bytes.decode("ascii", "replace").splitlines())
        return next((fields[1:] for fields in lines if fields[:1] == [first]), [])

    def read_output(self, hear: Hear, until: float, is_stopped: Callable[[], bool] | None = None) -> None:
        """Read all that is printed until the keeper ends or `until`, on the monotonic clock, is past."""
        # Not until the end of the output: a process that got away may keep that pipe open for ever.
        with selectors.DefaultSelector() as ready:
            for source in (self.output, self.status):
                os.set_blocking(source, False)
                ready.register(source, selectors.EVENT_READ)
            while (left := until - monotonic()) > 0:
                readable = {key.fd for key, _ in ready.select(min(left, _LOOK) if is_stopped else left)}
                if is_stopped and is_stopped():
                    break
                if self.output in readable and not self._read_block(hear):
                    ready.unregister(self.output)
                if self.status in readable and not self._read_status():
                    break
        for _ in range(_DRAIN):
            if not self._read_block(hear):
                return

    def _read_block(self, hear: Hear) -> bool:
        """Read one block and pass it on; False at the end of the output, or when nothing is there yet."""
        try:
            block = os.read(self.output, _BLOCK)
        except BlockingIOError:
            return False
        if block:
            hear(block)
        return bool(block)

    def _read_status(self) -> bool:
        more = os.read(self.status, 1 << 12)
        self.status_bytes += more
        return bool(more)

    def finish(self, patience: float) -> None:
        """Make sure that the keeper and its command have ended; wait at most `patience` seconds."""
        assert self.process.stdin is not None
        self.process.stdin.close()  # which tells the keeper to end everything now
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if code:
            self._kill_group()

    def _kill_group(self) -> None:
        """Kill the command's process group: all that can be done once the keeper itself was killed."""
        group = self.status_fields("started")[:1]
        if group:
            with suppress(OSError):
                os.killpg(int(group[0]), signal.SIGKILL)


@contextmanager
def _start_keeper(
    arguments: Sequence[bytes | str], folder: Path, env: Mapping[str, str], limit: float, grace: float
) -> Iterator[_Keeper]:
    if os.name != "posix":
        raise LedgerError("commands can be run on POSIX systems only", "run it on Linux or macOS, or in WSL")
    output, output_end = os.pipe()
    status, status_end = os.pipe()
    try:
        try:
            _widen_pipe(output)
            process = subprocess.Popen(
                [sys.executable, "-IS", str(_KEEPER), str(status_end), str(limit), str(grace), *arguments],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=output_end,
                stderr=output_end,
                pass_fds=[status_end],
                # Ctrl-C in the terminal then reaches us alone, and the keeper can still end everything.
                start_new_session=True,
            )
        except OSError as error:
            raise _start_error(folder, error) from error
        finally:
            os.close(output_end)
            os.close(status_end)
        keeper = _Keeper(process, output, status)
        try:
            yield keeper
        finally:
            keeper.finish(grace + _SLACK)
    finally:
        os.close(output)
        os.close(status)


def _widen_pipe(pipe: int) -> None:
    """Make the pipe as large as a block, where the system allows it: a flood is then read in fewer steps."""
    size = getattr(fcntl, "F_SETPIPE_SZ", None)
    if size is not None:
        with suppress(OSError):
            fcntl.fcntl(pipe, size, _BLOCK)


def _start_error(folder: Path, error: OSError) -> LedgerError:
    if error.errno == errno.E2BIG:
        return LedgerError("the command is too long for this system", "narrow the pattern in {changed:…}")
    return LedgerError(f"no command can be started in {folder}: {error.strerror}", "look at that folder")
