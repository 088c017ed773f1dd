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

from agentledger.model import Base, Branch, Fleet, State, Sync
from agentledger.text import HIDDEN, plural, printable


class Section(StrEnum):
    """The parts of the board that a repository without briefs has, in reading order."""

    UNBRIEFED = "unbriefed"
    HELD = "held"
    ENDED = "ended"


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

# Short names that git resolves as written. Others go by their full ref: `-x` reads as an option,
# `HEAD` or `@` as HEAD, `tags/x` as a tag, `deadbeef` as an object, and zsh expands a leading `=`.
_SHORT = re.compile(r"(?!(?:refs|heads|tags|remotes)/)(?![0-9a-f]+$)(?![A-Z_]+$)[^-=@].*")


def section(branch: Branch) -> Section:
    """The section that lists this branch; a merge that could not be tried holds nothing back."""
    if branch.state is not State.OPEN:
        return Section.ENDED
    return Section.HELD if conflicts(branch) else Section.UNBRIEFED


def conflicts(branch: Branch) -> bool:
    """True when git's merge with base stops; False when it is clean, failed, or was not tried."""
    return branch.conflict is not None and branch.conflict.clean is False


def grouped(fleet: Fleet) -> dict[Section, tuple[Branch, ...]]:
    """Every branch in its section, last activity first; each section is there, if only empty."""
    recent = sorted(fleet.branches, key=lambda b: (-b.active_at, b.name, b.ref))
    return {part: tuple(b for b in recent if section(b) is part) for part in Section}


def ended_by_state(branches: tuple[Branch, ...]) -> tuple[tuple[State, int], ...]:
    """How many branches each state has, the most frequent first; states without any are left out."""
    counts = {state: sum(b.state is state for b in branches) for state in State}
    return tuple(sorted(((s, n) for s, n in counts.items() if n), key=lambda pair: -pair[1]))


def next_action(branch: Branch, base: Base) -> NextAction | None:
    """What to do about a branch now, or None where nothing needs doing (absorbed, dormant ...)."""
    if branch.state is State.OPEN:
        return _settle(branch, base) if conflicts(branch) else _review(branch, base)
    if branch.state is State.MERGED:
        return _delete(branch)
    return _repair(branch) if branch.state is State.UNREADABLE else None


def _review(branch: Branch, base: Base) -> NextAction:
    left, right = _name(base.ref) or base.head, _name(branch.ref) or branch.head
    # Without a merge base git has no three-dot diff; the commits outside base still tell all.
    asked = ("diff", f"{left}...{right}") if branch.merge_bases else ("log", "-p", f"{left}..{right}")
    return NextAction(_review_text(branch), _steps(("git", *asked)))


def _review_text(branch: Branch) -> str:
    if branch.worktree and branch.worktree.dirty:
        return "Review; more is uncommitted"
    return "Review and merge" if branch.conflict and branch.conflict.clean else "Review"


def _settle(branch: Branch, base: Base) -> NextAction:
    count = len(branch.conflict.files) if branch.conflict else 0
    text = f"Bring {printable(base.name)} in and settle {plural(count, 'file')}"
    return NextAction(text, _merge_steps(branch, _name(base.ref) or base.head))


def _merge_steps(branch: Branch, base: str) -> tuple[str, ...]:
    """The commands that merge base into the branch, in its worktree where it has one."""
    ref, local = _name(branch.ref), _local(branch)
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
    return _steps(*steps, (*git, "merge", base))


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
        return NextAction("Delete", _steps(delete))
    if HIDDEN.search(worktree.path):
        return None
    removal = ("git", "worktree", "remove", worktree.path)
    return NextAction("Delete with its worktree", _steps(removal, delete))


def _repair(branch: Branch) -> NextAction | None:
    if "shallow" in branch.state_why:
        return NextAction("Fetch the rest of the history", _steps(("git", "fetch", "--unshallow")))
    if re.search("not (to )?a commit", branch.state_why):
        return None
    look = _steps(("git", "fsck", "--connectivity-only"))
    return NextAction("See which objects are missing or damaged", look)


def _steps(*commands: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(shlex.join, commands))


def _local(branch: Branch) -> str | None:
    """The name to give to `git switch`, if the head is reached from a local branch."""
    on_local = branch.ref.startswith("refs/heads/") or branch.sync is Sync.BEHIND
    return branch.name if on_local and _plain(branch.name) else None


def _name(ref: str) -> str | None:
    """A ref as a person would type it, in full where the short form means something else to git."""
    if HIDDEN.search(ref):
        return None
    short = re.sub("^refs/(heads|remotes)/", "", ref)
    return short if _plain(short) else ref


def _plain(name: str) -> bool:
    return bool(_SHORT.fullmatch(name)) and not HIDDEN.search(name)
