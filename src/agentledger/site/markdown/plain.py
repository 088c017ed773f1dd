"""The Markdown that most texts are, made into HTML without a Markdown parser, at a tenth of the cost.

Belongs here: a strict subset in which the result is letter for letter the parser's (a test compares
the two). Does not: anything else; one odd character, and the answer is None.

Made here: paragraphs, lists and task lists of one level, bold, code in a line or between fences, all
apart by blank lines. A text may hold no character that means something to Markdown, or hides from readers.
No pattern can match one text in two ways, so none takes long; possessive ones, which would show that at a
glance, find wrong matches up to Python 3.11.3.
"""

from __future__ import annotations

import re

from markupsafe import Markup

# Nothing here opens emphasis, a link, an entity, a tag or a table: `_` is within a word, `&` and `<` alone.
_CHAR = r"[A-Za-z0-9À-ɏ,.;:()'\"/?!=+%$@#>–—‘’“”…-]|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])|(?<= )[&<](?= )"
# From a blank or bracket to a blank, a bracket or the end of a sentence: there it is bold, and nothing else.
_BOLD = rf"(?:(?<![^ \n(])\*\*(?=[A-Za-z0-9])(?:{_CHAR}| (?! ))*(?<=[A-Za-z0-9:.])\*\*(?![^ \n).,:;]))"
_CODE = r"`[!-_a-~](?:[ -_a-~]*[!-_a-~])?`(?!`)"
# A line begins with what begins no block, and has single blanks between its words.
_LINE = rf"(?=[A-Za-zÀ-ɏ(\"'“‘`*])(?:{_CHAR}|{_CODE}|{_BOLD}| (?! ))*(?<! )"
_PARAGRAPH = re.compile(rf"{_LINE}(?:\n{_LINE})*")
_ITEM = re.compile(rf"- (?:\[([ xX])\] )?({_LINE})")
_LIST = re.compile(rf"- (?:\[[ xX]\] )?{_LINE}(?:\n- (?:\[[ xX]\] )?{_LINE})*")
_FENCED = re.compile(r"```[a-z]*\n((?:[ -_a-~]*\n)+)```")
_SPAN = re.compile(r"`([^`]*)`|\*\*([^*]*)\*\*")
_BOXES = {
    box: f'<span class="box" role="img" aria-label="{name}">{sign}</span> '
    for box, name, sign in ((" ", "to do", "☐"), ("x", "done", "☑"), ("X", "done", "☑"))
}


def render_simple(text: str) -> Markup | None:
    """The HTML of a text of this subset; None for all others."""
    made, last = [], ""
    for block in re.split("\n\n+", text):
        kind, html = _render_block(block)
        # Lists apart by a blank line are one, whose items are paragraphs.
        if not kind or (kind == last == "list"):
            return None
        made.append(html)
        last = kind
    return Markup("".join(made))  # noqa: S704 - of known tags, and text that was escaped


def _render_block(block: str) -> tuple[str, str]:
    """What a block is, and its HTML; "" for what is not made here."""
    if block.startswith("- "):
        return ("list", _render_list(block)) if _LIST.fullmatch(block) else ("", "")
    if block.startswith("```"):
        code = _FENCED.fullmatch(block)
        return ("code", f"<pre><code>{_escape_html(code[1])}</code></pre>\n") if code else ("", "")
    return ("text", f"<p>{_render_inline(block)}</p>\n") if _PARAGRAPH.fullmatch(block) else ("", "")


def _render_list(block: str) -> str:
    rows = []
    for line in block.split("\n"):
        found = _ITEM.fullmatch(line)
        assert found, "the whole list was matched before"
        start = f'<li class="task">{_BOXES[found[1]]}' if found[1] else "<li>"
        rows.append(f"{start}{_render_inline(found[2])}</li>\n")
    return f"<ul>\n{''.join(rows)}</ul>\n"


def _render_inline(text: str) -> str:
    escaped = _escape_html(text)
    return _SPAN.sub(_render_span, escaped) if "`" in escaped or "*" in escaped else escaped


def _render_span(found: re.Match[str]) -> str:
    return f"<strong>{found[2]}</strong>" if found[1] is None else f"<code>{found[1]}</code>"


def _escape_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
