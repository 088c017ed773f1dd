"""Which answer is to which check-in, and which question waits for one.

Belongs here: the manager's answers put to the check-ins of one branch. Does not: how far the branch is by that
(see `progress`), or writing an answer (see `workflow.manage.answer`).

An answer settles the check-in that it names. One written by hand may name none: it settles the newest question
whose commit is not younger than its own, else the newest there is. All tuples of `Work` are newest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentledger.attention.clock import brought_at, time_of
from agentledger.model.check_in_states import ASKING_STATES
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Answer, CheckIn
from agentledger.model.work import ASKING, Work

# What an answer names where nobody has checked in yet, so that it settles no later question.
START = "start"
# Decisions that give the work back to its agent, whether it had asked something or said that it is done.
SENDS_BACK = ("change", "reject", "stop")
# The answers by the name of the check-in that each replies to, newest first.
Replies = Mapping[str, Sequence[Answer]]


def group_replies(work: Work) -> dict[str, list[Answer]]:
    """Group the answers by the name of the check-in that each replies to, newest first."""
    replies: dict[str, list[Answer]] = {}
    for answer in work.answers:
        name = answer.to or _find_answered(answer, work)
        if name:
            replies.setdefault(name, []).append(answer)
    return replies


def newest_reply(check_in: CheckIn | None, replies: Replies) -> Answer | None:
    """Return the newest answer to a check-in; for None, to a branch on which nobody has checked in."""
    return next(iter(replies.get(check_in.name if check_in else START, ())), None)


def open_question(branch: Branch) -> CheckIn | None:
    """Return the check-in that waits for the manager's answer; None where none does."""
    standing = branch.standing
    return standing.question if standing and standing.progress in ASKING else None


def is_sent_back(branch: Branch) -> bool:
    """Has the manager told its agent to do something else, and the agent not checked in since?"""
    answer = branch.standing.answer if branch.standing else None
    return answer is not None and answer.decision in SENDS_BACK


def _find_answered(answer: Answer, work: Work) -> str | None:
    """Return the name of the check-in that an answer without an address replies to; None for no check-in.

    An answer that names a checkpoint replies to the requests for that alone; one about the brief to nothing.
    """
    if answer.brief:
        return None
    asked = [c for c in work.check_ins if answer.checkpoint in (None, c.checkpoint)]
    earlier = [c for c in asked if brought_at(c) <= brought_at(answer)]
    chosen = _find_waiting(earlier) or _find_waiting(asked) or next(iter(earlier or asked), None)
    return chosen.name if chosen else None


def _find_waiting(check_ins: Sequence[CheckIn]) -> CheckIn | None:
    """Return what waits for the manager among these: the newest, if it asks or says ready, else a checkpoint."""
    newest = next(iter(check_ins), None)
    if newest is None or is_question(newest) or newest.state == "ready":
        return newest
    return next((c for c in check_ins if c.checkpoint), None)


def is_question(check_in: CheckIn) -> bool:
    """Does it ask for an answer?"""
    return check_in.state in ASKING_STATES or check_in.checkpoint is not None


def has_open_question(work: Work) -> bool:
    """Does a check-in wait for the manager's answer?"""
    return find_unanswered(work, group_replies(work)) is not None


def find_unanswered(work: Work, replies: Replies) -> CheckIn | None:
    """Return the check-in that waits for the manager; None where none does.

    That is the newest, if it asks. A later check-in withdraws a question, but not a checkpoint: an agent
    that goes on without an answer must not open it.
    """
    for newest in work.check_ins[:1]:
        if newest.state in ASKING_STATES and not replies.get(newest.name):
            return newest
    return next((c for c in newest_requests(work).values() if not _is_decided(c, replies)), None)


def newest_requests(work: Work) -> dict[str, CheckIn]:
    """Map each checkpoint to the newest request for it: one that is asked for again waits again."""
    requests: dict[str, CheckIn] = {}
    for check_in in work.check_ins:
        if check_in.checkpoint:
            requests.setdefault(check_in.checkpoint, check_in)
    return requests


def _is_decided(check_in: CheckIn, replies: Replies) -> bool:
    """Has the manager said yes or no to the checkpoint? A note is neither."""
    return _find_decision(check_in, replies) is not None


def _find_decision(check_in: CheckIn, replies: Replies) -> Answer | None:
    """Return the newest decision on the checkpoint that a check-in asks for; None where there is none."""
    answers = replies.get(check_in.name, ())
    about = (a for a in answers if a.decision != "note" and a.checkpoint in (None, check_in.checkpoint))
    return next(about, None)


def approved_checkpoints(work: Work) -> frozenset[str]:
    """Return the checkpoints that are open: the manager's last word on the newest request for each is a yes.

    A yes to an earlier plan does not open what replaced it. Where nobody has asked yet, a yes that names the
    checkpoint does.
    """
    replies, requests = group_replies(work), newest_requests(work)
    unasked = {a.checkpoint for a in work.answers if a.decision == "approve" and a.checkpoint}
    approved = {name for name, asked in requests.items() if _is_approved(asked, replies)}
    return frozenset(approved | (unasked - requests.keys()))


def find_approved(work: Work, checkpoint: str) -> CheckIn | None:
    """Return the newest request for a checkpoint that was approved, be there a newer one or not; None without one."""
    replies = group_replies(work)
    asked = (each for each in work.check_ins if each.checkpoint == checkpoint)
    return next((each for each in asked if _is_approved(each, replies)), None)


def _is_approved(check_in: CheckIn, replies: Replies) -> bool:
    decision = _find_decision(check_in, replies)
    return decision is not None and decision.decision == "approve"


def list_new_answers(work: Work, now: int) -> tuple[Answer, ...]:
    """Return the answers that came since the newest check-in, newest first: what its agent has yet to read.

    One of the same second counts as new: shown twice does less harm than never shown.
    """
    newest = next(iter(work.check_ins), None)
    if newest is None:
        return work.answers
    replies, since = group_replies(work).get(newest.name, []), time_of(newest, now)
    return tuple(a for a in work.answers if a in replies or time_of(a, now) >= since)


def find_stop(work: Work, now: int) -> Answer | None:
    """Return the answer that told the agent to stop, where the newest check-in came after it, and nothing since."""
    told = [a for a in work.answers if not a.brief]
    if not (told and work.check_ins) or told[0].decision != "stop" or told[0] in list_new_answers(work, now):
        return None
    return told[0]
