"""Questions to the user's repository: its version of git, its place, configuration, refs and worktrees.

Belongs here: one small function a question, names NUL-separated, paths as bytes, each tricky flag with its cause.
Does not: objects, which are read through the sealed directory (`objects`, `commits`, `diffs`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agentledger.git.process import (
    OLDEST,
    Git,
    _command_error,
    _extract_reason,
    _run_process,
    run,
    run_or_none,
    run_unchecked,
)
from agentledger.model.errors import GitError, GitMissing, NotARepository
from agentledger.model.text import decode, escape_hidden


def read_version(git: Git) -> tuple[int, ...]:
    """git's version, e.g. `(2, 39, 5)`; GitMissing when it is older than `OLDEST`."""
    said = decode(run(git, ["version"]))
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    numbers = tuple(int(part or 0) for part in found.groups()) if found else (0,)
    if numbers < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise GitMissing(
            f"git {wanted} or newer is needed, this is: {escape_hidden(said.strip())}", "update git"
        )
    return numbers


class Place(NamedTuple):
    """Where a repository lies. `top` is None in a bare one; `common` is shared by all its worktrees."""

    directory: Path
    common: Path
    top: Path | None
    object_format: str
    shallow: bool


def locate_repository(git: Git) -> Place:
    """Where the repository around `git.cwd` lies; NotARepository when there is none."""
    asked = ["--absolute-git-dir", "--git-common-dir", "--show-object-format", "--is-shallow-repository"]
    out, code, reason = run_unchecked(git, ["rev-parse", *asked, "--is-inside-work-tree", "--show-cdup"])
    if code:
        raise _no_repository_error(git.cwd, reason)
    directory, common, object_format, shallow, inside, *up = decode(out).split("\n")
    if shallow not in ("true", "false"):  # git has no answer in which a path could hold one
        raise NotARepository("the path of this repository holds a line break", "rename its folder")
    # --git-common-dir is relative to the folder git was started in.
    top = (git.cwd / up[0]).resolve() if inside == "true" else None
    return Place(
        Path(directory),
        (git.cwd / common).resolve(),
        top,
        object_format=object_format,
        shallow=shallow == "true",
    )


def _no_repository_error(folder: Path, reason: str) -> GitError:
    """Why git sees no repository around a folder, and what to do about it."""
    hint = "go into a repository, or name one with --repo"
    owned = re.search("dubious ownership in repository at '(.+)'", reason)
    if owned:
        trust = f"if you trust it: git config --global --add safe.directory {shlex.quote(owned[1])}"
        return GitError(f"git does not trust this repository: {reason}", trust)
    if _is_bare(folder) and "safe.bareRepository" in reason:
        told = f"git does not take {folder} for a repository, since it is a bare one: {reason}"
        trust = (
            "go into one of its worktrees; or, if you trust it, git config --global safe.bareRepository all"
        )
        return NotARepository(told, trust)
    if "not a git repository (or any" not in reason:
        return NotARepository(f"git cannot read the repository of {folder}: {reason}", _WORKING)
    broken = [f for f in (folder.absolute(), *folder.absolute().parents) if (f / ".git").exists()]
    if broken:
        return NotARepository(f"{broken[0] / '.git'} is there, but git sees no repository in it", _WORKING)
    return NotARepository(f"there is no git repository in {folder}, or above it", hint)


def _is_bare(folder: Path) -> bool:
    return all((folder / part).exists() for part in ("HEAD", "objects", "refs"))


_WORKING = "git status has to work there first; or name another repository with --repo"


def read_config(git: Git) -> dict[str, str]:
    """The whole configuration, the last value of each key; keys as git prints them."""
    entries = decode(run(git, ["config", "--list", "-z"])).split("\0")
    return {key: value for key, _, value in (entry.partition("\n") for entry in entries if entry)}


class Ref(NamedTuple):
    """A ref as it stands. `target` is what a symbolic ref points to, `upstream` what a branch follows."""

    name: str
    id: str
    target: str
    upstream: str


