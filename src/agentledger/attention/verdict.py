"""What is known of a branch, as one verdict: not reviewed, approved by whom, stopped by what, waiting for whom.

Belongs here: that one value, which the board's row, a branch's page, `next` and JSON show. Does not: whose turn it is
(see `turn`), what to do about it (see `actions`), or icons and colours of one output.

A verdict never says more than somebody has looked at: that git merges a branch is no verdict on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from agentledger.attention import loose_work, stacking
from agentledger.attention.approval import describe_informing, describe_reviewer, describe_rounds
from agentledger.attention.reviewing import find_deciding_review, judge_freshness
from agentledger.attention.turn import (
    BranchTurn,
    Kind,
    blocking_reasons,
    format_reasons,
    has_conflict,
    met_kill_criteria,
    turn_of,
)
from agentledger.attention.wanted import describe_wants
from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import Base, Branch, State
from agentledger.model.ledger import Review
from agentledger.model.text import escape_hidden, format_count
from agentledger.model.work import Fresh, Progress

_SHORT = 10  # digits of a commit's id


class Known(StrEnum):
    """What a verdict is."""

    NOT_REVIEWED = "not-reviewed"
    APPROVED = "approved"
    #: Approved once, and changed since; or of a commit that nobody here can compare.
    STALE = "stale"
    CHANGES_REQUESTED = "changes-requested"
    REJECTED = "rejected"
    #: A conflict, a boundary, or a check that failed or is missing.
    STOPPED = "stopped"
    #: The manager is asked something.
    ASKS = "asks"
    WAITS_FOR_AGENT = "waits-for-agent"
    #: A criterion is met at which the brief says to give up.
    GIVE_UP = "give-up"
    #: It has stopped, as it was told.
    HALTED = "halted"
    #: Base took back what had landed.
    REVERTED = "reverted"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchVerdict:
    """What is known of one branch."""

    kind: Known
    #: A sentence without its full stop: `Approved by mia@example.com (human, unproven)`.
    text: str
    #: What else is known that bears on it, in a sentence or several; "" for nothing.
    more: str = ""
    #: Is it approved, and does nothing stand against merging it?
    in_order: bool = False


def verdict_of(branch: Branch, base: Base) -> BranchVerdict:
    """Return what is known of a branch, in the order in which it matters."""
    if branch.state is not State.OPEN or branch.at_rest:
        return _judge_ended(branch)
    turn = turn_of(branch)
    # What is asked or was decided comes first: a conflict is settled after that.
    if turn.kind in (Kind.CONFLICT, Kind.UNBRIEFED) and has_conflict(branch) and branch.conflict:
        count = format_count(len(branch.conflict.files), "file")
        text = f"Stopped by a conflict with {escape_hidden(base.name)} in {count}"
        return BranchVerdict(kind=Known.STOPPED, text=text, more=_describe_review(branch))
    return _BY_TURN.get(turn.kind, _judge_review)(branch, turn)


# -- what has ended -------------------------------------------------------------------------


def _judge_ended(branch: Branch) -> BranchVerdict:
    state = branch.at_rest or branch.state
    kind = {State.REVERTED: Known.REVERTED, State.UNREADABLE: Known.UNKNOWN}.get(state, Known.ENDED)
    more = branch.state_why
    if branch.at_rest:
        more = f"But its worktree is at work: {loose_work.describe_use(branch.worktree)}"
    return BranchVerdict(kind=kind, text=_ENDED.get(state, str(state).capitalize()), more=more)


_ENDED: Mapping[State, str] = {
    State.MERGED: "Merged already",
    State.ABSORBED: "Its change is in already",
    State.REVERTED: "Base took it back",
    State.EMPTY: "There is nothing to merge",
    State.UNREADABLE: "Unknown: git could not read it",
    State.DORMANT: "Dormant: unmerged, and no sign of life for a while",
    State.KILLED: "Stopped on purpose",
    State.DECLINED: "Declined",
    State.EXPLORED: "Explored: made to learn something, and done",
}


# -- what a review makes of it --------------------------------------------------------------


def _judge_review(branch: Branch, _: BranchTurn) -> BranchVerdict:
    """Return what the deciding review makes of a branch that nothing holds back now."""
    review, fresh = find_deciding_review(branch), _freshness(branch)
    if review is None:
        return BranchVerdict(kind=Known.NOT_REVIEWED, text="Not reviewed", more=_describe_rest(branch))
    if fresh is None or not fresh.holds:
        return _judge_old_review(branch, review, fresh)
    by = describe_reviewer(review)
    if review.verdict == "approve":
        return _judge_approved(branch, review)
    if _is_put_again(branch):
        text = f"Not reviewed again: changes were requested by {by}"
        return BranchVerdict(kind=Known.NOT_REVIEWED, text=text, more=_describe_rest(branch))
    if review.verdict == "reject":
        return BranchVerdict(kind=Known.REJECTED, text=f"Rejected by {by}")
    return BranchVerdict(kind=Known.CHANGES_REQUESTED, text=f"Changes requested by {by}")


def _judge_approved(branch: Branch, review: Review) -> BranchVerdict:
    rewritten = " (rewritten, same change)" if _freshness(branch) is Fresh.REWRITTEN else ""
    stops = _list_stops(branch)
    rounds = describe_rounds(branch)
    against = f"Against it: {format_reasons(stops)}" if stops else ""
    more = ". ".join(filter(None, (f"{rounds[:1].upper()}{rounds[1:]}", against)))
    return BranchVerdict(
        kind=Known.APPROVED,
        text=f"Approved by {describe_reviewer(review)}{rewritten}",
        more=more,
        in_order=not stops,
    )


def _judge_old_review(branch: Branch, review: Review, fresh: Fresh | None) -> BranchVerdict:
    at, by = escape_hidden(review.head[:_SHORT]), describe_reviewer(review)
    since = "changed since" if fresh in (Fresh.OTHER, Fresh.EDITED) else "a commit that is not known here"
    rest = _describe_rest(branch)
    if review.verdict == "approve":
        return BranchVerdict(kind=Known.STALE, text=f"Stale: approved at {at} by {by}, {since}", more=rest)
    said = "rejected" if review.verdict == "reject" else "changes were requested"
    text = f"Not reviewed as it is: {said} at {at} by {by}, {since}"
    return BranchVerdict(kind=Known.NOT_REVIEWED, text=text, more=rest)


def _freshness(branch: Branch) -> Fresh | None:
    """Is the deciding review about the change as it is?"""
    review = find_deciding_review(branch)
    return judge_freshness(branch, review) if review else None


def _is_put_again(branch: Branch) -> bool:
    """Has its agent said that it is ready after the review that asked for changes?"""
    return branch.standing is not None and branch.standing.progress is Progress.READY


def _describe_review(branch: Branch) -> str:
    """Return what became of it at reviewers, beside something else that stops it; "" for nothing."""
    review, fresh = find_deciding_review(branch), _freshness(branch)
    if review is None:
        return ""
    at = "" if fresh and fresh.holds else f" at {escape_hidden(review.head[:_SHORT])}"
    said = {"approve": "Approved", "reject": "Rejected"}.get(review.verdict, "Changes were requested")
    return f"{said}{at} by {describe_reviewer(review)}"


# -- what stands against it -----------------------------------------------------------------


def _list_stops(branch: Branch) -> tuple[str, ...]:
    """Return what stands against merging an approved branch, in words."""
    stops = [escape_hidden(f.message) for f in branch.findings or () if _stops_merge(f)]
    if ground := stacking.live_ground(branch):
        stops.append(f"it merges after {escape_hidden(ground)}")
    return (*stops, *filter(None, (_describe_merge(branch),)))


def _stops_merge(finding: Finding) -> bool:
    """Is it an error that is due, or a doubt about the review itself?"""
    if finding.waived is not None or finding.severity is Severity.LATER:
        return False
    # That a human's review is unproven is in the verdict's own words.
    doubts_review = finding.rule in ("REV002", "REV003", "REV004")
    return finding.severity is Severity.ERROR or doubts_review


def _describe_merge(branch: Branch) -> str:
    """Return what is open about its merge with base; "" where git merges the two."""
    conflict = branch.conflict
    if conflict is None:
        return "its merge with base was not tried"
    if conflict.clean is None:
        return f"git cannot merge it with base: {escape_hidden(conflict.failed or 'it does not say why')}"
    return f"it conflicts where {escape_hidden(conflict.below)} does" if conflict.below else ""


def _describe_rest(branch: Branch) -> str:
    """Return what else stops a branch that nobody has approved, or is still to come; "" for nothing."""
    rules = [f for f in branch.findings or () if _stops_merge(f) and not f.rule.startswith("REV")]
    parts = [escape_hidden(problem.message) for problem in branch.problems[:1]]
    parts += [format_reasons(tuple(f.message for f in rules))] if rules else []
    parts += filter(None, (describe_informing(branch), describe_rounds(branch), _describe_merge(branch)))
    if branch.findings is None and branch.work is None:
        parts.append("no brief, so no rule was asked")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}" if text else ""


# -- by whose turn it is --------------------------------------------------------------------


def _judge_question(branch: Branch, _: BranchTurn) -> BranchVerdict:
    standing = branch.standing
    checkpoint = standing.question.checkpoint if standing and standing.question else None
    text = "Waits for your answer"
    if checkpoint:
        text = f"Waits for your decision on its checkpoint {escape_hidden(checkpoint)}"
    elif standing and standing.progress is Progress.BLOCKED:
        text = "Blocked: waits for your answer"
    return BranchVerdict(kind=Known.ASKS, text=text, more=_describe_bounds(branch))


def _judge_scope(branch: Branch, _: BranchTurn) -> BranchVerdict:
    asks = branch.work.asks if branch.work else ""
    return BranchVerdict(kind=Known.ASKS, text=f"Waits for you: it {asks}", more=_describe_bounds(branch))


def _judge_held(branch: Branch, _: BranchTurn) -> BranchVerdict:
    text = f"Stopped: {format_reasons(blocking_reasons(branch))}"
    return BranchVerdict(kind=Known.STOPPED, text=text, more=_describe_review(branch))


def _judge_at_work(branch: Branch, turn: BranchTurn) -> BranchVerdict:
    review, fresh = find_deciding_review(branch), _freshness(branch)
    if review and review.verdict == "approve" and not (fresh and fresh.holds):
        return _judge_old_review(branch, review, fresh)
    wants = "; ".join(describe_wants(branch.findings or ()))
    more = f"{wants[0].upper()}{wants[1:]}" if wants and turn.kind is Kind.LAPSED else ""
    return BranchVerdict(kind=Known.WAITS_FOR_AGENT, text=f"Waits for its agent: {turn.why}", more=more)


def _describe_bounds(branch: Branch) -> str:
    """Return what stops it besides what it asks."""
    reasons = blocking_reasons(branch)
    return f"Stopped besides: {format_reasons(reasons)}" if reasons else ""


# What is not here is for reviewers to judge.
_BY_TURN: Mapping[Kind, Callable[[Branch, BranchTurn], BranchVerdict]] = {
    Kind.QUESTION: _judge_question,
    Kind.SCOPE_CHANGE: _judge_scope,
    Kind.HELD: _judge_held,
    Kind.KILL: lambda branch, _: BranchVerdict(
        kind=Known.GIVE_UP, text=f"To give up? {format_reasons(met_kill_criteria(branch))}"
    ),
    Kind.STOPPED: lambda branch, _: BranchVerdict(
        kind=Known.HALTED, text="Stopped, as it was told", more=_describe_review(branch)
    ),
    Kind.UNKNOWN: lambda branch, _: BranchVerdict(
        kind=Known.UNKNOWN, text=f"Unknown here: {blocking_reasons(branch)[0]}"
    ),
    **dict.fromkeys((Kind.LAPSED, Kind.SILENT, Kind.ANSWERED, Kind.STARTED, Kind.WORKING), _judge_at_work),
}
