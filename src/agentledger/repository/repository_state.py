"""Looks at a repository from outside: where it lies, its refs, configuration, base, and worktrees.

Belongs here: what takes a handful of processes, whatever the number of branches, and one `git status` for
each worktree that has a branch checked out. Does not: reading objects (see `fleet.fleet_reader`).

`fingerprint` is a hash of it all: as long as it stays the same, so does everything read from the objects.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from agentledger import __version__
from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Checkout, Place, Ref
from agentledger.model import ledger_paths
from agentledger.model.fleet import Worktree
from agentledger.model.text import decode
from agentledger.repository import bases, remotes
from agentledger.repository.bases import HEADS, REMOTES, Choice, Refs

# So many of a worktree's ledger files count for the fingerprint: an agent can make as many as it likes.
LEDGER_FILES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of a repository at one moment."""

    #: A handle on the user's repository.
    git: Git
    git_version: tuple[int, ...]
    place: Place
    #: The main worktree, or the bare repository.
    home: Path
    refs: Refs
    #: The refs that the user's `--refs` named.
    extra: tuple[Ref, ...]
    #: The base that was chosen.
    choice: Choice
    #: By full ref, the worktree in which it is checked out.
    worktrees: dict[str, Worktree]
    #: The refs that are checked out in linked worktrees.
    linked: frozenset[str]
    #: origin's address, else that of another remote, else ''.
    remote_url: str
    #: When the last fetch was; None where there was none.
    fetched_at: int | None
    #: The setting `diff.algorithm`.
    diff_algorithm: str | None
    fingerprint: str


def observe_repository(start: Path, base: str | None, patterns: Sequence[str]) -> Observation:
    """Look at the repository around `start`. `base` and `patterns` are the user's `--base` and `--refs`.

    Raises NotARepository, GitMissing, RefError (no base, or none of that name), GitError.
    """
    git = process.repository_at(start)
    version = queries.read_version(git)
    place = queries.locate_repository(git)
    config = queries.read_config(git)
    # A full ref outside heads and remotes can be base too.
    named = [base] if base and base.startswith("refs/") else []
    branches, broken = queries.read_refs(git, [HEADS, REMOTES, *named])
    extra = queries.read_refs(git, patterns) if patterns else queries.RefList([], [])
    # Every default branch that was renamed leaves a remote's HEAD behind that leads nowhere.
    broken_names = tuple(dict.fromkeys(ref for ref in broken + extra.broken if not ref.endswith("/HEAD")))
    refs = Refs(branches, config, broken_names)
    checkouts = queries.read_worktrees(git)
    # For a bare repository its own HEAD counts, from whichever of its worktrees a command is started.
    bare = bool(checkouts) and checkouts[0].bare
    head = queries.read_head_ref(queries.with_git_dir(git, place.common) if bare else git)
    choice = bases.choose_base(refs, base, head, bare)
    home = checkouts[0].path if checkouts else place.common
    worktrees = _inspect_worktrees(git, home, checkouts)
    linked = frozenset(c.branch for c in checkouts[1:] if c.branch)
    fetched = _read_fetch_time(place)
    url = remotes.main_address(config)
    # All that a reading depends on, but for objects: an object's id is its content, and refs name ids. But in
    # a partial clone an object that was missing can come at any time, in a pack.
    fingerprinted = (
        __version__,
        version,
        branches,
        extra,
        broken_names,
        choice,
        sorted(worktrees.items()),
        url,
        fetched,
        config.get("diff.algorithm"),
        _modified_at(place.common / "shallow"),
        _list_packs(place) if refs.promisors else (),
        [_stat_ledger_files(checkout.path) for checkout in checkouts if not checkout.bare],
    )
    return Observation(
        git=git,
        git_version=version,
        place=place,
        home=home,
        refs=refs,
        extra=tuple(extra.refs),
        choice=choice,
        worktrees=worktrees,
        linked=linked,
        remote_url=url,
        fetched_at=fetched,
        diff_algorithm=config.get("diff.algorithm"),
        fingerprint=hashlib.sha256(repr(fingerprinted).encode()).hexdigest(),
    )


