"""Find the branches whose change base had, and took back.

Belongs here: what base did to a change after it had arrived, and what that makes of a branch. Does not: how the
change arrived (see `arrivals` and `absorbed`), or what commit messages say (see `revert_messages`).

Content decides. A change is *reverted* where base's first-parent line has the reverse of it (the search of
`squash_candidates`, turned round), and has not taken it again after that. Where only a message says so, the
commit's own tree is asked: if merging the reverse into it changes nothing, all of it is gone; else it was taken
back *partly*. Where neither speaks, base's tip is asked the same: it has *lost* the change since, which may be
no more than a later rewrite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentledger.changes import arrivals, revert_messages, same_change, squash_candidates
from agentledger.changes.ancestry import History
from agentledger.changes.revert_messages import Revert
from agentledger.changes.same_change import Fork
from agentledger.changes.squash_candidates import Search
from agentledger.git import commits, diffs, objects
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.fleet import Arrival, Branch, By, Change, Loss, TakenBack
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import decode, encode
from agentledger.repository.branch_starts import Start
from agentledger.storage.cache import Cache

Progress = Callable[[str, int, int], None]
_KIND = "taken-back"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What base had of each branch, by ref, and what it took back of that; `by_code` lists those with code."""

    by_ref: Mapping[str, tuple[Arrival, ...]]
    taken_back: Mapping[Arrival, TakenBack | None]
    with_code: frozenset[Arrival]


@dataclass(kw_only=True)
class _Inquiry:
    """One arrival, and what was found out about it so far."""

    arrival: Arrival
    #: What arrived, without the ledger.
    changes: tuple[Change, ...]
    #: The search for the reverse, and for the change itself once more.
    back: Search
    again: Search
    taken_back: TakenBack | None = None

    @property
    def forks(self) -> _Forks:
        """Return the merges that tell what a commit has of the change."""
        return _Forks(self.arrival)


@dataclass(frozen=True, slots=True)
class _Forks:
    arrival: Arrival

    def take_back(self, commit: str) -> Fork:
        """Merge the reverse into a commit: a commit that lacks all of the change stays as it is."""
        return Fork(self.arrival.after, commit, self.arrival.before)

    def bring(self, commit: str) -> Fork:
        """Merge the change into a commit: one that has all of it stays as it is."""
        return Fork(self.arrival.before, commit, self.arrival.after)


