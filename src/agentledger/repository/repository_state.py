"""Looks at a repository from outside: where it lies, its refs, configuration, base, and worktrees.

Belongs here: what takes a handful of processes, whatever the number of branches. Does not: looking into a
worktree (see `worktrees`), or reading objects (see `fleet.fleet_reader`).

`fingerprint` is a hash of it all: as long as it stays the same, so does everything read from the objects.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from agentledger import __version__
from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place, Ref
from agentledger.model import ledger_paths
from agentledger.model.fleet import Worktree
from agentledger.repository import bases, fetch_time, layout, live_hooks, remotes, stashes, worktrees
from agentledger.repository.bases import HEADS, REMOTES, Choice, Refs
from agentledger.repository.stored_bytes import pick_settings
from agentledger.repository.worktrees import View

# So many of a worktree's ledger files count for the fingerprint: an agent can make as many as it likes.
LEDGER_FILES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of a repository at one moment."""

    #: A handle on the user's repository.
    git: Git
    git_version: tuple[int, ...]
    place: Place
    #: The main worktree; of a bare repository, the folder from which git finds it (see `layout`).
    home: Path
    bare: bool
    refs: Refs
    #: The refs that the user's `--refs` named.
    extra: tuple[Ref, ...]
    #: The base that was chosen.
    choice: Choice
    #: By full ref, the worktree in which it is checked out.
    worktrees: dict[str, Worktree]
    #: By full ref, what was seen of the worktrees in which something is uncommitted, or git status fails.
    dirty: dict[str, View]
    #: The refs that are checked out in linked worktrees.
    linked: frozenset[str]
    #: The HEADs of linked worktrees without a branch, each under the name that git has for it.
    detached: tuple[Ref, ...]
    #: Where there are such worktrees: the objects of all refs that keep a commit for people (see `worktrees`).
    kept: tuple[str, ...]
    #: By branch, how many stashes were made on it.
    stashes: dict[str, int]
    #: origin's address, else that of another remote, else ''.
    remote_url: str
    #: The remote that is meant where nobody names one; None without any.
    remote: str | None
    #: When something last came from a remote; None: never, or there is no remote.
    fetched_at: int | None
    #: The setting `diff.algorithm`.
    diff_algorithm: str | None
    #: The settings that decide how git would store an uncommitted file.
    storing: Mapping[str, str]
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
    branches, broken = queries.read_refs(git, [HEADS, REMOTES, queries.STASH, *named])
    extra = queries.read_refs(git, patterns) if patterns else queries.RefList([], [])
    # Every default branch that was renamed leaves a remote's HEAD behind that leads nowhere.
    broken_names = tuple(dict.fromkeys(ref for ref in broken + extra.broken if not ref.endswith("/HEAD")))
    refs = Refs(branches, config, broken_names)
    checkouts = queries.read_worktrees(git)
    # For a bare repository its own HEAD counts, from whichever of its worktrees a command is started.
    bare = bool(checkouts) and checkouts[0].bare
    head = queries.read_head_ref(queries.with_git_dir(git, place.common) if bare else git)
    choice = bases.choose_base(refs, base, head, bare)
    home = layout.find_home(checkouts[0].path, bare) if checkouts else place.common
    installed = live_hooks.read_installed(git, place, config)
    views = worktrees.inspect_worktrees(git, home, checkouts, installed)
    detached = worktrees.list_detached(views)
    kept = tuple(queries.read_ref_ids(git, worktrees.KEEPERS)) if detached else ()
    counted_stashes = stashes.count_stashes(git, branches)
    remote = remotes.main_remote(config)
    fetched = fetch_time.read_fetch_time(git, place, remote)
    url = remotes.main_address(config)
    storing = pick_settings(config)
    # All that a reading depends on, but for objects: an object's id is its content, and refs name ids. But in
    # a partial clone an object that was missing can come at any time, in a pack.
    fingerprinted = (
        __version__,
        version,
        branches,
        extra,
        broken_names,
        choice,
        sorted((view.ref, view.head, view.worktree, view.stamp) for view in views),
        kept,
        sorted(counted_stashes.items()),
        url,
        remote,
        fetched,
        config.get("diff.algorithm"),
        storing,
        worktrees.modified_at(place.common / "shallow"),
        _list_packs(place) if refs.promisors else (),
        [_stat_ledger_files(checkout.path) for checkout in checkouts if not checkout.bare],
    )
    return Observation(
        git=git,
        git_version=version,
        place=place,
        home=home,
        bare=bare,
        refs=refs,
        extra=tuple(extra.refs),
        choice=choice,
        worktrees={view.ref: view.worktree for view in views},
        dirty={view.ref: view for view in views if view.files or view.worktree.dirty is None},
        linked=frozenset(
            ref
            for ref in (*(c.branch for c in checkouts[1:]), *(view.ref for view in views if view.linked))
            if ref.startswith("refs/")
        ),
        detached=detached,
        kept=kept,
        stashes=counted_stashes,
        remote_url=url,
        remote=remote,
        fetched_at=fetched,
        diff_algorithm=config.get("diff.algorithm"),
        storing=storing,
        fingerprint=hashlib.sha256(repr(fingerprinted).encode()).hexdigest(),
    )


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
