"""The list of branches that hooks check: a file that their shell reads without starting a program.

Belongs here: what is on the list, and keeping it current. Does not: the hooks (see `workflow.setup.hooks`),
or which branches are listed on the board (see `listing`).

The list may have more branches than those with a brief, never fewer: what is not on it is not judged at all.
It is written again whenever a fleet is read. Until then the hooks do not know of a brief that was just
committed and names a branch that no pattern matches.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from agentledger.model.policy import Policy
from agentledger.model.text import encode
from agentledger.model.work import Task
from agentledger.repository import agents

FOLDER = "agentledger-hooks"  # in the git directory that all worktrees share
FILE = "branches"
# Whatever policy says, a branch with such a name works on the task in it (see `agents.task_of_branch`).
_TASKS = ("agent/*", "*/agent/*")
# A pattern with any other character cannot match a branch: neither git nor the hook's shell would take it.
_USABLE = re.compile(r"[^\s\\\x00-\x1f\x7f]+")


def format_hook_branches(policy: Policy, tasks: Iterable[Task], in_clients_folders: Iterable[str]) -> bytes:
    """The content of the list: one pattern a line, in which `*` crosses `/`.

    `in_clients_folders` are the branches in worktrees that clients have made (see `agents.client_of_worktree`).
    """
    named = sorted({*(t.brief.branch for t in tasks if t.brief and t.brief.branch), *in_clients_folders})
    patterns = dict.fromkeys([*_TASKS, *(policy.branches or agents.DEFAULT_PATTERNS), *named])
    return b"".join(encode(p) + b"\n" for p in patterns if _USABLE.fullmatch(p))


def update_hook_branches(
    common: Path, policy: Policy, tasks: Iterable[Task], in_clients_folders: Iterable[str]
) -> None:
    """Write the list, where `agentledger init` has made one that is out of date by now.

    `common` is the git directory that all worktrees share; the rest is as for `format_hook_branches`.
    """
    file = common / FOLDER / FILE
    with contextlib.suppress(OSError):  # a repository that can only be read keeps the list that it has
        content = format_hook_branches(policy, tasks, in_clients_folders)
        if file.read_bytes() != content:
            # Moved into place, since a hook may read the list at this moment.
            new_file = file.with_name(f"{FILE}.{os.getpid()}")
            new_file.write_bytes(content)
            new_file.replace(file)
