"""Shows the brief that counts, and accepts or rejects a branch's copy that asks for a different one.

Belongs here: which copy is meant, and what the decision writes. Does not: sentences on what it asks for (see
`attention.brief_change`), reasons against it (see `brief_findings`), or writing a brief (see `plan.plan_task`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.attention import brief_change
from agentledger.attention.brief_change import Change
from agentledger.attention.commands import format_command
from agentledger.attention.replies import open_question
from agentledger.attention.scope_request import find_reason
from agentledger.fleet import fleet_facts, snapshot
from agentledger.fleet.request import Request
from agentledger.git import process
from agentledger.model import ledger_paths
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import ALIVE, Branch
from agentledger.model.ledger import Brief, CheckIn
from agentledger.model.text import escape_hidden, format_count
from agentledger.model.work import ACCEPTABLE, Copy, Task
from agentledger.repository.repository_state import observe_repository
from agentledger.workflow.manage import answer, brief_findings
from agentledger.workflow.manage.answer import Reply
from agentledger.workflow.session import manager_context
from agentledger.workflow.session.manager_context import Managing


@dataclass(frozen=True, slots=True)
class Shown:
    """The brief that counts. `where` it is: control, base or branch; `copies` are those of branches, by name."""

    task: str
    brief: Brief
    where: str
    copies: tuple[tuple[str, Copy], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A branch's copy beside the brief that counts."""

    task: str
    branch: str
    #: How the copy relates to the brief that counts.
    copy: Copy
    #: The brief that counts.
    official: Brief
    #: The branch's copy.
    own: Brief
    #: What the copy asks for.
    change: Change

    @property
    def diff(self) -> tuple[str, ...]:
        """The lines of a unified diff, from the brief that counts to the copy."""
        names = f"brief of {self.task}", f"copy on {self.branch}"
        return brief_change.unified_diff(self.official.document.text, self.own.document.text, names)


# -- looking ----------------------------------------------------------------------------


def show_brief(start: Path, name: str, now: int) -> Shown:
    """The brief of a task, or of the task that a branch works on. Raises LedgerError where it has none.

    `now` is in seconds since the epoch, here and below.
    """
    with _open_read_only(start, now) as desk:
        task = desk.task(name)
        brief = _official_brief(task)
        copies = [(b.name, b.work.copy) for b in desk.attempts(name) if b.work]
        return Shown(task.id, brief, task.brief_from, tuple(copies))


def compare_copies(start: Path, name: str, now: int) -> tuple[Compared, ...]:
    """Each copy that differs from the brief that counts, on the branches of a task or on the one named."""
    with _open_read_only(start, now) as desk:
        task = desk.task(name)
        _official_brief(task)
        alike = (Copy.NONE, Copy.SAME)
        branches = [b for b in desk.attempts(name) if b.work and b.work.copy not in alike]
        copies = (_compare_copy(desk, task, branch) for branch in branches)
        # The brief that counts can itself be one branch's copy, where no manager has confirmed one.
        return tuple(each for each in copies if each.own.document.blob != each.official.document.blob)


@contextmanager
def _open_read_only(start: Path, now: int) -> Iterator[Managing]:
    """Open the repository for reading alone, so that this also works in an agent's worktree."""
    git = process.repository_at(start)
    with snapshot.open_snapshot(start, Request(forecast=False, lines=False, now=now, rules=False)) as taken:
        yield Managing(git, observe_repository(start, None, ()), taken)


def _official_brief(task: Task) -> Brief:
    """The brief that counts. Raises LedgerError where the task has none."""
    if task.brief is None:
        name = escape_hidden(task.id)
        raise LedgerError(f"{name} has no brief", f"agentledger plan {name} writes one")
    return task.brief


def _compare_copy(desk: Managing, task: Task, branch: Branch) -> Compared:
    """The branch's copy beside the brief that counts; both must exist."""
    official, own = task.brief, branch.work.brief if branch.work else None
    # Callers have seen that the copy exists, and a task with a copy has a brief that counts.
    assert official
    assert own
    assert branch.work
    old_scope, new_scope = (fleet_facts.scope_of(brief, desk.fleet) for brief in (official, own))
    change = brief_change.compare_briefs(official, own, old_scope, new_scope)
    return Compared(
        task=task.id, branch=branch.name, copy=branch.work.copy, official=official, own=own, change=change
    )


