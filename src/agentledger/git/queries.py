"""Asks the user's repository where it lies, and for its refs, configuration, worktrees and status.

Belongs here: one small function a question, names NUL-separated, paths as bytes, each tricky flag with its
cause. Does not: reading objects, which goes through the sealed directory (see `objects`, `commits`, `diffs`).
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
    command_error,
    extract_reason,
    run,
    run_or_none,
    run_process,
    run_unchecked,
)
from agentledger.model.errors import GitError, GitMissing, NotARepository
from agentledger.model.text import decode, encode, escape_hidden


def read_version(git: Git) -> tuple[int, ...]:
    """git's version, such as `(2, 39, 5)`; GitMissing when it is older than `OLDEST`."""
    text = decode(run(git, ["version"]))
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    numbers = tuple(int(part or 0) for part in match.groups()) if match else (0,)
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise GitMissing(
            f"git {oldest} or newer is needed, this is: {escape_hidden(text.strip())}", "update git"
        )
    return numbers


class Place(NamedTuple):
    """Where a repository lies.

    `directory` is the git directory of the worktree asked about, `common` the one that all worktrees share.
    `top` is that worktree's top folder, None outside of one. `object_format` is sha1 or sha256.
    """

    directory: Path
    common: Path
    top: Path | None
    object_format: str
    shallow: bool


def locate_repository(git: Git) -> Place:
    """Where the repository around `git.cwd` lies; NotARepository or GitError where git takes none for one."""
    paths = ["--absolute-git-dir", "--git-common-dir", "--show-object-format", "--is-shallow-repository"]
    # --show-cdup and not --show-toplevel: the latter fails outside of a work tree.
    out, code, reason = run_unchecked(git, ["rev-parse", *paths, "--is-inside-work-tree", "--show-cdup"])
    if code:
        raise _no_repository_error(git.cwd, reason)
    directory, common, object_format, shallow, inside, *up = decode(out).split("\n")
    if shallow not in ("true", "false"):  # `rev-parse` has no -z: a line break in a path cannot be told apart
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
        message = f"git does not take {folder} for a repository, since it is a bare one: {reason}"
        trust = (
            "go into one of its worktrees; or, if you trust it, git config --global safe.bareRepository all"
        )
        return NotARepository(message, trust)
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
    """The whole configuration, by key as git prints it; of several values the last, as git takes it."""
    entries = decode(run(git, ["config", "--list", "-z"])).split("\0")
    return {key: value for key, _, value in (entry.partition("\n") for entry in entries if entry)}


class Ref(NamedTuple):
    """A ref at this moment, and the object it points to.

    `target` is the ref that a symbolic ref points to, else ''; `upstream` the one that a branch follows.
    """

    name: str
    id: str
    target: str
    upstream: str


class RefList(NamedTuple):
    """The refs that git lists, and the names of those that it leaves out since it reads no id in them."""

    refs: list[Ref]
    broken: list[str]


def read_refs(git: Git, patterns: Sequence[str]) -> RefList:
    """All refs that match these patterns of git-for-each-ref(1), and the names of the damaged ones."""
    # None of these fields needs the object: a missing one must not end the listing.
    fields = "%(refname)%00%(objectname)%00%(symref)%00%(upstream)"
    args = ["for-each-ref", f"--format={fields}", *patterns]
    out, code, err = run_process(git, args)
    if code:
        raise command_error(args, extract_reason(err))
    # Only a warning names a damaged ref; git leaves it out, and ends with 0 all the same.
    ignored = "^warning: ignoring (?:broken ref|ref with broken name) (.+)$"
    refs = [Ref(*line.split("\0")) for line in decode(out).split("\n") if line]
    return RefList(refs, re.findall(ignored, decode(err), re.MULTILINE))


def read_head_ref(git: Git) -> str:
    """The ref that HEAD points to, which may not exist yet; '' when detached. GitError: git cannot say."""
    args = ["symbolic-ref", "-q", "HEAD"]
    out, code, reason = run_unchecked(git, args)
    if code in (0, 1):
        return decode(out).strip()
    # It also fails where the ref that HEAD points to is damaged, which `read_refs` reports. HEAD itself is a
    # file then; where refs are in tables (reftable), that file names a ref that cannot exist.
    named = _read_head_file(git)
    if named and named != "refs/heads/.invalid":
        return named
    raise command_error(args, reason)


