"""The files of the control branch as values, and how two diverged copies of it unite.

Belongs here: values, and the rules of uniting. Does not: reading or writing them (see
`control` and `control_write`), or what the documents say (see `documents`). Pure.

Files there are only ever added, but for a task's `brief.md` and `outcome.md`. So two copies
unite by themselves almost always; where both changed one file, the remote's version keeps
the name, since that is the one other people have seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from agentledger.model.fleet import Person

FOLDER_MODE, LINK_MODE, SUBMODULE_MODE = "040000", "120000", "160000"

# A folder of one of these names stands where a document is due.
DOCUMENTS = (".md", ".json")


class Side(StrEnum):
    """Which copies of the control branch hold a file, with this very content."""

    LOCAL = "local"
    REMOTE = "remote"
    BOTH = "both"


class Entry(NamedTuple):
    """One file of the control branch.

    `mode` is git's, six digits; a link, a submodule, or a folder that has a document's name is
    listed too, so that somebody can say so (a folder has no `blob`). `size` is in bytes, None
    where the blob is not in this clone. `commit`, `at` and `by` are those of the commit that
    gave it this content (the author's time and name), None where history does not reach so far.
    """

    path: str
    mode: str
    blob: str
    size: int | None
    side: Side
    commit: str | None = None
    at: int | None = None
    by: Person | None = None

    @property
    def plain(self) -> bool:
        """An ordinary file, whose blob is its content."""
        return self.mode in ("100644", "100755")


Files = Mapping[str, Entry]
# The commit that gave a path a blob, when (seconds since the epoch), and its author.
Origin = tuple[str, int, Person]
Origins = Mapping[tuple[str, str], Origin]


class Kept(NamedTuple):
    """A local version that gave way to the remote's of `path`, and the name it is kept under."""

    path: str
    beside: str


@dataclass(frozen=True, slots=True)
class Union:
    """What two copies come to. `files` are sorted by path."""

    files: Files
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """Commits that went from one side to the other, newest first, and the paths they changed."""

    commits: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a sync did.

    `head` is where both copies stand now, None when there is no control branch anywhere.
    `local_before` and `remote_before` are where the two stood (the remote's as just fetched).
    `merge` is the commit that united them, if one was needed; `notes` are sentences for the reader.
    """

    branch: str
    remote: str
    head: str | None
    local_before: str | None = None
    remote_before: str | None = None
    fetched: Moved = Moved()
    pushed: Moved = Moved()
    merge: str | None = None
    kept: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()


def unite_files(bases: Sequence[Files], local: Files, remote: Files) -> Union:
    """The files of both copies; `bases` are those of the commits where they parted (none: never one).

    A change on one side only counts, a removal too. Of a file that both changed the remote's
    version keeps the name; the local one goes beside it, with the start of its commit in its name.
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
    """Which of the two keeps the name, and which has to go beside it."""
    if mine and _mode_and_blob(mine) == _mode_and_blob(theirs):
        return mine._replace(side=Side.BOTH), None
    changed_here, changed_there = _mode_and_blob(mine) not in before, _mode_and_blob(theirs) not in before
    if changed_here != changed_there:
        return (mine if changed_here else theirs), None
    return (theirs, mine) if theirs else (mine, None)


def _find_clashes(chosen: Files) -> list[tuple[str, str]]:
    """Local paths that cannot be beside the remote's: one has a file where the other has a folder.

    Each with the part of it that is the file's name.
    """
    local = {path for path, entry in chosen.items() if entry.side is Side.LOCAL}
    others = chosen.keys() - local
    folders = {folder for path in others for folder in parent_folders(path)}
    found = [(path, path) for path in local & folders]
    found += [(path, file) for path in local for file in parent_folders(path) if file in others]
    return found


def parent_folders(path: str) -> Iterable[str]:
    """The folders above a path: `a/b/c` → `a/b`, `a`."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _name_beside(entry: Entry, clash: str, taken: Files) -> str:
    """`tasks/x/brief.md` → `tasks/x/brief.1a2b3c4d.md`: a name that is free, or holds the same already."""
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
    """The files, and each folder that stands where a document is due."""
    folders = {
        folder: Entry(folder, FOLDER_MODE, "", size=None, side=entry.side)
        for path, entry in files.items()
        for folder in parent_folders(path)
        if folder.endswith(DOCUMENTS)
    }
    return {**files, **folders} if folders else files


def with_origins(files: Files, origins: Origins) -> Files:
    """The files, each with the commit, time and author that `origins` has for its path and blob."""
    found = {}
    for path, entry in files.items():
        known = origins.get((path, entry.blob))
        found[path] = entry._replace(commit=known[0], at=known[1], by=known[2]) if known else entry
    return found


def mark_sides(files: Files, other: Files, alone: Side) -> Files:
    """The files of a copy that contains the other one: both have what is the same, else `alone`."""
    return {
        path: entry._replace(
            side=Side.BOTH if _mode_and_blob(other.get(path)) == _mode_and_blob(entry) else alone
        )
        for path, entry in files.items()
    }


def find_foreign_names(files: Files) -> tuple[str, ...]:
    """What a control branch does not have at its top, by name; () when it can be one.

    It has the folder `tasks`, a README, and whatever begins with a dot but our own
    `.agentledger`, which belongs on branches with code.
    """
    tops = {path.partition("/")[0] for path in files}
    strange = {
        top
        for top in tops
        if top == ".agentledger" or not (top == "tasks" or top.startswith(".") or _is_readme(top))
    }
    # A file called so is not our folder.
    return tuple(sorted(strange | ({"tasks"} if "tasks" in files else set())))


def _is_readme(name: str) -> bool:
    return name.partition(".")[0].upper() == "README"
