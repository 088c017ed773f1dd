"""Remembers which uncommitted files `spawn` itself has put into a worktree: its copies, and what the set-up left.

Belongs here: the list, a file in the git directory of that worktree, and whether a path is still what is on it.
Does not: spawning (see `workflow.spawn`), or what else is in a worktree (see `worktrees`).

Those files are not the agent's work: an untouched worktree with a copied `.env` has nothing in it to lose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from agentledger.git.queries import Uncommitted
from agentledger.model.text import decode
from agentledger.storage import atomic_write

FILE = "agentledger-spawned"


def write_spawned(directory: Path, top: Path, entries: Iterable[Uncommitted]) -> None:
    """Write the list of a worktree: `directory` is its git directory, `top` its folder."""
    lines = (b"%d %s\0" % (_written_at(top, entry.path), entry.path) for entry in entries)
    atomic_write.write_atomically(directory / FILE, b"".join(lines), mode=0o644)


def read_spawned(directory: Path) -> dict[bytes, int]:
    """By path, when each file was written (nanoseconds); {} where `spawn` did not make the worktree."""
    try:
        content = (directory / FILE).read_bytes()
    except OSError:
        return {}
    lines = (line.partition(b" ") for line in content.split(b"\0") if line)
    return {path: int(at) for at, _, path in lines if at.isdigit()}


def is_marked(directory: Path) -> bool:
    """Did `spawn` make the worktree of this git directory?"""
    return (directory / FILE).exists()


def is_spawned(top: Path, entry: Uncommitted, spawned: Mapping[bytes, int]) -> bool:
    """Is this still what `spawn` put there?

    A file that git tracks is not any more once somebody has written to it: that change can be committed.
    """
    if entry.path not in spawned:
        return False
    return not entry.tracked or spawned[entry.path] == _written_at(top, entry.path)


def _written_at(top: Path, path: bytes) -> int:
    """When a file was last written, in nanoseconds; 0 where it is gone."""
    try:
        return (top / decode(path)).lstat().st_mtime_ns
    except OSError:
        return 0
