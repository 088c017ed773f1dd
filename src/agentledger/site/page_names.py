"""The file name of each page: readable, unique, and safe on every file system.

Belongs here: names. Does not: what is on the pages (see `pages`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from agentledger.model.fleet import Branch
from agentledger.model.text import encode

INDEX, ENDED, PATHS, LEDGER = "index.html", "ended.html", "paths.js", "ledger.json"
CHECK_INS, ATOM = "check-ins.html", "check-ins.atom"
NEW_TASK = "new-task.html"
COLLISIONS, MERGE_ORDER = "collisions.html", "merge-order.html"
FOLDER = "branch"
SLUG = 48  # characters of a branch's name; with folder, hash and ending far below every file system's limit


def name_pages(branches: Sequence[Branch]) -> dict[str, str]:
    """Map each branch's ref to its page's path without the ending: `branch/claude-login-1a2b3c4d`.

    The hash is of the branch's name, so that a page keeps its address when the branch is pushed, or deleted
    on one side. Two branches with the same result (by accident or on purpose) both get the whole hash of
    their ref instead.
    """
    short = {branch.ref: _page_name(branch.name, branch.name, 8) for branch in branches}
    taken = Counter(short.values())
    return {
        branch.ref: short[branch.ref]
        if taken[short[branch.ref]] == 1
        else _page_name(branch.name, branch.ref, 64)
        for branch in branches
    }


def _page_name(name: str, identity: str, digits: int) -> str:
    slug = re.sub("[^a-z0-9]+", "-", name.lower())[:SLUG].strip("-")
    return f"{FOLDER}/{slug or 'x'}-{sha256(encode(identity)).hexdigest()[:digits]}"
