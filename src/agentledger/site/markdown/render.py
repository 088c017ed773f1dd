"""Markdown by agents → harmless HTML, or where that fails, the text unchanged as plain text.

Belongs here: one text at a time, in this process, with limits of size. Does not: limits of time and memory,
which need another process (see `pool`); how Markdown is parsed (see `rules`).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from markupsafe import Markup

from agentledger.model.text import count_misleading
from agentledger.site.markdown.output_check import is_allowed_html
from agentledger.site.markdown.rules import TooMuch, build_parser
from agentledger.site.visible_characters import insert_chips

# Characters. Documents of people and agents have a few thousand.
MOST_IN = 64 << 10
MOST_OUT = 1 << 20

TOO_LONG = f"it is longer than {MOST_IN >> 10} KB"
TOO_LARGE = "as Markdown it would be far larger than its text"
EMPTY = "as Markdown it shows nothing"
UNSAFE = "its Markdown makes HTML that is not known to be harmless"

_TAGS = re.compile("<[^>]*>")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Markup of a document.

    `note`: a sentence that says why it is shown as plain text, or "". `hidden`: the names of the misleading
    characters in it (`U+202E`), sorted; in `html` they are chips.
    """

    html: Markup
    note: str
    hidden: tuple[str, ...]


def render_markdown(text: str, top: int = 3) -> Rendered:
    """Render Markdown as HTML; its highest heading becomes `<h3>` where `top` is 3, and so on.

    A text made for that can take minutes and much memory: use `pool.Renderer` for texts by others.
    """
    if len(text) > MOST_IN:
        return render_plain(text, TOO_LONG)
    try:
        markup = build_parser().render(text, {"top": top})
    except TooMuch as error:
        return render_plain(text, error.args[0])
    if not markup and text.strip():
        return render_plain(text, EMPTY)
    if len(markup) > MOST_OUT:
        return render_plain(text, TOO_LARGE)
    # One pass over the finished HTML, so that no hidden character is missed. A chip within an attribute would
    # be refused below.
    visible = insert_chips(markup, keep="\n\t")
    if len(visible) > MOST_OUT:
        return render_plain(text, TOO_LARGE)
    if not is_allowed_html(visible):
        return render_plain(text, UNSAFE)
    return Rendered(Markup(visible), "", _misleading_names(text, markup))  # noqa: S704 - checked on the line above


def render_plain(text: str, why: str) -> Rendered:
    """The text unchanged, cut to the limits; `why` completes “Shown as plain text: …”."""
    normalized = text.replace("\r\n", "\n")
    excerpt = normalized[:MOST_IN]
    # A chip is much longer than its character, so even a short text can be too large with them.
    while len(visible := insert_chips(html.escape(excerpt), keep="\n\t")) > MOST_OUT:
        excerpt = excerpt[: len(excerpt) // 2]
    note = f"Shown as plain text: {why}."
    if len(excerpt) < len(normalized):
        note += f" Only the first {len(excerpt):,} of its {len(normalized):,} characters are here."
    markup = Markup(f'<pre class="plain"><code>{visible}</code></pre>')  # noqa: S704 - escaped above
    return Rendered(markup, note, _misleading_names(excerpt, ""))


def _misleading_names(text: str, markup: str) -> tuple[str, ...]:
    """The names of misleading characters in a text, also of those spelled as entities or in addresses."""
    names = count_misleading([text])
    if "&" in text or "%" in text:
        names |= count_misleading([_TAGS.sub("", markup)])
    return tuple(sorted(names))
