"""What a repository looks like from outside: place, refs, configuration, worktrees.

A handful of processes, whatever the number of branches (and one `status` for each
worktree that has a branch checked out). No object is read here. `fingerprint` sums it
up: as long as it stays the same, so does everything read from the objects.
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
from agentledger.model.fleet import Worktree
from agentledger.model.text import decode
from agentledger.repository import bases
from agentledger.repository.bases import HEADS, REMOTES, Choice, Refs

LEDGER_FILES = 2000  # of a worktree count for the fingerprint; an agent can make as many as it likes


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen.

    `home` is the main worktree, or the bare repository; `worktrees` maps the ref checked out to its
    worktree, `linked` are those of linked ones; `extra` are the refs of `--refs`.
    """

    git: Git
    git_version: tuple[int, ...]
    place: Place
    home: Path
    refs: Refs
    extra: tuple[Ref, ...]
    choice: Choice
    worktrees: dict[str, Worktree]
    linked: frozenset[str]
    remote_url: str
    fetched_at: int | None
    partial: bool
    diff_algorithm: str | None
    fingerprint: str


def observe_repository(start: Path, base: str | None, patterns: Sequence[str]) -> Observation:
    """Look at the repository around `start`. `base` and `patterns` are the user's `--base` and `--refs`.

    Raises NotARepository, GitMissing, RefError (no base, or none of that name), GitError.
    """
    asked = process.repository_at(start)
    version = queries.read_version(asked)
    place = queries.locate_repository(asked)
    config = queries.read_config(asked)
    # A full ref outside heads and remotes can be base too.
    named = [base] if base and base.startswith("refs/") else []
    listed, broken = queries.read_refs(asked, [HEADS, REMOTES, *named])
    more = queries.read_refs(asked, patterns) if patterns else queries.Listed([], [])
    # A remote's HEAD that leads nowhere is what every renamed default branch leaves behind.
    lost = tuple(dict.fromkeys(ref for ref in broken + more.broken if not ref.endswith("/HEAD")))
    refs = Refs(listed, config, lost)
    checkouts = queries.read_worktrees(asked)
    # Of a bare repository its own HEAD counts, wherever among its worktrees one starts from.
    bare = bool(checkouts) and checkouts[0].bare
    head = queries.read_head_ref(queries.with_git_dir(asked, place.common) if bare else asked)
    choice = bases.choose_base(refs, base, head, bare)
    home = checkouts[0].path if checkouts else place.common
    worktrees = _inspect_worktrees(asked, home, checkouts)
    linked = frozenset(c.branch for c in checkouts[1:] if c.branch)
    fetched = _read_fetch_time(place)
    url = config.get("remote.origin.url") or next(
        (v for k, v in config.items() if k.startswith("remote.") and k.endswith(".url")), ""
    )
    partial = any(key.endswith((".promisor", "extensions.partialclone")) for key in config)
    seen = (
        __version__,
        version,
        listed,
        more,
        lost,
        choice,
        sorted(worktrees.items()),
        url,
        fetched,
        config.get("diff.algorithm"),
        _modified_at(place.common / "shallow"),
        [_stat_ledger_files(checkout.path) for checkout in checkouts if not checkout.bare],
    )
    return Observation(
        git=asked,
        git_version=version,
        place=place,
        home=home,
        refs=refs,
        extra=tuple(more.refs),
        choice=choice,
        worktrees=worktrees,
        linked=linked,
        remote_url=url,
        fetched_at=fetched,
        partial=partial,
        diff_algorithm=config.get("diff.algorithm"),
        fingerprint=hashlib.sha256(repr(seen).encode()).hexdigest(),
    )


def _modified_at(file: Path) -> int | None:
    """When a file was last written, whole seconds; None when it is not there."""
    try:
        return int(file.stat().st_mtime)
    except OSError:
        return None


def _stat_ledger_files(worktree: Path) -> list[tuple[str, int, int]]:
    """Names, times and sizes of what lies in a worktree's task folders, committed or not.

    `git status` names a new folder, not what changes in it. Links are not followed: they could
    lead round in circles, or out of the worktree.
    """
    found: list[tuple[str, int, int]] = []
    folders = [worktree / ".agentledger" / "tasks"]
    if folders[0].parent.is_symlink() or folders[0].is_symlink():
        return found
    while folders and len(found) < LEDGER_FILES:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in islice(entries, LEDGER_FILES - len(found)):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                seen = entry.stat(follow_symlinks=False)
                found.append((entry.path, seen.st_mtime_ns, seen.st_size))
    return sorted(found)


def _read_fetch_time(place: Place) -> int | None:
    """When the last fetch was: each writes FETCH_HEAD, in the worktree that it ran in."""
    stamps = [_modified_at(place.common / "FETCH_HEAD"), _modified_at(place.directory / "FETCH_HEAD")]
    return max((s for s in stamps if s is not None), default=None)


def _inspect_worktrees(asked: Git, home: Path, checkouts: Sequence[Checkout]) -> dict[str, Worktree]:
    """What is checked out where; a half-made or removed worktree tells nothing and is left out."""
    there = [c for c in checkouts if c.branch and not c.prunable and c.path.is_dir()]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda c: _inspect_worktree(asked, c.path, home), there)
        return {checkout.branch: worktree for checkout, worktree in zip(there, found, strict=True)}


def _inspect_worktree(asked: Git, path: Path, home: Path) -> Worktree:
    shown = Path(os.path.relpath(path, home)).as_posix()
    changed = queries.read_status(replace(asked, cwd=path))
    if changed is None:
        return Worktree(shown, None, None)
    # A deleted path has no time of its own; its folder was written when it went.
    stamps = [
        _modified_at(path / decode(name)) or _modified_at((path / decode(name)).parent) for name in changed
    ]
    stamps.append(_read_head_move_time(replace(asked, cwd=path)))
    return Worktree(shown, bool(changed), max((s for s in stamps if s is not None), default=None))


def _read_head_move_time(asked: Git) -> int | None:
    """When HEAD last moved, by its log's last line; the file's own time changes with every `git gc`."""
    folder = _git_directory_of(asked.cwd)
    # Where refs are in tables, the logs are too, and only git can read them.
    if (folder / "reftable").is_dir():
        return queries.read_head_move_time(asked)
    reflog = folder / "logs" / "HEAD"
    try:
        with reflog.open("rb") as file:
            file.seek(max(0, reflog.stat().st_size - 4096))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    except OSError:
        return None
    # <old> <new> <name> <address> <seconds> <zone>, a tab, and the message
    fields = last.partition(b"\t")[0].split()
    return int(fields[-2]) if len(fields) > 3 and fields[-2].isdigit() else None


def _git_directory_of(worktree: Path) -> Path:
    """The git directory of a worktree: `.git` itself, or what that file points to."""
    link = worktree / ".git"
    if link.is_dir():
        return link
    try:
        return worktree / decode(link.read_bytes()).removeprefix("gitdir: ").strip()
    except OSError:
        return link
