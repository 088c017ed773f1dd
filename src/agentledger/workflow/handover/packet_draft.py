"""A packet while it is being brought up to date: lines, each with its own line end, and where the parts are.

Belongs here: finding and setting keys, sections and what stands between markers. Does not: what belongs in
them (see `packet_text`). Pure.

Whatever nobody asks to change keeps its bytes: line ends, odd blanks, bytes that are no UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from agentledger.documents.frame import parse_frame
from agentledger.documents.packet import MARK
from agentledger.documents.sections import parse_headings
from agentledger.documents.syntax.problems import Problems
from agentledger.model.ledger import heading_key
from agentledger.model.text import decode, encode

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_KEY = re.compile(r"[a-z_]+[ \t]*:")
END = "end"


class Span(NamedTuple):
    """The lines of a section: its heading, the first line below it, and the first that is not its own."""

    heading: int
    below: int
    end: int


class Block(NamedTuple):
    """What stood between markers. `at` is where, None where there were none; `torn`: a marker was missing."""

    at: int | None
    lines: list[str]
    torn: bool


class Draft:
    """One packet. Lines are `str` in which bytes that are no UTF-8 are kept as surrogates."""

    def __init__(self, raw: bytes) -> None:
        text = decode(raw.removeprefix(b"\xef\xbb\xbf"))
        self._mark = raw[: len(raw) - len(encode(text))]
        self.lines: list[str] = _LINE.findall(text)
        self.eol = "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"
        self._head()

    def raw(self) -> bytes:
        """The packet's bytes."""
        # A line that ends in CR alone, and an empty one behind it that ends in LF, would become one.
        ends = zip(["", *self.lines], self.lines, strict=False)
        text = "".join("\r\n" if line == "\n" and last.endswith("\r") else line for last, line in ends)
        return self._mark + encode(text)

    def bare(self, start: int, end: int) -> list[str]:
        """Lines without their ends."""
        return [line.rstrip("\r\n") for line in self.lines[start:end]]

    def put(self, start: int, end: int, texts: Sequence[str]) -> None:
        """Let these texts, a line each, stand in place of the lines from `start` to `end`."""
        if start and texts and not self.lines[start - 1].endswith(("\r", "\n")):
            self.lines[start - 1] += self.eol
        self.lines[start:end] = [text + self.eol for text in texts]

    # -- front matter ---------------------------------------------------------------------

    def _head(self) -> None:
        """Find the lines of the front matter; where it is missing, or has no end, it is put there."""
        text = "".join(f"{line}\n" for line in self.bare(0, len(self.lines)))
        found = parse_frame(text.encode("utf-8", "replace"), None, Problems(""))
        if found is None or (found.head is None and found.body_line == 1):
            self.put(0, 0, ["---", "---", ""])
            self._keys, self._body = 1, 2
            return
        self._keys = found.head_line - 1
        if found.head is None:
            end = self._keys
            while end < len(self.lines) and _KEY.match(self.lines[end]):
                end += 1
            self.put(end, end, ["---"])
            self._body = end + 1
        else:
            self._body = found.body_line - 1

    def set_key(self, key: str, value: str) -> None:
        """One key of the front matter, once, or with '' not at all; a line that says so already stays."""
        own = re.compile(rf"{key}[ \t]*:[ \t]*([^\s#]*)[ \t]*(?:#.*)?\Z")
        mine = [at for at in range(self._keys, self._body - 1) if re.match(rf"{key}[ \t]*:", self.lines[at])]
        first = mine[0] if mine else self._body - 1
        found = own.match(self.bare(first, first + 1)[0]) if mine else None
        if len(mine) == 1 and found and found[1] == value:
            return
        for at in reversed(mine):
            end = at + 1
            while end < self._body - 1 and self.lines[end].startswith((" ", "\t")):
                end += 1
            self._replace(at, end, [])
        self._replace(first, first, [f"{key}: {value}"] if value else [])

    def _replace(self, start: int, end: int, texts: Sequence[str]) -> None:
        self.put(start, end, texts)
        self._body += len(texts) - (end - start)

    # -- sections -------------------------------------------------------------------------

    @property
    def titles(self) -> list[str]:
        """The sections' titles, in their order."""
        return [
            heading.title for heading in parse_headings("\n".join(self.bare(self._body, len(self.lines))))
        ]

    def text(self, title: str) -> str:
        """What stands in a section, '' where it is missing."""
        span = self.section(title)
        return "\n".join(self.bare(span.below, span.end)) if span else ""

    def write(self, title: str, text: str) -> None:
        """Let this text be all that a section holds."""
        span = self.ensure_section(title, ())
        more = [""] if span.end < len(self.lines) else []
        self.put(span.below, span.end, ["", *text.split("\n"), *more] if text else [""])

    def section(self, title: str) -> Span | None:
        """The first section of this title."""
        found = parse_headings("\n".join(self.bare(self._body, len(self.lines))))
        ends = [heading.at for heading in found[1:]] + [len(self.lines) - self._body]
        for heading, end in zip(found, ends, strict=False):
            if heading_key(heading.title.strip("*_ ")) == heading_key(title):
                return Span(heading.at + self._body, heading.below + self._body, end + self._body)
        return None

    def ensure_section(self, title: str, before: Sequence[str], prompt: Sequence[str] = ()) -> Span:
        """The section, put behind the last of the sections `before` that there is, where it is missing."""
        found = self.section(title)
        if found is None:
            there = [span for name in before if (span := self.section(name))]
            at = max((span.end for span in there), default=len(self.lines) if before else self._body)
            room = [""] if at and self.lines[at - 1].strip() else []
            self.put(at, at, [*room, f"## {title}", "", *prompt, *([""] if prompt else [])])
            found = self.section(title)
        if found is None:
            raise Swallowed(title)
        return found

    def drop(self, title: str) -> None:
        """Take a section out, if it is there."""
        found = self.section(title)
        if found:
            del self.lines[found.heading : found.end]

    # -- between markers ------------------------------------------------------------------

    def take_block(self, title: str, kind: str) -> Block:
        """Take what stands between the markers of this kind out of a section, and all of its markers.

        Of markers that belong to no other the line alone is taken out, and the text stays.
        """
        span = self.ensure_section(title, self.titles)
        marks = [(at, found[1]) for at in range(span.below, span.end)
                 if (found := MARK.fullmatch(self.bare(at, at + 1)[0]))]  # fmt: skip
        pairs = [
            (start, stop) for (start, what), (stop, then) in pairwise(marks) if what == kind and then == END
        ]
        paired = {at for pair in pairs for at in pair}
        lone = [at for at, _ in marks if at not in paired]
        inner = [line for start, stop in pairs for line in self.bare(start + 1, stop)]
        gone = {*lone, *(at for start, stop in pairs for at in range(start, stop + 1))}
        for at in sorted(gone, reverse=True):
            del self.lines[at]
        first = min([start for start, _ in pairs] + lone, default=None)
        return Block(first, inner, bool(lone))

    def place(
        self, title: str, at: int | None, kind: str, texts: Sequence[str], above: Sequence[str]
    ) -> None:
        """Put texts between markers: at that line, else at the end of the section; `above` them others."""
        span = self.ensure_section(title, ())
        block = [f"<!-- agentledger: {kind} -->", *texts, f"<!-- agentledger: {END} -->"] if texts else []
        if at is None:
            at = span.end
            while at > span.below and not self.lines[at - 1].strip():
                at -= 1
        lines = [*above, *([""] if above and block else []), *block]
        if not lines:
            return
        before = [] if at and not self.lines[at - 1].strip() else [""]
        after = [] if at < len(self.lines) and not self.lines[at].strip() else [""]
        self.put(at, at, [*before, *lines, *(after if at < len(self.lines) else [])])


class Swallowed(Exception):
    """A section cannot be put there: code or a comment that is opened above is never closed."""
