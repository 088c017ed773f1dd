"""What to read of a repository, and what to leave out: asked by every view, every command and every gate.

Belongs here: the request, and how a reader tells how far it is. Does not: reading (see `snapshot`, `taking`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# A stage in words, how much of it is done, and of how much (0: not known).
Progress = Callable[[str, int, int], None]


# A request's `dormant`: take what the repository's policy says.
AS_POLICY = -1


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Take a progress report, and show it to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to read of a repository, and what to leave out."""

    #: The base branch by name; None: policy's, or the one that `repository.bases` chooses.
    base: str | None = None
    #: Globs of branch names to read instead of the usual ones.
    branches: tuple[str, ...] = ()
    #: Globs of refs to read beside them; with `refs` alone nothing else is read.
    refs: tuple[str, ...] = ()
    #: Seconds without a sign of life after which a branch is dormant. None: never. AS_POLICY: as policy says.
    dormant: int | None = AS_POLICY
    #: False leaves out merging with base. This and line counts cost most.
    forecast: bool = True
    #: True compares the branches two by two, which `forecast` is needed for.
    pairs: bool = False
    #: The name or ref of the branch whose pairs alone are wanted, or the task that it works on; '' for all.
    pairs_of: str = ""
    #: True also compares what briefs let branches change. There can be as many such pairs as there are, and of 200
    #: briefs with a wildcard pattern each that takes three seconds (0.15 s where they name folders).
    scopes: bool = False
    #: True also guesses what may break, from names in lines. Of 200 branches that takes a tenth of a board's time.
    hints: bool = False
    #: False leaves out line counts.
    lines: bool = True
    #: False leaves out what base took back again: no rule asks that at push and ready, where somebody waits.
    taken_back: bool = True
    #: Keep only the last N branches by name, numbers by value.
    limit: int | None = None
    #: Seconds since the epoch; None: the clock.
    now: int | None = None
    #: Full refs and commits to read as if each ref were there already: what is about to be pushed.
    heads: tuple[tuple[str, str], ...] = ()
    #: The name or ref of a branch that is read by its parts if it is a merge group.
    group: str = ""
    #: False looks for no findings: a gate asks for those of its own.
    rules: bool = True
    #: Only what is committed counts, and nothing from the cache: who can write to this repository can write
    #: to the cache, too.
    gate: bool = False
    #: A task whose end a gate asks about, besides those that others depend on; "" for none.
    ending: str = ""
    #: Fetch first what a partial clone lacks of the ledger, and before findings what the rules read of the code:
    #: for gates and commands that write. A view fetches nothing.
    fetch: bool = False