class TakebackReader:
    """Looks for what base took back, for all branches at once."""

    def __init__(self, scratch: Scratch, cache: Cache, history: History, progress: Progress) -> None:
        self.scratch, self.cache, self.history, self.progress = scratch, cache, history, progress
        self.tip = history.chain[0] if history.chain else ""
        self._trees: dict[str, str] = {}

    def read(self, branches: Sequence[Branch], starts: Mapping[str, Start]) -> Arrived:
        """Find how base came to have each branch, and what it took back."""
        subjects = self._read_subjects(arrivals.list_merges(self.history, branches))
        by_ref = arrivals.find_arrivals(self.history, branches, starts, subjects)
        unique = list(dict.fromkeys(a for row in by_ref.values() for a in row))
        changes = self._read_changes(unique)
        rows = self.cache.get(_KIND, map(_cache_key, unique))
        stored = {a: rows[_cache_key(a)] for a in unique if _is_valid_row(rows.get(_cache_key(a)))}
        known = {a: _load(row[3], a) for a, row in stored.items() if row[0] == self.tip}
        inquiries = [
            self._begin(a, changes[a], stored.get(a)) for a in unique if a not in known and changes.get(a)
        ]
        whole = self._settle(inquiries, subjects)
        if whole:
            self.cache.put(_KIND, ((_cache_key(i.arrival), self._dump(i)) for i in inquiries))
        known |= {i.arrival: i.taken_back for i in inquiries}
        return Arrived(by_ref, known, frozenset(a for a in unique if changes.get(a)))

    def _read_subjects(self, ids: Sequence[str]) -> dict[str, str]:
        return {commit.id: commit.subject for commit in commits.read_commits(self.scratch.git, ids)}

    def _read_changes(self, unique: Sequence[Arrival]) -> dict[Arrival, tuple[Change, ...]]:
        """Read what each arrival changed outside the ledger; what cannot be read is left out."""
        pairs = [(arrival.before, arrival.after) for arrival in unique]
        answers = zip(unique, diffs.read_changes(self.scratch.git, pairs), strict=True)
        return {
            arrival: tuple(c for c in answer if not c.path.startswith(LEDGER_BYTES))
            for arrival, answer in answers
            if not isinstance(answer, Failure)
        }

    def _begin(self, arrival: Arrival, changes: tuple[Change, ...], row: Any) -> _Inquiry:
        """Begin where the stored row ended, if base still has what it names."""
        begin = start = self.history.step(arrival.commit)
        on_line = self.history.on_first_parent_line
        known = row if row and all(on_line(c) for c in row[:3] if c) else None
        if known:
            start = max(begin, self.history.step(known[0]))
        old, new = arrival.before, arrival.after
        back = Search(old=new, new=old, changes=map(_reverse, changes), begin=begin, start=start)
        again = Search(old=old, new=new, changes=changes, begin=begin, start=start)
        for search, commit in ((back, known[1]), (again, known[2])) if known else ():
            if commit:
                search.accept(commit, self.history.step(commit))
        return _Inquiry(arrival=arrival, changes=changes, back=back, again=again)

    # -- judging --------------------------------------------------------------------------

    def _settle(self, inquiries: Sequence[_Inquiry], subjects: Mapping[str, str]) -> bool:
        """Fill in what was taken back; False where base's line could not be read to its end."""
        if not inquiries:
            return True
        searches = [search for i in inquiries for search in (i.back, i.again)]
        whole = squash_candidates.scan_base_line(self.scratch, self.history, searches, self.progress)
        self._compare([i.back for i in inquiries])
        # What was never taken back has nothing to come again.
        self._compare([i.again for i in inquiries if i.back.same])
        reverts = self._read_reverts(inquiries, subjects)
        said = {id(i): r for i in inquiries if (r := self._find_revert(i, reverts))}
        self._judge_by_content([i for i in inquiries if i.back.same_step > i.again.same_step])
        silent = [i for i in inquiries if i.taken_back is None]
        self._judge_by_message([(i, said[id(i)]) for i in silent if id(i) in said])
        self._judge_by_tip([i for i in silent if id(i) not in said and i.arrival.is_known])
        return whole

    def _compare(self, searches: Sequence[Search]) -> None:
        # Only what is newer than the match there is can change anything.
        open_ = [s for s in searches if any(step > s.same_step for _, step, _ in s.candidates)]
        same_change.compare_patches(self.scratch, self.history, open_)
        same_change.compare_merges(self.scratch, self.history, open_)

    def _judge_by_content(self, inquiries: Sequence[_Inquiry]) -> None:
        commits_ = [i.back.same or "" for i in inquiries]
        parents = [self.history.parents[commit][0] for commit in commits_]
        had_all = self._stays([i.forks.bring(p) for i, p in zip(inquiries, parents, strict=True)])
        for inquiry, commit, alone in zip(inquiries, commits_, had_all, strict=True):
            inquiry.taken_back = self._taken_back(inquiry, Loss.REVERTED, commit, alone=alone)

    def _judge_by_message(self, pairs: Sequence[tuple[_Inquiry, Revert]]) -> None:
        landings = [revert.landing for _, revert in pairs]
        parents = [self.history.parents[landing][0] for landing in landings]
        has_all = self._stays([i.forks.bring(self.tip) for i, _ in pairs])
        had_all = self._stays([i.forks.bring(p) for (i, _), p in zip(pairs, parents, strict=True)])
        lacks_all = self._stays([i.forks.take_back(r.landing) for i, r in pairs])
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

    def _judge_by_tip(self, inquiries: Sequence[_Inquiry]) -> None:
        """Find what base's tip lacks. Same changes are looked at file by file in `absorbed`."""
        at_tip = self._read_tip(inquiries)
        doubtful = [
            i
            for i in inquiries
            if i.arrival.by is not By.SAME_CHANGE
            # A file that is still as it came was not lost.
            and not any(at_tip.get(c.path, self.scratch.null) == c.new for c in i.changes)
        ]
        lacks_all = self._stays([i.forks.take_back(self.tip) for i in doubtful])
        for inquiry, lost in zip(doubtful, lacks_all, strict=True):
            if lost:
                inquiry.taken_back = self._taken_back(inquiry, Loss.LOST, None)

    def _taken_back(
        self, inquiry: _Inquiry, loss: Loss, commit: str | None, alone: bool = False
    ) -> TakenBack:
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

    def _read_tip(self, inquiries: Sequence[_Inquiry]) -> dict[bytes, str]:
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

    # -- messages -------------------------------------------------------------------------

    def _read_reverts(self, inquiries: Sequence[_Inquiry], subjects: Mapping[str, str]) -> tuple[Revert, ...]:
        """Read which commits say that they take something back; () where git cannot read them."""
        oldest = min((i.arrival.commit for i in inquiries), key=self.history.step)
        try:
            messages = commits.read_revert_messages(self.scratch.git, self.tip, oldest)
        except GitError:
            return ()
        named = [row for message in messages if (row := revert_messages.parse_message(message))]
        landings = [self.history.landing(row.commit) for row in named if self.history.contains(row.commit)]
        unread = {*landings, *(i.arrival.commit for i in inquiries)} - subjects.keys() if named else ()
        everything = {**subjects, **self._read_subjects(sorted(unread))}
        return revert_messages.match_reverts(self.history, named, everything)

    def _find_revert(self, inquiry: _Inquiry, reverts: Sequence[Revert]) -> Revert | None:
        """Return the newest revert that names this arrival, or a commit that came with it."""
        since = max(inquiry.again.same_step, self.history.step(inquiry.arrival.commit))
        return next(
            (
                revert
                for revert in reverts
                if self.history.step(revert.landing) > since and self._is_of(inquiry.arrival, revert.target)
            ),
            None,
        )

    def _is_of(self, arrival: Arrival, target: str) -> bool:
        step = self.history.step(target)
        if arrival.by is By.FAST_FORWARD:
            return self.history.step(arrival.before) < step <= self.history.step(arrival.commit)
        if arrival.by is By.SAME_CHANGE:
            return target == arrival.commit
        return step == self.history.step(arrival.commit)

    # -- what is stored -------------------------------------------------------------------

    def _dump(self, inquiry: _Inquiry) -> list[Any]:
        taken = inquiry.taken_back
        row = taken and [
            taken.loss,
            taken.commit,
            taken.is_merge,
            taken.alone,
            [decode(path) for path in taken.paths],
        ]
        return [self.tip, inquiry.back.same, inquiry.again.same, row]


def _reverse(change: Change) -> Change:
    return change._replace(old_mode=change.new_mode, new_mode=change.old_mode, old=change.new, new=change.old)


def _cache_key(arrival: Arrival) -> str:
    return " ".join((arrival.commit, arrival.before, arrival.after, str(int(arrival.is_known))))


def _is_valid_row(row: Any) -> bool:
    """Is this a row that is stored here? Anybody can write to the cache's file."""
    return (
        isinstance(row, list)
        and len(row) == 4
        and isinstance(row[0], str)
        and all(isinstance(commit, str | None) for commit in row[1:3])
        and (row[3] is None or (isinstance(row[3], list) and len(row[3]) == 5))
    )


def _load(row: list[Any] | None, arrival: Arrival) -> TakenBack | None:
    if row is None:
        return None
    loss, commit, is_merge, alone, paths = row
    return TakenBack(
        loss=Loss(loss),
        arrival=arrival,
        commit=commit,
        is_merge=bool(is_merge),
        alone=bool(alone),
        paths=tuple(map(encode, paths)),
    )
