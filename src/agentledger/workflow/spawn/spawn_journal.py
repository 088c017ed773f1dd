"""What a spawn has begun and not ended: written before anything can be seen, read by the next one.

Belongs here: the journal, and completing or clearing away what a killed spawn has left. Does not: spawning
(see `spawn`).

The branch is what the world sees. Where it is there, all that was left to do is done; where it is not, all
that was made is removed. Nothing that was there before is touched: a journal is only written for a folder
that did not exist.
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
from pathlib import Path
from urllib.parse import quote

from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import LedgerError
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.repository.bases import HEADS
from agentledger.storage import atomic_write

REASON = "agentledger is making it"
PATIENCE = 30.0  # seconds for which another spawn is waited for


@dataclass(frozen=True, slots=True)
class Begun:
    """The branch that will be there, at which commit, and the folder of its worktree."""

    branch: str
    commit: str
    worktree: str


def _journal_folder(place: Place) -> Path:
    return place.common / "agentledger" / "spawn"


def write_journal(place: Place, begun: Begun) -> Path:
    """Remember it, so that it survives a power cut; the journal's own path."""
    folder = _journal_folder(place)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{quote(encode(begun.branch), safe='')}.json"
    atomic_write.write_atomically(file, json.dumps(asdict(begun)).encode(), mode=0o644)
    return file


def recover_spawns(asked: Git, place: Place) -> list[str]:
    """Complete or clear away whatever is in the journals; a sentence about each. Under `alone` only."""
    for unfinished in _journal_folder(place).glob(".new-*"):
        unfinished.unlink(missing_ok=True)
    told = []
    for file in sorted(_journal_folder(place).glob("*.json")):
        begun = _read_journal(file)
        if begun is not None:
            told.append(_recover_spawn(asked, place, begun))
        file.unlink(missing_ok=True)
    return told


def _read_journal(file: Path) -> Begun | None:
    try:
        said = json.loads(file.read_bytes())
        return Begun(str(said["branch"]), str(said["commit"]), str(said["worktree"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _recover_spawn(asked: Git, place: Place, begun: Begun) -> str:
    name, where = escape_hidden(begun.branch), escape_hidden(begun.worktree)
    if _read_tip(asked, begun.branch) is not None:
        finish_spawn(asked, begun)
        return f"{name} was spawned before and is complete now: {where}"
    clear_spawn(asked, place, begun)
    return f"what an interrupted spawn of {name} had left in {where} is removed"


def _read_tip(asked: Git, branch: str) -> str | None:
    out = process.run_or_none(asked, ["rev-parse", "--verify", "--quiet", f"{HEADS}{branch}"])
    return None if out is None else decode(out).strip()


def finish_spawn(asked: Git, begun: Begun) -> None:
    """What comes after the branch is there: the worktree stands on it, and is unlocked."""
    at = Git(Path(begun.worktree), asked.env)
    if not at.cwd.is_dir():
        return
    if not queries.read_head_ref(at):
        process.run(
            at, [*process.UNHOOKED, "symbolic-ref", "-m", "agentledger: spawn", "HEAD", HEADS + begun.branch]
        )
    process.run_unchecked(asked, ["worktree", "unlock", begun.worktree])


def clear_spawn(asked: Git, place: Place, begun: Begun) -> None:
    """Remove the worktree that was being made, folder and all."""
    folder = Path(begun.worktree)
    process.run_unchecked(asked, [*process.UNHOOKED, "worktree", "unlock", begun.worktree])
    process.run_unchecked(
        asked, [*process.UNHOOKED, "worktree", "remove", "--force", "--force", begun.worktree]
    )
    if folder.is_dir() and _is_ours(folder, place):
        shutil.rmtree(folder, ignore_errors=True)
    process.run_unchecked(asked, [*process.UNHOOKED, "worktree", "prune"])
    with suppress(OSError):
        folder.parent.rmdir()  # only where nothing else is in it


def _is_ours(folder: Path, place: Place) -> bool:
    """Is it empty, or a worktree of this repository?"""
    link = folder / ".git"
    if not link.is_file():
        return not any(folder.iterdir())
    return str(place.common) in decode(link.read_bytes())


@contextmanager
def hold_spawn_lock(place: Place) -> Iterator[None]:
    """Until the block is left no other spawn runs in this repository; LedgerError after PATIENCE seconds."""
    file = place.common / "agentledger" / "spawn.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as lock:
        _wait_for_lock(lock.fileno(), file)
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
        lock.flush()
        yield


def _wait_for_lock(lock: int, file: Path) -> None:
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
                told = (
                    f"another agentledger spawn, process {escape_hidden(who)}, is at work in this repository"
                )
                raise LedgerError(told, "wait for it to end; its set-up command may take long") from error
        else:
            return
        time.sleep(0.05)
