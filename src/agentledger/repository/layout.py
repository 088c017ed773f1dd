"""Where people stand in a repository, what they call it, and where its worktrees go.

Belongs here: pure functions on paths. Does not: asking git where a repository lies (see `git.queries`).

Besides the usual checkout and the bare repository there is the bare layout: `project/.bare` has the repository,
`project/.git` is a file that names it, and the worktrees are beside them: `project/main`, `project/fix-login`. It is
called `project`, whatever the bare repository in it is called.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from agentledger.model.text import decode

# What bare repositories are called that are a part of a project's folder.
_NAMELESS = (".bare", ".git")


def find_home(main: Path, bare: bool) -> Path:
    """The folder in which people stand: the main worktree, or, of a bare repository, where git finds it from.

    `main` is the first of git's worktrees. That is the folder of the bare repository, unless the folder above it
    leads there.
    """
    return main.parent if bare and _leads_to(main.parent / ".git", main) else main


def _leads_to(link: Path, repository: Path) -> bool:
    """Does git, in the folder of `link`, take this repository for its own?"""
    if link.is_dir():
        return link.samefile(repository)
    with contextlib.suppress(OSError):
        named = link.parent / decode(link.read_bytes()).removeprefix("gitdir: ").strip()
        return named.samefile(repository)
    return False


def repository_name(home: Path, bare: bool) -> str:
    """What a repository is called: by its folder, or by the one above a bare one that has no name of its own."""
    folder = home.parent if bare and home.name in _NAMELESS else home
    return folder.name.removesuffix(".git") or "repository"


def worktrees_folder(home: Path, bare: bool) -> Path:
    """Where new worktrees go: beside the repository, so that no tool finds them within.

    In a bare layout that is beside the other worktrees.
    """
    if bare and home.name in _NAMELESS:
        return home.parent
    if bare and (home / ".git").exists():
        return home
    return home.parent / f"{repository_name(home, bare)}.worktrees"
