"""The commands that several next actions have in common, and the value that holds them.

Belongs here: `NextAction`, and commands about a branch that are made the same way for each. Does not: which of
them is next (see `actions` and `conflicts`).

A command is meant to be copied into a POSIX shell at the repository's top, so every name in it is quoted. Where
a name cannot be typed as it is (a hidden character, bytes that are not UTF-8) there is no command: a wrong
command is worse than none.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from agentledger.model import shell
from agentledger.model.fleet import Base, Branch, Sync
from agentledger.model.text import HIDDEN

#: Characters of a commit's id in a command and in a sentence.
SHORT = 12


@dataclass(frozen=True, slots=True)
class NextAction:
    """What to do next, in a few words, and the shell commands for it; () where none can be typed."""

    text: str
    steps: tuple[str, ...] = ()

    @property
    def command(self) -> str | None:
        """Return all steps as one line, which stops at the first that fails; None without steps."""
        return " && ".join(self.steps) or None


def name_work(branch: Branch) -> str:
    """Return what to call a branch in a command that takes a task or a branch: its task, where it works alone."""
    standing = branch.standing
    return branch.work.task if branch.work and standing and not standing.rivals else branch.name


def format_command(command: tuple[str, ...], name: str, *arguments: str) -> str | None:
    """Format a command with a task or branch as its argument, then more `arguments`; None where it cannot be typed."""
    if HIDDEN.search(name):
        return None
    # A name that begins with a dash would be taken for an option.
    end = ("--",) if name.startswith("-") else ()
    return shlex.join((*command, *end, name, *arguments))


def resume_command(branch: Branch) -> tuple[str, ...]:
    """Return the command for the text that makes an agent go on; () where the name cannot be typed."""
    name = name_work(branch)
    command = ("agentledger", "prompt")
    # A name that begins with a dash goes last, behind `--`.
    if name.startswith("-"):
        last = format_command((*command, "--for", "resume"), name)
        return (last,) if last else ()
    return () if HIDDEN.search(name) else shell.join_commands((*command, name, "--for", "resume"))


def review_command(branch: Branch, *arguments: str) -> str | None:
    """Return the command that reviews a branch at its head; None where it cannot be typed."""
    # What is no branch, such as the head of a pull request, is found by its ref alone.
    is_branch = branch.ref.startswith(("refs/heads/", "refs/remotes/"))
    return format_review_command(branch.name if is_branch else branch.ref, branch.head, *arguments)


def format_review_command(name: str, head: str, *arguments: str) -> str | None:
    """Return the command that reviews a branch, by its name or ref, at one commit; None where it cannot be typed."""
    options = (*(("--head", head[:SHORT]) if head else ()), *arguments)
    if name.startswith("-"):
        return format_command(("agentledger", "review", *options), name)
    return format_command(("agentledger", "review"), name, *options)


def review_steps(branch: Branch, base: Base) -> tuple[str, ...]:
    """Return the command that reviews a branch at its head; where that cannot be typed, the one for its diff."""
    command = review_command(branch)
    return (command,) if command else diff_steps(branch, base)


def diff_steps(branch: Branch, base: Base, commit: str = "") -> tuple[str, ...]:
    """Return the command that shows what a branch changes; with `commit`, as it was there."""
    return shell.join_commands(shell.format_diff_command(branch, base, commit))


def local_name(branch: Branch) -> str | None:
    """Return the name to give to `git switch`; None where no local branch leads to the head."""
    # Behind: there is a local branch, but the head that was read is its remote-tracking copy's.
    on_local = branch.ref.startswith("refs/heads/") or branch.sync is Sync.BEHIND
    return branch.name if on_local and shell.is_plain_name(branch.name) else None
