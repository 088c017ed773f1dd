"""The files of the control branch, and what a sync did, as values.

Belongs here: values, and pure functions on them. Does not: reading or writing files (see `reader`, `append`),
uniting two copies (see `unite_copies`), or what the documents say (see `documents`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from agentledger.model import ledger_paths
from agentledger.model.fleet import Person

FOLDER_MODE, LINK_MODE, SUBMODULE_MODE = "040000", "120000", "160000"

# A folder whose name ends so is where a document should be.
DOCUMENTS = (".md", ".json")


class Side(StrEnum):
    """Which copies of the control branch have a file with this content."""

    LOCAL = "local"
    REMOTE = "remote"
    BOTH = "both"


class Entry(NamedTuple):
    """One file of the control branch.

    A link, a submodule, and a folder with a document's name are entries, too, so that they can be reported.
    """

    path: str
    #: git's mode, six digits.
    mode: str
    #: '' for a folder.
    blob: str
    #: In bytes; None where the blob is not in this clone.
    size: int | None
    side: Side
    #: The commit that gave the file this content, its author's time, and its author; None where history does
    #: not reach so far.
    commit: str | None = None
    at: int | None = None
    by: Person | None = None

    @property
    def plain(self) -> bool:
        """Is it an ordinary file, whose blob is its content?"""
        return self.mode in ("100644", "100755")


Files = Mapping[str, Entry]
# The commit that gave a path a blob, when (seconds since the epoch), and its author.
Origin = tuple[str, int, Person]
Origins = Mapping[tuple[str, str], Origin]


class Kept(NamedTuple):
    """A local version of `path` that gave way to the remote's, and the name under which it is kept."""

    path: str
    beside: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The commits that went from one side to the other, newest first, and the paths they changed."""

    commits: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """The result of a sync of the control branch with a remote."""

    branch: str
    remote: str
    #: The commit of both copies now; None where there is no control branch anywhere.
    head: str | None
    #: The commits of the copies before, the remote's as just fetched.
    local_before: str | None = None
    remote_before: str | None = None
    fetched: Moved = Moved()
    pushed: Moved = Moved()
    #: The commit that united the copies, if one was needed.
    merge: str | None = None
    kept: tuple[Kept, ...] = ()
    #: Sentences for the reader.
    notes: tuple[str, ...] = ()


def mode_and_blob(entry: Entry | None) -> tuple[str, str] | None:
    """What two copies of a file have to have in common to be the same; None where there is none."""
    return (entry.mode, entry.blob) if entry else None


def parent_folders(path: str) -> Iterable[str]:
    """The folders that a path lies in, the nearest first: `a/b/c` → `a/b`, `a`."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def with_folders(files: Files) -> Files:
    """The files, and an entry for each folder that is where a document should be."""
    folders = {
        folder: Entry(folder, FOLDER_MODE, "", size=None, side=entry.side)
        for path, entry in files.items()
        for folder in parent_folders(path)
        if folder.endswith(DOCUMENTS)
    }
    return {**files, **folders} if folders else files


def with_origins(files: Files, origins: Origins) -> Files:
    """The files, each with the commit, time and author that `origins` has for its path and blob."""
    dated = {}
    for path, entry in files.items():
        origin = origins.get((path, entry.blob))
        dated[path] = entry._replace(commit=origin[0], at=origin[1], by=origin[2]) if origin else entry
    return dated


def mark_sides(files: Files, other: Files, alone: Side) -> Files:
    """The files of a copy that contains the `other` one, each with its side: BOTH where they agree, else
    `alone`.
    """
    return {
        path: entry._replace(
            side=Side.BOTH if mode_and_blob(other.get(path)) == mode_and_blob(entry) else alone
        )
        for path, entry in files.items()
    }


def find_foreign_names(files: Files) -> tuple[str, ...]:
    """The names at a branch's top that no control branch has; () where it can be one.

    A control branch has the folder `tasks`, a README, and names that begin with a dot, but not our own
    `.agentledger`, which belongs on branches with code.
    """
    tops = {path.partition("/")[0] for path in files}
    foreign = {
        top
        for top in tops
        if top == ledger_paths.FOLDER or not (top == "tasks" or top.startswith(".") or _is_readme(top))
    }
    # `tasks` has to be a folder, not a file.
    return tuple(sorted(foreign | ({"tasks"} if "tasks" in files else set())))


def _is_readme(name: str) -> bool:
    return name.partition(".")[0].upper() == "README"
