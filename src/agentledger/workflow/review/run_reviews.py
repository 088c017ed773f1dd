"""`agentledger review --run`: a second agent reviews branches, each in a clone of its own.

Belongs here: which branches, the order of the steps, and recording what came of them. Does not: one reviewer's run (see
`run_reviewer`), its clone (see `review_clone`), or its answer (see `reviewer_answer`).

The repository is read anew for each branch before its reviewer starts and after it has ended: that can take an hour.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from agentledger.attention import approval
from agentledger.attention.commands import review_command
from agentledger.attention.open_points import list_open_points
from agentledger.changes.net_changes import change_id
from agentledger.control.append import refuse_checked_out
from agentledger.control.commit_writer import read_identity
from agentledger.model.errors import GitError, LedgerError
from agentledger.model.fleet import Branch, State
from agentledger.model.near_names import unknown_name_error
from agentledger.model.review_run import ReviewRun, ReviewRuns
from agentledger.model.text import escape_hidden, format_age, format_count
from agentledger.model.work import Fresh, Progress, Task, Work
from agentledger.reports.prompt.quote import reveal_hidden
from agentledger.running import logs
from agentledger.workflow.handover.hand_prompt import render_prompt
from agentledger.workflow.review.record import Verdict, record_review
from agentledger.workflow.review.review_clone import (
    hold_review_lock,
    make_review_clone,
    sweep_review_clones,
)
from agentledger.workflow.review.reviewer_answer import NoVerdict, Question, Reply, judge_answer
from agentledger.workflow.review.run_reviewer import Ended, Job, run_reviewer
from agentledger.workflow.session.manager_context import Managing, open_managing
from agentledger.workflow.verify.one_check import read_dotenvs

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be run."""

    #: The command's name, which is the reviewer's.
    reviewer: str
    #: The user's own command, split into words.
    command: Sequence[str]
    #: Branches or tasks; () for all that are ready and that this reviewer has not seen as they are.
    names: Sequence[str] = ()
    #: Seconds that one reviewer may take.
    limit: int = 20 * 60
    #: So many at once.
    jobs: int = 1


def run_reviews(
    start: Path, wanted: Wanted, clock: Callable[[], int], tell: Tell, *, dry_run: bool = False
) -> ReviewRuns:
    """Have each branch reviewed, and record what came of it; `tell` gets a line when one begins and when one ends.

    `clock` gives the seconds since the epoch. Raises LedgerError, before anything is started, for a name that nobody
    has and for a branch that cannot be reviewed so.
    """
    sweep_review_clones()
    with open_managing(start, clock()) as desk:
        branches = _choose_branches(desk, wanted)
        if not dry_run:
            _refuse_unwritable(desk)
        publishes = desk.publishes
    if dry_run:
        planned = tuple(
            ReviewRun(branch=each.name, task=each.work.task, head=each.head, verdict="planned")
            for each in branches
            if each.work
        )
        return ReviewRuns(reviewer=wanted.reviewer, runs=planned, dry_run=True)
    runs = tuple(_Desk(start, wanted, clock, tell).run([branch.name for branch in branches]))
    return ReviewRuns(
        reviewer=wanted.reviewer, runs=runs, to_publish=publishes and any(r.commit for r in runs)
    )


def _refuse_unwritable(desk: Managing) -> None:
    """Raise LedgerError where no review could be written down: what an agent has said by then would be lost."""
    refuse_checked_out(desk.git, desk.fleet.policy.control_branch)
    read_identity(desk.git)


# -- which branches -------------------------------------------------------------------------


def _choose_branches(desk: Managing, wanted: Wanted) -> list[Branch]:
    if not wanted.names:
        return [
            judged
            for branch in desk.fleet.branches
            if branch.state is State.OPEN and branch.work and branch.standing
            if _is_waiting(judged := desk.snapshot.with_standing(branch), wanted.reviewer)
        ]
    branches = [branch for name in wanted.names for branch in _find_branches(desk, name)]
    return list({branch.name: branch for branch in branches}.values())


def _is_waiting(branch: Branch, reviewer: str) -> bool:
    """Is it said to be ready, and has this reviewer not seen it as it is?"""
    standing, work = branch.standing, branch.work
    if standing is None or work is None or standing.progress is not Progress.READY:
        return False
    fresh = standing.reviews_fresh
    return not any(
        review.reviewer == reviewer and fresh.get(review.document.source.path, Fresh.UNKNOWN).holds
        for review in work.reviews
    )


def _find_branches(desk: Managing, name: str) -> Sequence[Branch]:
    """The branches of this name, or of the task. Raises LedgerError where there is none that can be reviewed."""
    found = desk.attempts(name)
    if not found:
        known = [b.name for b in desk.fleet.branches if b.work]
        raise unknown_name_error("branch", name, known, "agentledger board --all lists them")
    for branch in found:
        shown = escape_hidden(branch.name)
        if branch.state is State.UNREADABLE:
            why = f"{shown} could not be read: {escape_hidden(branch.state_why)}"
            raise LedgerError(why, "git fsck shows what is missing")
        if branch.work is None or desk.fleet.task_of(branch.work).brief is None:
            raise LedgerError(
                f"{shown} has no brief, so there is nothing that an agent could hold it against",
                f"{review_command(branch) or 'agentledger board'} shows what you decide from yourself",
            )
        desk.refuse_unknown_task(branch.work.task)
    return found


