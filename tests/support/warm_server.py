"""The program that has imported agentledger, and forks for each command and hook that `warm` is asked for.

Belongs here: the server's process and its forks. Does not: asking it (see `warm` and `warm_client`).

Who asks sends three streams, then words, each ended by a NUL byte but the last: the module to run, Python to run
first, the folder, the number of arguments, the arguments, the environment. The answer is the exit code.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

CODE = struct.Struct("i")
PROGRAM = "agentledger"
HOOK = "agentledger.gates.run"

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


def at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What an interpreter reads of an environment as it starts."""
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}


def _serve(control: socket.socket, door: socket.socket) -> socket.socket | None:
    """Fork for each command that is asked for. None in the server, at the end; in a fork, who asked."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGCHLD)}
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests and for the commands
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), door.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 1 << 10)
            _tell_ends(running)
        if control.fileno() in ready:
            return None
        if door.fileno() in ready:
            talk, _ = door.accept()
            process = os.fork()
            if not process:
                signal.set_wakeup_fd(-1)
                for number, handler in handlers.items():
                    signal.signal(number, handler)
                for each in (control, door, *running.values()):
                    each.close()
                os.close(woken)
                os.close(waking)
                return talk
            running[process] = talk


def _tell_ends(running: dict[int, socket.socket]) -> None:
    """Send the exit code of each command that has ended to those who wait for it."""
    while running:
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            return
        with running.pop(process) as talk, suppress(OSError):  # they wait no longer
            talk.sendall(CODE.pack(os.waitstatus_to_exitcode(status)))


def _become(talk: socket.socket) -> None:
    """Be `python -m agentledger` or a hook, as ordered."""
    with talk:
        _, streams, _, _ = socket.recv_fds(talk, 1, 3)
        with talk.makefile("rb") as asked:
            module, before, folder, count, *words = asked.read().split(b"\0")
    for number, given in enumerate(streams):
        os.dup2(given, number)
        os.close(given)
    arguments, named = words[: int(count)], words[int(count) :]
    started_with = at_start(os.environ)
    os.chdir(folder)
    os.environ.clear()
    for entry in named:
        name, _, value = entry.partition(b"=")
        os.environb[name] = value
    if started_with != at_start(os.environ):
        _start_fresh(module.decode(), arguments)
    sys.argv[1:] = map(os.fsdecode, arguments)
    if module.decode() != HOOK:
        sys.path[0] = str(Path.cwd())
    exec(before, {})  # noqa: S102 - a test's own words
    sys.modules.pop(module.decode(), None)  # it is run as if nobody had imported it
    try:
        runpy.run_module(module.decode(), run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int) and threading.active_count() == 1:
            _leave(ended.code)
        raise


def _start_fresh(module: str, arguments: list[bytes]) -> NoReturn:
    """Be a fresh interpreter that runs the module, as git or a shell would have started it."""
    hook = ["-IS", str(importlib.import_module(HOOK).__file__)]
    words = [sys.executable, *(hook if module == HOOK else ["-m", module]), *map(os.fsdecode, arguments)]
    os.execv(sys.executable, words)  # noqa: S606


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
    if talk := _serve(*(socket.socket(fileno=int(number)) for number in sys.argv[1:])):
        _become(talk)
