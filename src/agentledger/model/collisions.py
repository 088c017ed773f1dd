"""Which branches collide: values only.

Belongs here: what was found about pairs of branches. Does not: finding it (see `collisions.forecast_pairs`), the
conflict of one branch with base (`model.conflict`), or the order in which they merge (`model.merge_plan`).

A branch is named by its ref, since two copies of one branch can have the same name. Of a pair, the branch whose name
sorts first is `a`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from agentledger.model.conflict import ConflictFile


class Grade(StrEnum):
    """How near two branches come to each other, the worst first."""

    #: Once one has landed, the other does not merge any more.
    CONFLICT = "conflict"
    #: git could not merge them; `Pair.failed` is its reason. That is never "clean".
    UNKNOWN = "unknown"
    #: Both change a file, and they merge.
    OVERLAP = "overlap"
    #: Their briefs let both change a file; they have not.
    SCOPE = "scope"


class Only(StrEnum):
    """What alone collides, where nobody would call it a collision: it is made anew, or everybody adds to it."""

    GENERATED = "generated"
    OPEN = "open"


class Pair(NamedTuple):
    """Two branches, each of which merges into base, and what becomes of the second once the first has landed."""

    a: str
    b: str
    grade: Grade
    #: Where they conflict.
    files: tuple[ConflictFile, ...] = ()
    #: CONFLICT: the paths of `files`. OVERLAP: what both change. SCOPE: a path that both scopes have.
    paths: tuple[bytes, ...] = ()
    #: They share commits that base lacks, and were merged as the commits they are.
    stacked: bool = False
    only: Only | None = None
    #: Two attempts at one task: one of them lands.
    rivals: bool = False
    #: git's reason for not merging the two.
    failed: str = ""
    #: SCOPE: the pattern of each, `a`'s first.
    patterns: tuple[bytes, ...] = ()
    #: The refs of those whose uncommitted work takes part. Without it the two merge. Where the work of each is enough,
    #: there is a pair for each.
    uncommitted: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Is it a collision of commits, in files that somebody writes?"""
        return self.grade is Grade.CONFLICT and self.only is None and not self.uncommitted

    def other(self, ref: str) -> str:
        """Return the ref of the other one."""
        return self.b if ref == self.a else self.a


class Line(NamedTuple):
    """One line of a file at a branch's head, or at base for what is gone. `number` counts from 1."""

    path: bytes
    number: int
    text: str


class Hint(NamedTuple):
    """A guess: `a` removes or renames what lines that `b` adds use. No merge shows that."""

    a: str
    b: str
    name: str
    #: The definition, as base has it, and the line of `b` that uses it.
    definition: Line
    use: Line
    #: What `a` calls it now; "" where it is gone.
    renamed: str = ""


class Copy(NamedTuple):
    """One change that is a commit of its own on two branches."""

    a: str
    b: str
    #: The commit on each, and what the earlier one says of itself.
    commit_a: str
    commit_b: str
    author: str
    subject: str
    paths: tuple[bytes, ...]
    #: Those of the paths that the brief of each does not let it change.
    outside_a: tuple[bytes, ...] = ()
    outside_b: tuple[bytes, ...] = ()
    #: The ref of the one whose commit was made later; "" where both were made at the same time.
    later: str = ""
    #: Two attempts at one task: one of them lands.
    rivals: bool = False


class Skipped(NamedTuple):
    """A file of uncommitted work that takes no part, and why."""

    path: bytes
    why: str


class Uncommitted(NamedTuple):
    """What lies uncommitted in a branch's worktree, as a commit of the sealed directory."""

    ref: str
    #: The commit; "" where there is none.
    head: str
    paths: tuple[bytes, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    #: Why it is compared with nothing.
    failed: str = ""
    #: With it the branch conflicts with base here.
    base_files: tuple[ConflictFile, ...] = ()


class Shared(NamedTuple):
    """A file that several branches change."""

    path: bytes
    refs: tuple[str, ...]


class NotMerged(NamedTuple):
    """A branch that takes no part in any pair, and git's reason."""

    ref: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Collisions:
    """What was found about all pairs of branches that merge into base."""

    #: The worst first. Those that merely overlap are not in it, since there can be hundreds of thousands: see
    #: `list_overlaps`.
    pairs: tuple[Pair, ...] = ()
    #: Where one branch alone was asked about: the conflicts of the others, which decide about the order, too.
    others: tuple[Pair, ...] = ()
    #: The files that more than one of the compared branches changes, in order of paths.
    shared: tuple[Shared, ...] = ()
    #: How many pairs of branches were compared, and how many of these git had to merge.
    total: int = 0
    tried: int = 0
    not_merged: tuple[NotMerged, ...] = ()
    #: None where nobody asked for them.
    hints: tuple[Hint, ...] = ()
    copies: tuple[Copy, ...] = ()
    #: The refs of the branches of which only the newest commits were looked at for copies.
    cut: tuple[str, ...] = ()
    uncommitted: tuple[Uncommitted, ...] = ()

    @cached_property
    def by_ref(self) -> Mapping[str, tuple[Pair, ...]]:
        """Map each branch to its pairs, the worst first."""
        found: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            found.setdefault(pair.a, []).append(pair)
            found.setdefault(pair.b, []).append(pair)
        return {ref: tuple(pairs) for ref, pairs in found.items()}

    @cached_property
    def shared_by_ref(self) -> Mapping[str, tuple[tuple[bytes, int], ...]]:
        """Map each branch to the files that others change, too, and how many branches do: most first."""
        found: dict[str, list[tuple[bytes, int]]] = {}
        for shared in sorted(self.shared, key=lambda each: -len(each.refs)):
            for ref in shared.refs:
                found.setdefault(ref, []).append((shared.path, len(shared.refs)))
        return {ref: tuple(files) for ref, files in found.items()}

    def list_overlaps(self, ref: str = "") -> tuple[Pair, ...]:
        """Return the pairs that change the same files and merge, in order of refs; with `ref`, that branch's."""
        worse = {
            (p.a, p.b) for p in self.pairs if p.grade in (Grade.CONFLICT, Grade.UNKNOWN) and not p.uncommitted
        }
        paths: dict[tuple[str, str], list[bytes]] = {}
        for shared in self.shared:
            if ref and ref not in shared.refs:
                continue
            # As sorted as `refs`, so the first of each is `a`.
            for two in combinations(shared.refs, 2):
                if two not in worse and (not ref or ref in two):
                    paths.setdefault(two, []).append(shared.path)
        return tuple(Pair(a, b, Grade.OVERLAP, paths=tuple(found)) for (a, b), found in sorted(paths.items()))
