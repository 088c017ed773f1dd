"""Has somebody other than its author reviewed this very change, and approved it?

Belongs here: the rules of the REV family. Does not: whether the review is about the change as it is now (see
`changes.freshness`).
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.attention.commands import format_review_command
from agentledger.attention.reviewing import decisive_review
from agentledger.model.ledger import Review
from agentledger.model.text import escape_hidden
from agentledger.rules.case import Case, Found
from agentledger.rules.packet import describe_other_change


def needs_review(case: Case) -> bool:
    """Is it work that needs a review: briefed, and neither explored nor done by a human?"""
    return case.brief is not None and case.brief.mode in ("delegate", "review") and case.work is not None


def review_missing(case: Case) -> Iterator[Found]:
    """Nobody has reviewed the branch; for `mode: review`, no human has.

    Why: the implementer's own word is not enough, and an agent's review does not replace a human's.
    Fix: `agentledger review BRANCH` shows what to decide from, and the command that approves it or asks for changes.
    """
    if case.brief is None or case.work is None:
        return
    needs_human = case.brief.mode == "review"
    counted = [r for r in case.work.reviews if not needs_human or r.kind == "human"]
    if not counted:
        who = "no human has reviewed it" if needs_human else "nobody has reviewed it"
        yield Found(
            message=who,
            hint=_review_hint(case),
            milder=not needs_human,
        )
    elif needs_human and not any(r.document.source.proven for r in counted):
        # Where policy has no means of proof, none can be asked for: the finding is then a warning.
        strict = case.policy.control_guarded or bool(case.policy.control_signers)
        yield Found(
            message="the human's review is unproven: an agent here could have written it",
            hint="sign it, or push it to a guarded control branch, which agents cannot: agentledger sync",
            milder=not strict,
        )


def review_stale(case: Case) -> Iterator[Found]:
    """The review that counts is about a different change than the one that would merge.

    Why: what was approved is not what would merge.
    Fix: `agentledger review BRANCH` says what came since; review it as it is now.
    """
    newest = decisive_review(case.brief, case.work)
    fresh = case.review_fresh
    if newest and case.standing and not (fresh and fresh.holds) and case.brief:
        yield Found(
            message=f"the review by {escape_hidden(newest.reviewer)} is about {escape_hidden(newest.head[:12])}, "
            f"{describe_other_change(fresh)}",
            hint=_review_hint(case),
            path=newest.document.source.path,
            milder=case.brief.mode != "review",
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
    """The last verdict is not `approve`, or findings of that review are open.

    Why: somebody has said what is wrong, and it is not settled.
    Fix: settle each finding; the next review lists them, and `agentledger review BRANCH --approve --settled all`
    ticks them off.
    """
    # Where a human's review counts, a later one by an agent may still have found something.
    newest, decisive = _newest_review(case), decisive_review(case.brief, case.work)
    if newest:
        yield from _open_findings(newest, _review_command(case))
    if decisive and decisive is not newest:
        yield from _open_findings(decisive, _review_command(case))


def _open_findings(review: Review, again: str) -> Iterator[Found]:
    path = review.document.source.path
    if review.verdict != "approve":
        message = f"{escape_hidden(review.reviewer)} says {review.verdict}"
        yield Found(message=message, hint=f"settle it, then review it again: {again}", path=path)
    for item in review.findings:
        if not item.checked:
            message = f"open finding: {escape_hidden(item.text)}"
            yield Found(
                message=message,
                hint=f"settle it; the next review ticks it: {again}",
                path=path,
                line=item.line,
            )


def _review_hint(case: Case) -> str:
    """Say how to review the branch as it is now."""
    return f"review it as it is now: {_review_command(case)}"


def _review_command(case: Case) -> str:
    return format_review_command(case.branch, case.head or "") or "agentledger review"


def _newest_review(case: Case) -> Review | None:
    return case.work.reviews[0] if case.work and case.work.reviews else None
