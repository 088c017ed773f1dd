"""What came to a branch since somebody looked at it.

Belongs here: that value. Does not: reading it (see `changes.came_since`).
"""

from __future__ import annotations

from dataclasses import dataclass

from agentledger.model.fleet import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a branch's head has that one commit, `since`, lacks; without the ledger's own files."""

    since: str
    #: None where git cannot compare the two, as where this clone does not have that commit.
    paths: tuple[bytes, ...] | None = None
    #: Those outside base, newest first.
    commits: tuple[Commit, ...] = ()
    added: int = 0
    removed: int = 0
    #: The head does not contain that commit: the branch was rewritten.
    is_rewritten: bool = False
    #: Base was merged in since; what it brought is not in `paths`.
    brought_base: bool = False
