"""Characters that a reader cannot see, made visible, and reported where they mislead.

Belongs here: text from git → markup in which nothing is hidden. Does not: the layout
of a page (see the templates), or diffs (see `diff`).
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup, escape

from agentledger.text import HIDDEN

# What reorders or hides text: bidirectional controls, zero-width characters, tags. Left out are
# control characters and undecodable bytes (odd, but they do not mislead), the soft hyphen, a
# byte order mark where a line starts, and joiners within a script or an emoji that needs them.
MISLEADING = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\uffa0"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
    "|(?<=[\x00-\x7f])[\u200c\u200d]|(?<=.)\ufeff"
)


def show(text: object) -> Markup:
    """Any value as markup: escaped, with every hidden character as a chip. Markup passes as it is.

    For element content only; a chip has no place in an attribute (see `plain` of `pages`).
    """
    if isinstance(text, Markup):
        return text
    raw = str(text)
    if raw.isascii() and raw.isprintable():
        return escape(raw)
    return Markup(chips(html.escape(raw)))  # noqa: S704 - escaped on this very line


def path(text: str) -> Markup:
    """A path as markup that may be broken into lines after each slash."""
    return Markup("/<wbr>").join(map(show, text.split("/")))


def chips(escaped: str, keep: str = "") -> str:
    """The same for text that is HTML already; the characters in `keep` stay as they are."""
    return HIDDEN.sub(lambda match: match[0] if match[0] in keep else _chip(match[0]), escaped)


def _chip(char: str) -> str:
    code = ord(char)
    name = f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"
    return f'<span class="chip">{name}</span>'


def misleading(texts: Iterable[str]) -> Counter[str]:
    """How often each misleading character occurs in these texts, by its `U+202E` name."""
    found: Counter[str] = Counter()
    for text in texts:
        if not text.isascii():
            found.update(f"U+{ord(match[0]):04X}" for match in MISLEADING.finditer(text))
    return found
