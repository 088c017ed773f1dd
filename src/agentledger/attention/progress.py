"""How far a piece of work is, since when, and which claims about it are still true.

Belongs here: pure functions of a fleet's values, "now" among them. Does not: which answer is to which check-in
(see `replies`), what evidence is worth (see `trust`), whose turn it is by all this (see `turn`), whether base has
moved in a way that matters (see `changes.freshness`), or what to do about a branch (see `actions`).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from agentledger.attention import approval, replies
from agentledger.attention.clock import Dated, time_of
from agentledger.attention.trust import Judge, Sight, compare_code, judge_documents
from agentledger.model.fleet import Branch, Commit, Fleet
from agentledger.model.ledger import Answer, Brief, Check, CheckIn, Review
from agentledger.model.policy import Policy, PolicyCheck
from agentledger.model.text import encode
from agentledger.model.work import Checked, Progress, Standing, Task, Work, task_of_work
from agentledger.scope.task_scope import first_match


def place_branches(fleet: Fleet) -> Fleet:
    """Return the fleet; each branch that works on a task has its `standing`."""
    tasks = {task.id: task for task in fleet.tasks}
    branches = tuple(
        replace(branch, standing=_standing_of(branch, branch.work, tasks, fleet)) if branch.work else branch
        for branch in fleet.branches
    )
    return replace(fleet, branches=branches)


def _standing_of(branch: Branch, work: Work, tasks: Mapping[str, Task], fleet: Fleet) -> Standing:
    task = task_of_work(work, tasks)
    touched = [change.path for change in branch.code_changes]
    checks = required_checks(task.brief, fleet.policy, touched)
    standing = Standing(
        progress=Progress.STARTED,
        checks=tuple(Checked(check, None, None, None) for check in checks),
        rivals=tuple(name for name in task.branches if name != branch.name),
        asked=approval.find_asked(fleet.policy, task.brief, touched, confirmed=work.unconfirmed is None),
    )
    sight = Sight(
        judge=lambda commit, _: compare_code(branch, work, commit),
        paths=branch.existing_code_paths,
        head_tree=branch.code_tree,
    )
    return judge_standing(branch, standing, task.brief, now=fleet.now, sight=sight)


def judge_standing(
    branch: Branch, standing: Standing, brief: Brief | None, *, now: int, sight: Sight
) -> Standing:
    """Return the standing with how far the branch is, since when, and by which documents that are still true.

    `now` is in seconds since the epoch.
    """
    work = branch.work
    if work is None:
        return standing
    # From the start: a standing that was judged before may have been silent, which follows from the clock anew.
    documents = judge_documents(replace(standing, progress=Progress.STARTED), work, sight)
    judged = _Judge(branch, work, now, sight.judge).standing(documents)
    # Only an agent that works owes a sign of life; one that waits for the manager does not.
    owes_check_in = judged.progress in (Progress.STARTED, Progress.WORKING)
    due = _check_in_deadline(branch, brief, judged.since) if owes_check_in else None
    late = now - due if due is not None else 0
    overdue = late + brief.check_in if late > 0 and brief else 0
    return replace(judged, due=due, overdue=overdue, progress=Progress.SILENT if overdue else judged.progress)


# -- what has to pass ---------------------------------------------------------------------


def required_checks(brief: Brief | None, policy: Policy, touched: Collection[bytes]) -> tuple[Check, ...]:
    """Return the checks that work has to pass: the brief's, and policy's, which win by name.

    Of policy's, those for all paths, and those for paths that the work has `touched`.
    """
    ours = {each.check.name: each.check for each in policy.checks if _is_applicable(each, touched)}
    theirs = {check.name: check for check in (brief.verify if brief else ())}
    return tuple({**theirs, **ours}.values())


def _is_applicable(policy_check: PolicyCheck, touched: Collection[bytes]) -> bool:
    patterns = tuple(map(encode, policy_check.paths))
    return not patterns or any(first_match(patterns, path) is not None for path in touched)


# -- how far it is ------------------------------------------------------------------------


def is_waiting(work: Work, now: int) -> bool:
    """Does the work wait for somebody, so that it must not be put aside as dormant?"""
    asks = any(c.state != "working" for c in work.check_ins[:1]) or replies.has_open_question(work)
    return asks or replies.find_stop(work, now) is not None


@dataclass(frozen=True, slots=True)
class _Judge:
    """One branch, and what has to be known to say how far it is. All documents of `work` are newest first."""

    branch: Branch
    work: Work
    now: int
    judge: Judge

    def standing(self, standing: Standing) -> Standing:
        """Return the standing with progress, since when, and the documents that both follow from."""
        newest, review = next(iter(self.work.check_ins), None), self._find_deciding(standing)
        answered = replies.group_replies(self.work)
        answer = replies.newest_reply(newest, answered)
        standing = replace(standing, question=newest, answer=answer, review=review)
        question = replies.find_unanswered(self.work, answered)
        if review and self._is_review_in_force(review, newest):
            verdict = _VERDICTS.get(review.verdict, Progress.CHANGES)
            return replace(standing, progress=verdict, since=time_of(review, self.now))
        if newest is None:
            return standing
        if question:
            progress = Progress.BLOCKED if question.state == "blocked" else Progress.NEEDS_INPUT
            answer = replies.newest_reply(question, answered)
            return replace(
                standing,
                progress=progress,
                since=time_of(question, self.now),
                question=question,
                answer=answer,
            )
        return self._place_working(standing, newest, answer)

    def _place_working(self, standing: Standing, newest: CheckIn, answer: Answer | None) -> Standing:
        """Return the standing of a branch on which nothing is asked: ready, or at work again or still."""
        said_at = time_of(newest, self.now)
        sent_back: list[Dated] = [*self._review_sent_back(standing.review, newest)]
        sent_back += [answer] if answer and answer.decision in replies.SENDS_BACK else []
        if newest.state == "ready" and not sent_back:
            if self._is_ready(newest):
                return replace(standing, progress=Progress.READY, since=said_at)
            commit = newest.document.source.commit or ""
            return replace(
                standing, progress=Progress.LAPSED, since=self._lapsed_at(commit, said_at), lapsed=commit
            )
        if self._has_stopped(newest):
            return replace(standing, progress=Progress.STOPPED, since=said_at)
        sent_back += [answer] if answer and replies.is_question(newest) else []
        since = max([said_at, *(time_of(each, self.now) for each in sent_back)])
        return replace(standing, progress=Progress.WORKING, since=since)

    def _review_sent_back(self, review: Review | None, newest: CheckIn) -> list[Review]:
        """Return the review, if it asked for more code than there was, and more code came: else nothing."""
        asked = review is not None and review.verdict != "approve" and self._came_after(review, newest)
        return [review] if review and asked else []

    def _find_deciding(self, standing: Standing) -> Review | None:
        """Return the review that decides, be it in force or not."""
        agent = self.branch.agent.name if self.branch.agent else ""
        authors = approval.list_clients(self.work, agent)
        return approval.find_deciding(
            self.work.reviews,
            standing.asked,
            authors,
            lambda review: self.judge(review.head, review.change).holds,
        )

    def _is_review_in_force(self, review: Review, newest: CheckIn | None) -> bool:
        """Is the newest review about the code as it is, and not made history by a later check-in?

        An approval outlives a check-in that says once more that the same code is ready; whoever says so after
        a request for changes puts it to the manager again.
        """
        if not self.judge(review.head, review.change).holds:
            return False
        if newest is None or self._came_after(review, newest):
            return True
        return review.verdict == "approve" and newest.state == "ready" and self._is_ready(newest)

    def _came_after(self, review: Review, check_in: CheckIn) -> bool:
        """Is a review later than a check-in? Surely where the reviewed commit had it, else by their times."""
        line = [commit.id for commit in self.branch.line]
        reviewed = next((at for at, commit in enumerate(line) if commit.startswith(review.head)), None)
        brought = check_in.document.source.commit
        if reviewed is not None and brought in line[reviewed:]:
            return True
        return time_of(review, self.now) >= time_of(check_in, self.now)

    def _is_ready(self, newest: CheckIn) -> bool:
        """Is what the check-in called ready the code as it is? An uncommitted one speaks of just that."""
        source = newest.document.source
        return source.uncommitted or self.judge(source.commit, None).holds

    def _lapsed_at(self, ready: str, said_at: int) -> int:
        """Return when the first code commit came after the commit that said ready."""
        later = itertools.takewhile(lambda commit: commit.id != ready, self.branch.line)
        code = {commit.id for commit in code_commits(self.branch)}
        times = [commit.committed_at for commit in later if commit.id in code]
        return min(max(min(times, default=said_at), said_at), self.now)

    def _has_stopped(self, newest: CheckIn) -> bool:
        """Was its agent told to stop, and has it checked in since, with no more code after that?"""
        source = newest.document.source
        ended = source.uncommitted or compare_code(self.branch, self.work, source.commit).holds
        return ended and replies.find_stop(self.work, self.now) is not None


# What the verdict of a review makes of a branch; any other asks for changes.
_VERDICTS = {
    "approve": Progress.APPROVED,
    "reject": Progress.REJECTED,
}


def _check_in_deadline(branch: Branch, brief: Brief | None, since: int | None) -> int | None:
    """Return the last second in which a sign of life is in time; None for sessions that need not check in.

    `since` is when the agent's turn began: while it waited for an answer, it had nothing to report.
    Both are in seconds since the epoch.
    """
    if brief is None or brief.session != "background":
        return None
    signs = [since] if since is not None else []
    # A commit that changes code is a sign of life; one that only reports is its check-in already.
    code = code_commits(branch)
    return max([*signs, *(c.committed_at for c in code[:1])]) + brief.check_in if signs or code else None


def code_commits(branch: Branch) -> list[Commit]:
    """Return a branch's own commits that changed something outside the ledger, newest first.

    Without a ledger on the branch no code trees are known, and every commit counts.
    """
    trees = branch.work.code_trees if branch.work else {}
    same = {
        c.id for c in branch.commits if c.id in trees and trees[c.id] == trees.get(next(iter(c.parents), ""))
    }
    return [c for c in branch.own_commits if c.id not in same]
