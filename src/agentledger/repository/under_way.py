"""Tells of which branch a rebase or a bisect is under way in a worktree, though git calls its HEAD detached.

Belongs here: what the files of a git directory say of it. Does not: the rest of a worktree (see `worktrees`). The
commit gate imports this, so it imports little itself.
"""

from __future__ import annotations

from pathlib import Path

from agentledger.model.text import decode
from agentledger.repository.bases import HEADS


def read_under_way(directory: Path) -> tuple[str, str]:
    """The branch of which a rebase or a bisect is under way there, and which of the two; '' for none."""
    for name in ("rebase-merge/head-name", "rebase-apply/head-name"):
        branch = _read_line(directory / name)
        if branch.startswith(HEADS):
            return branch, "rebase"
    # The branch's short name, or the commit where the bisect began on a detached HEAD.
    start = _read_line(directory / "BISECT_START")
    if start and not _is_commit(start):
        return HEADS + start, "bisect"
    return "", ""


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and all(digit in "0123456789abcdef" for digit in text)


def _read_line(file: Path) -> str:
    try:
        return decode(file.read_bytes()).strip()
    except OSError:
        return ""
