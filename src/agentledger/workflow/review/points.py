"""The points of a review: what is typed, whether there is such a file, and which of the last review's are settled.

Belongs here: points as text, and their checks. Does not: how they are written down (see `record`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentledger.attention.commands import review_command
from agentledger.documents.placeholders import is_blank
from agentledger.fleet.snapshot import Snapshot
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.near_names import suggest_names
from agentledger.model.text import encode, escape_hidden, format_path

# What follows the path in `src/a.py:12 text`, `src/a.py:12-20 text`, and in `src/a.py: text` about the whole file.
_REST = re.compile(r":(?:(?P<lines>[1-9]\d{0,8}(?:-[1-9]\d{0,8})?):?)?\s+(?P<text>\S.*)", re.DOTALL)
_FORM = "write 'path:line text', as in 'src/a.py:12 off by one', or 'path: text' about the whole file"
_COMPARED = 2000  # paths among which a near name is searched
MOST_LENGTH = 2000
_MOST_READINGS = 20


def parse_points(taken: Snapshot, branch: Branch, head: str, typed: Sequence[str]) -> tuple[str, ...]:
    """Return the points, each on one line, with the path as git has it.

    Raises LedgerError for one without a path or a text, and for a path that neither the branch's change nor its
    tree has.
    """
    return tuple(dict.fromkeys(_parse_point(taken, branch, head, point) for point in typed))


def _parse_point(taken: Snapshot, branch: Branch, head: str, typed: str) -> str:
    shown = escape_hidden(typed[:80])
    if len(typed) > MOST_LENGTH:
        raise LedgerError(
            f"a point of {len(typed):,} characters is too long: {shown}…", "the rest belongs in -m"
        )
    readings = _list_readings(typed.strip())
    if not readings:
        raise LedgerError(f"that is no point: {shown}", _FORM)
    for name, rest in readings:
        path = _find_path(taken, branch, head, name)
        if path is not None:
            lines = f":{rest['lines']}" if rest["lines"] else ":"
            return f"{format_path(path)}{lines} {' '.join(rest['text'].split())}"
    raise _make_no_file(branch, readings[0][0])


def _list_readings(typed: str) -> list[tuple[str, re.Match[str]]]:
    """All ways to read it as a path and the rest, the shortest path first: a path can have `:12 ` in it, too."""
    colons = [at.start() for at in re.finditer(":", typed) if at.start()][:_MOST_READINGS]
    readings = ((typed[:at], _REST.fullmatch(typed, at)) for at in colons)
    return [(name, rest) for name, rest in readings if rest and not is_blank(rest["text"])]


def _make_no_file(branch: Branch, name: str) -> LedgerError:
    near = suggest_names(name, [format_path(change.path) for change in branch.changes[:_COMPARED]])
    command = review_command(branch)
    lists = f"{command} lists the files of its change; " if command else ""
    return LedgerError(
        f"{escape_hidden(branch.name)} has no file {escape_hidden(name)}",
        near or f"{lists}a path begins at the top",
    )


def _find_path(taken: Snapshot, branch: Branch, head: str, typed: str) -> bytes | None:
    """The path that is meant: as it is typed, or as our own output shows it."""
    wanted = typed.strip().removeprefix("./")
    shown = {format_path(change.path): change.path for change in branch.changes}
    if wanted in shown:
        return shown[wanted]
    path = encode(wanted)
    return path if wanted and "\0" not in wanted and taken.has_path(head, path) else None


def split_settled(
    open_points: Sequence[str], typed: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the open points of the last review that are settled, and those that stay open.

    `typed` are their numbers as the review lists them, from 1, or `all`. Raises LedgerError for any other.
    """
    if not typed:
        return (), tuple(open_points)
    numbers = [number for word in typed for number in re.split(r"[,\s]+", word.strip()) if number]
    if "all" in numbers:
        return tuple(open_points), ()
    for number in numbers:
        if not (number.isdecimal() and len(number) < 7 and 1 <= int(number) <= len(open_points)):
            known = f"there are {len(open_points)}" if len(open_points) != 1 else "there is one"
            raise LedgerError(
                f"the last review has no open point {escape_hidden(number[:40])}",
                f"{known}, numbered from 1; all settles every one" if open_points else "it left none open",
            )
    chosen = {int(number) for number in numbers}
    settled = tuple(point for at, point in enumerate(open_points, 1) if at in chosen)
    return settled, tuple(point for at, point in enumerate(open_points, 1) if at not in chosen)
