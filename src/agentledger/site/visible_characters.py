"""Make visible the characters that a reader cannot see: each becomes a chip with its name.

Belongs here: text from git → markup in which nothing is hidden. Does not: a page's layout (see the
templates), diffs (see `diff`), or which characters mislead (see `model.text`).
"""

from __future__ import annotations

import html
from functools import lru_cache

from markupsafe import Markup, escape

from agentledger.model.text import HIDDEN


def render_visible(text: object) -> Markup:
    """Any value as markup: escaped, with every hidden character as a chip. Markup passes unchanged.

    For the content of elements only: a chip is a tag, and cannot be in an attribute (see the filter `plain`
    in `pages`).
    """
    if isinstance(text, Markup):
        return text
    raw = str(text)
    return _render_cached(raw) if len(raw) <= _MOST_CACHED else _render_raw(raw)


def _render_raw(raw: str) -> Markup:
    if raw.isascii() and raw.isprintable():
        return escape(raw)
    return Markup(insert_chips(html.escape(raw)))  # noqa: S704 - escaped on this very line


_HARMLESS = bytes(range(0x20, 0x7F))
# Characters. Shorter texts are cached: they occur many times on a page, and on a thousand pages.
_MOST_CACHED = 80
_render_cached = lru_cache(maxsize=1 << 14)(_render_raw)


@lru_cache(maxsize=1 << 14)
def render_path(text: str) -> Markup:
    """A path as markup in which a line may break after each slash."""
    return Markup("/<wbr>").join(map(render_visible, text.split("/")))


def insert_chips(escaped: str, keep: str = "") -> str:
    """Insert the chips into text that is HTML already; the characters in `keep` stay as they are."""
    if escaped.isascii() and not escaped.encode().translate(None, _HARMLESS + keep.encode()):
        return escaped  # one pass in C; the search for every hidden character takes ten times as long
    return HIDDEN.sub(lambda match: match[0] if match[0] in keep else _render_chip(match[0]), escaped)


def _render_chip(char: str) -> str:
    code = ord(char)
    # From U+DC80 to U+DCFF: a byte that was not UTF-8, as Python's surrogateescape decodes it.
    name = f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"
    return f'<span class="chip">{name}</span>'
