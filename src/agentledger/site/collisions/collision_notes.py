"""Hints, copies and what lies uncommitted → the words for them on every page.

Belongs here: what is said of two branches beside their merge, and of one that was not compared. Does not: pairs (see
`pair_view`), or where these stand on a page (see `collisions_view` and `others_view`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentledger.model.collisions import Collisions, Copy, Hint, Line, Uncommitted
from agentledger.model.text import decode, format_count
from agentledger.site.collisions.pair_view import Place, Places

#: Of each list on a page; and of the files that one entry names.
SHOWN, PATHS_SHOWN = 50, 5


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a file, as it is there."""

    path: str
    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HintView:
    """A guess that one branch takes away what the other uses."""

    a: Place
    b: Place
    name: str
    #: What `a` does with it.
    does: str
    definition: LineView
    use: LineView


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """One change that is a commit on each of two branches."""

    a: Place
    b: Place
    commit_a: str
    commit_b: str
    author: str
    subject: str
    #: Where it is out of scope, in parts of a sentence.
    outside: tuple[str, ...]


def build_hints(hints: Iterable[Hint], places: Places) -> tuple[HintView, ...]:
    """Build the first hints."""
    return tuple(
        HintView(
            a=places.find(hint.a),
            b=places.find(hint.b),
            name=hint.name,
            does=f"renames it to {hint.renamed}" if hint.renamed else "removes it",
            definition=_build_line(hint.definition),
            use=_build_line(hint.use),
        )
        for hint in list(hints)[:SHOWN]
    )


def build_copies(copies: Iterable[Copy], places: Places) -> tuple[CopyView, ...]:
    """Build the first copies."""
    return tuple(
        CopyView(
            a=places.find(copy.a),
            b=places.find(copy.b),
            commit_a=copy.commit_a[:10],
            commit_b=copy.commit_b[:10],
            author=copy.author,
            subject=copy.subject,
            outside=tuple(
                f"outside the scope of {places.name(ref)}: {list_paths(paths)}"
                for ref, paths in ((copy.a, copy.outside_a), (copy.b, copy.outside_b))
                if paths
            ),
        )
        for copy in list(copies)[:SHOWN]
    )


def describe_branch(ref: str, found: Collisions) -> tuple[str, ...]:
    """Return why a branch was compared with no other, and what was done with its uncommitted work, in sentences."""
    unmerged = (f"Compared with no other branch: {e.why}." for e in found.not_merged if e.ref == ref)
    loose = (line for each in found.uncommitted if each.ref == ref for line in describe_uncommitted(each))
    return (*unmerged, *loose)


def describe_uncommitted(each: Uncommitted) -> Iterator[str]:
    """Yield sentences about what lies uncommitted in one worktree."""
    if each.failed:
        yield f"Its uncommitted work was not compared: {each.failed}."
    elif each.paths:
        yield f"Uncommitted and compared, too: {list_paths(each.paths)}."
    if each.base_files:
        yield f"With it, it conflicts with base: {list_paths([file.path for file in each.base_files])}."
    for skipped in each.skipped[:PATHS_SHOWN]:
        yield f"Left out of it: {decode(skipped.path)}, {skipped.why}."
    if len(each.skipped) > PATHS_SHOWN:
        yield f"And {format_count(len(each.skipped) - PATHS_SHOWN, 'more file')} left out."


def list_paths(paths: Iterable[bytes]) -> str:
    """Return paths as a part of a sentence, the first ones by name."""
    listed = list(paths)
    names = ", ".join(decode(path) for path in listed[:PATHS_SHOWN])
    more = len(listed) - PATHS_SHOWN
    return f"{names} and {more:,} more" if more > 0 else names


def _build_line(line: Line) -> LineView:
    return LineView(decode(line.path), line.number, line.text)
