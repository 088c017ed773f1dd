"""Finds out whether a worktree is the same as its commit: only then is a check's result about that commit.

Belongs here: uncommitted changes outside the ledger, also those that git was told not to look for. Does not: what
to do about them.

Ignored files do not count: only a fresh worktree shows whether a check needs them (see `rerun`).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agentledger.git import nested_worktrees, process, queries
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.model.ledger_paths import FOLDER
from agentledger.model.text import escape_hidden, format_path
from agentledger.scope.task_scope import Scope
from agentledger.workflow.verify import left_out

# All files but the ledger's, from any folder.
_CODE = ("--", ":(top)", f":(top,exclude){FOLDER}")
_SHOWN = 5  # paths that a message names
# fsmonitor may be a program that a worktree's configuration names, and could hide changes.
_PLAIN = ("-c", "core.fsmonitor=false")


class Unclean(NamedTuple):
    """Paths outside the ledger: tracked ones that differ from HEAD, and untracked files."""

    tracked: tuple[bytes, ...]
    untracked: tuple[bytes, ...]


def read_unclean(git: Git) -> Unclean:
    """What is uncommitted in the worktree around `git`, apart from other worktrees inside it."""
    # Settings of the user's can hide untracked files and submodules, so both are asked for.
    flags = ["--porcelain=v2", "-z", "-uall", "--ignore-submodules=none", "--no-renames"]
    top = queries.locate_repository(git).top or git.cwd
    own = nested_worktrees.own_pathspecs(top, queries.read_worktrees(git))
    # The first one is `:(top)`, which _CODE has, too.
    entries = process.run(git, [*_PLAIN, "status", *flags, *_CODE, *own[1:]]).split(b"\0")
    tracked, untracked = [], []
    for entry in filter(None, entries):
        if entry.startswith(b"? "):
            untracked.append(entry[2:])
        else:
            # With the letter, `1 XY …` has eight fields before the path, `u XY …` ten (git-status(1), version 2).
            tracked.append(entry.split(b" ", 8 if entry.startswith(b"1 ") else 10)[-1])
    return Unclean(tuple(tracked), tuple(untracked))


def read_hidden_paths(git: Git, top: Path) -> list[bytes]:
    """Tracked paths that git was told to take for unchanged, so that `git status` does not look at them.

    A sparse checkout leaves files out with such a mark, which is fine; a marked file that exists is not.
    """
    entries = process.run(git, [*_PLAIN, "ls-files", "-v", "-z", *_CODE]).split(b"\0")
    sparse = queries.read_config(git).get("core.sparsecheckout", "").lower() in ("true", "yes", "on", "1")
    hidden = []
    for entry in filter(None, entries):
        # A small letter is for assume-unchanged, S for skip-worktree (git-ls-files(1)).
        mark, path = entry[:1], entry[2:]
        left_out = sparse and mark in b"Ss" and not os.path.lexists(top / os.fsdecode(path))
        if (mark.islower() or mark == b"S") and not left_out:
            hidden.append(path)
    return hidden


def refuse_unclean(git: Git, top: Path, scope: Scope | None) -> None:
    """Raise LedgerError where a check would look at something other than the commit; `scope` is the task's."""
    unclean = read_unclean(git)
    if unclean.tracked and (queries.locate_repository(git).directory / "MERGE_HEAD").exists():
        message = f"a merge is half-way here: {format_paths(unclean.tracked)}"
        raise LedgerError(
            message, "finish it (git commit --no-edit) or abort it (git merge --abort), then run this again"
        )
    if unclean.tracked:
        message = f"there are uncommitted changes: {format_paths(unclean.tracked)}"
        # The commit gate says which of them are not the task's.
        commit = "git commit -a -m 'the rest'"
        raise LedgerError(
            message, f"{commit} (or git stash), then run this again: what is checked is a commit"
        )
    _refuse_nested(unclean.untracked)
    if unclean.untracked:
        message = f"there are files that are in no commit: {format_paths(unclean.untracked)}"
        raise LedgerError(message, left_out.describe_way_out(top, scope, unclean.untracked))
    hidden = read_hidden_paths(git, top)
    if hidden:
        first = shlex.quote(format_path(hidden[0]))
        raise LedgerError(
            f"git was told not to look at {format_paths(hidden)}, so nobody knows whether they are as committed",
            f"git update-index --no-assume-unchanged {first} && git update-index --no-skip-worktree {first}; "
            "then run this again",
        )


def _refuse_nested(untracked: Sequence[bytes]) -> None:
    """Raise LedgerError where another repository is inside: git would add it as a link that no clone can follow."""
    nested = nested_worktrees.nested_repositories(untracked)
    if not nested:
        return
    name = escape_hidden(nested[0])
    command = nested_worktrees.exclude_command(nested[0])
    raise LedgerError(
        f"{name} is a git repository of its own, inside this worktree, and no part of a commit",
        "at the top of this worktree, have git leave it out, which does nothing to what is in it: "
        f"{command}; then run this again"
        if command
        else "move it out of this worktree, then run this again",
    )


def refuse_changed(git: Git, check: str) -> tuple[bytes, ...]:
    """The untracked files that a check has left. Raises LedgerError where it changed tracked ones."""
    unclean = read_unclean(git)
    if unclean.tracked:
        message = f"the check {check} changed files that are committed: {format_paths(unclean.tracked)}"
        hint = (
            "nothing is recorded; see git diff: commit that, or git restore it, and let the check only look"
        )
        raise LedgerError(message, hint)
    return unclean.untracked


def is_same_code(git: Git, commit: str) -> bool:
    """Is HEAD still this commit, or one that differs from it only in the ledger?"""
    _, code, _ = process.run_unchecked(
        git, [*_PLAIN, "diff", "--quiet", "--no-ext-diff", commit, "HEAD", *_CODE]
    )
    return code == 0


def format_paths(paths: Sequence[bytes]) -> str:
    """The first paths in words, and how many more there are."""
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(format_path(path) for path in paths[:_SHOWN]) + more
