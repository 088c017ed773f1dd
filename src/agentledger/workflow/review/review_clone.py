"""A clone for one reviewer: it has the commit and the base to compare it with, and is removed afterwards.

Belongs here: making it, removing it, and removing what killed processes have left. Does not: what is run in it (see
`run_reviewer`).

It is among the system's temporary files and shares no checkout, no configuration, no ref and no remote with the user's
repository, whose objects it reads. What the reviewer commits stays in it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.git.scratch import format_alternate
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Base, Branch
from agentledger.model.text import encode, escape_hidden

NAME = "agentledger-review-"
_BIRTH = 60  # seconds in which a new folder gets its lock
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


@contextmanager
def make_review_clone(git: Git, place: Place, branch: Branch, base: Base) -> Iterator[Path]:
    """Make a clone with the branch's head checked out, detached; give its top folder; remove it in the end.

    Raises GitError where git cannot make it, as where this clone lacks a file.
    """
    home, lock = _make_home()
    try:
        # Of plain characters: Claude Code reads no file `@PATH` whose path has a blank.
        folder = home / (_ODD.sub("-", (place.top or place.common).name) or "checkout")
        folder.mkdir()
        _fill_clone(Git(folder, git.env), place, branch, base)
        yield folder
    finally:
        _remove_home(home)
        os.close(lock)


def _fill_clone(git: Git, place: Place, branch: Branch, base: Base) -> None:
    form = f"--object-format={place.object_format}"
    # No template: the user's could bring hooks.
    process.run(git, ["init", "--quiet", "--template=", form])
    own = git.cwd / ".git"
    (own / "objects/info").mkdir(parents=True, exist_ok=True)
    (own / "objects/info/alternates").write_bytes(format_alternate(place.common / "objects"))
    if place.shallow:
        shutil.copyfile(place.common / "shallow", own / "shallow")
    process.run(git, ["config", "core.hooksPath", os.devnull])
    # The prompt's commands name base by its ref.
    process.run(git, [*process.UNHOOKED, "update-ref", base.ref, base.head])
    process.run(git, [*process.UNHOOKED, "update-ref", "--no-deref", "HEAD", branch.head])
    process.run(git, [*process.UNHOOKED, "-c", "core.fsmonitor=false", "reset", "--quiet", "--hard"])


def _make_home() -> tuple[Path, int]:
    """Make a folder, locked for as long as this process lives; only under its last name it can be a leftover."""
    made = Path(tempfile.mkdtemp(prefix=f".{NAME}")).resolve()
    lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    flock(lock, LOCK_EX)
    return made.rename(made.with_name(made.name.removeprefix("."))), lock


def sweep_review_clones() -> None:
    """Remove the clones of processes that were killed: those that nobody holds a lock on."""
    temp = Path(tempfile.gettempdir())
    for leftover in temp.glob(f"{NAME}*"):
        if _is_abandoned(leftover):
            _remove_home(leftover)
    # One that was killed before it had the lock; another may be about to take it.
    for unborn in temp.glob(f".{NAME}*"):
        with suppress(OSError):
            if time.time() - unborn.stat().st_mtime > _BIRTH and _is_abandoned(unborn):
                unborn.rmdir()


def _is_abandoned(folder: Path) -> bool:
    """Is it a folder of this user's that no process holds?"""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if os.fstat(lock).st_uid != os.geteuid():
            return False
        flock(lock, LOCK_EX | LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _remove_home(home: Path) -> None:
    for name, _, _ in os.walk(home):  # package managers make folders read-only
        with suppress(OSError):
            Path(name).chmod(stat.S_IRWXU)
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def hold_review_lock(place: Place, branch: str, reviewer: str) -> Iterator[bool]:
    """Hold a branch for one reviewer of this name until the block ends; gives False where another process does.

    Raises LedgerError where the git directory cannot be written.
    """
    folder = place.common / "agentledger" / "reviewing"
    name = hashlib.sha256(encode("\0".join((reviewer, branch)))).hexdigest()[:24]
    file = folder / f"{name}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"{escape_hidden(str(file))} cannot be written: {error.strerror}"
        raise LedgerError(
            message, "run this again where that can be written, as outside a sandbox"
        ) from error
    held = False
    try:
        with suppress(OSError):
            flock(lock, LOCK_EX | LOCK_NB)
            # Whoever had it may have removed the file since it was opened.
            held = file.exists() and file.stat().st_ino == os.fstat(lock).st_ino
        yield held
    finally:
        if held:
            file.unlink(missing_ok=True)
            with suppress(OSError):
                folder.rmdir()  # refused while another branch is held
        os.close(lock)
