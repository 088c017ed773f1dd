"""Writes what a reviewer has decided about a branch at one head.

Belongs here: checking what was asked for, the points that it carries on, and what stops the branch all the same.
Does not: finding the branch (see `opening`), the document itself (see `record`), or options and printing (see
`cli.review`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.attention.commands import SHORT
from agentledger.attention.reviewing import judge_freshness, list_reviews, name_open_points
from agentledger.documents import RawDocument, parse_review
from agentledger.documents.placeholders import strip_comments
from agentledger.fleet.snapshot import Snapshot
from agentledger.model.errors import LedgerError
from agentledger.model.findings import Finding, Gate, Severity
from agentledger.model.fleet import Branch, State, Sync
from agentledger.model.ledger import Review, Source
from agentledger.model.text import escape_hidden
from agentledger.reports.review.written import Written
from agentledger.workflow.review import opening, points
from agentledger.workflow.review.form import Composed, compose_review
from agentledger.workflow.review.record import Recorded, Verdict, record_review
from agentledger.workflow.session.manager_context import Managing


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reviewer has typed."""

    #: The branch's name, or a task's id.
    name: str
    verdict: str
    #: The commit that was looked at, also abbreviated; "" for the head of the moment.
    head: str = ""
    text: str = ""
    #: `path:line text`, as typed.
    points: tuple[str, ...] = ()
    #: Numbers of the last review's open points, or all.
    settled: tuple[str, ...] = ()
    #: The name of the review that was newest when the reviewer looked; None: not said.
    after: str | None = None


def write_verdict(start: Path, asked: Asked, now: int, *, dry_run: bool = False) -> Written:
    """Append a review to the control branch of the repository around `start`.

    `now` is in seconds since the epoch. Raises LedgerError, and nothing is written, where the branch is no longer
    what was looked at, where somebody else has reviewed it meanwhile, for a point without a file, and as
    `opening.open_for_verdict` and `record.record_review` do.
    """
    _refuse_empty(asked)
    with opening.open_for_verdict(start, asked.name, now) as (desk, branch):
        return decide_on_branch(desk, branch, asked, now, dry_run=dry_run)


def compose(start: Path, asked: Asked, now: int) -> tuple[str, Composed]:
    """Have the reviewer write the text in an editor; return it with the head that it is about.

    Names and head are checked before the editor opens: nobody should write a text that is then refused.
    """
    with opening.open_for_verdict(start, asked.name, now) as (desk, branch):
        head = opening.resolve_head(desk.snapshot, branch, asked.head)
        opening.refuse_later_review(branch, asked.after)
        _refuse_without_change(branch)
        open_points = name_open_points(branch)
        composed = compose_review(desk.git, asked.verdict, branch.name, head=head, open_points=open_points)
        return head, composed


def decide_on_branch(
    desk: Managing, branch: Branch, asked: Asked, now: int, *, dry_run: bool = False
) -> Written:
    """The same in a repository that is open already, about a branch of its fleet."""
    taken = desk.snapshot
    # Before anything is written: afterwards it could only be said that nobody knows what stops it.
    taken.require_code([branch])
    if branch.work:
        branch = taken.with_standing(branch)
    head = opening.resolve_head(taken, branch, asked.head)
    opening.refuse_later_review(branch, asked.after)
    _refuse_without_change(branch)
    settled, left_open = points.split_settled(name_open_points(branch), asked.settled)
    added = points.parse_points(taken, branch, head, asked.points)
    verdict = Verdict(
        task=opening.folder_of(branch),
        branch=branch.name,
        head=head,
        change=taken.change_at(head),
        verdict=asked.verdict,
        reviewer=desk.own_email,
        text=asked.text,
        points=tuple(dict.fromkeys((*left_open, *added))),
        settled=settled,
    )
    recorded = record_review(desk, verdict, now, dry_run=dry_run)
    return _describe(desk, branch, verdict, recorded)


def _refuse_empty(asked: Asked) -> None:
    if asked.verdict != "approve" and not strip_comments(asked.text).strip() and not asked.points:
        hint = "-m says it, - reads standard input, --point 'path:line text' names a place"
        raise LedgerError(f"the review says {asked.verdict}, and not why", hint)


def _refuse_without_change(branch: Branch) -> None:
    if branch.state is State.EMPTY or not (branch.changes or branch.ahead):
        ended = "" if branch.state is State.OPEN else f": it is {branch.state}"
        message = f"{escape_hidden(branch.name)} has no change to review{ended}"
        raise LedgerError(message, "agentledger board --all says how far it is")


# -- what follows from it -------------------------------------------------------------------


def _describe(desk: Managing, branch: Branch, verdict: Verdict, recorded: Recorded) -> Written:
    review = _read_again(desk, recorded)
    return Written(
        branch=branch.name,
        task=branch.work.task if branch.work else "",
        verdict=verdict.verdict,
        head=verdict.head,
        subject=next((commit.subject for commit in branch.commits if commit.id == verdict.head), ""),
        path=recorded.path,
        ref=recorded.ref,
        commit=recorded.commit,
        content=recorded.content,
        to_publish=recorded.to_publish,
        unsigned=recorded.unsigned,
        settled=verdict.settled,
        open_points=verdict.points,
        stopped_by=_find_stopping(desk.snapshot, branch, review),
        warnings=tuple(_list_warnings(branch, verdict)),
    )


def _read_again(desk: Managing, recorded: Recorded) -> Review:
    """The review as a reader finds it on the control branch."""
    policy = desk.fleet.policy
    # A guarded branch guards on the server, where there is one.
    signed = bool(policy.control_signers) and bool(recorded.commit) and not recorded.unsigned
    guarded = policy.control_guarded and not recorded.to_publish
    source = Source(path=recorded.path, ref=policy.control_branch, proven=signed or guarded)
    return parse_review(RawDocument(source=source, content=recorded.content, policy=policy))


def _find_stopping(taken: Snapshot, branch: Branch, review: Review) -> tuple[Finding, ...]:
    """What stops a branch at the merge gate, with this review beside those that it has."""
    if branch.work:
        work = replace(branch.work, reviews=(review, *branch.work.reviews))
        branch = replace(branch, work=work)
    else:
        branch = replace(branch, reviews=(review, *branch.reviews))
    found = taken.findings([branch], Gate.MERGE)[branch.ref]
    return tuple(f for f in found if f.blocks and f.severity is Severity.ERROR)


def _list_warnings(branch: Branch, verdict: Verdict) -> list[str]:
    lines = []
    if verdict.head != branch.head:
        lines.append(f"the head is {branch.head[:SHORT]} by now, which is the same change")
    if branch.sync is Sync.DIVERGED:
        lines.append("the remote copy of the branch has other commits, of which this says nothing")
    if verdict.change is None:
        lines.append(
            "it does not merge cleanly, so that the review ends with the first commit that rewrites it"
        )
    if branch.state not in (State.OPEN, State.DORMANT):
        lines.append(f"the branch is {branch.state}: nothing of it waits to be merged")
    newest = next(iter(list_reviews(branch)), None)
    if newest and verdict.verdict == "approve" and newest.verdict != "approve":
        fresh = judge_freshness(branch, newest)
        if fresh is not None and fresh.holds and newest.reviewer != verdict.reviewer:
            lines.append(
                f"{newest.reviewer} said {newest.verdict} about the same change, which this one replaces"
            )
    return lines
