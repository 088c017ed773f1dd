"""What came to a branch since one of its commits: commits, files and lines.

Belongs here: comparing the head with a commit that somebody looked at. Does not: whether that is still the same
change (see `freshness`), or what follows from it for a reviewer (see `workflow.review`).
"""

from __future__ import annotations

from agentledger.git import process
from agentledger.git.commits import read_ancestry_outside
from agentledger.git.scratch import Scratch
from agentledger.model.came import Came
from agentledger.model.errors import GitError
from agentledger.model.fleet import Branch
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.text import decode

_NUMSTAT = ("diff-tree", "-r", "-z", "--numstat", "--no-renames", "--ignore-submodules=none")


def read_came_since(scratch: Scratch, branch: Branch, since: str) -> Came:
    """Return what came to a branch since a commit, given by its full id; three processes of git."""
    if since == branch.head:
        return Came(since=since, paths=())
    try:
        rows = read_ancestry_outside(scratch.git, branch.head, since)
        out = process.run(scratch.git, [*_NUMSTAT, since, branch.head])
    except GitError:
        return Came(since=since)
    known = {commit.id: commit for commit in branch.commits}
    commits = tuple(known[row[0]] for row in rows if row[0] in known)
    counts = _read_counts(out)
    own = {change.path for change in branch.changes}
    # Of what came by a merge of base only the branch's own paths are the branch's.
    brought_base = any(row[0] not in known for row in rows) and bool(branch.merge_bases)
    paths = tuple(p for p in counts if not p.startswith(LEDGER_BYTES) and (not brought_base or p in own))
    return Came(
        since=since,
        paths=paths,
        commits=commits,
        added=sum(counts[path][0] for path in paths),
        removed=sum(counts[path][1] for path in paths),
        is_rewritten=not _contains(scratch, branch.head, since),
        brought_base=brought_base,
    )


def _contains(scratch: Scratch, head: str, commit: str) -> bool:
    _, code, _ = process.run_unchecked(scratch.git, ["merge-base", "--is-ancestor", commit, head])
    return code == 0


def _read_counts(out: bytes) -> dict[bytes, tuple[int, int]]:
    """By path, the lines added and removed; 0 for binary files, for which git prints dashes."""
    counts = {}
    for entry in out.split(b"\0")[:-1]:
        added, removed, path = entry.split(b"\t", 2)
        counts[path] = (_number(added), _number(removed))
    return counts


def _number(raw: bytes) -> int:
    return int(decode(raw)) if raw.isdigit() else 0
