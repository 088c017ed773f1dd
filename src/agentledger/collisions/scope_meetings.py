"""Which branches may come to change the same files, since their briefs let them, though they have not yet.

Belongs here: comparing the scopes of open branches, each two different ones once. Does not: what they did change (see
`forecast_pairs`), whether two patterns meet (see `scope.automata`), or stopping anybody (see `rules.fleet`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from agentledger.model.collisions import Collisions, Grade, Pair
from agentledger.model.fleet import Branch, State
from agentledger.scope.automata import TooComplexError
from agentledger.scope.task_scope import Meeting, Scope, find_near_scopes

# Where two scopes meet; a text where nobody can tell.
_Met = Meeting | str | None


def find_scope_meetings(
    branches: Sequence[Branch],
    scopes: Mapping[str, Scope],
    collisions: Collisions,
    *,
    open_: tuple[bytes, ...] = (),
    only: str = "",
) -> tuple[Pair, ...]:
    """Return the pairs of open branches whose scopes, by ref, meet, and that have no file in common yet.

    A path that a pattern of `open_` matches is none of anybody. `only` is the ref whose pairs alone are wanted.
    """
    by_scope: dict[Scope, list[Branch]] = {}
    for branch in sorted(branches, key=lambda b: (b.name, b.ref)):
        if branch.ref in scopes and branch.state is State.OPEN and branch.at_rest is None:
            by_scope.setdefault(scopes[branch.ref], []).append(branch)
    already = _Already(collisions)
    pairs = (
        _build_pair(one, other, met)
        for mine, theirs, met in _compare_scopes(by_scope, open_, only)
        for one, other in (
            combinations(by_scope[mine], 2) if mine is theirs else product(by_scope[mine], by_scope[theirs])
        )
        if (not only or only in (one.ref, other.ref)) and not already.has(one.ref, other.ref)
    )
    return tuple(sorted(pairs, key=lambda pair: (pair.rivals, pair.a, pair.b)))


def _compare_scopes(
    by_scope: Mapping[Scope, Sequence[Branch]], open_: tuple[bytes, ...], only: str
) -> Iterator[tuple[Scope, Scope, Meeting | str]]:
    """Yield each two scopes that meet, and each that several branches have."""
    distinct = {str(number): scope for number, scope in enumerate(by_scope)}
    asked = {name for name, scope in distinct.items() if not only or only in {b.ref for b in by_scope[scope]}}
    near = find_near_scopes(distinct)
    for name, scope in distinct.items():
        others = {other for other in near[name] if int(other) > int(name)} & (
            near.keys() if name in asked else asked
        )
        several = [name] if len(by_scope[scope]) > 1 and name in asked else []
        for other in (*several, *sorted(others, key=int)):
            met = _meet(scope, distinct[other], open_)
            if met:
                yield scope, distinct[other], met


def _meet(mine: Scope, theirs: Scope, open_: tuple[bytes, ...]) -> _Met:
    try:
        return mine.overlap_with(theirs, open_)
    except TooComplexError as error:
        return error.message


def _build_pair(one: Branch, other: Branch, met: Meeting | str) -> Pair:
    swapped = (other.name, other.ref) < (one.name, one.ref)
    a, b = (other, one) if swapped else (one, other)
    rivals = bool(a.work and b.work and a.work.task == b.work.task)
    if isinstance(met, str):
        return Pair(a.ref, b.ref, Grade.SCOPE, rivals=rivals, failed=met)
    patterns = (met.theirs, met.mine) if swapped else (met.mine, met.theirs)
    return Pair(a.ref, b.ref, Grade.SCOPE, paths=(met.path,), rivals=rivals, patterns=patterns)


class _Already:
    """Which pairs are known to collide, or to change a file in common."""

    def __init__(self, collisions: Collisions) -> None:
        self._pairs = {(pair.a, pair.b) for pair in collisions.pairs}
        self._shared: dict[str, set[int]] = {}
        for number, shared in enumerate(collisions.shared):
            for ref in shared.refs:
                self._shared.setdefault(ref, set()).add(number)

    def has(self, one: str, other: str) -> bool:
        if (one, other) in self._pairs or (other, one) in self._pairs:
            return True
        return not self._shared.get(one, set()).isdisjoint(self._shared.get(other, ()))
