"""What a killed git or a crash left behind, a lock file or a damaged ref, and the command that mends it.

Belongs here: looking at it, and the words about it. Does not: waiting for a lock (see `races`,
`workflow.session.ledger_commit`), or running the command, which a person does.

A lock file names nobody, so whether its git still works is a guess by the processes that are seen: another
user's or another container's are not.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from agentledger.git.objects import read_object_info
from agentledger.git.queries import Place
from agentledger.git.scratch import open_scratch
from agentledger.model.errors import GitError
from agentledger.model.text import escape_hidden, format_age

# Where Linux shows its processes; elsewhere nobody is seen.
_PROCESSES = Path("/proc")
# Ids of a ref's log that are looked at, the newest first: a crash damages the last few at most.
_FORMER = 50
# Fetches every object of the branches anew: a plain fetch asks for nothing that a ref names already, and a
# partial clone's for no file.
FETCH_AGAIN = "git fetch --refetch --no-filter"


# -- locks -------------------------------------------------------------------------------


class LockedError(GitError):
    """A lock file is in the way. `remedy` is the command that removes it, '' while a git is at work there."""

    def __init__(self, message: str, hint: str, remedy: str) -> None:
        super().__init__(message, hint)
        self.remedy = remedy


def make_lock_error(lock: Path, place: Place) -> LockedError:
    """The error for a lock file that stays: its path, its age, whether a git is seen there, what to type."""
    message = f"{escape_hidden(str(lock))} has been there for {_format_seconds(read_lock_age(lock))}"
    if at_work := _find_git_at_work(lock, place):
        message += f", and git is at work there (process {at_work})"
        return LockedError(message, "run this again when that git has ended", "")
    message += ", and no git seems to be running there: one that was killed left it"
    remedy = f"rm -f {shlex.quote(escape_hidden(str(lock)))}"
    return LockedError(message, f"{remedy}; then run this again", remedy)


def read_lock_age(lock: Path) -> int:
    """Seconds since the file was made; 0 where it is gone by now."""
    try:
        return max(0, int(time.time() - lock.stat().st_mtime))
    except OSError:
        return 0


def _format_seconds(seconds: int) -> str:
    return format_age(seconds) if seconds >= 60 else f"{seconds} s"


def _find_git_at_work(lock: Path, place: Place) -> int | None:
    """The id of a git that runs where this lock is: in its worktree, or, for a lock of refs, in any of them."""
    of_refs = lock != place.directory / "index.lock"
    for process, folder in _list_git_processes():
        directory = _find_git_directory(folder)
        if directory is None or folder.is_relative_to(place.common / "agentledger"):
            continue  # the second is an agentledger's, which reads objects and locks nothing
        if directory == place.directory or (of_refs and directory.is_relative_to(place.common)):
            return process
    return None


def _list_git_processes() -> Iterator[tuple[int, Path]]:
    """Each git that is seen, with the folder it runs in."""
    for entry in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "comm").read_bytes() == b"git\n":
                yield int(entry.name), (entry / "cwd").readlink()


def _find_git_directory(folder: Path) -> Path | None:
    """The git directory of the worktree around a folder; None where there is none."""
    for top in (folder, *folder.parents):
        link = top / ".git"
        if link.is_dir():
            return link.resolve()
        with suppress(OSError, UnicodeDecodeError):
            return (top / link.read_text().removeprefix("gitdir: ").strip()).resolve()
    return None


# -- refs --------------------------------------------------------------------------------


def describe_ref_repair(place: Place, ref: str, copy: str | None) -> str:
    """What to do about a ref in which git reads no id; `copy` is the id of the remote's copy, if there is one.

    The file goes first: git refuses to move or to delete a ref that it cannot read.
    """
    file = place.common / ref
    former = _find_former_id(place, ref)
    gone = f"rm -f {shlex.quote(escape_hidden(str(file)))} && " if file.exists() else ""
    put = f"{gone}git update-ref {shlex.quote(escape_hidden(ref))}"
    if former:
        return f"its log has it at {former[:12]}; to put it back there: {put} {former}"
    if copy:
        return f"no log of it is left, the remote has it at {copy[:12]}; to put it there: {put} {copy}"
    return (
        f"git fsck --lost-found lists the commits that no branch leads to; put it at the right one: {put} ID"
    )


def _find_former_id(place: Place, ref: str) -> str | None:
    """The newest commit in the log of a ref that is still there; git itself shows no log of a damaged ref."""
    try:
        lines = (place.common / "logs" / ref).read_bytes().splitlines()
    except OSError:
        return None
    # <old> <new> <name> <address> <seconds> <zone>, a tab, and the message
    ids = [line.split(b" ", 2)[1].decode("ascii", "replace") for line in reversed(lines) if b" " in line]
    named = [each for each in ids[:_FORMER] if each.isalnum()]
    with open_scratch(place) as sealed:
        found = read_object_info(sealed.git, [f"{each}^{{commit}}" for each in named])
    return next((oid for oid, kind, _ in found if kind == "commit"), None)
