"""Counts the stashes of each branch: work that is put away, in no commit of the branch.

Belongs here: which branch a stash was made on. Does not: what is in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from agentledger.git import queries
from agentledger.git.process import Git
from agentledger.git.queries import Ref

# `git stash` writes the first, `git stash push -m` the second. A branch's name has no colon.
_MADE_ON = re.compile(r"(?:WIP on|On) ([^:]+): ")


def count_stashes(git: Git, refs: Sequence[Ref]) -> dict[str, int]:
    """By branch, without `refs/heads/`, how many stashes were made on it; `refs` are the repository's."""
    # Most repositories have none, and need no process to know it.
    if not any(ref.name == queries.STASH for ref in refs):
        return {}
    matches = map(_MADE_ON.match, queries.read_stash_messages(git))
    return dict(Counter(match[1] for match in matches if match))
