"""Where a piece of work stands: who waits for whom, since when, and what of it still holds.

Pure: a function of a fleet's values, "now" among them. What was said of a commit holds
as long as that commit's code tree is the branch's; whether base has moved in a way that
matters is not judged here, and outputs say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .ledger import Answer, Brief, Check, CheckIn, Evidence, Policy, Review
from .model import Branch, Fleet
from .work import Checked, Progress, Standing, Task, Trust, Work


def place(fleet: Fleet) -> Fleet:
    """The fleet, each branch that works on a task with where it stands."""
    tasks = {task.id: task for task in fleet.tasks}
    branches = tuple(
        replace(branch, standing=_of_branch(branch, branch.work, tasks, fleet)) if branch.work else branch
        for branch in fleet.branches
    )
    return replace(fleet, branches=branches)


def _of_branch(branch: Branch, work: Work, tasks: Mapping[str, Task], fleet: Fleet) -> Standing:
    task = tasks.get(work.task, Task(work.task))
    rivals = tuple(name for name in task.branches if name != branch.name)
    packet_fresh = holds(branch, work, work.packet.head) if work.packet else None
    checks = tuple(_checked(branch, work, check) for check in asked(task.brief, fleet.policy))
    progress, waits_for, since, question, answer, review = _progress(branch, work)
    talks = progress in (Progress.STARTED, Progress.WORKING)
    overdue = _overdue(branch, work, task.brief, fleet.now) if talks else 0
    if overdue:
        progress, waits_for = Progress.SILENT, "agent"
    return Standing(
        progress, waits_for, since, question, answer, review, checks, packet_fresh, overdue, rivals
    )


# -- what still holds ---------------------------------------------------------------------


def holds(branch: Branch, work: Work, commit: str | None) -> bool | None:
    """Is the branch's code still that of `commit`? None when that commit is not on the branch."""
    if commit == branch.head:
        return True
    named = next(
        (tree for known, tree in work.code_trees.items() if commit and known.startswith(commit)), None
    )
    return None if named is None else named == branch.code_tree


def asked(brief: Brief | None, policy: Policy) -> tuple[Check, ...]:
    """The checks that work has to pass: the brief's, and policy's for all paths, which win by name."""
    ours = {found.check.name: found.check for found in policy.checks if not found.paths}
    theirs = {check.name: check for check in (brief.verify if brief else ())}
    return tuple({**theirs, **ours}.values())


def _checked(branch: Branch, work: Work, check: Check) -> Checked:
    evidence = next((e for e in work.evidence if e.check == check.name), None)
    if evidence is None:
        return Checked(check, None, None, None)
    return Checked(check, evidence, trust(evidence, work), holds(branch, work, evidence.head))


def trust(evidence: Evidence, work: Work) -> Trust:
    """Claimed until somebody else has run the same check on the same code."""
    if evidence.skipped is not None:
        return Trust.SKIPPED
    again = [
        run.passed == evidence.passed
        for run in work.reruns
        if (run.check, run.tree) == (evidence.check, evidence.tree)
    ]
    if not again:
        return Trust.CLAIMED
    if all(again):
        return Trust.REPRODUCED
    return Trust.FLAKY if any(again) else Trust.CONTRADICTED


# -- who waits for whom -------------------------------------------------------------------

_Found = tuple[Progress, str, int | None, CheckIn | None, Answer | None, Review | None]


def _progress(branch: Branch, work: Work) -> _Found:
    newest = work.check_ins[0] if work.check_ins else None
    review = work.reviews[0] if work.reviews else None
    answer = answer_to(newest, work) if newest else None
    if review and (newest is None or review.at >= newest.at or _says_ready(branch, work, newest)):
        reviewed = _reviewed(branch, work, review)
        if reviewed:
            return (*reviewed, newest, answer, review)
    if newest is None:
        return Progress.STARTED, "agent", None, None, None, review
    if newest.state in ("needs-input", "blocked"):
        if answer is None:
            return Progress(newest.state), "manager", newest.at, newest, None, review
        return Progress.WORKING, "agent", answer.at, newest, answer, review
    if _says_ready(branch, work, newest):
        return Progress.READY, "manager", newest.at, newest, answer, review
    return Progress.WORKING, "agent", newest.at, newest, answer, review


def _reviewed(branch: Branch, work: Work, review: Review) -> tuple[Progress, str, int] | None:
    """What the newest review makes of the branch; None when it speaks of other code."""
    if not holds(branch, work, review.head):
        return None
    if review.verdict == "approve":
        return Progress.APPROVED, "manager", review.at
    return (
        (Progress.REJECTED, "manager", review.at)
        if review.verdict == "reject"
        else (Progress.CHANGES, "agent", review.at)
    )


def _says_ready(branch: Branch, work: Work, newest: CheckIn) -> bool:
    """`ready` lasts until the code changes again; an uncommitted check-in speaks of the code as it is."""
    source = newest.document.source
    return newest.state == "ready" and (source.uncommitted or holds(branch, work, source.commit) is True)


def answer_to(check_in: CheckIn, work: Work) -> Answer | None:
    """The newest answer to a check-in: one that names it, or that came after it and names none."""
    for answer in work.answers:
        if answer.to == check_in.name or (answer.to is None and answer.at >= check_in.at):
            return answer
    return None


def _overdue(branch: Branch, work: Work, brief: Brief | None, now: int) -> int:
    """Seconds by which a check-in is late; 0 for sessions that do not check in while they work."""
    if brief is None or brief.session != "background":
        return 0
    signs = [work.check_ins[0].at] if work.check_ins else []
    # A commit that changes code is a sign of life; one that only reports is its check-in already.
    code = [c.committed_at for c in branch.commits if work.code_trees.get(c.id) != _before(work, c.parents)]
    late = now - max([*signs, *code[:1]], default=now)
    return late if late > brief.check_in else 0


def _before(work: Work, parents: tuple[str, ...]) -> str | None:
    return work.code_trees.get(parents[0]) if parents else None
