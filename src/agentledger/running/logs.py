"""Where the logs of checks are: in the git directory, each under the hash of what is in it.

Belongs here: keeping one, whole or not at all, and finding it. Does not: what is in it.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path

from agentledger.model.errors import LedgerError
from agentledger.storage import atomic_write

_KEEP = 30 * 86400  # seconds, as the cache beside it


def log_folder(common: Path) -> Path:
    """The folder of logs, in the git directory that all worktrees share."""
    return common / "agentledger" / "logs"


def store_log(folder: Path, content: bytes) -> str:
    """Store a log, and give its SHA-256, which is its name. Logs of over a month ago go.

    Raises LedgerError where it cannot be written, a full disk included; then nothing of it is left.
    """
    name = hashlib.sha256(content).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_old_logs(folder)
        atomic_write.write_atomically(folder / name, content, prefix="new-")
    except OSError as error:
        told = f"the log of a check cannot be kept in {folder}: {error.strerror}"
        raise LedgerError(told, "make room there, or make it writable; nothing is recorded") from error
    return name


def _remove_old_logs(folder: Path) -> None:
    """Remove what is old, and what was being written by a process that was killed."""
    before = time.time() - _KEEP
    for file in folder.iterdir():
        with suppress(OSError):
            if file.stat().st_mtime < before:
                file.unlink()
