"""Folders of which a change touches so many files that a list names the folder in their place.

Belongs here: which folders those are. Does not: writing such a list, or comparing one with a change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

#: A packet of 256 KiB holds some thousand names; with fewer files than this, each has its own line.
MANY_FILES = 1000
#: Files directly in a folder, from which on that folder stands for them.
MANY_IN_FOLDER = 100


def find_full_folders(paths: Iterable[str]) -> dict[str, int]:
    """Return each folder that may stand for the changed files directly in it, and how many those are.

    Its name ends with a slash.
    """
    all_paths = list(paths)
    if len(all_paths) < MANY_FILES:
        return {}
    counts = Counter(folder_of(path) for path in all_paths)
    return {folder: number for folder, number in counts.items() if folder and number >= MANY_IN_FOLDER}


def folder_of(path: str) -> str:
    """Return a path's folder with a slash at its end; "" at the top."""
    return path[: path.rfind("/") + 1]
