"""Parse task lists: `- [ ]` and `- [x]` items, each with the list nested below it.

Belongs here: reading items. Does not: whether a section needs some (see the module of each document).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agentledger.model.ledger import Item, Part

_BOX = re.compile(r"( {0,3})(?:[-*+]|\d{1,9}[.)]) +\[([ xX])\](?: +(.*))?$")
_BULLET = re.compile(r"( *)(?:[-*+]|\d{1,9}[.)]) +(?:\[[ xX]\] +)?(.*)$")
# One that is never closed reaches to the end if it begins a line; within an item it is text about a comment, and
# neither that nor a closed one hides the items below.
_COMMENT = re.compile(
    r"^[ \t]*<!--.*?(?:-->|\Z)|<!--(?:(?!-->|\n[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]\]).){0,1000}-->",
    re.DOTALL | re.MULTILINE,
)
_FENCE = re.compile(r" *(`{3,}|~{3,})")


@dataclass(slots=True)
class _Open:
    """An item to which the next lines may add."""

    line: int
    indent: int
    checked: bool
    text: list[str]
    shown_by: list[list[str]] = field(default_factory=list)

    def add(self, text: str) -> None:
        (self.shown_by[-1] if self.shown_by else self.text).append(text.strip())

    def done(self) -> Item:
        shown = tuple(text for each in self.shown_by if (text := " ".join(filter(None, each))))
        return Item(" ".join(filter(None, self.text)), self.line, self.checked, shown)


def parse_items(part: Part | None) -> tuple[Item, ...]:
    """Return the items of a section in order, also those without text; lines are those of the whole document."""
    if part is None:
        return ()
    items: list[_Open] = []
    last: _Open | None = None
    fence = ""
    for number, raw in _numbered_lines(part):
        text = raw.expandtabs(4).rstrip()
        mark = _FENCE.match(text)
        # In code, what looks like an item is none.
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and text:
            last = _take_line(text, number, last, items)
    return tuple(item.done() for item in items)


def _numbered_lines(part: Part) -> list[tuple[int, str]]:
    """Return the lines with their numbers, comments left out."""
    text = part.text
    if "<!--" in text:
        # A comment leaves its line ends behind, so that the numbers below it stay right.
        text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    return list(enumerate(text.split("\n"), part.text_line))


def _take_line(text: str, number: int, last: _Open | None, items: list[_Open]) -> _Open | None:
    box = _BOX.match(text)
    # Two blanks further in, a box is nested: it then belongs to what shows the item above.
    if box and (last is None or len(box[1]) < last.indent + 2):
        item = _Open(number, len(box[1]), box[2] != " ", [box[3] or ""])
        items.append(item)
        return item
    indent = len(text) - len(text.lstrip(" "))
    if last is None or indent <= last.indent:
        return None  # text between two items belongs to neither
    bullet = _BULLET.match(text)
    if bullet:
        last.shown_by.append([bullet[2].strip()])
    else:
        last.add(text)
    return last
