"""What the manager has told an agent to do differently, and the agent has not put to the manager again.

Belongs here: finding that, the words for it, and how a checkpoint is asked for. Does not: which answer is to which
check-in (see `replies`), or how far the branch is by that (see `progress`).

An answer is read once, by the next check-in. What it asks for holds longer: until the agent asks again, or says ready.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from agentledger.attention.replies import (
    SENDS_BACK,
    START,
    approved_checkpoints,
    group_replies,
    is_question,
)
from agentledger.model.ledger import Answer, Brief, CheckIn
from agentledger.model.text import escape_hidden
from agentledger.model.work import Work

LENGTH = 80  # characters of an answer's first line that are shown; the branch's page has all of it

_STOP = "stop here, as you were told: no more code"


@dataclass(frozen=True, slots=True)
class Request:
    """An answer that sends the work back, and the checkpoint that it keeps closed; None for no checkpoint."""

    answer: Answer
    checkpoint: str | None


def find_request(work: Work) -> Request | None:
    """Return what the agent was told to do differently; None where nothing of that kind holds.

    The newest decision counts. Check-ins that only report leave it as it is.
    """
    replies = group_replies(work)
    for check_in in (*work.check_ins, None):
        answers = replies.get(check_in.name if check_in else START, ())
        decided = next((answer for answer in answers if answer.decision != "note"), None)
        if decided is not None:
            return _make_request(decided, check_in)
        if check_in is not None and (is_question(check_in) or check_in.state == "ready"):
            return None
    return None


def _make_request(answer: Answer, check_in: CheckIn | None) -> Request | None:
    if answer.decision not in SENDS_BACK:
        return None
    return Request(answer, answer.checkpoint or (check_in.checkpoint if check_in else None))


def describe_request(request: Request) -> str:
    """Return the request as a part of a sentence about the branch, with the first line of what was said."""
    checkpoint = f"its checkpoint {escape_hidden(request.checkpoint)}" if request.checkpoint else ""
    words = {
        "change": f"it was asked to change {checkpoint or 'something'}",
        "reject": f"{checkpoint or 'what it asked for'} was refused",
        "stop": "it was told to stop",
    }[request.answer.decision]
    first = escape_hidden(next(iter(request.answer.text.strip().splitlines()), ""))
    said = first if len(first) <= LENGTH else f"{first[: LENGTH - 1]}…"
    return f"{words}: “{said}”" if said else words


def needed_checkpoints(brief: Brief) -> tuple[str, ...]:
    """Return the checkpoints that have to be approved: `mode: review` asks for the plan though none is listed."""
    return brief.checkpoints or (("plan",) if brief.mode == "review" else ())


def ask_command(checkpoint: str) -> str:
    """Return the command by which an agent asks for a checkpoint, with a place for what the manager decides on."""
    what = "the plan, step by step" if checkpoint == "plan" else "what there is to approve"
    name = shlex.quote(escape_hidden(checkpoint))
    return f"agentledger report --checkpoint {name} --plan '{what}' --need 'Is that it?'"


def describe_checkpoint_step(work: Work | None, checkpoint: str) -> str:
    """Return what an agent does about a checkpoint that is not approved: ask, wait, or ask again."""
    request = find_request(work) if work else None
    if request and request.answer.decision == "stop":
        return _STOP
    if request and request.checkpoint == checkpoint:
        what = "change it as the answer says, write it anew"
    elif work and any(each.checkpoint == checkpoint for each in work.check_ins):
        return "you have asked: wait, and look for the answer: agentledger report"
    else:
        what = "write the plan" if checkpoint == "plan" else "write what there is to approve"
    return f"{what} in place of what --plan has here, and wait: {ask_command(checkpoint)}"


def describe_agents_step(work: Work, brief: Brief) -> str:
    """Return what an agent does after a check-in that asks nothing: what was asked of it comes first."""
    request = find_request(work)
    if request and request.answer.decision == "stop":
        return _STOP
    if request and request.checkpoint:
        return describe_checkpoint_step(work, request.checkpoint)
    if request:
        told = "make the change that" if request.answer.decision == "change" else "do it another way, as"
        return f"{told} the answer asks for; when it is finished: agentledger done"
    if "plan" in needed_checkpoints(brief) and "plan" not in approved_checkpoints(work):
        return describe_checkpoint_step(work, "plan")
    return "go on with the work; when it is finished: agentledger done"
