"""The push gate: every ref of a push, judged before anything leaves this machine.

Belongs here: reading what git says about the push, and which rules go for which ref. Does not: rules, or
how a fleet is read (see `snapshot`).

git gives a line a ref on standard input: local ref, local id, remote ref, remote id (githooks(5)). An id of
zeros, of whatever length, stands for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from agentledger import snapshot
from agentledger.bases import HEADS
from agentledger.findings import Finding, Gate
from agentledger.gates import here as surroundings
from agentledger.model import Branch
from agentledger.rules.case import Ref
from agentledger.snapshot import Request, Snapshot
from agentledger.work import Progress


def refs(lines: Iterable[str]) -> list[Ref]:
    """The refs that a push would move; what cannot be read as a line of git's is left out."""
    found = []
    for line in lines:
        words = line.split(" ")
        if len(words) == 4 and words[1]:
            new = words[1] if words[1].strip("0") else None
            found.append(Ref(words[2].rstrip("\n"), new))
    return found


def check(outer: Mapping[str, str], cwd: Path, lines: Iterable[str]) -> tuple[Finding, ...]:
    """What the rules find in a push with these lines on its standard input. Raises LedgerError."""
    moved = refs(lines)
    if not moved:
        return ()
    here = surroundings.look(outer, cwd)
    pushed = tuple((ref.name, ref.new) for ref in moved if ref.name.startswith(HEADS) and ref.new)
    request = Request(heads=pushed, forecast=False, rules=False)
    with snapshot.opened(cwd, request) as taken:
        return tuple(_judged(taken, moved, here.branch, here.place.directory != here.place.common))


def _judged(taken: Snapshot, moved: list[Ref], own: str, linked: bool) -> Iterator[Finding]:
    by_ref = {branch.ref: branch for branch in taken.fleet.branches}
    for branch in [by_ref[ref.name] for ref in moved if ref.new and ref.name in by_ref]:
        if branch.work is not None:
            yield from taken.findings([branch], _gate(branch))[branch.ref]
    # In the main checkout a manager may stand on an agent's branch; a worktree of its own is the agent's.
    mine = by_ref.get(HEADS + own)
    if linked and mine is not None and mine.work is not None:
        yield from taken.foreign(mine, tuple(moved))


def _gate(branch: Branch) -> Gate:
    said = branch.standing is not None and branch.standing.progress in (Progress.READY, Progress.APPROVED)
    return Gate.READY if said else Gate.PUSH
