"""What runs here: the versions that a report of a bug needs.

Belongs here: finding them out. Does not: telling them (see `cli.boundary`).
"""

from __future__ import annotations

import platform
from pathlib import Path

from agentledger import __version__
from agentledger.git import process, queries
from agentledger.model.errors import LedgerError


def describe_versions() -> str:
    """One line: agentledger, Python, git and the system; an unusable git is named as such."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"agentledger {__version__}, Python {platform.python_version()}, {_describe_git()}, {system}"


def _describe_git() -> str:
    try:
        return "git " + ".".join(map(str, queries.read_version(process.repository_at(Path(__file__).parent))))
    except LedgerError as error:
        return f"git unusable ({error.message})"
