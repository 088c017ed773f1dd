"""The steps of `agentledger init`: changes to files, as values that can be shown before they are made.

Belongs here: the steps, their diff, taking them. Does not: which steps (see `init`, and the modules in
`setup.hooks`), or how they are undone (see `uninstall`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from agentledger.model.errors import LedgerError
from agentledger.model.text import decode, escape_hidden

FILE, PROGRAM = 0o644, 0o755  # modes of new files


class Write(NamedTuple):
    """A file's content now, and afterwards; None where it does not exist. `mode` is for a new file."""

    path: Path
    before: bytes | None
    after: bytes | None
    mode: int = FILE


class Move(NamedTuple):
    """A file that gets a different name; a symbolic link is moved itself."""

    source: Path
    target: Path


class Link(NamedTuple):
    """A symbolic link that is made, or removed; `target` is where it leads, from its own folder."""

    path: Path
    target: str
    made: bool


Step = Write | Move | Link


def read_content(path: Path) -> bytes | None:
    """The content of a file, None without one. Raises LedgerError where it cannot be read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _access_error(path, error) from error


def render_diff(steps: Sequence[Step]) -> str:
    """The steps as a unified diff, with full paths; '' for none. It is for reading, not for `git apply`."""
    return "".join(line for step in steps for line in _render_step(step))


def _render_step(step: Step) -> Iterator[str]:
    """The lines of one step's diff."""
    if isinstance(step, Move):
        yield f"rename {escape_hidden(str(step.source))}\n    to {escape_hidden(str(step.target))}\n"
        return
    if isinstance(step, Link):
        verb = "link" if step.made else "remove the link"
        yield f"{verb} {escape_hidden(str(step.path))}\n    to {escape_hidden(step.target)}\n"
        return
    name = escape_hidden(str(step.path))
    before, after = (decode(raw or b"").splitlines() for raw in (step.before, step.after))
    source, target = ("/dev/null" if raw is None else name for raw in (step.before, step.after))
    for line in difflib.unified_diff(before, after, source, target, lineterm=""):
        # A tab is an ordinary part of a file; everything else that hides is spelled out.
        yield escape_hidden(line).replace("\\x09", "\t") + "\n"


def apply_steps(steps: Sequence[Step]) -> list[Path]:
    """Take the steps in order; return the folders that had to be made for them.

    Raises LedgerError where a file was changed since the plan was made, or cannot be written; the steps before
    it stay done.
    """
    created_folders: list[Path] = []
    for step in steps:
        path = step.target if isinstance(step, Move) else step.path
        try:
            created_folders += _make_folders(path.parent)
            _apply_step(step)
        except OSError as error:
            raise _access_error(path, error) from error
    return created_folders


def _apply_step(step: Step) -> None:
    """Take one step. Raises OSError, and LedgerError where the file was changed since."""
    if isinstance(step, Move):
        step.source.rename(step.target)
        return
    if isinstance(step, Link):
        if step.made:
            step.path.symlink_to(step.target)
        else:
            step.path.unlink()
        return
    if read_content(step.path) != step.before:
        raise LedgerError(f"{step.path} was changed by somebody at this moment", "run the command again")
    if step.after is None:
        step.path.unlink()
        return
    # Written beside the file, then put in its place: a hook that runs meanwhile keeps the old one whole. Of a
    # symbolic link, the file that it leads to is replaced, and the link stays.
    target = step.path.resolve()
    new = target.with_name(f".{target.name}.{os.getpid()}")
    new.write_bytes(step.after)
    new.chmod(step.mode if step.before is None else target.stat().st_mode & 0o777)
    new.replace(target)


def _make_folders(folder: Path) -> list[Path]:
    """Make the folder; return those that were missing, the outermost first."""
    missing = [above for above in (folder, *folder.parents) if not above.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _access_error(path: Path, error: OSError) -> LedgerError:
    """The error for a file that cannot be read or written."""
    message = f"{path}: {error.strerror}"
    return LedgerError(message, "make it readable and writable for you, then run the command again")
