"""Turns the address of a git remote into the web address of its repository.

Belongs here: pure functions on addresses. Does not: addresses of pages at a forge (see `site.forge_links`).
"""

from __future__ import annotations

import re

# Part of a host's name, and the kind of forge: a self-hosted one is known where its name says what it is.
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

    A user name, a password and a port are left out: the address is shown on pages.
    """
    match = _URL.fullmatch(remote) or _SCP.fullmatch(remote)
    if not match or forge_kind(match[1]) is None:
        return None
    return f"https://{match[1].lower()}/{match[2].strip('/').removesuffix('.git')}"


def forge_kind(address: str) -> str | None:
    """The kind of forge at a web address or host: `github`, `gitlab`, `gitea`, or None."""
    host = re.sub(r"^https://", "", address).partition("/")[0].lower()
    return next((name for part, name in KINDS if part in host), None)
