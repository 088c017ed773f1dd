"""Several writers of one ref: who came second looks again, and who finds it locked waits.

Belongs here: telling a lost race from a refusal, and trying again. Does not: making commits (see
`control_commit`), or talking to a remote (see `workflow.link`).

git's words for a lost race differ between versions and between ways to store refs, so they decide nothing
here. The ref does: where it moved meanwhile, the race was lost. Where it did not, its lock may have been
held at that moment, so git is asked a few more times; then its words go into the message.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import GitError
from agentledger.model.text import encode, escape_hidden, format_age

# How long a writer goes on trying, in seconds. A rival holds a ref for some milliseconds.
PATIENCE = 30.0
# How long a writer of ours waits for another one before it writes all the same, in seconds.
TURN = 20.0
# The shortest and the longest pause between two tries, in seconds.
SHORTEST, PAUSE = 0.005, 0.2
# So old, in seconds, no lock is held by a living git: moving a ref takes milliseconds.
STALE = 60
# How often git is asked again where it refuses, the ref stands where it stood, and nothing is locked.
AGAIN = 5

T = TypeVar("T")


class LostRaceError(Exception):
    """Somebody else moved the ref meanwhile: look again."""


class RefusedError(Exception):
    """git would not move the ref, which stands where it stood."""


def read_tip(asked: Git, ref: str) -> str | None:
    """What a ref holds at this moment; None where there is none, or git reads no id in it."""
    listed = queries.read_refs(asked, [ref])
    return next((found.id for found in listed.refs if found.name == ref), None)


def classify_refusal(asked: Git, ref: str, before: str | None, reason: str) -> LostRaceError | RefusedError:
    """What it was that kept us from moving a ref away from `before`, found out by looking at it again."""
    return RefusedError(reason) if read_tip(asked, ref) == before else LostRaceError(reason)


class Writer(NamedTuple):
    """Who writes a ref. `turns` is the folder of the lock by which writers of ours take turns, if they do."""

    place: Place
    ref: str
    turns: Path | None = None

    @property
    def lock_files(self) -> tuple[Path, ...]:
        """The files that git makes while it moves this ref, or HEAD with it, however refs are stored."""
        common, directory = self.place.common, self.place.directory
        return (
            common / f"{self.ref}.lock",
            common / "packed-refs.lock",
            common / "reftable" / "tables.list.lock",
            directory / "HEAD.lock",
            directory / "reftable" / "tables.list.lock",
        )


def retry(writer: Writer, once: Callable[[], T], patience: float | None = None) -> T:
    """What `once` gives, as soon as it loses no race.

    `once` looks at the ref and tries to move it; it raises LostRaceError or RefusedError. GitError after
    `patience` seconds (None: PATIENCE) of lost races or of waiting for a lock, at once where a lock was left
    behind, and after a few tries where git refuses for some other reason.
    """
    reason: Exception
    until, in_vain, pause = time.monotonic() + (PATIENCE if patience is None else patience), 0, SHORTEST
    with wait_for_turn(writer.turns) if writer.turns else nullcontext():
        while True:
            try:
                return once()
            except LostRaceError as lost:
                # Who writes all the time leaves short gaps only: a long pause would miss them.
                held, reason, in_vain, pause = _oldest_lock(writer), lost, 0, SHORTEST
            except RefusedError as refusal:
                held, reason, pause = _oldest_lock(writer), refusal, min(pause * 1.5, PAUSE)
                in_vain = 0 if held else in_vain + 1
            _raise_if_hopeless(writer, held, in_vain > AGAIN, late=time.monotonic() > until, reason=reason)
            # Jitter, or those who lost together would lose together again.
            time.sleep(random.uniform(0.2, 1) * pause)  # noqa: S311 - no secret


def _raise_if_hopeless(
    writer: Writer, held: Path | None, in_vain: bool, late: bool, reason: Exception
) -> None:
    """GitError where there is no use in trying again."""
    name = escape_hidden(writer.ref.removeprefix("refs/heads/"))
    if held and _lock_age(held) > STALE:
        since = format_age(_lock_age(held))
        told = f"{escape_hidden(str(held))} has locked the branch for {since}; whoever made it was killed"
        raise GitError(told, "make sure that no git is running here, then remove that file") from reason
    if late and (held or isinstance(reason, LostRaceError)):
        told = f"others write to {name} all the time: {reason}"
        raise GitError(told, "nothing was written; run this again") from reason
    if in_vain:
        hint = "nothing was written; it is git that fails here: mend what it names, then run this again"
        raise GitError(f"git could not write to {name}: {reason}", hint) from reason


def _oldest_lock(writer: Writer) -> Path | None:
    """The lock that is there at this moment, the oldest of several."""
    return max((lock for lock in writer.lock_files if lock.exists()), key=_lock_age, default=None)


def _lock_age(lock: Path) -> int:
    try:
        return int(time.time() - lock.stat().st_mtime)
    except OSError:
        return 0


@contextmanager
def wait_for_turn(folder: Path) -> Iterator[None]:
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


def update_refs(
    writer: Writer, asked: Git, lines: str, message: str, *, before: str | None, reflog: bool = False
) -> bool:
    """Move refs by lines of `git update-ref --stdin`, all or none, waiting for locks.

    False where somebody else moved `writer.ref` away from `before` meanwhile. GitError where git refuses.
    `reflog` begins a log where the configuration would have none, as in a bare repository.
    """
    flags = ["update-ref", *(["--create-reflog"] if reflog else []), "-m", message, "--stdin"]

    def once() -> bool:
        _, code, reason = process.run_unchecked(asked, [*process.UNHOOKED, *flags], encode(lines))
        if not code:
            return True
        if read_tip(asked, writer.ref) != before:
            return False
        raise RefusedError(reason)

    return retry(writer, once)
