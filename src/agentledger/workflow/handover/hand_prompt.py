"""Builds the prompt for an agent: finds the task and branch that are meant, and gathers what the text needs.

Belongs here: finding and gathering. Does not: the text itself (see `reports.prompt.task` and its neighbours), or
printing it (see `cli.prompt`).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agentledger import documents
from agentledger.attention import brief_change, ended_tasks
from agentledger.fleet import fleet_facts, snapshot
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import Snapshot
from agentledger.git import process
from agentledger.ledger.unknown import find_undecided_task
from agentledger.model.absent import make_absent_error
from agentledger.model.conflict import Conflict, ConflictFile
from agentledger.model.errors import LedgerError
from agentledger.model.findings import Gate
from agentledger.model.fleet import ALIVE, Branch, Fleet, State
from agentledger.model.ledger import Brief
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import HIDDEN, encode, escape_hidden
from agentledger.model.work import Copy, Task
from agentledger.reports.prompt import cloud, resume, review
from agentledger.reports.prompt import given as prompt_given
from agentledger.reports.prompt import task as prompt_task
from agentledger.reports.prompt.assemble import LEAST_LIMIT, LIMIT, Part, Prompt, compose_prompt
from agentledger.reports.prompt.given import Given
from agentledger.reports.prompt.resume import Moved, Now
from agentledger.reports.prompt.review import Reviewed
from agentledger.scope.task_scope import Scope, first_match
from agentledger.storage import own_command

KINDS = ("start", "resume", "review", *cloud.PLATFORMS)
# Kinds that are about the work on one branch.
OF_A_BRANCH = ("resume", "review")


def build_prompt(start: Path, name: str, kind: str, now: int, limit: int = LIMIT) -> Prompt:
    """The prompt about a task, or a branch that works on one, in at most `limit` bytes.

    `kind` is one of KINDS, `now` in seconds since the epoch. Nothing is written. Raises LedgerError for a name
    that nobody has (with near ones), without a brief, for a task that has ended, and for kinds of OF_A_BRANCH
    where no branch or several are meant.
    """
    request = Request(forecast=False, lines=kind in OF_A_BRANCH, rules=False, now=now)
    with snapshot.open_snapshot(start, request) as taken:
        task, branch = find_task(taken.fleet, name, kind)
        _refuse_unknown(taken.fleet, task)
        return render_prompt(taken, task, branch, kind=kind, limit=limit)


def _refuse_unknown(fleet: Fleet, task: Task) -> None:
    """Raise LedgerError where a partial clone lacks something about the task: an agent would go without it."""
    if absent := find_undecided_task(fleet, task.id):
        raise make_absent_error(absent, "there is no prompt")


def find_task(fleet: Fleet, name: str, kind: str) -> tuple[Task, Branch | None]:
    """The task with this id, or the one that the branch of this name works on; and the branch that is meant.

    The branch is None where nobody has begun, or where several have and the kind of prompt is about none.
    """
    branch = next((b for b in fleet.branches if name in (b.name, b.ref, b.remote_ref)), None)
    task = next((each for each in fleet.tasks if each.id == name), None)
    if task is None and branch is not None:
        if branch.work is None:
            problem = next(iter(branch.problems), None)
            message = problem.message if problem else f"{escape_hidden(name)} works on no task"
            raise LedgerError(
                message, problem.hint if problem else "the board lists every task: agentledger board --all"
            )
        return fleet.task_of(branch.work), branch
    if task is None:
        known = [*(each.id for each in fleet.tasks), *(b.name for b in fleet.branches if b.work)]
        raise unknown_name_error("task or branch", name, known, "plan one: agentledger plan TASK")
    return task, _choose_branch(fleet, task, kind)


def _choose_branch(fleet: Fleet, task: Task, kind: str) -> Branch | None:
    """The task's branch, if there is only one; branches that have ended count where no other is left.

    Raises LedgerError where the kind of prompt needs a branch, and there is none or more than one.
    """
    branches = [b for b in fleet.branches if b.work and b.work.task == task.id]
    alive = [b for b in branches if b.state in ALIVE] or branches
    if len(alive) == 1:
        return alive[0]
    if kind not in OF_A_BRANCH:
        return None
    if not alive:
        hint = f"agentledger prompt {task.id} is what an agent begins with"
        raise LedgerError(f"nobody works on {escape_hidden(task.id)} yet", hint)
    names = ", ".join(escape_hidden(branch.name) for branch in alive)
    raise LedgerError(
        f"{len(alive)} branches work on {escape_hidden(task.id)}: {names}",
        "name the branch in place of the task",
    )


def render_prompt(
    taken: Snapshot,
    task: Task,
    branch: Branch | str | None,
    kind: str = "start",
    limit: int = LIMIT,
    answer_file: str = "",
) -> Prompt:
    """The prompt of one of KINDS, in at most `limit` bytes of UTF-8.

    `branch` may be the name of a branch that the snapshot does not have, for kinds that begin a task. For
    `resume` and `review` the snapshot must have counted lines. `answer_file` is what a reviewer that agentledger runs
    has to write, at the top of its checkout. Raises LedgerError as `build_prompt` does.
    """
    if limit < LEAST_LIMIT:
        raise LedgerError(f"{limit:,} bytes are too few for a prompt", f"--limit {LEAST_LIMIT} is the least")
    given = _build_given(taken.fleet, task, branch, kind)
    opening, parts, notes = _build_parts(taken, given, kind, answer_file)
    program = own_command.find_off_path() if kind not in cloud.PLATFORMS else None
    if program is not None:
        opening += prompt_given.describe_off_path(str(program), own_command.format_export(program))
        notes = (*notes, own_command.describe_off_path())
    prompt = compose_prompt(opening, parts, limit, _repeat_command(given, kind))
    return replace(prompt, notes=notes, task=task.id, branch=given.branch.name if given.branch else None)


def _repeat_command(given: Given, kind: str) -> str:
    """The command that makes the same text, with `{limit}` to fill in; '' where its name cannot be typed."""
    name = given.branch.name if given.branch else given.task.id
    if HIDDEN.search(name):
        return ""
    # A name that begins with a dash would be taken for an option.
    end = ("--",) if name.startswith("-") else ()
    return (
        shlex.join(("agentledger", "prompt", "--for", kind, "--limit"))
        + f" {{limit}} {shlex.join((*end, name))}"
    )


def _build_parts(
    taken: Snapshot, given: Given, kind: str, answer_file: str
) -> tuple[str, list[Part], tuple[str, ...]]:
    """The opening, the parts, and notes for the person who hands the text over."""
    if kind == "review" and given.branch:
        reviewed = replace(_build_reviewed(taken, given, given.branch), answer_file=answer_file)
        return (
            review.compose_review_opening(given, reviewed),
            review.compose_review_parts(given, reviewed),
            (),
        )
    if kind == "resume" and given.branch:
        now = _build_now(taken, given, given.branch)
        return (
            prompt_given.compose_opening(given, "Go on with a task"),
            resume.compose_resume_parts(given, now),
            (),
        )
    opening = prompt_given.compose_opening(given, "Your task")
    if kind in cloud.PLATFORMS:
        return opening, cloud.compose_cloud_parts(given), cloud.describe_hand_over(given, kind)
    return opening, prompt_task.compose_task_parts(given), ()


def _build_given(fleet: Fleet, task: Task, branch: Branch | str | None, kind: str) -> Given:
    """What every kind of prompt needs. Raises LedgerError without a brief, and for a task that has ended."""
    if task.brief is None:
        message = f"nobody has written a brief for {escape_hidden(task.id)} yet"
        raise LedgerError(message, f"its manager writes one: agentledger plan {task.id}")
    if (task.outcome is not None or (task.is_over and not task.branches)) and kind != "review":
        message = f"{escape_hidden(task.id)} has ended: {ended_tasks.describe_end(task)}"
        raise LedgerError(message, "agentledger board --all lists what has ended")
    own_branch = branch if isinstance(branch, Branch) else None
    name = own_branch.name if own_branch else branch if isinstance(branch, str) else None
    # A cloud platform gives its branch a name of its own.
    if name is None and not task.branches and kind not in cloud.PLATFORMS:
        name = task.brief.branch or f"agent/{task.id}"
    return Given(
        fleet=fleet,
        task=task,
        brief=task.brief,
        scope=fleet_facts.scope_of(task.brief, fleet),
        name=name,
        branch=own_branch,
    )


# -- how far a branch is --------------------------------------------------------------------


def _build_now(taken: Snapshot, given: Given, branch: Branch) -> Now:
    """How far the branch is, what stops it, and what base did meanwhile. Raises LedgerError if unreadable."""
    branch = taken.with_standing(branch) if branch.work else branch
    work, standing = branch.work, branch.standing
    if work is None or standing is None:
        raise LedgerError(
            f"{escape_hidden(branch.name)} works on no task",
            "the board lists every task: agentledger board --all",
        )
    if branch.state is State.UNREADABLE:
        raise LedgerError(
            f"{escape_hidden(branch.name)} could not be read: {escape_hidden(branch.state_why)}",
            "git fsck shows what is missing",
        )
    (branch,) = taken.bridged([branch])
    branch = replace(branch, conflict=conflict_with_base(taken, branch))
    findings = taken.findings([branch], Gate.READY)[branch.ref]
    asks = _describe_request(given, work.brief) if work.copy is Copy.SCOPE_CHANGE else ()
    return Now(
        branch=branch,
        work=work,
        standing=standing,
        findings=findings,
        asks=asks,
        moved=_read_moved(taken, given, branch),
    )


def conflict_with_base(taken: Snapshot, branch: Branch) -> Conflict | None:
    """The result of merging this branch into base, whatever its state; None where it has no merge base."""
    # The snapshot may have been opened without forecasts (see `build_prompt`).
    if branch.conflict is not None or not branch.merge_bases:
        return branch.conflict
    if branch.bridge:
        return None
    net = taken.net(branch)
    files = tuple(ConflictFile(path, "content") for path in sorted(net.conflicted))
    return Conflict(None, failed=net.failed) if net.failed else Conflict(net.clean, files)


def _describe_request(given: Given, own: Brief | None) -> tuple[str, ...]:
    """What the branch's copy of the brief asks for, in sentences."""
    if own is None:
        return ()
    new_scope = fleet_facts.scope_of(own, given.fleet)
    return brief_change.compare_briefs(given.brief, own, given.scope, new_scope).sentences


