"""Remembers for which task a worktree was made: a file in the git directory of that worktree.

Belongs here: that file. Does not: writing it as part of a set-up (see `workflow.setup.hooks.worktree_hooks`), or what
follows for a commit (see `gates.gated`). The commit gate imports this, so it imports next to nothing.

The file goes with its worktree: `git worktree move` keeps it, `git worktree remove` takes it away, and a worktree that
is added from here does not get it. `hooks/shim.sh` looks for it by its name.
"""

from __future__ import annotations

from pathlib import Path

from agentledger.model.text import decode, encode

FILE = "agentledger-task"


def read_made_for(directory: Path) -> str:
    """The task for which the worktree of this git directory was made; '' where nobody wrote one down."""
    try:
        return decode((directory / FILE).read_bytes()).strip()
    except OSError:
        return ""


def render_made_for(task: str) -> bytes:
    """The content of the file."""
    return encode(f"{task}\n")
