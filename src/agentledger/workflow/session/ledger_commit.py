"""Commits ledger files alone, beside whatever is staged, changed or half merged in the same worktree.

Belongs here: writing the files, and making the one commit. Does not: what is in them (see
`report.write_check_in`, `verify.run_checks`, `handover.write_packet`), or whose branch it is (see
`agent_context`).

`git commit --only` refuses during a merge, runs hooks, and may ask for a passphrase; this does none of that. A kill
at any point does no harm, because of the order: the file in the worktree, its blob, the index, then the branch. A
process killed in between leaves a staged ledger file, which the next commit takes along; the other order would leave
a staged deletion. Run again, it continues where it stopped.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentledger.control import signing
from agentledger.control.append import PLAIN
from agentledger.control.commit_writer import New, read_identity, write_blobs, write_commit
from agentledger.git import process, queries
from agentledger.git.leftovers import LockedError, make_lock_error, read_lock_age
from agentledger.git.objects import blob_id
from agentledger.git.process import UNHOOKED, Git
from agentledger.git.queries import Place
from agentledger.git.races import AGAIN, STALE, Writer, retry, wait_for_turn
from agentledger.git.stored_form import read_stored_forms
from agentledger.model.errors import GitError, LedgerError
from agentledger.model.policy import CommitRules
from agentledger.model.text import decode, encode, escape_hidden
from agentledger.repository.bases import HEADS
from agentledger.storage import atomic_write

# Seconds to wait for a held lock of the index: a commit in a large repository holds it for some.
PATIENCE = 10.0
# Seconds between two looks, at a lock or at the index.
_PAUSE = 0.05
# Looks at most, so that a busy worktree cannot keep this going for ever: ten seconds of pauses.
_TRIES = 200
# Looks in a row that must find the files in place before they count as settled: where nobody else was seen
# at work, and where somebody was.
_LOOKS, _LOOKS_BUSY = 2, 6

# Contents by path from the top of the worktree; None removes the file.
Contents = Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Committed:
    """The commit, and the files that it added or changed.

    `commit` is None where git would not write: then the files are in the worktree, uncommitted, `why` is
    git's reason, and `remedy` the command that removes what is in git's way ('' where none is known).
    """

    commit: str | None
    files: tuple[str, ...]
    why: str = ""
    remedy: str = ""
    #: Why the commit is not signed where the user's git signs all; '' where it is, or is not to be.
    unsigned: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the command has to say about the commit."""
        return (self.unsigned,) if self.unsigned else ()

    def how_to_collect(self, task: str) -> str:
        """The commands by which the files are committed after all."""
        return (
            f"{self.remedy}; then agentledger collect {task}"
            if self.remedy
            else f"agentledger collect {task}"
        )


def commit_files(
    git: Git, branch: str, files: Contents, message: str, rules: CommitRules = PLAIN
) -> Committed:
    """Write these files in the worktree around `git`, and commit them on `branch`, which is checked out there.

    Everything else in the worktree and the index stays as it is. Where git cannot write (a sandbox, a lock
    that is never released), the files stay in the worktree and the result says why. `rules` are the repository's
    for such commits; they are signed where and as the user's git signs all commits. Raises LedgerError, and
    nothing is committed, where the worktree cannot be written, or git knows no author.
    """
    place = queries.locate_repository(git)
    if place.top is None:
        raise LedgerError("there is no worktree here", "go into the worktree of an agent's branch")
    who = read_identity(git)
    # All paths are checked before the first file is written: a refusal leaves nothing behind.
    for path in files:
        _refuse_link(git, place.top, path)
    kept = _list_kept(git, place.top, files)
    for path, content in files.items():
        if path not in kept:
            _write_file(place, place.top / path, content)
    try:
        write_blobs(git, [content for content in files.values() if content is not None])
        # One agentledger at a time: then only the agent's own commits can get in between.
        with wait_for_turn(place.directory / "agentledger"):
            _stage_files(git, place, files)
            pending = _Ours(
                git=git,
                place=place,
                branch=branch,
                files=files,
                new=New((), files, message, who=who, tip="", rules=rules, form=signing.choose_form(git)),
            )
            commit = pending.settle(pending.write())
    except GitError as error:
        return Committed(
            None, tuple(files), error.message, error.remedy if isinstance(error, LockedError) else ""
        )
    return Committed(commit, tuple(files), unsigned=pending.unsigned)


