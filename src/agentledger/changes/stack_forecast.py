"""Whether branches that hold another branch's commits merge, once that one has: the second round of the forecast.

Belongs here: taking away conflicts that are not the branch's own. Does not: the plain merges, from which it
starts (see `forecast`), or finding bridges and grounds (see `bridges`, `stacks`).

The first round merges each head with base alone. Of a branch that stands on another, part of what it says is the
other's: it conflicts where that one does. And of what has landed under another commit, all of it is false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agentledger.changes import bridges as bridging
from agentledger.changes import net_changes
from agentledger.changes.ancestry import History
from agentledger.changes.forecast import merge_pairs
from agentledger.git import merging
from agentledger.git.merging import Merged
from agentledger.git.scratch import Scratch
from agentledger.model.conflict import Conflict, ConflictFile
from agentledger.model.fleet import UNDER_WAY, Base, Branch, Bridge, Fleet, Merger, State
from agentledger.storage.cache import Cache


def forecast_stacks(
    scratch: Scratch, cache: Cache, base: Base, branches: Sequence[Branch], *, history: History, by: Merger
) -> list[Branch]:
    """Return the branches, which the first round has judged; a conflict that is not a branch's own is gone."""
    crossed = _cross(scratch, cache, base, branches, history=history, by=by)
    placed = _judge_on_ground(scratch, base, crossed, by)
    return [placed.get(branch.ref, branch) for branch in crossed]


# -- by way of a bridge ---------------------------------------------------------------


def _cross(
    scratch: Scratch, cache: Cache, base: Base, branches: Sequence[Branch], *, history: History, by: Merger
) -> list[Branch]:
    stuck = [branch for branch in branches if bridging.is_stuck(branch)]
    found = bridging.find_bridges(scratch, cache, history, branches=branches, stuck=stuck)
    crossed = bridging.cross_bridges(scratch, stuck, found)
    verdicts = merge_pairs(scratch, [(base.head, commit) for commit in crossed.values()], by)
    by_ref = dict(zip(crossed, verdicts, strict=True))
    return [_with_bridge(branch, found, by_ref) for branch in branches]


def _with_bridge(branch: Branch, found: Mapping[str, Bridge], verdicts: Mapping[str, Conflict]) -> Branch:
    if branch.ref not in verdicts:
        return branch
    return replace(branch, bridge=found[branch.ref], conflict=verdicts[branch.ref])


def attach_bridges(
    scratch: Scratch, cache: Cache, history: History, fleet: Fleet, branches: Sequence[Branch]
) -> list[Branch]:
    """Return these branches of a fleet that was read without a forecast, those that need one with their bridge."""
    unknown = [b for b in branches if b.conflict is None and b.state in UNDER_WAY and b.merge_bases]
    nets = net_changes.find_net_changes(scratch, fleet.base.head, [b.head for b in unknown], cache)
    stuck = [
        replace(
            b,
            conflict=Conflict(
                False, tuple(ConflictFile(p, "content") for p in sorted(nets[b.head].conflicted))
            ),
        )
        for b in unknown
        if not nets[b.head].failed and not nets[b.head].clean
    ]
    found = bridging.find_bridges(scratch, cache, history, branches=fleet.branches, stuck=stuck)
    crossed = bridging.cross_bridges(scratch, stuck, found)
    return [replace(b, bridge=found[b.ref]) if b.ref in crossed else b for b in branches]


# -- on a branch that has not landed --------------------------------------------------


def _judge_on_ground(
    scratch: Scratch, base: Base, branches: Sequence[Branch], by: Merger
) -> dict[str, Branch]:
    """By ref, the branches that stand on one that is open, judged as if that had merged already."""
    grounds = {branch.ref: branch for branch in branches if branch.merge_bases}
    standing = [
        (branch, grounds[branch.stands_on[0].ref])
        for branch in branches
        if branch.state is State.OPEN
        and branch.merge_bases
        and len(branch.stands_on) == 1
        and branch.stands_on[0].ref in grounds
        and branch.stands_on[0].state in UNDER_WAY
        and not branch.stands_on[0].rewritten
    ]
    lower = list(dict.fromkeys(ground.head for _, ground in standing))
    merged = dict(
        zip(lower, merging.simulate_merges(scratch, [(base.head, head) for head in lower]), strict=True)
    )
    after = {head: _commit_after(scratch, base, head, answer) for head, answer in merged.items()}
    verdicts = merge_pairs(scratch, [(after[ground.head], branch.head) for branch, ground in standing], by)
    return {
        branch.ref: replace(branch, conflict=_keep_own(branch, ground, verdict, merged[ground.head]))
        for (branch, ground), verdict in zip(standing, verdicts, strict=True)
    }


def _commit_after(scratch: Scratch, base: Base, head: str, answer: object) -> str:
    """Base with the lower branch merged; the lower branch alone where that conflicts."""
    if isinstance(answer, Merged) and answer.clean:
        return scratch.commit(answer.tree, (base.head, head))
    return head


def _keep_own(branch: Branch, ground: Branch, verdict: Conflict, below: object) -> Conflict | None:
    """The part of a branch's conflict that is not that of the branch it stands on."""
    if isinstance(below, Merged) and below.clean:
        return verdict
    plain = branch.conflict
    if not isinstance(below, Merged) or plain is None or plain.clean is None or verdict.clean is None:
        return plain
    shared = {path for path, _ in below.stages}
    own = {file.path: file for file in (*verdict.files, *plain.files) if _is_own(file, verdict, shared)}
    if own:
        return Conflict(False, tuple(own[path] for path in sorted(own)))
    return replace(plain, below=ground.name) if plain.clean is False else plain


def _is_own(file: ConflictFile, verdict: Conflict, shared: set[bytes]) -> bool:
    return file in verdict.files or file.path not in shared
