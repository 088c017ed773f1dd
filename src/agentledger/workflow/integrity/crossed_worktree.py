"""A fresh worktree in which one side's tests stand beside the other side's code.

Belongs here: laying the tree into it, and making sure that it holds what the tree says. Does not: what is in the
tree (see `sides`), or making and removing the worktree (see `workflow.verify.fresh_worktree`).

The worktree is at the commit of the code; tree and folders of the crossing are in the sealed directory alone, and
git takes them from there, so that nothing of a crossing is left in the user's repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.errors import LedgerError
from agentledger.workflow.integrity.sides import Files
from agentledger.workflow.verify.clean_worktree import format_paths
from agentledger.workflow.verify.exact_checkout import find_altered_paths
from agentledger.workflow.verify.fresh_worktree import fresh_worktree

_PLAIN = (*process.UNHOOKED, "-c", "core.fsmonitor=false", "-c", "core.sparseCheckout=false")


@contextmanager
def crossed_worktree(
    git: Git, place: Place, sealed: Git, commit: str, tree: str, files: Files
) -> Iterator[Path]:
    """Make a worktree at `commit`, give it the `tree` with these `files`, and remove it when the block ends.

    Raises GitError where git cannot make it, and LedgerError where it would hold other files than the tree has.
    """
    with fresh_worktree(git, place, commit) as folder:
        _lay_tree(git, sealed, folder, tree)
        altered = find_altered_paths(Git(folder, git.env), folder, files)
        if altered:
            raise LedgerError(
                f"tests laid on {commit[:12]} have other content here than their commit: {format_paths(altered)}",
                "git config --show-scope --get-regexp '^filter' shows filters of this clone",
            )
        yield folder


def _lay_tree(git: Git, sealed: Git, folder: Path, tree: str) -> None:
    env = {**git.env, "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quote(str(sealed.cwd / "objects"))}
    at = process.with_lazy_fetch(Git(folder, env))
    process.run(at, [*_PLAIN, "read-tree", "-u", "--reset", tree])


def _quote(folder: str) -> str:
    """As git reads a path that may hold a colon."""
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