# -- the reviewers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A branch that is ready to be looked at: what the reviewer gets, and what its answer is held against."""

    branch: str
    task: str
    head: str
    change: str | None
    question: Question
    job: Job
    warnings: tuple[str, ...] = ()


class _Refused(Exception):
    """This branch is not given to the reviewer; the reason completes "no verdict: …"."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """One command at work. Git and the ledger are only touched by the thread that made it."""

    start: Path
    wanted: Wanted
    clock: Callable[[], int]
    tell: Tell

    def run(self, names: Sequence[str]) -> Iterator[ReviewRun]:
        """Run the reviewers, so many at once, and yield what came of each. Whatever ends this, nothing is left."""
        todo, at_work = list(names), dict[Future[Ended], tuple[_Prepared, ExitStack]]()
        stop = threading.Event()
        with ExitStack() as all_of_them, ThreadPoolExecutor(self.wanted.jobs) as pool:
            try:
                while todo or at_work:
                    while todo and len(at_work) < self.wanted.jobs:
                        name, own = todo.pop(0), all_of_them.enter_context(ExitStack())
                        try:
                            prepared = self.prepare(name, own)
                        except (_Refused, LedgerError) as refused:
                            own.close()
                            hint = f"; {refused.hint}" if isinstance(refused, LedgerError) else ""
                            yield self._refuse(name, f"{refused}{hint}")
                            continue
                        at_work[pool.submit(run_reviewer, prepared.job, stop.is_set)] = prepared, own
                    for done in wait(at_work, return_when=FIRST_COMPLETED).done if at_work else ():
                        prepared, own = at_work.pop(done)
                        with own:
                            yield self._finish(prepared, done)
            finally:
                # The pool waits for its threads, which end what they run once they see it.
                stop.set()

    def _refuse(self, name: str, why: str) -> ReviewRun:
        self.tell(f"{escape_hidden(name)}: no verdict: {why}")
        return ReviewRun(branch=name, task="", head="", verdict="none", why=why)

    # -- before -----------------------------------------------------------------------------

    def prepare(self, name: str, own: ExitStack) -> _Prepared:
        """Make the clone and the prompt of one branch, which are gone once `own` is closed. Raises _Refused."""
        with open_managing(self.start, self.clock(), lines=True) as desk:
            branch, work, task = self._find(desk, name)
            place = desk.observation.place
            if not own.enter_context(hold_review_lock(place, branch.name, self.wanted.reviewer)):
                raise _Refused(f"{escape_hidden(self.wanted.reviewer)} is at work on it for another command")
            warnings = self._check_author(branch, work)
            answer_file = f"review-{secrets.token_hex(8)}.md"
            try:
                desk.snapshot.require_code([branch])
                folder = own.enter_context(make_review_clone(desk.git, place, branch, desk.fleet.base))
            except GitError as error:
                raise _Refused(f"it cannot be checked out: {error}") from error
            prompt = render_prompt(desk.snapshot, task, branch, "review", answer_file=answer_file)
            policy = desk.fleet.policy
            question = Question(
                branch=branch.name,
                head=branch.head,
                policy=policy,
                sessions={check_in.session for check_in in work.check_ins if check_in.session},
                points=[_clean(point.text) for point in list_open_points(work.reviews)],
                template=desk.fleet.templates.get("review"),
            )
            job = Job(
                command=self.wanted.command,
                folder=folder,
                values={"task": task.id, "branch": branch.name},
                prompt=prompt.text,
                answer_file=answer_file,
                limit=self.wanted.limit,
                logs=logs.log_folder(place.common),
                dotenvs=read_dotenvs(place.top, policy) if place.top else (),
            )
            change = change_id(desk.snapshot.net(branch))
        self.tell(
            f"{escape_hidden(self.wanted.reviewer)} reviews {escape_hidden(name)} at {branch.head[:12]}, "
            f"for at most {format_age(self.wanted.limit) if self.wanted.limit >= 60 else f'{self.wanted.limit} s'}"
        )
        return _Prepared(
            branch=branch.name,
            task=task.id,
            head=branch.head,
            change=change,
            question=question,
            job=job,
            warnings=warnings,
        )

    def _find(self, desk: Managing, name: str) -> tuple[Branch, Work, Task]:
        branch = desk.branch(name)
        if branch is None or branch.work is None or branch.standing is None:
            raise _Refused("the branch is gone, or works on no task any more")
        branch = desk.snapshot.with_standing(branch)
        assert branch.work
        return branch, branch.work, desk.fleet.task_of(branch.work)

    def _check_author(self, branch: Branch, work: Work) -> tuple[str, ...]:
        """Warnings about who wrote the branch. Raises _Refused where the reviewer is its author."""
        sessions = {check_in.session for check_in in work.check_ins if check_in.session}
        if any(session in word for session in sessions for word in self.wanted.command):
            raise _Refused("the command goes on with the session that wrote the branch")
        if not (branch.standing and branch.standing.asked and branch.standing.asked.another):
            return ()
        authors = approval.list_clients(work, branch.agent.name if branch.agent else "")
        reviewers = {
            approval.client_of(name) for name in (Path(self.wanted.command[0]).name, self.wanted.reviewer)
        }
        if not authors:
            return ("policy asks for another client than the author's, and nothing shows which that is",)
        if authors & reviewers:
            who = escape_hidden(", ".join(sorted(authors & reviewers)))
            raise _Refused(f"{who} wrote it, and policy's [[review]] asks for another client")
        return ()

    # -- after ------------------------------------------------------------------------------

    def _finish(self, prepared: _Prepared, done: Future[Ended]) -> ReviewRun:
        """Record what came of it; where that fails, the other branches go on."""
        log = ""
        try:
            ended = done.result()
            log = _show_log(ended.log)
            return self.record(prepared, ended)
        except LedgerError as error:
            why = f"{error}; {error.hint}"
            self.tell(f"{escape_hidden(prepared.branch)}: no verdict")
            return ReviewRun(
                branch=prepared.branch,
                task=prepared.task,
                head=prepared.head,
                verdict="none",
                why=f"what came of it could not be written down: {why}",
                log=log,
            )

    def record(self, prepared: _Prepared, ended: Ended) -> ReviewRun:
        """Write down what came of it, for the commit that was looked at, and say what came to the branch meanwhile."""
        reply, why = _judge_end(ended, prepared.question)
        log = _show_log(ended.log)
        now = self.clock()
        with open_managing(self.start, now) as desk:
            branch = desk.branch(prepared.branch)
            recorded = record_review(desk, self._verdict(prepared, reply, why, log), now)
            asked = branch.standing.asked if branch and branch.standing else None
            run = ReviewRun(
                branch=prepared.branch,
                task=prepared.task,
                head=prepared.head,
                verdict=reply.verdict if reply else "none",
                why=why,
                log=log,
                path=recorded.path,
                commit=recorded.commit,
                moved=_describe_moved(branch, prepared.head),
                seconds=ended.seconds,
                round=_count_round(branch, prepared.head, counted=reply is not None),
                rounds_limit=asked.rounds if asked else None,
                warnings=(
                    *prepared.warnings,
                    *ended.remarks,
                    *filter(None, [recorded.unsigned]),
                ),
            )
            if reply:
                run = replace(run, open_points=reply.points, settled=reply.settled, forgotten=reply.forgotten)
            if reply and reply.verdict == "approve":
                run = replace(run, counts=asked is not None and asked.by == "agent")
        self.tell(f"{escape_hidden(run.branch)}: {'no verdict' if why else run.verdict}")
        return run

    def _verdict(self, prepared: _Prepared, reply: Reply | None, why: str, log: str) -> Verdict:
        verdict = Verdict(
            task=prepared.task,
            branch=prepared.branch,
            head=prepared.head,
            change=prepared.change,
            verdict="none",
            reviewer=self.wanted.reviewer,
            kind="agent",
            run="manager",
            text=f"No verdict: {why}.\n\nWhat it printed is only in the clone where it ran:\n\n    {log}",
        )
        if reply is None:
            return verdict
        return replace(
            verdict,
            verdict=reply.verdict,
            text=reply.text,
            session=reply.session,
            points=reply.points,
            settled=reply.settled,
        )


def _judge_end(ended: Ended, question: Question) -> tuple[Reply | None, str]:
    """The verdict, or why there is none."""
    if ended.why:
        return None, ended.why
    try:
        return judge_answer(ended.answer, question), ""
    except NoVerdict as reason:
        return None, str(reason)


def _show_log(name: str) -> str:
    """The command that prints a log, from anywhere in the repository."""
    return f'cat "$(git rev-parse --git-common-dir)/agentledger/logs/{name}"'


def _clean(point: str) -> str:
    return " ".join(reveal_hidden(point).split())


def _count_round(branch: Branch | None, head: str, *, counted: bool) -> int:
    heads = {review.head for review in (branch.work.reviews if branch and branch.work else ())}
    return len(heads | ({head} if counted else set()))


def _describe_moved(branch: Branch | None, head: str) -> str:
    """What came to a branch since this commit was its head, in words; '' for nothing."""
    if branch is None:
        return "the branch is gone by now"
    if branch.head == head:
        return ""
    ids = [commit.id for commit in branch.line]
    if head not in ids:
        return f"the branch was rewritten meanwhile, and is at {branch.head[:12]}: that was not reviewed"
    later = list(takewhile(lambda commit: commit.id != head, branch.line))
    came = "came" if len(later) == 1 else "have come"
    subject = escape_hidden(later[0].subject)
    return (
        f"{format_count(len(later), 'commit')} {came} meanwhile and {'was' if len(later) == 1 else 'were'} "
        f"not reviewed, the newest {later[0].id[:12]}: {subject}"
    )
