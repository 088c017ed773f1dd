"""How far a piece of work is: who waits for whom, since when, and which claims about it are still true.

Belongs here: pure functions of a fleet's values, "now" among them. Does not: whether base has moved in a way
that matters (see `changes.freshness`), or what to do about a branch (see `actions`).

What was said of a commit is still true as long as that commit's code tree is the branch's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from agentledger.model.check_in_states import ASKING_STATES
from agentledger.model.fleet import Branch, Commit, Fleet
from agentledger.model.ledger import Answer, Brief, Check, CheckIn, Evidence, Policy, PolicyCheck, Review
from agentledger.model.text import encode
from agentledger.model.work import Checked, Progress, Standing, Task, Trust, Work, task_of_work
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
    rivals = tuple(name for name in task.branches if name != branch.name)
    packet_fresh = is_code_unchanged(branch, work, work.packet.head) if work.packet else None
    touched = [change.path for change in branch.code_changes]
    checks = tuple(
        _judge_check(branch, work, check) for check in required_checks(task.brief, fleet.policy, touched)
    )
    progress, waits_for, since, question, answer, review = _judge_progress(branch, work)
    # Only an agent that works owes a sign of life; one that waits for the manager does not.
    owes_check_in = progress in (Progress.STARTED, Progress.WORKING)
    due = _check_in_deadline(branch, task.brief, since) if owes_check_in else None
    late = fleet.now - due if due is not None else 0
    overdue = late + task.brief.check_in if late > 0 and task.brief else 0
    if overdue:
        progress, waits_for = Progress.SILENT, "agent"
    return Standing(
        progress=progress,
        waits_for=waits_for,
        since=since,
        question=question,
        answer=answer,
        review=review,
        checks=checks,
        packet_fresh=packet_fresh,
        overdue=overdue,
        rivals=rivals,
        due=due,
    )


# -- what is still true -------------------------------------------------------------------


def is_code_unchanged(branch: Branch, work: Work, commit: str | None) -> bool | None:
    """Is the branch's code still that of `commit`? None when that commit is not on the branch.

    `commit` may be a short id, as a document gives it.
    """
    if commit == branch.head:
        return True
    code_tree = next(
        (tree for commit_id, tree in work.code_trees.items() if commit and commit_id.startswith(commit)), None
    )
    return None if code_tree is None else code_tree == branch.code_tree


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


def _judge_check(branch: Branch, work: Work, check: Check) -> Checked:
    evidence = next((e for e in work.evidence if e.check == check.name), None)
    if evidence is None:
        return Checked(check, None, None, None)
    return Checked(
        check, evidence, trust_of_evidence(evidence, work), is_code_unchanged(branch, work, evidence.head)
    )


def trust_of_evidence(evidence: Evidence, work: Work) -> Trust:
    """Return how far evidence can be trusted.

    It is claimed until somebody else has run the same command on the same code. One run with a different
    result makes it flaky; it takes a second one to contradict it.
    """
    if evidence.skipped is not None:
        return Trust.SKIPPED
    # A run of another command, or on another tree, says nothing about this evidence.
    agreements = [
        run.passed == evidence.passed
        for run in work.reruns
        if (run.check, run.tree, run.command) == (evidence.check, evidence.tree, evidence.command)
    ]
    if not agreements:
        return Trust.CLAIMED
    if all(agreements):
        return Trust.REPRODUCED
    return Trust.FLAKY if any(agreements) or len(agreements) == 1 else Trust.CONTRADICTED


# -- who waits for whom -------------------------------------------------------------------

# Progress, whose turn it is ("agent" or "manager"), since when (seconds since the epoch), and what says so.
_Judgement = tuple[Progress, str, int | None, CheckIn | None, Answer | None, Review | None]


def _judge_progress(branch: Branch, work: Work) -> _Judgement:
    # All documents of `work` are newest first.
    newest = work.check_ins[0] if work.check_ins else None
    review = work.reviews[0] if work.reviews else None
    replies = _group_replies(work)
    answer = _newest_reply(newest, replies) if newest else None
    # A later check-in makes a review history, unless it only says again that the same code is ready.
    if review and (newest is None or review.at >= newest.at or _says_ready(branch, work, newest)):
        reviewed = _judge_review(branch, work, review)
        if reviewed:
            return (*reviewed, newest, answer, review)
    if newest is None:
        return Progress.STARTED, "agent", None, None, None, review
    question = _find_unanswered(work, replies)
    if question:
        progress = Progress.BLOCKED if question.state == "blocked" else Progress.NEEDS_INPUT
        return progress, "manager", question.at, question, _newest_reply(question, replies), review
    sent_back = answer is not None and answer.decision in _SENDS_BACK
    if _says_ready(branch, work, newest) and not sent_back:
        return Progress.READY, "manager", newest.at, newest, answer, review
    since = max(newest.at, answer.at) if answer and (_is_question(newest) or sent_back) else newest.at
    return Progress.WORKING, "agent", since, newest, answer, review


def _judge_review(branch: Branch, work: Work, review: Review) -> tuple[Progress, str, int] | None:
    """Return what the newest review makes of the branch; None when it is about other code."""
    if not is_code_unchanged(branch, work, review.head):
        return None
    if review.verdict == "approve":
        return Progress.APPROVED, "manager", review.at
    return (
        (Progress.REJECTED, "manager", review.at)
        if review.verdict == "reject"
        else (Progress.CHANGES, "agent", review.at)
    )


def _says_ready(branch: Branch, work: Work, newest: CheckIn) -> bool:
    """Does the newest check-in say ready, of the code as it is?

    `ready` lasts until the code changes again; an uncommitted check-in is about the code as it is.
    """
    source = newest.document.source
    return newest.state == "ready" and (
        source.uncommitted or is_code_unchanged(branch, work, source.commit) is True
    )


# Decisions that give the work back to its agent, whether it had asked something or said that it is done.
_SENDS_BACK = ("change", "reject", "stop")
# The answers by the name of the check-in that each replies to, newest first.
_Replies = Mapping[str, Sequence[Answer]]


def is_waiting(work: Work) -> bool:
    """Does the work wait for somebody, so that it must not be put aside as dormant?"""
    return any(c.state != "working" for c in work.check_ins[:1]) or has_open_question(work)


def has_open_question(work: Work) -> bool:
    """Does a check-in wait for the manager's answer?"""
    return _find_unanswered(work, _group_replies(work)) is not None


