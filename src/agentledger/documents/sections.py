"""Split Markdown into sections: level-2 headings, and the text below each.

Belongs here: telling a heading from what only looks like one (in code, in a comment, in a list item), as
CommonMark does. Does not: any other Markdown (see `site.markdown`), or which sections are needed (see the
module of each document).
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from agentledger.documents.placeholders import is_blank
from agentledger.model.ledger import Part, heading_key

_FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})")
_ATX = re.compile(r" {0,3}##(?:[ \t]+(.*))?$")
_ATX_ANY = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(?:(-+)|=+)[ \t]*$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_ITEM = re.compile(r"( {0,3}(?:[-*+]|\d{1,9}[.)]))( +|$)")
_COMMENT = re.compile(r" {0,3}<!--")
_QUOTE = re.compile(r" {0,3}>")


# What can make a `##` at the start of a line no heading, or another line a heading. All of it is searched for
# in a text with a line end in front: a search is several times as fast where its pattern begins with one.
_HARD = re.compile(r"\n(?:[ \t]+#| {0,3}[-=]+[ \t]*(?=\n|\Z))")
_HARD_ANYWHERE = ("```", "~~~", "<!--")
_EASY = re.compile(r"\n##(?:[ \t]+(.*))?(?=\n|\Z)")
# Code at the left edge, with nothing on its first and last line that needs a second look. No possessive
# quantifiers: up to Python 3.11.3 they find wrong matches.
_CODE = re.compile(r"^```[\w+-]*\n[^`]*(?:`(?!``)[^`]*)*^```[ \t]*$", re.MULTILINE)


# Sections of one document; the last one then has the rest of the text.
MOST = 200


class Heading(NamedTuple):
    """A level-2 heading: its text, its first line, and the first line below it, both counted from 0."""

    title: str
    at: int
    below: int


class _Scanner:
    """Go through the lines once, knowing whether code, a comment, a list item or a paragraph is open."""

    def __init__(self) -> None:
        self.found: list[Heading] = []
        #: The fence that opened the code, else ''.
        self.fence = ""
        self.comment = False
        #: The column of the list item in which code or a comment was opened.
        self.inside = 0
        #: The column at which the outermost open list item has its content; 0 if there is none.
        self.item = 0
        #: The item has no text so far: a blank line then ends it.
        self.item_empty = False
        #: A quotation's paragraph is open, which a line without `>` may go on with.
        self.quote = False
        #: The lines of the open paragraph: an underline makes them a heading.
        self.paragraph: list[str] = []

    def line(self, at: int, text: str) -> None:
        """Take the next line, number `at` from 0; its tabs must have been expanded."""
        indent = len(text) - len(text.lstrip(" "))
        blank = not text.strip()
        if (self.fence or self.comment) and not self._ends_block(text, indent, blank):
            return
        if blank:
            self.paragraph, self.quote = [], False
            if self.item_empty:
                self.item = 0
            return
        if self.item and indent < self.item and self._continues_item(text):
            return
        self.item_empty = False
        if self.item:
            self._scan_content(text[self.item :])
        elif not (self.quote and self._continues_paragraph(text)):
            self.quote = False
            self._scan_top_level(at, text, indent)

    def _ends_block(self, text: str, indent: int, blank: bool) -> bool:
        """Is the code or comment over, because its list item is? If not, take the line as part of it."""
        if self.inside and not blank and indent < self.inside:
            self.fence, self.comment = "", False
            return True
        if self.comment:
            self.comment = "-->" not in text
            return False
        mark = text[self.inside :].rstrip()
        bare = mark.lstrip(" ")
        # A closing fence is of the same character as the opening one, at least as long, with no text after it.
        closes = bare.startswith(self.fence) and not bare.strip(self.fence[0]) and len(mark) - len(bare) <= 3
        self.fence = "" if closes else self.fence
        return False

    def _continues_item(self, text: str) -> bool:
        """Does a line left of the open item's content continue its paragraph? If not, the item is over."""
        if self.paragraph and self._continues_paragraph(text):
            return True
        self.item, self.paragraph = 0, []
        return False

    def _continues_paragraph(self, text: str) -> bool:
        """Is the line only more of the paragraph above it?"""
        ends = (_ATX_ANY, _RULE, _QUOTE, _FENCE)
        return not (
            _COMMENT.match(text) or any(end.match(text) for end in ends) or self._starts_item(text, False)
        )

    def _starts_item(self, text: str, paragraph: bool) -> bool:
        """Does a list item start here? Within a paragraph, only one with text, and a numbered one only at 1."""
        item = _ITEM.match(text)
        if not item or _RULE.match(text):
            return False
        number = item[1].strip()[:-1]
        return not paragraph or (bool(text[item.end() :].strip()) and number in ("", "1"))

    def _scan_content(self, text: str) -> None:
        """Take a line that begins or continues a block; `text` is what is right of the item's column."""
        indent = len(text) - len(text.lstrip(" "))
        fence, comment = _FENCE.match(text), _COMMENT.match(text)
        if fence or comment:
            self.fence, self.comment = fence[2] if fence else "", bool(comment) and "-->" not in text
            self.inside, self.paragraph = self.item, []
        elif self.item and (_ATX_ANY.match(text) or _RULE.match(text)):
            self.paragraph = []
        elif indent <= 3 or self.paragraph:
            self.paragraph.append(text)

    def _scan_top_level(self, at: int, text: str, indent: int) -> None:
        underline = _UNDERLINE.match(text)
        heading = _ATX.match(text)
        if underline and self.paragraph:
            if underline[1]:
                title = " ".join(part.strip() for part in self.paragraph)
                self.found.append(Heading(title, at - len(self.paragraph), at + 1))
            self.paragraph = []
        elif heading:
            self.found.append(Heading(_heading_title(heading[1] or ""), at, at + 1))
            self.paragraph = []
        elif _ATX_ANY.match(text) or _RULE.match(text) or _QUOTE.match(text):
            self.paragraph = []
            quoted = text.lstrip(" >") if _QUOTE.match(text) else ""
            self.quote = bool(quoted) and self._continues_paragraph(quoted)
        elif indent <= 3 and self._starts_item(text, bool(self.paragraph)):
            self._open_item(text)
        else:
            self._scan_content(text)

    def _open_item(self, text: str) -> None:
        item = _ITEM.match(text)
        assert item
        rest = text[item.end() :]
        blanks = len(item[2])
        # Five blanks or more count as one; the rest of them makes indented code.
        self.item = len(item[1]) + (blanks if rest and blanks <= 4 else 1)
        self.paragraph, self.item_empty = [], not rest
        if rest:
            self._scan_content(text[self.item :])


