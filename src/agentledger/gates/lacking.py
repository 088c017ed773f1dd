"""Brings what the commit gate reads and a partial clone lacks, or says that it did not come.

Belongs here: the files that this gate reads, one stage after the other. Does not: what the other gates read (see
`fleet.snapshot`), or fetching as such (see `git.promised`). In a full clone nothing here starts a process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentledger.changes.merge_blobs import find_merge, list_merge_blobs
from agentledger.git.process import run_unchecked
from agentledger.git.promised import Promised
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths
from agentledger.model.absent import Absent, make_absent_error
from agentledger.model.fleet import Base
from agentledger.model.text import decode


def require_files(promised: Promised, files: Sequence[Absent]) -> None:
    """Fetch these files. Raises LedgerError where some do not come."""
    missing = set(promised.bring(each.blob for each in files))
    lost = [each for each in files if each.blob in missing or not each.blob]
    if lost:
        raise make_absent_error(lost, "the commit was not judged", promised.failure)


def require_blobs(promised: Promised, blobs: Iterable[tuple[str, str]], ref: str) -> None:
    """Fetch these paths' blobs, as the branch `ref` has them. Raises LedgerError as above."""
    for remote in promised.remotes[:1]:
        files = [Absent(path=path, ref=ref, blob=blob, remote=remote) for path, blob in blobs]
        require_files(promised, files)


def bring_briefs(promised: Promised, scratch: Scratch, tips: Iterable[str], base: Base) -> None:
    """Fetch every brief of the manager's: any of them may name the branch. Raises LedgerError as above."""
    listed: list[Absent] = []
    for commit in (*tips, base.head):
        ref = base.name if commit == base.head else "the control branch"
        # All trees are read, since a clone without them would seem to have no brief.
        folders = [ledger_paths.CONTROL_TASKS, ledger_paths.TASKS]
        out, code, _ = run_unchecked(scratch.git, ["ls-tree", "-r", "-z", commit, "--", *folders])
        remote = promised.remotes[0]
        if code:
            listed.append(Absent(path=ledger_paths.CONTROL_TASKS, ref=ref, blob="", remote=remote))
        for token in out.split(b"\0")[:-1]:
            entry, _, path = decode(token).partition("\t")
            if path.endswith("/brief.md"):
                listed.append(Absent(path=path, ref=ref, blob=entry.split(" ")[2], remote=remote))
    require_files(promised, listed)


def bring_merge(promised: Promised, scratch: Scratch, base: str, commit: str) -> None:
    """Fetch what merging a commit with base reads. What does not come makes git fail, and the gate stricter."""
    merge = find_merge(scratch.git, base, commit) if promised.remotes else None
    if merge:
        promised.bring(blob for _, blob in list_merge_blobs(scratch, [merge]))