def _read_head_file(git: Git) -> str:
    """The ref that the file HEAD names; '' where it names none, or cannot be read."""
    folder = run_or_none(git, ["rev-parse", "--absolute-git-dir"], none=(1, 128))
    try:
        content = decode((Path(decode(folder or b"").rstrip("\n")) / "HEAD").read_bytes())
    except OSError:
        return ""
    return content[5:].strip() if content.startswith("ref: ") else ""


def read_move_time(git: Git, ref: str = "HEAD") -> int | None:
    """When a ref last moved, by its reflog, in seconds; None where git can read no reflog."""
    # With --date=unix, %gd is the time of the entry in place of its number.
    out, _, _ = run_unchecked(git, ["reflog", "show", "-1", "--date=unix", "--format=%gd", ref, "--"])
    match = re.fullmatch(r".*@\{(\d+)\}", decode(out).strip())
    return int(match[1]) if match else None


class RefMove(NamedTuple):
    """An entry of a ref's log: where the ref pointed after it, and what git says of it."""

    ref: str
    id: str
    message: str


def read_ref_moves(git: Git, refs: Sequence[str]) -> list[RefMove]:
    """The logs of these refs, ref by ref, the newest entry of each first; [] where git cannot read them.

    A ref without a log is left out: one of a bare repository, or of somebody else's clone.
    """
    if not refs:
        return []
    # By standard input: a command line has no room for thousands of refs.
    flags = ["-g", "--stdin", "-z", "--format=%gD%x00%H%x00%gs"]
    out, _, _ = run_unchecked(git, ["log", *flags], encode("".join(f"{ref}\n" for ref in refs)))
    fields = decode(out).split("\0")
    rows = (fields[at : at + 3] for at in range(0, len(fields) - 2, 3))
    return [RefMove(name.rpartition("@{")[0], commit, text) for name, commit, text in rows]


def with_git_dir(git: Git, directory: Path) -> Git:
    """The same handle with the git directory named: `safe.bareRepository=explicit` asks that of bare ones."""
    return Git(directory, {**git.env, "GIT_DIR": str(directory)}, git.detached)


class Checkout(NamedTuple):
    """An entry of the worktree list. `branch` is a full ref, '' where detached or bare.

    `prunable`: the folder is gone, or was never completed. `head` is the commit that is checked out, '' where
    there is none. `lock` is why it is locked, '' where it is not, or without a reason.
    """

    path: Path
    branch: str
    prunable: bool
    bare: bool
    head: str = ""
    lock: str = ""


def read_worktrees(git: Git) -> list[Checkout]:
    """The worktrees, the main one (or the bare repository) first."""
    checkouts: list[Checkout] = []
    for block in decode(run(git, ["worktree", "list", "--porcelain", "-z"])).split("\0\0"):
        fields = dict(line.partition(" ")[::2] for line in block.split("\0") if line)
        if "worktree" in fields:
            path, branch = Path(fields["worktree"]), fields.get("branch", "")
            # Where the file that names a linked worktree's folder is damaged, git 2.55 lists the folder of
            # that file instead.
            astray = bool(checkouts) and path.is_dir() and not (path / ".git").exists()
            # An unborn HEAD is shown as zeros.
            head = fields.get("HEAD", "").strip("0") and fields["HEAD"]
            checkouts.append(
                Checkout(
                    path,
                    branch,
                    "prunable" in fields or astray,
                    "bare" in fields,
                    head=head,
                    lock=fields.get("locked", ""),
                )
            )
    return checkouts


class Uncommitted(NamedTuple):
    """A path that `git status` names, relative to the worktree's top; a slash ends one that is a repository."""

    path: bytes
    #: Does git know the path already? Of one that it does not, the rest is empty.
    tracked: bool
    #: In the commit: its mode, and its blob. Zeros where it is not there.
    head_mode: str = ""
    head_id: str = ""
    #: In the worktree, by git's settings; zeros where it is gone.
    mode: str = ""
    #: What is staged, and whether the worktree has just that.
    index_id: str = ""
    as_staged: bool = False
    #: Is another commit checked out in this submodule than is staged?
    submodule_moved: bool = False
    #: Does it have a conflict that nobody has settled?
    unmerged: bool = False


