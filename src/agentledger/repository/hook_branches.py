"""Which branches the hooks look at: a list that a shell reads without starting a program.

Belongs here: what is on the list, and keeping it current. Does not: the hooks (see `workflow.hooks`), or
which branches are listed on the board (see `listing`).

The list may hold more than the branches that have a brief, never fewer: what is not on it is not judged at
all. It is written anew whenever a fleet is read; until then a brief that was just committed, and names a
branch that is called like nobody's, is not known to the hooks.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from agentledger.model.ledger import Policy
from agentledger.model.text import encode
from agentledger.model.work import Task
from agentledger.repository import agents

FOLDER = "agentledger-hooks"  # in the git directory that all worktrees share
FILE = "branches"
# Whatever policy says, a branch of such a name works on the task that it names (see `agents.task_of`).
_TASKS = ("agent/*", "*/agent/*")
# What a shell, or git, would not take for a name or a pattern of names cannot match any branch.
_USABLE = re.compile(r"[^\s\\\x00-\x1f\x7f]+")


def format_hook_branches(policy: Policy, tasks: Iterable[Task]) -> bytes:
    """The list: a pattern a line, in which `*` crosses `/`."""
    named = sorted({t.brief.branch for t in tasks if t.brief and t.brief.branch})
    patterns = dict.fromkeys([*_TASKS, *(policy.branches or agents.DEFAULT_PATTERNS), *named])
    return b"".join(encode(p) + b"\n" for p in patterns if _USABLE.fullmatch(p))


def update_hook_branches(common: Path, policy: Policy, tasks: Iterable[Task]) -> None:
    """Write the list where `agentledger init` has put one, and it is no longer true."""
    file = common / FOLDER / FILE
    with contextlib.suppress(OSError):  # a repository that only can be read keeps the list that it has
        wanted = format_hook_branches(policy, tasks)
        if file.read_bytes() != wanted:
            new = file.with_name(f"{FILE}.{os.getpid()}")
            new.write_bytes(wanted)
            new.replace(file)
