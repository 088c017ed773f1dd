"""Finds the JUnit files that a check writes, reads its tests out of them, and removes them from the worktree.

Belongs here: which files are of this run, and plain files of the worktree; what is said where they are not. Does
not: what is in one (see `running.junit`), or where to look (see `report_paths`).
"""

from __future__ import annotations

import io
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agentledger.git import process
from agentledger.model.evidence import JUnit
from agentledger.model.text import encode, escape_hidden, format_count
from agentledger.running import junit
from agentledger.running.junit import OtherDocument, Unreadable
from agentledger.running.tests_tally import Tally
from agentledger.workflow.verify.clean_worktree import format_paths
from agentledger.workflow.verify.report_paths import Places, find_reports

_MOST = 16 << 20  # bytes of a JUnit file
_MOST_TOGETHER = 64 << 20  # bytes of all of them
_SLACK = 2 * 10**9  # nanoseconds by which a file system's clock may be behind
_SHOWN = 3  # files that a sentence has a reason for


class _File(NamedTuple):
    """A version of a file: its time of the last write, its path, inode and size."""

    written: int
    path: str
    inode: int
    size: int


class Results:
    """The JUnit files that `pattern` names below `top`: a path, a folder or a glob; None for no such files.

    To be made before the check runs: what exists then, and stays the same, is from an earlier run. `clean`
    takes secrets out of a name. After `read_counts`, `gap` says what is wrong with the report, and `remarks`
    are sentences about what somebody should look at.
    """

    def __init__(self, top: Path, pattern: str | None, clean: Callable[[str], str] = str) -> None:
        self._top, self._pattern, self._clean = top, pattern, clean
        self._began = time.time_ns()
        self._before = frozenset(self._list_files(self._find_places()))
        self.gap: str | None = None
        self.remarks: list[str] = []
        #: The content of each file that was read.
        self.contents: tuple[bytes, ...] = ()

    def read_counts(self, keep: Callable[[bytes], object], red: bool = False) -> JUnit | None:
        """The tests of this run; None where there is no report. `red`: the command failed.

        `keep` gets the content of all files. They are removed, so that the worktree stays clean; a tracked file,
        one of an earlier run, and in a folder one that is no report, stay.
        """
        if self._pattern is None:
            return None
        try:
            counts = self._read_reports(self._find_places(), keep, red)
        except Unreadable as error:
            counts, self.gap = None, f"{escape_hidden(self._pattern)} {error}"
        if self.gap:
            self.remarks.append(f"{'no report' if counts is None else 'not the whole report'}: {self.gap}")
        elif counts and not counts.tests and not counts.broken:
            self.remarks.append(f"its report has no test at all: {escape_hidden(self._pattern)}")
        return counts

    def _find_places(self) -> Places:
        return find_reports(self._top, self._pattern) if self._pattern else Places((), single=True)

    def _list_files(self, places: Places) -> list[_File]:
        """The files there in the order in which they were written."""
        files = []
        for path in places.paths:
            try:
                status = (self._top / path).lstat()
            except OSError:
                continue
            files.append(_File(status.st_mtime_ns, path, status.st_ino, status.st_size))
        return sorted(files)

    def _read_reports(self, places: Places, keep: Callable[[bytes], object], red: bool) -> JUnit | None:
        if places.refused:
            raise Unreadable(places.refused)
        files = self._list_files(places)
        own = [each for each in files if each not in self._before and each.written >= self._began - _SLACK]
        old = [encode(each.path) for each in files if each not in own]
        if not own:
            raise Unreadable("was not written" + (" by this run: what is there is older" if old else ""))
        if old:
            count = format_count(len(old), "file")
            self.remarks.append(f"{count} of an earlier run left out: {format_paths(old)}")
        reading = _Reading(self._top, places.single, self._clean)
        for each in own:
            reading.add(each.path)
        keep(b"\n".join(reading.contents))
        self.contents = tuple(reading.contents)
        reading.remove_files(places.folder)
        more = f"{escape_hidden(self._pattern or '')} {places.more}" if places.more else None
        self.gap = reading.describe_gap(len(own)) or more
        self.remarks += reading.others
        return reading.tally.counts(red) if reading.count else None


class _Reading:
    """Reads one file after the other into one tally, and notes what is wrong with each."""

    def __init__(self, top: Path, single: bool, clean: Callable[[str], str]) -> None:
        self._top, self._single, self._clean = top, single, clean
        self.tally = Tally(clean)
        self.contents: list[bytes] = []
        # How many were read; what is wrong with those that were not; sentences about other documents.
        self.count = 0
        self._wrong: list[str] = []
        self.others: list[str] = []
        self._left = _MOST_TOGETHER
        # The paths of the files to be removed, each with the same path without links.
        self._done: dict[str, str] = {}

    def add(self, path: str) -> None:
        """Read a file, as far as it can be read."""
        try:
            self._read(path)
        except OtherDocument as error:
            if self._single:
                self._wrong.append(f"{escape_hidden(path)} {error}")
            else:  # a folder may have other files too, such as the coverage
                self.others.append(f"{escape_hidden(path)} is no report: it {error}")
                del self._done[path]
        except Unreadable as error:
            self._wrong.append(f"{escape_hidden(path)} {error}")
        except OSError as error:
            self._wrong.append(f"{escape_hidden(path)} cannot be read: {error.strerror}")

    def _read(self, path: str) -> None:
        # A folder on the way can be a link, which O_NOFOLLOW does not look at.
        real, top = (self._top / path).parent.resolve() / Path(path).name, self._top.resolve()
        if not real.is_relative_to(top):
            raise Unreadable("is outside the worktree")
        if (self._top / path).is_symlink():
            raise Unreadable("cannot be read: it is a link")
        if self._left <= 0:
            raise Unreadable(f"comes after {_MOST_TOGETHER >> 20} MiB of others")
        content = read_plain_file(self._top / path, _MOST, os.O_NOFOLLOW)
        self._left -= len(content)
        self._done[path] = str(real.relative_to(top))
        tally = Tally(self._clean)
        junit.read_junit(io.BytesIO(content), tally)
        self.contents.append(content)
        self.tally.merge(tally)
        self.count += 1

    def remove_files(self, folder: str) -> None:
        """Remove what was read, but for tracked files; all of it is in `folder`, "" for the top."""
        if not self._done:
            return
        where = next(iter(self._done.values())) if self._single else folder or "."
        flags = ["--literal-pathspecs", "-c", "core.fsmonitor=false", "ls-files", "-z", "--", where]
        tracked = set(process.run(process.repository_at(self._top), flags).split(b"\0"))
        for path, real in self._done.items():
            if encode(real) not in tracked:
                (self._top / path).unlink(missing_ok=True)

    def describe_gap(self, files: int) -> str | None:
        """What is wrong with the report as a whole; None where all of it was read."""
        if not self._wrong:
            return None if self.count else self._describe_no_report(files)
        if self._single:
            return self._wrong[0]
        more = f" and {len(self._wrong) - _SHOWN:,} more" if len(self._wrong) > _SHOWN else ""
        reasons = "; ".join(self._wrong[:_SHOWN])
        return f"{len(self._wrong):,} of {format_count(files, 'file')} cannot be read: {reasons}{more}"

    def _describe_no_report(self, files: int) -> str:
        return f"none of {format_count(files, 'file')} is a JUnit report"


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
