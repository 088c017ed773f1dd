"""Writes the manager's reply to an agent, as a new document on the control branch.

Belongs here: which task, branch and check-in a reply is about, and the document itself. Does not: reading
standard input or talking to a person (see `cli.answer`), writing in an editor (see `compose`), and publishing
(see `sync`).
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from agentledger.attention import plans, replies, scope_request
from agentledger.attention.commands import format_command, review_command
from agentledger.attention.turn import is_finished
from agentledger.control import append
from agentledger.documents import RawDocument, parse_answer
from agentledger.model import ledger_paths
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import ALIVE, Branch, Fleet
from agentledger.model.ledger import CheckIn, Source
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import escape_hidden, format_count
from agentledger.model.work import Copy
from agentledger.workflow.session import manager_context
from agentledger.workflow.session.manager_context import Managing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the manager says to the agents of a task."""

    #: The task's id, or the name of a branch that works on it.
    task: str
    #: Markdown, '' for a decision without words.
    text: str = ""
    decision: str = "note"
    #: The name of the check-in that this answers; None for the question that waits, else the newest.
    to: str | None = None
    checkpoint: str | None = None
    #: The one branch that is meant, None for all.
    branch: str | None = None
    #: The blob of the branch's own brief that is decided on. Without it, `resolve_reply` finds what a rejection
    #: is about.
    brief: str | None = None
    #: All rival branches are meant, so none has to be named.
    everyone: bool = False
    #: Its author knows that it does not grant the other scope that a branch asks for.
    grants_nothing: bool = False
    #: Its author knows that it approves a checkpoint whose check-in has no plan.
    without_plan: bool = False


class GrantsNothing(LedgerError):
    """A branch asks for another scope, and the reply looks as if it granted that."""


