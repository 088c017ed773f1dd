"""Repositories that take many commands to make: made once, and copied for each test.

Belongs here: the copy. Does not: what is made (see `approved` and `honest`). The fixture `templates` of `conftest`
is where the originals are.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def copy(made: Path, folder: Path) -> None:
    """Everything below a folder, to another: git and `init` write down where they are, so that is put right."""
    subprocess.run(["cp", "-a", f"{made}/.", str(folder)], check=True)
    old, new = os.fsencode(made), os.fsencode(folder)
    for top, inside, names in os.walk(folder):
        inside[:] = [name for name in inside if name != "objects"]
        for name in names:
            _put_right(Path(top, name), old, new)


def _put_right(file: Path, old: bytes, new: bytes) -> None:
    if file.is_symlink() or file.suffix == ".db":
        return
    text = file.read_bytes()
    if old in text:
        file.write_bytes(text.replace(old, new))
