"""Which paths a brief lets its branch change (its scope), and where two scopes overlap.

Belongs here: what follows from `owns`, `off_limits` and policy's paths together. Does not: judging it (see
`rules`), or the syntax of patterns (see `patterns`).

A path is in scope when some `owns` matches it, no `off_limits` does, and it is not protected by policy,
unless `owns` names that very path, without a wildcard.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from agentledger.model.ledger import Brief, Policy
from agentledger.model.text import encode
from agentledger.scope import automata
from agentledger.scope import patterns as scope_patterns
from agentledger.scope.patterns import Kind


class Meeting(NamedTuple):
    """A path that is in two scopes, and the pattern of each that matches it."""

    path: bytes
    mine: bytes
    theirs: bytes


@lru_cache(maxsize=4096)
def literal_path(pattern: bytes) -> bytes | None:
    """The one path that a pattern without wildcards matches; None where it may match more, or nothing."""
    pieces = scope_patterns.parse_pattern(pattern)
    if all(piece.kind is Kind.BYTE and piece.bytes.bit_count() == 1 for piece in pieces):
        return automata.literal_prefix(pattern)
    return None


def first_match(patterns: Iterable[bytes], path: bytes) -> bytes | None:
    """The first of the patterns that matches a path; None where none does."""
    patterns = tuple(patterns)
    if not scope_patterns.may_match_any(patterns, path):
        return None
    return next((pattern for pattern in patterns if scope_patterns.matches_path(pattern, path)), None)


@dataclass(frozen=True, slots=True)
class Scope:
    """The paths that a brief grants, as patterns. `protected` are policy's, and what agentledger adds."""

    owns: tuple[bytes, ...]
    off_limits: tuple[bytes, ...] = ()
    protected: tuple[bytes, ...] = ()

    def owned_by(self, path: bytes) -> bytes | None:
        """The pattern of `owns` that matches a path, if one does."""
        return first_match(self.owns, path)

    def barred_by(self, path: bytes) -> bytes | None:
        """The pattern of `off_limits` that matches a path, if one does."""
        return first_match(self.off_limits, path)

    def protected_by(self, path: bytes) -> bytes | None:
        """The pattern that protects a path, unless `owns` names that very path."""
        pattern = first_match(self.protected, path)
        return None if pattern is None or any(literal_path(p) == path for p in self.owns) else pattern

    def holds(self, path: bytes) -> bool:
        """Is the path in scope?"""
        return bool(self.owned_by(path)) and not (self.barred_by(path) or self.protected_by(path))

    def overlap_with(self, other: Scope, open_: tuple[bytes, ...] = ()) -> Meeting | None:
        """A path in both scopes that no pattern of `open_` matches, with the patterns that share it.

        It is the shortest for the first pair of patterns that share one. Exact: None means that there can be
        none. Raises `automata.TooComplexError`.
        """
        return next(self._overlaps_with(other, open_), None)

    def _overlaps_with(self, other: Scope, open_: tuple[bytes, ...]) -> Iterator[Meeting]:
        for mine in self.owns:
            for theirs in other.owns:
                if automata.is_prefix_disjoint(mine, theirs):
                    continue
                without = (*self._without(mine), *other._without(theirs), *open_)
                path = automata.intersect_patterns(mine, theirs, tuple(sorted(set(without))))
                if path is not None:
                    yield Meeting(path, mine, theirs)

    def touches(self, patterns: Iterable[bytes]) -> Meeting | None:
        """A path in scope that one of the patterns matches; `theirs` is that pattern."""
        return self.overlap_with(Scope(tuple(patterns)))

    def _without(self, pattern: bytes) -> tuple[bytes, ...]:
        """The patterns that take paths away from a pattern of `owns`.

        Protection does not, where the pattern names its path without a wildcard.
        """
        return self.off_limits if literal_path(pattern) is not None else (*self.off_limits, *self.protected)


def find_near_scopes(scopes: Mapping[str, Scope]) -> dict[str, frozenset[str]]:
    """For each scope, by name, the others that may share a path with it, by the prefixes of their patterns.

    Most scopes share nothing. Sorting the prefixes finds the others without comparing each pair.
    """
    owners: dict[bytes, set[str]] = {}
    for name, scope in scopes.items():
        for pattern in scope.owns:
            owners.setdefault(automata.literal_prefix(pattern), set()).add(name)
    ordered = sorted(owners)
    near: dict[str, set[str]] = {name: set() for name in scopes}
    for index, start in enumerate(ordered):
        # All that begin with `start` come right behind it in this order.
        for other in itertools.takewhile(partial(_has_prefix, start), ordered[index:]):
            for name in owners[start]:
                near[name] |= owners[other]
            for name in owners[other]:
                near[name] |= owners[start]
    return {name: frozenset(others - {name}) for name, others in near.items()}


def _has_prefix(start: bytes, pattern: bytes) -> bool:
    return pattern.startswith(start)


def scope_of_brief(brief: Brief, policy: Policy, also_protected: tuple[bytes, ...] = ()) -> Scope:
    """The scope that a brief has under a policy; `also_protected` are patterns that agentledger adds."""
    protected = (*map(encode, policy.protected), *also_protected)
    return Scope(tuple(map(encode, brief.owns)), tuple(map(encode, brief.off_limits)), protected)
