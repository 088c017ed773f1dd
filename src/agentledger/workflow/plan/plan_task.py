"""`agentledger plan` writes a task's brief to the control branch: a new one, or a new version of it.

Belongs here: when a text is shown to a person, when it is written, and what the command reports. Does not: where
the text comes from (see `plan_draft`), advice about it (see `plan_lint`), or starting an editor (see
`session.editor`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from agentledger.control import append as control_append
from agentledger.git import process
from agentledger.git.process import Git
from agentledger.model import ledger_paths
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import UNMERGED, Branch
from agentledger.model.ledger import Brief
from agentledger.model.text import encode, escape_hidden
from agentledger.repository import ref_clashes
from agentledger.workflow.plan import live_files, neighbours, plan_draft, plan_lint
from agentledger.workflow.plan.plan_draft import Draft, Plan
from agentledger.workflow.session import editor, manager_context
from agentledger.workflow.session.manager_context import Managing

# A person at a terminal: shows them a line before their editor opens.
Person = Callable[[str], object]


def plan_task(start: Path, plan: Plan, now: int, person: Person | None) -> Did:
    """Write the brief to the control branch of the repository around `start`.

    `now` is in seconds since the epoch; `person` is None where there is nobody to ask. Raises LedgerError, and
    nothing is written, in an agent's worktree; for a name that is taken or not valid; where something needed
    is missing and nobody can be asked; and for a brief that no reader could read (its text is then kept,
    unless it is in a file of the user's).
    """
    plan_draft.check_name(plan.task)
    with manager_context.open_managing(start, now) as desk:
        draft = plan_draft.draft_brief(desk, plan, person is not None)
        if not draft.edit or person is None:
            return _write_brief(desk, plan, draft.text, None)
    # The snapshot is closed while the editor is open: a person can take hours.
    return _plan_in_editor(desk.git, start, plan, now=now, person=person, draft=draft)


def _plan_in_editor(git: Git, start: Path, plan: Plan, now: int, person: Person, draft: Draft) -> Did:
    """The same with a person in between, who takes their time: the brief they saw may be old by then."""
    path = _kept_text_path(git, plan)
    # A kept text that equals the brief: the last run ended after writing the brief, before removing the text.
    resumed = editor.read_draft(path) not in (None, draft.current)
    if resumed and (plan.wish or plan.text is not None):
        message = f"a text for {plan.task} is kept from the last time, in {path}"
        raise LedgerError(
            message, f"agentledger plan {plan.task} --edit goes on with it; or remove that file"
        )
    if resumed:
        person(f"going on with the text that is kept in {escape_hidden(str(path))}")
    else:
        editor.keep_draft(path, draft.text)
    text = editor.edit_draft(git, draft.before, path)
    if text is None:
        line = "the text was left as it was, or empty: nothing is written"
        return Did(command="plan", messages=(line,), task=plan.task, dry_run=plan.dry_run)
    with manager_context.open_managing(start, now) as desk:
        if plan_draft.read_current_brief(desk, plan) != draft.current:
            message = f"somebody else changed the brief of {plan.task} meanwhile, so nothing is written"
            raise LedgerError(
                message, f"yours is kept in {path}; agentledger plan {plan.task} goes on with it"
            )
        did = _write_brief(desk, plan, text, path)
    if not plan.dry_run:
        editor.remove_draft(path)
    return did


def _kept_text_path(git: Git, plan: Plan) -> Path:
    """The file that keeps a text for this task until it is written."""
    return editor.draft_path(git, f"plan-{plan.task}.md")


# -- writing it ------------------------------------------------------------------------


def _write_brief(desk: Managing, plan: Plan, text: str, kept_path: Path | None) -> Did:
    """Write the brief to the control branch; return that, with all the advice about it.

    `kept_path` is the file that keeps the text, None without one.
    """
    task, brief = plan.task, plan_draft.parse_draft(desk, plan.task, text)
    fatal = plan_lint.find_fatal_problem(brief)
    if fatal:
        raise _unreadable_error(desk, plan, text, kept_path=kept_path, why=plan_lint.describe_problem(fatal))
    path, name = ledger_paths.control_brief_path(task), desk.fleet.policy.control_branch
    _refuse_bad_branch(desk, brief)
    control_append.refuse_blocked(desk.observation.refs, name)
    warnings, next_step = tuple(_collect_advice(desk, brief)), _next_command(desk, brief)
    # A next command that fails at once is no help, so the way to make it work comes first.
    if next_step.startswith("agentledger spawn") and any(w.startswith("spawn refuses it") for w in warnings):
        next_step = f"fix what spawn would refuse: agentledger plan {task} …; then {next_step}"
    notes = tuple(filter(None, [plan_lint.describe_left_out(brief)]))
    current_task = desk.fleet_task(task)
    # Only a brief on the control branch is replaced; one on base, or on a branch alone, stays where it is.
    old = current_task.brief if current_task and current_task.brief_from == "control" else None
    if old and old.document.blob == brief.document.blob:
        lines = (f"{path}: it is as it was, so nothing is written", *notes)
        return Did(
            command="plan", messages=lines, task=task, next=next_step, warnings=warnings, dry_run=plan.dry_run
        )
    if plan.dry_run:
        kept_note = (
            (f"the text is kept in {kept_path}; agentledger plan {task} goes on with it",)
            if kept_path
            else ()
        )
        lines = (f"{path}: would be written to {name}", text.rstrip("\n") + "\n", *notes, *kept_note)
        return Did(
            command="plan",
            messages=lines,
            task=task,
            refs=(desk.ref,),
            files=(path,),
            commits=(),
            worktree=None,
            next=next_step,
            warnings=warnings,
            dry_run=True,
        )
    verb = "change the brief of" if current_task and current_task.brief else "plan"
    written = desk.append({path: encode(text)}, f"{verb} {task}", [path] if old else ())
    lines = (f"{path}: written to {name}, {written.commit[:12]}", *notes)
    if written.unsigned:
        lines = (*lines, written.unsigned)
    if desk.publishes:
        lines = (*lines, "agentledger sync publishes it")
    return Did(
        command="plan",
        messages=lines,
        task=task,
        refs=(desk.ref,),
        files=(path,),
        commits=(written.commit,),
        worktree=None,
        next=next_step,
        warnings=warnings,
    )


def _refuse_bad_branch(desk: Managing, brief: Brief) -> None:
    """Raise LedgerError for a `branch` that no agent can work on: base, the control branch, or no valid name."""
    name = brief.branch or f"agent/{brief.task}"
    reserved = (desk.fleet.base.name, desk.fleet.policy.control_branch)
    _, exit_code, _ = process.run_unchecked(desk.git, ["check-ref-format", "--branch", name])
    if exit_code or name in reserved:
        why = (
            "is base or the control branch, where no agent works"
            if name in reserved
            else "is no name that git takes for a branch"
        )
        raise LedgerError(
            f"nothing is written: the branch {escape_hidden(name)} {why}", "name another with --branch"
        )


def _unreadable_error(desk: Managing, plan: Plan, text: str, kept_path: Path | None, why: str) -> LedgerError:
    """The error for a brief that cannot be read: `why`. A text that is in no file of the user's is kept."""
    if plan.typed and kept_path is None:
        kept_path = _kept_text_path(desk.git, plan)
        editor.keep_draft(kept_path, text)
    message = f"nothing is written: {escape_hidden(why)}"
    if kept_path is None:
        return LedgerError(message, "agentledger schema brief lists every key and what it may hold")
    return LedgerError(
        message, f"the text is kept in {kept_path}; to go on: agentledger plan {plan.task} --edit"
    )


def _collect_advice(desk: Managing, brief: Brief) -> list[str]:
    """All sentences about the brief, the ones that stop a spawn first."""
    paths = plan_draft.read_base_paths(desk)
    working = _working_branches(desk, brief.task)
    overlaps = neighbours.find_overlaps(brief, desk.fleet)
    live = live_files.find_live_files(desk, brief, paths)
    return [
        *_describe_clashes(desk, brief),
        *plan_lint.describe_document(brief),
        *plan_lint.describe_findings(desk.snapshot.spawn(brief.task, brief), bool(working)),
        *(plan_lint.describe_overlap(brief.task, overlap) for overlap in overlaps),
        *plan_lint.describe_unmatched(brief, paths),
        *plan_lint.describe_named(brief.task, neighbours.find_named_paths(brief, desk.fleet, paths)),
        *live_files.describe_live_files(brief.task, live, {overlap.task for overlap in overlaps}),
        *plan_lint.describe_hot_files(
            neighbours.find_hot_files(desk.snapshot.sealed, brief, desk.fleet, paths)
        ),
        *plan_lint.describe_copies(working, brief.document.blob),
    ]


def _describe_clashes(desk: Managing, brief: Brief) -> Iterator[str]:
    """Sentences where git, here or at the remote, can make no branch for the task, or none for the manager."""
    refs = desk.observation.refs
    agents = ref_clashes.describe_agent_clash(refs, brief.branch or f"agent/{brief.task}", brief.task)
    control = ref_clashes.describe_control_clash(refs, desk.fleet.policy.control_branch)
    for clash in filter(None, (agents, control)):
        yield f"{'spawn refuses it: ' if clash.is_local else ''}{clash.text} ({clash.fix})"


def _next_command(desk: Managing, brief: Brief) -> str:
    """What to run next: fill in what is missing, hand the text to whoever works on the task, or spawn."""
    lacking = plan_lint.missing_flags(brief)
    if lacking:
        return f"agentledger plan {brief.task} {' '.join(f'{flag} …' for flag in lacking)}"
    if _working_branches(desk, brief.task):
        return f"agentledger prompt {brief.task} --for resume"
    if desk.branch(brief.branch or f"agent/{brief.task}"):
        return f"agentledger prompt {brief.task} --for start"
    return f"agentledger spawn {brief.task}"


def _working_branches(desk: Managing, task: str) -> list[Branch]:
    """The branches on which somebody works on the task."""
    return [
        branch
        for branch in desk.fleet.branches
        if branch.work and branch.work.task == task and branch.state in UNMERGED
    ]
