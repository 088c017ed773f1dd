"""The output folder: may it be written, and by one process at a time.

Belongs here: refusing folders that are not ours, the lock, and messages about disk errors. Does not: what is
written, or in which order (see `write`).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from agentledger.model.errors import OutputError
from agentledger.site import manifest

LOCK = ".agentledger-site.lock"
STAGING = ".staging-"
PATIENCE = 10.0  # seconds to wait for another build
SUBFOLDERS = ("branch",)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OTHER = "Choose another folder with --out."


@contextlib.contextmanager
def explain_disk_errors(out: Path) -> Iterator[None]:
    """Turn a disk error in the block into an OutputError that explains it."""
    try:
        yield
    except OSError as error:
        is_full = error.errno in _FULL
        reason = "the disk is full" if is_full else (error.strerror or str(error)).lower()
        hint = (
            f"Free some space, or choose another folder with --out ({error.strerror})." if is_full else _OTHER
        )
        raise OutputError(f"The site cannot be written to {out}: {reason}.", hint) from error


def make_output_folder(out: Path) -> Path:
    """The folder to publish in, made if it is not there. Raises OutputError, as `check_output_folder` does."""
    root = check_output_folder(out)
    root.mkdir(parents=True, exist_ok=True)
    return root


def check_output_folder(out: Path) -> Path:
    """The absolute path of the folder to publish in, after checking that it may be used; it need not exist.

    Raises OutputError for a folder that agentledger did not make, or that leads elsewhere by a link.
    """
    root = _locate_folder(out)
    has_other_files = root.is_dir() and any(
        not path.name.startswith((LOCK, STAGING)) for path in root.iterdir()
    )
    if has_other_files and manifest.read_manifest(root) is None:
        raise OutputError(f"{out} is not empty, and agentledger did not make it.", _OTHER)
    for name in SUBFOLDERS:
        if (root / name).is_symlink() or ((root / name).exists() and not (root / name).is_dir()):
            raise OutputError(
                f"{out}/{name} is not a plain folder; writing there could lead elsewhere.",
                "Remove it, or choose another folder with --out.",
            )
    return root


def _locate_folder(out: Path) -> Path:
    if out.is_symlink():
        target = shlex.quote(os.path.realpath(out))
        raise OutputError(f"{out} is a symbolic link.", f"Give the folder itself: --out {target}")
    root = out.resolve()
    if root.exists() and not root.is_dir():
        raise OutputError(f"{out} is a file, not a folder.", _OTHER)
    if any(part.casefold() == ".git" for part in root.parts):
        raise OutputError(f"{out} lies inside a .git folder, which is git’s own.", _OTHER)
    if any(map(_is_git_directory, (root, *root.parents))):
        raise OutputError(f"{out} lies inside a bare repository, which is git’s own.", _OTHER)
    if (root / ".git").exists():
        raise OutputError(f"{out} is the top of a git repository.", "Choose a folder inside it with --out.")
    return root


def _is_git_directory(path: Path) -> bool:
    """Is it a git directory, by the signs that git itself uses?"""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


@contextlib.contextmanager
def lock_folder(root: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the folder's lock in the block. Raises OutputError where another build has it for `patience` seconds."""
    path = root / LOCK
    handle = _acquire_lock(path, time.monotonic() + patience)
    try:
        os.ftruncate(handle, 0)
        os.write(handle, b"%d\n" % os.getpid())
        yield
    finally:
        # Removed while the lock is held: a process that has just opened this file then sees that it is
        # gone, and opens a new one (see `_is_same_file`).
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquire_lock(path: Path, until: float) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_same_file(path, handle):
                return handle
        except BlockingIOError:
            if time.monotonic() > until:
                raise _busy_error(handle) from None
            time.sleep(0.05)
        os.close(handle)


def _is_same_file(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _busy_error(handle: int) -> OutputError:
    match = re.match(rb"\d+", os.pread(handle, 20, 0))
    os.close(handle)
    holder = f"process {match[0].decode()}" if match else "another process"
    return OutputError(f"The site is being built by {holder}.", "Try again when it is done.")


def clear_staging(root: Path) -> None:
    """Remove what interrupted builds left behind. Call it under the lock, or it removes a running build's files."""
    for path in root.glob(f"{STAGING}*"):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            shutil.rmtree(path)
