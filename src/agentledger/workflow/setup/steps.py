"""Steps: what `init` would do to files, as values that can be shown before they are taken.

Belongs here: the steps, their diff, taking them. Does not: which steps (see `init`, `hooks`), or how they
are taken back (see `init_undo`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from agentledger.model.errors import LedgerError
from agentledger.model.text import decode, escape_hidden

FILE, PROGRAM = 0o644, 0o755


class Write(NamedTuple):
    """A file as it is, and as it will be; None: not there. `mode` is that of a new file."""

    path: Path
    before: bytes | None
    after: bytes | None
    mode: int = FILE


class Move(NamedTuple):
    """A file that gets another name; a link is moved itself."""

    source: Path
    target: Path


Step = Write | Move


def read_content(path: Path) -> bytes | None:
    """What a file holds; None where there is none. LedgerError where it cannot be read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _access_error(path, error) from error


def render_diff(steps: Sequence[Step]) -> str:
    """The steps as a diff that `git apply` would read, but for its full paths; '' for none."""
    return "".join(line for step in steps for line in _render_step(step))


def _render_step(step: Step) -> Iterator[str]:
    if isinstance(step, Move):
        yield f"rename {escape_hidden(str(step.source))}\n    to {escape_hidden(str(step.target))}\n"
        return
    name = escape_hidden(str(step.path))
    before, after = (decode(raw or b"").splitlines() for raw in (step.before, step.after))
    source, target = ("/dev/null" if raw is None else name for raw in (step.before, step.after))
    for line in difflib.unified_diff(before, after, source, target, lineterm=""):
        yield escape_hidden(line).replace("\\x09", "\t") + "\n"


def apply_steps(steps: Sequence[Step]) -> list[Path]:
    """Take the steps, in order; the folders that had to be made for them.

    Raises LedgerError, with what was done so far left as it is, where a file is no longer as it was.
    """
    made: list[Path] = []
    for step in steps:
        path = step.path if isinstance(step, Write) else step.target
        try:
            made += _make_folders(path.parent)
            _apply_step(step)
        except OSError as error:
            raise _access_error(path, error) from error
    return made


def _apply_step(step: Step) -> None:
    if isinstance(step, Move):
        step.source.rename(step.target)
        return
    if read_content(step.path) != step.before:
        raise LedgerError(f"{step.path} was changed by somebody at this moment", "run the command again")
    if step.after is None:
        step.path.unlink()
        return
    # Beside it, then in its place: whoever runs the old one meanwhile keeps it whole.
    target = step.path.resolve()
    new = target.with_name(f".{target.name}.{os.getpid()}")
    new.write_bytes(step.after)
    new.chmod(step.mode if step.before is None else target.stat().st_mode & 0o777)
    new.replace(target)


def _make_folders(folder: Path) -> list[Path]:
    missing = [above for above in (folder, *folder.parents) if not above.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _access_error(path: Path, error: OSError) -> LedgerError:
    said = f"{path}: {error.strerror}"
    return LedgerError(said, "make it readable and writable for you, then run the command again")
