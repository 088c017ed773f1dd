"""Store the logs of checks: in the git directory, each under the hash of its content.

Belongs here: the folder, and storing a log as a whole or not at all. Does not: what is in a log (see
`output`).
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path

from agentledger.model.errors import LedgerError
from agentledger.storage import atomic_write

_KEEP = 30 * 86400  # seconds, as long as the cache beside it keeps its entries


def log_folder(common: Path) -> Path:
    """Return the folder of logs in `common`, the git directory that all worktrees share."""
    return common / "agentledger" / "logs"


def store_log(folder: Path, content: bytes) -> str:
    """Store a log; return its SHA-256, which is its name. Logs older than a month are removed.

    Raises LedgerError where it cannot be written, as on a full disk; then nothing of it is left.
    """
    name = hashlib.sha256(content).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_old_logs(folder)
        atomic_write.write_atomically(folder / name, content, prefix="new-")
    except OSError as error:
        message = f"the log of a check cannot be kept in {folder}: {error.strerror}"
        raise LedgerError(message, "make room there, or make it writable; nothing is recorded") from error
    return name


def _remove_old_logs(folder: Path) -> None:
    """Remove old logs, and old parts of logs whose writer was killed."""
    before = time.time() - _KEEP
    for file in folder.iterdir():
        with suppress(OSError):
            if file.stat().st_mtime < before:
                file.unlink()
