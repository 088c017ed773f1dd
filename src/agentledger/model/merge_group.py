"""A merge group: the finished work of several branches, put together by a queue to be judged before it lands.

Belongs here: its values. Does not: telling one from an agent's branch, or taking it apart (see
`fleet.merge_groups`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one branch brought into a group. It is read and judged as a branch of its own, under `ref`."""

    ref: str
    #: The part's head: the branch's own where a merge brought it, else a commit made for judging it.
    head: str
    #: The commits of the group's first-parent line that brought it.
    steps: tuple[str, ...]
    #: The tasks whose folders it touches.
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stray:
    """A commit of the group whose change belongs to no part; for a merge, what neither parent has."""

    commit: str
    paths: tuple[bytes, ...]
    is_merge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeGroup:
    """A branch of a merge queue, or one like it, as its parts, in the order in which they land."""

    name: str
    head: str
    parts: tuple[Part, ...]
    strays: tuple[Stray, ...] = ()
