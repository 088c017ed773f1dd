"""Tells a worktree's own files from what lies inside it and is not its own: other worktrees, other repositories.

Belongs here: pathspecs that leave other worktrees out, the names of nested repositories, and keeping `git add` away
from both. Does not: what uncommitted files mean (see `workflow.verify.clean_worktree`).

To git a worktree of the same repository inside a checkout is an untracked folder, and so is any other repository.
`git add` makes a gitlink of either, which no clone can follow, and removing it destroys somebody's work.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.git.process import Git, run, run_unchecked
from agentledger.git.queries import Checkout
from agentledger.model.text import HIDDEN, decode, encode

# As git-rev-parse(1) finds it, in the main worktree and in a linked one: all worktrees share the file.
_EXCLUDE = "info/exclude"


def own_pathspecs(top: Path, checkouts: Sequence[Checkout]) -> tuple[str, ...]:
    """Pathspecs for all of the worktree at `top` but the other worktrees inside it; () where none is inside."""
    inside = _paths_inside(top, (each.path for each in checkouts if not each.prunable and not each.bare))
    return (":(top)", *(f":(top,exclude,literal){path}" for path in inside)) if inside else ()


def _paths_inside(top: Path, folders: Iterable[Path]) -> list[str]:
    """The folders below `top`, relative to it."""
    # Both are resolved: git lists a worktree by its real path, a person may have come through a link.
    real = Path(os.path.realpath(top))
    resolved = (Path(os.path.realpath(folder)) for folder in folders)
    return sorted(
        each.relative_to(real).as_posix() for each in resolved if each != real and each.is_relative_to(real)
    )


def nested_repositories(untracked: Iterable[bytes]) -> list[bytes]:
    """Those of the untracked paths that are repositories: of a folder, `git status -uall` lists the files."""
    return [path for path in untracked if path.endswith(b"/")]


def exclude_command(path: bytes) -> str | None:
    """The command, for the top of the worktree, by which git leaves a folder out; None where none can be typed."""
    if HIDDEN.search(decode(path)):
        return None
    pattern = shlex.quote(_exclude_pattern(decode(path)))
    folder, file = (f'"$(git rev-parse --git-path {name})"' for name in ("info", _EXCLUDE))
    # A repository that was made without a template has no such folder.
    return f"mkdir -p {folder} && printf '%s\\n' {pattern} >> {file}"


def exclude_folder(git: Git, folder: Path, checkouts: Sequence[Checkout]) -> None:
    """Have git leave out a folder inside a worktree that contains it, unless git ignores it there already."""
    for checkout in checkouts:
        inside = [] if checkout.bare or checkout.prunable else _paths_inside(checkout.path, [folder])
        at = replace(git, cwd=checkout.path)
        if inside and run_unchecked(at, ["check-ignore", "-q", "--", f"{inside[0]}/"])[1]:
            _append_line(at, _exclude_pattern(f"{inside[0]}/"))


def _exclude_pattern(path: str) -> str:
    """A line of gitignore(5) that matches this very folder; `path` ends in a slash."""
    return "/" + re.sub(r"([\\*?\[ ])", r"\\\1", path)


def _append_line(git: Git, line: str) -> None:
    file = git.cwd / decode(run(git, ["rev-parse", "--git-path", _EXCLUDE])).rstrip("\n")
    file.parent.mkdir(exist_ok=True)
    before = file.read_bytes() if file.exists() else b""
    start = b"\n" if before and not before.endswith(b"\n") else b""
    with file.open("ab") as lines:
        lines.write(start + encode(line) + b"\n")