def read_status(git: Git, pathspecs: Sequence[str] = ()) -> list[Uncommitted] | None:
    """What is not committed, file by file, without what git ignores; None where git fails.

    `pathspecs` are those of `nested_worktrees.own_pathspecs`: without them, a worktree inside this one is a change.
    """
    # fsmonitor is off: it may be a program that a worktree's configuration names. All untracked files, since
    # a folder that is named alone may hold one of them or a thousand, and another worktree besides.
    flags = ["--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none"]
    out, code, _ = run_unchecked(git, ["-c", "core.fsmonitor=false", "status", *flags, "--", *pathspecs])
    if code:
        return None
    return [each for entry in out.split(b"\0") if (each := _parse_status(entry)) is not None]


def _parse_status(entry: bytes) -> Uncommitted | None:
    """A line of git-status(1), "Porcelain Format Version 2"; None for one that names no path."""
    if entry.startswith(b"? "):
        return Uncommitted(entry[2:], tracked=False)
    if entry.startswith(b"u "):
        return Uncommitted(entry.split(b" ", 10)[10], tracked=True, unmerged=True)
    if not entry.startswith(b"1 "):  # a header: with `status.showStash` there is one
        return None
    *fields, path = entry.split(b" ", 8)
    _, code, submodule, head_mode, _, mode, head_id, index_id = map(decode, fields)
    return Uncommitted(
        path,
        tracked=True,
        head_mode=head_mode,
        head_id=head_id,
        mode=mode,
        index_id=index_id,
        as_staged=code[1] == ".",
        submodule_moved=submodule[1:2] == "C",
    )


# What decides whether `git add` stores a file as it lies there (see gitattributes(5)).
CONVERTING = ("filter", "text", "crlf", "eol", "ident", "working-tree-encoding")


def read_attributes(git: Git, paths: Sequence[bytes]) -> dict[bytes, dict[str, str]] | None:
    """By path, the attributes `CONVERTING` of files in the worktree at `git.cwd`; None where git fails.

    Nothing that they name is run.
    """
    stdin = b"".join(path + b"\0" for path in paths)
    # It reads the index; fsmonitor is off, as in `read_status`.
    args = ["-c", "core.fsmonitor=false", "check-attr", "-z", "--stdin", *CONVERTING]
    out, code, _ = run_unchecked(git, args, stdin)
    fields = out.split(b"\0")
    if code or len(fields) != 3 * len(paths) * len(CONVERTING) + 1:
        return None
    attributes: dict[bytes, dict[str, str]] = {path: {} for path in paths}
    for at in range(0, len(fields) - 1, 3):
        attributes[fields[at]][decode(fields[at + 1])] = decode(fields[at + 2])
    return attributes


def read_own_head(git: Git) -> str:
    """The commit that is checked out in the repository whose top is `git.cwd`; '' where it is no repository's top."""
    out, code, _ = run_unchecked(git, ["rev-parse", "--show-prefix", "HEAD"])
    prefix, _, head = decode(out).partition("\n")
    return "" if code or prefix else head.strip()


STASH = "refs/stash"


def read_stash_messages(git: Git) -> list[str]:
    """What the reflog says of each stash, the newest first, such as `WIP on main: 1a2b3c4 a subject`."""
    out, code, _ = run_unchecked(git, ["reflog", "show", "-z", "--format=%gs", STASH, "--"])
    return [] if code else [line for line in decode(out).split("\0") if line]


def read_ref_ids(git: Git, without: tuple[str, ...]) -> list[str]:
    """The object of every ref, each once, but of those whose full names begin with one of `without`."""
    lines = decode(run(git, ["for-each-ref", "--format=%(objectname) %(refname)"])).split("\n")
    named = (line.partition(" ")[::2] for line in lines if line)
    return list(dict.fromkeys(oid for oid, name in named if not name.startswith(without)))
