"""Brings the code that the rules read about a branch, where a partial clone lacks it.

Belongs here: which files those are, for all branches that are about to be judged. Does not: the ledger's documents,
which are read before (see `ledger.gather`), or fetching as such (see `git.promised`).

Without it git cannot merge, and what a change hides is not looked for: verdicts would be made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentledger.changes.merge_blobs import Merge, find_merge, list_change_blobs, list_merge_blobs
from agentledger.git import diffs
from agentledger.git.promised import Promised
from agentledger.git.scratch import Scratch
from agentledger.ledger.named_commits import list_named_commits
from agentledger.model.absent import Absent, make_absent_error
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.text import decode, escape_hidden


def bring_code(promised: Promised, scratch: Scratch, fleet: Fleet, branches: Sequence[Branch]) -> bool:
    """Fetch what judging these branches reads of their code; False where all of it was here.

    Raises Unjudged where some of it does not come. In a full clone, and for a view, nothing is asked.
    """
    readable = [branch for branch in branches if branch.state is not State.UNREADABLE]
    if not promised.remotes or not readable:
        return False
    paths = {blob: path for path, blob in _list_blobs(scratch, fleet, readable)}
    lacking = promised.find_missing(paths)
    if missing := promised.bring(lacking):
        names = ", ".join(escape_hidden(branch.name) for branch in readable[:3])
        absent = [
            Absent(path=decode(paths[blob]), ref=readable[0].name, blob=blob, remote=promised.remotes[0])
            for blob in missing
        ]
        raise make_absent_error(absent, f"not judged: {names}", promised.failure)
    return bool(lacking)


def _list_blobs(scratch: Scratch, fleet: Fleet, branches: Sequence[Branch]) -> Iterator[tuple[bytes, str]]:
    for branch in branches:
        yield from list_change_blobs(branch.changes)
    yield from list_merge_blobs(scratch, list(_list_merges(scratch, fleet, branches)))
    # A check-in is compared with what it was at first.
    for _, changes in diffs.read_ledger_log(scratch.git, [b.head for b in branches], fleet.base.head):
        yield from list_change_blobs(c for c in changes if b"/status/" in c.path)


def _list_merges(scratch: Scratch, fleet: Fleet, branches: Sequence[Branch]) -> Iterator[Merge]:
    """Every merge that the rules try: with base as it is and as it was at a review, and a branch's own again."""
    base = fleet.base.head
    for branch in branches:
        yield from (Merge(merge_base, base, branch.head) for merge_base in branch.merge_bases)
        pairs = [(base, head) for head in _list_described_heads(branch)]
        packet = branch.work.packet if branch.work else None
        # *Files touched* is about the base of that day.
        if packet and packet.base and packet.head:
            pairs.append((packet.base, packet.head))
        pairs += [(commit.parents[0], parent) for commit in branch.commits for parent in commit.parents[1:]]
        for left, right in dict.fromkeys(pairs):
            if merge := find_merge(scratch.git, left, right):
                yield merge


def _list_described_heads(branch: Branch) -> Iterator[str]:
    """The earlier heads that packet, evidence and reviews are about, on the branch or not, where they are here."""
    work = branch.work
    if work:
        here = {commit.id for commit in branch.commits} | work.off_branch.keys()
        yield from (head for head in list_named_commits(work) if head in here and head != branch.head)
