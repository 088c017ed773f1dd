"""The order of a branch's check-ins, and of the manager's documents: which one is the newest.

Belongs here: sorting them. Does not: which of them answers which (see `attention.replies`), or reading them.

Check-ins are in the order of the commits that brought them, since a clock can be wrong, and a name is only a
time and a hash. What is not committed yet comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from agentledger.attention.clock import time_of
from agentledger.ledger.ledger_files import LedgerFile
from agentledger.model.fleet import Branch
from agentledger.model.integrity import Integrity
from agentledger.model.ledger import Answer, CheckIn, Review, Waiver

Decision = TypeVar("Decision", Answer, Waiver, Review)


def sort_check_ins(
    branch: Branch, check_ins: Iterable[CheckIn], committed: Iterable[LedgerFile], now: int
) -> tuple[CheckIn, ...]:
    """Return the check-ins, newest first; `committed` are the branch's own files as they are in its head.

    A committed check-in that was edited in the worktree stays where it was.
    """
    places = place_commits(branch)
    brought = {file.path: file.source.commit or "" for file in committed}

    def key(check_in: CheckIn) -> tuple[int, int, str]:
        path = check_in.document.source.path
        # Where git could not say which commit brought it, it is as old as the branch.
        place = places.get(brought[path], 0) if path in brought else len(places) + 1
        return place, time_of(check_in, now), check_in.name

    return tuple(sorted(check_ins, key=key, reverse=True))


def place_commits(branch: Branch) -> Mapping[str, int]:
    """Map the commits of a branch's first-parent line to their place on it, from 1 for the oldest."""
    return {commit.id: place for place, commit in enumerate(reversed(branch.line), 1)}


def sort_integrity(records: Iterable[Integrity]) -> tuple[Integrity, ...]:
    """Return what crossings have shown, the newest first."""
    return tuple(sorted(records, key=lambda each: (each.at, each.document.source.path), reverse=True))


def sort_decisions(decisions: Iterable[Decision], now: int) -> tuple[Decision, ...]:
    """Return documents of the control branch, newest first, by the time that can be taken for theirs.

    Of two reviews within one second nothing shows the later one: then the one that does not approve comes first.
    """

    def key(each: Decision) -> tuple[int, int, bool, str]:
        # Commits of one second are told apart by what the documents say of their own time.
        return time_of(each, now), each.at, _is_strict(each), each.name

    return tuple(sorted(decisions, key=key, reverse=True))


def _is_strict(document: object) -> bool:
    return isinstance(document, Review) and document.verdict != "approve"
