"""The JUnit file that a check writes: found, counted, and taken out of the way.

Belongs here: whether it is this run's, and a plain file of the worktree. Does not: what is in it (see
`junit`).
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

from agentledger.model.ledger import JUnit
from agentledger.model.text import escape_hidden
from agentledger.running import junit
from agentledger.running.junit import Unreadable

_MOST = 16 << 20  # bytes


class Results:
    """The file at `path` below `top`, looked at before the check runs: what was there does not count."""

    def __init__(self, top: Path, path: str | None) -> None:
        self._top, self._path = top, path
        self._before = self._identity()
        self.remarks: list[str] = []

    def _identity(self) -> tuple[int, int, int] | None:
        try:
            found = (self._top / (self._path or "")).lstat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def taken(self, keep: Callable[[bytes], object]) -> JUnit | None:
        """The counts. The file goes to `keep`, and from the worktree, which is to stay clean.

        What is wrong with it becomes a remark.
        """
        if self._path is None:
            return None
        try:
            return self._counted(self._top / self._path, keep)
        except Unreadable as error:
            why = str(error)
        except OSError as error:
            why = f"cannot be read: {error.strerror}"
        self.remarks.append(f"there are no counts of tests: {escape_hidden(self._path)} {why}")
        return None

    def _counted(self, file: Path, keep: Callable[[bytes], object]) -> JUnit:
        if self._identity() in (None, self._before):
            raise Unreadable("was not written")
        if not file.parent.resolve().is_relative_to(self._top.resolve()):
            raise Unreadable("lies outside the worktree")
        content = read_plain_file(file, _MOST, os.O_NOFOLLOW)
        keep(content)
        file.unlink()
        return junit.parse_junit(io.BytesIO(content))


def read_plain_file(path: Path, most: int, flags: int = 0) -> bytes:
    """What is in a plain file. Raises OSError; Unreadable for what is none, or larger than `most` bytes.

    A pipe is not waited for.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("is not a plain file")
        content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"is larger than {most >> 20} MiB")
    return content