# -- the worktree ------------------------------------------------------------------------


def _refuse_link(git: Git, top: Path, path: str) -> None:
    """Raise LedgerError where a folder on the way is a symbolic link: the file would end up somewhere else."""
    for folder in [*(top / path).parents]:
        if folder == top:
            return
        if folder.is_symlink():
            message = f"{escape_hidden(str(folder.relative_to(top)))} is a symbolic link, where the ledger keeps files"
            raise LedgerError(
                message, f"take it away: {_removal_command(git, top, folder)}; then run this again"
            )


def _removal_command(git: Git, top: Path, link: Path) -> str:
    """What takes a link away, and brings back the folder that git has there, if it has one."""
    name = link.relative_to(top).as_posix()
    listed = process.run(git, ["ls-files", "-s", "-z", "--", f":(top,literal){name}"])
    shown = shlex.quote(escape_hidden(str(link)))
    if listed.startswith(b"120000"):
        return f"git rm -q -- {shown}"
    return f"rm {shown} && git checkout -- {shown}" if listed else f"rm {shown}"


def _list_kept(git: Git, top: Path, files: Contents) -> set[str]:
    """The paths whose file in the worktree has other bytes, and is what git would store as just this content.

    So it is with line ends, `ident` or a filter: the file is as its agent reads it, and stays.
    """
    there = {path: _read_if_there(top / path) for path, content in files.items() if content is not None}
    other = [path for path, raw in there.items() if raw is not None and raw != files[path]]
    stored = read_stored_forms(git, top, other)
    return {path for path in other if stored.get(path) == files[path]}


def _read_if_there(file: Path) -> bytes | None:
    """Its bytes; None where there is no regular file that can be read."""
    try:
        return file.read_bytes() if not file.is_symlink() else None
    except OSError:
        return None


def _write_file(place: Place, file: Path, content: bytes | None) -> None:
    """Write or remove one file, whole or not at all. Raises LedgerError where that is impossible."""
    try:
        if content is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace_file(place, file, content)
    except OSError as error:
        message = f"{escape_hidden(str(file))} cannot be written: {error.strerror}"
        raise LedgerError(message, "make the worktree writable, then run this again") from error


def _replace_file(place: Place, file: Path, content: bytes) -> None:
    """Replace a file by way of a temporary one in the git directory, which no `git status` shows.

    Where the temporary file cannot be there, it goes beside the file.
    """
    for folder in (place.directory, file.parent):
        try:
            atomic_write.write_atomically(file, content, aside=folder, prefix="agentledger-", mode=0o644)
        except OSError:  # the git directory is read-only in a sandbox, or on another file system
            if folder == file.parent:
                raise
        else:
            return


# -- index and branch --------------------------------------------------------------------


def _stage_files(git: Git, place: Place, files: Contents) -> None:
    """Put the files into the index. Raises GitError, with the lock's age, where somebody holds it too long.

    The blobs are there already, so their ids are enough; nothing else in the index is touched.
    """
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
        _, code, reason = process.run_unchecked(git, [*UNHOOKED, "update-index", "-z", "--index-info"], lines)
        if not code:
            return
        # git's words for a held lock may change, so the lock file itself shows whether there is one. A lock
        # that was released just now is no longer seen; a few more tries cost less than giving up.
        refused = 0 if lock.exists() else refused + 1
        # One that is older than any git needs will not go by itself.
        if refused > AGAIN or time.monotonic() > until or read_lock_age(lock) > STALE:
            if lock.exists():
                raise make_lock_error(lock, place)
            raise GitError(f"git cannot write its index: {reason}", "fix what it names, then run this again")
        time.sleep(_PAUSE)


