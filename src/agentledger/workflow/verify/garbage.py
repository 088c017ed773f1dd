"""Puts one line of garbage in the place of the source files that a task may change: a check that reads them fails then.

Belongs here: which files those are, and writing it. Does not: running checks on that (see `measure_checks`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from agentledger.git.objects import read_files
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.model.file_kind import is_data
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.policy import Policy
from agentledger.model.text import encode, format_path
from agentledger.scope.task_scope import Scope, first_match
from agentledger.workflow.verify.base_run import STEERING

# No language that we know of takes this for a program: brackets that close nothing, and two open texts.
GARBAGE = b""")]} '"\n"""
MOST_FILES = 5000  # in whose place it is put; with some left out, a check might read only those
_PLAIN_MODES = ("100644", "100755")


def list_source_files(git: Git, commit: str, scope: Scope, policy: Policy) -> tuple[bytes, ...]:
    """The files of a commit that the scope covers and that are neither tests, generated, documents nor data."""
    spared = tuple(map(encode, (*policy.tests, *policy.generated)))
    return tuple(
        path
        for path, (mode, _) in read_files(git, commit).items()
        if mode in _PLAIN_MODES
        and _is_source(path)
        and scope.holds(path)
        and first_match(spared, path) is None
    )


def list_owned_files(git: Git, commit: str, scope: Scope) -> list[bytes]:
    """All files of a commit that the scope covers."""
    return [path for path in read_files(git, commit) if scope.holds(path)]


def _is_source(path: bytes) -> bool:
    name = path.rpartition(b"/")[2]
    return not (
        path.startswith(LEDGER_BYTES)
        # A dot file, or one without an ending, is seldom what a test loads.
        or b"." not in name.lstrip(b".")
        or name.startswith(b".")
        # Garbage in data says nothing about code.
        or is_data(path)
        or STEERING.fullmatch(path)
    )


def lay_garbage(folder: Path, paths: Sequence[bytes]) -> None:
    """Write the garbage into these files below `folder`. Raises LedgerError where one cannot be written."""
    top = folder.resolve()
    for path in paths:
        file = folder / os.fsdecode(path)
        # What ran here before may have put a link in the way.
        if file.is_symlink() or not file.resolve().is_relative_to(top):
            raise LedgerError(f"{format_path(path)} is a link now", "a check has put it there")
        try:
            file.unlink(
                missing_ok=True
            )  # a hard link into a package manager's store would be written through
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(GARBAGE)
        except OSError as error:
            message = f"{format_path(path)} cannot be written in a temporary worktree: {error.strerror}"
            raise LedgerError(message, "look at the space in the folder of temporary files") from error
