"""Reads the uncommitted files of worktrees as what the next commit there would hold, byte by byte.

Belongs here: from the paths that `git status` named to entries of a tree, with blobs in the sealed directory. Does
not: listing them (see `worktrees`), or the commit (see `collisions.uncommitted`).

No filter, hook or driver runs, and nothing of the user's repository changes. A file that git would store with other
content than it has is left out. Links are not followed, also none that takes the place of a folder meanwhile.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from agentledger.git import objects, queries
from agentledger.git.process import Git
from agentledger.git.queries import Uncommitted
from agentledger.git.scratch import Scratch
from agentledger.git.tree_edits import Entry
from agentledger.model.collisions import Skipped
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import decode
from agentledger.repository.stored_bytes import (
    describe_conversion,
    is_false,
    may_be_converted,
    names_filters,
)

# Of one worktree: the largest file that is read, how much of all files, and how many of them. An agent can make as
# many as it likes, and a build does.
LARGEST_FILE, MOST_BYTES, MOST_FILES = 1 << 20, 16 << 20, 2000
TOO_LARGE = "larger than 1 MiB"
_GITLINK, _LINK, _NONE = "160000", "120000", "000000"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: a named pipe could take the place of a file meanwhile, and nobody may write to it.
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Source(NamedTuple):
    """A worktree (`git.cwd` is its top), and the files that `git status` named there."""

    git: Git
    files: Sequence[Uncommitted]


class Read(NamedTuple):
    """What would be committed, by path (None: it is gone), and what is left out."""

    edits: Mapping[bytes, Entry | None]
    skipped: tuple[Skipped, ...]


class _SkipError(Exception):
    """Why a file is left out."""


def read_uncommitted(scratch: Scratch, config: Mapping[str, str], sources: Sequence[Source]) -> list[Read]:
    """Read these files of each worktree; `config` has the repository's settings.

    git is started for a worktree only where a submodule has moved, or where attributes may decide about a file.
    """
    readers = [_Reader(scratch, config, source) for source in sources]
    if len(readers) > 1:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(_Reader.read_all, readers))
    else:
        for reader in readers:
            reader.read_all()
    _drop_unfit_objects(scratch, readers)
    return [reader.result() for reader in readers]


def _drop_unfit_objects(scratch: Scratch, readers: Sequence[_Reader]) -> None:
    """Leave out what is staged and too large, or missing."""
    staged = [(reader, *item) for reader in readers for item in reader.staged.items()]
    infos = objects.read_object_info(scratch.git, [blob for _, _, blob in staged])
    for (reader, path, _), (_, kind, size) in zip(staged, infos, strict=True):
        if kind != "blob":
            reader.skip(path, "what is staged of it is missing")
        elif size > LARGEST_FILE:
            reader.skip(path, TOO_LARGE)


class _Reader:
    """Reads the files of one worktree."""

    def __init__(self, scratch: Scratch, config: Mapping[str, str], source: Source) -> None:
        self._scratch, self._config, self._git = scratch, config, source.git
        self._files = [file for file in _unite_entries(source.files) if not _is_ledger(file.path)]
        self._filters = names_filters(config)
        self._entries: dict[bytes, Entry | None] = {}
        self._skipped: dict[bytes, str] = {}
        # The contents about which attributes may decide.
        self._suspects: dict[bytes, bytes] = {}
        self._left = MOST_BYTES
        #: By path, the objects that count since they are staged.
        self.staged: dict[bytes, str] = {}

    def read_all(self) -> None:
        """Read the files, as far as that is possible; no more than `MOST_FILES`, those that git knows first."""
        rest = self._files[MOST_FILES:]
        if rest:
            others = f", as {len(rest) - 1:,} more" if rest[1:] else ""
            self._skipped[rest[0].path] = f"it is beyond the first {MOST_FILES:,} uncommitted files{others}"
        by_folder = sorted(self._files[:MOST_FILES], key=lambda file: (_folder_of(file), file.path))
        for folder, files in groupby(by_folder, key=_folder_of):
            with _open_folder(self._git.cwd, folder) as handle:
                for file in files:
                    self._read(file, handle)
        self._drop_converted()

    def skip(self, path: bytes, why: str) -> None:
        """Leave a file out."""
        self._entries.pop(path, None)
        self._skipped[path] = why

    def result(self) -> Read:
        """What was read, without files that are as they were committed."""
        edits = {
            file.path: entry
            for file in self._files
            if file.path in self._entries and not _is_committed(file, entry := self._entries[file.path])
        }
        return Read(edits, tuple(Skipped(path, why) for path, why in sorted(self._skipped.items())))

    def _read(self, file: Uncommitted, folder: int | OSError) -> None:
        try:
            self._entries[file.path] = self._find_entry(file, folder)
        except _SkipError as error:
            self.skip(file.path, str(error))
        except OSError as error:
            gone = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
            why = "it was gone when it was read" if gone else f"it cannot be read: {error.strerror}"
            self.skip(file.path, why)

    def _find_entry(self, file: Uncommitted, folder: int | OSError) -> Entry | None:
        if file.unmerged:
            raise _SkipError("it has conflicts that nobody has settled")
        if file.path.endswith(b"/"):
            raise _SkipError("it is a repository of its own")
        if file.mode == _NONE:
            return None
        if file.mode == _GITLINK:
            return Entry(_GITLINK, self._find_submodule(file, folder))
        if file.as_staged:
            if file.index_id != file.head_id:
                self.staged[file.path] = file.index_id
            return Entry(file.mode, file.index_id)
        if isinstance(folder, OSError):
            raise folder
        return self._read_file(file, folder)

    def _find_submodule(self, file: Uncommitted, folder: int | OSError) -> str:
        """The commit that is checked out in a submodule."""
        if not file.submodule_moved:
            if file.index_id == file.head_id:
                raise _SkipError("only files inside the submodule have changed")
            return file.index_id
        if isinstance(folder, OSError):
            raise folder
        status = os.stat(_name_of(file), dir_fd=folder, follow_symlinks=False)
        top = self._git.cwd / decode(file.path)
        head = queries.read_own_head(replace(self._git, cwd=top)) if stat.S_ISDIR(status.st_mode) else ""
        if not head:
            raise _SkipError("git cannot tell which commit is checked out in the submodule")
        return head

    def _read_file(self, file: Uncommitted, folder: int) -> Entry:
        name = _name_of(file)
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return Entry(_LINK, self._scratch.write("blob", os.readlink(name, dir_fd=folder)))
        content = _read_regular(name, folder)
        self._left -= len(content)
        if self._left < 0:
            raise _SkipError(f"the files before it have {MOST_BYTES >> 20} MiB already")
        if may_be_converted(content, self._filters):
            self._suspects[file.path] = content
        return Entry(self._find_mode(file, status.st_mode), self._scratch.write("blob", content))

    def _find_mode(self, file: Uncommitted, mode: int) -> str:
        # git's word comes first: where a file system has no modes or no links, it takes them from the index.
        if file.mode in ("100644", "100755"):
            return file.mode
        if file.mode == _LINK and is_false(self._config.get("core.symlinks", "")):
            return _LINK
        executable = mode & stat.S_IXUSR and not is_false(self._config.get("core.filemode", ""))
        return "100755" if executable else "100644"

    def _drop_converted(self) -> None:
        """Leave out the files that git would store with other content."""
        if not self._suspects:
            return
        attributes = queries.read_attributes(self._git, list(self._suspects))
        for path, content in self._suspects.items():
            if attributes is None:
                self.skip(path, "git cannot read its attributes")
            elif why := describe_conversion(content, attributes[path], self._filters, self._config):
                self.skip(path, why)
        self._suspects.clear()


def _unite_entries(files: Iterable[Uncommitted]) -> list[Uncommitted]:
    """The files, each path once: one that is gone from the index can be there as an untracked one."""
    by_path: dict[bytes, Uncommitted] = {}
    for file in files:
        before = by_path.get(file.path)
        by_path[file.path] = (
            file._replace(head_mode=before.head_mode, head_id=before.head_id)
            if before and not file.tracked
            else file
        )
    return list(by_path.values())


def _is_ledger(path: bytes) -> bool:
    return path.startswith(LEDGER_BYTES) or path + b"/" == LEDGER_BYTES


def _is_committed(file: Uncommitted, entry: Entry | None) -> bool:
    """Is a file as the commit has it already?"""
    if entry is None:
        return file.head_mode == _NONE
    return (file.head_mode, file.head_id) == entry


def _folder_of(file: Uncommitted) -> bytes:
    return file.path.rstrip(b"/").rpartition(b"/")[0]


def _name_of(file: Uncommitted) -> bytes:
    return file.path.rpartition(b"/")[2]


@contextmanager
def _open_folder(top: Path, folder: bytes) -> Iterator[int | OSError]:
    """A handle on a folder below `top`, or why there is none. No link is followed on the way from there."""
    try:
        handle = os.open(top, _FOLDER_FLAGS & ~os.O_NOFOLLOW)
    except OSError as error:
        yield error
        return
    try:
        for name in filter(None, folder.split(b"/")):
            outer, handle = handle, os.open(name, _FOLDER_FLAGS, dir_fd=handle)
            os.close(outer)
    except OSError as error:
        os.close(handle)
        yield error
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _read_regular(name: bytes, folder: int) -> bytes:
    """The content of a file in an open folder. Raises OSError, and _SkipError where it is no file, or too large."""
    # A device is not even opened: that alone can do something.
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise _SkipError("it is no regular file")
    with os.fdopen(os.open(name, _FILE_FLAGS, dir_fd=folder), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _SkipError("it is no regular file")
        # What it has now counts: it can grow meanwhile.
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise _SkipError(TOO_LARGE)
    return content
