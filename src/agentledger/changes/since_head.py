"""What changed on a branch since one of its own earlier commits, as after a review of that one.

Belongs here: those changes, in place of the branch's own. Does not: which commit that is, or showing them.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from agentledger.changes.line_counts import count_lines
from agentledger.git.diffs import read_changes
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch
from agentledger.storage.cache import Cache


def narrow_to_commits_since(scratch: Scratch, cache: Cache, branch: Branch, commit: str) -> Branch | None:
    """Return the branch with what changed since `commit` as its changes, lines counted.

    None where that commit is not on the branch's own line any more, or git cannot compare the two. Where base was
    merged in since, only files that the branch itself changes are left: the others are base's.
    """
    ids = [each.id for each in branch.line]
    if commit not in ids:
        return None
    (changes,) = read_changes(scratch.git, [(commit, branch.head)])
    if isinstance(changes, Failure):
        return None
    since = itertools.takewhile(lambda each: each.id != commit, branch.line)
    own = {change.path for change in branch.changes}
    if any(len(each.parents) > 1 for each in since):
        changes = tuple(change for change in changes if change.path in own)
    (counted,) = count_lines(scratch, cache, [replace(branch, changes=changes)])
    return counted
