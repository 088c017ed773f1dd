"""The web address of a repository, from the address of its remote. Pure."""

from __future__ import annotations

import re

# Hosts whose pages we know how to link to; a self-hosted one shows by its name.
KINDS = (
    ("github", "github"),
    ("gitlab", "gitlab"),
    ("gitea", "gitea"),
    ("codeberg", "gitea"),
    ("forgejo", "gitea"),
)

_SCP = re.compile(r"(?:[^@/\s]+@)?([\w.-]+):(?!//)([\w./~+-]+)")
_URL = re.compile(r"(?:https?|ssh|git)://(?:[^@/\s]+@)?([\w.-]+)(?::\d+)?/([\w./~+-]+)")


def web_address(remote: str) -> str | None:
    """`git@github.com:o/r.git` → `https://github.com/o/r`; None for a host that is not known.

    A user name, a password and a port never get through.
    """
    found = _URL.fullmatch(remote) or _SCP.fullmatch(remote)
    if not found or forge_kind(found[1]) is None:
        return None
    return f"https://{found[1].lower()}/{found[2].strip('/').removesuffix('.git')}"


def forge_kind(address: str) -> str | None:
    """Which forge answers at this address or host: `github`, `gitlab`, `gitea`, or None."""
    host = re.sub(r"^https://", "", address).partition("/")[0].lower()
    return next((name for part, name in KINDS if part in host), None)
