"""Finds the files that a check's `junit` names: a file, the XML files of a folder, or what a glob matches.

Belongs here: looking through folders, never through links, and not for ever. Does not: whose files they are, or
what is in them (see `junit_files`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agentledger.model.ledger_paths import FOLDER
from agentledger.model.text import encode
from agentledger.scope.patterns import matches_path

_MOST_FILES = 5_000
_MOST_ENTRIES = 200_000  # files and folders that are looked at
_WILD = "*?["
# Nothing below these is a report.
_SPARED = (".git", FOLDER)


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of the files, from the worktree's top; they may be any kind of file.

    `single`: one file was named, no folder and no glob. All of them are in `folder`, "" for the top. `refused`
    and `more` are about what was not looked at, and complete "it …": all of it, or a part.
    """

    paths: tuple[str, ...]
    single: bool
    folder: str = ""
    refused: str | None = None
    more: str | None = None


def find_reports(top: Path, pattern: str) -> Places:
    """The files that `pattern` names now."""
    pattern = pattern.removesuffix("/")
    literal = os.path.lexists(top / pattern) or not any(sign in pattern for sign in _WILD)
    start = pattern if literal else _literal_folder(pattern)
    if literal and not ((top / pattern).is_dir() and not (top / pattern).is_symlink()):
        return Places((pattern,), single=True, folder=start)
    if not (top / start).resolve().is_relative_to(top.resolve()):
        return Places((), single=False, refused="is outside the worktree")
    if (top / start).resolve() != top.resolve() / start:
        return Places((), single=False, refused="has a link on the way")
    walk = _Walk(top, None if literal else encode(pattern))
    paths = tuple(walk.find_files(start, inside=literal))
    return Places(paths, single=False, folder=start, more=walk.more)


def _literal_folder(pattern: str) -> str:
    """The folder in which a glob can match something: its steps before the first with a sign; "" for the top."""
    steps = []
    for step in PurePosixPath(pattern).parts:
        if any(sign in step for sign in _WILD):
            break
        steps.append(step)
    return "/".join(steps)


class _Walk:
    """Goes through folders; `more` says so where it had to stop."""

    def __init__(self, top: Path, pattern: bytes | None) -> None:
        self._top, self._pattern = top, pattern
        self._entries = self._files = 0
        self.more: str | None = None

    def find_files(self, folder: str, inside: bool) -> Iterator[str]:
        """The files below a folder; all that end in `.xml` where it is itself what was named (`inside`)."""
        waiting = [(folder, inside)]
        while waiting and self.more is None:
            at, inside = waiting.pop()
            for entry in self._list(at):
                path = f"{at}/{entry.name}" if at else entry.name
                named = self._pattern is not None and matches_path(self._pattern, encode(path))
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SPARED:
                        waiting.append((path, inside or named))
                elif named or (inside and entry.name.lower().endswith(".xml")):
                    self._files += 1
                    if self._files > _MOST_FILES:
                        self.more = f"names more than {_MOST_FILES:,} files"
                        return
                    yield path

    def _list(self, folder: str) -> Iterator[os.DirEntry[str]]:
        try:
            entries = sorted(os.scandir(self._top / folder), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            self._entries += 1
            if self._entries > _MOST_ENTRIES:
                self.more = f"has more than {_MOST_ENTRIES:,} files to look through; name the folder"
                return
            yield entry
