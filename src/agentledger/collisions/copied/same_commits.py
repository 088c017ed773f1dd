"""Choose the commits of many branches that may be on another one, too, and group those that are one change.

Belongs here: which commits are compared, and when two are the same. Does not: the patch of a file (see
`patch_digests`), or which branches that concerns (see `copies`).

Two commits are one change where they remove and add the same lines of the same files, have the same author, and

- the same author's time, which cherry-pick, rebase and am keep; or
- agree in the lines around those, too, and the functions in which they are, and have the same subject, or say enough:
  many write the same version number, let the same program write a file, or delete one.

What two different people wrote is no copy: of 65 equal patches of two authors, in all unmerged pull requests of five
projects, about 57 came of the same formatter, of the same template, or by chance, as far as subjects and paths tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agentledger.changes import net_changes
from agentledger.changes.net_changes import Line
from agentledger.collisions.copied.patch_digests import Digest, read_digests
from agentledger.collisions.where import Where
from agentledger.git.blob_pairs import GITLINK, Pair
from agentledger.model.file_kind import is_generated
from agentledger.model.fleet import Branch, Change, Commit
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.policy import Policy
from agentledger.model.text import encode
from agentledger.scope.task_scope import first_match

# The newest commits of a branch that are compared.
MOST_COMMITS = 200
# So many bytes of changed lines, without white space, that nobody writes twice by chance.
LEAST_BYTES = 80


class Candidate(NamedTuple):
    """A commit that may be on another branch, too: what it changed, and the branches that have it."""

    commit: Commit
    changes: tuple[Change, ...]
    branches: tuple[Branch, ...]


def group_same_commits(where: Where, policy: Policy, branches: Sequence[Branch]) -> list[list[Candidate]]:
    """Return the groups of commits of these branches that are one change; a commit may be in several of them."""
    candidates = _drop_lone_shapes(_list_candidates(where, branches))
    pairs = (pair for each in candidates for change in each.changes if (pair := _pair_of(change)))
    return _group_same(policy, candidates, read_digests(where.scratch, where.cache, pairs))


# -- which commits ----------------------------------------------------------------------


def _list_candidates(where: Where, branches: Sequence[Branch]) -> list[Candidate]:
    """List the plain commits of these branches that change more than the ledger."""
    holders: dict[str, list[Branch]] = {}
    commits: dict[str, Commit] = {}
    for branch in branches:
        # What was merged in was made elsewhere: on another branch, or on a newer base than the one that is here.
        for commit in branch.line[:MOST_COMMITS]:
            # What a merge changed is its parents' work; a root commit has nothing to differ from.
            if len(commit.parents) == 1 and commit.id not in branch.borrowed:
                commits[commit.id] = commit
                holders.setdefault(commit.id, []).append(branch)
    lines = {commit.id: [Line(commit.id, commit.parents)] for commit in commits.values()}
    owns = net_changes.find_own_changes(where.scratch, lines, where.cache) if lines else {}
    candidates = []
    for name, own in owns.items():
        changes = (change for _, change in own.newest.values() if not change.path.startswith(LEDGER_BYTES))
        if not own.failed and (code := tuple(changes)):
            candidates.append(Candidate(commits[name], code, tuple(holders[name])))
    return candidates


def _drop_lone_shapes(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Keep the commits that change the same files as another one does: only these are worth reading."""
    shapes: dict[tuple[tuple[bytes, str, str], ...], list[Candidate]] = {}
    for candidate in candidates:
        shape = tuple((change.path, change.old_mode, change.new_mode) for change in candidate.changes)
        shapes.setdefault(shape, []).append(candidate)
    return [
        candidate
        for same in shapes.values()
        if len(same) > 1 and len({b.ref for each in same for b in each.branches}) > 1
        for candidate in same
    ]


def _pair_of(change: Change) -> Pair | None:
    """Return the blobs whose lines say what a change does; None where its ids do, or its modes alone."""
    if GITLINK in (change.old_mode, change.new_mode) or change.old == change.new:
        return None
    return Pair(change.old, change.new)


# -- the same change --------------------------------------------------------------------


def _group_same(
    policy: Policy, candidates: Iterable[Candidate], digests: Mapping[Pair, Digest]
) -> list[list[Candidate]]:
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    spared = (*map(encode, policy.open), *map(encode, policy.generated))
    for candidate in candidates:
        commit, changes = candidate.commit, candidate.changes
        read = [_digest_change(change, digests) for change in changes]
        lines = tuple((change.path, digest.lines) for change, digest in zip(changes, read, strict=True))
        whole = tuple((change.path, digest.whole) for change, digest in zip(changes, read, strict=True))
        size = _count_written(changes, read, spared)
        groups.setdefault((commit.author, commit.at, lines), []).append(candidate)
        # By name: a forge that squashes puts another address.
        if size:
            groups.setdefault((commit.author.name, commit.subject, whole), []).append(candidate)
        if size >= LEAST_BYTES:
            groups.setdefault((commit.author.name, whole), []).append(candidate)
    return [same for same in groups.values() if len(same) > 1]


def _digest_change(change: Change, digests: Mapping[Pair, Digest]) -> Digest:
    pair = _pair_of(change)
    if pair is not None:
        return digests[pair]
    ids = f"{change.old} {change.new}"
    # The path and both modes are equal already, so of a change of modes nothing is left to tell.
    return Digest("", "", 0) if change.old == change.new else Digest(ids, ids, 0)


def _count_written(changes: Iterable[Change], digests: Iterable[Digest], spared: tuple[bytes, ...]) -> int:
    """Count the bytes that somebody wrote: nobody writes a deletion, or a file that a program makes."""
    return sum(
        digest.size
        for change, digest in zip(changes, digests, strict=True)
        if digest.size > 0
        and change.status != "D"
        and not is_generated(change.path)
        and first_match(spared, change.path) is None
    )
