"""Facts about a branch, in the words and marks that every page uses for them.

Belongs here: what the board and a branch's page both say. Does not: what only one of them says (see
`board_view` and `branch_view`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agentledger import __version__
from agentledger.attention.verdict import BranchVerdict, Known
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import format_count
from agentledger.reports.integrity import summarize_integrity
from agentledger.site.page_names import ATOM

TITLE = 90  # characters of a commit's subject
# Subjects that say nothing about the work: agents begin branches with them, or commit ledger files.
_SAYS_NOTHING = re.compile(r"(initial (plan|commit)|wip|checkpoint)\b|chore\(ledger\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as words and an icon: `kind` names icon and colour (ok, bad, warn, live, rest, done, none)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact and its value; `code` where the value is an id, a ref or a pattern."""

    key: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is around every page: whose site it is, what it was built from, and when."""

    #: The repository's name.
    name: str
    #: Base's name, and the first ten digits of its head.
    base: str
    head: str
    #: Seconds since the epoch.
    built_at: int
    #: agentledger's version.
    version: str
    #: The Atom feed's file; "" where there is no task, so that there is nothing to say in a feed.
    feed: str
    #: The git whose merges the pages show; "" where none was tried.
    merger: str


STATES: Mapping[State, tuple[Mark, str]] = {
    State.OPEN: (Mark("live", "Open"), "Neither merged nor abandoned."),
    State.UNREADABLE: (Mark("warn", "Unreadable"), "git could not read these."),
    State.REVERTED: (Mark("bad", "Reverted"), "Base had its change, and took it back."),
    State.DORMANT: (Mark("rest", "Dormant"), "No sign of life for a while; still unmerged."),
    State.ABSORBED: (Mark("done", "Absorbed"), "Base already has the same change, under other commits."),
    State.MERGED: (Mark("done", "Merged"), "The head is part of base."),
    State.EMPTY: (Mark("rest", "Empty"), "Nothing in them that base has not."),
    State.KILLED: (Mark("done", "Killed"), "Stopped on purpose."),
    State.DECLINED: (Mark("done", "Declined"), "Reviewed, and not taken."),
    State.EXPLORED: (Mark("done", "Explored"), "Made to learn something, and done."),
}


def build_frame(fleet: Fleet) -> Frame:
    """Build what is around every page of a fleet."""
    feed = ATOM if fleet.tasks else ""
    return Frame(
        name=fleet.name,
        base=fleet.base.name,
        head=fleet.base.head[:10],
        built_at=fleet.now,
        version=__version__,
        feed=feed,
        merger=str(fleet.merger or ""),
    )


def merge_mark(branch: Branch) -> Mark:
    """The result of git's own merge with base, in a few words."""
    if branch.at_rest:
        return STATES[branch.at_rest][0]
    conflict = branch.conflict
    if branch.state is State.REVERTED:
        return Mark("bad", "base took it back")
    if conflict is None:
        return Mark("none", "merge not tried")
    if conflict.clean is None:
        return Mark("warn", "git cannot merge it")
    if conflict.clean:
        # Not green: that git merges it says nothing about the work.
        return Mark("done", "merges cleanly, with what landed" if branch.bridge else "merges cleanly")
    if conflict.below:
        return Mark("rest", f"conflicts where {conflict.below} does")
    return Mark("bad", f"conflicts in {format_count(len(conflict.files), 'file')}")


def verdict_mark(verdict: BranchVerdict) -> Mark:
    """A verdict with its icon: green for what is approved and in order, and for nothing else."""
    if verdict.in_order:
        return Mark("ok", verdict.text)
    return Mark(_VERDICT_KINDS[verdict.kind], verdict.text)


_VERDICT_KINDS = {
    Known.NOT_REVIEWED: "none",
    Known.APPROVED: "warn",
    Known.STALE: "warn",
    Known.CHANGES_REQUESTED: "warn",
    Known.REJECTED: "bad",
    Known.STOPPED: "bad",
    Known.ASKS: "warn",
    Known.WAITS_FOR_AGENT: "live",
    Known.GIVE_UP: "warn",
    Known.HALTED: "done",
    Known.REVERTED: "bad",
    Known.ENDED: "done",
    Known.UNKNOWN: "warn",
}


def tests_mark(branch: Branch) -> Mark | None:
    """What was taken from its tests, in a few words; None where nothing of that kind is known."""
    text = summarize_integrity(branch)
    return Mark("warn", text) if text else None


def format_line_counts(added: int | None, removed: int | None) -> str:
    """`+12 −3`, without a part that is zero; "" where lines were not counted."""
    return " ".join(f"{sign}{count:,}" for sign, count in (("+", added), ("−", removed)) if count)


def branch_title(branch: Branch) -> str:
    """What the branch is about: the first subject of its commits that says anything, merges left out."""
    subjects = [c.subject for c in reversed(branch.own_commits) if len(c.parents) < 2 and c.subject]
    meaningful = (subject for subject in subjects if not _SAYS_NOTHING.match(subject))
    title = next(meaningful, subjects[-1] if subjects else "")
    return title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…"