def _modified_at(file: Path) -> int | None:
    """When a file was last written, in whole seconds; None where there is none."""
    try:
        return int(file.stat().st_mtime)
    except OSError:
        return None


def _list_packs(place: Place) -> tuple[str, ...]:
    """The names of the packs: each is named for its objects."""
    return tuple(sorted(path.name for path in (place.common / "objects" / "pack").glob("*.pack")))


def _stat_ledger_files(worktree: Path) -> list[tuple[str, int, int]]:
    """Paths, times (nanoseconds) and sizes (bytes) of what is in a worktree's task folders, committed or not.

    `git status` names a new folder, not what changes in it. Links are not followed: they could lead round in
    circles, or out of the worktree.
    """
    stats: list[tuple[str, int, int]] = []
    folders = [worktree / ledger_paths.TASKS]
    if folders[0].parent.is_symlink() or folders[0].is_symlink():
        return stats
    while folders and len(stats) < LEDGER_FILES:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in islice(entries, LEDGER_FILES - len(stats)):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                status = entry.stat(follow_symlinks=False)
                stats.append((entry.path, status.st_mtime_ns, status.st_size))
    return sorted(stats)


def _read_fetch_time(place: Place) -> int | None:
    """When the last fetch was; None where there was none. Each writes FETCH_HEAD, in its own worktree."""
    stamps = [_modified_at(place.common / "FETCH_HEAD"), _modified_at(place.directory / "FETCH_HEAD")]
    return max((s for s in stamps if s is not None), default=None)


def _inspect_worktrees(git: Git, home: Path, checkouts: Sequence[Checkout]) -> dict[str, Worktree]:
    """By full ref, the worktree in which it is checked out; half-made and removed ones are left out."""
    usable = [c for c in checkouts if c.branch and not c.prunable and c.path.is_dir()]
    with ThreadPoolExecutor(4) as pool:
        worktrees = pool.map(lambda c: _inspect_worktree(git, c.path, home), usable)
        return {checkout.branch: worktree for checkout, worktree in zip(usable, worktrees, strict=True)}


def _inspect_worktree(git: Git, path: Path, home: Path) -> Worktree:
    relative_path = Path(os.path.relpath(path, home)).as_posix()
    changed = queries.read_status(replace(git, cwd=path))
    if changed is None:
        return Worktree(relative_path, None, None)
    # A deleted path has no time of its own; its folder was written when it was deleted.
    stamps = [
        _modified_at(path / decode(name)) or _modified_at((path / decode(name)).parent) for name in changed
    ]
    stamps.append(_read_head_move_time(replace(git, cwd=path)))
    return Worktree(relative_path, bool(changed), max((s for s in stamps if s is not None), default=None))


def _read_head_move_time(git: Git) -> int | None:
    """When HEAD last moved, in seconds, by its reflog's last line; None where there is no such line."""
    folder = _git_directory_of(git.cwd)
    # Where refs are in tables (reftable), the logs are too, and only git can read them.
    if (folder / "reftable").is_dir():
        return queries.read_head_move_time(git)
    reflog = folder / "logs" / "HEAD"
    try:
        # The file's own time will not do: every `git gc` changes it.
        with reflog.open("rb") as file:
            file.seek(max(0, reflog.stat().st_size - 4096))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    except OSError:
        return None
    # <old> <new> <name> <address> <seconds> <zone>, a tab, and the message
    fields = last.partition(b"\t")[0].split()
    return int(fields[-2]) if len(fields) > 3 and fields[-2].isdigit() else None


def _git_directory_of(worktree: Path) -> Path:
    """The git directory of a worktree: the folder `.git`, or the one that a file `.git` names."""
    link = worktree / ".git"
    if link.is_dir():
        return link
    try:
        return worktree / decode(link.read_bytes()).removeprefix("gitdir: ").strip()
    except OSError:
        return link
