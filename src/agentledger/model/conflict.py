"""What git's merge of two commits gave: values only.

Belongs here: one merge, and where it stops. Does not: merging (see `git.merging`), or what follows for a branch
(see `model.fleet`, and `model.collisions` for two branches).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Hunk(NamedTuple):
    """One conflicting region of a file, as git wrote it, markers included.

    `line` is its first line in the merged file, counted from 1. `text` is the region, cut off where it is too
    long; `cut` is how many lines are left out.
    """

    line: int
    text: bytes
    cut: int = 0


class ConflictFile(NamedTuple):
    """A path that conflicts when merged with base. `kind` is content, add/add, modify/delete or other."""

    path: bytes
    kind: str
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """The result of git's own merge of base and head.

    `clean` is None where git could not merge the two at all; `failed` is then its reason. `below` is the name of
    the branch that this one stands on, where all of it is that branch's conflict and none its own.
    """

    clean: bool | None
    files: tuple[ConflictFile, ...] = ()
    failed: str = ""
    #: Would the merge leave base's tree as it is, but for the folders of the ledger's tasks?
    changes_nothing: bool = False

    below: str = ""
