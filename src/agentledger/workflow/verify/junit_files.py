"""Finds the JUnit file that a check writes, counts its tests, and removes it from the worktree.

Belongs here: whether it is from this run, and a plain file of the worktree. Does not: what is in it (see
`running.junit`).
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

_MOST = 16 << 20  # bytes of a JUnit file


class Results:
    """The JUnit file at `path` below `top`, None for no such file.

    To be made before the check runs: a file that exists then, and stays the same, is from an earlier run.
    """

    def __init__(self, top: Path, path: str | None) -> None:
        self._top, self._path = top, path
        self._before = self._identity()
        self.remarks: list[str] = []

    def _identity(self) -> tuple[int, int, int] | None:
        """What tells one version of the file from another: inode, time of the last write, size; None without a file."""
        try:
            status = (self._top / (self._path or "")).lstat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def read_counts(self, keep: Callable[[bytes], object]) -> JUnit | None:
        """The counts of this run; None where there are none, and then a remark says why.

        `keep` gets the content. The file is removed, so that the worktree stays clean.
        """
        if self._path is None:
            return None
        try:
            return self._count_tests(self._top / self._path, keep)
        except Unreadable as error:
            why = str(error)
        except OSError as error:
            why = f"cannot be read: {error.strerror}"
        self.remarks.append(f"there are no counts of tests: {escape_hidden(self._path)} {why}")
        return None

    def _count_tests(self, file: Path, keep: Callable[[bytes], object]) -> JUnit:
        if self._identity() in (None, self._before):
            raise Unreadable("was not written")
        # A folder on the way can be a link, which O_NOFOLLOW does not look at.
        if not file.parent.resolve().is_relative_to(self._top.resolve()):
            raise Unreadable("is outside the worktree")
        content = read_plain_file(file, _MOST, os.O_NOFOLLOW)
        keep(content)
        file.unlink()
        return junit.parse_junit(io.BytesIO(content))


def read_plain_file(path: Path, most: int, flags: int = 0) -> bytes:
    """The content of a plain file.

    `flags` are for `os.open`, such as O_NOFOLLOW. Raises OSError, and Unreadable for what is no plain file, or
    is larger than `most` bytes.
    """
    # O_NONBLOCK: opening a pipe would otherwise wait for somebody to write to it.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags), "rb") as file:
        # Of the open file: at the path there may be another one by now.
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("is not a plain file")
        content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"is larger than {most >> 20} MiB")
    return content
