"""A commit or push of a branch that no brief goes for, from a worktree that was made for a task.

Belongs here: what such a branch is called, when the task is over and so asks nothing any more, and the work that it
counts as. Does not: judging it (see `commit`, `push`), or which brief counts (see `gated`).
"""

from __future__ import annotations

from dataclasses import replace

from agentledger.fleet.fleet_facts import is_task_over
from agentledger.gates.here import Here
from agentledger.model.errors import LedgerError
from agentledger.model.findings import Finding
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import escape_hidden
from agentledger.model.work import Work


def describe_stray(here: Here) -> str:
    """The branch that is checked out, and by whose brief it is judged."""
    where = escape_hidden(here.branch) if here.branch else "a detached HEAD"
    return f"{where} (in the worktree of {escape_hidden(here.made_for)}, whose brief counts here)"


def spare_ended(here: Here, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings; none where the task is over. The fleet is read only where somebody would be stopped."""
    if not any(finding.blocks for finding in findings):
        return findings
    # Here, since a commit that passes needs no fleet, and the import takes as long as judging it.
    from agentledger.fleet import snapshot
    from agentledger.fleet.request import Request

    request = Request(forecast=False, lines=False, rules=False, gate=True, ending=here.made_for)
    try:
        with snapshot.open_snapshot(here.place.top or here.git.cwd, request) as taken:
            return () if is_task_over(taken.fleet, here.made_for) else findings
    except LedgerError:  # what cannot be read has not been seen to end
        return findings


def count_as_work(branch: Branch, fleet: Fleet, task: str) -> Branch:
    """The branch as one that works on the task, with the manager's answers to it."""
    if branch.work is not None and branch.work.task == task:
        return branch
    answers = next((each.answers for each in fleet.tasks if each.id == task), ())
    return replace(branch, task=task, work=Work(task=task, answers=answers))
