"""The process between agentledger and a check: it starts the command, waits, and ends all that is left.

Belongs here: what has to happen in a process of its own. Does not: reading the output (see `run`). It is run
as a file, by `python -IS`, so it imports nothing of agentledger and nothing that is slow.

On Linux it is a subreaper: whatever the command leaves behind, daemons included, becomes a child of this
process, not of init, and so can be found and ended. Elsewhere only the command's process group can be. Its
standard input is a pipe whose other end agentledger keeps open: when that closes, for whatever reason, this
process ends everything.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from time import monotonic

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>
_LAST = 5.0  # seconds for the kernel to remove what was killed
# A shell between the keeper and the command's shell, so that `kill -9 $PPID` in a check kills that one, and not
# the keeper.
_SHELL = ("sh", "-c", '"$@"; exit $?', "sh", "/bin/sh", "-c")


def become_subreaper() -> bool:
    """Become the parent of every orphan among the descendants; return False where the system cannot do that."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes  # a Python can be built without it

        return bool(ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def start_command(arguments: list[str]) -> int:
    """Start the command in a session of its own, with an empty standard input; return its process id."""
    child = os.fork()
    if child:
        return child
    try:
        # A group of its own, which can be ended where there is no subreaper.
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):  # Python ignores the first two
            signal.signal(number, signal.SIG_DFL)
        os.execv("/bin/sh", [*_SHELL, *arguments])  # noqa: S606 - checks are commands for a shell
    except OSError as error:
        os.write(2, f"the shell does not start: {error.strerror}\n".encode())
    os._exit(126)


class Keeper:
    """The command's process, its exit code once it has ended, and the ways to wait for it and to end it."""

    def __init__(self, arguments: list[str]) -> None:
        # Python writes a byte to this pipe at each SIGCHLD, so that one select waits for that and for input.
        self.wake, alarm = os.pipe()
        for end in (self.wake, alarm):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self.code: int | None = None
        self.reaping = become_subreaper()
        self.child = start_command(arguments)

    def reap_children(self) -> None:
        """Collect every child that has ended; keep the command's exit code."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.child:
                code = os.waitstatus_to_exitcode(status)
                self.code = code if code >= 0 else 128 - code

    def wait_for_event(self, seconds: float, *others: int) -> list[int]:
        """Wait until a child ends, or one of `others` can be read; return those that can."""
        ready, _, _ = select.select([self.wake, *others], [], [], max(seconds, 0))
        if self.wake in ready:
            os.read(self.wake, 1 << 12)
        self.reap_children()
        return [each for each in others if each in ready]

    def watch_command(self, limit: float) -> str:
        """Wait for at most `limit` seconds; return how it went: `ended`, `late`, or `stopped` by agentledger."""
        until = monotonic() + limit
        while self.code is None:
            # Standard input at its end: agentledger has closed it, or is gone.
            if self.wait_for_event(until - monotonic(), 0) and not os.read(0, 1):
                return "stopped"
            if monotonic() >= until:
                break
        return "late" if self.code is None else "ended"

    def living_processes(self) -> set[int]:
        """Return what is left to end, as `kill` takes it: processes, or the command's group as a negative id."""
        if self.reaping:
            return living_descendants(os.getpid())
        try:
            os.kill(-self.child, 0)
        except OSError:
            return set()
        return {-self.child}

    def end(self, grace: float) -> int:
        """End everything: ask first, kill after `grace` seconds. Return how many there were at the start."""
        self.reap_children()
        at_start = self.living_processes()
        signalled: set[int] = set()
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, _LAST)):
            until = monotonic() + patience
            while (living := self.living_processes()) and monotonic() < until:
                # SIGKILL is sent again and again: what is being killed may have forked just before.
                # The oldest first, or a shell would have the time to report that its child was ended.
                for each in sorted(living if number == signal.SIGKILL else living - signalled):
                    send_signal(each, number)
                signalled |= living
                self.wait_for_event(0.02)
        self.reap_children()
        return len(at_start)


def send_signal(process: int, number: int) -> None:
    """Send a signal to a process that may be gone, or belong to somebody else."""
    try:
        os.kill(process, number)
    except OSError:
        return


def living_descendants(root: int) -> set[int]:
    """Return the living processes below `root`, as /proc lists them."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib takes longer to import than all of this
        if not name.isdecimal():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                # Behind the last bracket: a program's name in there can have brackets and blanks of its own.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        # Zombies and dead ones are ended already; the second field is the parent's id.
        if fields and fields[0] not in (b"Z", b"X"):
            children.setdefault(int(fields[1]), []).append(int(name))
    descendants: set[int] = set()
    todo = [root]
    while todo:
        below = children.get(todo.pop(), [])
        descendants.update(below)
        todo += below
    return descendants


def main(arguments: list[str]) -> None:
    """Keep one command. `arguments`: a pipe for lines to agentledger, limit, grace (seconds), what `sh -c` takes."""
    status, limit, grace = int(arguments[0]), float(arguments[1]), float(arguments[2])
    os.set_inheritable(status, False)
    keeper = Keeper(arguments[3:])
    nothing = os.open(os.devnull, os.O_WRONLY)
    # Or agentledger would wait for this process to close the command's output.
    for number in (1, 2):
        os.dup2(nothing, number)
    os.write(status, f"started {keeper.child} {int(keeper.reaping)}\n".encode())
    why = keeper.watch_command(limit)
    left = keeper.end(grace)
    code = -1 if keeper.code is None else keeper.code
    os.write(status, f"over {why} {code} {left}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1:])
