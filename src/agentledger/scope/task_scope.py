"""Which paths a brief lets its branch change (its scope), and where two scopes overlap.

Belongs here: what follows from `owns`, `off_limits` and policy's paths together. Does not: judging it (see
`rules`), or the syntax of patterns (see `patterns`).

A path is in scope when some `owns` matches it, no `off_limits` does, and it is not protected by policy,
unless `owns` names that very path, without a wildcard. What such a name covers below it stays protected.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from agentledger.model.ledger import Brief
from agentledger.model.policy import Policy
from agentledger.model.text import encode
from agentledger.scope import automata
from agentledger.scope import patterns as scope_patterns

# Files that steer tools, and so decide what runs. A brief owns one of them only by its full path, never by a
# pattern that happens to match it.
PROTECTED = tuple(
    pattern.encode()
    for pattern in (
        "**/.gitmodules **/.gitattributes .pre-commit-config.yaml "
        ".github/workflows/** .github/actions/** .gitlab-ci.yml "
        ".forgejo/workflows/** .gitea/workflows/** .husky/** .githooks/** lefthook.yml .lefthook.yml "
        "**/AGENTS.md **/CLAUDE.md **/GEMINI.md .claude/** .codex/** .cursor/** .cursorrules .gemini/** "
        ".github/copilot-instructions.md .github/instructions/** .mcp.json .vscode/mcp.json"
    ).split()
)


class Meeting(NamedTuple):
    """A path that is in two scopes, and the pattern of each that matches it."""

    path: bytes
    mine: bytes
    theirs: bytes


@lru_cache(maxsize=4096)
def literal_path(pattern: bytes) -> bytes | None:
    """The file or folder that a pattern without wildcards names; None for a pattern of any other kind."""
    return automata.literal_prefix(pattern) if scope_patterns.is_literal(pattern) else None


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
        none, but below a name that one scope has closed to the other. Raises `automata.TooComplexError`.
        """
        return next(self._overlaps_with(other, open_), None)

    def _overlaps_with(self, other: Scope, open_: tuple[bytes, ...]) -> Iterator[Meeting]:
        for mine in self.owns:
            for theirs in other.owns:
                if automata.is_prefix_disjoint(mine, theirs):
                    continue
                path = self._find_meeting(mine, other, theirs, open_)
                if path is not None:
                    yield Meeting(path, mine, theirs)

    def _find_meeting(
        self, mine: bytes, other: Scope, theirs: bytes, open_: tuple[bytes, ...]
    ) -> bytes | None:
        both = (mine, theirs)
        names = {name: pattern for pattern in both if (name := literal_path(pattern)) is not None}
        shared = [name for name in names if all(scope_patterns.matches_path(p, name) for p in both)]
        # A name itself first: `owns` may name a protected path, and nothing protected below it.
        held = [n for n in shared if self.holds(n) and other.holds(n) and first_match(open_, n) is None]
        if held:
            return min(held, key=len)
        # A name that is closed to one of the two is a file to the other: nothing is below it.
        barred = {*self._barred(), *other._barred(), *open_, *(names[name] for name in shared)}
        return automata.intersect_patterns(mine, theirs, tuple(sorted(barred)))

    def touches(self, patterns: Iterable[bytes]) -> Meeting | None:
        """A path in scope that one of the patterns matches; `theirs` is that pattern."""
        return self.overlap_with(Scope(tuple(patterns)))

    def _barred(self) -> tuple[bytes, ...]:
        """The patterns that take paths away from `owns`, but for a protected path that `owns` names."""
        return (*self.off_limits, *self.protected)


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
