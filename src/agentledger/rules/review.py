"""Has somebody else than its author looked at this very change, and agreed?

Belongs here: the rules of the REV family.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.ledger import Review
from agentledger.text import printable

from .case import Case, Found


def reviewed(case: Case) -> bool:
    """Is it work that is reviewed: briefed, and not only explored?"""
    return case.brief is not None and case.brief.mode in ("delegate", "review") and case.work is not None


def missing(case: Case) -> Iterator[Found]:
    """Nobody has approved it; for `mode: review`, no human has.

    Why: the implementer's own word is not enough, and an agent's review is no human's.
    Fix: read it, and write a review on the control branch.
    """
    if case.brief is None or case.work is None:
        return
    needs_human = case.brief.mode == "review"
    counted = [r for r in case.work.reviews if not needs_human or r.kind == "human"]
    if not counted:
        who = "no human has reviewed it" if needs_human else "nobody has reviewed it"
        yield Found(
            who,
            f"write tasks/{printable(case.work.task)}/reviews/….md on the control branch",
            milder=not needs_human,
        )
    elif needs_human and not any(r.document.source.proven for r in counted):
        strict = case.policy.control_guarded or bool(case.policy.control_signers)
        yield Found(
            "the human's review is unproven: an agent here could have written it",
            "sign it, or push it to the guarded control branch",
            milder=not strict,
        )


def stale(case: Case) -> Iterator[Found]:
    """The newest review speaks of another change than the branch's head.

    Why: what was approved is not what would merge.
    Fix: review what came since.
    """
    newest = _newest(case)
    if newest and case.standing and case.review_fresh is not True and case.brief:
        yield Found(
            f"the review by {printable(newest.reviewer)} is of {printable(newest.head[:12])}, another change",
            "review it again",
            newest.document.source.path,
            milder=case.brief.mode != "review",
        )


def own(case: Case) -> Iterator[Found]:
    """The reviewer is the implementer: the same agent session.

    Why: one does not see one's own mistakes. An address proves nothing: agents commit under their manager's.
    Fix: have it reviewed by another session, another agent, or a human.
    """
    newest = _newest(case)
    sessions = {c.session for c in (case.work.check_ins if case.work else ()) if c.session}
    if newest and newest.kind == "agent" and newest.session and newest.session in sessions:
        yield Found(
            f"the reviewer {printable(newest.reviewer)} is the session that wrote the code",
            "have somebody else review it",
            newest.document.source.path,
        )


def still_open(case: Case) -> Iterator[Found]:
    """The last verdict is not `approve`, or findings of it are open.

    Why: somebody has said what is wrong, and it is not settled.
    Fix: settle each finding; the next review ticks them.
    """
    newest = _newest(case)
    if newest is None:
        return
    path = newest.document.source.path
    if newest.verdict != "approve":
        yield Found(
            f"{printable(newest.reviewer)} says {newest.verdict}",
            "settle it, and ask for another review",
            path,
        )
    for item in newest.findings:
        if not item.checked:
            yield Found(
                f"open finding: {printable(item.text)}",
                "settle it; the next review ticks it",
                path,
                item.line,
            )


def _newest(case: Case) -> Review | None:
    return case.work.reviews[0] if case.work and case.work.reviews else None
