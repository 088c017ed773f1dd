"""Whose turn it is with a branch, since when, and why: decided once, for every output.

Belongs here: that one value, and the questions that it takes. Does not: where the board lists a branch (see
`sections`), what to do about it (see `actions`), or the layout of one output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from agentledger.attention.approval import describe_informing, describe_reviewer, describe_rounds
from agentledger.attention.loose_work import describe_use, is_resting
from agentledger.attention.requests import describe_request, find_request
from agentledger.attention.scope_request import has_scope_change
from agentledger.model.absent import describe_absent
from agentledger.model.findings import Finding, Gate, Severity
from agentledger.model.fleet import Branch, State
from agentledger.model.text import escape_hidden, format_age, format_count
from agentledger.model.work import ASKING, FINISHED, Progress, Standing


class Whose(StrEnum):
    """Who has to do something next."""

    AGENT = "agent"
    MANAGER = "manager"
    NOBODY = "nobody"


class Kind(StrEnum):
    """What the turn is about."""

    QUESTION = "question"
    SCOPE_CHANGE = "scope-change"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    HELD = "held"
    READY = "ready"
    APPROVED = "approved"
    KILL = "kill"
    STOPPED = "stopped"
    #: A partial clone lacks what decides about it.
    UNKNOWN = "unknown"
    #: Base took back what had landed.
    REVERTED = "reverted"
    LAPSED = "lapsed"
    CHANGES = "changes"
    SILENT = "silent"
    #: The manager has answered, and the agent has not shown a sign of life since.
    ANSWERED = "answered"
    STARTED = "started"
    WORKING = "working"
    #: The branch works on no task.
    UNBRIEFED = "unbriefed"
    #: The branch is not open.
    ENDED = "ended"


# What a person can have to decide.
DECISIONS = (
    Kind.QUESTION,
    Kind.SCOPE_CHANGE,
    Kind.REJECTED,
    Kind.CONFLICT,
    Kind.HELD,
    Kind.READY,
    Kind.APPROVED,
    Kind.KILL,
    Kind.STOPPED,
    Kind.REVERTED,
    Kind.UNKNOWN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTurn:
    """Whose turn it is with one branch."""

    whose: Whose
    kind: Kind
    #: Since when, in seconds since the epoch; None where that is not known.
    since: int | None = None
    #: A part of a sentence about the branch, such as `it says that it is ready`; "" where it is nobody's turn.
    why: str = ""


def turn_of(branch: Branch) -> BranchTurn:
    """Return whose turn it is with a branch."""
    standing = branch.standing
    if branch.state is State.REVERTED:
        return BranchTurn(whose=Whose.MANAGER, kind=Kind.REVERTED, why=_explain(branch, Kind.REVERTED))
    if branch.state is not State.OPEN:
        return BranchTurn(whose=Whose.NOBODY, kind=Kind.ENDED)
    if branch.absent:
        return BranchTurn(whose=Whose.MANAGER, kind=Kind.UNKNOWN, why=_explain(branch, Kind.UNKNOWN))
    if standing is None:
        return BranchTurn(whose=Whose.NOBODY, kind=Kind.UNBRIEFED)
    if is_resting(branch):
        why = f"it has {describe_use(branch.worktree)}"
        return BranchTurn(whose=Whose.AGENT, kind=Kind.WORKING, since=standing.since, why=why)
    kind = _find_decision(branch, standing)
    if kind:
        return BranchTurn(
            whose=Whose.MANAGER,
            kind=kind,
            since=_since_of(branch, standing, kind),
            why=_explain(branch, kind),
        )
    kind = _find_work(branch, standing)
    # A check-in is overdue from the second at which it was due.
    since = standing.due if kind is Kind.SILENT else standing.since
    return BranchTurn(whose=Whose.AGENT, kind=kind, since=since, why=_explain(branch, kind))


def describe_turn(turn: BranchTurn, now: int) -> str:
    """Return the turn as a line: `your turn for 3 h: it says that it is ready`; "" where it is nobody's."""
    if turn.whose is Whose.NOBODY:
        return ""
    age = format_age(max(now - turn.since, 0)) if turn.since is not None else ""
    wait = {"": "", "now": " just now"}.get(age, f" for {age}")
    return f"{WHOSE_WORDS[turn.whose]}{wait}: {turn.why}"


WHOSE_WORDS: Mapping[Whose, str] = {
    Whose.MANAGER: "your turn",
    Whose.AGENT: "its agent's turn",
    Whose.NOBODY: "nobody's turn",
}


# -- the first question that is true decides ------------------------------------------------


