"""What to type about files that are in no commit of the branch: commit those that are the task's, put aside the others.

Belongs here: that command. Does not: finding the files (see `clean_worktree`). No command here removes content.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.rules.ownership import describe_link_escape
from agentledger.rules.undo import quote_pathspec
from agentledger.scope.task_scope import Scope

_MOST = 20  # paths that are typed one by one


def describe_way_out(top: Path, scope: Scope | None, untracked: Sequence[bytes]) -> str:
    """Return the hint for untracked files: a command for those that no gate would let through comes first."""
    outside = [path for path in untracked if not is_own(top, scope, path)]
    if outside:
        # A commit of them would be refused, and they may be nowhere else.
        aside = f"git stash push -u -m 'not in scope' -- {_quote_paths(outside)}"
        return f"put aside what the task must not change: {aside}; then run this again"
    add = f"git add -- {_quote_paths(untracked)} && git commit -m 'add what was left out'"
    return f"{add}; or list them in .gitignore, or remove them; then run this again"


def is_own(top: Path, scope: Scope | None, path: bytes) -> bool:
    """May the task commit this file, as far as its name says, and as a link, where it leads?"""
    if scope is None:
        return True
    if path.startswith(LEDGER_BYTES) or not scope.holds(path):
        return False
    file = top / os.fsdecode(path)
    return not file.is_symlink() or describe_link_escape(scope, path, os.fsencode(file.readlink())) is None


def _quote_paths(paths: Sequence[bytes]) -> str:
    return " ".join(map(quote_pathspec, paths[:_MOST]))
