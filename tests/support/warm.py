"""Commands and hooks in forked processes of one server, which has imported the program already.

Belongs here: starting the server, and asking it. Does not: the server itself (see `warm_server`), or when a
command needs a fresh interpreter instead, and what it is expected to say (see `command`).

`python -m agentledger` takes a quarter of a second and a hook half of that, most of it imports. The server has
imported all of it and run nothing. Each command is a fork of it: a process of its own, with the folder, the
arguments, the whole environment and the output that it is given, which ends as any Python does.
"""

from __future__ import annotations

import atexit
import os
import selectors
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

import warm_client
from warm_server import CODE, HOOK, PROGRAM, at_start


class Ended(NamedTuple):
    """Exit code (as a negative number, the signal that ended it), standard output, standard error."""

    code: int
    out: bytes
    err: bytes


def run(
    folder: Path,
    arguments: Sequence[str | bytes],
    environment: Mapping[str, str],
    before: str = "",
    given: bytes = b"",
) -> Ended | None:
    """Run `agentledger ARGUMENTS` in a folder, as `subprocess.run` would.

    `before` is Python to run first, `given` what the command reads on standard input.

    None where there is no `fork`, and for an environment in which Python or a library would start otherwise.
    """
    server = _running()
    if not server or server.at_start != at_start(environment):
        return None
    named = [f"{name}={value}" for name, value in environment.items()]
    words = [PROGRAM, before, folder, str(len(arguments)), *arguments, *named]
    return server.run(b"\0".join(map(os.fsencode, words)), given)


def hook_command(name: str, *arguments: str) -> str | None:
    """A line of shell that runs the hook of this name in a fork; None where there is no `fork`.

    The arguments are those after the name, as `gates/run.py` takes them.
    """
    return _command(HOOK, name, *arguments)


def program_command() -> str | None:
    """The words of shell for `agentledger` in a fork, to which arguments can be added; None without `fork`."""
    return _command(PROGRAM)


def _command(*words: str) -> str | None:
    server = _running()
    client = [sys.executable, "-IS", warm_client.__file__, server.address if server else ""]
    return shlex.join([*client, *words]) if server else None


class _Server:
    """The server of this process, as those who ask see it. It ends when `_control` is closed."""

    def __init__(self) -> None:
        self.at_start = at_start(os.environ)
        self._folder = tempfile.mkdtemp(
            prefix="warm-"
        )  # an address can be 100 bytes long, a test's folder more
        self.address = f"{self._folder}/socket"
        self._control, theirs = socket.socketpair()
        program = Path(__file__).with_name("warm_server.py")
        with theirs, socket.socket(socket.AF_UNIX) as door:
            door.bind(self.address)
            door.listen(64)
            # Its streams are pipes, as those of a command will be: Python sets them up by what they are at first.
            self._process = subprocess.Popen(
                [sys.executable, program, str(theirs.fileno()), str(door.fileno())],
                pass_fds=[theirs.fileno(), door.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        atexit.register(self._end)

    def run(self, order: bytes, given: bytes) -> Ended:
        """Ask for a command; wait for its end, and until nobody holds its output any more."""
        with ExitStack() as held:
            its_in = held.enter_context(tempfile.TemporaryFile())
            its_in.write(given)
            its_in.seek(0)
            ours = held.enter_context(socket.socket(socket.AF_UNIX))
            out, its_out = _pipe(held)
            err, its_err = _pipe(held)
            try:
                ours.connect(self.address)
                socket.send_fds(ours, [b"x"], [each.fileno() for each in (its_in, its_out, its_err)])
                its_out.close()
                its_err.close()
                ours.sendall(order)
                ours.shutdown(socket.SHUT_WR)
                said = _read_all(out, err)
                return Ended(*CODE.unpack(ours.recv(CODE.size)), *said)
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
        shutil.rmtree(self._folder)


_LOCK = threading.Lock()  # some tests run commands in threads
_server = cache(_Server)


def _running() -> _Server | None:
    if not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
        return None
    with _LOCK:
        return _server()


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
