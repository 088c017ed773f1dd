"""What takes many commands to make: made once, and copied for each test.

Belongs here: the copy. Does not: what is made (see `approved` and `honest`). The fixture `templates` of `conftest`
is where the originals are.
"""

from __future__ import annotations

import copy
import os
import subprocess
import tempfile
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

Made = TypeVar("Made")


def copied(templates: Path, folder: Path, make: Callable[..., Made], **options: Hashable) -> Made:
    """What `make(folder, **options)` returns; only the first test of a process makes it, below `templates`."""
    original, value = _made(templates, make, tuple(options.items()))
    copy_folder(original, folder)
    mine: Made = copy.deepcopy(value)
    _move(mine, original, folder, set())
    return mine


def copy_folder(original: Path, folder: Path) -> None:
    """Everything below a folder, to another: git and `init` write down where they are, so that is put right."""
    subprocess.run(["cp", "-a", f"{original}/.", str(folder)], check=True)
    old, new = os.fsencode(original), os.fsencode(folder)
    for top, inside, names in os.walk(folder):
        inside[:] = [name for name in inside if name != "objects"]
        for name in names:
            _put_right(Path(top, name), old, new)


@cache
def _made(
    templates: Path, make: Callable[..., Any], options: tuple[tuple[str, Hashable], ...]
) -> tuple[Path, Any]:
    original = Path(tempfile.mkdtemp(dir=templates))
    return original, make(original, **dict(options))


def _move(value: object, original: Path, folder: Path, done: set[int]) -> None:
    """Paths below the original that objects of the tests hold, such as that of a `Repo`."""
    if id(value) in done or not hasattr(value, "__dict__"):
        return
    done.add(id(value))
    for name, part in vars(value).items():
        if isinstance(part, Path) and part.is_relative_to(original):
            setattr(value, name, folder / part.relative_to(original))
        else:
            _move(part, original, folder, done)


def _put_right(file: Path, old: bytes, new: bytes) -> None:
    if file.is_symlink() or file.suffix == ".db":
        return
    text = file.read_bytes()
    if old in text:
        file.write_bytes(text.replace(old, new))
