"""How base came to have each branch's commits: by a merge, or by moving forward to them.

Belongs here: finding, from the commit graph, the commits of base's first-parent line that brought a branch's
own line in. Does not: changes that base has under other commits (see `absorbed`), or what base did to them
afterwards (see `takebacks`).

A head on base's first-parent line may have been merged by moving base forward, or may be where a branch that is
still new began. The graph cannot tell; where the branch began can (see `repository.branch_starts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from agentledger.changes.ancestry import History
from agentledger.model.fleet import Arrival, Branch, By, State
from agentledger.repository.branch_starts import Start

MOST_ARRIVALS = 20  # merges of one branch that are looked at, the newest first

# How git and forges word the subject of a merge: whose branch it brought in.
_MERGED_NAMES = (
    re.compile(r"^Merge (?:remote-tracking )?branch '([^']+)'"),
    re.compile(r"^Merge pull request #(\d+) from (?:[^/\s]+/)?(\S+)"),
    re.compile(r"^Merged in (\S+) \(pull request #(\d+)\)"),
)


def find_arrivals(
    history: History,
    branches: Sequence[Branch],
    starts: Mapping[str, Start],
    subjects: Mapping[str, str],
) -> dict[str, tuple[Arrival, ...]]:
    """Map the refs of branches to how base came to have them, the newest arrival first.

    `starts` has, by ref, where a branch began, as far as that is known; `subjects` those of base's
    merges. Branches of which base has nothing are left out.
    """
    heads = {branch.head: branch.name for branch in branches}
    found: dict[str, tuple[Arrival, ...]] = {}
    for branch in branches:
        if branch.state is State.UNREADABLE:
            continue
        if branch.arrival:
            found[branch.ref] = (branch.arrival,)
        elif arrivals := tuple(
            _walk_line(history, branch, starts.get(branch.ref), subjects=subjects, heads=heads)
        ):
            found[branch.ref] = arrivals
    return found


def list_merges(history: History, branches: Sequence[Branch]) -> list[str]:
    """Return the merges of base's first-parent line that brought the line of one of these branches in."""
    merges: dict[str, None] = {}
    for branch in branches:
        merges.update(dict.fromkeys(landing for _, landing in _list_landings(history, branch)))
    return list(merges)


def _list_landings(history: History, branch: Branch) -> Iterator[tuple[str, str]]:
    """Yield the newest commit of the branch that each merge brought, and that merge; the newest first."""
    commit = history.entry(branch.head)
    last, number = "", 0
    while commit is not None and not history.on_first_parent_line(commit) and number < MOST_ARRIVALS:
        landing = history.landing(commit)
        if landing != last:
            yield commit, landing
            last, number = landing, number + 1
        commit = next(iter(history.parents[commit]), None)


def _walk_line(
    history: History,
    branch: Branch,
    start: Start | None,
    subjects: Mapping[str, str],
    heads: Mapping[str, str],
) -> Iterator[Arrival]:
    for commit, landing in _list_landings(history, branch):
        # Below its head, a branch that was built on another one has that one's commits.
        if commit != branch.head and not _is_of(branch, subjects.get(landing, ""), heads.get(commit)):
            return
        before, *brought = history.parents[landing]
        # A merge of another branch, into which this one had been merged, brought more than this one.
        yield Arrival(By.MERGE, landing, before, after=landing, is_known=commit in brought)
    entry = history.entry(branch.head)
    if entry is not None and history.on_first_parent_line(entry):
        yield from _moved_forward(history, branch, entry, start)


def _moved_forward(history: History, branch: Branch, entry: str, start: Start | None) -> Iterator[Arrival]:
    before = start.commit if start else None
    if start and start.is_own and history.contains(start.commit):
        before = next(iter(history.parents[start.commit]), None)
    if before and history.on_first_parent_line(before):
        if history.step(before) < history.step(entry):
            yield Arrival(By.FAST_FORWARD, entry, before, after=entry)
        return
    parent = next(iter(history.parents[entry]), None)
    # Commits on top show that the branch began here.
    if entry == branch.head and parent and start is None:
        yield Arrival(By.FAST_FORWARD, entry, parent, after=entry, is_known=False)


def _is_of(branch: Branch, subject: str, other: str | None) -> bool:
    """Did a merge with this subject bring this branch, and not one that it is built on?

    `other` is the branch of the fleet that ends where the merged commits end.
    """
    for pattern in _MERGED_NAMES:
        if match := pattern.match(subject):
            return any(_is_named(branch, name) for name in match.groups())
    return other is None


def _is_named(branch: Branch, name: str) -> bool:
    refs = (f"refs/heads/{name}", f"refs/remotes/{name}", f"refs/pull/{name}/head")
    return name == branch.name or branch.ref in refs or branch.remote_ref in refs