class Draft(NamedTuple):
    """A reply with its document, which a reader can read, and the path that it goes to."""

    reply: Reply
    path: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was written, or with `dry_run` would be."""

    task: str
    #: The document's path on the control branch.
    path: str
    #: Those of the other documents: there is one for each branch that is answered.
    others: tuple[str, ...] = ()
    #: The full name of the control branch.
    ref: str
    #: The new commit, '' in a dry run.
    commit: str
    #: Is there a remote that the control branch can be pushed to?
    to_publish: bool
    #: Why the commit is not signed though base's policy lists signers, else ''.
    unsigned: str = ""
    #: The document.
    content: bytes = b""
    #: What its author may not have meant, else ''.
    warning: str = ""
    dry_run: bool = False


def write_answer(start: Path, reply: Reply, now: int, *, dry_run: bool = False) -> Answered:
    """Append the reply to the control branch of the repository around `start`.

    `now` is its time in seconds since the epoch. Work tree and index are not touched. Raises LedgerError, and
    nothing is written, in an agent's worktree; for a task, branch or check-in that is not known; where a task
    has rival branches and none is named; where the reply says nothing; and where
    `control.append.commit_files` refuses.
    """
    refuse_empty_answer(reply)
    with manager_context.open_managing(start, now) as desk:
        return append_answer(desk, reply, now, dry_run=dry_run)


def append_answer(desk: Managing, reply: Reply, now: int, *, dry_run: bool = False) -> Answered:
    """The same as `write_answer`, in a repository that is open already."""
    drafts = [draft_answer(desk, each, now) for each in _split_reply(desk, reply)]
    for draft in drafts:
        _refuse_seeming_grant(draft.reply, addressed_branches(desk, draft.reply))
        _refuse_unseen_plan(draft.reply, addressed_branches(desk, draft.reply))
    reply, path, content = drafts[0]
    branches = [branch for draft in drafts for branch in addressed_branches(desk, draft.reply)]
    undecided = _describe_undecided(reply, branches) or _describe_open_scope(reply, branches)
    answered = Answered(
        task=reply.task,
        path=path,
        others=tuple(draft.path for draft in drafts[1:]),
        ref=desk.ref,
        commit="",
        to_publish=desk.publishes,
        unsigned="",
        content=content,
        warning=undecided,
        dry_run=dry_run,
    )
    if dry_run:
        return answered
    documents = {draft.path: draft.content for draft in drafts}
    written = desk.append(documents, f"answer {reply.task}: {reply.decision}")
    return replace(answered, commit=written.commit, unsigned=written.unsigned)


def _split_reply(desk: Managing, reply: Reply) -> list[Reply]:
    """The reply, or to several branches one for each: an answer settles one check-in, which it names."""
    resolved = resolve_reply(desk, reply)
    if not reply.everyone or resolved.to is not None or resolved.brief is not None:
        return [reply]
    live = [branch for branch in addressed_branches(desk, resolved) if branch.state in ALIVE]
    return (
        [replace(reply, branch=branch.name, everyone=False) for branch in live] if len(live) > 1 else [reply]
    )


def _refuse_seeming_grant(reply: Reply, branches: Sequence[Branch]) -> None:
    """Raise GrantsNothing for a yes or a note that may be meant to grant the scope that a branch asks for.

    One that names a checkpoint, or goes to another check-in than the request's, is about that.
    """
    if reply.grants_nothing or reply.brief or reply.checkpoint or reply.decision not in ("note", "approve"):
        return
    for branch in branches:
        asked = scope_request.find_reason(branch)
        if scope_request.has_scope_change(branch) and reply.to in (
            None,
            asked.name if asked else _newest(branch),
        ):
            raise GrantsNothing(describe_ungranted(branch), _grant_hint(branch, reply.text))


def _refuse_unseen_plan(reply: Reply, branches: Sequence[Branch]) -> None:
    """Raise LedgerError for the approval of a plan that is not there, or that a newer one has replaced."""
    if reply.decision != "approve" or reply.brief:
        return
    for branch in branches:
        shown = next((each for each in _check_ins_of(branch) if each.name == reply.to), None)
        if branch.work is None or shown is None:
            continue
        if reply.checkpoint not in (None, shown.checkpoint):
            raise LedgerError(
                f"the check-in {escape_hidden(shown.name)} does not ask for the checkpoint "
                f"{escape_hidden(reply.checkpoint or '')}",
                "leave --to out: the answer then goes to the newest check-in that does",
            )
        name = escape_hidden(shown.checkpoint or "")
        if newer := plans.find_newer(branch.work, shown) if shown.checkpoint else None:
            raise LedgerError(
                f"{escape_hidden(branch.name)} has asked for its checkpoint {name} again, in the check-in "
                f"{escape_hidden(newer.name)}: this approves an earlier plan",
                "agentledger next shows the plan that waits, and the command for it",
            )
        if plans.lacks_plan(shown) and not reply.without_plan:
            ask = plans.decide_command(branch, shown) or "agentledger answer --decision change"
            raise LedgerError(
                f"there is no plan to approve: the check-in {escape_hidden(shown.name)} asks for its checkpoint "
                f"{name} and does not say what that is",
                f"{ask} asks for one; --without-plan approves it all the same",
            )


def _newest(branch: Branch) -> str:
    """The check-in that an answer goes to where no question waits; another question is not about the scope."""
    newest = next(iter(_check_ins_of(branch)), None)
    return "" if replies.open_question(branch) else newest.name if newest else replies.START


def describe_ungranted(branch: Branch) -> str:
    """Say that a branch asks for another scope, which no answer grants."""
    asks = branch.work.asks if branch.work else ""
    return f"{escape_hidden(branch.name)} {asks}, and no answer grants that"


def _grant_hint(branch: Branch, text: str) -> str:
    accept = ("agentledger", "brief", "accept", *(("-m", text) if text.strip() else ()))
    command = format_command(accept, branch.name) or "agentledger brief accept"
    return f"{command} grants it; --grants-nothing sends the answer as it is"


def _describe_open_scope(reply: Reply, branches: Sequence[Branch]) -> str:
    """A warning where a changed copy of the brief still waits, which no answer can accept; '' elsewhere."""
    asking = [b.name for b in branches if b.work and b.work.copy is Copy.SCOPE_CHANGE]
    if not asking or reply.brief:
        return ""
    name = shlex.quote(escape_hidden(asking[0]))
    return f"its copy of the brief asks for a different scope, which no answer grants: agentledger brief diff {name}"


def draft_answer(desk: Managing, reply: Reply, now: int) -> Draft:
    """The document of a reply. Raises LedgerError as `write_answer` does."""
    reply = resolve_reply(desk, reply)
    content = _render_answer(reply, now, desk.own_email)
    path = f"{ledger_paths.control_folder(reply.task)}/answers/{append.new_document_name(now, content)}"
    _refuse_unreadable(desk.fleet, path, content)
    return Draft(reply, path, content)


# -- what it is about --------------------------------------------------------------------


def refuse_empty_answer(reply: Reply) -> None:
    """Raise LedgerError for a note without text; any other decision says something by itself."""
    if reply.decision == "note" and not reply.text.strip():
        raise LedgerError(
            "the answer is empty", "write a text, - to read it from standard input, or a --decision"
        )


def resolve_reply(desk: Managing, reply: Reply) -> Reply:
    """The reply with every name as the files have it. Raises LedgerError for a name that is not known."""
    task = desk.task(reply.task)
    if task.id != reply.task:
        branch = desk.branch(reply.task)
        reply = replace(reply, task=task.id, branch=reply.branch or (branch.name if branch else None))
    if reply.branch is not None and reply.branch not in task.branches:
        nobody = f"no branch works on {escape_hidden(task.id)}"
        raise unknown_name_error(f"branch of {task.id}", reply.branch, task.branches, nobody)
    reply = _resolve_check_in(desk, reply)
    if reply.branch is None and not reply.everyone:
        _refuse_rivals(desk, task.id)
    if reply.brief is None:
        reply = replace(reply, brief=_find_rejected_blob(reply, addressed_branches(desk, reply)))
    _refuse_finished(reply, addressed_branches(desk, reply))
    # What decides on a brief settles no check-in, unless that is named.
    return reply if reply.brief or reply.to else replace(reply, to=_find_answered(desk, reply))


def _refuse_finished(reply: Reply, branches: Sequence[Branch]) -> None:
    """Raise LedgerError for a yes or a no to finished work: only a review of one head approves or rejects that.

    To ask for a change, to stop, and a note are answers, which the agent reads.
    """
    option = {"approve": "--approve", "reject": "--reject"}.get(reply.decision)
    if option is None or reply.brief or reply.checkpoint:
        return
    for branch in branches:
        if is_finished(branch) and replies.open_question(branch) is None:
            name = escape_hidden(branch.name)
            words = ("-m", reply.text or "why not") if option == "--reject" else ()
            command = review_command(branch, option, *words) or "agentledger review"
            message = (
                f"{name} asks nothing and says that it is ready: an answer does not {reply.decision} that"
            )
            raise LedgerError(
                message, f"look at it: {review_command(branch) or 'agentledger review'}; then {command}"
            )


def addressed_branches(desk: Managing, reply: Reply) -> list[Branch]:
    """The branches that a reply is to, once `resolve_reply` has checked its names."""
    working = (b for b in desk.fleet.branches if b.work and b.work.task == reply.task)
    return [branch for branch in working if reply.branch in (None, branch.name)]


def _resolve_check_in(desk: Managing, reply: Reply) -> Reply:
    """The reply with the name of the check-in that it answers, and the branch where only one has that check-in."""
    if reply.to is None:
        return reply
    # A person may paste the check-in's path.
    to = reply.to.rpartition("/")[2].removesuffix(".md")
    names = [c.name for branch in addressed_branches(desk, reply) for c in _check_ins_of(branch)]
    if to not in names:
        nobody = f"nobody has checked in on {escape_hidden(reply.task)}"
        raise unknown_name_error(f"check-in of {reply.task}", to, names, nobody)
    branch_names = [
        b.name for b in addressed_branches(desk, reply) if any(c.name == to for c in _check_ins_of(b))
    ]
    rivals = len(desk.task(reply.task).branches) > 1
    return replace(
        reply, to=to, branch=branch_names[0] if rivals and len(branch_names) == 1 else reply.branch
    )


def _find_answered(desk: Managing, reply: Reply) -> str | None:
    """The name of the check-in that a reply without one settles: the question that waits, else the newest.

    None where branches differ in that, so that each goes by the rule for an answer that names none.
    """
    addressed = addressed_branches(desk, reply)
    live = [branch for branch in addressed if branch.state in ALIVE] or addressed
    names = {_name_answered(branch, reply) for branch in live}
    return names.pop() if len(names) == 1 else None


def _name_answered(branch: Branch, reply: Reply) -> str:
    question, said = replies.open_question(branch), _check_ins_of(branch)
    if reply.checkpoint:
        asked = next((each for each in said if each.checkpoint == reply.checkpoint), None)
    else:
        asked = question or next(iter(said), None)
    return asked.name if asked else replies.START


def _check_ins_of(branch: Branch) -> tuple[CheckIn, ...]:
    return branch.work.check_ins if branch.work else ()


def _refuse_rivals(desk: Managing, task: str) -> None:
    """Raise LedgerError where several branches work on a task: what is right for one may be wrong for another."""
    rivals = sorted(escape_hidden(b.name) for b in desk.attempts(task) if b.state in ALIVE)
    if len(rivals) > 1:
        count = f"{format_count(len(rivals), 'branch works', 'branches work')} on {escape_hidden(task)}"
        raise LedgerError(
            f"{count}: {', '.join(rivals)}", "name the branch in place of the task, or say --all"
        )


def _find_rejected_blob(reply: Reply, branches: Sequence[Branch]) -> str | None:
    """The blob of the scope change that a rejection is about: where nobody asks a question, it can only be that.

    None where the reply is about something else. Raises LedgerError where branches ask for different ones.
    """
    works = [branch.work for branch in branches if branch.work]
    if reply.decision != "reject" or reply.checkpoint or any(map(replies.has_open_question, works)):
        return None
    copies = [work.brief for work in works if work.copy is Copy.SCOPE_CHANGE and work.brief]
    blobs = {copy.document.blob for copy in copies}
    if len(blobs) > 1:
        raise LedgerError(
            "more than one branch asks for a different scope", "say with --branch which is refused"
        )
    return next(iter(blobs), None)


def _describe_undecided(reply: Reply, branches: Sequence[Branch]) -> str:
    """A warning where a note leaves a checkpoint closed, which its author may not know; '' elsewhere."""
    questions = [
        question for branch in branches if (question := replies.open_question(branch)) and question.checkpoint
    ]
    closed = [c.checkpoint for c in questions if reply.to in (None, c.name) and c.checkpoint]
    if reply.decision != "note" or not closed:
        return ""
    return f"a note leaves the checkpoint {escape_hidden(closed[0])} closed: --decision approve opens it"


# -- how it is written down --------------------------------------------------------------


def _render_answer(reply: Reply, now: int, by: str) -> bytes:
    """The document: front matter and text. Values are in JSON's quotes, which YAML reads, whatever is in them."""
    keys = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "by": by,
        "decision": reply.decision,
        "to": reply.to,
        "branch": reply.branch,
        "checkpoint": reply.checkpoint,
        "brief": reply.brief,
    }
    plain = ("at", "decision", "brief")
    lines = [
        f"{key}: {value if key in plain else json.dumps(value, ensure_ascii=False)}\n"
        for key, value in keys.items()
        if value is not None
    ]
    text = reply.text.strip()
    document = f"---\n{''.join(lines)}---\n" + (f"\n{text}\n" if text else "")
    return document.encode("utf-8", "replace")


def _refuse_unreadable(fleet: Fleet, path: str, content: bytes) -> None:
    """Raise LedgerError where a reader would find a fatal problem in it, such as a checkpoint that is no id."""
    raw = RawDocument(source=Source(path=path), content=content, policy=fleet.policy)
    for problem in parse_answer(raw).document.problems:
        if problem.fatal:
            raise LedgerError(
                f"the answer could not be read again: {escape_hidden(problem.message)}", problem.hint
            )
