"""Starts git and takes in what it prints: arguments and bytes in, bytes out.

No other module starts git, but for a hook's first questions (`gates.git_output`). Belongs here: where git runs,
how it ends, and its own reason when it fails. Does not: what git is asked (see `queries`, `objects`,
`commits`, `diffs`), or deciding anything.

A `Git` is a place and an environment. There are two kinds. The user's repository (`repository_at`) is asked
for refs, configuration and worktrees only. Every object is read through the sealed directory of `scratch`, so
that neither the user's attributes, drivers, replacements and grafts nor a lazy fetch from a promisor remote
can take part.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from agentledger.git.environment import build_git_env
from agentledger.model.errors import GitError, GitMissing, NotARepository
from agentledger.model.text import decode, escape_hidden

# merge-tree --write-tree --stdin came with 2.38; the format of its output is settled since 2.39.
OLDEST = (2, 39)

# Options that turn the user's hooks off: they are made for what people do, not for what a program does
# beside them. The first setting is for hooks in a folder. Since git 2.54 a configuration can name hooks too,
# which run whatever that folder is; older versions ignore the other settings. Only events that our own
# commands cause are listed.
_EVENTS = ("reference-transaction", "post-index-change", "post-checkout")
_CONFIGURED = (word for event in _EVENTS for word in ("-c", f"hook.{event}.enabled=false"))

UNHOOKED = ("-c", "core.hooksPath=/dev/null", *_CONFIGURED)


@dataclass(frozen=True, slots=True)
class Git:
    """The folder and the environment in which git runs; `detached`: in a session without a terminal."""

    cwd: Path
    env: Mapping[str, str]
    detached: bool = False


def repository_at(start: Path) -> Git:
    """A handle on the user's repository around `start`. Nothing is checked: there may be none."""
    return Git(start, build_git_env(os.environ))


def without_prompts(git: Git) -> Git:
    """The same handle, with which git can ask nobody: no terminal, no window for a passphrase."""
    return Git(git.cwd, {**git.env, "SSH_ASKPASS_REQUIRE": "never"}, detached=True)


def with_lazy_fetch(git: Git) -> Git:
    """The same handle, with which git fetches what a partial clone lacks: for what fills a worktree."""
    env = {name: value for name, value in git.env.items() if name != "GIT_NO_LAZY_FETCH"}
    return Git(git.cwd, env, git.detached)


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
    """The error to raise where git did not start, by a look at what is missing: git, or the folder.

    The OSError alone does not show which.
    """
    if shutil.which("git", path=git.env.get("PATH")) is None:
        oldest = ".".join(map(str, OLDEST))
        return GitMissing("git is not installed, or not on PATH", f"install git {oldest} or newer")
    if not git.cwd.exists():
        return NotARepository(f"there is no folder {git.cwd}", "name an existing folder with --repo")
    if not git.cwd.is_dir() or not os.access(git.cwd, os.X_OK):
        return NotARepository(f"{git.cwd} cannot be entered: {error.strerror}", "name a folder with --repo")
    return GitMissing(f"git cannot be started: {error.strerror}", "git version has to work first")


def extract_reason(stderr: bytes) -> str:
    """git's own words, on one line of at most 400 characters, without paths of this machine: pages are
    published.
    """
    lines = [line for line in decode(stderr).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("fatal: ", "error: ", "BUG: "))]
    # The first is the cause, the rest follow from it. But zlib's error names no object; the last line does.
    corrupt = [line for line in errors if line.endswith(" is corrupt")]
    chosen = (corrupt or errors or lines or ["git gave no reason"])[0]
    chosen = re.sub(r" \(stored in .*\)", "", re.sub(r"^(fatal|error): ", "", chosen))
    # A loose object is named by its id, not by its file: a page must not show where the repository lies.
    chosen = re.sub(r"object file \S*objects/([0-9a-f]{2})/([0-9a-f]{38,62})\b", r"object \1\2", chosen)
    chosen = re.sub(r"/[^'\"]*/objects/(?=[0-9a-f]{2}/|pack/|info/)", "objects/", chosen)
    return escape_hidden(chosen)[:400]