def _heading_title(text: str) -> str:
    """Return the text of a heading without the `#` that may close it."""
    text = text.strip()
    bare = text.rstrip("#")
    return bare.rstrip() if not bare or bare[-1].isspace() else text


def parse_headings(body: str) -> list[Heading]:
    """Return the first MOST level-2 headings of a text, in order."""
    # Most documents have no trap in them, once plain code blocks are gone: one search is then enough.
    bare = "\n" + body
    if "```" in body:
        bare = _CODE.sub(lambda code: "\n" * code[0].count("\n"), bare)
    if not any(mark in bare for mark in _HARD_ANYWHERE) and not _HARD.search(bare):
        return _parse_easy_headings(bare)
    scanner = _Scanner()
    for at, text in enumerate(body.split("\n")):
        scanner.line(at, text.expandtabs(4))
        if len(scanner.found) == MOST:
            break
    return scanner.found


def _parse_easy_headings(text: str) -> list[Heading]:
    """Return the headings of a text in which every line is what it looks like; it begins with a line end."""
    found: list[Heading] = []
    at = last = 0
    for match in islice(_EASY.finditer(text), MOST):
        at += text.count("\n", last, match.start())
        last = match.start()
        found.append(Heading(_heading_title(match[1] or ""), at, at + 1))
    return found


def parse_sections(body: str, first: int, prompts: dict[str, str] | None = None) -> tuple[Part, ...]:
    """Return the sections of a body whose first line is number `first` of the document.

    `prompts` maps the heading of a template's section to its text, which counts as empty.
    """
    lines = body.split("\n")
    headings = parse_headings(body)
    ends = [heading.at for heading in headings[1:]] + [len(lines)] * bool(headings)
    parts = []
    for heading, end in zip(headings, ends, strict=True):
        text = "\n".join(lines[heading.below : end]).rstrip()
        start = len(text) - len(text.lstrip("\n"))
        text = text[start:]
        title = heading.title.strip("*_ ")
        empty = is_blank(text) or (
            bool(prompts) and (prompts or {}).get(heading_key(title)) == " ".join(text.split())
        )
        parts.append(
            Part(title, first + heading.at, text, empty=empty, text_line=first + heading.below + start)
        )
    return tuple(parts)