# -- settling ---------------------------------------------------------------------------

# Why a copy asks for nothing, as the end of a sentence.
_ALIKE = {
    Copy.NONE: "has no copy of the brief",
    Copy.SAME: "has the brief that counts, and asks for nothing else",
    Copy.OUTDATED: "has an earlier version of the brief, and asks for nothing else",
}


def accept_copy(
    start: Path,
    name: str,
    now: int,
    *,
    text: str = "",
    blob: str | None = None,
    despite_overlap: bool = False,
    dry_run: bool = False,
) -> Did:
    """Make a branch's copy the brief on the control branch, with `text` as an answer, in one commit.

    `blob` is the id, or the beginning of it, of the copy that the manager has looked at; None accepts any.
    Raises LedgerError, and nothing is written, for a copy that asks for nothing, that is not committed, or
    that cannot be read; where branches ask for different ones; where the copy is no longer `blob`; and where
    its scope would newly overlap that of another active task, unless `despite_overlap`.
    """
    with manager_context.open_managing(start, now) as desk:
        compared, branch = _find_requested_copy(desk, name, ACCEPTABLE)
        _refuse_replaced_copy(compared, blob)
        _refuse_unreadable(compared)
        overlaps = tuple(brief_findings.describe_new_overlaps(desk, compared.official, compared.own))
        if overlaps and not despite_overlap:
            hint = "put one side off limits, let one depend on the other, or say --despite-overlap"
            raise LedgerError(f"with that brief {'; '.join(overlaps)}", hint)
        path = ledger_paths.control_brief_path(compared.task)
        files: dict[str, bytes | None] = {path: _read_copy(desk, compared.own)}
        if text.strip() or find_reason(branch):
            draft = answer.draft_answer(desk, _build_reply(compared, branch, "approve", text), now)
            files[draft.path] = draft.content
        did = Did(
            command="brief accept",
            messages=(*_describe_accepted(compared), *_describe_answered(branch, text)),
            task=compared.task,
            refs=(desk.ref,),
            files=tuple(files),
            next=_next_step(desk, branch, text),
            warnings=(*overlaps, *brief_findings.describe_new_errors(desk, compared.own)),
            dry_run=dry_run,
        )
        if dry_run:
            return did
        message = f"accept the brief of {compared.task} as {compared.branch} has it"
        written = desk.append(files, message, replace=[path])
        return replace(
            did, commits=(written.commit,), warnings=(*did.warnings, *_describe_unsigned(written.unsigned))
        )


def reject_copy(
    start: Path, name: str, now: int, *, text: str = "", blob: str | None = None, dry_run: bool = False
) -> Did:
    """Reject what a branch's copy asks for, with an answer that names the copy.

    Raises LedgerError as `accept_copy` does, and for a copy that was rejected before.
    """
    with manager_context.open_managing(start, now) as desk:
        compared, branch = _find_requested_copy(desk, name, (Copy.SCOPE_CHANGE,))
        _refuse_replaced_copy(compared, blob)
        answered = answer.append_answer(
            desk, _build_reply(compared, branch, "reject", text), now, dry_run=dry_run
        )
        line = f"the copy of {compared.branch} is refused; the brief of {compared.task} stays as it is"
        return Did(
            command="brief reject",
            messages=(line, *_describe_answered(branch, text)),
            task=compared.task,
            refs=(answered.ref,),
            files=(answered.path,),
            commits=(answered.commit,) if answered.commit else (),
            next=_next_step(desk, branch, text),
            warnings=_describe_unsigned(answered.unsigned),
            dry_run=dry_run,
        )


def _find_requested_copy(desk: Managing, name: str, kinds: tuple[Copy, ...]) -> tuple[Compared, Branch]:
    """The one copy that is meant, and its branch: a copy of the first of these kinds that any branch has."""
    task = desk.task(name)
    branches = [b for b in desk.attempts(name) if b.state in ALIVE and b.work]
    for kind in kinds:
        asking = [b for b in branches if b.work and b.work.copy is kind and b.work.brief]
        if len({b.work.brief.document.blob for b in asking if b.work and b.work.brief}) > 1:
            names = ", ".join(sorted(escape_hidden(branch.name) for branch in asking))
            count = format_count(len(asking), "branch asks", "branches ask")
            raise LedgerError(f"{count} for different briefs: {names}", "name one in place of the task")
        if asking:
            return _compare_copy(desk, task, asking[0]), asking[0]
    raise _no_request_error(task, branches)


