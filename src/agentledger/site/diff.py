"""A patch as markup for one `<pre>`: line numbers, a sign column, changed words marked.

Belongs here: unified hunks and conflict hunks → markup. Does not: which files are open, their order, or
what is above each (see `file_view`).

No language colours: colour means added, removed, or in conflict, and nothing else. A run of lines is one
`<del>` or `<ins>`, which assistive technology announces. Each line costs little more than its number, in an
`<i>` that a selection leaves out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from markupsafe import Markup

from agentledger.model.text import HIDDEN, decode
from agentledger.site.intraline_diff import differing_spans
from agentledger.site.visible_characters import insert_chips, render_visible

PAIRS = 60  # lines of one run; in longer runs no words are compared
NO_NOTES: Mapping[int, str] = MappingProxyType({})
_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_HIDDEN = re.compile(f"(?!\t){HIDDEN.pattern}")
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n"
# The sign in front of a line, by its element.
_SIGNS = {"del": "−", "ins": "+"}
_ENDLESS = '<span class="chip">no newline at the end</span>\n'


def render_patch(body: bytes, *, mark_words: bool, notes: Mapping[int, str] = NO_NOTES) -> Markup:
    """Render unified hunks; with `mark_words`, mark what differs within paired lines.

    `notes` maps line numbers of the new file to a note below that line, if a hunk shows it.
    """
    text = html.escape(decode(body), quote=False)
    lines = text.removesuffix("\n").split("\n") if text else []
    if ends_in_crlf(body):
        lines = [line.removesuffix("\r") for line in lines]
    # Most patches are plain ASCII; one pass in C shows that, and saves the search line by line.
    hidden = bool(body.translate(None, _PLAIN)) and any(map(_HIDDEN.search, lines))
    return Markup("".join(_Patch(lines, hidden, mark_words, notes).markup()))  # noqa: S704 - escaped above


def ends_in_crlf(body: bytes) -> bool:
    """True when every line that a patch shows ends in CR LF: one note then replaces a sign on each line."""
    if b"\r\n" not in body:
        return False
    return all(line[-1:] == b"\r" for line in body.split(b"\n") if line[:1] in (b"+", b"-", b" "))


def added_lines(body: bytes) -> list[str]:
    """The lines that a patch adds, without their sign; [] where all of the patch is ASCII.

    For the search for misleading characters, none of which is ASCII.
    """
    if body.isascii():
        return []
    return [line[1:] for line in decode(body).split("\n") if line[:1] == "+"]


class _Patch:
    """One pass over the lines of a patch; removed and added lines are collected to be paired."""

    def __init__(
        self, lines: Sequence[str], hidden: bool, mark_words: bool, notes: Mapping[int, str]
    ) -> None:
        self._lines, self._hidden, self._mark_words = lines, hidden, mark_words
        self._notes = {
            number: f'<strong class="bad">{render_visible(text)}</strong>\n' for number, text in notes.items()
        }
        self._old = self._new = 0
        self._width = len(str(max((_highest_line(line) for line in lines if line[:2] == "@@"), default=0)))
        self._minus: list[str] = []
        self._plus: list[str] = []
        self._open_ended: set[str] = set()
        self._out: list[str] = []

    def markup(self) -> list[str]:
        for line in self._lines:
            sign = line[:1]
            if sign == "-":
                self._minus.append(line[1:])
            elif sign == "+":
                self._plus.append(line[1:])
            elif sign == "\\":
                self._ends_without_newline()
            else:
                self._flush()
                self._add_header(line) if sign == "@" else self._context(line[1:])
        self._flush()
        return self._out

    def _add_header(self, line: str) -> None:
        match = _HEADER.match(line)
        if match:
            self._old, self._new = int(match[1]), int(match[3])
        self._out.append(f"<b>{self._render(line)}\n</b>")

    def _context(self, line: str) -> None:
        self._out.append(f"<i>{str(self._new).rjust(self._width)}   </i>{self._render(line)}\n")
        if self._new in self._notes:
            self._out.append(self._notes[self._new])
        self._old += 1
        self._new += 1

    def _ends_without_newline(self) -> None:
        if self._plus or self._minus:
            self._open_ended.add("+" if self._plus else "-")
        else:
            self._out.append(_ENDLESS)

    def _flush(self) -> None:
        if not self._minus and not self._plus:
            return
        minus, plus = self._mark_pairs()
        self._run("del", minus, first=self._old, endless="-" in self._open_ended)
        self._run("ins", plus, first=self._new, endless="+" in self._open_ended)
        self._old += len(minus)
        self._new += len(plus)
        self._minus, self._plus, self._open_ended = [], [], set()

    def _run(self, tag: str, lines: list[str], *, first: int, endless: bool) -> None:
        if lines:
            # `rjust`, since a format with the width is parsed again for each line: four times as slow.
            width, after = self._width, f" {_SIGNS[tag]} </i>"
            if tag == "ins" and self._notes:
                lines = [self._add_note(line, number) for number, line in enumerate(lines, first)]
            numbered = enumerate(lines, first)
            rows = "".join([f"<i>{str(n).rjust(width)}{after}{line}\n" for n, line in numbered])
            self._out.append(f"<{tag}>{rows}{_ENDLESS if endless else ''}</{tag}>")

    def _add_note(self, line: str, number: int) -> str:
        """The line with its note below; without the newline at the end, which the caller adds."""
        return f"{line}\n{self._notes[number][:-1]}" if number in self._notes else line

    def _mark_pairs(self) -> tuple[list[str], list[str]]:
        # Chips change a line's length, so spans found in the text would mark the wrong characters.
        if self._hidden:
            return [self._render(line) for line in self._minus], [self._render(line) for line in self._plus]
        minus, plus = self._minus, self._plus
        if self._mark_words and minus and plus and max(len(minus), len(plus)) <= PAIRS:
            for i, (old, new) in enumerate(zip(minus[:], plus[:], strict=False)):
                spans = differing_spans(old, new)
                if spans:
                    minus[i], plus[i] = _mark_spans(old, spans[0]), _mark_spans(new, spans[1])
        return minus, plus

    def _render(self, line: str) -> str:
        return insert_chips(line, keep="\t") if self._hidden else line


def _highest_line(header: str) -> int:
    """The highest line number that a hunk can reach, for the width of the column; 0 for no hunk's header."""
    match = _HEADER.match(header)
    if match is None:
        return 0
    return max(int(match[1]) + int(match[2] or 1), int(match[3]) + int(match[4] or 1))