def _find_decision(branch: Branch, standing: Standing) -> Kind | None:
    """Return what the manager has to decide; None where it is the agent's turn.

    An agent that says it is ready waits. So what is wrong with its work then is the manager's to send back:
    until that is done, the agent does not know of it.
    """
    progress = standing.progress
    if has_scope_change(branch) and not _asks_for_checkpoint(standing):
        # What its check-in needs is shown with it: the two are one request.
        return Kind.SCOPE_CHANGE
    if progress in ASKING:
        return Kind.QUESTION
    if progress is Progress.REJECTED:
        return Kind.REJECTED
    if is_finished(branch):
        if has_conflict(branch):
            return Kind.CONFLICT
        if blocking_reasons(branch):
            return Kind.HELD
        return Kind.APPROVED if progress is Progress.APPROVED else Kind.READY
    if met_kill_criteria(branch):
        return Kind.KILL
    return Kind.STOPPED if progress is Progress.STOPPED else None


def _asks_for_checkpoint(standing: Standing) -> bool:
    """Does it wait for a checkpoint? That is decided by itself, before any change of the brief."""
    question = standing.question
    return standing.progress in ASKING and question is not None and question.checkpoint is not None


def _find_work(branch: Branch, standing: Standing) -> Kind:
    """Return what its agent has to do."""
    if has_conflict(branch):
        return Kind.CONFLICT
    if blocking_reasons(branch):
        return Kind.HELD
    if standing.progress is Progress.WORKING and is_unread(branch, standing):
        return Kind.ANSWERED
    return _BY_PROGRESS[standing.progress]


_BY_PROGRESS = {
    Progress.STARTED: Kind.STARTED,
    Progress.WORKING: Kind.WORKING,
    Progress.CHANGES: Kind.CHANGES,
    Progress.SILENT: Kind.SILENT,
    Progress.LAPSED: Kind.LAPSED,
}


def is_unread(branch: Branch, standing: Standing) -> bool:
    """Has the manager answered the newest check-in, and the agent committed nothing since?"""
    answer = standing.answer
    if answer is None or standing.since is None:
        return False
    return all(commit.committed_at < standing.since for commit in branch.commits)


def is_finished(branch: Branch) -> bool:
    """Does its agent say that it is ready, or is it approved already?"""
    standing = branch.standing
    return standing is not None and standing.progress in FINISHED


def gate_now(branch: Branch) -> Gate:
    """Return the gate whose demands hold for a branch now: merge, once it is said to be ready, else push.

    A branch at work can be pushed at any moment. What ready and merge want besides is not due yet.
    """
    return Gate.MERGE if is_finished(branch) else Gate.PUSH


def blocking_reasons(branch: Branch) -> tuple[str, ...]:
    """Return what holds a branch back now, in words; () when nothing does.

    That is files it must not touch; and from ready on, what is missing or failing. What is to be settled on base
    is not sent back to its agent. Where no rules were evaluated, what the evidence alone shows. Where a partial
    clone knows too little, that is what holds it back.
    """
    if branch.absent:
        return (f"{describe_absent(branch.absent)}, so it is unknown what holds it back",)
    if branch.findings is None:
        return branch.standing.holds if branch.standing and is_finished(branch) else ()
    errors = [f for f in branch.findings if f.severity is Severity.ERROR and f.waived is None]
    return tuple(f.message for f in errors if not f.on_base and _is_blocking(f, is_finished(branch)))


def _is_blocking(finding: Finding, done: bool) -> bool:
    """Does a finding hold the branch back? Boundaries count from the first commit, the rest once it is done."""
    family = finding.rule[:3]
    # OWN004 is about two briefs that overlap: the manager settles that, not this branch's agent.
    return (family == "OWN" and finding.rule != "OWN004") or (done and family in ("PKT", "EVD", "TST"))


def met_kill_criteria(branch: Branch) -> tuple[str, ...]:
    """Return the kill criteria of the brief that are met, in words."""
    findings = branch.findings or ()
    return tuple(each.message for each in findings if each.rule == "KIL001" and each.waived is None)


def has_conflict(branch: Branch) -> bool:
    """Does git's merge with base stop at a conflict? False when it is clean, failed, or was not tried."""
    conflict = branch.conflict
    # What is only the conflict of the branch below is settled there.
    return conflict is not None and conflict.clean is False and not conflict.below


# -- since when, and why --------------------------------------------------------------------


def _since_of(branch: Branch, standing: Standing, kind: Kind) -> int | None:
    copy = branch.work.brief if branch.work else None
    # The copy's own commit asks; the check-in before it may be long ago.
    return copy.document.source.at if kind is Kind.SCOPE_CHANGE and copy else standing.since


def _explain(branch: Branch, kind: Kind) -> str:
    """Return why it is that side's turn, as a part of a sentence."""
    return _WHY[kind](branch) if kind in _WHY else ""


