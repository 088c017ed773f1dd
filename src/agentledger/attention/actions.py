"""The one thing to do about a branch next, with the commands to type: chosen once, for every output.

Belongs here: choosing the action, and its commands. Does not: where a branch is listed (see `sections`), or
how an output shows either.

A command is meant to be copied into a POSIX shell at the repository's top, so every name in it
is quoted. Where a name cannot be typed as it is (a hidden character, bytes that are not
UTF-8) there is no command: a wrong command is worse than none.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from agentledger.attention.sections import (
    blocking_reasons,
    has_conflict,
    has_scope_change,
    is_finished,
    met_kill_criteria,
)
from agentledger.model import shell
from agentledger.model.absent import describe_absent
from agentledger.model.fleet import Base, Branch, State, Sync
from agentledger.model.ledger import CheckIn
from agentledger.model.text import HIDDEN, escape_hidden, format_count, format_rfc3339
from agentledger.model.work import ASKING, Progress, Standing, Task


@dataclass(frozen=True, slots=True)
class NextAction:
    """What to do next, in a few words, and the shell commands for it; () where none can be typed."""

    text: str
    steps: tuple[str, ...] = ()

    @property
    def command(self) -> str | None:
        """Return all steps as one line, which stops at the first that fails; None without steps."""
        return " && ".join(self.steps) or None


REASON_LENGTH = 100  # characters of a reason; the branch's page shows all of it

MAIN = ("", ".")  # the path of the main worktree, seen from the repository's top


def spawn_action(task: Task) -> NextAction:
    """Return how to hand out a planned task."""
    if HIDDEN.search(task.id):
        return NextAction("Hand it out")
    return NextAction("Hand it out", shell.join_commands(("agentledger", "spawn", task.id)))


def next_action(branch: Branch, base: Base) -> NextAction | None:
    """Return what to do about a branch now, or None where nothing needs doing (absorbed, dormant ...)."""
    if branch.state is State.OPEN and branch.absent:
        return _fetch_documents(branch)
    if branch.state is State.OPEN:
        action = (
            _action_for_work(branch, base, branch.standing) if branch.standing else _split_tasks(branch, base)
        )
        return action or (
            _settle_conflict(branch, base) if has_conflict(branch) else _review_branch(branch, base)
        )
    if branch.state is State.MERGED:
        return _delete_merged(branch)
    return _repair_history(branch) if branch.state is State.UNREADABLE else None


def _action_for_work(branch: Branch, base: Base, standing: Standing) -> NextAction | None:
    """Return what the task asks for; None where any branch would ask the same: a review, a settled conflict."""
    progress = standing.progress
    # `sections.section_of` and `queue` ask in the same order: change all three together.
    if progress in ASKING:
        return _answer_question(branch, standing)
    if has_scope_change(branch):
        return _settle_scope(branch)
    if has_conflict(branch):
        return None
    if reasons := blocking_reasons(branch):
        return _send_back(branch, reasons)
    if is_finished(branch):
        return _take_finished(branch, base)
    if met := met_kill_criteria(branch):
        return NextAction(f"Give it up? {_format_reasons(met)}", _review_branch(branch, base).steps)
    reviewer = escape_hidden(standing.review.reviewer) if standing.review else ""
    texts = {
        Progress.REJECTED: f"Rejected by {reviewer}: decide whether it goes on",
        Progress.CHANGES: f"Wait: {reviewer} asked for changes",
        Progress.SILENT: f"Check on it: a check-in was due {_format_time(standing.due)}",
        Progress.STARTED: "Wait for its first check-in",
        Progress.WORKING: "Wait: it is working",
    }
    needs_look = progress in (Progress.REJECTED, Progress.SILENT)
    return NextAction(texts[progress], _review_branch(branch, base).steps if needs_look else ())


def _fetch_documents(branch: Branch) -> NextAction:
    """Bring what this partial clone lacks, and judge the branch: a gate fetches, a view does not."""
    command = format_command(("agentledger", "check", "--branch"), branch.name)
    return NextAction(f"Unknown here: {describe_absent(branch.absent)}", (command,) if command else ())


def open_question(branch: Branch) -> CheckIn | None:
    """Return the check-in that waits for the manager's answer; None where none does."""
    standing = branch.standing
    if standing and standing.progress in ASKING:
        return standing.question
    return None


def format_command(command: tuple[str, ...], name: str, *arguments: str) -> str | None:
    """Format a command with a task or branch as its argument, then more `arguments`; None where it cannot be typed."""
    if HIDDEN.search(name):
        return None
    # A name that begins with a dash would be taken for an option.
    end = ("--",) if name.startswith("-") else ()
    return shlex.join((*command, *end, name, *arguments))


