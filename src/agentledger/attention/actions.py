"""The one thing to do about a branch next, with the commands to type: chosen once, for every output.

Belongs here: choosing the action, by whose turn it is (see `turn`), and its commands. Does not: commands that
several have in common (see `commands`), what a conflict asks for (see `conflicts`), or how an output shows it.
"""

from __future__ import annotations

import re
import shlex

from agentledger.attention import loose_work, plans, stacking
from agentledger.attention.commands import (
    NextAction,
    diff_steps,
    format_command,
    local_name,
    resume_command,
    review_steps,
)
from agentledger.attention.conflicts import answer_command, settle_conflict
from agentledger.attention.replies import is_sent_back
from agentledger.attention.reviewing import Reviewed, stand_with_reviewers
from agentledger.attention.takeback_steps import choose_takeback_steps
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
from agentledger.model.absent import describe_absent
from agentledger.model.fleet import Base, Branch, State, Sync
from agentledger.model.ledger import CheckIn
from agentledger.model.text import HIDDEN, escape_hidden, format_rfc3339
from agentledger.model.work import Progress, Standing, Task

# Its agent works, or should, and nothing waits for the manager.
_AT_WORK = (Kind.STARTED, Kind.WORKING, Kind.ANSWERED, Kind.CHANGES, Kind.SILENT)


def spawn_action(task: Task) -> NextAction:
    """Return how to hand out a planned task."""
    if HIDDEN.search(task.id):
        return NextAction("Hand it out")
    return NextAction("Hand it out", shell.join_commands(("agentledger", "spawn", task.id)))


def next_action(branch: Branch, base: Base) -> NextAction | None:
    """Return what to do about a branch now, or None where nothing needs doing (absorbed, dormant ...)."""
    if branch.state is State.OPEN and branch.absent:
        return _fetch_documents(branch)
    if branch.detached and branch.state is State.OPEN:
        return NextAction(*loose_work.save_detached(branch))
    if loose_work.is_resting(branch) or loose_work.is_moving(branch):
        return NextAction(*loose_work.wait_for_worktree(branch))
    if branch.state in (State.REVERTED, State.MERGED) and branch.taken_back:
        return NextAction(*choose_takeback_steps(branch, branch.taken_back, base))
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
        return NextAction(text, diff_steps(branch, base))
    if has_conflict(branch):
        return settle_conflict(branch, base)
    return _cross_bridge(branch) or _review_unbriefed(branch, base)


def _review_unbriefed(branch: Branch, base: Base) -> NextAction:
    """Return how to review a branch that works on no task, or what follows from its review."""
    standing = stand_with_reviewers(branch)
    steps = review_steps(branch, base)
    if standing.state is Reviewed.NOT:
        return NextAction(_review_text(branch), steps)
    in_use = branch.worktree is not None and branch.worktree.is_in_use
    if standing.state is Reviewed.APPROVED and not in_use:
        if ground := stacking.live_ground(branch):
            return NextAction(f"Approved: it merges after {escape_hidden(ground)}")
        return NextAction("Merge it: approved", shell.format_merge_commands(branch, base))
    by = escape_hidden(standing.review.reviewer) if standing.review else ""
    texts = {
        Reviewed.APPROVED: _review_text(branch),
        Reviewed.CHANGES: f"Wait, or look again: {by} asked for changes",
        Reviewed.REJECTED: f"Rejected by {by}: decide whether it goes on",
    }
    return NextAction(texts.get(standing.state, f"Review it again: {standing.text}"), steps)


def _fetch_documents(branch: Branch) -> NextAction:
    """Bring what this partial clone lacks, and judge the branch: a gate fetches, a view does not."""
    command = format_command(("agentledger", "check", "--branch"), branch.name)
    return NextAction(f"Unknown here: {describe_absent(branch.absent)}", (command,) if command else ())