def _explain_question(branch: Branch) -> str:
    standing = branch.standing
    checkpoint = standing.question.checkpoint if standing and standing.question else None
    if checkpoint:
        return f"it waits for a decision on its checkpoint {escape_hidden(checkpoint)}"
    blocked = standing is not None and standing.progress is Progress.BLOCKED
    return "it is blocked, and asks for an answer" if blocked else "it asks for an answer"


def _explain_conflict(branch: Branch) -> str:
    count = len(branch.conflict.files) if branch.conflict else 0
    where = f"it is in conflict with base in {format_count(count, 'file')}"
    if not is_finished(branch) or branch.standing is None:
        return where
    approved = branch.standing.progress is Progress.APPROVED
    says = "it is approved" if approved else "it says that it is ready"
    return f"{says}, and {where.removeprefix('it ')}"


def _explain_held(branch: Branch) -> str:
    standing = branch.standing
    if standing and standing.progress is Progress.APPROVED:
        what = "it is approved, and cannot be merged"
    else:
        what = "it says that it is ready, and is not" if is_finished(branch) else "it is out of bounds"
    return f"{what}: {format_reasons(blocking_reasons(branch))}"


def _explain_lapsed(branch: Branch) -> str:
    ready = branch.standing.lapsed[:10] if branch.standing else ""
    return (
        f"it was ready at {ready}, and more code came since" if ready else "more code came since it was ready"
    )


def _describe_request(branch: Branch) -> tuple[str, ...]:
    """What its agent was told to do differently, and has not put to the manager again."""
    request = find_request(branch.work) if branch.work else None
    return (describe_request(request),) if request else ()


def _name_reviewer(branch: Branch) -> str:
    review = branch.standing.review if branch.standing else None
    return describe_reviewer(review) if review else "a reviewer"


def _add_round(branch: Branch, why: str) -> str:
    """The sentence, with what else is to be known of the reviews: another one that only informs, and the round."""
    return "; ".join(filter(None, (why, describe_informing(branch), describe_rounds(branch))))


def describe_rewriting(branch: Branch) -> str:
    """Return a word on a review whose commit was rewritten since without a change; "" for any other."""
    return " (rewritten, same change)" if branch.standing and branch.standing.is_review_rewritten else ""


_WHY: Mapping[Kind, Callable[[Branch], str]] = {
    Kind.QUESTION: _explain_question,
    Kind.SCOPE_CHANGE: lambda branch: f"it {branch.work.asks if branch.work else ''}",
    Kind.REJECTED: lambda branch: _add_round(
        branch, f"{_name_reviewer(branch)} has rejected it{describe_rewriting(branch)}"
    ),
    Kind.CONFLICT: _explain_conflict,
    Kind.HELD: _explain_held,
    Kind.READY: lambda branch: _add_round(branch, "it says that it is ready"),
    Kind.APPROVED: lambda branch: _add_round(
        branch, f"{_name_reviewer(branch)} has approved it{describe_rewriting(branch)}"
    ),
    Kind.KILL: lambda branch: f"a criterion to give up is met: {format_reasons(met_kill_criteria(branch))}",
    Kind.STOPPED: lambda _: "it has stopped, as it was told",
    Kind.LAPSED: _explain_lapsed,
    Kind.UNKNOWN: lambda branch: blocking_reasons(branch)[0],
    Kind.REVERTED: lambda _: "base took back what had landed",
    Kind.CHANGES: lambda branch: _add_round(
        branch, f"{_name_reviewer(branch)} has asked for changes{describe_rewriting(branch)}"
    ),
    Kind.SILENT: lambda _: "its check-in is overdue",
    Kind.ANSWERED: lambda branch: "; ".join(("it has an answer to read", *_describe_request(branch))),
    Kind.STARTED: lambda _: "it has not checked in yet",
    Kind.WORKING: lambda branch: "; ".join(("it is working", *_describe_request(branch))),
}

REASON_LENGTH = 100  # characters of a reason; the branch's page shows all of it


def format_reasons(reasons: tuple[str, ...]) -> str:
    """Return the first reason, cut to a length, and how many more there are."""
    more = f"; and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    first = escape_hidden(reasons[0])
    return (first if len(first) <= REASON_LENGTH else f"{first[: REASON_LENGTH - 1]}…") + more


def describe_guess(branch: Branch) -> str:
    """Return which check-in an answer that names none was taken to be about; "" where nothing was guessed."""
    standing = branch.standing
    answer = standing.answer if standing else None
    if standing is None or answer is None or answer.to is not None or standing.question is None:
        return ""
    name = escape_hidden(standing.question.name)
    return f"the answer {escape_hidden(answer.name)} names no check-in, and counts for {name}"
