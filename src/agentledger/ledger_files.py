"""The ledger's files, raw: from agent branches, from base, and uncommitted from worktrees.

Read from commits, never through a work tree (a sparse checkout drops them); the one
exception is what is not committed yet, which is marked. Nothing is parsed here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import diffs, objects
from .ledger import Source
from .model import LEDGER, Base, Branch, Change, Commit, State
from .scratch import Scratch
from .text import decode

TASKS = LEDGER.decode() + "tasks/"
# A document is at most this long; one byte more tells that it is longer.
MOST_BYTES = 256 << 10
# So many files of one branch's ledger are read, the newest first; nobody reads ten thousand check-ins.
MOST_FILES = 400
REGULAR = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """One file below `.agentledger/tasks/`, or of the control branch. `raw` is None when it was not read.

    Not read: anything but a regular file, what is too long (`size` tells), what is missing.
    """

    path: str
    mode: str
    blob: str
    source: Source
    size: int = 0
    raw: bytes | None = None

    @property
    def regular(self) -> bool:
        """A plain file, as every document has to be."""
        return self.mode in REGULAR


@dataclass(frozen=True, slots=True)
class BranchFiles:
    """The ledger files that a branch adds to base; `total` counts those left unread, too.

    `first_briefs`: by path, the oldest version of each brief on the branch's first-parent line.
    """

    files: tuple[LedgerFile, ...]
    total: int
    first_briefs: Mapping[str, LedgerFile]


def is_ledger(path: bytes) -> bool:
    """Is this a file of a task's folder?"""
    return path.startswith(TASKS.encode())


# -- committed -------------------------------------------------------------------------


def of_branches(scratch: Scratch, branches: Sequence[Branch], base: Base) -> dict[str, BranchFiles]:
    """The ledger files of each branch that has any, by ref."""
    having = [
        b for b in branches if b.state is not State.UNREADABLE and any(is_ledger(c.path) for c in b.changes)
    ]
    if not having:
        return {}
    history = _History(diffs.ledger_log(scratch.git, [b.head for b in having], base.head))
    listed = {b.ref: _listed(b, history) for b in having}
    first = {b.ref: history.first_briefs(b) for b in having}
    every = [f for files, _ in listed.values() for f in files] + [
        f for fs in first.values() for f in fs.values()
    ]
    filled = fill(scratch, every)
    return {
        ref: BranchFiles(
            tuple(filled[_key(f)] for f in files),
            total,
            {path: filled[_key(f)] for path, f in first[ref].items()},
        )
        for ref, (files, total) in listed.items()
    }


def _key(file: LedgerFile) -> tuple[str, str, Source]:
    return file.path, file.blob, file.source


def _listed(branch: Branch, history: _History) -> tuple[list[LedgerFile], int]:
    found = [c for c in branch.changes if is_ledger(c.path) and c.status != "D"]
    # Names begin with the time, so git's order is theirs; check-ins never crowd out packet and brief.
    dated = [c for c in found if b"/status/" in c.path]
    kept = [c for c in found if b"/status/" not in c.path][:MOST_FILES] + dated[-MOST_FILES:]
    return [_file(c, history.source(branch, c.path)) for c in kept], len(found)


def _file(change: Change, source: Source) -> LedgerFile:
    return LedgerFile(decode(change.path), change.new_mode, change.new, source)


class _History:
    """Which commit touched which ledger file, for all branches at once."""

    def __init__(self, log: Iterable[tuple[str, tuple[Change, ...]]]) -> None:
        self._touched: dict[bytes, list[tuple[str, Change]]] = {}
        for commit, changes in log:
            for change in changes:
                self._touched.setdefault(change.path, []).append((commit, change))

    def source(self, branch: Branch, path: bytes) -> Source:
        """The newest commit of the branch that touched a path, as far as that is known."""
        own = {commit.id: commit for commit in branch.commits}
        found = [own[commit] for commit, _ in self._touched.get(path, ()) if commit in own]
        return _source(branch, path, found[-1] if found else None)

    def first_briefs(self, branch: Branch) -> dict[str, LedgerFile]:
        line = {commit.id: commit for commit in _first_parent_line(branch)}
        found: dict[str, LedgerFile] = {}
        for path, touches in self._touched.items():
            if path.endswith(b"/brief.md"):
                for commit, change in touches:
                    if commit in line and change.status != "D" and decode(path) not in found:
                        found[decode(path)] = _file(change, _source(branch, path, line[commit]))
        return found


def _source(branch: Branch, path: bytes, commit: Commit | None) -> Source:
    where = decode(path)
    if commit is None:
        return Source(where, branch.name)
    return Source(where, branch.name, commit.id, commit.committed_at, commit.author.email)


def _first_parent_line(branch: Branch) -> Iterator[Commit]:
    own = {commit.id: commit for commit in branch.commits}
    at = branch.head
    while at in own:
        yield own[at]
        at = next(iter(own[at].parents), "")


def of_base(scratch: Scratch, base: Base, proven: bool) -> list[LedgerFile]:
    """The ledger files that stand on base, the briefs with their content."""
    found = [
        LedgerFile(decode(path), mode, oid, Source(decode(path), base.name, base.head, proven=proven))
        for mode, oid, path in objects.tree(scratch.git, base.head, TASKS)
    ]
    filled = fill(scratch, [file for file in found if file.path.endswith("/brief.md")])
    return [filled.get(_key(file), file) for file in found]


def fill(scratch: Scratch, files: Sequence[LedgerFile]) -> dict[tuple[str, str, Source], LedgerFile]:
    """The same files, those that can be documents with their content."""
    blobs = list(dict.fromkeys(f.blob for f in files if f.regular))
    sizes = {
        b: size
        for b, (_, kind, size) in zip(blobs, objects.kinds(scratch.git, blobs), strict=True)
        if kind == "blob"
    }
    texts = dict(
        objects.contents(scratch.git, [b for b in blobs if sizes.get(b, MOST_BYTES + 1) <= MOST_BYTES])
    )
    return {
        _key(f): LedgerFile(f.path, f.mode, f.blob, f.source, sizes.get(f.blob, 0), texts.get(f.blob))
        for f in files
    }


# -- not committed yet --------------------------------------------------------------------


def of_worktree(
    branch: Branch, folder: Path, committed: Mapping[str, str], object_format: str
) -> list[LedgerFile]:
    """Ledger files of a worktree that differ from what its branch has committed (`committed`: path to blob).

    Links are not followed: a link could lead out of the worktree, to any file of the reader's.
    """
    found = []
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MOST_BYTES else None
        blob = _blob_id(raw, object_format) if raw is not None else ""
        if committed.get(name) != blob:
            at = int(path.stat().st_mtime)
            source = Source(name, branch.name, at=at, uncommitted=True)
            found.append(LedgerFile(name, "100644", blob, source, size, raw))
    return found[:MOST_FILES]


def _walk(folder: Path) -> Iterator[Path]:
    ledger = folder / LEDGER.decode().rstrip("/")
    if ledger.is_symlink():
        return
    for where, folders, names in os.walk(ledger / "tasks"):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path


def _blob_id(raw: bytes, object_format: str) -> str:
    return hashlib.new(object_format, b"blob %d\0" % len(raw) + raw).hexdigest()