def _no_request_error(task: Task, branches: list[Branch]) -> LedgerError:
    """The error where no copy asks for a different brief: it says what the first branch has instead."""
    hint = f"agentledger brief show {escape_hidden(task.id)} prints the brief that counts"
    for branch in branches:
        copy, name = branch.work.copy if branch.work else Copy.NONE, escape_hidden(branch.name)
        if copy in _ALIKE:
            return LedgerError(f"{name} {_ALIKE[copy]}", hint)
        if copy is Copy.REFUSED:
            return LedgerError(f"what {name} asks for is refused already", hint)
        hint = f"{format_command(('agentledger', 'brief', 'accept'), branch.name) or 'accepting it'} makes it the brief"
        return LedgerError(f"the only brief of {escape_hidden(task.id)} is the one on {name}", hint)
    return LedgerError(f"no branch works on {escape_hidden(task.id)}", hint)


def _refuse_replaced_copy(compared: Compared, blob: str | None) -> None:
    """Raise LedgerError where the agent has replaced the copy that the manager looked at."""
    if blob is not None and not (compared.own.document.blob or "").startswith(blob):
        look = format_command(("agentledger", "brief", "diff"), compared.branch) or "agentledger brief diff"
        raise LedgerError(
            f"the copy of {escape_hidden(compared.branch)} was replaced meanwhile", f"look again: {look}"
        )


def _refuse_unreadable(compared: Compared) -> None:
    """Raise LedgerError for a copy that is not committed, or that has a fatal problem."""
    name, document = escape_hidden(compared.branch), compared.own.document
    if document.source.uncommitted or document.blob is None:
        hint = f"its agent commits it, or: agentledger collect {escape_hidden(compared.task)}"
        raise LedgerError(f"the copy of {name} is not committed yet", hint)
    for problem in document.problems:
        if problem.fatal:
            line = f", line {problem.line}" if problem.line else ""
            message = f"the copy of {name} cannot be the brief{line}: {escape_hidden(problem.message)}"
            raise LedgerError(message, f"{problem.hint}; its agent mends it, or you do: agentledger plan")


def _read_copy(desk: Managing, own: Brief) -> bytes:
    """The bytes of the copy, so that it is the same blob on both branches."""
    return process.run(desk.git, ["cat-file", "blob", own.document.blob or ""])


def _build_reply(compared: Compared, branch: Branch, decision: str, text: str) -> Reply:
    """The answer that goes with the decision. It also answers the check-in that asked for it, and with a text any
    open question, but no checkpoint.

    A checkpoint needs a decision of its own: accepting a brief approves nothing else.
    """
    question = _find_settled(branch, text)
    to = question.name if question else None
    return Reply(
        task=compared.task,
        text=text,
        decision=decision,
        to=to,
        checkpoint=None,
        branch=compared.branch,
        brief=compared.own.document.blob,
    )


def _find_settled(branch: Branch, text: str) -> CheckIn | None:
    """The check-in that a decision on the copy answers, too; None where none is, or needs words of its own."""
    question = open_question(branch)
    if question is None or question.checkpoint:
        return None
    return question if text.strip() else find_reason(branch)


# -- sentences about the effect ---------------------------------------------------------


def _describe_accepted(compared: Compared) -> Iterator[str]:
    """What accepting the copy changes, in lines."""
    origins = {Copy.UNCONFIRMED: ", which nobody had confirmed,", Copy.REFUSED: ", which had been refused,"}
    yield f"the copy of {compared.branch}{origins.get(compared.copy, '')} is the brief of {compared.task}"
    yield from compared.change.sentences


def _describe_answered(branch: Branch, text: str) -> Iterator[str]:
    """A line where the text also answers the branch's question."""
    if _find_settled(branch, text):
        yield f"that answers what {branch.name} asks, too"


def _next_step(desk: Managing, branch: Branch, text: str) -> str:
    """The next command: to answer a question that is still open, else to publish the decision."""
    if open_question(branch) and not _find_settled(branch, text):
        return format_command(("agentledger", "answer"), branch.name, "your answer") or "agentledger next"
    return "agentledger sync" if desk.publishes else "agentledger next"


def _describe_unsigned(why: str) -> tuple[str, ...]:
    return (why,) if why else ()
