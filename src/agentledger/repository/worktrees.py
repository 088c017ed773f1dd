"""Looks into each worktree: what is uncommitted there, which branch it is on, and whose folder it is in.

Belongs here: one `git status` for each worktree, and what the files of its git directory say. Does not: which
of them is on the board (see `listing`), or the commits there (see `fleet.detached`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from agentledger.git import nested_worktrees, queries
from agentledger.git.process import Git
from agentledger.git.queries import Checkout, Ref, Uncommitted
from agentledger.model.fleet import Worktree
from agentledger.model.text import decode, encode
from agentledger.repository import live_hooks, reflogs, spawned_files, worktree_task
from agentledger.repository.bases import HEADS
from agentledger.repository.client_worktrees import client_of_worktree
from agentledger.repository.live_hooks import Installed
from agentledger.repository.under_way import read_under_way

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
    #: What is uncommitted there, and counts.
    files: tuple[Uncommitted, ...] = ()
    #: Changes with the contents of these files.
    stamp: str = ""


def inspect_worktrees(
    git: Git, home: Path, checkouts: Sequence[Checkout], installed: Installed | None
) -> list[View]:
    """Look into all worktrees but those that are half-made, removed, bare, or detached without being linked.

    `home` is the main worktree, or the bare repository; `installed` are the hooks, None without any.
    """
    usable = [c for c in checkouts if not c.prunable and not c.bare and c.path.is_dir()]
    main = checkouts[0] if checkouts else None
    with ThreadPoolExecutor(4) as pool:
        views = pool.map(lambda c: _inspect(git, home, c, checkouts=checkouts, linked=c is not main), usable)
        hooked = [_add_hooks(view, home, installed) for view in views if view]
    # What is checked out comes before what is under way: git lets no branch be both, a copied folder may.
    ordered = sorted(hooked, key=lambda view: bool(view.worktree.under_way))
    by_ref: dict[str, View] = {}
    for view in ordered:
        by_ref.setdefault(view.ref, view)
    return list(by_ref.values())


def _add_hooks(view: View, home: Path, installed: Installed | None) -> View:
    """The view with what its git directory says of its task, and of our hooks. Not in threads: answers are shared."""
    top = Path(os.path.normpath(home / view.worktree.path))
    directory = directory_of(top)
    made_for = worktree_task.read_made_for(directory) if view.linked else ""
    off = live_hooks.find_hooks_off(installed, top, directory)
    return view._replace(worktree=replace(view.worktree, made_for=made_for, hooks_off=off))


def list_detached(views: Sequence[View]) -> tuple[Ref, ...]:
    """The HEADs of those worktrees that are on no branch."""
    return tuple(Ref(view.ref, view.head, "", "") for view in views if not view.ref.startswith("refs/"))


def directory_of(worktree: Path) -> Path:
    """The git directory of a worktree: the folder `.git`, or the one that a file `.git` names."""
    link = worktree / ".git"
    if link.is_dir():
        return link
    try:
        name = decode(link.read_bytes()).removeprefix("gitdir: ").strip()
    except OSError:
        return link
    # A damaged file can hold a NUL, with which no path can be opened.
    return link if "\0" in name else worktree / name


def list_uncommitted(git: Git, checkouts: Sequence[Checkout]) -> tuple[bool, list[Uncommitted]] | None:
    """What is uncommitted in the worktree at `git.cwd`: whether git names anything, and the files that count.

    Paths that `spawn` put there do not, nor do other worktrees of the repository, which are among `checkouts`. None
    where git fails.
    """
    entries = queries.read_status(git, nested_worktrees.own_pathspecs(git.cwd, checkouts))
    if entries is None:
        return None
    ours = spawned_files.read_spawned(directory_of(git.cwd))
    return bool(entries), [e for e in entries if not spawned_files.is_spawned(git.cwd, e, ours)]


def _inspect(
    git: Git, home: Path, checkout: Checkout, checkouts: Sequence[Checkout], linked: bool
) -> View | None:
    directory = directory_of(checkout.path)
    branch, under_way = (checkout.branch, "") if checkout.branch else read_under_way(directory)
    if not branch and not (linked and checkout.head and _is_somebodys(checkout)):
        return None
    worktree, files = _inspect_files(replace(git, cwd=checkout.path), home, checkouts)
    worktree = replace(worktree, under_way=under_way)
    short_name = branch.removeprefix(HEADS)
    client = client_of_worktree(worktree.path, home.name, short_name, directory) if linked else ""
    ref = branch or f"worktrees/{directory.name}/HEAD"
    worktree, stamp = replace(worktree, client=client), _stamp_files(checkout.path, files)
    return View(ref, checkout.head, worktree, linked, files=files, stamp=stamp)


def _is_somebodys(checkout: Checkout) -> bool:
    """Is a detached worktree for work, and not one that agentledger itself is making or checks in?"""
    is_fresh = checkout.path.parent.name.startswith(FRESH)
    return not is_fresh and not checkout.lock.startswith(LOCK)


def _inspect_files(
    git: Git, home: Path, checkouts: Sequence[Checkout]
) -> tuple[Worktree, tuple[Uncommitted, ...]]:
    relative_path = Path(os.path.relpath(git.cwd, home)).as_posix()
    uncommitted = list_uncommitted(git, checkouts)
    if uncommitted is None:
        return Worktree(relative_path, None, None), ()
    dirty, files = uncommitted
    stamps = [*_modification_times(git.cwd, [file.path for file in files]), _read_head_move_time(git)]
    newest = max((stamp for stamp in stamps if stamp is not None), default=None)
    return Worktree(relative_path, dirty, newest, uncommitted=len(files)), tuple(files)


def _stamp_files(top: Path, files: Sequence[Uncommitted]) -> str:
    """A hash of what git says of these files, and of their times and sizes: `touched_at` has whole seconds only."""
    if not files:
        return ""
    stats = [_stat_file(encode(f"{top}/") + file.path) for file in files[:TIMED_FILES]]
    return hashlib.sha256(repr((files, stats)).encode()).hexdigest()


def _stat_file(file: bytes) -> tuple[int, ...]:
    try:
        status = os.lstat(file)
    except OSError:
        return ()
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino


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
        return queries.read_move_time(git)
    entry = reflogs.read_newest_entry(folder / "logs" / "HEAD")
    return entry.at if entry else None