def _is_question(check_in: CheckIn) -> bool:
    return check_in.state in ASKING_STATES or check_in.checkpoint is not None


def _find_unanswered(work: Work, replies: _Replies) -> CheckIn | None:
    """Return the check-in that waits for the manager; None where none does.

    That is the newest, if it asks. A later check-in withdraws a question, but not a checkpoint: an agent
    that goes on without an answer must not open it.
    """
    for newest in work.check_ins[:1]:
        if newest.state in ASKING_STATES and not replies.get(newest.name):
            return newest
    # The newest request for each checkpoint: one that is asked for again waits again.
    requests: dict[str, CheckIn] = {}
    for check_in in work.check_ins:
        if check_in.checkpoint:
            requests.setdefault(check_in.checkpoint, check_in)
    return next((c for c in requests.values() if not _is_decided(c, replies)), None)


def _is_decided(check_in: CheckIn, replies: _Replies) -> bool:
    """Has the manager said yes or no to the checkpoint? A note is neither."""
    answers = replies.get(check_in.name, ())
    return any(a.decision != "note" and a.checkpoint in (None, check_in.checkpoint) for a in answers)


def _group_replies(work: Work) -> dict[str, list[Answer]]:
    """Group the answers by the name of the check-in that each replies to, newest first."""
    replies: dict[str, list[Answer]] = {}
    for answer in work.answers:
        name = answer.to or _answered_check_in(answer, work)
        if name:
            replies.setdefault(name, []).append(answer)
    return replies


def _answered_check_in(answer: Answer, work: Work) -> str | None:
    """Return the check-in that an answer without an address replies to: the newest before it that asks.

    Where none asks, the newest before it. An answer that names a checkpoint replies to that alone; one
    about the brief to no check-in.
    """
    if answer.brief:
        return None
    before = [c for c in work.check_ins if c.at <= answer.at]
    if answer.checkpoint:
        return next((c.name for c in before if c.checkpoint == answer.checkpoint), None)
    if before and not _is_question(before[0]):
        before = [c for c in before if c.checkpoint] or before
    return before[0].name if before else None


def _newest_reply(check_in: CheckIn, replies: _Replies) -> Answer | None:
    return next(iter(replies.get(check_in.name, ())), None)


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
