"""Hints that a repository may have changed, from the file system's events.

Belongs here: which folders are watched, and which events in them count. Does not: what follows from a
hint, or whether anything really changed (see `rebuild_loop`).

An event is never more than a hint. Some are lost: the kernel's queue overflows, a folder appears and is
filled before it is watched, a network file system sends none. So nothing here has to be complete. Where
folders cannot be watched, `Watch.complete` is False, and the caller has to look more often.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from agentledger.model.ledger_paths import FOLDER

# Without "opened" and "closed without writing": reading causes those, so our own look would be a hint.
COUNTED: list[type[events.FileSystemEvent]] = [
    events.DirCreatedEvent,
    events.DirDeletedEvent,
    events.DirMovedEvent,
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileDeletedEvent,
    events.FileMovedEvent,
    events.FileClosedEvent,
]

# Entries of the git directory. Not among them: git's folder of objects, and ours with cache and scratch.
_SHARED = frozenset("HEAD FETCH_HEAD packed-refs config shallow index logs refs reftable worktrees".split())

_Identity: TypeAlias = "tuple[int, int]"  # device and inode


class Folder(NamedTuple):
    """A folder to watch: everything below it, or, with `names`, only these entries of it."""

    path: Path
    names: frozenset[str] | None = None

    def counts(self, path: str) -> bool:
        """True for an event's path in this folder if the event may change what the site shows.

        Lock files do not count: they come and go while nothing has changed. The file that a lock is
        renamed to does.
        """
        if not path or path.endswith(".lock"):
            return False
        parent, name = os.path.split(path)
        return self.names is None or (name in self.names and parent == str(self.path))


def list_folders(common: Path, worktrees: Iterable[Path]) -> Iterator[Folder]:
    """The folders in which a change of branches, worktrees or ledger files causes an event.

    `common` is the git directory that all worktrees share. Some of the folders may not exist yet.
    """
    yield Folder(common, _SHARED)
    yield Folder(common / "logs", frozenset({"HEAD"}))
    for name in ("refs", "reftable", "worktrees"):
        yield Folder(common / name)
    for worktree in worktrees:
        yield Folder(worktree, frozenset({FOLDER, ".git"}))
        yield Folder(worktree / FOLDER)


# Seconds without a hint after which the repository is compared anyway: where all is watched, and where not.
REGULAR, WITHOUT_HINTS = 10.0, 1.0


class Watch:
    """Watches folders, from `follow` until `close`; one thread may wait for its hints.

    `complete` is False where an existing folder could not be watched. Hints from below `out`, our own
    output, are dropped.
    """

    def __init__(self, out: Path) -> None:
        self.complete = False
        self._out = str(out.resolve()) + os.sep
        self._hint = threading.Event()
        self._watched: dict[Folder, tuple[_Identity, ObservedWatch]] = {}
        self._observer = _start_observer()

    def follow(self, folders: Iterable[Folder]) -> None:
        """Watch those of the folders that exist, and no others."""
        if self._observer is None:
            return
        identities = {
            folder: inode for folder in folders if (inode := _folder_identity(folder.path)) is not None
        }
        for folder, (identity, watch) in list(self._watched.items()):
            # A folder that was deleted and made again has the same name; the old watch gets no more events.
            if identities.get(folder) != identity:
                del self._watched[folder]
                self._observer.unschedule(watch)
        self.complete = True
        for folder in identities.keys() - self._watched.keys():
            self._add(self._observer, folder, identities[folder])

    @property
    def longest_wait(self) -> float:
        """How many seconds to wait for a hint before looking without one."""
        return REGULAR if self.complete else WITHOUT_HINTS

    def wait(self, timeout: float) -> bool:
        """True as soon as there is a hint, False after `timeout` seconds without."""
        return self._hint.wait(timeout)

    def settle(self, quiet: float, longest: float) -> None:
        """Wait until no hint came for `quiet` seconds, or for `longest` seconds in all; clears the hints so far."""
        deadline = time.monotonic() + longest
        while True:
            self._hint.clear()
            seconds_left = deadline - time.monotonic()
            if seconds_left <= 0 or not self._hint.wait(min(quiet, seconds_left)):
                return

    def close(self) -> None:
        """Stop watching."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()

    def _add(self, observer: BaseObserver, folder: Folder, identity: _Identity) -> None:
        handler = _Handler(self, folder)
        # Fails where no inotify watches or instances are left (ENOSPC, EMFILE), or the folder was just deleted.
        try:
            watch = observer.schedule(
                handler, str(folder.path), recursive=folder.names is None, event_filter=COUNTED
            )
        except OSError:
            self.complete = False
        else:
            self._watched[folder] = identity, watch

    def take(self, folder: Folder, paths: Iterable[str]) -> None:
        """Take an event with these paths in a folder; called in the observer's thread."""
        if any(folder.counts(path) and not path.startswith(self._out) for path in paths):
            self._hint.set()


class _Handler(events.FileSystemEventHandler):
    def __init__(self, watch: Watch, folder: Folder) -> None:
        self._watch, self._folder = watch, folder

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        self._watch.take(self._folder, (os.fsdecode(event.src_path), os.fsdecode(event.dest_path)))


def _start_observer() -> BaseObserver | None:
    with contextlib.suppress(OSError):
        observer = Observer()
        observer.start()
        return observer
    return None


def _folder_identity(path: Path) -> _Identity | None:
    """Device and inode; None where there is no plain folder. A link is not followed: an agent may have made it."""
    if path.is_symlink() or not path.is_dir():
        return None
    status = path.stat()
    return status.st_dev, status.st_ino
