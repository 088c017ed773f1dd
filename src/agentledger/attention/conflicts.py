"""What to do about a branch that does not merge into base: hand that to its agent, or bring base in oneself.

Belongs here: choosing between the two, and the commands. Does not: whose turn it is (see `turn`), or finding
conflicts (see `changes.forecast`).

A merge of base is never offered for a worktree that somebody may be at work in: its uncommitted work would be
in the middle of it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from agentledger.attention.commands import NextAction, diff_steps, local_name, resume_command
from agentledger.attention.replies import SENDS_BACK, is_sent_back
from agentledger.attention.stacking import bridge_steps, bridge_text
from agentledger.model import shell
from agentledger.model.fleet import Base, Branch, Sync
from agentledger.model.text import HIDDEN, escape_hidden, format_count, format_path
from agentledger.model.work import Progress, Standing

NAMED = 5  # files in an answer; more are counted


def settle_conflict(branch: Branch, base: Base) -> NextAction:
    """Return what to do about a branch that is in conflict with base."""
    standing = branch.standing
    if standing is not None and not _is_left_alone(branch, standing):
        return _hand_over(branch, base, standing)
    count = format_count(len(branch.conflict.files) if branch.conflict else 0, "file")
    if branch.worktree is not None and standing is None:
        place = escape_hidden(branch.worktree.path) or "the main worktree"
        text = f"Whoever works in {place} brings {escape_hidden(base.name)} in and settles {count}"
        return NextAction(text, diff_steps(branch, base))
    steps = _merge_steps(branch, shell.format_ref(base.ref) or base.head)
    if branch.bridge:
        # With what landed brought in, what conflicts then is the branch's own.
        text = f"{bridge_text(branch.bridge)}, then {escape_hidden(base.name)}, and settle {count}"
        crossing = bridge_steps(branch)
        return NextAction(text, (*crossing, *steps[-1:]) if crossing else ())
    return NextAction(f"Bring {escape_hidden(base.name)} in and settle {count}", steps)


def _is_left_alone(branch: Branch, standing: Standing) -> bool:
    """Is there neither a worktree nor a sign of an agent that could settle it?"""
    return branch.worktree is None and standing.progress is Progress.SILENT


def _hand_over(branch: Branch, base: Base, standing: Standing) -> NextAction:
    """Send it to its agent, or where that was done already, wait, with the text that makes an agent go on."""
    name = escape_hidden(base.name)
    if _is_handed_over(branch, base, standing):
        return NextAction(f"Wait: it was told to bring {name} in", resume_command(branch))
    command = answer_command(branch, "change", describe_conflict(branch, base))
    return NextAction(f"Send it back to bring {name} in", (command,) if command else ())


def _is_handed_over(branch: Branch, base: Base, standing: Standing) -> bool:
    """Was its agent told of this conflict, or anything else that it has not read yet?"""
    answers = branch.work.answers if branch.work else ()
    told = any(base.head[:10] in a.text for a in answers if a.decision in SENDS_BACK)
    # An agent that says ready once more has not seen it, or thinks that it is settled.
    return standing.progress not in (Progress.READY, Progress.APPROVED) and (told or is_sent_back(branch))


def describe_conflict(branch: Branch, base: Base) -> tuple[str, ...]:
    """Return the paragraphs for the agent: which commit of base to bring in, and which files to settle."""
    files = branch.conflict.files if branch.conflict else ()
    names = ", ".join(escape_hidden(format_path(file.path)) for file in files[:NAMED])
    more = f" and {format_count(len(files) - NAMED, 'more file')}" if len(files) > NAMED else ""
    commit = base.head[:10]
    first = "First bring in what landed already, as agentledger prompt --for resume shows."
    landed = (first,) if branch.bridge else ()
    return (
        *landed,
        f"Bring {escape_hidden(base.name)} in as it is at {commit}: git merge {commit}.",
        f"Settle {names}{more}.",
        "Keep what both sides meant, then run agentledger done.",
    )


def answer_command(branch: Branch, decision: str, paragraphs: Sequence[str]) -> str | None:
    """Return the command that answers a branch's agent; None where it cannot be typed."""
    if HIDDEN.search(branch.name):
        return None
    task = branch.work.task if branch.work else ""
    # The task names the branch, unless several work on it.
    branch_flag = ("--branch", branch.name) if branch.standing and branch.standing.rivals else ()
    texts = [word for paragraph in paragraphs for word in ("-m", paragraph)]
    return shlex.join(("agentledger", "answer", task, *branch_flag, "--decision", decision, *texts))


# -- bringing base in -------------------------------------------------------------------------


def _merge_steps(branch: Branch, base: str) -> tuple[str, ...]:
    """Return the commands that merge base into a branch that is checked out nowhere; () if none can."""
    ref, local = shell.format_ref(branch.ref), local_name(branch)
    if ref is None:
        return ()
    steps: list[tuple[str, ...]] = [("git", *_switch_step(branch, ref, local))]
    if local and branch.sync is Sync.BEHIND:
        # What was read is the remote-tracking copy, so the local one has to get there first.
        steps.append(("git", "merge", "--ff-only", ref))
    return shell.join_commands(*steps, ("git", "merge", base))


def _switch_step(branch: Branch, ref: str, local: str | None) -> tuple[str, ...]:
    if local:
        return "switch", local
    # git makes a local branch of a remote-tracking one only; a pull request's head is just a commit.
    tracked = branch.sync is Sync.REMOTE and branch.ref.startswith("refs/remotes/")
    return "switch", "--track" if tracked else "--detach", ref
