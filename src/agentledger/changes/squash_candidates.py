"""Which commits of base could be a given change under another id: a branch's, or the reverse of what landed.

Belongs here: one pass over base's first-parent line, and cheap tests that need no merge. Does not: comparing
patches, or merging (see `same_change`), or what a match means (see `absorbed` and `takebacks`). The folders of
the ledger's tasks take no part: a squash can leave them out, and a revert, too.

The pass itself finds the commits that have exactly the change's content. What it leaves as candidates touches
no other path than the change does; the tests here throw out those that no merge could turn into that
change, since each merge costs as much as reading hundreds of commits. (On 1,000 heads of a repository with
54,660 commits: 5 s instead of 48 s, with the same answers.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field

from agentledger.changes.ancestry import History
from agentledger.git import diffs
from agentledger.git.diffs import Landing
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.fleet import Change
from agentledger.model.ledger_paths import TASKS_BYTES

MOST_SEEN = 40  # candidates kept while scanning, the closest first
MOST_TRIED = 3  # of those, how many are worth a merge each


@dataclass(kw_only=True)
class Search:
    """The search for one change in base's line, in steps as `ancestry.History.step` counts them."""

    #: The change, as a pair of commits and what differs between them; `net` is that by path.
    old: str
    new: str
    changes: InitVar[Iterable[Change]]
    #: Only what base gained after this step counts.
    begin: int
    #: An earlier search has covered the line up to here; `begin` where there was none.
    start: int
    #: The newest commit of base that is the same change, and its step, once one was found.
    same: str | None = None
    same_step: int = -1
    #: What the change does, by path, without the tasks' folders.
    net: dict[bytes, Change] = field(init=False)
    #: How many paths each commit changes, its step, and the commit; the greatest first.
    candidates: list[tuple[int, int, Landing]] = field(default_factory=list)

    def __post_init__(self, changes: Iterable[Change]) -> None:
        self.net = {c.path: c for c in changes if not c.path.startswith(TASKS_BYTES)}

    def accept(self, commit: str, step: int) -> None:
        """Take a commit as the same change, unless a newer one is known."""
        if step > self.same_step:
            self.same, self.same_step = commit, step

    def offer_commit(self, landing: Landing, step: int) -> None:
        """Take a commit that touches only paths of this change: as the same one, or as a candidate."""
        if len(landing.changes) == len(self.net) and all(
            has_same_result(self.net[c.path], c) for c in landing.changes
        ):
            self.accept(landing.id, step)
            return
        if all(_is_mergeable(self.net[change.path], change) for change in landing.changes):
            self.candidates.append((len(landing.changes), step, landing))
            # The closest first: most paths in common, then the newest.
            self.candidates.sort(key=lambda candidate: candidate[:2], reverse=True)
            del self.candidates[MOST_SEEN:]

    def narrow_candidates(self, touched: Mapping[bytes, Sequence[int]]) -> None:
        """Keep the closest candidates before which the rest of the paths were changed in base, too.

        `touched` has, by path, the steps at which base changed it, ascending.
        """
        possible = [
            (paths, step, landing)
            for paths, step, landing in self.candidates
            if self._has_rest_landed(landing, step, touched)
        ]
        self.candidates = possible[:MOST_TRIED]

    def _has_rest_landed(self, landing: Landing, step: int, touched: Mapping[bytes, Sequence[int]]) -> bool:
        if self.start > self.begin:
            return True  # what an earlier search saw is not in `touched`
        other_paths = self.net.keys() - {change.path for change in landing.changes}
        return all(_has_step_between(touched.get(path, ()), self.begin, step) for path in other_paths)


def _has_step_between(steps: Sequence[int], low: int, high: int) -> bool:
    """Is there a step above `low` and below `high`? `steps` are ascending."""
    at = bisect_left(steps, high)
    return at > 0 and steps[at - 1] > low


def has_same_result(net: Change, landed: Change) -> bool:
    """Does a commit leave this path as the change does?"""
    return net.new == landed.new and net.new_mode == landed.new_mode


def _is_mergeable(net: Change, landed: Change) -> bool:
    """Could merging the change give what landed at this path?

    Where base had not changed the path, a merge takes the change's side, so that must be what landed.
    """
    moved = (net.old, net.old_mode) != (landed.old, landed.old_mode)
    return moved or has_same_result(net, landed)


def scan_base_line(
    scratch: Scratch, history: History, searches: Sequence[Search], progress: Callable[[str, int, int], None]
) -> bool:
    """Read base's line once, newest first, and offer each commit to the searches that cover its paths.

    Fills in `same` and `candidates` of the searches. False where git could not read the line to its end: then
    a commit that was not found may be there all the same. `progress` is called every 500 commits.
    """
    top = len(history.chain) - 1
    unfinished = [search for search in searches if search.start < top]
    if not unfinished:
        return True
    by_path: dict[bytes, list[Search]] = {}
    for search in unfinished:
        for path in search.net:
            by_path.setdefault(path, []).append(search)
    touched: dict[bytes, list[int]] = {}
    span = top - min(search.start for search in unfinished)
    read_to_end = True
    try:
        for number, whole in enumerate(
            diffs.read_landings(scratch.git, history.chain[0], [history.chain[span]])
        ):
            landing = _without_tasks(whole)
            step = history.step(landing.id)
            if number % 500 == 0:
                progress("looking for changes that base has already", number, span)
            for change in landing.changes:
                if change.path in by_path:
                    touched.setdefault(change.path, []).append(step)
            for search in _find_covering(landing, by_path):
                # At or below `start`, an earlier search has looked.
                if search.start < step and search.same_step < step:
                    search.offer_commit(landing, step)
    except GitError:
        read_to_end = False
    ascending = {path: steps[::-1] for path, steps in touched.items()}
    for search in unfinished:
        search.narrow_candidates(ascending)
    return read_to_end


def _without_tasks(landing: Landing) -> Landing:
    if not any(change.path.startswith(TASKS_BYTES) for change in landing.changes):
        return landing
    return landing._replace(changes=tuple(c for c in landing.changes if not c.path.startswith(TASKS_BYTES)))


def _find_covering(landing: Landing, by_path: Mapping[bytes, Sequence[Search]]) -> Iterable[Search]:
    paths = [change.path for change in landing.changes]
    if not paths or any(path not in by_path for path in paths):
        return []
    # Whoever covers all paths covers the rarest one, so only those few are looked at.
    rarest = min((by_path[path] for path in paths), key=len)
    return [search for search in rarest if all(path in search.net for path in paths)]
