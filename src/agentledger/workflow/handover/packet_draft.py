"""Edits a packet line by line: its front matter, its sections, and the generated blocks between markers.

Belongs here: finding and changing these. Does not: what belongs in them (see `packet_text`). Pure.

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

# A line with its own end, whichever that is; `str.splitlines` would also split at form feeds and others.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_KEY = re.compile(r"[a-z_]+[ \t]*:")
# The word of the closing marker; an opening one has the kind of its block.
END = "end"


class Span(NamedTuple):
    """Where a section is, as line indexes: its heading, the first line below it, the first line after it."""

    heading: int
    below: int
    end: int


class Block(NamedTuple):
    """What was between markers. `at` is the line index, None without markers; `torn`: a marker was missing."""

    at: int | None
    lines: list[str]
    torn: bool


class Draft:
    """One packet. Lines are `str` in which bytes that are no UTF-8 are kept as surrogates."""

    def __init__(self, raw: bytes) -> None:
        # A byte-order mark is kept aside and put back by `raw`.
        text = decode(raw.removeprefix(b"\xef\xbb\xbf"))
        self._mark = raw[: len(raw) - len(encode(text))]
        self.lines: list[str] = _LINE.findall(text)
        self.eol = "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"
        self._head()

    def raw(self) -> bytes:
        """The packet's bytes."""
        # A line that ends in CR alone, and an empty line after it that ends in LF, would become one line.
        ends = zip(["", *self.lines], self.lines, strict=False)
        text = "".join("\r\n" if line == "\n" and last.endswith("\r") else line for last, line in ends)
        return self._mark + encode(text)

    def bare(self, start: int, end: int) -> list[str]:
        """The lines from `start` to `end`, without their line ends."""
        return [line.rstrip("\r\n") for line in self.lines[start:end]]

    def put(self, start: int, end: int, texts: Sequence[str]) -> None:
        """Replace the lines from `start` to `end` by these texts, a line each."""
        if start and texts and not self.lines[start - 1].endswith(("\r", "\n")):
            self.lines[start - 1] += self.eol
        self.lines[start:end] = [text + self.eol for text in texts]

    # -- front matter ---------------------------------------------------------------------

    def _head(self) -> None:
        """Find the lines of the front matter; add it where it is missing, and its end where that is missing."""
        text = "".join(f"{line}\n" for line in self.bare(0, len(self.lines)))
        frame = parse_frame(text.encode("utf-8", "replace"), None, Problems(""))
        if frame is None or (frame.head is None and frame.body_line == 1):
            self.put(0, 0, ["---", "---", ""])
            self._keys, self._body = 1, 2
            return
        self._keys = frame.head_line - 1
        if frame.head is None:
            # It is never closed: take the lines that look like keys.
            end = self._keys
            while end < len(self.lines) and _KEY.match(self.lines[end]):
                end += 1
            self.put(end, end, ["---"])
            self._body = end + 1
        else:
            self._body = frame.body_line - 1

    def set_key(self, key: str, value: str) -> None:
        """Set one key of the front matter, so that it is there once; '' removes it. A line that is right stays."""
        own = re.compile(rf"{key}[ \t]*:[ \t]*([^\s#]*)[ \t]*(?:#.*)?\Z")
        key_lines = [
            at for at in range(self._keys, self._body - 1) if re.match(rf"{key}[ \t]*:", self.lines[at])
        ]
        first = key_lines[0] if key_lines else self._body - 1
        match = own.match(self.bare(first, first + 1)[0]) if key_lines else None
        if len(key_lines) == 1 and match and match[1] == value:
            return
        for at in reversed(key_lines):
            # Indented lines below a key are part of its value.
            end = at + 1
            while end < self._body - 1 and self.lines[end].startswith((" ", "\t")):
                end += 1
            self._replace(at, end, [])
        self._replace(first, first, [f"{key}: {value}"] if value else [])

    def _replace(self, start: int, end: int, texts: Sequence[str]) -> None:
        """The same as `put` within the front matter; the body moves with it."""
        self.put(start, end, texts)
        self._body += len(texts) - (end - start)

    # -- sections -------------------------------------------------------------------------

    @property
    def titles(self) -> list[str]:
        """The titles of the sections, in order."""
        return [
            heading.title for heading in parse_headings("\n".join(self.bare(self._body, len(self.lines))))
        ]

    def text(self, title: str) -> str:
        """The text of a section, '' where it is missing."""
        span = self.section(title)
        return "\n".join(self.bare(span.below, span.end)) if span else ""

    def write(self, title: str, text: str) -> None:
        """Replace all that is in a section by this text."""
        span = self.ensure_section(title, ())
        more = [""] if span.end < len(self.lines) else []
        self.put(span.below, span.end, ["", *text.split("\n"), *more] if text else [""])

    def section(self, title: str) -> Span | None:
        """Where the first section with this title is; None without one."""
        headings = parse_headings("\n".join(self.bare(self._body, len(self.lines))))
        ends = [heading.at for heading in headings[1:]] + [len(self.lines) - self._body]
        for heading, end in zip(headings, ends, strict=False):
            if heading_key(heading.title.strip("*_ ")) == heading_key(title):
                return Span(heading.at + self._body, heading.below + self._body, end + self._body)
        return None

    def ensure_section(self, title: str, before: Sequence[str], prompt: Sequence[str] = ()) -> Span:
        """Where the section is; added behind the last of the sections `before` if it is missing.

        `prompt` are lines for a new one. Raises Swallowed where the new heading does not count as one.
        """
        span = self.section(title)
        if span is None:
            others = [other for name in before if (other := self.section(name))]
            at = max((other.end for other in others), default=len(self.lines) if before else self._body)
            room = [""] if at and self.lines[at - 1].strip() else []
            self.put(at, at, [*room, f"## {title}", "", *prompt, *([""] if prompt else [])])
            span = self.section(title)
        if span is None:
            raise Swallowed(title)
        return span

    def drop(self, title: str) -> None:
        """Remove a section, if it is there."""
        span = self.section(title)
        if span:
            del self.lines[span.heading : span.end]

    # -- between markers ------------------------------------------------------------------

    def take_block(self, title: str, kind: str) -> Block:
        """Remove the markers of a section, and the text between a pair of this kind; return that text.

        Of a marker without its partner only its line is removed, and the text around it stays.
        """
        span = self.ensure_section(title, self.titles)
        marks = [(at, match[1]) for at in range(span.below, span.end)
                 if (match := MARK.fullmatch(self.bare(at, at + 1)[0]))]  # fmt: skip
        pairs = [
            (start, stop)
            for (start, opening), (stop, closing) in pairwise(marks)
            if opening == kind and closing == END
        ]
        paired = {at for pair in pairs for at in pair}
        unpaired = [at for at, _ in marks if at not in paired]
        inner_lines = [line for start, stop in pairs for line in self.bare(start + 1, stop)]
        removed = {*unpaired, *(at for start, stop in pairs for at in range(start, stop + 1))}
        # From the last up, so that the lines above keep their indexes.
        for at in sorted(removed, reverse=True):
            del self.lines[at]
        first = min([start for start, _ in pairs] + unpaired, default=None)
        return Block(first, inner_lines, bool(unpaired))

    def place(
        self, title: str, *, at: int | None, kind: str, texts: Sequence[str], above: Sequence[str]
    ) -> None:
        """Put texts between markers at that line, or for None at the end of the section; `above` goes in front."""
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
    """The section of this title cannot be put there: code or a comment that is opened above is never closed."""
