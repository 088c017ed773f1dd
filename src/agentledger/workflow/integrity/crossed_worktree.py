"""Lays a tree in which one side's tests stand beside the other side's code into a fresh worktree.

Belongs here: that, and making sure that the worktree holds what the tree says. Does not: what is in the tree (see
`sides`), or making and removing the worktree (see `workflow.verify.fresh_worktree`).

The worktree stays at the commit of the code; the trees of the crossing are in the sealed directory alone, and git takes
them from there, so that nothing of a crossing is left in the user's repository.
"""

from __future__ import annotations

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.workflow.integrity.sides import Files
from agentledger.workflow.verify.clean_worktree import format_paths
from agentledger.workflow.verify.exact_checkout import find_altered_paths

_PLAIN = (*process.UNHOOKED, "-c", "core.fsmonitor=false", "-c", "core.sparseCheckout=false")


def lay_tree(at: Git, sealed: Git, tree: str, files: Files) -> None:
    """Give the worktree at `at.cwd` the `tree`, which has these `files`.

    Raises GitError where git cannot do that, and LedgerError where it would hold other files than the tree has.
    """
    env = {**at.env, "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quote(str(sealed.cwd / "objects"))}
    with_trees = process.with_lazy_fetch(Git(at.cwd, env))
    process.run(with_trees, [*_PLAIN, "read-tree", "-u", "--reset", tree])
    altered = find_altered_paths(at, at.cwd, files)
    if altered:
        raise LedgerError(
            f"tests of another commit have other content in a worktree here than there: {format_paths(altered)}",
            "git config --show-scope --get-regexp '^filter' shows filters of this clone",
        )


def _quote(folder: str) -> str:
    """As git reads a path that may hold a colon."""
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
