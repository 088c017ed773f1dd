"""Says on which systems agentledger runs, before anything is imported that others lack.

Belongs here: that one question, and its sentence. Does not: what differs between the systems it runs on.
Nothing is imported but what every Python has loaded already: hooks ask first of all.
"""

from __future__ import annotations

import os

UNSUPPORTED = (
    "agentledger does not run on Windows: it needs POSIX file locks and process groups; "
    "inside WSL it runs as on Linux"
)


def is_supported() -> bool:
    """Is this a POSIX system, such as Linux or macOS?"""
    return os.name == "posix"
