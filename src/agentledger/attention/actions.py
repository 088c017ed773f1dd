"""The one thing to do about a branch next, with the commands to type: chosen once, for every output.

Belongs here: choosing the action, by whose turn it is (see `turn`), and its commands. Does not: commands that
several have in common (see `commands`), what a conflict asks for (see `conflicts`), or how an output shows it.
"""

from __future__ import annotations

import re
import shlex

from agentledger.attention.commands import (
    NextAction,
    format_command,
    local_name,
    resume_command,
    review_steps,
)
from agentledger.attention.conflicts import answer_command, settle_conflict
from agentledger.attention.replies import is_sent_back
from agentledger.attention.turn import (
    Kind,
    blocking_reasons,
    format_reasons,
    has_conflict,
    is_finished,
    met_kill_criteria,
    turn_of,
)
from agentledger.model import shell
from agentledger.model.fleet import Base, Branch, State
from agentledger.model.text import HIDDEN, escape_hidden, format_rfc3339
from agentledger.model.work import Progress, Standing, Task

MAIN = ("", ".")  # the path of the main worktree, seen from the repository's top


def spawn_action(task: Task) -> NextAction:
    """Return how to hand out a planned task."""
    if HIDDEN.search(task.id):
        return NextAction("Hand it out")
    return NextAction("Hand it out", shell.join_commands(("agentledger", "spawn", task.id)))


def next_action(branch: Branch, base: Base) -> NextAction | None:
    """Return what to do about a branch now, or None where nothing needs doing (absorbed, dormant ...)."""
    if branch.state is State.OPEN:
        return (
            _action_for_work(branch, base, branch.standing) if branch.standing else _action_for(branch, base)
        )
    if branch.state is State.MERGED:
        return _delete_merged(branch)
    return _repair_history(branch) if branch.state is State.UNREADABLE else None


def _action_for(branch: Branch, base: Base) -> NextAction:
    """Return what to do about an open branch that works on no task, or not clearly on one."""
    if branch.problems:
        text = f"Split it: {escape_hidden(branch.problems[0].message)}"
        return NextAction(text, review_steps(branch, base))
    if has_conflict(branch):
        return settle_conflict(branch, base)
    return NextAction(_review_text(branch), review_steps(branch, base))


def _action_for_work(branch: Branch, base: Base, standing: Standing) -> NextAction:
    """Return what the turn asks for: a step of the manager's, also where it is the agent's turn."""
    kind = turn_of(branch).kind
    review = review_steps(branch, base)
    reviewer = escape_hidden(standing.review.reviewer) if standing.review else ""
    resume = resume_command(branch)
    actions = {
        Kind.QUESTION: lambda: _answer_question(branch, standing),
        Kind.SCOPE_CHANGE: lambda: _settle_scope(branch),
        Kind.REJECTED: lambda: NextAction(f"Rejected by {reviewer}: decide whether it goes on", review),
        Kind.CONFLICT: lambda: settle_conflict(branch, base),
        Kind.HELD: lambda: _send_back(branch),
        Kind.READY: lambda: NextAction("Review it: said to be ready", review),
        Kind.APPROVED: lambda: NextAction("Merge it: approved", shell.format_merge_commands(branch, base)),
        Kind.KILL: lambda: NextAction(f"Give it up? {format_reasons(met_kill_criteria(branch))}", review),
        Kind.STOPPED: lambda: NextAction("It has stopped, as told: take what it has, or send it on", review),
        Kind.LAPSED: lambda: _wait_for_ready(branch, base, standing),
        Kind.CHANGES: lambda: NextAction(f"Wait: {reviewer} asked for changes", resume),
        Kind.SILENT: lambda: NextAction(
            f"Check on it: a check-in was due {_format_time(standing.due)}", review
        ),
        Kind.ANSWERED: lambda: NextAction("Wait: it has your answer to read", resume),
        Kind.STARTED: lambda: NextAction("Wait for its first check-in"),
        Kind.WORKING: lambda: NextAction("Wait: it is working"),
    }
    return actions[kind]()


def _wait_for_ready(branch: Branch, base: Base, standing: Standing) -> NextAction:
    """Wait until its agent says ready again; until then what was ready can be reviewed."""
    ready = standing.lapsed[:10]
    text = f"No longer ready: its agent runs agentledger done again; review what was ready, {ready}"
    return NextAction(text, review_steps(branch, base, ready))


def _settle_scope(branch: Branch) -> NextAction:
    """Send the manager to a look at the change first; its output has the commands to accept and to reject."""
    look = format_command(("agentledger", "brief", "diff"), branch.name)
    return NextAction("Look at its scope change", (look,) if look else ())


def _send_back(branch: Branch) -> NextAction:
    """Send it back to the agent, who alone can fix it, by an answer that asks for a change."""
    reasons = format_reasons(blocking_reasons(branch))
    if not is_finished(branch) and is_sent_back(branch):
        return NextAction(f"Wait: it was sent back, out of bounds: {reasons}", resume_command(branch))
    text = f"{'Not ready' if is_finished(branch) else 'Out of bounds'}: {reasons}"
    command = answer_command(branch, "change", ("what to change",))
    return NextAction(text, (command,) if command else ())


def _format_time(at: int | None) -> str:
    """Format a point in time; an age in minutes would change the page each minute."""
    return f"{format_rfc3339(at)[:16].replace('T', ' ')} UTC" if at is not None else "earlier"


def _answer_question(branch: Branch, standing: Standing) -> NextAction:
    checkpoint = standing.question.checkpoint if standing.question else None
    text = "Unblock it" if standing.progress is Progress.BLOCKED else "Answer its question"
    text = f"Decide on its checkpoint: {checkpoint}" if checkpoint else text
    if HIDDEN.search(branch.name):
        return NextAction(text)
    task = branch.work.task if branch.work else ""
    branch_flag = ("--branch", branch.name) if standing.rivals else ()
    command = ("agentledger", "answer", task, *branch_flag)
    if checkpoint:
        # Any other decision settles it, too, but an answer without one is a note, which leaves the checkpoint
        # closed. So one is written into the command.
        return NextAction(
            text, shell.join_commands((*command, "--decision", "approve", "--checkpoint", checkpoint))
        )
    return NextAction(text, (shlex.join(command) + " 'your answer'",))


def _review_text(branch: Branch) -> str:
    if branch.worktree and branch.worktree.dirty:
        return "Review; more is uncommitted"
    return "Review and merge" if branch.conflict and branch.conflict.clean else "Review"


def _delete_merged(branch: Branch) -> NextAction | None:
    """Delete a merged local branch by commands that refuse where the deletion would lose anything."""
    local, worktree = local_name(branch), branch.worktree
    # `dirty` is None where git could not tell: then nothing is proposed.
    if local is None or (worktree and (worktree.dirty is not False or worktree.path in MAIN)):
        return None
    delete = ("git", "branch", "-d", local)
    if worktree is None:
        return NextAction("Delete", shell.join_commands(delete))
    if HIDDEN.search(worktree.path):
        return None
    removal = ("git", "worktree", "remove", worktree.path)
    return NextAction("Delete with its worktree", shell.join_commands(removal, delete))


def _repair_history(branch: Branch) -> NextAction | None:
    if "shallow" in branch.state_why:
        return NextAction(
            "Fetch the rest of the history", shell.join_commands(("git", "fetch", "--unshallow"))
        )
    if re.search("not (to )?a commit", branch.state_why):
        return None
    look = shell.join_commands(("git", "fsck", "--connectivity-only"))
    return NextAction("See which objects are missing or damaged", look)
