"""Lists and reads the raw files of the ledger: those of agents' branches, of base, and uncommitted ones.

Belongs here: which files there are, which commit wrote each, and their bytes. Does not: parsing them (see
`document_cache`), or the files of the control branch (see `control.reader`).

Files of commits are listed first; `read_contents` reads those that are wanted. They are read from commits and
never from a work tree, since a sparse checkout leaves them out there. The one exception is what is not
committed yet, which is marked.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from agentledger.documents import MOST_BYTES
from agentledger.git import diffs, objects, stored_form
from agentledger.git.process import Git
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError
from agentledger.model.fleet import Base, Branch, Change, Commit, State
from agentledger.model.ledger import Source
from agentledger.model.ledger_paths import FOLDER, TASKS, TASKS_BYTES
from agentledger.model.text import decode
from agentledger.storage.cache import Cache

# At most so many of one branch's ledger files are read, the newest: nobody reads ten thousand check-ins.
MOST_FILES = 400
REGULAR = ("100644", "100755")
# The number goes up when a row says something else for the same branch.
_KIND = "ledger files 2"
# What identifies a file: path, blob, and where it was read.
Key = tuple[str, str, Source]
# A commit, and what it changed in the ledger's folder.
LogEntry = tuple[str, tuple[Change, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFile:
    """One file below `.agentledger/tasks/`, or of the control branch."""

    path: str
    #: git's mode, six digits.
    mode: str
    #: The blob's id; '' for an uncommitted file that is too long.
    blob: str
    source: Source
    #: In bytes; 0 where the file is only listed.
    size: int = 0
    #: The content. None: the file is only listed, or it is no regular file, too long, or missing.
    raw: bytes | None = None

    @property
    def is_regular(self) -> bool:
        """Is it a plain file, as every document has to be?"""
        return self.mode in REGULAR

    @property
    def key(self) -> Key:
        """What identifies this file."""
        return self.path, self.blob, self.source


@dataclass(frozen=True, slots=True)
class BranchFiles:
    """The ledger files that a branch adds to base; `total` also counts those over MOST_FILES.

    `first_briefs` has, by path, the oldest version of each brief on the branch's first-parent line.
    """

    files: tuple[LedgerFile, ...]
    total: int
    first_briefs: Mapping[str, LedgerFile]


def is_ledger_path(path: bytes) -> bool:
    """Is this a file below `.agentledger/tasks/`?"""
    return path.startswith(TASKS_BYTES)


# -- committed -------------------------------------------------------------------------


def list_branch_files(
    scratch: Scratch, store: Cache, branches: Sequence[Branch], base: Base
) -> dict[str, BranchFiles]:
    """The ledger files of each branch that adds any, by the branch's ref; listed, not read."""
    readable = (branch for branch in branches if branch.state is not State.UNREADABLE)
    with_files = [(b, _row_key(b)) for b in readable if any(is_ledger_path(c.path) for c in b.changes)]
    rows = store.texts(_KIND, (key for _, key in with_files))
    files_by_ref = {
        b.ref: files for b, key in with_files if key in rows and (files := _load_files(rows[key]))
    }
    uncached = [(b, key) for b, key in with_files if b.ref not in files_by_ref]
    if uncached:
        log, is_complete = _read_log(scratch, [b.head for b, _ in uncached], base)
        history = _History(log)
        fresh = {b.ref: BranchFiles(*_list_files(b, history), history.first_briefs(b)) for b, _ in uncached}
        if is_complete:  # half a history may pass, as when an object is brought back
            store.put_texts(_KIND, [(key, row) for b, key in uncached if (row := _dump_files(fresh[b.ref]))])
        files_by_ref |= fresh
    return files_by_ref


def _read_log(scratch: Scratch, heads: Sequence[str], base: Base) -> tuple[list[LogEntry], bool]:
    """The commits that touch the ledger, and whether git could read them to the end."""
    log: list[LogEntry] = []
    try:
        for entry in diffs.read_ledger_log(scratch.git, heads, base.head):
            log.append(entry)  # noqa: PERF402 - what came before a failure is kept
    except GitError:
        return log, False
    return log, True


