"""A commit of ledger files alone, beside whatever is staged, changed or half merged in the same worktree.

Belongs here: writing the files, and the one commit. Does not: what is in them (see `report`, `verify`,
`packet`), or whose branch it is (see `at_work`).

`git commit --only` refuses during a merge, runs hooks and signs; this asks nobody anything. The order is
what a kill can do no harm in: the file in the worktree, its blob, the index, then the branch. A process
killed in between leaves a staged ledger file, which the next commit of anybody takes along; the other way
round it would leave a staged deletion. Run again, it goes on from wherever it stopped.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentledger.control.commit_writer import New, read_identity, write_blobs, write_commit
from agentledger.git import process, queries
from agentledger.git.process import UNHOOKED, Git
from agentledger.git.queries import Place
from agentledger.git.races import AGAIN, Writer, retry, wait_for_turn
from agentledger.model.errors import GitError, LedgerError
from agentledger.model.text import decode, encode, escape_hidden, format_age
from agentledger.repository.bases import HEADS
from agentledger.storage import atomic_write

# How long a held lock of the index is waited for, in seconds: a commit of a large repository takes some.
PATIENCE = 10.0
_PAUSE = 0.05
_TRIES = 200
# After how many looks in a row that find everything in place it is taken to stay, a pause between two: where
# nobody else was seen at work, and where somebody was.
_LOOKS, _LOOKS_BUSY = 2, 6

# Contents by path from the top of the worktree; None removes the file.
Contents = Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Committed:
    """The commit, and the files that it added or changed. `commit` is None where git would not write: then
    the files lie in the worktree, uncommitted, and `why` has git's reason.
    """

    commit: str | None
    files: tuple[str, ...]
    why: str = ""


def commit_files(asked: Git, branch: str, files: Contents, message: str) -> Committed:
    """Write these files in the worktree around `asked`, and commit them on the branch checked out there.

    Everything else in the worktree and the index stays as it is. Where git cannot write (a sandbox, a lock
    that is never released), the files stay in the worktree. Raises LedgerError, and nothing is committed,
    when the worktree cannot be written, or git does not know who commits.
    """
    place = queries.locate_repository(asked)
    if place.top is None:
        raise LedgerError("there is no worktree here", "go into the worktree of an agent's branch")
    who = read_identity(asked)
    for path in files:
        _refuse_link(place.top, path)
    for path, content in files.items():
        _write_file(place, place.top / path, content)
    try:
        write_blobs(asked, [content for content in files.values() if content is not None])
        # One of ours at a time: what is left to look out for are the agent's own commits.
        with wait_for_turn(place.directory / "agentledger"):
            _stage_files(asked, place, files)
            ours = _Ours(
                asked=asked,
                place=place,
                branch=branch,
                files=files,
                new=New((), files, message, who=who, tip=""),
            )
            made = ours.settle(ours.write())
    except GitError as error:
        return Committed(None, tuple(files), error.message)
    return Committed(made, tuple(files))


# -- the worktree ------------------------------------------------------------------------


def _refuse_link(top: Path, path: str) -> None:
    """LedgerError where a folder on the way is a link, which would lead the file to somewhere else."""
    for folder in [*(top / path).parents]:
        if folder == top:
            return
        if folder.is_symlink():
            told = f"{escape_hidden(str(folder.relative_to(top)))} is a symbolic link, where the ledger keeps files"
            raise LedgerError(told, "put a folder in its place: git checkout HEAD -- .agentledger")


def _write_file(place: Place, file: Path, content: bytes | None) -> None:
    """One file as it should be, whole or not at all."""
    try:
        if content is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace_file(place, file, content)
    except OSError as error:
        told = f"{escape_hidden(str(file))} cannot be written: {error.strerror}"
        raise LedgerError(told, "make the worktree writable, then run this again") from error


def _replace_file(place: Place, file: Path, content: bytes) -> None:
    """By a temporary file in the git directory, which no status shows; beside it where that is impossible."""
    for folder in (place.directory, file.parent):
        try:
            atomic_write.write_atomically(file, content, aside=folder, prefix="agentledger-", mode=0o644)
        except OSError:
            if folder == file.parent:
                raise
        else:
            return


# -- index and branch --------------------------------------------------------------------


def _stage_files(asked: Git, place: Place, files: Contents) -> None:
    """The files in the index; GitError with the lock's age where somebody holds it for too long."""
    lines = b"".join(
        b"%s %s\t%s\0"
        % (
            b"0" if content is None else b"100644",
            blob_id(content or b"", place.object_format).encode(),
            encode(path),
        )
        for path, content in files.items()
    )
    lock, refused, until = place.directory / "index.lock", 0, time.monotonic() + PATIENCE
    while True:
        _, code, reason = process.run_unchecked(
            asked, [*UNHOOKED, "update-index", "-z", "--index-info"], lines
        )
        if not code:
            return
        # git's words for a held lock may change: whether there is one, the folder tells. One that has just
        # been released is no longer seen, so a few more tries cost less than giving up.
        refused = 0 if lock.exists() else refused + 1
        if refused > AGAIN or time.monotonic() > until:
            raise GitError(_describe_lock(lock, reason), "run this again")
        time.sleep(_PAUSE)