@dataclass(slots=True, kw_only=True)
class _Ours:
    """One commit of ours on its way to the branch."""

    git: Git
    place: Place
    #: The short name of the branch.
    branch: str
    files: Contents
    #: The commit to make, still without a parent.
    new: New
    #: Every tip that the branch was seen at, and '' where the index had lost the files. More than one of
    #: them means that somebody else is at work in this worktree.
    seen_tips: list[str] = field(default_factory=list)
    #: Why the commit is not signed where it was to be; '' for no reason.
    unsigned: str = ""

    def write(self) -> str:
        """Commit the files on top of wherever the branch is now; return the commit that has them."""

        def once() -> str:
            self.seen_tips.append(tip := self._tip())
            if _has_files(self.git, tip, self.new):
                return tip
            made = write_commit(self.git, self.branch, self.new._replace(parents=(tip,), tip=tip))
            self.unsigned = made.unsigned
            return made.commit

        return retry(Writer(self.place, HEADS + self.branch), once)

    def _tip(self) -> str:
        arguments = ["rev-parse", "--verify", f"{HEADS}{self.branch}^{{commit}}"]
        return decode(process.run(self.git, arguments)).strip()

    def settle(self, commit: str) -> str:
        """Wait until index and branch keep the files; return the commit that has them in the end.

        `git commit` reads the index before it locks it. So a commit that began before the files were staged
        can put back an index without them, however late, and the commit after that would then remove the
        files. Nothing shows that such a commit is on its way. So this looks again after a pause, and several
        times where somebody was seen at work.
        """
        steady_looks = 0
        for _ in range(_TRIES):
            if not self._is_in_index():
                _stage_files(self.git, self.place, self.files)
                self.seen_tips.append("")
                steady_looks = 0
            tip = self._tip()
            if tip != commit:
                self.seen_tips.append(tip)
                if not _has_files(self.git, tip, self.new):
                    commit, steady_looks = self.write(), 0
            steady_looks += 1
            if steady_looks == (_LOOKS if len(set(self.seen_tips)) < 2 else _LOOKS_BUSY):
                break
            time.sleep(_PAUSE)
        return commit

    def _is_in_index(self) -> bool:
        """Does the index have the files, with the worktree's file times?"""
        # Without the refresh, `git diff-files` and other plumbing would show the files as changed.
        process.run_unchecked(self.git, [*UNHOOKED, "update-index", "-q", "--refresh"])
        names = [f":/{path}" for path in self.files]
        output = process.run(self.git, ["ls-files", "-s", "-z", "--full-name", "--", *names])
        return _parse_blob_ids(output, 1) == _expected_blob_ids(self.files, self.place.object_format)


def _has_files(git: Git, tip: str, new: New) -> bool:
    """Does a commit have these files already? An agent's own commit can take along what we just staged."""
    output = process.run(git, ["ls-tree", "-z", "-r", "--full-tree", tip, "--", *new.changes])
    contents = {path: content for path, content in new.changes.items() if isinstance(content, bytes)}
    return _parse_blob_ids(output, 2) == _expected_blob_ids(contents, "sha1" if len(tip) == 40 else "sha256")


def _parse_blob_ids(output: bytes, field: int) -> dict[bytes, bytes]:
    """Blob ids by path, from lines of `mode … id …`, a tab and the path; `field` counts words before the tab."""
    lines = (line.partition(b"\t") for line in output.split(b"\0"))
    return {path: entry.split()[field] for entry, _, path in lines if entry}


def _expected_blob_ids(files: Contents, object_format: str) -> dict[bytes, bytes]:
    """Blob ids by path, as git has to list them once the files are in; a removed file is not listed."""
    return {
        encode(path): blob_id(content, object_format).encode()
        for path, content in files.items()
        if content is not None
    }
