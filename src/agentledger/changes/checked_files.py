"""The files of a branch that its checks look at.

Belongs here: which those are, for `verify` and for whoever judges what it recorded. Does not: which of them a
command asks for (see `scope.changed_globs`).
"""

from __future__ import annotations

from agentledger.changes.net_changes import Net
from agentledger.model.fleet import Branch


def changed_files(branch: Branch, net: Net) -> list[bytes]:
    """Return the paths of a branch's own net change that exist at its head, in order."""
    existing_paths = set(branch.existing_code_paths)
    # `net` is what merging would change; where git cannot merge, all that the branch changed counts.
    return sorted(existing_paths if net.failed else existing_paths & net.paths)
