"""How one scope gives way to another: what it puts off limits, as long as something is left of it.

Belongs here: that, for two scopes. Does not: whose task gives way (see `rules.fleet`, and `workflow.plan.neighbours`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentledger.scope.task_scope import Scope, literal_path


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Patterns that a scope puts off limits, what is `left` then; `whole`: each pattern of its own keeps a part."""

    patterns: tuple[bytes, ...]
    left: Scope
    whole: bool


def narrow_scope(scope: Scope, other: Scope, open_: tuple[bytes, ...] = ()) -> Narrowing | None:
    """How `scope` keeps out of `other`; None where nothing that it alone may change would be left of it.

    `open_` are the patterns of what everybody may change. Raises `automata.TooComplexError`.
    """
    barred = tuple(pattern for pattern in other.owns if scope.touches([pattern]))
    left = replace(scope, off_limits=(*scope.off_limits, *barred))
    remaining = [pattern for pattern in scope.owns if has_own_paths(replace(left, owns=(pattern,)), open_)]
    if not remaining or left.overlap_with(other, open_) is not None:
        return None
    return Narrowing(barred, left, whole=len(remaining) == len(scope.owns))


def has_own_paths(scope: Scope, open_: tuple[bytes, ...] = ()) -> bool:
    """Is there a path in the scope that is not open to everybody? Raises `automata.TooComplexError`.

    A name that is barred itself counts as lost, whatever would be below it.
    """
    names = [name for name in map(literal_path, scope.owns) if name is not None]
    if names and not any(scope.holds(name) for name in names):
        return False
    return scope.overlap_with(Scope((b"**",)), open_) is not None
