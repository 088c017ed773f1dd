"""`plan`: a task's brief on the control branch, a new one or another version of it.

Belongs here: when a text is shown to a person, when it is written, and what is told of it. Does not: where it
comes from (see `plan_draft`), what is said about it (see `plan_lint`), or starting an editor (see `editor`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agentledger import git
from agentledger.did import Did
from agentledger.errors import LedgerError
from agentledger.git import Git
from agentledger.ledger import Brief
from agentledger.model import Branch, State
from agentledger.text import encode, printable

from . import editor, managing, neighbours, plan_draft, plan_lint
from .managing import Managing
from .plan_draft import Draft, Plan

# A person at a terminal: how they are told something before their editor opens.
Person = Callable[[str], object]


def plan(start: Path, asked: Plan, now: int, person: Person | None) -> Did:
    """Write the brief to the control branch of the repository around `start`; `now` is in seconds.

    `person` is None where there is nobody to ask. Raises LedgerError, and nothing is written:
    in an agent's worktree; for a name that is taken or none; where something needed is missing and nobody can
    be asked; for a brief that cannot be read again (the text is kept then, unless it is in a file).
    """
    plan_draft.check_name(asked.task)
    with managing.opened(start, now) as desk:
        draft = plan_draft.draft(desk, asked, person is not None)
        if not draft.edit or person is None:
            return _written(desk, asked, draft.text, None)
    return _edited(desk.asked, start, asked, now, person, draft)


def _edited(git: Git, start: Path, asked: Plan, now: int, person: Person, draft: Draft) -> Did:
    """The same with a person in between, who takes their time: what they saw may be old by then."""
    path = _keeping(git, asked)
    # Equal to the brief: the last run ended between writing it and clearing up.
    resumed = editor.kept(path) not in (None, draft.there)
    if resumed and (asked.wish or asked.text is not None):
        told = f"a text for {asked.task} is kept from the last time, in {path}"
        raise LedgerError(told, f"agentledger plan {asked.task} --edit goes on with it; or remove that file")
    if resumed:
        person(f"going on with the text that is kept in {printable(str(path))}")
    else:
        editor.keep(path, draft.text)
    text = editor.edit(git, draft.before, path)
    if text is None:
        said = "the text was left as it was, or empty: nothing is written"
        return Did("plan", (said,), asked.task, dry_run=asked.dry_run)
    with managing.opened(start, now) as desk:
        if plan_draft.present(desk, asked) != draft.there:
            told = f"somebody else changed the brief of {asked.task} meanwhile, so nothing is written"
            raise LedgerError(told, f"yours is kept in {path}; agentledger plan {asked.task} goes on with it")
        done = _written(desk, asked, text, path)
    if not asked.dry_run:
        editor.forget(path)
    return done


def _keeping(git: Git, asked: Plan) -> Path:
    return editor.place(git, f"plan-{asked.task}.md")


# -- writing it ------------------------------------------------------------------------


def _written(desk: Managing, asked: Plan, text: str, kept: Path | None) -> Did:
    """The brief on the control branch, and everything that there is to say about it."""
    task, brief = asked.task, plan_draft.parsed(desk, asked.task, text)
    fatal = plan_lint.unreadable(brief)
    if fatal:
        raise _unreadable(desk, asked, text, kept, plan_lint.problem(fatal))
    path, name = f"tasks/{task}/brief.md", desk.fleet.policy.control_branch
    _branch_can_be(desk, brief)
    warnings, following = tuple(_advice(desk, brief)), _next(desk, brief)
    if following.startswith("agentledger spawn") and any(w.startswith("spawn refuses it") for w in warnings):
        following = f"mend what spawn would refuse: agentledger plan {task} …; then {following}"
    notes = tuple(filter(None, [plan_lint.left_out(brief)]))
    there = desk.fleet_task(task)
    old = there.brief if there and there.brief_from == "control" else None
    if old and old.document.blob == brief.document.blob:
        said = (f"{path}: it is as it was, so nothing is written", *notes)
        return Did("plan", said, task, next=following, warnings=warnings, dry_run=asked.dry_run)
    if asked.dry_run:
        stays = (f"the text is kept in {kept}; agentledger plan {task} goes on with it",) if kept else ()
        said = (f"{path}: would be written to {name}", text.rstrip("\n") + "\n", *notes, *stays)
        return Did("plan", said, task, (desk.ref,), (path,), (), None, following, warnings, True)
    verb = "change the brief of" if there and there.brief else "plan"
    written = desk.append({path: encode(text)}, f"chore(ledger): {verb} {task}", [path] if old else ())
    said = (f"{path}: written to {name}, {written.commit[:12]}", *notes)
    if written.unsigned:
        said = (*said, f"not signed, so it stays unproven: {written.unsigned}")
    if desk.publishes:
        said = (*said, "agentledger sync publishes it")
    return Did("plan", said, task, (desk.ref,), (path,), (written.commit,), None, following, warnings)


def _branch_can_be(desk: Managing, brief: Brief) -> None:
    """LedgerError for a `branch` that no agent can work on: base, the control branch, or no name at all."""
    name = brief.branch or f"agent/{brief.task}"
    taken = (desk.fleet.base.name, desk.fleet.policy.control_branch)
    _, wrong, _ = git.attempt(desk.asked, ["check-ref-format", "--branch", name])
    if wrong or name in taken:
        why = "is taken: it is no agent's" if name in taken else "is no name that git takes for a branch"
        raise LedgerError(
            f"nothing is written: the branch {printable(name)} {why}", "name another with --branch"
        )


def _unreadable(desk: Managing, asked: Plan, text: str, kept: Path | None, why: str) -> LedgerError:
    """The refusal; the text is kept where only we have it."""
    if asked.typed and kept is None:
        kept = _keeping(desk.asked, asked)
        editor.keep(kept, text)
    told = f"nothing is written: {printable(why)}"
    if kept is None:
        return LedgerError(told, "agentledger schema brief lists every key and what it may hold")
    return LedgerError(told, f"the text is kept in {kept}; to go on: agentledger plan {asked.task} --edit")


def _advice(desk: Managing, brief: Brief) -> list[str]:
    paths = plan_draft.base_paths(desk)
    working = _working(desk, brief.task)
    return [
        *plan_lint.document(brief),
        *plan_lint.gate(desk.taken.spawn(brief.task, brief), bool(working)),
        *plan_lint.vague(brief, desk.fleet.policy),
        *(plan_lint.overlap(brief.task, found) for found in neighbours.overlaps(brief, desk.fleet)),
        *plan_lint.unmatched(brief, paths),
        *plan_lint.named(brief.task, neighbours.named(brief, desk.fleet, paths)),
        *plan_lint.hot(neighbours.hot(desk.taken.sealed, brief, desk.fleet, paths)),
        *plan_lint.copies(working, brief.document.blob),
    ]


def _next(desk: Managing, brief: Brief) -> str:
    lacking = plan_lint.missing(brief)
    if lacking:
        return f"agentledger plan {brief.task} {' '.join(f'{flag} …' for flag in lacking)}"
    if _working(desk, brief.task):
        return f"agentledger prompt {brief.task} --for resume"
    if desk.branch(brief.branch or f"agent/{brief.task}"):
        return f"agentledger prompt {brief.task} --for start"
    return f"agentledger spawn {brief.task}"


def _working(desk: Managing, task: str) -> list[Branch]:
    """The branches on which somebody works on it."""
    return [
        branch
        for branch in desk.fleet.branches
        if branch.work and branch.work.task == task and branch.state in (State.OPEN, State.DORMANT)
    ]
