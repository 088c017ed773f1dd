"""The result of a command that writes: what it wrote, what it says, and what to type next.

Belongs here: that value. Does not: writing anything (see `workflow`), or printing the result (see `cli.did`).
"""

from __future__ import annotations

from dataclasses import dataclass

from agentledger.model.base_check import BaseCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """What was written, or with `dry_run` would be."""

    command: str
    #: Sentences for people, in order.
    messages: tuple[str, ...] = ()
    task: str | None = None
    #: Full names of the refs that moved.
    refs: tuple[str, ...] = ()
    #: Paths of the files written: in the commit's tree, or in the worktree.
    files: tuple[str, ...] = ()
    #: Ids of the commits made.
    commits: tuple[str, ...] = ()
    #: The absolute path of the worktree made, if one was.
    worktree: str | None = None
    #: The command to type next; None where nothing is left to do.
    next: str | None = None
    #: Sentences about what to look at, though nothing failed.
    warnings: tuple[str, ...] = ()
    #: What was measured of the task's checks; each also has a sentence among those above.
    checks: tuple[BaseCheck, ...] = ()
    dry_run: bool = False
