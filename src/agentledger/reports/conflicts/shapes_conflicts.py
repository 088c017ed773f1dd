"""The shapes of the JSON document about branches that collide.

Belongs here: one struct for each object, its fields in the order of the keys. Does not: how a value becomes one (see
`conflicts_json`), or what other documents have (see `shapes_ledger`).

A class docstring here is the description in the JSON Schema, and so a text for users.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from agentledger.model import collisions
from agentledger.reports.shapes_ledger import (
    Base,
    Base64,
    ConflictFile,
    ConflictKind,
    Count,
    Entry,
    Merger,
    NextAction,
    Oid,
    one_of,
)

Number = Annotated[int, Meta(ge=1)]


class WithBase(Entry, frozen=True):
    """A branch in conflict with base itself, or that git could not merge with it (`failed` says why)."""

    branch: str
    ref: str
    paths: tuple[str, ...]
    kinds: tuple[ConflictKind, ...]
    failed: str | None


class Pair(Entry, frozen=True):
    """Two branches that both merge into base, by their names; `a` sorts before `b`.

    `paths`: where they conflict; of the grade `overlap` what both change, of `scope` a path that both may change.
    `counts`: a collision of commits in files that somebody writes, of two branches that are both to land. `first` is
    the branch that goes first, `first_why` the reason. `patterns` are the briefs' (`scope`), `a`'s first. `uncommitted`
    are the branches whose uncommitted work takes part. `failed` is git's reason for no answer.
    """

    a: str
    b: str
    a_ref: str
    b_ref: str
    grade: Annotated[str, one_of(*collisions.Grade)]
    counts: bool
    paths: tuple[str, ...]
    kinds: tuple[ConflictKind, ...]
    rivals: bool
    stacked: bool
    only: Annotated[str, one_of(*collisions.Only)] | None
    uncommitted: tuple[str, ...]
    files: tuple[ConflictFile, ...]
    patterns: tuple[str, ...]
    failed: str | None
    first: str | None
    first_why: str | None
    next_action: NextAction | None


class NotMerged(Entry, frozen=True):
    """A branch that was compared with no other, and git's reason."""

    branch: str
    ref: str
    why: str


class Line(Entry, frozen=True):
    """One line of a file."""

    path: str
    line: Number
    text: str
    path_base64: Base64 | UnsetType = UNSET


class Hint(Entry, frozen=True):
    """A guess: `a` removes `name`, or renames it, and lines that `b` adds use it."""

    a: str
    b: str
    name: str
    renamed: str | None
    definition: Line
    use: Line


class Copy(Entry, frozen=True):
    """One change that is a commit of its own on two branches; `outside_*`: paths that its brief does not open."""

    a: str
    b: str
    commit_a: Oid
    commit_b: Oid
    author: str
    subject: str
    paths: tuple[str, ...]
    outside_a: tuple[str, ...]
    outside_b: tuple[str, ...]


class LeftOutFile(Entry, frozen=True):
    """A file of uncommitted work that takes no part, and why."""

    path: str
    why: str
    path_base64: Base64 | UnsetType = UNSET


class Loose(Entry, frozen=True):
    """What lies uncommitted in a branch's worktree. `failed`: why none of it takes part.

    `base_paths`: with it the branch conflicts with base there.
    """

    paths: tuple[str, ...]
    skipped: tuple[LeftOutFile, ...]
    failed: str | None
    base_paths: tuple[str, ...]


class ComparedBranch(Entry, frozen=True):
    """A branch of the fleet; `uncommitted` is null where its worktree has nothing, or is not in this clone."""

    branch: str
    ref: str
    uncommitted: Loose | None


class Forecast(Entry, frozen=True):
    """Which branches would not merge any more once another one has landed, found by git's own merges.

    `branch` is the one whose pairs alone were asked for, else null. `pairs_total`: pairs compared; `pairs_tried`: those
    that git had to merge for that.
    """

    version: Literal[1]
    kind: Literal["forecast"]
    base: Base
    branch: str | None
    merged_by: Merger | None
    with_base: tuple[WithBase, ...]
    pairs: tuple[Pair, ...]
    pairs_total: Count
    pairs_tried: Count
    not_merged: tuple[NotMerged, ...]
    hints: tuple[Hint, ...]
    copies: tuple[Copy, ...]
    branches: tuple[ComparedBranch, ...]
