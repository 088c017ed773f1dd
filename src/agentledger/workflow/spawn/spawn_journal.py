"""A journal of spawns that have begun and not ended, so that the next spawn can recover from a killed one.

Belongs here: the journal, and completing or removing what a killed spawn has left. Does not: spawning (see
`spawn_task`).

The journal is written before anything can be seen. The branch is what others see: where it exists, the spawn
is completed; where it does not, all that was made is removed. Nothing that existed before is touched: a journal
is only written for a folder that did not exist.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import BufferedRandom
from pathlib import Path
from urllib.parse import quote

from agentledger.git import nested_worktrees, process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import LedgerError
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.repository.bases import HEADS
from agentledger.repository.worktrees import LOCK
from agentledger.storage import atomic_write

# Why the worktree is locked while it is made, as `git worktree list --verbose` shows it.
REASON = f"{LOCK}making it"
PATIENCE = 30.0  # seconds to wait for another spawn


@dataclass(frozen=True, slots=True)
class Begun:
    """A spawn that has begun: the branch that it will create, at which commit, and the folder of its worktree."""

    branch: str
    commit: str
    worktree: str


def _journal_folder(place: Place) -> Path:
    return place.common / "agentledger" / "spawn"


def write_journal(place: Place, begun: Begun) -> Path:
    """Write the journal of a spawn so that it survives a power cut; return its path.

    Raises LedgerError where the git directory cannot be written.
    """
    folder = _journal_folder(place)
    # A branch's name can have slashes, and bytes that some file systems refuse.
    file = folder / f"{quote(encode(begun.branch), safe='')}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write.write_atomically(file, json.dumps(asdict(begun)).encode(), mode=0o644)
    except OSError as error:
        raise _unwritable_error(folder, error) from error
    return file


def _unwritable_error(where: Path, error: OSError) -> LedgerError:
    """The error where the git directory cannot be written: read-only, or a sandbox's."""
    return LedgerError(
        f"{escape_hidden(str(where))} cannot be written: {error.strerror}",
        "nothing was made; run this again where that can be written, as outside a sandbox",
    )


def recover_spawns(git: Git, place: Place) -> list[str]:
    """Complete or remove what the journals name; return a sentence about each.

    Only to be called within `hold_spawn_lock`: else the journal may be that of a spawn that is still at work.
    """
    # Journals that a kill left half written: nothing had been made yet.
    for unfinished in _journal_folder(place).glob(".new-*"):
        unfinished.unlink(missing_ok=True)
    lines = []
    for file in sorted(_journal_folder(place).glob("*.json")):
        begun = _read_journal(file)
        if begun is not None:
            lines.append(_recover_spawn(git, place, begun))
        file.unlink(missing_ok=True)
    return lines


def _read_journal(file: Path) -> Begun | None:
    """What a journal says; None where it cannot be understood."""
    try:
        fields = json.loads(file.read_bytes())
        return Begun(str(fields["branch"]), str(fields["commit"]), str(fields["worktree"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _recover_spawn(git: Git, place: Place, begun: Begun) -> str:
    name, where = escape_hidden(begun.branch), escape_hidden(begun.worktree)
    if _read_tip(git, begun.branch) is not None:
        finish_spawn(git, begun)
        return f"{name} was spawned before and is complete now: {where}"
    clear_spawn(git, place, begun)
    return f"what an interrupted spawn of {name} had left in {where} is removed"


def _read_tip(git: Git, branch: str) -> str | None:
    out = process.run_or_none(git, ["rev-parse", "--verify", "--quiet", f"{HEADS}{branch}"])
    return None if out is None else decode(out).strip()


def finish_spawn(git: Git, begun: Begun) -> None:
    """Do what is left once the branch exists: check it out in the worktree, and unlock that."""
    at = Git(Path(begun.worktree), git.env)
    if not at.cwd.is_dir():
        return
    if not queries.read_head_ref(at):
        # HEAD alone changes: the worktree already has the files of that commit.
        process.run(
            at, [*process.UNHOOKED, "symbolic-ref", "-m", "agentledger: spawn", "HEAD", HEADS + begun.branch]
        )
    process.run_unchecked(git, ["worktree", "unlock", begun.worktree])
    # In a worktree that it is inside of, `git add` would make a gitlink of it.
    nested_worktrees.exclude_folder(git, at.cwd, queries.read_worktrees(git))


def clear_spawn(git: Git, place: Place, begun: Begun) -> None:
    """Remove the worktree that was being made, with its folder."""
    folder = Path(begun.worktree)
    process.run_unchecked(git, [*process.UNHOOKED, "worktree", "unlock", begun.worktree])
    # The second --force is for a lock (git-worktree(1)). Where git does not know the worktree, as after a kill
    # in between, its folder alone is left to remove.
    process.run_unchecked(
        git, [*process.UNHOOKED, "worktree", "remove", "--force", "--force", begun.worktree]
    )
    if folder.is_dir() and _is_ours(folder, place):
        shutil.rmtree(folder, ignore_errors=True)
    process.run_unchecked(git, [*process.UNHOOKED, "worktree", "prune"])
    with suppress(OSError):
        folder.parent.rmdir()  # only where nothing else is in it


def _is_ours(folder: Path, place: Place) -> bool:
    """Is the folder empty, or a worktree of this repository? Anything else may be somebody's work."""
    link = folder / ".git"
    if not link.is_file():
        return not any(folder.iterdir())
    return str(place.common) in decode(link.read_bytes())


@contextmanager
def hold_spawn_lock(place: Place) -> Iterator[None]:
    """Keep any other spawn out of this repository until the block ends.

    Raises LedgerError where another one still runs after PATIENCE seconds, and where the git directory cannot be
    written.
    """
    file = place.common / "agentledger" / "spawn.lock"
    with _open_lock(file) as lock:
        _wait_for_lock(lock.fileno(), file)
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
        lock.flush()
        yield


def _open_lock(file: Path) -> BufferedRandom:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # "a+b" leaves the content, the number of the process that has the lock, until the lock is ours.
        return file.open("a+b")
    except OSError as error:
        raise _unwritable_error(file, error) from error


def _wait_for_lock(lock: int, file: Path) -> None:
    """Take the lock, which the system releases when the process ends, however that happens."""
    if sys.platform == "win32":
        return  # no such lock there; git's own keep two from making the same branch
    import fcntl

    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                who = decode(file.read_bytes()).strip() or "of an unknown number"
                message = (
                    f"another agentledger spawn, process {escape_hidden(who)}, is at work in this repository"
                )
                raise LedgerError(message, "wait for it to end; its set-up command may take long") from error
        else:
            return
        time.sleep(0.05)
