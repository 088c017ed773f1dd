"""Where a branch is listed, and the one thing to do about it next: told once, for every output.

Belongs here: the rule that sorts branches into sections, and the next action with the
command to type. Does not: how a terminal, a page or a JSON document shows them.

A command is given to be copied into a POSIX shell at the repository's top, so every name in it
is quoted. Where a name cannot be typed truthfully (a hidden character, bytes that are not
UTF-8) the command is None: a wrong command is worse than none.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import StrEnum

from agentledger import shell
from agentledger.model import Base, Branch, Fleet, State, Sync
from agentledger.text import HIDDEN, plural, printable, rfc3339
from agentledger.work import Copy, Progress, Standing, Task


class Section(StrEnum):
    """The parts of the board, in reading order; `order` tells how they stand where nobody has a brief."""

    YOUR_TURN = "your-turn"
    HELD = "held"
    SILENT = "silent"
    WORKING = "working"
    UNBRIEFED = "unbriefed"
    ENDED = "ended"


def order(fleet: Fleet) -> tuple[Section, ...]:
    """The sections as they are read: without any task, what is open comes before what is held."""
    if fleet.tasks:
        return tuple(Section)
    return Section.UNBRIEFED, Section.HELD, Section.ENDED


@dataclass(frozen=True, slots=True)
class NextAction:
    """What to do next in a few words, and the shell commands for it, if there are truthful ones."""

    text: str
    steps: tuple[str, ...] = ()

    @property
    def command(self) -> str | None:
        """All steps as one line for a shell, which stops at the first that fails."""
        return " && ".join(self.steps) or None


MAIN = ("", ".")  # the path of the main worktree, seen from the repository's top


def section(branch: Branch) -> Section:
    """The section that lists this branch; a merge that could not be tried holds nothing back."""
    if branch.state is not State.OPEN:
        return Section.ENDED
    standing = branch.standing
    if standing is None:
        return Section.HELD if conflicts(branch) else Section.UNBRIEFED
    if standing.progress in (Progress.NEEDS_INPUT, Progress.BLOCKED) or scope_change(branch):
        return Section.YOUR_TURN
    finished = standing.progress in (Progress.READY, Progress.APPROVED)
    if conflicts(branch) or standing.progress is Progress.REJECTED or (finished and standing.holds):
        return Section.HELD
    if finished:
        return Section.YOUR_TURN
    return Section.SILENT if standing.progress is Progress.SILENT else Section.WORKING


def scope_change(branch: Branch) -> bool:
    """Does the branch's copy of the brief ask for something that the manager has not accepted?"""
    return branch.work is not None and branch.work.copy is Copy.SCOPE_CHANGE


def conflicts(branch: Branch) -> bool:
    """True when git's merge with base stops; False when it is clean, failed, or was not tried."""
    return branch.conflict is not None and branch.conflict.clean is False


def grouped(fleet: Fleet) -> dict[Section, tuple[Branch, ...]]:
    """Every branch in its section, last activity first; each section is there, if only empty.

    What waits for the manager stands by how long it has waited, questions before finished work.
    """
    recent = sorted(fleet.branches, key=lambda b: (-b.active_at, b.name, b.ref))
    found = {part: [b for b in recent if section(b) is part] for part in Section}
    found[Section.YOUR_TURN].sort(key=lambda b: _waiting(b.standing))
    return {part: tuple(branches) for part, branches in found.items()}


def _waiting(standing: Standing | None) -> tuple[bool, int]:
    finished = standing is not None and standing.progress in (Progress.READY, Progress.APPROVED)
    return finished, (standing.since or 0) if standing else 0


def planned(fleet: Fleet) -> tuple[Task, ...]:
    """Tasks with a brief of the manager's that nobody works on yet, by priority."""
    return tuple(t for t in fleet.tasks if t.brief and not t.branches and t.outcome is None)


def start(task: Task, fleet: Fleet) -> NextAction:
    """How to begin a planned task today: a branch in a worktree of its own."""
    place = f"../{fleet.name}.worktrees/{task.id}"
    base = shell.typed(fleet.base.ref) or fleet.base.head
    branch = task.brief.branch if task.brief and task.brief.branch else f"agent/{task.id}"
    if HIDDEN.search(branch + place):
        return NextAction("Start it")
    return NextAction("Start it", shell.steps(("git", "worktree", "add", "-b", branch, place, base)))


def ended_by_state(branches: tuple[Branch, ...]) -> tuple[tuple[State, int], ...]:
    """How many branches each state has, the most frequent first; states without any are left out."""
    counts = {state: sum(b.state is state for b in branches) for state in State}
    return tuple(sorted(((s, n) for s, n in counts.items() if n), key=lambda pair: -pair[1]))


def next_action(branch: Branch, base: Base) -> NextAction | None:
    """What to do about a branch now, or None where nothing needs doing (absorbed, dormant ...)."""
    if branch.state is State.OPEN:
        asked = _of_work(branch, base, branch.standing) if branch.standing else _unsure(branch, base)
        return asked or (_settle(branch, base) if conflicts(branch) else _review(branch, base))
    if branch.state is State.MERGED:
        return _delete(branch)
    return _repair(branch) if branch.state is State.UNREADABLE else None


