"""How a branch stands with its reviewers: which review counts, of which change it speaks, and what it left open.

Belongs here: that, in values and in words, for branches with a task and without one. Does not: whether a commit
is still the change as it is (see `changes.freshness`), what follows from it at a gate (see `rules.review`), or all
else that a reviewer is shown (see `reports.review`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agentledger.attention.approval import describe_reviewer, find_deciding
from agentledger.attention.commands import SHORT
from agentledger.attention.open_points import list_open_points
from agentledger.model.fleet import Branch, State
from agentledger.model.ledger import Brief, Review
from agentledger.model.policy import ReviewRule
from agentledger.model.text import escape_hidden
from agentledger.model.work import Fresh, Work


class Reviewed(StrEnum):
    """What the review that counts makes of a branch."""

    NOT = "not reviewed"
    APPROVED = "approved"
    CHANGES = "changes requested"
    REJECTED = "rejected"
    #: It is about another change than the one that would merge.
    STALE = "stale"
    #: It is not known whether it is about this change.
    UNKNOWN = "not known"


#: What a reviewer can say.
VERDICTS = ("approve", "request-changes", "reject")
_STATES = {"approve": Reviewed.APPROVED, "reject": Reviewed.REJECTED}
_SAYS = {
    "approve": "approved by {}",
    "request-changes": "changes requested by {}",
    "reject": "rejected by {}",
}
_OTHER = {
    Fresh.OTHER: "another change than the one that is there now",
    Fresh.EDITED: "another change than the one that is there now",
    Fresh.UNKNOWN: "a commit that this clone does not have",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStanding:
    """The review that counts of a branch, and what it makes of it."""

    state: Reviewed
    #: None where nobody has reviewed it.
    review: Review | None = None
    #: None where it was not looked at.
    fresh: Fresh | None = None
    #: A part of a sentence: `approved by mia@example.com (human, unproven)`.
    text: str = str(Reviewed.NOT)


def list_reviews(branch: Branch) -> tuple[Review, ...]:
    """Return the reviews of a branch, newest first, whether it works on a task or not."""
    return branch.work.reviews if branch.work else branch.reviews


def judge_freshness(branch: Branch, review: Review) -> Fresh | None:
    """Return whether a review is about the branch's change as it is; None where nobody looked."""
    path = review.document.source.path
    if branch.work is None:
        return branch.reviews_fresh.get(path)
    return branch.standing.reviews_fresh.get(path) if branch.standing else None


def is_humans_to_review(brief: Brief | None, asked: ReviewRule | None) -> bool:
    """Does it take a human's review, by the brief's mode or by policy?"""
    return (brief is not None and brief.mode == "review") or (asked is not None and asked.by == "human")


def decisive_review(brief: Brief | None, work: Work | None, asked: ReviewRule | None = None) -> Review | None:
    """Return the review that decides at a gate: the newest; where it takes a human, the newest of a human, if any."""
    reviews = work.reviews if work else ()
    if is_humans_to_review(brief, asked):
        reviews = tuple(r for r in reviews if r.kind == "human") or reviews
    return next(iter(reviews), None)


def find_deciding_review(branch: Branch) -> Review | None:
    """Return the review that approves a branch, or stops it; without a task, no policy leaves that to an agent."""
    if branch.work:
        return branch.standing.review if branch.standing else None

    def holds(review: Review) -> bool:
        fresh = judge_freshness(branch, review)
        return fresh is not None and fresh.holds

    return find_deciding(branch.reviews, None, frozenset(), holds)


def stand_with_reviewers(branch: Branch) -> ReviewStanding:
    """Return how a branch stands with its reviewers."""
    review = find_deciding_review(branch)
    if review is None:
        return ReviewStanding(state=Reviewed.NOT)
    if why := next((p.message for p in review.document.problems if p.fatal), ""):
        text = f"the review by {describe_reviewer(review)} cannot be read: {escape_hidden(why)}"
        return ReviewStanding(state=Reviewed.UNKNOWN, review=review, text=text)
    fresh = judge_freshness(branch, review)
    says = _SAYS.get(review.verdict, "reviewed by {}").format(describe_reviewer(review))
    if fresh is not None and fresh.holds:
        again = " (rewritten, same change)" if fresh is Fresh.REWRITTEN else ""
        state = _STATES.get(review.verdict, Reviewed.CHANGES)
        return ReviewStanding(state=state, review=review, fresh=fresh, text=f"{says}{again}")
    about = _OTHER[fresh] if fresh else "a commit of which nobody looked whether it is this change"
    state = Reviewed.STALE if fresh in (Fresh.OTHER, Fresh.EDITED) else Reviewed.UNKNOWN
    text = f"{says}, which is about {escape_hidden(review.head[:SHORT])}, {about}"
    return ReviewStanding(state=state, review=review, fresh=fresh, text=text)


def describe_review(branch: Branch) -> str:
    """Return the same in words; "" for a branch that nobody has reviewed."""
    standing = stand_with_reviewers(branch)
    return standing.text if standing.review else ""


def name_open_points(branch: Branch) -> tuple[str, ...]:
    """Return the open points of a branch's reviews, each on one line, the oldest first."""
    return tuple(point.text for point in list_open_points(list_reviews(branch)))


def list_unreviewed(branches: Sequence[Branch]) -> tuple[Branch, ...]:
    """Return the open branches without a task that nobody has reviewed as they are, and that nobody is at work in."""
    decided = (Reviewed.APPROVED, Reviewed.CHANGES, Reviewed.REJECTED)
    return tuple(
        branch
        for branch in branches
        if branch.state is State.OPEN
        and branch.work is None
        and not branch.detached
        and not branch.absent
        and not branch.problems
        and not (branch.worktree and branch.worktree.is_in_use)
        and stand_with_reviewers(branch).state not in decided
    )
