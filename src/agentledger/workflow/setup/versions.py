"""Names the versions that a bug report needs: agentledger, Python, git and the system.

Belongs here: finding them. Does not: printing them (see `cli.boundary`).
"""

from __future__ import annotations

import platform
from pathlib import Path

from agentledger import __version__
from agentledger.git import process, queries
from agentledger.model.errors import LedgerError


def describe_versions() -> str:
    """One line with all versions; for a git that cannot be used, the reason."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"agentledger {__version__}, Python {platform.python_version()}, {_describe_git()}, {system}"


def _describe_git() -> str:
    try:
        return "git " + ".".join(map(str, queries.read_version(process.repository_at(Path(__file__).parent))))
    except LedgerError as error:
        return f"git unusable ({error.message})"
