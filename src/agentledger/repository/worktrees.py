"""Looks into each worktree: what is uncommitted there, which branch it is on, and whose folder it is in.

Belongs here: one `git status` for each worktree, and what the files of its git directory say. Does not: which
of them is on the board (see `listing`), or the commits there (see `fleet.detached`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from agentledger.git import queries
from agentledger.git.process import Git
from agentledger.git.queries import Checkout, Ref, Uncommitted
from agentledger.model.fleet import Worktree
from agentledger.model.text import decode
from agentledger.repository import spawned_files
from agentledger.repository.bases import HEADS
from agentledger.repository.client_worktrees import client_of_worktree

# Refs with which a program keeps commits for itself: nobody finds a commit there who looks for a branch.
KEEPERS = ("refs/jj/", "refs/kilo/", "refs/codex/", "refs/stash", "refs/bisect/")
# How the reason begins for which `spawn` locks a worktree that it is making, and the name of the folder around
# one in which `verify` runs checks: both are detached.
LOCK, FRESH = "agentledger is ", "agentledger-verify-"
# So many uncommitted files are asked for their time: an agent can make as many as it likes.
TIMED_FILES = 2000


class View(NamedTuple):
    """What was seen of one worktree.

    `ref` is the branch that is checked out, or of which a rebase or bisect is under way; else `worktrees/ID/HEAD`
    (git's own name for the HEAD of a linked worktree), where `head` is its commit.
    """

    ref: str
    head: str
    worktree: Worktree
    linked: bool


def inspect_worktrees(git: Git, home: Path, checkouts: Sequence[Checkout]) -> list[View]:
    """Look into all worktrees but those that are half-made, removed, bare, or detached without being linked.

    `home` is the main worktree, or the bare repository.
    """
    usable = [c for c in checkouts if not c.prunable and not c.bare and c.path.is_dir()]
    others = frozenset(os.path.realpath(c.path) for c in usable)
    main = checkouts[0] if checkouts else None
    with ThreadPoolExecutor(4) as pool:
        views = pool.map(lambda c: _inspect(git, home, c, others=others, linked=c is not main), usable)
        # What is checked out comes before what is under way: git lets no branch be both, a copied folder may.
        ordered = sorted((v for v in views if v), key=lambda view: bool(view.worktree.under_way))
    by_ref: dict[str, View] = {}
    for view in ordered:
        by_ref.setdefault(view.ref, view)
    return list(by_ref.values())


def list_detached(views: Sequence[View]) -> tuple[Ref, ...]:
    """The HEADs of those worktrees that are on no branch."""
    return tuple(Ref(view.ref, view.head, "", "") for view in views if not view.ref.startswith("refs/"))


def directory_of(worktree: Path) -> Path:
    """The git directory of a worktree: the folder `.git`, or the one that a file `.git` names."""
    link = worktree / ".git"
    if link.is_dir():
        return link
    try:
        return worktree / decode(link.read_bytes()).removeprefix("gitdir: ").strip()
    except OSError:
        return link


def list_uncommitted(git: Git, others: Collection[str] = ()) -> tuple[bool, list[bytes]] | None:
    """What is uncommitted in the worktree at `git.cwd`: whether git names anything, and the paths that count.

    Paths that `spawn` put there do not, nor do `others`, the real paths of this repository's worktrees. None
    where git fails.
    """
    entries = queries.read_status(git)
    if entries is None:
        return None
    counted = [entry for entry in entries if not _is_other_worktree(git.cwd, entry, others)]
    ours = spawned_files.read_spawned(directory_of(git.cwd))
    return bool(counted), [e.path for e in counted if not spawned_files.is_spawned(git.cwd, e, ours)]


def _is_other_worktree(top: Path, entry: Uncommitted, others: Collection[str]) -> bool:
    # git names a repository below this one with a slash at the end, and does not look into it.
    return entry.path.endswith(b"/") and os.path.realpath(top / decode(entry.path)) in others


def _inspect(git: Git, home: Path, checkout: Checkout, others: Collection[str], linked: bool) -> View | None:
    directory = directory_of(checkout.path)
    branch, under_way = (checkout.branch, "") if checkout.branch else _read_under_way(directory)
    if not branch and not (linked and checkout.head and _is_somebodys(checkout)):
        return None
    worktree = replace(_inspect_files(replace(git, cwd=checkout.path), home, others), under_way=under_way)
    short_name = branch.removeprefix(HEADS)
    client = client_of_worktree(worktree.path, home.name, short_name, directory) if linked else ""
    ref = branch or f"worktrees/{directory.name}/HEAD"
    return View(ref, checkout.head, replace(worktree, client=client), linked)


def _is_somebodys(checkout: Checkout) -> bool:
    """Is a detached worktree for work, and not one that agentledger itself is making or checks in?"""
    is_fresh = checkout.path.parent.name.startswith(FRESH)
    return not is_fresh and not checkout.lock.startswith(LOCK)


def _read_under_way(directory: Path) -> tuple[str, str]:
    """The branch of which a rebase or a bisect is under way there, and which of the two; '' for none."""
    for name in ("rebase-merge/head-name", "rebase-apply/head-name"):
        branch = _read_line(directory / name)
        if branch.startswith(HEADS):
            return branch, "rebase"
    # The branch's short name, or the commit where the bisect began on a detached HEAD.
    start = _read_line(directory / "BISECT_START")
    if start and not _is_commit(start):
        return HEADS + start, "bisect"
    return "", ""


def _is_commit(text: str) -> bool:
    return len(text) in (40, 64) and all(digit in "0123456789abcdef" for digit in text)


def _read_line(file: Path) -> str:
    try:
        return decode(file.read_bytes()).strip()
    except OSError:
        return ""


def _inspect_files(git: Git, home: Path, others: Collection[str]) -> Worktree:
    relative_path = Path(os.path.relpath(git.cwd, home)).as_posix()
    uncommitted = list_uncommitted(git, others)
    if uncommitted is None:
        return Worktree(relative_path, None, None)
    dirty, paths = uncommitted
    stamps = [*_modification_times(git.cwd, paths), _read_head_move_time(git)]
    newest = max((stamp for stamp in stamps if stamp is not None), default=None)
    return Worktree(relative_path, dirty, newest, uncommitted=len(paths))


def _modification_times(top: Path, paths: Sequence[bytes]) -> Iterator[int | None]:
    for path in islice(paths, TIMED_FILES):
        file = top / decode(path)
        # A deleted path has no time of its own; its folder was written when it was deleted.
        yield modified_at(file) or modified_at(file.parent)


def modified_at(file: Path) -> int | None:
    """When a file was last written, in whole seconds; None where there is none."""
    try:
        return int(file.stat().st_mtime)
    except OSError:
        return None


def _read_head_move_time(git: Git) -> int | None:
    """When HEAD last moved, in seconds, by its reflog's last line; None where there is no such line."""
    folder = directory_of(git.cwd)
    # Where refs are in tables (reftable), the logs are too, and only git can read them.
    if (folder / "reftable").is_dir():
        return queries.read_head_move_time(git)
    reflog = folder / "logs" / "HEAD"
    try:
        # The file's own time will not do: every `git gc` changes it.
        with reflog.open("rb") as file:
            file.seek(max(0, reflog.stat().st_size - 4096))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    except OSError:
        return None
    # <old> <new> <name> <address> <seconds> <zone>, a tab, and the message
    fields = last.partition(b"\t")[0].split()
    return int(fields[-2]) if len(fields) > 3 and fields[-2].isdigit() else None