def _of_work(branch: Branch, base: Base, standing: Standing) -> NextAction | None:
    """What the task asks for; None where that is what any branch asks for: a review, a conflict settled."""
    progress = standing.progress
    if progress in (Progress.NEEDS_INPUT, Progress.BLOCKED):
        return _answer(branch, standing)
    if scope_change(branch) and branch.work:
        brief = f".agentledger/tasks/{branch.work.task}/brief.md"
        left, right = shell.typed(base.ref) or base.head, shell.typed(branch.ref) or branch.head
        return NextAction(
            "Look at its scope change", shell.steps(("git", "diff", f"{left}...{right}", "--", brief))
        )
    if conflicts(branch):
        return None
    if progress is Progress.APPROVED and not standing.holds:
        return NextAction("Merge it: approved", shell.land(branch, base))
    if progress is Progress.READY and not standing.holds:
        return NextAction("Review it: said to be ready", _review(branch, base).steps)
    if standing.holds and progress in (Progress.READY, Progress.APPROVED):
        return NextAction(f"Not ready: {'; '.join(standing.holds)}", _review(branch, base).steps)
    reviewer = printable(standing.review.reviewer) if standing.review else ""
    words = {
        Progress.REJECTED: f"Rejected by {reviewer}: decide whether it goes on",
        Progress.CHANGES: f"Wait: {reviewer} asked for changes",
        Progress.SILENT: f"Check on it: a check-in was due {_moment(standing.due)}",
        Progress.STARTED: "Wait for its first check-in",
        Progress.WORKING: "Wait: it is working",
    }
    looks = progress in (Progress.REJECTED, Progress.SILENT)
    return NextAction(words[progress], _review(branch, base).steps if looks else ())


def _moment(at: int | None) -> str:
    """A time as it stays: a page that counts minutes would have to be made anew each minute."""
    return f"{rfc3339(at)[:16].replace('T', ' ')} UTC" if at is not None else "earlier"


def _unsure(branch: Branch, base: Base) -> NextAction | None:
    """For a branch of which nobody can tell on what it works."""
    if not branch.problems:
        return None
    return NextAction(f"Split it: {printable(branch.problems[0].message)}", _review(branch, base).steps)


def _answer(branch: Branch, standing: Standing) -> NextAction:
    checkpoint = standing.question.checkpoint if standing.question else None
    text = "Unblock it" if standing.progress is Progress.BLOCKED else "Answer its question"
    which = ("--branch", branch.name) if standing.rivals else ()
    if checkpoint:
        # Any other decision settles it, too, but one has to be made: a note leaves a checkpoint closed.
        text = f"Decide on its checkpoint: {checkpoint}"
        which = (*which, "--checkpoint", checkpoint, "--decision", "approve")
    if HIDDEN.search(branch.name):
        return NextAction(text)
    task = branch.work.task if branch.work else ""
    return NextAction(text, (shlex.join(("agentledger", "answer", *which, task)) + " 'your answer'",))


def _review(branch: Branch, base: Base) -> NextAction:
    left, right = shell.typed(base.ref) or base.head, shell.typed(branch.ref) or branch.head
    # Without a merge base git has no three-dot diff; the commits outside base still tell all.
    asked = ("diff", f"{left}...{right}") if branch.merge_bases else ("log", "-p", f"{left}..{right}")
    return NextAction(_review_text(branch), shell.steps(("git", *asked)))


def _review_text(branch: Branch) -> str:
    if branch.worktree and branch.worktree.dirty:
        return "Review; more is uncommitted"
    return "Review and merge" if branch.conflict and branch.conflict.clean else "Review"


def _settle(branch: Branch, base: Base) -> NextAction:
    count = len(branch.conflict.files) if branch.conflict else 0
    text = f"Bring {printable(base.name)} in and settle {plural(count, 'file')}"
    return NextAction(text, _merge_steps(branch, shell.typed(base.ref) or base.head))


def _merge_steps(branch: Branch, base: str) -> tuple[str, ...]:
    """The commands that merge base into the branch, in its worktree where it has one."""
    ref, local = shell.typed(branch.ref), _local(branch)
    git: tuple[str, ...] = ("git",)
    if ref is None:
        return ()
    steps: list[tuple[str, ...]] = []
    if local and branch.worktree:
        if HIDDEN.search(branch.worktree.path):
            return ()
        # The main worktree is where the reader already stands.
        git = ("git", "-C", branch.worktree.path) if branch.worktree.path not in MAIN else git
    else:
        steps.append((*git, *_switch(branch, ref, local)))
    if local and branch.sync is Sync.BEHIND:
        steps.append((*git, "merge", "--ff-only", ref))
    return shell.steps(*steps, (*git, "merge", base))


def _switch(branch: Branch, ref: str, local: str | None) -> tuple[str, ...]:
    if local:
        return "switch", local
    # Only of a remote-tracking branch can git make a local one; a pull request's head is just a commit.
    tracked = branch.sync is Sync.REMOTE and branch.ref.startswith("refs/remotes/")
    return "switch", "--track" if tracked else "--detach", ref


def _delete(branch: Branch) -> NextAction | None:
    """For a merged local branch: git itself refuses where the deletion would lose anything."""
    local, worktree = _local(branch), branch.worktree
    if local is None or (worktree and (worktree.dirty is not False or worktree.path in MAIN)):
        return None
    delete = ("git", "branch", "-d", local)
    if worktree is None:
        return NextAction("Delete", shell.steps(delete))
    if HIDDEN.search(worktree.path):
        return None
    removal = ("git", "worktree", "remove", worktree.path)
    return NextAction("Delete with its worktree", shell.steps(removal, delete))


def _repair(branch: Branch) -> NextAction | None:
    if "shallow" in branch.state_why:
        return NextAction("Fetch the rest of the history", shell.steps(("git", "fetch", "--unshallow")))
    if re.search("not (to )?a commit", branch.state_why):
        return None
    look = shell.steps(("git", "fsck", "--connectivity-only"))
    return NextAction("See which objects are missing or damaged", look)


def _local(branch: Branch) -> str | None:
    """The name to give to `git switch`, if the head is reached from a local branch."""
    on_local = branch.ref.startswith("refs/heads/") or branch.sync is Sync.BEHIND
    return branch.name if on_local and shell.plain(branch.name) else None