class Listed(NamedTuple):
    """The refs that git lists, and the names of those that it passes over since they hold no id."""

    refs: list[Ref]
    broken: list[str]


def read_refs(git: Git, patterns: Sequence[str]) -> Listed:
    """All refs of these patterns. Fields that need no object: a missing one must not end the listing."""
    fields = "%(refname)%00%(objectname)%00%(symref)%00%(upstream)"
    args = ["for-each-ref", f"--format={fields}", *patterns]
    out, code, err = _run_process(git, args)
    if code:
        raise _command_error(args, _extract_reason(err))
    ignored = "^warning: ignoring (?:broken ref|ref with broken name) (.+)$"
    found = [Ref(*line.split("\0")) for line in decode(out).split("\n") if line]
    return Listed(found, re.findall(ignored, decode(err), re.MULTILINE))


def read_head_ref(git: Git) -> str:
    """The ref that HEAD points to, born or not; '' when it is detached. GitError when git cannot tell."""
    args = ["symbolic-ref", "-q", "HEAD"]
    out, code, reason = run_unchecked(git, args)
    if code in (0, 1):
        return decode(out).strip()
    # It also fails where the ref that HEAD points to is damaged, which `refs` tells of. HEAD itself is a
    # file then; where refs are in tables, that file names a ref that cannot be.
    named = _read_head_file(git)
    if named and named != "refs/heads/.invalid":
        return named
    raise _command_error(args, reason)


def _read_head_file(git: Git) -> str:
    """What the file HEAD says that it points to; '' where it says something else, or cannot be read."""
    folder = run_or_none(git, ["rev-parse", "--absolute-git-dir"], none=(1, 128))
    try:
        said = decode((Path(decode(folder or b"").rstrip("\n")) / "HEAD").read_bytes())
    except OSError:
        return ""
    return said[5:].strip() if said.startswith("ref: ") else ""


def read_head_move_time(git: Git) -> int | None:
    """When HEAD last moved, by its reflog, in seconds; None where it has none, or git cannot tell."""
    out, _, _ = run_unchecked(git, ["reflog", "show", "-1", "--date=unix", "--format=%gd", "HEAD", "--"])
    found = re.fullmatch(r"HEAD@\{(\d+)\}", decode(out).strip())
    return int(found[1]) if found else None


def with_git_dir(git: Git, directory: Path) -> Git:
    """The same, told where the repository is, as `safe.bareRepository=explicit` wants of a bare one."""
    return Git(directory, {**git.env, "GIT_DIR": str(directory)}, git.detached)


class Checkout(NamedTuple):
    """An entry of the worktree list; `branch` is '' when detached, or bare."""

    path: Path
    branch: str
    prunable: bool
    bare: bool


def read_worktrees(git: Git) -> list[Checkout]:
    """The worktrees, the main one (or the bare repository) first; half-made ones are prunable."""
    found: list[Checkout] = []
    for block in decode(run(git, ["worktree", "list", "--porcelain", "-z"])).split("\0\0"):
        fields = dict(line.partition(" ")[::2] for line in block.split("\0") if line)
        if "worktree" in fields:
            path, branch = Path(fields["worktree"]), fields.get("branch", "")
            # Where the file that has a linked worktree's place is damaged, git 2.55 lists that file's folder.
            astray = bool(found) and path.is_dir() and not (path / ".git").exists()
            found.append(Checkout(path, branch, "prunable" in fields or astray, "bare" in fields))
    return found


def read_status(git: Git) -> list[bytes] | None:
    """Paths with uncommitted changes, relative to the worktree's top; None when git cannot tell.

    fsmonitor is off since it may be a program that a worktree's configuration names.
    """
    flags = ["--porcelain", "-z", "--untracked-files=normal", "--no-renames", "--ignore-submodules=none"]
    out, code, _ = run_unchecked(git, ["-c", "core.fsmonitor=false", "status", *flags])
    return None if code else [entry[3:] for entry in out.split(b"\0") if entry]
