"""A file that is there whole, or as it was: written aside, made to last, then moved to its place.

Belongs here: that alone. Does not: making folders, or words for who cannot write there.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(
    file: Path, content: bytes, *, aside: Path | None = None, prefix: str = ".new-", mode: int = 0o600
) -> None:
    """Put the content in `file`, which a power cut leaves as it was or as it will be. May raise OSError.

    It is written in the folder `aside` first, by default beside `file`, under a name with `prefix`: what a
    kill leaves there is no part of anything. `mode` is that of the file.
    """
    handle, name = tempfile.mkstemp(prefix=prefix, dir=aside or file.parent)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        Path(name).chmod(mode)
        Path(name).replace(file)
    except BaseException:  # Ctrl-C as well: who is interrupted leaves nothing behind
        Path(name).unlink(missing_ok=True)
        raise
