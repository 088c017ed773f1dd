"""The `{changed:GLOB}` of a check's command, and which changed files they match.

Belongs here: finding them, and whether any file matches. Does not: filling them in (see `running.changed_files`),
or which files changed (see `changes.checked_files`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from agentledger.model.text import encode
from agentledger.scope.patterns import matches_path

CHANGED = re.compile(r"\{changed:([^{}]*)\}")


def list_globs(command: str) -> list[str]:
    """Return the globs of a command, each once."""
    return list(dict.fromkeys(CHANGED.findall(command)))


def has_nothing_to_run(command: str, paths: Iterable[bytes]) -> bool:
    """Is the command only for changed files, and none of these paths is one of them?"""
    globs = [encode(glob) for glob in list_globs(command)]
    return bool(globs) and not any(matches_path(glob, path) for path in paths for glob in globs)
