"""Writes a file so that a crash leaves it either as it was or complete: written aside, then moved into place.

Belongs here: that alone. Does not: making folders, or a message for those who cannot write there.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(
    file: Path, content: bytes, *, aside: Path | None = None, prefix: str = ".new-", mode: int = 0o600
) -> None:
    """Write the content to `file`; even a power cut leaves the old or the new one, whole. May raise OSError.

    The content goes to a file in the folder `aside` first, by default beside `file`, whose name begins with
    `prefix`; a killed process can leave that one behind. `mode` is the mode of `file`.
    """
    handle, name = tempfile.mkstemp(prefix=prefix, dir=aside or file.parent)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
            target.flush()
            # Or the move could reach the disk before the content, and a power cut leave an empty file.
            os.fsync(target.fileno())
        Path(name).chmod(mode)
        Path(name).replace(file)
    except BaseException:  # Ctrl-C as well: an interrupted command leaves no file behind
        Path(name).unlink(missing_ok=True)
        raise
