"""The manager's reply to an agent: one document more on the control branch.

Belongs here: which task, branch and check-in a reply is about, and how it is written down.
Does not: reading standard input or talking to a person (`cli.answer`), and publishing (`workflow.sync`).
"""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger import control_write, git, snapshot, standing
from agentledger.bases import HEADS
from agentledger.control_commit import identity
from agentledger.documents import parse_answer
from agentledger.errors import LedgerError
from agentledger.ledger import Source
from agentledger.model import Fleet
from agentledger.observe import observe
from agentledger.text import decode, printable
from agentledger.work import Copy, Work


@dataclass(frozen=True, slots=True)
class Reply:
    """What the manager says. `to` is a check-in's name; None: the newest before the reply.

    `brief` is the blob of the branch's brief that is refused; `answer` finds it.
    """

    task: str
    text: str = ""
    decision: str = "note"
    to: str | None = None
    checkpoint: str | None = None
    branch: str | None = None
    brief: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What was written.

    `ref` is the control branch; `to_publish`: there is a remote it can be pushed to; `unsigned`: why it
    carries no signature though base's policy lists signers, else ''.
    """

    task: str
    path: str
    ref: str
    commit: str
    to_publish: bool
    unsigned: str = ""


def answer(start: Path, reply: Reply, now: int) -> Answered:
    """Append the reply to the control branch of the repository around `start`; `now` is its time.

    Work tree and index are not touched. Raises LedgerError, and nothing is written: in an agent's
    worktree; for a task, branch or check-in that is not known; when the reply says nothing; and
    whenever `control_write.append` refuses.
    """
    _has_something_to_say(reply)
    seen = observe(start, None, ())
    with snapshot.opened(start, snapshot.Request(forecast=False, lines=False, now=now, rules=False)) as taken:
        fleet = taken.fleet
    control_write.refuse_in_agent_worktree(seen, fleet)
    _has_control(fleet)
    reply = _checked(fleet, reply)
    asked = git.repository(start)
    name = fleet.policy.control_branch
    content = _document(reply, now, _address(identity(asked).author))
    path = f"tasks/{reply.task}/answers/{control_write.new_name(now, content)}"
    _readable(fleet, path, content)
    message = f"chore(ledger): answer {reply.task}: {reply.decision}"
    sign = bool(fleet.policy.control_signers)
    written = control_write.append(asked, {path: content}, message, name=name, sign=sign)
    has_remote = any(key.startswith("remote.") and key.endswith(".url") for key in git.config(asked))
    return Answered(reply.task, path, HEADS + name, written.commit, has_remote, written.unsigned)


def _has_control(fleet: Fleet) -> None:
    """LedgerError where the branch of the control branch's name is something else, and has no task."""
    control = fleet.control
    if control is not None and control.ref is None and control.note:
        message, _, hint = control.note.partition("; ")
        raise LedgerError(message, hint)


# -- what it is about --------------------------------------------------------------------


def _has_something_to_say(reply: Reply) -> None:
    if reply.decision == "note" and not reply.text.strip():
        raise LedgerError(
            "the answer is empty", "write a text, - to read it from standard input, or a --decision"
        )


def _checked(fleet: Fleet, reply: Reply) -> Reply:
    """The reply with the check-in's name as its file has it, once all that it names is known."""
    task = next((task for task in fleet.tasks if task.id == reply.task), None)
    if task is None:
        raise _unknown("task", reply.task, [task.id for task in fleet.tasks], "no task is known here")
    if reply.branch is not None and reply.branch not in task.branches:
        nobody = f"no branch works on {printable(task.id)}"
        raise _unknown(f"branch of {task.id}", reply.branch, task.branches, nobody)
    spoken_to = {reply.branch} if reply.branch else task.branches
    works = [b.work for b in fleet.branches if b.work and b.name in spoken_to]
    if reply.to is None:
        return replace(reply, brief=_refused(reply, works))
    to = reply.to.rpartition("/")[2].removesuffix(".md")
    names = [check_in.name for work in works for check_in in work.check_ins]
    if to not in names:
        raise _unknown(f"check-in of {task.id}", to, names, f"nobody has checked in on {printable(task.id)}")
    return replace(reply, to=to)


def _refused(reply: Reply, works: Sequence[Work]) -> str | None:
    """The scope change that the reply turns down: where nobody asks a question, it is about that."""
    if reply.decision != "reject" or reply.checkpoint or any(map(standing.asks, works)):
        return None
    copies = [work.brief for work in works if work.copy is Copy.SCOPE_CHANGE and work.brief]
    found = {copy.document.blob for copy in copies}
    if len(found) > 1:
        raise LedgerError("more than one branch asks for another scope", "say with --branch which is refused")
    return next(iter(found), None)


def _unknown(what: str, name: str, known: Collection[str], none: str) -> LedgerError:
    near = difflib.get_close_matches(name, known, 3, 0.5)
    if near:
        hint = f"did you mean {' or '.join(map(printable, near))}?"
    elif known:
        some = ", ".join(map(printable, sorted(known)[:5]))
        hint = f"there {'is' if len(known) == 1 else 'are'} {some}{' and more' if len(known) > 5 else ''}"
    else:
        hint = none
    return LedgerError(f"there is no {printable(what)} named {printable(name)}", hint)


# -- how it is written down --------------------------------------------------------------


def _document(reply: Reply, now: int, by: str) -> bytes:
    """Front matter and text. Quoted as JSON, which YAML reads as is, whatever a name holds."""
    said = {
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
        for key, value in said.items()
        if value is not None
    ]
    text = reply.text.strip()
    document = f"---\n{''.join(lines)}---\n" + (f"\n{text}\n" if text else "")
    return document.encode("utf-8", "replace")


def _address(ident: bytes) -> str:
    """The e-mail address of git's `Name <address> time zone`; the name where there is none."""
    name, _, rest = decode(ident).partition("<")
    return rest.partition(">")[0] or name.strip()


def _readable(fleet: Fleet, path: str, content: bytes) -> None:
    """LedgerError when a reader would find something wrong in it: a checkpoint that is no id, an odd name."""
    for problem in parse_answer(Source(path), content, fleet.policy, size=len(content)).document.problems:
        if problem.fatal:
            raise LedgerError(
                f"the answer could not be read again: {printable(problem.message)}", problem.hint
            )
