"""Finds out when this clone last heard from its remotes, by what git leaves behind.

Belongs here: the traces of a fetch and of a clone. Does not: which remotes there are (see `remotes`).

A fetch writes FETCH_HEAD in the git directory of its worktree, and empties it before it begins: an empty one is of a
fetch that failed. A clone writes none; it leaves a reflog of the remote's HEAD, or in a bare one its files alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.git import queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.repository.reflogs import read_newest_entry

# How git's own messages about what it got from a remote begin.
_RECEIVED = ("fetch", "pull", "clone")
# What a clone writes and little else does. The oldest of them is as old as the clone.
_OF_CLONE = ("HEAD", "config", "description", "packed-refs")


def read_fetch_time(git: Git, place: Place, remote: str | None) -> int | None:
    """When something last came from a remote, in seconds since the epoch; None: never, or there is no remote.

    `remote` is the one that is meant where nobody names one.
    """
    if remote is None:
        return None
    fetches = list(_read_fetch_heads(place))
    stamps = [at for at, is_empty in fetches if not is_empty]
    if any(is_empty for _, is_empty in fetches):
        stamps += _received_times(place)
    if not stamps:
        stamps = list(_clone_times(git, place, remote))
    return max(stamps, default=None)


def _read_fetch_heads(place: Place) -> Iterator[tuple[int, bool]]:
    """The time of each worktree's FETCH_HEAD, and whether it is empty."""
    for folder in (place.common, *(place.common / "worktrees").glob("*")):
        try:
            status = (folder / "FETCH_HEAD").stat()
        except OSError:
            continue
        yield int(status.st_mtime), status.st_size == 0


def _received_times(place: Place) -> Iterator[int]:
    """When each remote-tracking ref was last moved by something that came from its remote."""
    for file in (place.common / "logs" / "refs" / "remotes").rglob("*"):
        entry = read_newest_entry(file)
        if entry is not None and entry.message.startswith(_RECEIVED):
            yield entry.at


def _clone_times(git: Git, place: Place, remote: str) -> Iterator[int]:
    """When the repository was cloned: nothing, or one time."""
    entry = read_newest_entry(place.common / "logs" / "refs" / "remotes" / remote / "HEAD")
    if entry is not None:
        yield entry.at
    elif (place.common / "reftable").is_dir():
        at = queries.read_move_time(git, f"refs/remotes/{remote}/HEAD")
        yield from () if at is None else (at,)
    elif (place.common / "packed-refs").exists():
        # A clone packs the refs that it gets; a repository to which a remote was added has none packed.
        files = (place.common / name for name in _OF_CLONE)
        yield min(int(file.stat().st_mtime) for file in files if file.exists())
