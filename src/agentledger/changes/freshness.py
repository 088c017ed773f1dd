"""Whether evidence, a packet or a review is still about the change that would merge.

Belongs here: comparing the commits that they name with the head, for all branches at once. Does not: what
follows from it (see `rules`).

A verdict about a commit is still true while only reports came since, or while merging that commit into base
gives the same as merging the head (see `net_changes.compare_heads`). So a rebase or a squash that changes nothing
keeps it, also where the branch does not have that commit any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from agentledger.attention.progress import judge_standing
from agentledger.attention.reviewing import decisive_review
from agentledger.attention.trust import Sight
from agentledger.changes import net_changes
from agentledger.changes.checked_files import changed_files
from agentledger.changes.net_changes import Line, change_id
from agentledger.git.objects import read_object_info
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.work import Fresh, Standing, task_of_work
from agentledger.scope.changed_globs import list_globs
from agentledger.storage.cache import Cache


class Freshness:
    """Are evidence, packets and reviews of some branches still about their heads? git is asked once for all."""

    def __init__(
        self,
        scratch: Scratch,
        fleet: Fleet,
        branches: Sequence[Branch],
        store: Cache | None = None,
        *,
        beside: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """Ask git; `beside` are, by a branch's ref, commits of this clone that are asked about as well."""
        self._beside = beside or {}
        self._lines = {b.ref: [Line(c.id, c.parents) for c in b.commits] for b in branches}
        self._own = {ref: frozenset(line.id for line in lines) for ref, lines in self._lines.items()}
        self._tasks, self._now = {task.id: task for task in fleet.tasks}, fleet.now
        base = fleet.base.head
        pairs = {
            (named, b.head)
            for b in branches
            for named in (*(each for each, _ in _named_commits(b)), *self._beside.get(b.ref, ()))
            if self._is_here(b, named) and not self._has_only_reports(b, named)
        }
        self._equal = net_changes.compare_heads(scratch, base, sorted(pairs), store) if pairs else {}
        self._lands_by_rebase = fleet.policy.landing == "rebase"
        heads = list(dict.fromkeys(b.head for b in branches if self._needs_change(b)))
        self._nets = net_changes.find_net_changes(scratch, base, heads, store) if heads else {}

    def judge(self, branch: Branch, named: str | None, change: str | None = None) -> Fresh:
        """Would merging the head bring the same as merging the commit `named`?

        Of a commit that this clone has, git alone says so. Of one that is gone, the id of its change that was
        recorded beside it, `change`, is compared with that of the change now.
        """
        if named is None or not self._is_here(branch, named):
            is_same = change is not None and change == self._change(branch)
            return Fresh.REWRITTEN if is_same else Fresh.UNKNOWN
        is_same = self._has_only_reports(branch, named) or self._equal.get((named, branch.head), False)
        if not is_same or (self._lands_by_rebase and self._has_side_commits(branch, named)):
            return Fresh.OTHER
        return Fresh.SAME if named in self._own[branch.ref] else Fresh.REWRITTEN

    def standing(self, branch: Branch) -> Standing | None:
        """Return the branch's standing, with all that was said of a commit judged by what merging brings."""
        standing, work = branch.standing, branch.work
        if standing is None or work is None:
            return None
        net = self._nets.get(branch.head)
        sight = Sight(
            judge=lambda named, change: self.judge(branch, named, change),
            paths=changed_files(branch, net) if net else branch.existing_code_paths,
            head_tree=branch.code_tree,
            change=self._change(branch),
        )
        # What was called ready is still that after base was merged in, or a rebase: see `progress`.
        brief = task_of_work(work, self._tasks).brief
        return judge_standing(branch, standing, brief, now=self._now, sight=sight)

    def review(self, branch: Branch, brief: Brief | None) -> Fresh | None:
        """Is the review that counts about the change as it is now? None: no review counts."""
        counts = decisive_review(brief, branch.work, branch.standing.asked if branch.standing else None)
        return self.judge(branch, counts.head, counts.change) if counts else None

    def _is_here(self, branch: Branch, named: str) -> bool:
        off_branch = branch.work.off_branch if branch.work else {}
        beside = self._beside.get(branch.ref, ())
        return named in self._own[branch.ref] or named in off_branch or named in beside

    def _has_only_reports(self, branch: Branch, full_id: str) -> bool:
        code_trees = branch.work.code_trees if branch.work else {}
        return full_id in self._own[branch.ref] and net_changes.has_only_reports(
            self._lines[branch.ref], code_trees, full_id
        )

    def _has_side_commits(self, branch: Branch, named: str) -> bool:
        """Did a merge bring commits that `named` has not, and that are not base's?

        A rebase drops the merge and applies them, whatever the merge made of them: `-s ours` would hide them.
        """
        parents = {line.id: line.parents for line in self._lines[branch.ref]}
        then, left = set[str](), [named]
        while left:
            commit = left.pop()
            if commit not in then:
                then.add(commit)
                left += [parent for parent in parents.get(commit, ()) if parent in parents]
        sides = (side for commit, all_of in parents.items() if commit not in then for side in all_of[1:])
        return any(side in parents and side not in then for side in sides)

    def _needs_change(self, branch: Branch) -> bool:
        """Is there a commit that is gone, or a check that was skipped, so that the change itself has to be known?"""
        if not branch.merge_bases:
            return False
        evidence = branch.work.evidence if branch.work else ()
        gone = any(change and not self._is_here(branch, named) for named, change in _named_commits(branch))
        return gone or any(e.skipped is not None and list_globs(e.command) for e in evidence)

    def _change(self, branch: Branch) -> str | None:
        net = self._nets.get(branch.head)
        return change_id(net) if net else None


def judge_reviews(
    scratch: Scratch, fleet: Fleet, branches: Sequence[Branch], store: Cache | None = None
) -> tuple[Branch, ...]:
    """Return the branches; those without a task that were reviewed have `reviews_fresh`. No process without any."""
    reviewed = [branch for branch in branches if branch.reviews]
    if not reviewed:
        return tuple(branches)
    named = list(
        dict.fromkeys(review.head for branch in reviewed for review in branch.reviews if review.head)
    )
    kinds = {
        name: kind for name, (_, kind, _) in zip(named, read_object_info(scratch.git, named), strict=True)
    }
    here = {b.ref: {r.head for r in b.reviews if kinds.get(r.head) == "commit"} for b in reviewed}
    fresh = Freshness(scratch, fleet, reviewed, store, beside=here)
    judged = {
        branch.ref: {r.document.source.path: fresh.judge(branch, r.head, r.change) for r in branch.reviews}
        for branch in reviewed
    }
    return tuple(replace(b, reviews_fresh=judged[b.ref]) if b.ref in judged else b for b in branches)


def _named_commits(branch: Branch) -> Iterator[tuple[str, str | None]]:
    """Yield the commits that evidence, packet, reviews and the check-in that says ready are about.

    Each comes with the id of its change, where the document has recorded one.
    """
    work = branch.work
    yield from ((review.head, review.change) for review in (work.reviews if work else branch.reviews))
    if work is None:
        return
    yield from ((c.document.source.commit or "", None) for c in work.check_ins[:1] if c.state == "ready")
    yield from ((evidence.head, evidence.change) for evidence in work.evidence)
    yield from ((record.head, record.change) for record in work.integrity)
    if work.packet and work.packet.head:
        yield work.packet.head, work.packet.change