def _action_for_work(branch: Branch, base: Base, standing: Standing) -> NextAction:
    """Return what the turn asks for: a step of the manager's, also where it is the agent's turn."""
    kind = turn_of(branch).kind
    # It brings no conflict, so it disturbs nobody where nothing is uncommitted.
    if kind in _AT_WORK and branch.bridge and not (branch.worktree and branch.worktree.is_in_use):
        return NextAction(stacking.bridge_text(branch.bridge), stacking.bridge_steps(branch))
    review, diff = review_steps(branch, base), diff_steps(branch, base)
    reviewer = escape_hidden(standing.review.reviewer) if standing.review else ""
    resume = resume_command(branch)
    actions = {
        Kind.QUESTION: lambda: _answer_question(branch, standing),
        Kind.SCOPE_CHANGE: lambda: _settle_scope(branch),
        Kind.REJECTED: lambda: NextAction(f"Rejected by {reviewer}: decide whether it goes on", review),
        Kind.CONFLICT: lambda: settle_conflict(branch, base),
        Kind.HELD: lambda: _send_back(branch),
        Kind.READY: lambda: _take_finished(branch, base),
        Kind.APPROVED: lambda: _take_finished(branch, base),
        Kind.KILL: lambda: NextAction(f"Give it up? {format_reasons(met_kill_criteria(branch))}", diff),
        Kind.STOPPED: lambda: NextAction("It has stopped, as told: take what it has, or send it on", review),
        Kind.LAPSED: lambda: _wait_for_ready(branch, base, standing),
        Kind.CHANGES: lambda: NextAction(f"Wait: {reviewer} asked for changes", resume),
        Kind.SILENT: lambda: NextAction(
            f"Check on it: a check-in was due {_format_time(standing.due)}", diff
        ),
        Kind.ANSWERED: lambda: NextAction("Wait: it has your answer to read", resume),
        Kind.UNKNOWN: lambda: _fetch_documents(branch),
        Kind.STARTED: lambda: NextAction("Wait for its first check-in"),
        Kind.WORKING: lambda: NextAction("Wait: it is working"),
    }
    return actions[kind]()


def _wait_for_ready(branch: Branch, base: Base, standing: Standing) -> NextAction:
    """Wait until its agent says ready again; until then what was ready can be reviewed."""
    ready = standing.lapsed[:10]
    text = f"No longer ready: its agent runs agentledger done again; review what was ready, {ready}"
    return NextAction(text, diff_steps(branch, base, ready))


def _settle_scope(branch: Branch) -> NextAction:
    """Send the manager to a look at the change first; its output has the commands to accept and to reject."""
    look = format_command(("agentledger", "brief", "diff"), branch.name)
    return NextAction("Look at its scope change", (look,) if look else ())


def _take_finished(branch: Branch, base: Base) -> NextAction:
    """Return how to review or merge what is ready; what landed below it comes in first, what did not merges first."""
    if crossing := _cross_bridge(branch):
        return crossing
    if branch.standing is None or branch.standing.progress is not Progress.APPROVED:
        return NextAction("Review it: said to be ready", review_steps(branch, base))
    if ground := stacking.live_ground(branch):
        return NextAction(f"Approved: it merges after {escape_hidden(ground)}")
    if missing := stacking.unmerged_dependencies(branch):
        return NextAction(f"Approved, and waits: {format_reasons(missing)}")
    return NextAction("Merge it: approved", shell.format_merge_commands(branch, base))


def _cross_bridge(branch: Branch) -> NextAction | None:
    """Return how a branch gets what base has of its commits already; None where no such thing is needed."""
    if branch.bridge is None:
        return None
    return NextAction(stacking.bridge_text(branch.bridge), stacking.bridge_steps(branch))


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
    question = standing.question
    if question and question.checkpoint:
        return _decide_checkpoint(branch, question, question.checkpoint)
    text = "Unblock it" if standing.progress is Progress.BLOCKED else "Answer its question"
    if HIDDEN.search(branch.name):
        return NextAction(text)
    task = branch.work.task if branch.work else ""
    branch_flag = ("--branch", branch.name) if standing.rivals else ()
    command = ("agentledger", "answer", task, *branch_flag)
    return NextAction(text, (shlex.join(command) + " 'your answer'",))


def _decide_checkpoint(branch: Branch, question: CheckIn, checkpoint: str) -> NextAction:
    """Approve it, or ask for the plan that it lacks. An answer without a decision would leave it closed."""
    name = escape_hidden(checkpoint)
    text = f"Ask for the plan of its checkpoint: {name}"
    text = text if plans.lacks_plan(question) else f"Decide on its checkpoint: {name}"
    command = plans.decide_command(branch, question)
    return NextAction(text, (command,) if command else ())


def _review_text(branch: Branch) -> str:
    if branch.worktree and branch.worktree.is_in_use:
        return f"Review; {loose_work.describe_use(branch.worktree)} besides"
    if ground := stacking.live_ground(branch):
        return f"Review; it merges after {escape_hidden(ground)}"
    return "Review it"


def _delete_merged(branch: Branch) -> NextAction | None:
    """Delete a merged local branch by commands that refuse where the deletion would lose anything."""
    local, worktree = local_name(branch), branch.worktree
    # Then the remote copy has commits that were not looked at, and the branch may be what leads to them.
    if branch.sync is Sync.DIVERGED:
        return None
    if branch.stashes:
        return NextAction(*loose_work.look_at_stashes(branch))
    # `dirty` is None where git could not tell: then nothing is proposed.
    if local is None or (worktree and (worktree.dirty is not False or worktree.path in loose_work.MAIN)):
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
