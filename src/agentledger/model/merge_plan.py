"""In which order branches merge: values only.

Belongs here: the order, its reasons, and what one merge after the other gave. Does not: finding an order (see
`merge_order`). Branches are named by their refs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple


class Waits(NamedTuple):
    """Why a branch cannot merge together with those that go first."""

    #: The branch that goes first instead; "" where it is no single one.
    against: str
    #: The whole reason, as a part of a sentence: "landing it would hold 18 others".
    why: str
    paths: tuple[bytes, ...] = ()
    #: Those that would have to wait if it landed: whom it conflicts with, and who needs one of these.
    holds: tuple[str, ...] = ()
    #: Would it land if the oldest always went first?
    by_age: bool = False
    #: Those of `holds` that by themselves would come after it.
    later: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MergeOrder:
    """The order that follows from pairs, constraints and waiting times alone: no merge was tried on another."""

    #: Every branch that could merge, the first first; those that wait come last.
    refs: tuple[str, ...] = ()
    #: Why a branch is at its place, as a part of a sentence.
    reasons: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, Waits] = field(default_factory=dict)
    #: Those without which a branch does not merge; and those that come before it, if they land.
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: How many would land if the oldest always went first, where that is fewer; None where it is not.
    by_age: int | None = None
    #: Is the set that lands the largest there is? False where the search was given up.
    exact: bool = True

    @property
    def landing(self) -> tuple[str, ...]:
        """The branches that land, the first first."""
        return tuple(ref for ref in self.refs if ref not in self.waits)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Map each of these branches to its place, from 0."""
        return {ref: at for at, ref in enumerate(self.refs)}

    def first_of(self, one: str, other: str) -> str | None:
        """Return which of two goes first; None where the order says nothing about one of them."""
        if one not in self.places or other not in self.places:
            return None
        return min(one, other, key=self.places.__getitem__)


class Via(StrEnum):
    """What has to be brought into a branch first, where git alone would stop, though nothing has to be settled."""

    #: Its merge with base, since lines of base and of a branch in front lie next to each other.
    BASE = "base"
    #: What has landed of its commits under another one (`model.fleet.Bridge`).
    BRIDGE = "bridge"


class Step(NamedTuple):
    """One branch merged on top of those before it."""

    number: int
    ref: str
    head: str
    why: str
    #: Branches of one wave have nothing to do with each other; a wave needs those before it.
    wave: int
    #: The tree after this step, without the folders of the ledger's tasks.
    tree: str
    via: Via | None = None


class Left(NamedTuple):
    """A branch that the plan leaves out: at which step it stopped, against whom, in which files."""

    ref: str
    why: str
    step: int | None = None
    against: str = ""
    paths: tuple[bytes, ...] = ()
    #: As in `Waits`.
    holds: tuple[str, ...] = ()
    by_age: bool = False


class NotAsked(NamedTuple):
    """The branches that the plan did not look at for one reason, in words that follow a count of them."""

    why: str
    #: What `--include` takes to look at them.
    include: str
    refs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MergePlan:
    """The branches that land, one on top of the other, and the others."""

    steps: tuple[Step, ...] = ()
    left: tuple[Left, ...] = ()
    not_asked: tuple[NotAsked, ...] = ()
    #: As in `MergeOrder`.
    by_age: int | None = None
    #: Is the set that lands the largest there is? False where the search was given up.
    exact: bool = True
