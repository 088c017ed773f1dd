"""The files of two diverged copies of the control branch, united; and the name a version gets that gave way.

Belongs here: pure functions on files. Does not: reading the copies (see `reader`), or writing the result (see
`append` and `workflow.manage.sync`).

Files there are only ever added, but for a task's `brief.md` and `outcome.md`, and what was last seen of a
branch. So two copies almost always unite without a conflict. Where both changed one file, the remote's version
keeps the name, since that is the one that other people have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.control.control_files import Entry, Files, Kept, Side, mode_and_blob, parent_folders
from agentledger.model import ledger_paths


@dataclass(frozen=True, slots=True)
class Union:
    """The result of uniting two copies; `files` are sorted by path."""

    files: Files
    kept: tuple[Kept, ...] = ()


def unite_files(bases: Sequence[Files], local: Files, remote: Files) -> Union:
    """The files of both copies united. `bases` are the files at their merge bases, () where there is none.

    A change on one side only counts, also a removal. Of a file that both changed, the remote's version keeps
    the name, and the local one goes beside it, with the start of its commit's id in its name.
    """
    chosen: dict[str, Entry] = {}
    aside: list[tuple[Entry, str]] = []
    for path in local.keys() | remote.keys():
        mine, theirs = local.get(path), remote.get(path)
        before = {mode_and_blob(files.get(path)) for files in bases} or {None}
        entry, loser = _choose_entry(mine, theirs, before)
        # What was last seen of a branch is written again at the next look, so no version has to be kept.
        loser = None if ledger_paths.is_attempt_path(path) else loser
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


def _choose_entry(
    mine: Entry | None, theirs: Entry | None, before: set[tuple[str, str] | None]
) -> tuple[Entry | None, Entry | None]:
    """The version that keeps the name, and the one that has to go beside it; None where there is none.

    `before` has the file's modes and blobs at the merge bases.
    """
    if mine and mode_and_blob(mine) == mode_and_blob(theirs):
        return mine._replace(side=Side.BOTH), None
    changed_here, changed_there = mode_and_blob(mine) not in before, mode_and_blob(theirs) not in before
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


def _name_beside(entry: Entry, clash: str, taken: Files) -> str:
    """`tasks/x/brief.md` → `tasks/x/brief.1a2b3c4d.md`: a name that is free, or has the same content."""
    folder, slash, name = clash.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    digits = (entry.commit or entry.blob) + entry.blob
    for length in range(8, len(digits)):
        new_name = f"{stem}.{digits[:length]}{dot}{ending}" if stem else f"{name}.{digits[:length]}"
        path = folder + slash + new_name + entry.path[len(clash) :]
        if path not in taken or mode_and_blob(taken[path]) == mode_and_blob(entry):
            break
    return path