def _read_moved(taken: Snapshot, given: Given, branch: Branch) -> Moved:
    """What base did since the branch left it: changes of the same files, and of files near them.

    Where git cannot tell the files, only the number of commits.
    """
    if not branch.merge_bases or not branch.behind:
        return Moved(branch.behind)
    pair = (branch.merge_bases[0], given.fleet.base.head)
    output, code, _ = process.run_unchecked(
        taken.sealed, ["diff-tree", "-r", "-z", "--name-only", "--no-renames", *pair]
    )
    paths = [] if code else output.split(b"\0")[:-1]
    branch_paths = {change.path for change in branch.changes}
    return Moved(
        branch.behind,
        tuple(path for path in paths if path in branch_paths),
        tuple(
            path
            for path in paths
            if path not in branch_paths and _is_near(path, given.scope, given.brief.follow)
        ),
    )


def _is_near(path: bytes, scope: Scope, follow: Sequence[str]) -> bool:
    """Is the path in the task's scope, or one that the brief says to follow?"""
    return scope.holds(path) or first_match((*map(encode, follow),), path) is not None


def _build_reviewed(taken: Snapshot, given: Given, branch: Branch) -> Reviewed:
    """What a reviewer needs: how far the branch is, its patches, and the form to fill in."""
    now = _build_now(taken, given, branch)
    since = _narrow_to_round(taken, now)
    patches = next((branch_patches for _, branch_patches in taken.patches([since or branch])), ())
    own = given.fleet.templates.get("review")
    form = documents.read_template("review", encode(own) if own else None)
    return Reviewed(now, patches, form.decode("utf-8", "replace"), since)


def _narrow_to_round(taken: Snapshot, now: Now) -> Branch | None:
    """The branch with what changed since the last review; None for the first round, or where git cannot tell."""
    reviews = now.work.reviews
    if not review.is_further_round(reviews) or reviews[0].head == now.branch.head:
        return None
    return taken.since(now.branch, reviews[0].head)
