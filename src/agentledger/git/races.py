"""Moves a ref that others write to at the same time: tries again after a lost race, and waits for a lock.

Belongs here: distinguishing a lost race from a refusal, and trying again. Does not: making commits (see
`control.commit_writer`), or talking to a remote (see `workflow.manage.remote_branch`).

git's words for a lost race differ between versions and between ways to store refs, so they decide nothing
here. The ref does: where it moved meanwhile, the race was lost. Where it did not, its lock may have been held
at that moment, so git is asked a few more times; then its words go into the message.
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
from agentledger.git.leftovers import make_lock_error, read_lock_age
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import GitError
from agentledger.model.text import encode, escape_hidden

# How long a writer goes on trying, in seconds. A rival holds a ref for some milliseconds.
PATIENCE = 30.0
# How long a writer of ours waits for another one before it writes all the same, in seconds.
TURN = 20.0
# The shortest and the longest pause between two tries, in seconds.
SHORTEST, PAUSE = 0.005, 0.2
# A lock older than this, in seconds, was left by a git that was killed: moving a ref takes milliseconds.
STALE = 60
# How often git is asked again where it refuses, though the ref has not moved and nothing is locked.
AGAIN = 5

T = TypeVar("T")


class LostRaceError(Exception):
    """Somebody else moved the ref meanwhile: look again."""


class RefusedError(Exception):
    """git would not move the ref, and nobody else has moved it."""


def read_tip(git: Git, ref: str) -> str | None:
    """The id in a ref at this moment; None where there is no such ref, or git reads no id in it."""
    # A pattern also matches refs below it, so the name is compared.
    refs = queries.read_refs(git, [ref]).refs
    return next((each.id for each in refs if each.name == ref), None)


def classify_refusal(git: Git, ref: str, before: str | None, reason: str) -> LostRaceError | RefusedError:
    """The error to raise where git did not move a ref away from `before`: reads the ref again to decide."""
    return RefusedError(reason) if read_tip(git, ref) == before else LostRaceError(reason)


class Writer(NamedTuple):
    """A ref to be written, and its repository.

    `turns` is the folder of the lock by which our own writers take turns; None where they do not.
    """

    place: Place
    ref: str
    turns: Path | None = None

    @property
    def lock_files(self) -> tuple[Path, ...]:
        """The lock files that git makes while it moves this ref, or HEAD with it, however refs are stored."""
        common, directory = self.place.common, self.place.directory
        return (
            common / f"{self.ref}.lock",
            common / "packed-refs.lock",
            common / "reftable" / "tables.list.lock",
            directory / "HEAD.lock",
            directory / "reftable" / "tables.list.lock",
        )


def retry(writer: Writer, once: Callable[[], T], patience: float | None = None) -> T:
    """Call `once` until it loses no race; what it returns.

    `once` reads the ref and tries to move it; it raises LostRaceError or RefusedError. Raises GitError after
    `patience` seconds (None: PATIENCE) of lost races or of waiting for a lock, at once where a killed git
    left its lock behind, and after a few tries where git refuses for some other reason.
    """
    reason: Exception
    until, in_vain, pause = time.monotonic() + (PATIENCE if patience is None else patience), 0, SHORTEST
    with wait_for_turn(writer.turns) if writer.turns else nullcontext():
        while True:
            try:
                return once()
            except LostRaceError as lost:
                # A rival that writes all the time leaves short gaps only: a long pause would miss them.
                lock, reason, in_vain, pause = _oldest_lock(writer), lost, 0, SHORTEST
            except RefusedError as refusal:
                lock, reason, pause = _oldest_lock(writer), refusal, min(pause * 1.5, PAUSE)
                in_vain = 0 if lock else in_vain + 1
            _raise_if_hopeless(writer, lock, in_vain > AGAIN, late=time.monotonic() > until, reason=reason)
            # Jitter, or writers that lost together would lose together again.
            time.sleep(random.uniform(0.2, 1) * pause)  # noqa: S311 - no secret


def _raise_if_hopeless(
    writer: Writer, lock: Path | None, in_vain: bool, late: bool, reason: Exception
) -> None:
    """GitError where there is no use in trying again."""
    name = escape_hidden(writer.ref.removeprefix("refs/heads/"))
    if lock and read_lock_age(lock) > STALE:
        raise make_lock_error(lock, writer.place) from reason
    if late and (lock or isinstance(reason, LostRaceError)):
        message = f"others write to {name} all the time: {reason}"
        raise GitError(message, "nothing was written; run this again") from reason
    if in_vain:
        hint = "nothing was written; it is git that fails here: fix what it names, then run this again"
        raise GitError(f"git could not write to {name}: {reason}", hint) from reason


def _oldest_lock(writer: Writer) -> Path | None:
    """The lock file that exists at this moment, of several the oldest; None where there is none."""
    return max((lock for lock in writer.lock_files if lock.exists()), key=read_lock_age, default=None)


@contextmanager
def wait_for_turn(folder: Path) -> Iterator[None]:
    """Wait until no other writer of ours is writing; the lock file is in `folder`, which is made.

    The lock only saves work. Without it writers lose races, each of which leaves objects behind that no
    branch leads to, but no commit is lost. So this gives up after TURN seconds, and does nothing where the
    folder cannot be written or the system has no such lock.
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
    writer: Writer, git: Git, lines: str, message: str, *, before: str | None, reflog: bool = False
) -> bool:
    """Move refs by lines of `git update-ref --stdin`, all or none, waiting for locks. Were they moved?

    False where somebody else moved `writer.ref` away from `before` meanwhile. GitError where git refuses.
    `message` is for the reflog; `reflog` begins one where the configuration would have none, as in a bare
    repository.
    """
    flags = ["update-ref", *(["--create-reflog"] if reflog else []), "-m", message, "--stdin"]

    def once() -> bool:
        _, code, reason = process.run_unchecked(git, [*process.UNHOOKED, *flags], encode(lines))
        if not code:
            return True
        if read_tip(git, writer.ref) != before:
            return False
        raise RefusedError(reason)

    return retry(writer, once)