def _row_key(branch: Branch) -> str:
    """The cache's key for a branch: a hash of everything that the list of its files follows from."""
    commits = " ".join(commit.id for commit in branch.commits)
    inputs = f"{branch.name}\0{branch.head}\0{' '.join(branch.merge_bases)}\0{commits}"
    return hashlib.sha256(inputs.encode("utf-8", "surrogatepass")).hexdigest()


def _dump_files(files: BranchFiles) -> str | None:
    """The list as JSON; None where a name in it is not UTF-8."""
    try:
        return msgspec.json.encode(files).decode()
    except UnicodeEncodeError:
        return None


def _load_files(row: bytes) -> BranchFiles | None:
    """A list from the cache; None where it is not valid, or claims more than a branch's list can.

    An agent can write to the cache, so no row may make a file proven, or bring its content.
    """
    try:
        branch_files = msgspec.json.decode(row, type=BranchFiles)
    except (msgspec.DecodeError, RecursionError):
        return None
    files = (*branch_files.files, *branch_files.first_briefs.values())
    is_allowed = all(f.raw is None and not (f.source.proven or f.source.uncommitted) for f in files)
    return branch_files if is_allowed else None


def _list_files(branch: Branch, history: _History) -> tuple[tuple[LedgerFile, ...], int]:
    """The ledger files that a branch adds, no more than can be read, and how many there are."""
    changes = [c for c in branch.changes if is_ledger_path(c.path) and c.status != "D"]
    # Check-ins have a limit of their own: they must not crowd out packet and brief.
    check_ins = history.by_age(branch, [c for c in changes if b"/status/" in c.path])
    chosen = [c for c in changes if b"/status/" not in c.path][:MOST_FILES] + check_ins[-MOST_FILES:]
    sources = history.sources(branch, [c.path for c in chosen])
    return tuple(_file_of_change(c, source) for c, source in zip(chosen, sources, strict=True)), len(changes)


def _file_of_change(change: Change, source: Source) -> LedgerFile:
    return LedgerFile(path=decode(change.path), mode=change.new_mode, blob=change.new, source=source)


class _History:
    """Which commit touched which ledger file, for all branches at once."""

    def __init__(self, log: Iterable[tuple[str, tuple[Change, ...]]]) -> None:
        self._touched: dict[bytes, list[str]] = {}
        # By commit: so a branch is looked up by its own commits, not in the files of all branches.
        self._briefs: dict[str, list[Change]] = {}
        for commit, changes in log:
            for change in changes:
                self._touched.setdefault(change.path, []).append(commit)
                if change.path.endswith(b"/brief.md") and change.status != "D":
                    self._briefs.setdefault(commit, []).append(change)

    def sources(self, branch: Branch, paths: Iterable[bytes]) -> Iterator[Source]:
        """For each path its source: the branch's newest commit that touched it, as far as that is known.

        For a check-in it is the one that brought it: nobody may edit one, and an edit must not make it newer.
        """
        own = {commit.id: commit for commit in branch.commits}
        line = {commit.id for commit in branch.line}
        for path in paths:
            touched = [c for c in self._touched.get(path, ()) if c in own]
            if b"/status/" in path:
                # On the first-parent line a merge brings what was committed beside it.
                chosen = next((c for c in touched if c in line), next(iter(touched), ""))
            else:
                chosen = next(reversed(touched), "")
            yield _source_of_path(branch, path, own.get(chosen))

    def by_age(self, branch: Branch, changes: Sequence[Change]) -> list[Change]:
        """These changes, oldest first, by the commit of the branch's own line that brought each; then by path."""
        places = {commit.id: place for place, commit in enumerate(reversed(branch.line))}

        def place(change: Change) -> int:
            return min((places[c] for c in self._touched.get(change.path, ()) if c in places), default=0)

        return sorted(changes, key=place)

    def first_briefs(self, branch: Branch) -> dict[str, LedgerFile]:
        """By path, the oldest version of each brief on the branch's first-parent line."""
        briefs: dict[str, LedgerFile] = {}
        for commit in reversed(branch.line):
            for change in self._briefs.get(commit.id, ()):
                if decode(change.path) not in briefs:
                    briefs[decode(change.path)] = _file_of_change(
                        change, _source_of_path(branch, change.path, commit)
                    )
        return briefs


