"""A file in conflict → what a page shows of it: the kind in words, and the regions as git wrote them.

Belongs here: that part, of a branch's conflict with base and of one with another branch. Does not: which conflicts
a page lists (see `branch_view` and `pair_view`), or the markup of one region (see `diff`).
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from agentledger.model.conflict import ConflictFile, Hunk
from agentledger.model.text import decode, format_count
from agentledger.site import diff

HUNKS_SHOWN = 20  # regions of one file


@dataclass(frozen=True, slots=True)
class Region:
    """A conflicting region: its line, its markup, and a note about what was cut off."""

    line: str
    body: Markup
    cut: str


@dataclass(frozen=True, slots=True)
class Conflicted:
    """A file in conflict: the kind of conflict in words, its regions, and a note about those left out."""

    path: str
    kind: str
    regions: tuple[Region, ...]
    more: str


_KINDS = {
    "content": "both sides changed the same lines",
    "add/add": "both sides added it",
    "modify/delete": "one side changed it, the other deleted it",
    "other": "more than its lines: types, modes, renames or binary content",
}


def build_conflict(file: ConflictFile, ours: str, theirs: str, shown: int = HUNKS_SHOWN) -> Conflicted:
    """Build what is shown of a file in conflict between `ours` and `theirs`, with its first `shown` regions."""
    regions = tuple(build_region(hunk, ours, theirs) for hunk in file.hunks[:shown])
    more = describe_rest(len(file.hunks) - shown, "region")
    return Conflicted(decode(file.path), describe_kind(file), regions, more)


def build_region(hunk: Hunk, ours: str, theirs: str, most_lines: int | None = None) -> Region:
    """Build one region; of a long one the first `most_lines` lines."""
    lines = hunk.text.splitlines(keepends=True)
    cut = max(len(lines) - most_lines, 0) if most_lines else 0
    text = b"".join(lines[:most_lines]) if cut else hunk.text
    return Region(
        f"line {hunk.line:,}",
        diff.render_conflict(text, ours, theirs),
        describe_rest(hunk.cut + cut, "line"),
    )


def describe_kind(file: ConflictFile) -> str:
    """Return what makes it a conflict, in words."""
    return _KINDS.get(file.kind, file.kind)


def describe_rest(number: int, noun: str, plural: str = "") -> str:
    """Return a note about what is left out; "" for nothing."""
    if number <= 0:
        return ""
    many = f"more {plural}" if plural else ""
    return f"and {format_count(number, f'more {noun}', many)}, not shown"