@dataclass(slots=True, kw_only=True)
class _Ours:
    """The commit to be made, and where its branch was seen: in several places when others are at work."""

    asked: Git
    place: Place
    branch: str
    files: Contents
    new: New
    seen: list[str] = field(default_factory=list)

    def write(self) -> str:
        """The branch with the files on top of wherever it is now; the commit that has them."""

        def once() -> str:
            self.seen.append(tip := self._tip())
            if _has_files(self.asked, tip, self.new):
                return tip
            return write_commit(self.asked, self.branch, self.new._replace(parents=(tip,), tip=tip))

        return retry(Writer(self.place, HEADS + self.branch), once)

    def _tip(self) -> str:
        asked = ["rev-parse", "--verify", f"{HEADS}{self.branch}^{{commit}}"]
        return decode(process.run(self.asked, asked)).strip()

    def settle(self, made: str) -> str:
        """See that index and branch keep the files; the commit that has them in the end.

        `git commit` reads the index before it locks it. So one that began before the files were staged can
        put back an index without them, however late, and the next one would then take the files away.
        Nothing tells that such a one is on its way, so this looks again after a while, and several times
        where somebody was seen at work.
        """
        good = 0
        for _ in range(_TRIES):
            if not self._is_in_index():
                _stage_files(self.asked, self.place, self.files)
                self.seen.append("")
                good = 0
            tip = self._tip()
            if tip != made:
                self.seen.append(tip)
                if not _has_files(self.asked, tip, self.new):
                    made, good = self.write(), 0
            good += 1
            if good == (_LOOKS if len(set(self.seen)) < 2 else _LOOKS_BUSY):
                break
            time.sleep(_PAUSE)
        return made

    def _is_in_index(self) -> bool:
        """Has the index the files, and does it know how they lie in the worktree?"""
        process.run_unchecked(self.asked, [*UNHOOKED, "update-index", "-q", "--refresh"])
        names = [f":/{path}" for path in self.files]
        listed = process.run(self.asked, ["ls-files", "-s", "-z", "--full-name", "--", *names])
        return _parse_blob_ids(listed, 1) == _expected_blob_ids(self.files, self.place.object_format)


def _describe_lock(lock: Path, reason: str) -> str:
    try:
        held = format_age(int(time.time() - lock.stat().st_mtime))
    except OSError:
        return f"git cannot write its index: {reason}"
    return f"{escape_hidden(str(lock))} has been held for {held}: by a git at work, or by one that was killed"


def blob_id(content: bytes, object_format: str) -> str:
    """The id that git gives these bytes."""
    return hashlib.new(object_format, b"blob %d\0" % len(content) + content).hexdigest()


def _has_files(asked: Git, tip: str, new: New) -> bool:
    """Does a commit hold these files already? An agent's own can take along what has just been staged."""
    listed = process.run(asked, ["ls-tree", "-z", "-r", "--full-tree", tip, "--", *new.changes])
    contents = {path: content for path, content in new.changes.items() if isinstance(content, bytes)}
    return _parse_blob_ids(listed, 2) == _expected_blob_ids(contents, "sha1" if len(tip) == 40 else "sha256")


def _parse_blob_ids(listed: bytes, field: int) -> dict[bytes, bytes]:
    """By path, the id that git lists in this field of `mode … id …`, a tab and the path."""
    lines = (line.partition(b"\t") for line in listed.split(b"\0"))
    return {path: entry.split()[field] for entry, _, path in lines if entry}


def _expected_blob_ids(files: Contents, object_format: str) -> dict[bytes, bytes]:
    return {
        encode(path): blob_id(content, object_format).encode()
        for path, content in files.items()
        if content is not None
    }
