"""Has somebody other than its author reviewed this very change, and approved it?

Belongs here: the rules of the REV family. Does not: whether the review is about the change as it is now (see
`changes.freshness`).
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.attention import approval
from agentledger.attention.commands import format_review_command
from agentledger.attention.open_points import list_open_points
from agentledger.attention.reviewing import decisive_review, is_humans_to_review
from agentledger.model.ledger import Review
from agentledger.model.policy import ReviewRule
from agentledger.model.text import escape_hidden
from agentledger.rules.case import Case, Found
from agentledger.rules.packet import describe_other_change


def needs_review(case: Case) -> bool:
    """Is it work that needs a review: briefed, and neither explored nor done by a human?"""
    return case.brief is not None and case.brief.mode in ("delegate", "review") and case.work is not None


def review_missing(case: Case) -> Iterator[Found]:
    """Nobody has reviewed the branch; for `mode: review`, or where a `[[review]]` asks for one, no human has.

    Why: the implementer's own word is not enough, and an agent's review does not replace a human's. Where policy has a
    `[[review]]` with `by = "agent"`, and the brief is delegated, an agent's is enough; with `another`, one by another
    client than the author's.
    Fix: `agentledger review BRANCH` shows what to decide from, and the command that approves it or asks for changes.
    """
    if case.brief is None or case.work is None:
        return
    asked = _asked(case)
    needs_human = is_humans_to_review(case.brief, asked)
    counted = [r for r in case.work.reviews if _is_counted(case, r)]
    if not counted:
        yield Found(
            message=_describe_missing(case),
            hint=_review_hint(case),
            milder=not needs_human and asked is None,
        )
    elif needs_human and not any(r.document.source.proven for r in counted):
        # Where policy has no means of proof, none can be asked for: the finding is then a warning.
        strict = case.policy.control_guarded or bool(case.policy.control_signers)
        yield Found(
            message="the human's review is unproven: an agent here could have written it",
            hint="sign it, or push it to a guarded control branch, which agents cannot: agentledger sync",
            milder=not strict,
        )


def _asked(case: Case) -> ReviewRule | None:
    return case.standing.asked if case.standing else None


def _is_counted(case: Case, review: Review) -> bool:
    """Is it a review by such a reviewer as has to look at the change? Without a rule about that, any is."""
    asked = _asked(case)
    if review.kind == "human":
        return True
    if is_humans_to_review(case.brief, asked):
        return False
    return asked is None or approval.counts_as_approval(
        review, asked, approval.list_clients(case.work, case.agent) if case.work else ()
    )


def _describe_missing(case: Case) -> str:
    asked = _asked(case)
    if is_humans_to_review(case.brief, asked):
        return "no human has reviewed it"
    reviewed = bool(case.work and case.work.reviews)
    return (
        "no other client than its author's has reviewed it"
        if asked and reviewed
        else "nobody has reviewed it"
    )


def review_stale(case: Case) -> Iterator[Found]:
    """The review that counts is about a different change than the one that would merge.

    Why: what was approved is not what would merge.
    Fix: `agentledger review BRANCH` says what came since; review it as it is now.
    """
    newest = decisive_review(case.brief, case.work, _asked(case))
    fresh = case.review_fresh
    if newest and case.standing and not (fresh and fresh.holds) and case.brief:
        yield Found(
            message=f"the review by {escape_hidden(newest.reviewer)} is about {escape_hidden(newest.head[:12])}, "
            f"{describe_other_change(fresh)}",
            hint=_review_hint(case),
            path=newest.document.source.path,
            milder=case.brief.mode != "review" and _asked(case) is None,
        )


def review_own(case: Case) -> Iterator[Found]:
    """The reviewer is the implementer: the same agent session wrote both.

    Why: nobody sees their own mistakes. An e-mail address proves nothing: agents commit under their manager's.
    Fix: have it reviewed by another session, another agent, or a human: `agentledger review BRANCH`.
    """
    newest = _newest_review(case)
    sessions = {c.session for c in (case.work.check_ins if case.work else ()) if c.session}
    if newest and newest.kind == "agent" and newest.session and newest.session in sessions:
        yield Found(
            message=f"the reviewer {escape_hidden(newest.reviewer)} is the session that wrote the code",
            hint=f"have somebody else review it: {_review_hint(case)}",
            path=newest.document.source.path,
        )


def review_open(case: Case) -> Iterator[Found]:
    """The last verdict is not `approve`, or findings are open.

    Why: somebody has said what is wrong, and it is not settled. A finding that a later review forgets stays open.
    Fix: settle each finding; the next review lists them, and `agentledger review BRANCH --approve --settled all`
    ticks them off, and a human's approval settles them all.
    """
    # Where a human's review counts, a later one by an agent may still have found something.
    newest, again = _newest_review(case), _review_command(case)
    decisive = decisive_review(case.brief, case.work, _asked(case))
    for review in filter(None, (newest, decisive if decisive is not newest else None)):
        if review.verdict != "approve":
            message = f"{escape_hidden(review.reviewer)} says {review.verdict}"
            hint = f"settle it, then review it again: {again}"
            yield Found(message=message, hint=hint, path=review.document.source.path)
    for point in list_open_points(case.work.reviews if case.work else ()):
        yield Found(
            message=f"open finding: {escape_hidden(point.text)}",
            hint=f"settle it; the next review ticks it: {again}",
            path=point.review.document.source.path,
            line=point.line,
        )


def _review_hint(case: Case) -> str:
    """Say how to review the branch as it is now."""
    return f"review it as it is now: {_review_command(case)}"


def _review_command(case: Case) -> str:
    return format_review_command(case.branch, case.head or "") or "agentledger review"


def _newest_review(case: Case) -> Review | None:
    return case.work.reviews[0] if case.work and case.work.reviews else None