def _mark_spans(line: str, spans: Sequence[tuple[int, int]]) -> str:
    parts, position = [], 0
    for start, end in spans:
        parts += [line[position:start], "<mark>", line[start:end], "</mark>"]
        position = end
    return "".join((*parts, line[position:]))


def render_conflict(text: bytes, ours: str, theirs: str) -> Markup:
    """Render a conflicting region as git wrote it, with its sides marked, and named `ours` and `theirs`."""
    # The name follows its own marker: `ours` after <<<<<<<, `theirs` after the last, >>>>>>>.
    names = {"ours": f" {render_visible(ours)}", "theirs": "", "": f" {render_visible(theirs)}"}
    pieces, side = [], ""
    for line in decode(text).removesuffix("\n").split("\n"):
        next_side = _next_side(line[:7], side)
        if next_side is None:
            line_html = insert_chips(html.escape(line.removesuffix("\r"), quote=False), keep="\t")
            pieces.append(f'<span class="{side}">{line_html}\n</span>' if side else f"{line_html}\n")
        else:
            side = next_side
            pieces.append(f"<b>{html.escape(line[:7])}{names[side]}\n</b>")
    return Markup("".join(pieces))  # noqa: S704 - escaped above


def _next_side(marker: str, side: str) -> str | None:
    """The side that begins after a marker, "" after the last one; None where the line is not a marker here."""
    return {("<<<<<<<", ""): "ours", ("=======", "ours"): "theirs", (">>>>>>>", "theirs"): ""}.get(
        (marker, side)
    )
