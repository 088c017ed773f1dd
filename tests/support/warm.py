"""Commands in forked processes of one server, which has imported the program already.

Belongs here: the server (this file as a program), and asking it to run a command. Does not: when a command
needs a fresh interpreter instead, and what it is expected to say (see `command`).

`python -m agentledger` takes a quarter of a second, most of it imports. The server has imported all of it and
run nothing. Each command is a fork of it: a process of its own, with the folder, the arguments, the whole
environment and the output that it is given, which ends as any Python does.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pkgutil
import runpy
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

import msgspec

# What the interpreter, the C library or a module reads as it starts: another value needs a fresh interpreter.
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ")

# What commands import inside their functions. Not GitPython: it runs git as it is imported.
_LATE = (
    "jinja2",
    "markdown_it",
    "mdit_py_plugins",
    "platformdirs",
    "pygments",
    "rich.console",
    "rich.table",
    "rich.text",
    "yaml",
)
_CODE = struct.Struct("i")


class Ended(NamedTuple):
    """Exit code (as a negative number, the signal that ended it), standard output, standard error."""

    code: int
    out: bytes
    err: bytes


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    folder: bytes
    arguments: list[bytes]
    environment: dict[bytes, bytes]
    before: str


def run(
    folder: Path, arguments: Sequence[str | bytes], environment: Mapping[str, str], before: str = ""
) -> Ended | None:
    """Run `agentledger ARGUMENTS` in a folder, as `subprocess.run` would; `before` is Python to run first.

    None where there is no `fork`, and for an environment in which Python or a library would start otherwise.
    """
    if not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
        return None
    with _LOCK:
        server = _server()
    if server.at_start != _at_start(environment):
        return None
    return server.run(
        _Order(
            folder=os.fsencode(folder),
            arguments=[os.fsencode(argument) for argument in arguments],
            environment={os.fsencode(name): os.fsencode(value) for name, value in environment.items()},
            before=before,
        )
    )


class _Server:
    """The server of this process, as those who ask see it. It ends when `_control` is closed."""

    def __init__(self) -> None:
        self.at_start = _at_start(os.environ)
        self._control, theirs = socket.socketpair()
        with theirs:
            # Its streams are pipes, as those of a command will be: Python sets them up by what they are at first.
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        atexit.register(self._end)

    def run(self, order: _Order) -> Ended:
        """Ask for a command; wait for its end, and until nobody holds its output any more."""
        with ExitStack() as held:
            ours, theirs = map(held.enter_context, socket.socketpair())
            out, its_out = _pipe(held)
            err, its_err = _pipe(held)
            try:
                socket.send_fds(self._control, [b"x"], [each.fileno() for each in (theirs, its_out, its_err)])
                for each in (theirs, its_out, its_err):
                    each.close()
                ours.sendall(msgspec.msgpack.encode(order))
                ours.shutdown(socket.SHUT_WR)
                said = _read_all(out, err)
                return Ended(*_CODE.unpack(ours.recv(_CODE.size)), *said)
            except (OSError, struct.error) as error:
                raise RuntimeError(f"the server has ended: {self._last_words()}") from error

    def _last_words(self) -> str:
        self._process.wait(timeout=60)
        assert self._process.stderr
        return self._process.stderr.read().decode(errors="replace")

    def _end(self) -> None:
        self._control.shutdown(socket.SHUT_RDWR)  # a close is not enough while a fork of ours holds it too
        self._control.close()
        self._process.communicate()


_LOCK = threading.Lock()  # some tests run commands in threads
_server = cache(_Server)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}


def _pipe(held: ExitStack) -> tuple[BinaryIO, BinaryIO]:
    reading, writing = os.pipe()
    return held.enter_context(os.fdopen(reading, "rb")), held.enter_context(os.fdopen(writing, "wb"))


def _read_all(*pipes: BinaryIO) -> list[bytes]:
    """Everything that comes out of each pipe, read side by side so that none fills up."""
    read: dict[BinaryIO, list[bytes]] = {pipe: [] for pipe in pipes}
    with selectors.DefaultSelector() as waiting:
        for pipe, pieces in read.items():
            waiting.register(pipe, selectors.EVENT_READ, pieces)
        while waiting.get_map():
            for key, _ in waiting.select():
                piece = os.read(key.fd, 1 << 16)
                if piece:
                    key.data.append(piece)
                else:
                    waiting.unregister(key.fileobj)
    return [b"".join(pieces) for pieces in read.values()]


# From here on: the server's process.


def _serve(control: socket.socket) -> tuple[int, int, int] | None:
    """Fork for each command that is asked for. None in the server, at the end; in a fork, what it was given."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGCHLD)}
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests and for the commands
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 1 << 10)
            _tell_ends(running)
        if control.fileno() in ready:
            given = socket.recv_fds(control, 1, 3)[1]
            if not given:
                return None
            talk, out, err = given
            process = os.fork()
            if not process:
                signal.set_wakeup_fd(-1)
                for number, handler in handlers.items():
                    signal.signal(number, handler)
                control.close()
                for each in (woken, waking, *running.values()):
                    os.close(each)
                return talk, out, err
            os.close(out)
            os.close(err)
            running[process] = talk


def _tell_ends(running: dict[int, int]) -> None:
    """Send the exit code of each command that has ended to those who wait for it."""
    while running:
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            return
        talk = running.pop(process)
        with suppress(OSError):  # they wait no longer
            os.write(talk, _CODE.pack(os.waitstatus_to_exitcode(status)))
        os.close(talk)


def _become(talk: int, out: int, err: int) -> None:
    """Be `python -m agentledger`, as ordered."""
    with os.fdopen(talk, "rb") as asked:
        order = msgspec.msgpack.decode(asked.read(), type=_Order)
    for given, number in ((out, 1), (err, 2)):
        os.dup2(given, number)
        os.close(given)
    os.chdir(order.folder)
    os.environ.clear()
    os.environb.update(order.environment)
    sys.argv[1:] = map(os.fsdecode, order.arguments)
    sys.path[0] = str(Path.cwd())
    exec(order.before, {})  # noqa: S102 - a test's own words
    try:
        runpy.run_module("agentledger", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int) and threading.active_count() == 1:
            _leave(ended.code)
        raise


def _leave(code: int) -> NoReturn:
    """End as Python does, without taking apart every module, which costs more than a small command."""
    atexit._run_exitfuncs()
    gc.collect()  # what still holds a file or a database closes it
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def _import_all() -> None:
    sys.path[0] = os.devnull  # tests/support, which no command sees
    package = importlib.import_module("agentledger")
    found = pkgutil.walk_packages(package.__path__, "agentledger.", onerror=lambda _: None)
    for name in (*(module.name for module in found), *_LATE):
        if not name.endswith(".__main__"):
            with suppress(Exception):  # the commands that need it will say so
                importlib.import_module(name)
    assert "git" not in sys.modules, "GitPython runs git as it is imported; import it inside a function"
    assert threading.active_count() == 1, "a thread would be missing in a fork"
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page


if __name__ == "__main__":
    _import_all()
    if order := _serve(socket.socket(fileno=int(sys.argv[1]))):
        _become(*order)
