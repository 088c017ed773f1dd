"""The only door to git: one small function a question, bytes in and bytes out.

Belongs here: starting git, what each tricky flag is for, taking its output apart.
Does not: deciding anything. No other module asks git, but for a hook's first questions
(`gates.asked`).

A `Git` is a place and an environment. There are two kinds: the user's repository
(`repository`), asked for refs, configuration and worktrees only; and the sealed
directory of `scratch`, through which every object is read, so that neither the
user's attributes, drivers, replacements and grafts nor a lazy fetch from a
promisor remote can take part.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from . import git_env
from .errors import GitError, GitMissing, NotARepository
from .text import decode, escape_hidden

# merge-tree --write-tree --stdin came with 2.38, its --stdin framing settled in 2.39.
OLDEST = (2, 39)

environment = git_env.build_git_env

# The user's hooks are made for what people do, not for what a program does beside them. Those in a folder are
# turned off by the first setting. Since git 2.54 a configuration can name hooks too, which run whatever that
# folder is; older ones know nothing of the other settings. Only the events that our own commands cause.
_EVENTS = ("reference-transaction", "post-index-change", "post-checkout")
_CONFIGURED = (word for event in _EVENTS for word in ("-c", f"hook.{event}.enabled=false"))
UNHOOKED = ("-c", "core.hooksPath=/dev/null", *_CONFIGURED)


@dataclass(frozen=True, slots=True)
class Git:
    """Where git runs, and with which environment; `detached`: in a session without a terminal."""

    cwd: Path
    env: Mapping[str, str]
    detached: bool = False


def repository_at(start: Path) -> Git:
    """The user's repository around `start`; nothing is checked yet."""
    return Git(start, environment(os.environ))


def without_prompts(git: Git) -> Git:
    """The same, with nobody to ask: no terminal, no window for a passphrase."""
    return Git(git.cwd, {**git.env, "SSH_ASKPASS_REQUIRE": "never"}, detached=True)


# -- running ------------------------------------------------------------------------


def _start_process(
    git: Git, args: Sequence[str], stdin: int | IO[bytes], stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", *args],
            cwd=git.cwd,
            env=dict(git.env),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=git.detached,
        )
    except OSError as error:
        raise _start_error(git, error) from error


def _start_error(git: Git, error: OSError) -> GitError:
    """Whether it is for git or for the folder that a process did not start; the error alone does not tell."""
    if shutil.which("git", path=git.env.get("PATH")) is None:
        wanted = ".".join(map(str, OLDEST))
        return GitMissing("git is not installed, or not on PATH", f"install git {wanted} or newer")
    if not git.cwd.exists():
        return NotARepository(f"there is no folder {git.cwd}", "name an existing folder with --repo")
    if not git.cwd.is_dir() or not os.access(git.cwd, os.X_OK):
        return NotARepository(f"{git.cwd} cannot be entered: {error.strerror}", "name a folder with --repo")
    return GitMissing(f"git cannot be started: {error.strerror}", "git version has to work first")


def _extract_reason(stderr: bytes) -> str:
    """git's own words, on one line, without paths of this machine: pages are published."""
    lines = [line for line in decode(stderr).splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal: ", "error: ", "BUG: "))]
    # The first is the cause, the rest follow from it. But zlib's words name no object, the last one does.
    corrupt = [line for line in told if line.endswith(" is corrupt")]
    chosen = (corrupt or told or lines or ["git gave no reason"])[0]
    chosen = re.sub(r" \(stored in .*\)", "", re.sub(r"^(fatal|error): ", "", chosen))
    # A loose object by its id: which file of the repository holds it is nobody's business on a page.
    chosen = re.sub(r"object file \S*objects/([0-9a-f]{2})/([0-9a-f]{38,62})\b", r"object \1\2", chosen)
    chosen = re.sub(r"/[^'\"]*/objects/(?=[0-9a-f]{2}/|pack/|info/)", "objects/", chosen)
    return escape_hidden(chosen)[:400]


def run(git: Git, args: Sequence[str], stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
    """Standard output of one git command; GitError with git's reason on any other exit code."""
    out, code, reason = run_unchecked(git, args, stdin)
    if code not in ok:
        raise _command_error(args, reason)
    return out


def _command_error(args: Sequence[str], reason: str) -> GitError:
    hint = "it is git that fails here: mend what it names, then run this again"
    return GitError(f"git {args[0]} failed: {reason}", hint)


def run_or_none(git: Git, args: Sequence[str], none: Sequence[int] = (1,)) -> bytes | None:
    """Like `run`, where an exit code in `none` is git's way to say that there is none: then None.

    Any other failure is a GitError: a question that failed has not been answered with "none".
    """
    out, code, reason = run_unchecked(git, args)
    if code in none:
        return None
    if code:
        raise _command_error(args, reason)
    return out


def run_unchecked(git: Git, args: Sequence[str], stdin: bytes | None = None) -> tuple[bytes, int, str]:
    """Like `run`, but a failure is an answer: output, exit code, reason."""
    out, code, err = _run_process(git, args, stdin)
    return out, code, _extract_reason(err) if code else ""


def _run_process(git: Git, args: Sequence[str], stdin: bytes | None = None) -> tuple[bytes, int, bytes]:
    with _start_process(
        git, args, subprocess.PIPE if stdin is not None else subprocess.DEVNULL, subprocess.PIPE
    ) as process:
        out, err = process.communicate(stdin)
    return out, process.returncode, err


def run_with_progress(git: Git, args: Sequence[str], hear: Callable[[str], object]) -> tuple[str, int, str]:
    """Run a command that talks while it works; each line, and each state of a bar, goes to `hear`.

    Gives what it printed (little: it is read at the end), its exit code, and all that was said
    on standard error but the states of bars.
    """
    said = []
    with _start_process(git, args, subprocess.DEVNULL, subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        talk = process.stderr.fileno()
        # A bar ends each of its states with CR, and the last one with LF.
        for line in split_stream(iter(lambda: os.read(talk, 1 << 16), b""), b"\n"):
            states = decode(line).removesuffix("\r").split("\r")
            for state in states:
                hear(state)
            said.append(states[-1])
        out = decode(process.stdout.read())
    return out, process.returncode, "\n".join(said)


class Stream(NamedTuple):
    """A running command: its output in blocks, and, when that has ended, why it failed (or '')."""

    blocks: Iterator[bytes]
    failure: Callable[[], str]


def stream_output(git: Git, args: Sequence[str], stdin: Iterable[bytes]) -> Stream:
    """Run a command whose output is too large to hold. Input goes through a file, so nothing can deadlock."""
    failed: list[str] = []

    def blocks() -> Iterator[bytes]:
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
            given.writelines(stdin)
            given.seek(0)
            process = _start_process(git, args, given, errors)
            assert process.stdout is not None
            try:
                while block := process.stdout.read(1 << 16):
                    yield block
            finally:
                process.stdout.close()
                code = process.wait()
                errors.seek(0)
                if code:
                    failed.append(_extract_reason(errors.read(1 << 16)))

    return Stream(blocks(), lambda: failed[0] if failed else "")


def split_stream(blocks: Iterable[bytes], end: bytes = b"\0") -> Iterator[bytes]:
    """Take a stream apart at `end`, holding no more than one block and one token."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(end)
        yield from whole
    if rest:
        yield rest


# -- questions to the user's repository ----------------------------------------------


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
    return Place(Path(directory), (git.cwd / common).resolve(), top, object_format, shallow == "true")


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