def run(git: Git, args: Sequence[str], stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
    """Standard output of one git command. GitError, with git's reason, for an exit code outside of `ok`."""
    out, code, reason = run_unchecked(git, args, stdin)
    if code not in ok:
        raise command_error(args, reason)
    return out


def command_error(args: Sequence[str], reason: str) -> GitError:
    """The error for a git command that failed, with git's reason."""
    hint = "it is git that fails here: fix what it names, then run this again"
    # A setting for this one command, `-c NAME=VALUE`, comes before its name.
    named = next((word for at, word in enumerate(args) if word != "-c" and args[at - 1 : at] != ["-c"]), "")
    return GitError(f"git {named} failed: {reason}", hint)


def run_or_none(git: Git, args: Sequence[str], none: Sequence[int] = (1,)) -> bytes | None:
    """Like `run`, but None for an exit code in `none`: some commands say so that there is nothing.

    Any other failure is a GitError: that git failed does not mean that there is nothing.
    """
    out, code, reason = run_unchecked(git, args)
    if code in none:
        return None
    if code:
        raise command_error(args, reason)
    return out


def run_unchecked(git: Git, args: Sequence[str], stdin: bytes | None = None) -> tuple[bytes, int, str]:
    """Like `run`, but nothing is raised where git fails: its output, exit code and reason ('' for code 0)."""
    out, code, err = run_process(git, args, stdin)
    return out, code, extract_reason(err) if code else ""


def run_process(git: Git, args: Sequence[str], stdin: bytes | None = None) -> tuple[bytes, int, bytes]:
    """Run git to its end: output, exit code, and all that it printed on standard error."""
    with _start_process(
        git, args, subprocess.PIPE if stdin is not None else subprocess.DEVNULL, subprocess.PIPE
    ) as process:
        out, err = process.communicate(stdin)
    return out, process.returncode, err


def run_with_deadline(git: Git, args: Sequence[str], stdin: bytes, seconds: float) -> str:
    """Run git for at most so many seconds; '' where it succeeds, else its reason. `git` has to be detached."""
    with _start_process(git, args, subprocess.PIPE, subprocess.PIPE) as process:
        try:
            _, err = process.communicate(stdin, timeout=max(seconds, 0))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                # With its session, or the program that talks to the remote would hold the pipes open.
                os.killpg(process.pid, signal.SIGKILL)
            return f"there was no answer within {seconds:.0f} s"
    return extract_reason(err) if process.returncode else ""


def run_with_progress(git: Git, args: Sequence[str], hear: Callable[[str], object]) -> tuple[str, int, str]:
    """Run a command that reports progress; each line, and each state of a progress bar, goes to `hear`.

    Returns what it printed (little: it is read at the end), its exit code, and the lines of standard error,
    each bar in its last state.
    """
    lines = []
    with _start_process(git, args, subprocess.DEVNULL, subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        stderr = process.stderr.fileno()
        # os.read gives what is there; `read` would wait until so many bytes have come. A bar ends each of its
        # states with CR, and the last one with LF.
        for line in split_stream(iter(lambda: os.read(stderr, 1 << 16), b""), b"\n"):
            states = decode(line).removesuffix("\r").split("\r")
            for state in states:
                hear(state)
            lines.append(states[-1])
        out = decode(process.stdout.read())
    return out, process.returncode, "\n".join(lines)


class Stream(NamedTuple):
    """A running command: its output in blocks, and, once those have ended, why it failed ('': it did not).

    Closing the blocks waits for the command's end.
    """

    blocks: Generator[bytes, None, None]
    failure: Callable[[], str]


def stream_output(git: Git, args: Sequence[str], stdin: Iterable[bytes]) -> Stream:
    """Run a command whose output is too large to hold. It starts when the first block is asked for."""
    failed: list[str] = []

    def blocks() -> Generator[bytes, None, None]:
        # Input and errors go through files: with pipes, git and this process could wait for each other.
        with tempfile.TemporaryFile() as input_file, tempfile.TemporaryFile() as error_file:
            input_file.writelines(stdin)
            input_file.seek(0)
            process = _start_process(git, args, input_file, error_file)
            assert process.stdout is not None
            try:
                while block := process.stdout.read(1 << 16):
                    yield block
            finally:
                process.stdout.close()
                code = process.wait()
                error_file.seek(0)
                if code:
                    failed.append(extract_reason(error_file.read(1 << 16)))

    return Stream(blocks(), lambda: failed[0] if failed else "")


def split_stream(blocks: Iterable[bytes], end: bytes = b"\0") -> Iterator[bytes]:
    """The parts of a stream between each `end` and the next; no more than a block and a part is in memory."""
    rest = b""
    for block in blocks:
        *parts, rest = (rest + block).split(end)
        yield from parts
    if rest:
        yield rest
