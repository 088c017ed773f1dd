"""The commits that documents name and that their branch does not have: are they in this clone, with which code?

Belongs here: asking git that, for all branches at once. Does not: what follows for a document (see
`attention.trust` and `changes.freshness`).

After a rebase, a reworded commit or a squash, evidence, packet and reviews name such commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agentledger.git import objects
from agentledger.git.code_tree import compute_code_trees
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch
from agentledger.model.work import Named, Work


def attach_named_commits(scratch: Scratch, branches: Sequence[Branch]) -> tuple[Branch, ...]:
    """Return the branches, each with the commits off it that its documents name; two processes, or none."""
    wanted = {branch.ref: _list_off_branch(branch, branch.work) for branch in branches if branch.work}
    known = _read_named(scratch, list(dict.fromkeys(name for names in wanted.values() for name in names)))
    return tuple(_attach(branch, wanted.get(branch.ref, ()), known) for branch in branches)


def list_named_commits(work: Work) -> Iterator[str]:
    """Yield the commits that evidence, reruns, crossings, packet and reviews are about; some of them several times."""
    yield from (run.head for run in (*work.evidence, *work.reruns))
    yield from (record.head for record in work.integrity)
    yield from (review.head for review in work.reviews)
    if work.packet and work.packet.head:
        yield work.packet.head


def _list_off_branch(branch: Branch, work: Work) -> Sequence[str]:
    own = {commit.id for commit in branch.commits}
    return [name for name in dict.fromkeys(list_named_commits(work)) if name and name not in own]


def _read_named(scratch: Scratch, names: Sequence[str]) -> dict[str, Named]:
    # The tree is asked for beside the commit, so that the second process has all of them to read.
    questions = [question for name in names for question in (name, f"{name}^{{tree}}")]
    answers = iter(objects.read_object_info(scratch.git, questions))
    trees = {
        name: tree if tree_kind == "tree" else ""
        for name, (_, kind, _), (tree, tree_kind, _) in zip(names, answers, answers, strict=True)
        if kind == "commit"
    }
    code_trees = compute_code_trees(scratch, [tree for tree in trees.values() if tree]) if trees else {}
    return {name: Named(name, code_trees.get(tree)) for name, tree in trees.items()}


def _attach(branch: Branch, names: Sequence[str], known: dict[str, Named]) -> Branch:
    off_branch = {name: known[name] for name in names if name in known}
    return (
        replace(branch, work=replace(branch.work, off_branch=off_branch))
        if branch.work and off_branch
        else branch
    )
