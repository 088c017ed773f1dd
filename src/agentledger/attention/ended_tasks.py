"""Tasks that ended without an outcome, and those whose branches are gone: in words, with what settles them.

Belongs here: words and commands that every output shows. Does not: judging how a task ended (see
`fleet.task_endings`), or the layout of an output.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agentledger.model import shell
from agentledger.model.fleet import Fleet
from agentledger.model.ledger_paths import outcome_path
from agentledger.model.text import HIDDEN, escape_hidden
from agentledger.model.work import End, Ending, Task

_SHOWN = 12  # digits of a commit's id


def describe_ending(ending: Ending) -> str:
    """Say how a task ended, in a few words: `merged in …`, `absorbed: same change as …`, `gone: last seen …`."""
    commit = ending.commit[:_SHOWN] if ending.commit else "a commit that is not known"
    if ending.end is End.MERGED:
        return f"merged in {commit}"
    if ending.end is End.ABSORBED:
        return f"absorbed: same change as {commit}"
    where = f"last seen at {ending.head[:_SHOWN]}" if ending.head else "never seen here"
    return f"gone: {where}" + (f" on {escape_hidden(ending.branch)}" if ending.branch else "")


def describe_end(task: Task) -> str:
    """Say how a task ended, by its outcome or else by what shows it; '' for one that has not."""
    later = f", and taken back by base in {task.taken_back[:_SHOWN]}" if task.taken_back else ""
    if task.outcome:
        return escape_hidden(task.outcome.outcome) + later
    return describe_ending(task.ending) + later if task.ending else ""


def ended_tasks(fleet: Fleet) -> tuple[Task, ...]:
    """Return the tasks that have ended and have no branch any more by which they would be listed."""
    return tuple(task for task in fleet.tasks if task.is_over and task.brief and not task.branches)


def gone_tasks(fleet: Fleet) -> tuple[Task, ...]:
    """Return the tasks whose branches are gone, so that somebody has to say what became of them."""
    return tuple(
        task for task in fleet.tasks if task.outcome is None and task.ending and task.ending.end is End.GONE
    )


class Question(NamedTuple):
    """A question to the manager, and the commands that answer it, each of them alone."""

    text: str
    commands: tuple[str, ...]


def ask_about_gone(task: Task, fleet: Fleet) -> Question:
    """Return the question about a task whose branches are gone, and the commands for the answers but one.

    That it was merged, or given up, is an outcome, which is written on the control branch.
    """
    outcome = f"{outcome_path(task.id)} on {escape_hidden(fleet.policy.control_branch)}"
    text = f"Was it merged, or given up? Write the outcome to {outcome}; or take it up again:"
    return Question(text, tuple(step for step in (bring_back(task), begin_again(task)) if step))


def bring_back(task: Task) -> str | None:
    """Return the command that makes the branch again where it was last seen; None where none can be typed."""
    ending = task.ending
    if ending is None or ending.head is None or not shell.is_plain_name(ending.branch):
        return None
    return shell.join_commands(("git", "branch", ending.branch, ending.head[:_SHOWN]))[0]


def begin_again(task: Task) -> str | None:
    """Return the command that hands a task out anew, on a branch of its own."""
    if HIDDEN.search(task.id):
        return None
    return f"agentledger spawn {task.id} --attempt {next_attempt(task)}"


def next_attempt(task: Task) -> int:
    """Return the first number from 2 on that no branch of the task has."""
    names = {*task.branches, *task.elsewhere, *(attempt.branch for attempt in task.attempts)}
    taken = {int(match[1]) for name in names if (match := re.search(r"--([0-9]{1,6})$", name))}
    return next(number for number in range(2, len(taken) + 3) if number not in taken)
