"""Which branch a new one is to stand on: `spawn TASK --on TASK|BRANCH`.

Belongs here: finding that branch, and what is refused. Does not: making the new one (see `spawn_task`), or
whether the other dependencies have merged (see `rules.fleet`).
"""

from __future__ import annotations

from collections.abc import Sequence

from agentledger.attention.landed_tasks import merged_tasks
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import UNDER_WAY, Branch, State
from agentledger.model.ledger import Brief
from agentledger.model.near_names import unknown_name_error
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task, find_dependencies
from agentledger.workflow.session.manager_context import Managing


def choose_ground(desk: Managing, task: Task, name: str) -> Branch:
    """The branch that `name`, a task or a branch, means as the ground of a branch for `task`.

    Raises LedgerError where nothing has that name, where `task` does not depend on it, where its work has
    ended, and where several branches work on it.
    """
    ground_task = _task_named(desk, name)
    _refuse_unrelated(desk, task, ground_task)
    attempts = desk.attempts(name)
    live = [branch for branch in attempts if branch.state in UNDER_WAY]
    if len(live) > 1:
        names = sorted(escape_hidden(branch.name) for branch in live)
        raise LedgerError(
            f"{len(live)} branches work on {escape_hidden(ground_task.id)}: {', '.join(names)}",
            f"name one of them: agentledger spawn {escape_hidden(task.id)} --on {names[0]}",
        )
    if not live:
        landed = ground_task.id in merged_tasks(desk.fleet)
        raise _landed_error(task, ground_task) if landed else _ended_error(task, ground_task, attempts)
    return live[0]


def _task_named(desk: Managing, name: str) -> Task:
    if task := desk.find(name):
        return task
    base, control = desk.fleet.base, desk.fleet.policy.control_branch
    if name in (base.name, base.ref, base.other_ref):
        raise LedgerError(
            f"{escape_hidden(name)} is the base, where every branch starts",
            "leave out --on, and it starts there",
        )
    if desk.branch(name) is not None or name == control:
        raise LedgerError(
            f"{escape_hidden(name)} works on no task, so none can depend on it",
            "plan a task for it, agentledger plan TASK --branch NAME, and name that in `depends_on`",
        )
    known = [*(task.id for task in desk.fleet.tasks), *(branch.name for branch in desk.fleet.branches)]
    raise unknown_name_error("task or branch", name, known, "no task is known here")


def _refuse_unrelated(desk: Managing, task: Task, ground_task: Task) -> None:
    """Raise LedgerError unless `task` depends on `ground_task`, directly or not."""
    own, other = escape_hidden(task.id), escape_hidden(ground_task.id)
    if task.id == ground_task.id:
        raise LedgerError(
            f"{own} cannot stand on itself",
            f"a rival attempt starts at base: agentledger spawn {own} --attempt 2",
        )
    briefs: dict[str, Brief | None] = {each.id: each.brief for each in desk.fleet.tasks}
    if ground_task.id not in find_dependencies(task.id, briefs):
        raise LedgerError(
            f"{own} does not depend on {other}",
            f"if it is to: agentledger plan {own} --add-depends-on {other}; then run this again",
        )


def _landed_error(task: Task, ground_task: Task) -> LedgerError:
    own, other = escape_hidden(task.id), escape_hidden(ground_task.id)
    return LedgerError(
        f"{other} has landed already", f"leave out --on, since base has its work: agentledger spawn {own}"
    )


def _ended_error(task: Task, ground_task: Task, attempts: Sequence[Branch]) -> LedgerError:
    """Return the error for a task on which no branch goes on, though none has landed."""
    own, other = escape_hidden(task.id), escape_hidden(ground_task.id)
    outcome = ground_task.outcome.outcome if ground_task.outcome else ""
    ended = next(iter(attempts), None)
    if ended is None and not outcome:
        return LedgerError(
            f"nobody works on {other} yet",
            f"hand it out first: agentledger spawn {other}; or wait until it has merged",
        )
    if ended and ended.state is State.UNREADABLE:
        return LedgerError(
            f"{escape_hidden(ended.name)} cannot be read: {escape_hidden(ended.state_why)}",
            "git fsck --connectivity-only shows which objects are missing or damaged",
        )
    state, why = (ended.state, ended.state_why) if ended else (outcome, "")
    reason = f" ({escape_hidden(why)})" if why else ""
    what = f"{escape_hidden(ended.name)} is" if ended else f"{other} is"
    return LedgerError(
        f"{what} {state}, so nothing can stand on it{reason}",
        f"let {own} do without {other}: agentledger plan {own} --depends-on ''; or begin {other} again",
    )
