"""The shape of the JSON document of a merge plan.

Belongs here: one struct for each object, its fields in the order of the keys. Does not: how a plan becomes one (see
`merge_plan_json`).

A class docstring here is the description in the JSON Schema, and so a text for users.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from agentledger.model.merge_plan import Via
from agentledger.reports.shapes_ledger import Base, Base64, Count, Entry, Oid, one_of

Number = Annotated[int, Meta(ge=1)]


class Step(Entry, frozen=True):
    """One branch merged on top of those before it. `tree` is the tree then, without `.agentledger/tasks/`.

    Branches of one `wave` have no file in common. `via` is what has to be brought into the branch first where git
    alone would stop: `base`, or the `bridge` of a stack; null for a plain merge.
    """

    n: Number
    branch: str
    ref: str
    head: Oid
    why: str
    wave: Number
    tree: Oid
    via: Annotated[str, one_of(*Via)] | None
    ref_base64: Base64 | UnsetType = UNSET


class LeftOut(Entry, frozen=True):
    """A branch that was looked at and does not land, and why. It does not merge from `step` on (null: from none).

    `against` is the branch, or base, with which it conflicts or for which it waits; null where it is no single one.
    `holds` are the branches that would have to wait if it landed. `by_age`: it would land if the oldest always went
    first.
    """

    branch: str
    ref: str
    step: Number | None
    against: str | None
    paths: tuple[str, ...]
    why: str
    holds: tuple[str, ...]
    by_age: bool
    ref_base64: Base64 | UnsetType = UNSET


class NotAsked(Entry, frozen=True):
    """Branches that the plan did not look at, for one reason; `--include` with `include` takes them."""

    why: str
    include: str
    branches: tuple[str, ...]


class MergePlan(Entry, frozen=True):
    """In which order branches land on base, tried one on top of the other; the others, and why they do not.

    `by_age` is how many would land if the oldest always went first, null where that is no fewer. `exact`: no larger
    set of these branches has no two that conflict; false where the search was given up.
    """

    version: Literal[1]
    kind: Literal["merge-plan"]
    base: Base
    steps: tuple[Step, ...]
    left_out: tuple[LeftOut, ...]
    not_asked: tuple[NotAsked, ...]
    by_age: Count | None
    exact: bool
