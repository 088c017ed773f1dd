"""What git would store of files in a work tree: their content after line ends, `ident` and filters.

Belongs here: asking git for that. Does not: which files (see `ledger.ledger_files`), or storing them.

The worktree's own attributes and the user's settings take part, as in `git add`: without them a checkout with
`core.autocrlf` would look as if every file in it had been changed. Nothing is written into the repository.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.git.process import Git, run_unchecked
from agentledger.model.text import decode, encode

# With `core.safecrlf` git would refuse what it would have to warn of.
_SETTINGS = ("-c", "core.safecrlf=false")


def read_stored_forms(git: Git, top: Path, paths: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of these files below `top` as `git add` would store them, by path; one process.

    Left out are paths with a line break, and all of them where git fails, as for a filter that does.
    """
    # git takes a path a line, and one that begins with a quote for a C string.
    plain = [path for path in paths if "\n" not in path and not path.startswith('"')]
    if not plain:
        return {}
    with tempfile.TemporaryDirectory(prefix="agentledger-") as name:
        env = {**git.env, "GIT_OBJECT_DIRECTORY": name}
        asked = b"".join(encode(path) + b"\n" for path in plain)
        # Into a folder of objects of its own, where no object is known yet, so that each is written.
        command = [*_SETTINGS, "hash-object", "-w", "--stdin-paths"]
        output, code, _ = run_unchecked(replace(git, cwd=top, env=env), command, asked)
        blobs = decode(output).split()
        if code or len(blobs) != len(plain):
            return {}
        return {path: _read_loose_blob(Path(name), blob) for path, blob in zip(plain, blobs, strict=True)}


def _read_loose_blob(objects: Path, blob: str) -> bytes:
    return zlib.decompress((objects / blob[:2] / blob[2:]).read_bytes()).partition(b"\0")[2]
