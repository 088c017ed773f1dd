"""Facts about a branch in the words and marks that every page uses for them.

Belongs here: what the board and a branch's page say alike. Does not: the layout of either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agentledger import __version__
from agentledger.model import Branch, Fleet, State
from agentledger.text import plural

TITLE = 90
_SAYS_NOTHING = re.compile(r"(initial (plan|commit)|wip|checkpoint)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as word and icon: `kind` names the icon and colour (ok, bad, warn, live, rest, done)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: whose site it is, what it was built from, and when."""

    name: str
    base: str
    head: str
    built_at: int
    version: str


STATES: Mapping[State, tuple[Mark, str]] = {
    State.OPEN: (Mark("live", "Open"), "Neither merged nor abandoned."),
    State.UNREADABLE: (Mark("warn", "Unreadable"), "git could not read these."),
    State.DORMANT: (Mark("rest", "Dormant"), "No sign of life for a while; still unmerged."),
    State.ABSORBED: (Mark("done", "Absorbed"), "Base already has the same change, under another commit."),
    State.MERGED: (Mark("done", "Merged"), "The head is part of base."),
    State.EMPTY: (Mark("rest", "Empty"), "Nothing in them that base has not."),
    State.KILLED: (Mark("done", "Killed"), "Stopped on purpose."),
    State.DECLINED: (Mark("done", "Declined"), "Reviewed, and not taken."),
    State.EXPLORED: (Mark("done", "Explored"), "Made to learn something, and done."),
}


def frame(fleet: Fleet) -> Frame:
    """What the pages of a fleet have around them."""
    return Frame(fleet.name, fleet.base.name, fleet.base.head[:10], fleet.now, __version__)


def merge_mark(branch: Branch) -> Mark:
    """What git's own merge with base came to, in a few words."""
    conflict = branch.conflict
    if conflict is None:
        return Mark("none", "merge not tried")
    if conflict.clean is None:
        return Mark("warn", "git cannot merge it")
    if conflict.clean:
        return Mark("ok", "merges cleanly")
    return Mark("bad", f"conflicts in {plural(len(conflict.files), 'file')}")


def lines(added: int | None, removed: int | None) -> str:
    """`+12 −3`, without what is zero; nothing where lines were not counted."""
    return " ".join(f"{sign}{count:,}" for sign, count in (("+", added), ("−", removed)) if count)


def title(branch: Branch) -> str:
    """What the branch is about, as far as commits tell: the first subject that says anything."""
    subjects = [c.subject for c in reversed(branch.commits) if len(c.parents) < 2 and c.subject]
    telling = (subject for subject in subjects if not _SAYS_NOTHING.match(subject))
    found = next(telling, subjects[-1] if subjects else "")
    return found if len(found) <= TITLE else found[: TITLE - 1].rstrip() + "…"
