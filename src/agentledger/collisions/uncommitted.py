"""What lies uncommitted in the worktrees of branches, as commits of the sealed directory.

Belongs here: whose uncommitted work takes part, and the commit that stands for it. Does not: reading the files (see
`repository.uncommitted_files`), or what that work collides with (see `uncommitted_pairs`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.git.tree_edits import write_edited_trees
from agentledger.model.collisions import Uncommitted
from agentledger.model.fleet import Branch, State
from agentledger.repository.repository_state import Observation
from agentledger.repository.uncommitted_files import Read, Source, read_uncommitted
from agentledger.repository.worktrees import View, directory_of


def write_uncommitted(
    scratch: Scratch, observed: Observation, branches: Iterable[Branch]
) -> tuple[Uncommitted, ...]:
    """Return the uncommitted work on those of the branches that are open here, in order of names.

    Each has a commit on top of the branch's head. The `git status` that was made at the beginning is not made again.
    """
    dirty = [
        branch
        for branch in sorted(branches, key=lambda each: (each.name, each.ref))
        if branch.state is State.OPEN and not branch.detached and branch.ref in observed.dirty
    ]
    failed = {b.ref: why for b in dirty if (why := _why_not(observed, b))}
    ready = [branch for branch in dirty if branch.ref not in failed]
    sources = [_find_source(observed, observed.dirty[branch.ref]) for branch in ready]
    reads = read_uncommitted(scratch, observed.storing, sources)
    written = {work.ref: work for work in _write_commits(scratch, ready, reads)}
    refused = {ref: Uncommitted(ref, "", failed=why) for ref, why in failed.items()}
    works = (written.get(b.ref) or refused.get(b.ref) for b in dirty)
    return tuple(work for work in works if work)


def _why_not(observed: Observation, branch: Branch) -> str:
    """Why what lies in a branch's worktree is not what its next commit would be; '' where it is."""
    view = observed.dirty[branch.ref]
    if view.worktree.dirty is None:
        return "git status fails in its worktree"
    if view.worktree.under_way:
        return f"a {view.worktree.under_way} is under way in its worktree"
    if view.head != branch.head:
        return "its branch has moved meanwhile"
    # The next commit has a second parent then, and what came from there is not this branch's work.
    merging = (directory_of(_top_of(observed, view)) / "MERGE_HEAD").exists()
    return "a merge is under way in its worktree" if merging else ""


def _top_of(observed: Observation, view: View) -> Path:
    return Path(os.path.normpath(observed.home / view.worktree.path))


def _find_source(observed: Observation, view: View) -> Source:
    return Source(replace(observed.git, cwd=_top_of(observed, view)), view.files)


def _write_commits(scratch: Scratch, branches: Sequence[Branch], reads: Sequence[Read]) -> list[Uncommitted]:
    """Write the commits; a worktree with nothing but the ledger's own files gives none."""
    edited = [(branch.head, read.edits) for branch, read in zip(branches, reads, strict=True) if read.edits]
    trees = iter(write_edited_trees(scratch, edited) if edited else ())
    works = []
    for branch, read in zip(branches, reads, strict=True):
        if not read.edits:
            if read.skipped:
                why = "nothing of it can be compared"
                works.append(Uncommitted(branch.ref, "", skipped=read.skipped, failed=why))
            continue
        tree = next(trees)
        work = Uncommitted(branch.ref, "", paths=tuple(sorted(read.edits)), skipped=read.skipped)
        works.append(
            work._replace(failed=tree.reason)
            if isinstance(tree, Failure)
            else work._replace(head=scratch.commit(tree, (branch.head,)))
        )
    return works
