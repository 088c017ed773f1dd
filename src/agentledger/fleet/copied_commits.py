"""What each branch is told of its commits that another branch has, too, and the command that takes them out.

Belongs here: the copies that were found, as one branch sees them. Does not: finding them (see
`collisions.copied.copies`), or the words (see `rules.copied_commits`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from agentledger.model.collisions import Copy
from agentledger.model.fleet import Branch, Fleet
from agentledger.rules.case import CopiedCommit

T = TypeVar("T")

# A command of more steps than these is no advice any more.
_MOST_STEPS = 3


def list_copied_commits(fleet: Fleet, branches: Iterable[Branch]) -> dict[str, tuple[CopiedCommit, ...]]:
    """Map the refs of these branches to their copied commits, newest first; those of rivals are left out."""
    if fleet.collisions is None or not fleet.collisions.copies:
        return {}
    by_ref: dict[str, list[Copy]] = {}
    for copy in fleet.collisions.copies:
        if not copy.rivals:
            by_ref.setdefault(copy.a, []).append(copy)
            by_ref.setdefault(copy.b, []).append(copy)
    known = {branch.ref: branch for branch in fleet.branches}
    briefed = {task.id for task in fleet.tasks if task.brief}
    return {
        branch.ref: tuple(_describe_copies(branch, by_ref[branch.ref], known, briefed))
        for branch in branches
        if branch.ref in by_ref
    }


def _describe_copies(
    branch: Branch, copies: Sequence[Copy], known: dict[str, Branch], briefed: Collection[str]
) -> Iterable[CopiedCommit]:
    order = {commit.id: at for at, commit in enumerate(branch.commits)}
    sides = [_Side(branch.ref, copy) for copy in copies]
    for side in sorted(
        sides, key=lambda side: (order.get(side.commit, len(order)), not side.is_later, side.other)
    ):
        other = known.get(side.other)
        if other is None:
            continue
        together = [each.commit for each in sides if each.other == side.other]
        task = other.work.task if other.work else ""
        yield CopiedCommit(
            side.commit,
            side.copy.author,
            side.copy.subject,
            other=other.name,
            other_commit=side.other_commit,
            task=task if task in briefed else "",
            outside=side.outside,
            outside_there=side.outside_there,
            is_later=side.is_later,
            drop=_drop_command(branch, together) if side.is_later else "",
        )


class _Side:
    """A copy as one of its two branches sees it."""

    def __init__(self, ref: str, copy: Copy) -> None:
        mine = ref == copy.a
        self.copy = copy
        self.other = copy.b if mine else copy.a
        self.commit, self.other_commit = _order(mine, copy.commit_a, copy.commit_b)
        self.outside, self.outside_there = _order(mine, copy.outside_a, copy.outside_b)
        # Of two that were made at the same time, one has to be the later.
        self.is_later = ref == (copy.later or copy.b)


def _order(mine: bool, a: T, b: T) -> tuple[T, T]:
    return (a, b) if mine else (b, a)


def _drop_command(branch: Branch, commits: Collection[str]) -> str:
    """Return the command, typed on the branch, that takes commits out of it; '' where no short one does."""
    line = branch.line
    at = sorted(number for number, commit in enumerate(line) if commit.id in commits)
    # What came in by a merge is taken out with that merge alone, which is another question.
    if len(at) < len(set(commits)):
        return ""
    steps: list[list[int]] = []
    for number in at:
        if steps and steps[-1][1] == number - 1:
            steps[-1][1] = number
        else:
            steps.append([number, number])
    if len(steps) > _MOST_STEPS:
        return ""
    # The newest first: what lies below keeps its id.
    return " && ".join(
        f"git rebase{_keep_merges(branch, newest)} --onto {line[oldest].id[:12]}^ {line[newest].id[:12]}"
        for newest, oldest in steps
    )


def _keep_merges(branch: Branch, newest: int) -> str:
    above = branch.line[:newest]
    return " --rebase-merges" if any(len(commit.parents) > 1 for commit in above) else ""