def _source_of_path(branch: Branch, path: bytes, commit: Commit | None) -> Source:
    name = decode(path)
    if commit is None:
        return Source(path=name, ref=branch.name)
    return Source(
        path=name, ref=branch.name, commit=commit.id, at=commit.committed_at, by=commit.author.email
    )


def list_base_files(scratch: Scratch, base: Base, proven: bool) -> list[LedgerFile]:
    """The ledger files on base; `proven` is whether what is there counts as proven."""
    return [
        LedgerFile(
            path=decode(path),
            mode=mode,
            blob=oid,
            source=Source(path=decode(path), ref=base.name, commit=base.head, proven=proven),
        )
        for mode, oid, path in objects.read_tree_entries(scratch.git, base.head, TASKS)
    ]


def read_contents(scratch: Scratch, files: Sequence[LedgerFile]) -> dict[Key, LedgerFile]:
    """The same files by key, with size and content where they can be documents: regular and not too long."""
    blobs = list(dict.fromkeys(f.blob for f in files if f.is_regular))
    sizes = {
        b: size
        for b, (_, kind, size) in zip(blobs, objects.read_object_info(scratch.git, blobs), strict=True)
        if kind == "blob"
    }
    texts = dict(
        objects.read_object_contents(
            scratch.git, [b for b in blobs if sizes.get(b, MOST_BYTES + 1) <= MOST_BYTES]
        )
    )
    return {
        f.key: LedgerFile(
            path=f.path,
            mode=f.mode,
            blob=f.blob,
            source=f.source,
            size=sizes.get(f.blob, 0),
            raw=texts.get(f.blob),
        )
        for f in files
    }


# -- not committed yet --------------------------------------------------------------------


def read_worktree_files(
    git: Git, branch: Branch, committed: Mapping[str, str], object_format: str
) -> list[LedgerFile]:
    """The ledger files of the worktree at `git.cwd` that differ from what its branch has committed.

    `committed` maps paths to blobs. A file is compared, and given, as git would store it. Links are not
    followed: one could lead out of the worktree, to any file that the reader may read.
    """
    found = [_read_file(git.cwd, path, branch, object_format) for path in _walk_ledger(git.cwd)]
    # A file that is byte by byte what was committed is that, whatever the settings are now.
    changed = [file for file in found if committed.get(file.path) != file.blob][:MOST_FILES]
    stored = stored_form.read_stored_forms(git, git.cwd, [f.path for f in changed if f.raw is not None])
    files = [_with_content(file, stored.get(file.path, file.raw), object_format) for file in changed]
    return [file for file in files if committed.get(file.path) != file.blob]


def _read_file(top: Path, path: Path, branch: Branch, object_format: str) -> LedgerFile:
    """A file of a worktree as its bytes are there."""
    name, status = path.relative_to(top).as_posix(), path.stat()
    source = Source(path=name, ref=branch.name, at=int(status.st_mtime), uncommitted=True)
    raw = path.read_bytes() if status.st_size <= MOST_BYTES else None
    file = LedgerFile(path=name, mode="100644", blob="", source=source, size=status.st_size)
    return _with_content(file, raw, object_format)


def _with_content(file: LedgerFile, raw: bytes | None, object_format: str) -> LedgerFile:
    if raw is None:
        return file
    return replace(file, blob=objects.blob_id(raw, object_format), size=len(raw), raw=raw)


def _walk_ledger(folder: Path) -> Iterator[Path]:
    ledger = folder / FOLDER
    if ledger.is_symlink():
        return
    for parent, folders, names in os.walk(folder / TASKS):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path
