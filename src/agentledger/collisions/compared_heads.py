"""The commits that are compared, and whose they are.

Belongs here: from branches to the commits by which they merge. Does not: comparing them (see `forecast_pairs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.changes import bridges
from agentledger.changes.net_changes import Ahead, Net
from agentledger.collisions.pair_values import name_key
from agentledger.collisions.where import Where
from agentledger.model.fleet import Branch, Change


class Heads(NamedTuple):
    """Commits that merge into base: what each changes there, and the branches that end there, in one order."""

    nets: Mapping[str, Net]
    members: Mapping[str, Sequence[Branch]]


def find_heads(where: Where, branches: Sequence[Branch]) -> dict[str, list[Branch]]:
    """Map the commits to merge to the branches that end there: their heads, or where they have a bridge, behind it."""
    by_ref = {b.ref: b.bridge for b in branches if b.bridge}
    bridged = [b for b in branches if b.bridge]
    crossed = bridges.cross_bridges(where.scratch, bridged, by_ref) if bridged else {}
    heads: dict[str, list[Branch]] = {}
    for branch in sorted(branches, key=name_key):
        heads.setdefault(crossed.get(branch.ref, branch.head), []).append(branch)
    return heads


def list_ahead(base: str, heads: Mapping[str, Sequence[Branch]]) -> dict[str, Ahead]:
    """Return those of the heads that base is an ancestor of, with the changes that their branches show."""
    return {
        head: Ahead(branch.commits[0].tree, tuple(map(_drop_counts, branch.changes)))
        for head, (branch, *_) in heads.items()
        # A branch that stands on another one shows its changes against that one.
        if branch.head == head and branch.merge_bases == (base,) and branch.commits and not branch.stands_on
    }


def _drop_counts(change: Change) -> Change:
    return change._replace(added=None, removed=None, binary=None)


def keep_clean(nets: Mapping[str, Net], heads: Mapping[str, Sequence[Branch]]) -> Heads:
    """Return the heads that merge into base."""
    members = {head: each for head, each in heads.items() if nets[head].clean and not nets[head].failed}
    return Heads({head: nets[head] for head in members}, members)
