"""The files of the control branch as values, and the rules by which two diverged copies of it unite.

Belongs here: values, and pure functions on them. Does not: reading or writing files (see `reader`, `append`),
or what the documents say (see `documents`).

Files there are only ever added, but for a task's `brief.md` and `outcome.md`. So two copies almost always
unite without a conflict. Where both changed one file, the remote's version keeps the name, since that is the
one that other people have seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

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
class Union:
    """The result of uniting two copies; `files` are sorted by path."""

    files: Files
    kept: tuple[Kept, ...] = ()


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


def unite_files(bases: Sequence[Files], local: Files, remote: Files) -> Union:
    """The files of both copies united. `bases` are the files at their merge bases, () where there is none.

    A change on one side only counts, also a removal. Of a file that both changed, the remote's version keeps
    the name, and the local one goes beside it, with the start of its commit's id in its name.
    """
    chosen: dict[str, Entry] = {}
    aside: list[tuple[Entry, str]] = []
    for path in local.keys() | remote.keys():
        mine, theirs = local.get(path), remote.get(path)
        before = {_mode_and_blob(files.get(path)) for files in bases} or {None}
        entry, loser = _choose_entry(mine, theirs, before)
        if entry:
            chosen[path] = entry
        if loser:
            aside.append((loser, path))
    aside += [(chosen.pop(path), clash) for path, clash in _find_clashes(chosen)]
    # Sorted: sets of paths have no order, and a free name depends on those that are taken before.
    kept = []
    for entry, clash in sorted(aside):
        beside = _name_beside(entry, clash, chosen)
        chosen[beside] = entry._replace(path=beside)
        kept.append(Kept(entry.path, beside))
    return Union(dict(sorted(chosen.items())), tuple(kept))


def _mode_and_blob(entry: Entry | None) -> tuple[str, str] | None:
    return (entry.mode, entry.blob) if entry else None


def _choose_entry(
    mine: Entry | None, theirs: Entry | None, before: set[tuple[str, str] | None]
) -> tuple[Entry | None, Entry | None]:
    """The version that keeps the name, and the one that has to go beside it; None where there is none.

    `before` has the file's modes and blobs at the merge bases.
    """
    if mine and _mode_and_blob(mine) == _mode_and_blob(theirs):
        return mine._replace(side=Side.BOTH), None
    changed_here, changed_there = _mode_and_blob(mine) not in before, _mode_and_blob(theirs) not in before
    if changed_here != changed_there:
        return (mine if changed_here else theirs), None
    return (theirs, mine) if theirs else (mine, None)


def _find_clashes(chosen: Files) -> list[tuple[str, str]]:
    """Local paths that clash with the remote's: one side has a file where the other has a folder.

    Each comes with the part of it that is the name of that file.
    """
    local = {path for path, entry in chosen.items() if entry.side is Side.LOCAL}
    others = chosen.keys() - local
    folders = {folder for path in others for folder in parent_folders(path)}
    clashes = [(path, path) for path in local & folders]
    clashes += [(path, file) for path in local for file in parent_folders(path) if file in others]
    return clashes


def parent_folders(path: str) -> Iterable[str]:
    """The folders that a path lies in, the nearest first: `a/b/c` → `a/b`, `a`."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _name_beside(entry: Entry, clash: str, taken: Files) -> str:
    """`tasks/x/brief.md` → `tasks/x/brief.1a2b3c4d.md`: a name that is free, or has the same content."""
    folder, slash, name = clash.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    whole = (entry.commit or entry.blob) + entry.blob
    for length in range(8, len(whole)):
        marked = f"{stem}.{whole[:length]}{dot}{ending}" if stem else f"{name}.{whole[:length]}"
        path = folder + slash + marked + entry.path[len(clash) :]
        if path not in taken or _mode_and_blob(taken[path]) == _mode_and_blob(entry):
            break
    return path


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
        known = origins.get((path, entry.blob))
        dated[path] = entry._replace(commit=known[0], at=known[1], by=known[2]) if known else entry
    return dated


def mark_sides(files: Files, other: Files, alone: Side) -> Files:
    """The files of a copy that contains the `other` one, each with its side: BOTH where they agree, else
    `alone`.
    """
    return {
        path: entry._replace(
            side=Side.BOTH if _mode_and_blob(other.get(path)) == _mode_and_blob(entry) else alone
        )
        for path, entry in files.items()
    }


def find_foreign_names(files: Files) -> tuple[str, ...]:
    """The names at a branch's top that no control branch has; () where it can be one.

    A control branch has the folder `tasks`, a README, and names that begin with a dot, but not our own
    `.agentledger`, which belongs on branches with code.
    """
    tops = {path.partition("/")[0] for path in files}
    strange = {
        top
        for top in tops
        if top == ".agentledger" or not (top == "tasks" or top.startswith(".") or _is_readme(top))
    }
    # `tasks` has to be a folder, not a file.
    return tuple(sorted(strange | ({"tasks"} if "tasks" in files else set())))


def _is_readme(name: str) -> bool:
    return name.partition(".")[0].upper() == "README"
