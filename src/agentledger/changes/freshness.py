"""Whether evidence, a packet or a review is still about the change that would merge.

Belongs here: comparing the commits that they name with the head, for all branches at once. Does not: what
follows from it (see `rules`).

A verdict about a commit is still true while only reports came since, or while merging that commit into base
gives the same as merging the head (see `net_changes.compare_heads`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from agentledger.attention.progress import judge_standing
from agentledger.changes import net_changes
from agentledger.changes.net_changes import Line
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.work import Checked, Standing, task_of_work
from agentledger.rules.review import decisive_review
from agentledger.storage.cache import Cache


class Freshness:
    """Are evidence, packets and reviews of some branches still about their heads? git is asked once for all."""

    def __init__(
        self, scratch: Scratch, fleet: Fleet, branches: Sequence[Branch], store: Cache | None = None
    ) -> None:
        self._lines = {b.ref: [Line(c.id, c.parents) for c in b.commits] for b in branches}
        self._tasks, self._now = {task.id: task for task in fleet.tasks}, fleet.now
        pairs = {
            (full_id, b.head)
            for b in branches
            for named in _named_commits(b)
            if (full_id := self._full_id(b, named)) and not self._has_only_reports(b, full_id)
        }
        self._equal = (
            net_changes.compare_heads(scratch, fleet.base.head, sorted(pairs), store) if pairs else {}
        )

    def is_fresh(self, branch: Branch, named: str | None) -> bool | None:
        """Would merging the head bring the same as merging the commit `named`? None: it is not on the branch.

        `named` is an id of seven characters or more, as a document gives it.
        """
        full_id = self._full_id(branch, named)
        if full_id is None:
            return None
        return self._has_only_reports(branch, full_id) or self._equal.get((full_id, branch.head), False)

    def standing(self, branch: Branch) -> Standing | None:
        """Return the branch's standing, with all that was said of a commit judged by what merging brings."""
        standing, work = branch.standing, branch.work
        if standing is None or work is None:
            return None
        judged = replace(
            standing,
            packet_fresh=self.is_fresh(branch, work.packet.head) if work.packet else None,
            checks=tuple(self._checked(branch, c) for c in standing.checks),
        )
        # What was called ready is still that after base was merged in, or a rebase: see `progress`.
        brief = task_of_work(work, self._tasks).brief
        return judge_standing(
            branch, judged, brief, now=self._now, is_same=lambda named: self.is_fresh(branch, named)
        )

    def review(self, branch: Branch, brief: Brief | None) -> bool | None:
        """Is the review that counts about the change as it is now?

        None: no review counts, or the commit it names is not on the branch.
        """
        counts = decisive_review(brief, branch.work)
        return self.is_fresh(branch, counts.head) if counts else None

    def _checked(self, branch: Branch, checked: Checked) -> Checked:
        return (
            replace(checked, fresh=self.is_fresh(branch, checked.evidence.head))
            if checked.evidence
            else checked
        )

    def _full_id(self, branch: Branch, named: str | None) -> str | None:
        commit_ids = (line.id for line in self._lines[branch.ref])
        # A document may give a short id, of seven characters or more.
        return next(
            (commit for commit in commit_ids if named and len(named) > 6 and commit.startswith(named)), None
        )

    def _has_only_reports(self, branch: Branch, full_id: str) -> bool:
        code_trees = branch.work.code_trees if branch.work else {}
        return net_changes.has_only_reports(self._lines[branch.ref], code_trees, full_id)


def _named_commits(branch: Branch) -> Iterable[str]:
    """Yield the commits that evidence, packet, reviews and the check-in that says ready are about."""
    work = branch.work
    if work is None:
        return
    yield from (c.document.source.commit or "" for c in work.check_ins[:1] if c.state == "ready")
    yield from (evidence.head for evidence in work.evidence)
    # The newest review, and the newest by a human: some briefs count only that one.
    yield from (review.head for review in work.reviews[:1])
    yield from [review.head for review in work.reviews if review.kind == "human"][:1]
    if work.packet and work.packet.head:
        yield work.packet.head
