"""What a command that writes did, as a value that can be shown and read by programs.

Belongs here: that value. Does not: doing anything (see `workflow`), or printing it (see `cli.did`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """What was written, or with `dry_run` would be.

    `said` are sentences for people, in order. `refs` are full names of the refs that moved, `commits` the
    ids of the commits made, `files` the paths written: in the tree of the commit, or in the worktree.
    `worktree` is the absolute path of one that was made. `next` is the command to type next, None where
    nothing is left to do. `warnings` are sentences about what to look at, though nothing failed.
    """

    command: str
    said: tuple[str, ...] = ()
    task: str | None = None
    refs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    worktree: str | None = None
    next: str | None = None
    warnings: tuple[str, ...] = ()
    dry_run: bool = False