def _settle_scope(branch: Branch) -> NextAction:
    """Send the manager to a look at the change first; its output has the commands to accept and to reject."""
    look = format_command(("agentledger", "brief", "diff"), branch.name)
    return NextAction("Look at its scope change", (look,) if look else ())


def _take_finished(branch: Branch, base: Base) -> NextAction:
    if branch.standing and branch.standing.progress is Progress.APPROVED:
        return NextAction("Merge it: approved", shell.format_merge_commands(branch, base))
    return NextAction("Review it: said to be ready", _review_branch(branch, base).steps)


def _send_back(branch: Branch, reasons: tuple[str, ...]) -> NextAction:
    """Send it back to the agent, who alone can fix it, by an answer that asks for a change."""
    text = f"{'Not ready' if is_finished(branch) else 'Out of bounds'}: {_format_reasons(reasons)}"
    task = branch.work.task if branch.work else ""
    if HIDDEN.search(branch.name):
        return NextAction(text)
    # The task names the branch, unless several work on it.
    branch_flag = ("--branch", branch.name) if branch.standing and branch.standing.rivals else ()
    command = ("agentledger", "answer", task, *branch_flag, "--decision", "change")
    return NextAction(text, (shlex.join(command) + " -m 'what to change'",))


def _format_reasons(reasons: tuple[str, ...]) -> str:
    more = f"; and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    first = escape_hidden(reasons[0])
    return (first if len(first) <= REASON_LENGTH else f"{first[: REASON_LENGTH - 1]}…") + more


def _format_time(at: int | None) -> str:
    """Format a point in time; an age in minutes would change the page each minute."""
    return f"{format_rfc3339(at)[:16].replace('T', ' ')} UTC" if at is not None else "earlier"


def _split_tasks(branch: Branch, base: Base) -> NextAction | None:
    """Return the action for a branch whose ledger does not say clearly on which task it works."""
    if not branch.problems:
        return None
    return NextAction(
        f"Split it: {escape_hidden(branch.problems[0].message)}", _review_branch(branch, base).steps
    )


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


def _review_branch(branch: Branch, base: Base) -> NextAction:
    # A ref that cannot be typed is replaced by its commit.
    left, right = shell.format_ref(base.ref) or base.head, shell.format_ref(branch.ref) or branch.head
    # Without a merge base git has no three-dot diff; the commits outside base still show everything.
    command = ("diff", f"{left}...{right}") if branch.merge_bases else ("log", "-p", f"{left}..{right}")
    return NextAction(_review_text(branch), shell.join_commands(("git", *command)))


def _review_text(branch: Branch) -> str:
    if branch.worktree and branch.worktree.dirty:
        return "Review; more is uncommitted"
    return "Review and merge" if branch.conflict and branch.conflict.clean else "Review"


def _settle_conflict(branch: Branch, base: Base) -> NextAction:
    count = len(branch.conflict.files) if branch.conflict else 0
    text = f"Bring {escape_hidden(base.name)} in and settle {format_count(count, 'file')}"
    return NextAction(text, _merge_steps(branch, shell.format_ref(base.ref) or base.head))


def _merge_steps(branch: Branch, base: str) -> tuple[str, ...]:
    """Return the commands that merge base into the branch, in its worktree if it has one; () if none can."""
    ref, local = shell.format_ref(branch.ref), _local_name(branch)
    git: tuple[str, ...] = ("git",)
    if ref is None:
        return ()
    steps: list[tuple[str, ...]] = []
    if local and branch.worktree:
        if HIDDEN.search(branch.worktree.path):
            return ()
        # The reader is in the main worktree already.
        git = ("git", "-C", branch.worktree.path) if branch.worktree.path not in MAIN else git
    else:
        steps.append((*git, *_switch_step(branch, ref, local)))
    if local and branch.sync is Sync.BEHIND:
        # What was read is the remote-tracking copy, so the local one has to get there first.
        steps.append((*git, "merge", "--ff-only", ref))
    return shell.join_commands(*steps, (*git, "merge", base))


def _switch_step(branch: Branch, ref: str, local: str | None) -> tuple[str, ...]:
    if local:
        return "switch", local
    # git makes a local branch of a remote-tracking one only; a pull request's head is just a commit.
    tracked = branch.sync is Sync.REMOTE and branch.ref.startswith("refs/remotes/")
    return "switch", "--track" if tracked else "--detach", ref


def _delete_merged(branch: Branch) -> NextAction | None:
    """Delete a merged local branch by commands that refuse where the deletion would lose anything."""
    local, worktree = _local_name(branch), branch.worktree
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


def _local_name(branch: Branch) -> str | None:
    """Return the name to give to `git switch`; None where no local branch leads to the head."""
    # Behind: there is a local branch, but the head that was read is its remote-tracking copy's.
    on_local = branch.ref.startswith("refs/heads/") or branch.sync is Sync.BEHIND
    return branch.name if on_local and shell.is_plain_name(branch.name) else None
