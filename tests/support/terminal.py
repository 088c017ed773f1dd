"""The real command line at a terminal of its own, and a person who types.

Belongs here: a pseudo-terminal, waiting for what is shown, and pressing keys. Does not: repositories, or
what a test expects.
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from command import PROGRAM

PATIENCE = 30.0  # seconds; a machine that runs many tests at once can be slow


class Terminal:
    """A command that runs at a terminal; `shown` is what it has printed so far, without styles."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self._process, self._end = process, end
        self.shown = ""
        self._seen = 0
        self._half = b""  # the beginning of a character, a line end or a style, of which the rest is to come

    def wait(self, text: str) -> str:
        """What is shown until this text comes, from where the last wait ended."""
        until = time.monotonic() + PATIENCE
        while (at := self.shown.find(text, self._seen)) < 0:
            assert time.monotonic() < until, (text, self.shown)
            assert self._read(), (text, self.shown)
        start, self._seen = self._seen, at + len(text)
        return self.shown[start : self._seen]

    def press(self, key: str) -> None:
        """As if this key was pressed, once single keys are read: what was typed before that is dropped."""
        until = time.monotonic() + PATIENCE
        while termios.tcgetattr(self._end)[3] & termios.ICANON:
            assert time.monotonic() < until, self.shown
            time.sleep(0.01)
        os.write(self._end, key.encode())

    def enter(self, line: str) -> None:
        """As if this line was typed, where a whole line is read."""
        os.write(self._end, f"{line}\n".encode())

    def ended(self) -> int:
        """The exit code, once it has ended; the rest of what it printed is in `shown`."""
        until = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < until, self.shown
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        """Take what there is; False when nothing more can come."""
        ready, _, _ = select.select([self._end], [], [], 0.2)
        if not ready:
            return True
        try:
            raw = os.read(self._end, 65536)
        except OSError:  # on Linux the other side is closed so
            return False
        whole, self._half = _whole(self._half + raw)
        self.shown += _STYLE.sub(b"", whole).decode(errors="replace").replace("\r\n", "\n")
        return bool(raw)


_STYLE = re.compile(rb"\x1b\[[0-9;]*m")
_BEGUN = re.compile(rb"(\x1b(\[[0-9;]*)?|\r|[\xc0-\xff][\x80-\xbf]{0,2})\Z")


def _whole(raw: bytes) -> tuple[bytes, bytes]:
    """What can be shown, and what has only begun; of a character that is whole, the end waits, too."""
    begun = _BEGUN.search(raw)
    return (raw[: begun.start()], raw[begun.start() :]) if begun else (raw, b"")


@contextmanager
def terminal(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """`agentledger ARGUMENTS` at a terminal, in a folder; it is ended with the block."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=os.environ | {"TERM": "xterm", "NO_COLOR": "1"} | dict(env or {}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, mine)
    finally:
        process.kill()
        process.wait()
        os.close(mine)


def editor(folder: Path, script: str) -> dict[str, str]:
    """The environment of a person whose editor runs this line of shell on the file, which is `$1` there."""
    file = folder / "an editor"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return {"GIT_EDITOR": f"'{file}'"}
