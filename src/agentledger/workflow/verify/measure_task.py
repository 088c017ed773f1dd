"""Measures the checks of a task, for `agentledger spawn` and `agentledger plan --baseline`.

Belongs here: which checks, on which commit, for how long, and what the commands say of it. Does not: the measurement
itself (see `measure_checks`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agentledger.attention import progress
from agentledger.fleet import check_measurements, fleet_facts
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import UNMERGED
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task
from agentledger.workflow.session import manager_context
from agentledger.workflow.session.manager_context import Managing
from agentledger.workflow.verify import garbage, measure_checks
from agentledger.workflow.verify.measure_checks import Ground, Measured
from agentledger.workflow.verify.one_check import Hear

USUAL = 60  # seconds for one who asks, where policy turns it off


def measure_task(
    desk: Managing,
    task: Task,
    commit: str,
    *,
    where: str = "base",
    now: int,
    hear: Hear,
    kept: bool,
    seconds: int | None = None,
) -> Measured:
    """Measure a task's checks on a commit, for as long as policy allows, or `seconds`.

    `where` says what the commit is the head of. With `kept`, what was measured there before counts. Raises
    nothing: what goes wrong is a sentence.
    """
    brief, policy = task.brief, desk.fleet.policy
    if brief is None or brief.mode == "explore":
        return Measured()
    scope = fleet_facts.scope_of(brief, desk.fleet)
    try:
        owned = garbage.list_owned_files(desk.git, commit, scope)
        # A brief that nobody has confirmed names commands that an agent chose.
        checks = progress.required_checks(brief if task.brief_from != "branch" else None, policy, owned)
        limit = policy.spawn_baseline if seconds is None else seconds
        if not checks:
            return Measured()
        if not limit:
            return Measured(problem="the checks were not measured: [spawn] baseline is 0s")
        ground = Ground(
            git=desk.git,
            place=desk.observation.place,
            store=desk.snapshot.cache,
            policy=policy,
            brief=brief,
            scope=scope,
            commit=commit,
            where=where,
            source=desk.observation.home,
            now=now,
            hear=hear,
            kept=kept,
        )
        return measure_checks.measure_checks(ground, checks, limit)
    except (LedgerError, OSError) as error:
        return Measured(problem=f"the checks were not measured: {error}")


def add_measured(done: Did, measured: Measured) -> Did:
    """The result of a command with what was measured: doubtful checks are warnings."""
    said = tuple(each.sentence for each in measured.checks if not each.is_doubtful)
    doubtful = tuple(each.sentence for each in measured.checks if each.is_doubtful)
    problem = (escape_hidden(measured.problem),) if measured.problem else ()
    return replace(
        done,
        messages=(*done.messages, *said, *problem),
        warnings=(*done.warnings, *doubtful),
        checks=(*done.checks, *measured.checks),
    )


def measure_planned(start: Path, name: str, now: int, hear: Hear) -> Did:
    """Measure the checks of a task in the repository around `start`, also what was measured before.

    Where branches work on it, where their work begins; else on base. Raises LedgerError where there is no such
    task, or it has no brief.
    """
    with manager_context.open_managing(start, now) as desk:
        task = desk.task(name)
        if task.brief is None:
            raise LedgerError(
                f"{escape_hidden(task.id)} has no brief, so no checks", f"agentledger plan {task.id}"
            )
        branches = [b for b in desk.attempts(task.id) if b.state in UNMERGED]
        starts = {commit: b for b in branches for commit in check_measurements.list_starts(b, task)[:1]}
        base = desk.fleet.base.head
        done = Did(command="plan", task=task.id)
        seconds = desk.fleet.policy.spawn_baseline or USUAL
        for commit in starts or [base]:
            where = "base" if commit == base else f"{commit[:12]}, where {starts[commit].name} begins,"
            measured = measure_task(
                desk, task, commit, where=where, now=now, hear=hear, kept=False, seconds=seconds
            )
            done = add_measured(done, measured)
        if not done.checks and not done.messages:
            line = f"{escape_hidden(task.id)} has no check to be measured: --add-verify NAME=COMMAND adds one"
            return replace(done, messages=(line,))
        return done
