"""One commit on the control branch, made by `git fast-import`.

Belongs here: who makes it, its making, and trying again. Does not: what it continues, and whether
it may (see `control_write`).

`git fast-import` refuses to move a branch to a commit that does not contain its tip, and
takes git's own lock to move it. So of two writers one comes second, looks again, and writes
on top. It touches no work tree and no index.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from .bases import HEADS
from .control_files import Entry
from .errors import GitError, LedgerError
from .git import Git, alone, attempt
from .text import age, decode, encode, printable

# How long a writer goes on trying, in seconds. A rival holds the branch for some milliseconds.
PATIENCE = 30.0
# How long a writer of ours waits for another one before it writes all the same, in seconds.
TURN = 5.0
# The longest pause between two tries, in seconds.
PAUSE = 0.2
# So old, in seconds, no lock is held by a living git: moving a ref takes milliseconds.
STALE = 60


# What fast-import says when its commit lacks the tip; when git's lock is held; when the tip moved at last.
_RACE = r"Not updating|Unable to create '.*\.lock': File exists|but expected|reference already exists"


T = TypeVar("T")


class LostRaceError(Exception):
    """Somebody else moved the branch meanwhile: look again."""


def retrying(once: Callable[[], T], common: Path, name: str) -> T:
    """What `once` gives, as soon as it loses no race; GitError after PATIENCE seconds.

    `common` is the git directory that all worktrees share, `name` the branch's.
    """
    lock = common / f"{HEADS}{name}.lock"
    pause, until = 0.005, time.monotonic() + PATIENCE
    while True:
        try:
            with turn(common / "agentledger"):
                return once()
        except LostRaceError as lost:
            held = _age(lock)
            if held > STALE:
                told = f"{lock} has locked the branch for {age(held)}; whoever made it was killed"
                raise GitError(told, "make sure that no git is running here, then remove that file") from lost
            if time.monotonic() > until:
                told = f"others write to the control branch all the time: {lost}"
                raise GitError(told, "nothing was written; run this again") from lost
        # Jitter, or those who lost together would lose together again.
        time.sleep(random.uniform(0.2, 1) * pause)  # noqa: S311 - no secret
        pause = min(pause * 1.5, PAUSE)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait until no other writer of ours is at it; `folder` has the lock, and is made.

    A courtesy: without it races are lost, but no commit. Each race lost leaves objects behind that no
    branch leads to. So this gives up after some seconds, and does without where the folder cannot be
    written or the system has no such lock.
    """
    with ExitStack() as stack:
        if sys.platform != "win32":
            import fcntl

            until = time.monotonic() + TURN
            with suppress(OSError):
                folder.mkdir(exist_ok=True)
                file = stack.enter_context((folder / "control.lock").open("ab"))
                while time.monotonic() < until:
                    with suppress(BlockingIOError):
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    time.sleep(random.uniform(0.002, 0.01))  # noqa: S311 - no secret
        yield


def _age(lock: Path) -> int:
    try:
        return int(time.time() - lock.stat().st_mtime)
    except OSError:
        return 0


class Identity(NamedTuple):
    """The author and the committer as git writes them into a commit, with the time."""

    author: bytes
    committer: bytes


def identity(asked: Git) -> Identity:
    """Whom git is configured for; LedgerError with the two commands when it does not know."""
    found = []
    for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        out, code, _ = attempt(asked, ["var", variable])
        if code:
            hint = 'git config --global user.name "…", and git config --global user.email …@…'
            raise LedgerError("git does not know who you are, and each commit names its author", hint)
        found.append(out.rstrip(b"\n"))
    return Identity(*found)


class New(NamedTuple):
    """A commit to be made, its changes relative to the first parent.

    `tip` is where the branch stands, the null id where there is none.
    """

    parents: Sequence[str]
    changes: Mapping[str, bytes | Entry | None]
    message: str
    who: Identity
    tip: str


def write(asked: Git, name: str, new: New) -> str:
    """One commit on the branch; its id.

    LostRaceError when the branch is not contained in its parents any more, or is being moved just now.
    """
    return _imported(asked, name, _stream(HEADS + name, new))


def write_signed(asked: Git, name: str, new: New) -> tuple[str, str]:
    """The same with an SSH signature: the id, and why it carries none where git could not sign it.

    git never asks for a passphrase here: a key has to be without one, or known to an agent. fast-import
    signs nothing, so it only makes the tree.
    """
    made = make(asked, name, new)
    heads = [word for parent in new.parents for word in ("-p", parent)]
    how = ["-c", "gpg.format=ssh", "commit-tree", "-S", *heads, f"{made}^{{tree}}"]
    out, code, reason = attempt(alone(asked), how, encode(new.message.rstrip("\n") + "\n"))
    commit = made if code else decode(out).strip()
    moving = [*_UNHOOKED, "update-ref", "-m", "agentledger", HEADS + name, commit, new.tip]
    _, failed, why = attempt(asked, moving)
    if failed:
        raise _refused(name, why)
    return commit, reason


def make(asked: Git, name: str, new: New) -> str:
    """The commit alone, which no branch leads to; its id. Of the ref that this needs nothing is left."""
    passing = f"refs/agentledger/new/{name}"
    undo = f"reset {passing}\nfrom {'0' * len(new.tip)}\n\n"
    return _imported(asked, name, _stream(passing, new), undo)


def _stream(ref: str, new: New) -> bytes:
    """The commit as fast-import takes it."""
    lines = [
        b"commit %s\nmark :1\n" % encode(ref),
        b"author %s\ncommitter %s\n" % new.who,
        _data(encode(new.message.rstrip("\n") + "\n")),
    ]
    lines += [
        b"%s %s\n" % (b"merge" if number else b"from", parent.encode())
        for number, parent in enumerate(new.parents)
    ]
    # Removals first: a file may give way to a folder.
    lines += [_change(path, content) for path, content in new.changes.items() if content is None]
    lines += [_change(path, content) for path, content in new.changes.items() if content is not None]
    return b"".join(lines)


def store(asked: Git, contents: Sequence[bytes]) -> None:
    """Have these bytes as blobs of the repository; GitError where it cannot be written."""
    stream = b"".join(b"blob\n" + _data(content) for content in contents)
    _, code, reason = attempt(asked, _IMPORT, stream + b"done\n")
    if code:
        raise GitError(f"git cannot write objects: {reason}", "make the git directory writable for you")


# Hooks that watch refs are the user's, and made for commits that people make.
_UNHOOKED = ("-c", "core.hooksPath=/dev/null")
# Few objects stay loose, as those of other commits do; by default they become a pack each time.
_IMPORT = (*_UNHOOKED, "-c", "fastimport.unpackLimit=100", "fast-import", "--quiet", "--done")


def _imported(asked: Git, name: str, commit: bytes, after: str = "") -> str:
    out, code, reason = attempt(asked, _IMPORT, commit + b"get-mark :1\n" + encode(after) + b"done\n")
    if code:
        raise _refused(name, reason)
    return decode(out).strip()


def _refused(name: str, reason: str) -> Exception:
    if re.search(_RACE, reason):
        return LostRaceError(reason)
    hint = "nothing was written; it is git that fails here: mend what it names, then run this again"
    return GitError(f"git could not write to {printable(name)}: {reason}", hint)


def _change(path: str, content: bytes | Entry | None) -> bytes:
    quoted = encode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    if content is None:
        return b'D "%s"\n' % quoted
    if isinstance(content, bytes):
        return b'M 100644 inline "%s"\n%s' % (quoted, _data(content))
    return b'M %s %s "%s"\n' % (content.mode.encode(), content.blob.encode(), quoted)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
