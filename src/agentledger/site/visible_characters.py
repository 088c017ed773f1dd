"""Characters that a reader cannot see, made visible, and reported where they mislead.

Belongs here: text from git → markup in which nothing is hidden. Does not: the layout
of a page (see the templates), or diffs (see `diff`).
"""

from __future__ import annotations

import html
from functools import lru_cache

from markupsafe import Markup, escape

from agentledger.model.text import HIDDEN


def render_visible(text: object) -> Markup:
    """Any value as markup: escaped, with every hidden character as a chip. Markup passes as it is.

    For element content only; a chip has no place in an attribute (see `plain` of `pages`).
    """
    if isinstance(text, Markup):
        return text
    raw = str(text)
    return _word(raw) if len(raw) <= _WORD else _render_raw(raw)


def _render_raw(raw: str) -> Markup:
    if raw.isascii() and raw.isprintable():
        return escape(raw)
    return Markup(insert_chips(html.escape(raw)))  # noqa: S704 - escaped on this very line


_HARMLESS = bytes(range(0x20, 0x7F))
_WORD = 80  # characters; on a page the same short words stand many times, and on a thousand pages again
_word = lru_cache(maxsize=1 << 14)(_render_raw)


@lru_cache(maxsize=1 << 14)
def render_path(text: str) -> Markup:
    """A path as markup that may be broken into lines after each slash."""
    return Markup("/<wbr>").join(map(render_visible, text.split("/")))


def insert_chips(escaped: str, keep: str = "") -> str:
    """The same for text that is HTML already; the characters in `keep` stay as they are."""
    if escaped.isascii() and not escaped.encode().translate(None, _HARMLESS + keep.encode()):
        return escaped  # told by one pass in C; the search for all that can hide takes ten times as long
    return HIDDEN.sub(lambda match: match[0] if match[0] in keep else _render_chip(match[0]), escaped)


def _render_chip(char: str) -> str:
    code = ord(char)
    name = f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"
    return f'<span class="chip">{name}</span>'
