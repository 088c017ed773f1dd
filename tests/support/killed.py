"""Commands that are killed at each of their writes, as by a power cut.

Belongs here: killing them, and what must hold afterwards whatever the command. Does not: what one command
is to have done (see the tests of each).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import warm
from command import FRESH

# A write of the process itself, or the start of a git that writes. Python tells of each before it happens.
# The first line says at which to `stop`, below which folder, `git`, a write counts, and where it does not: `apart`.
_WATCH = """
import os, re, signal, sys
WRITING = {"fast-import", "update-index", "update-ref", "worktree", "reset", "commit-tree", "symbolic-ref"}
MOVING = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "shutil.copyfile"}
seen = 0

def counts(path):
    return path.startswith(git) and not (apart and re.search(apart, path))

def writes(event, args):
    if event == "subprocess.Popen":
        words = list(map(str, args[1]))
        # `worktree list` and `symbolic-ref -q HEAD` only ask.
        return bool(WRITING & set(words)) and "list" not in words and words[1:3] != ["symbolic-ref", "-q"]
    if event == "open":
        path, flags = str(args[0]), args[2] or 0
        return bool(flags & (os.O_WRONLY | os.O_RDWR)) and counts(path) and ".db" not in path
    return event in MOVING and any(counts(str(arg)) for arg in args)

def watch(event, args):
    global seen
    if writes(event, args):
        seen += 1
        if seen == stop:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
"""
_THEN = """
from agentledger.cli import main
sys.exit(main(sys.argv[1:]))
"""
MOST = 80
# What is within a sealed directory: a dozen files and folders, made by the same lines for every command.
_SEALED = "/agentledger/tmp/[^/]+/"


def at_each_write(
    folder: Path, within: Path, *arguments: str, before: Callable[[], object], sealed: bool = False
) -> Iterator[int]:
    """Run a command in `folder` again and again, killed at its first write below `within`, its second …

    `before` makes the same start each time. Gives the number of the write, after the kill; ends when the
    command gets through. Without `sealed`, a sealed directory is one write, however much is put into it.
    """
    apart = "" if sealed else _SEALED
    for number in range(1, MOST):
        before()
        watch = f"stop, git, apart = {number}, {str(within)!r}, {apart!r}{_WATCH}"
        code, said = _run(folder, arguments, watch)
        if code != -signal.SIGKILL:
            assert code == 0, said
            assert number > 1, "nothing was written, so nothing was tried"
            return
        yield number
    raise AssertionError(f"more than {MOST} writes")


def _run(folder: Path, arguments: Sequence[str], watch: str) -> tuple[int, bytes]:
    """Exit code and standard error of a command whose process runs `watch` first."""
    if not FRESH and (ended := warm.run(folder, arguments, os.environ, watch)):
        return ended.code, ended.err
    done = subprocess.run(
        [sys.executable, "-c", watch + _THEN, *arguments], cwd=folder, capture_output=True, check=False
    )
    return done.returncode, done.stderr


def sound(repository: Path) -> None:
    """The repository is whole, as git sees it: no object that something leads to is missing."""
    done = subprocess.run(
        ["git", "fsck", "--full", "--strict", "--no-dangling"],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "missing" not in done.stdout + done.stderr, done.stdout + done.stderr
