"""The lines that several parts of the text about collisions have in common: a pair's name, its files, what is left out.

Belongs here: these lines, and what they need to know. Does not: which pairs are shown under which heading (see
`conflicts_text` and `conflicts_besides`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from agentledger.attention import collisions as words
from agentledger.model.collisions import Collisions, Pair
from agentledger.model.conflict import ConflictFile, Hunk
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import escape_hidden, format_count
from agentledger.reports.fitting import wrap_text

FEW = 20  # pairs of one heading; --all shows the others
FILES = 5  # files of a pair
SIDE = 3  # lines of each side of a conflict; with --branch SIDES
SIDES = 12
INDENT = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    fleet: Fleet
    collisions: Collisions
    names: Mapping[str, str]
    width: int
    #: Show pairs that merge, and more than a few of each kind.
    is_whole: bool
    #: The branch whose pairs alone are shown.
    branch: Branch | None

    def name(self, ref: str) -> str:
        return escape_hidden(self.names[ref])

    def wrap(self, text: str, depth: int, style: str = "") -> list[Text]:
        """Lines of a text, each with the indent of `depth`."""
        lines = wrap_text(Text(text, style), self.width - depth * len(INDENT))
        return [Text(INDENT * depth) + line for line in lines]


def count_rest(view: View, count: int) -> Iterator[Text]:
    if count > FEW and not view.is_whole:
        yield from view.wrap(f"and {count - FEW:,} more: {words.COMMAND} --all lists them", 1, "dim")


def name_pair(view: View, pair: Pair) -> str:
    base = escape_hidden(view.fleet.base.name)
    marks = [
        f"share commits that {base} lacks" if pair.stacked else "",
        "rivals" if pair.rivals else "",
        *(f"with uncommitted work of {view.name(ref)}" for ref in pair.uncommitted),
    ]
    marked = ", ".join(filter(None, marks))
    return f"{view.name(pair.a)} and {view.name(pair.b)}{f' ({marked})' if marked else ''}"


def render_file(view: View, pair: Pair, file: ConflictFile) -> Iterator[Text]:
    """A file of a pair and where it conflicts, with both sides of it."""
    kind = "" if file.kind == "content" else f" ({file.kind})"
    start = f", from line {file.hunks[0].line}" if file.hunks else ""
    yield from view.wrap(f"{escape_hidden(file.path)}{kind}{start}", 2)
    for hunk in file.hunks if view.branch else file.hunks[:1]:
        yield from _render_hunk(view, pair, hunk)


def _render_hunk(view: View, pair: Pair, hunk: Hunk) -> Iterator[Text]:
    """Both sides of a conflict, each with its branch, without the lines with which both begin."""
    ours, theirs = words.split_hunk(hunk)
    first = _find_first_side(view, pair, hunk)
    if theirs is None:
        yield from _render_side(view, first, ours, more=0, style="red")
        cut = format_count(hunk.cut, "more line")
        yield from view.wrap(f"{cut} of both, which are not kept", 3, "dim")
        return
    same = next(
        (n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
    )
    yield from _render_side(view, first, ours[same:], more=0, style="red")
    yield from _render_side(view, pair.other(first), theirs[same:], more=hunk.cut, style="green")


def _find_first_side(view: View, pair: Pair, hunk: Hunk) -> str:
    """The branch whose lines come first: the markers name heads, or the commits made of what is uncommitted."""
    heads = {b.head: b.ref for b in view.fleet.branches if b.ref in (pair.a, pair.b)}
    heads |= {u.head: u.ref for u in view.collisions.uncommitted if u.head and u.ref in pair.uncommitted}
    marked = (ref for head, ref in heads.items() if hunk.text.startswith(b"<<<<<<< " + head.encode()))
    return next(marked, pair.a)


def _render_side(view: View, ref: str, lines: Sequence[bytes], *, more: int, style: str) -> Iterator[Text]:
    most = SIDES if view.branch else SIDE
    yield from view.wrap(f"{view.name(ref)}:{'' if lines or more else ' nothing there'}", 3, "dim")
    for line in lines[:most]:
        text = Text(f"{INDENT * 3}| {escape_hidden(line.rstrip())}", style)
        text.truncate(view.width, overflow="ellipsis")
        yield text
    left = max(len(lines) - most, 0) + more
    if left:
        yield Text(f"{INDENT * 3}| … {format_count(left, 'more line')}", "dim")
