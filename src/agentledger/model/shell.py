"""Branch names that are safe to type, and the shell commands made of them that people are shown.

Belongs here: what every command that is shown has in common. Does not: which command a branch is given (see
`attention.actions`, `site.branch_commands`).

Commands are for a POSIX shell at the repository's top, so every word in them is quoted.
"""

from __future__ import annotations

import re
import shlex

from agentledger.model.fleet import Base, Branch, Sync
from agentledger.model.text import HIDDEN

# Short names that git resolves as written. Others go by their full ref: `-x` reads as an option,
# `HEAD` or `@` as HEAD, `tags/x` as a tag, `deadbeef` as an object, and zsh expands a leading `=`.
_SHORT = re.compile(r"(?!(?:refs|heads|tags|remotes)/)(?![0-9a-f]+$)(?![A-Z_]+$)[^-=@].*")


def is_plain_name(name: str) -> bool:
    """Do git and a reader both take this short name for the branch that it names?"""
    return bool(_SHORT.fullmatch(name)) and not HIDDEN.search(name)


def format_ref(ref: str) -> str | None:
    """A ref as a person would type it; the full name where the short one means something else to git.

    None where it has hidden characters: what is shown would not be what is typed.
    """
    if HIDDEN.search(ref):
        return None
    short = re.sub("^refs/(heads|remotes)/", "", ref)
    return short if is_plain_name(short) else ref


def join_commands(*commands: tuple[str, ...]) -> tuple[str, ...]:
    """Commands, given as words, as lines for a shell."""
    return tuple(map(shlex.join, commands))


def format_diff_command(branch: Branch, base: Base, commit: str = "") -> tuple[str, ...]:
    """The words of the command that shows what a branch changed: against base, or against what it stands on.

    With `commit`, as it was there. A ref that cannot be typed is replaced by its commit.
    """
    left, right = format_ref(base.ref) or base.head, commit or format_ref(branch.ref) or branch.head
    grounds = [
        (format_ref(stand.ref) if stand.ref and not stand.rewritten else None) or stand.commit
        for stand in branch.stands_on
    ]
    if grounds and branch.stands_on[0].plain:
        return ("git", "diff", f"{grounds[0]}...{right}")
    if grounds:
        # Base was merged in above: a diff from the ground would show base's changes, too.
        return ("git", "log", "-p", right, "--not", left, *grounds)
    # Without a merge base git has no three-dot diff; the commits outside base still show everything.
    return (
        ("git", "diff", f"{left}...{right}")
        if branch.merge_bases
        else ("git", "log", "-p", f"{left}..{right}")
    )


def format_merge_commands(branch: Branch, base: Base) -> tuple[str, ...]:
    """The commands that merge a branch into the local base; () where base's name cannot be typed."""
    if HIDDEN.search(base.name):
        return ()
    git, first = _go_to_base(base)
    # A local base that is behind its upstream would merge the branch onto something old.
    if base.sync is Sync.BEHIND:
        first.append((*git, "merge", "--ff-only", format_ref(base.ref) or base.head))
    return join_commands(*first, (*git, "merge", "--no-ff", format_ref(branch.ref) or branch.head))


def _go_to_base(base: Base) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """How git is started where base is checked out, and the commands that check it out first."""
    elsewhere = base.worktree not in (None, "", ".")
    # git refuses to check out in one worktree what another one has; and a bare repository has none of its own.
    if base.worktree is not None and elsewhere and not HIDDEN.search(base.worktree):
        return ("git", "-C", base.worktree), []
    return ("git",), [("git", "switch", "--", base.name)]
