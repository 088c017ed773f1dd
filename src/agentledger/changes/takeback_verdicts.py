"""What base did to a change that had arrived, by three questions: to content, to messages, to its tip.

Belongs here: the three verdicts, and the merges that they take. Does not: searching base's line for candidates
(see `squash_candidates`), or which arrivals to ask about (see `takebacks`).

A commit lacks all of a change where merging its reverse changes nothing there, and has all of it where merging the
change itself does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agentledger.changes import same_change
from agentledger.changes.ancestry import History
from agentledger.changes.line_counts import Counts, count_pairs
from agentledger.changes.revert_messages import Revert
from agentledger.changes.same_change import SLACK, Fork
from agentledger.changes.squash_candidates import Search
from agentledger.git import diffs, objects
from agentledger.git.blob_pairs import GITLINK, Pair
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Arrival, By, Change, Loss, TakenBack
from agentledger.model.text import decode
from agentledger.storage.cache import Cache


@dataclass(kw_only=True)
class Inquiry:
    """One arrival, and what was found out about it so far."""

    arrival: Arrival
    #: What arrived, without the ledger.
    changes: tuple[Change, ...]
    #: The search for the reverse, and for the change itself once more.
    back: Search
    again: Search
    taken_back: TakenBack | None = None

    def take_back(self, commit: str) -> Fork:
        """Merge the reverse into a commit: a commit that lacks all of the change stays as it is."""
        return Fork(self.arrival.after, commit, self.arrival.before)

    def bring(self, commit: str) -> Fork:
        """Merge the change into a commit: one that has all of it stays as it is."""
        return Fork(self.arrival.before, commit, self.arrival.after)


class Judge:
    """Fills in what base took back, for all inquiries at once."""

    def __init__(self, scratch: Scratch, cache: Cache, history: History) -> None:
        self.scratch, self.cache, self.history = scratch, cache, history
        self.tip = history.chain[0]
        self._trees: dict[str, str] = {}

    def judge_by_content(self, inquiries: Sequence[Inquiry]) -> None:
        """Mark as reverted what base has the reverse of, and nothing newer."""
        commits_ = [i.back.same or "" for i in inquiries]
        parents = [self.history.parents[commit][0] for commit in commits_]
        had_all = self._stays([i.bring(p) for i, p in zip(inquiries, parents, strict=True)])
        for inquiry, commit, alone in zip(inquiries, commits_, had_all, strict=True):
            inquiry.taken_back = self._taken_back(inquiry, Loss.REVERTED, commit, alone=alone)

    def judge_by_message(self, pairs: Sequence[tuple[Inquiry, Revert]]) -> None:
        """Mark what a commit says it took back: all of it, where it lacks all of it, else a part."""
        landings = [revert.landing for _, revert in pairs]
        parents = [self.history.parents[landing][0] for landing in landings]
        has_all = self._stays([i.bring(self.tip) for i, _ in pairs])
        had_all = self._stays([i.bring(p) for (i, _), p in zip(pairs, parents, strict=True)])
        lacks_all = self._stays([i.take_back(r.landing) for i, r in pairs])
        touched = self._read_paths(list(zip(parents, landings, strict=True)))
        for at, (inquiry, revert) in enumerate(pairs):
            if has_all[at] or (not inquiry.arrival.is_known and not lacks_all[at]):
                continue
            loss = Loss.REVERTED if lacks_all[at] else Loss.PARTLY
            taken_back = self._taken_back(inquiry, loss, revert.landing, alone=had_all[at])
            if loss is Loss.PARTLY:
                paths = tuple(p for p in taken_back.paths if p in touched.get(revert.landing, ()))
                taken_back = replace(taken_back, paths=paths)
            # A commit that touches none of these files has taken nothing of this back.
            if taken_back.paths:
                inquiry.taken_back = taken_back

    def judge_by_tip(self, inquiries: Sequence[Inquiry]) -> None:
        """Find what base's tip lacks. Same changes are looked at file by file in `absorbed`."""
        arrived = [i for i in inquiries if i.arrival.by is not By.SAME_CHANGE]
        doubtful = self._drop_kept(arrived, self._read_tip(arrived))
        lacks_all = self._stays([i.take_back(self.tip) for i in doubtful])
        for inquiry, lost in zip(doubtful, lacks_all, strict=True):
            if lost:
                inquiry.taken_back = self._taken_back(inquiry, Loss.LOST, None)

    def _drop_kept(self, inquiries: Sequence[Inquiry], at_tip: Mapping[bytes, str]) -> list[Inquiry]:
        """Leave out what base's tip cannot have lost: where a file is as it came, or too few lines differ."""
        null = self.scratch.null
        moved = {
            id(i): [(c, Pair(c.new, at_tip.get(c.path, null))) for c in i.changes]
            for i in inquiries
            if not any(at_tip.get(c.path, null) == c.new for c in i.changes)
        }
        pairs = {
            pair: None
            for rows in moved.values()
            for change, since in rows
            for pair in (since, Pair(change.old, change.new))
            if GITLINK not in (change.old_mode, change.new_mode)
        }
        counts = count_pairs(self.scratch, self.cache, list(pairs))
        return [
            i
            for i in inquiries
            if id(i) in moved
            and all(_can_undo(counts.get(Pair(c.old, c.new)), counts.get(since)) for c, since in moved[id(i)])
        ]

    def _taken_back(self, inquiry: Inquiry, loss: Loss, commit: str | None, alone: bool = False) -> TakenBack:
        return TakenBack(
            loss=loss,
            arrival=inquiry.arrival,
            commit=commit,
            is_merge=commit is not None and len(self.history.parents[commit]) > 1,
            alone=alone,
            paths=tuple(change.path for change in inquiry.changes),
        )

    # -- asking git -----------------------------------------------------------------------

    def _stays(self, forks: Sequence[Fork]) -> list[bool]:
        """For each merge: does it leave the tree of `ours` as it is?"""
        unread = {commit for fork in forks for commit in fork} - self._trees.keys()
        if unread:
            self._trees |= same_change.read_trees(self.scratch, unread)
        gives = same_change.merge_trees(self.scratch, self._trees, forks)
        return [
            tree is not None and tree == self._trees[fork.ours]
            for fork, tree in zip(forks, gives, strict=True)
        ]

    def _read_tip(self, inquiries: Sequence[Inquiry]) -> dict[bytes, str]:
        paths = {change.path for i in inquiries for change in i.changes}
        if not paths:
            return {}
        listed = objects.read_file_ids(self.scratch.git, self.tip)
        return {path: decode(oid) for path, oid in listed if path in paths}

    def _read_paths(self, pairs: Sequence[tuple[str, str]]) -> dict[str, frozenset[bytes]]:
        answers = zip(pairs, diffs.read_changes(self.scratch.git, pairs), strict=True)
        return {
            commit: frozenset(change.path for change in answer)
            for (_, commit), answer in answers
            if not isinstance(answer, Failure)
        }


def _can_undo(arrived: Counts, since: Counts) -> bool:
    """Do the lines that a file changed since suffice to undo those that arrived? Yes where none can be counted."""
    if arrived is None or since is None:
        return True
    (added, removed), (added_since, removed_since) = arrived, since
    # Where lines repeat, two diffs of the same lines can differ by a few.
    return removed_since >= min(added, max(1, added - SLACK)) and added_since >= min(
        removed, max(1, removed - SLACK)
    )
