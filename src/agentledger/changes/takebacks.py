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
from dataclasses import dataclass
from typing import Any

from agentledger.changes import arrivals, revert_messages, same_change, squash_candidates
from agentledger.changes.ancestry import History
from agentledger.changes.revert_messages import Revert
from agentledger.changes.squash_candidates import Search
from agentledger.changes.takeback_verdicts import Inquiry, Judge
from agentledger.git import commits, diffs
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
    """What base had of each branch, by ref, and what it took back of that."""

    by_ref: Mapping[str, tuple[Arrival, ...]]
    taken_back: Mapping[Arrival, TakenBack | None]
    #: Those that brought files of the ledger, and nothing else.
    ledger_only: frozenset[Arrival]


class TakebackReader:
    """Looks for what base took back, for all branches at once."""

    def __init__(
        self, scratch: Scratch, cache: Cache, history: History, *, complete: bool, progress: Progress
    ) -> None:
        self.scratch, self.cache, self.history, self.progress = scratch, cache, history, progress
        #: Is it a clone with all objects?
        self.complete = complete
        self.tip = history.chain[0] if history.chain else ""

    def read(self, branches: Sequence[Branch], starts: Mapping[str, Start]) -> Arrived:
        """Find how base came to have each branch, and what it took back."""
        subjects = self._read_subjects(arrivals.list_merges(self.history, branches))
        by_ref = arrivals.find_arrivals(self.history, branches, starts, subjects)
        unique = list(dict.fromkeys(a for row in by_ref.values() for a in row))
        whole_changes = self._read_changes(unique)
        changes = {
            arrival: tuple(c for c in whole if not c.path.startswith(LEDGER_BYTES))
            for arrival, whole in whole_changes.items()
        }
        rows = self.cache.get(_KIND, map(_cache_key, unique))
        stored = {a: rows[_cache_key(a)] for a in unique if _is_valid_row(rows.get(_cache_key(a)))}
        known = {a: _load(row[3], a) for a, row in stored.items() if row[0] == self.tip}
        inquiries = [
            self._begin(a, changes[a], stored.get(a)) for a in unique if a not in known and changes.get(a)
        ]
        read_to_end = self._settle(inquiries, subjects)
        # What a missing object hid may be found once it is there.
        if read_to_end and self.complete:
            self.cache.put(_KIND, ((_cache_key(i.arrival), self._dump(i)) for i in inquiries))
        known |= {i.arrival: i.taken_back for i in inquiries}
        ledger_only = frozenset(a for a, whole in whole_changes.items() if whole and not changes[a])
        return Arrived(by_ref, known, ledger_only)

    def _read_subjects(self, ids: Sequence[str]) -> dict[str, str]:
        try:
            return {commit.id: commit.subject for commit in commits.read_commits(self.scratch.git, ids)}
        except GitError:
            return {}

    def _read_changes(self, unique: Sequence[Arrival]) -> dict[Arrival, tuple[Change, ...]]:
        """Read what each arrival changed; what cannot be read is left out."""
        pairs = [(arrival.before, arrival.after) for arrival in unique]
        answers = zip(unique, diffs.read_changes(self.scratch.git, pairs), strict=True)
        return {arrival: answer for arrival, answer in answers if not isinstance(answer, Failure)}

    def _begin(self, arrival: Arrival, changes: tuple[Change, ...], row: Any) -> Inquiry:
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
        return Inquiry(arrival=arrival, changes=changes, back=back, again=again)

    # -- judging --------------------------------------------------------------------------

    def _settle(self, inquiries: Sequence[Inquiry], subjects: Mapping[str, str]) -> bool:
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
        judge = Judge(self.scratch, self.cache, self.history)
        judge.judge_by_content([i for i in inquiries if i.back.same_step > i.again.same_step])
        silent = [i for i in inquiries if i.taken_back is None]
        judge.judge_by_message([(i, said[id(i)]) for i in silent if id(i) in said])
        judge.judge_by_tip([i for i in silent if id(i) not in said and i.arrival.is_known])
        return whole

    def _compare(self, searches: Sequence[Search]) -> None:
        # Only what is newer than the match there is can change anything.
        open_ = [s for s in searches if any(step > s.same_step for _, step, _ in s.candidates)]
        same_change.compare_patches(self.scratch, self.history, open_)
        same_change.drop_larger_candidates(self.scratch, self.cache, open_)
        same_change.compare_merges(self.scratch, self.history, open_)

    # -- messages -------------------------------------------------------------------------

    def _read_reverts(self, inquiries: Sequence[Inquiry], subjects: Mapping[str, str]) -> tuple[Revert, ...]:
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

    def _find_revert(self, inquiry: Inquiry, reverts: Sequence[Revert]) -> Revert | None:
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

    def _dump(self, inquiry: Inquiry) -> list[Any]:
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
        and (row[3] is None or _is_valid_loss(row[3]))
    )


def _is_valid_loss(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 5
        and row[0] in list(Loss)
        and isinstance(row[1], str | None)
        and isinstance(row[4], list)
        and all(isinstance(path, str) for path in row[4])
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
