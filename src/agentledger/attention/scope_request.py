"""A branch's request for another scope, as one thing: what it asks for, why, and how to settle it.

Belongs here: which check-in a changed copy of the brief goes with, and the commands that decide. Does not: how two
briefs differ (see `brief_change`), or writing the decision (see `workflow.manage.brief_decision`).

An agent asks in two steps: it commits the changed copy, then it reports what it needs. No answer grants the
first; a decision on the copy answers the second.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.attention.clock import brought_at
from agentledger.attention.commands import format_command
from agentledger.attention.replies import open_question
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Brief, CheckIn
from agentledger.model.work import Copy


def has_scope_change(branch: Branch) -> bool:
    """Does the branch's copy of the brief ask for something that the manager has not accepted?"""
    return branch.work is not None and branch.work.copy is Copy.SCOPE_CHANGE


def find_reason(branch: Branch) -> CheckIn | None:
    """Return the check-in that asks for the changed copy to be accepted; None where none does.

    It is the open question, if it came with the copy or after it, and is about no checkpoint: that needs a decision
    of its own.
    """
    question = open_question(branch)
    brief = branch.work.brief if branch.work else None
    if brief is None or question is None or question.checkpoint or not has_scope_change(branch):
        return None
    return question if _comes_with(question, brief, branch) else None


def _comes_with(question: CheckIn, brief: Brief, branch: Branch) -> bool:
    """Did the check-in come with the copy, or after it? By their commits; where one has none yet, by the time."""
    places = {commit.id: place for place, commit in enumerate(branch.line)}
    asked, copied = (places.get(each.document.source.commit or "") for each in (question, brief))
    if asked is not None and copied is not None:
        return asked <= copied  # the newest is the first
    at = brief.document.source.at
    return at is None or brought_at(question) >= at


def describe_reason(branch: Branch) -> str:
    """Return why a branch asks for another scope: its check-in's words, else the subject of the copy's commit."""
    reason = find_reason(branch)
    if reason and reason.needs:
        return reason.needs
    brief = branch.work.brief if branch.work else None
    commit = brief.document.source.commit if brief else None
    return next((c.subject for c in branch.commits if c.id == commit), "")


def list_decisions(branch: Branch) -> tuple[tuple[str, str], ...]:
    """Return the commands that settle it, each with what it does; () where nothing is asked, or nobody can type them.

    They name the blob, so that they decide on nothing but the copy that was shown.
    """
    brief = branch.work.brief if branch.work and has_scope_change(branch) else None
    if brief is None or brief.document.blob is None:
        return ()
    return tuple(_list_commands(branch.name, brief.document.blob[:12]))


def _list_commands(name: str, blob: str) -> Iterator[tuple[str, str]]:
    commands = {
        "accept": format_command(("agentledger", "brief", "accept", "--blob", blob), name),
        "reject": format_command(("agentledger", "brief", "reject", "--blob", blob, "-m", "why not"), name),
        "answer, which grants nothing": format_command(
            ("agentledger", "answer", "--grants-nothing"), name, "your answer"
        ),
    }
    yield from ((purpose, command) for purpose, command in commands.items() if command)
