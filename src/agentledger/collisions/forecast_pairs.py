"""Compare all branches that merge into base, two by two: the whole of what `model.collisions.Collisions` has.

Belongs here: which branches take part, and putting the parts together. Does not: which pairs can conflict (see
`pair_filter`), merging them (see `merge_pairs`), or what else is found about two branches (see `hints`, `copies`,
`uncommitted`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentledger.changes.ancestry import History
from agentledger.git.scratch import Scratch
from agentledger.model.collisions import Collisions
from agentledger.model.fleet import Branch, Fleet
from agentledger.storage.cache import Cache


def forecast_pairs(
    scratch: Scratch,
    cache: Cache,
    fleet: Fleet,
    *,
    branches: Sequence[Branch],
    history: History,
    only: str,
    progress: Callable[[str, int, int], None],
) -> Collisions:
    """Return what was found about the pairs of these branches of a fleet, whose merges with base are known.

    `only` is the ref of the branch whose pairs are asked for; '' for all. `progress` is called with a stage in words,
    what is done of it, and the total.
    """
    return Collisions()
