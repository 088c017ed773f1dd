"""Render simple Markdown, which most texts are, without a parser, at a tenth of the cost.

Belongs here: a strict subset whose result equals the parser's letter for letter (a test compares the two).
Does not: anything else; for a text with one odd character the answer is None (see `render`).

The subset: paragraphs, lists and task lists of one level, bold, code in a line or between fences, all
separated by blank lines. No other character may mean something to Markdown, or be invisible.
No pattern can match one text in two ways, so none takes long. Possessive quantifiers would make that
obvious, but up to Python 3.11.3 they find wrong matches.
"""

from __future__ import annotations

import re

from markupsafe import Markup

# None of these opens emphasis, a link, an entity, a tag or a table: `_` only within a word, `&` and `<` only
# between blanks.
_CHAR = r"[A-Za-z0-9À-ɏ,.;:()'\"/?!=+%$@#>–—‘’“”…-]|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])|(?<= )[&<](?= )"
# Between a blank or bracket and a blank, a bracket or punctuation: there `**` is bold, and nothing else.
_BOLD = rf"(?:(?<![^ \n(])\*\*(?=[A-Za-z0-9])(?:{_CHAR}| (?! ))*(?<=[A-Za-z0-9:.])\*\*(?![^ \n).,:;]))"
_CODE = r"`[!-_a-~](?:[ -_a-~]*[!-_a-~])?`(?!`)"
# A line starts with a character that starts no block, and has single blanks between its words.
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
    """The HTML of a text in this subset; None for all others."""
    blocks, last_kind = [], ""
    for block in re.split("\n\n+", text):
        kind, html = _render_block(block)
        # To Markdown, two lists with a blank line between are one list whose items are paragraphs.
        if not kind or (kind == last_kind == "list"):
            return None
        blocks.append(html)
        last_kind = kind
    return Markup("".join(blocks))  # noqa: S704 - of known tags, and text that was escaped


def _render_block(block: str) -> tuple[str, str]:
    """A block's kind and its HTML; twice "" for a block outside the subset."""
    if block.startswith("- "):
        return ("list", _render_list(block)) if _LIST.fullmatch(block) else ("", "")
    if block.startswith("```"):
        code = _FENCED.fullmatch(block)
        return ("code", f"<pre><code>{_escape_html(code[1])}</code></pre>\n") if code else ("", "")
    return ("text", f"<p>{_render_inline(block)}</p>\n") if _PARAGRAPH.fullmatch(block) else ("", "")


def _render_list(block: str) -> str:
    items = []
    for line in block.split("\n"):
        item = _ITEM.fullmatch(line)
        assert item, "the whole list was matched before"
        start = f'<li class="task">{_BOXES[item[1]]}' if item[1] else "<li>"
        items.append(f"{start}{_render_inline(item[2])}</li>\n")
    return f"<ul>\n{''.join(items)}</ul>\n"


def _render_inline(text: str) -> str:
    escaped = _escape_html(text)
    return _SPAN.sub(_render_span, escaped) if "`" in escaped or "*" in escaped else escaped


def _render_span(span: re.Match[str]) -> str:
    return f"<strong>{span[2]}</strong>" if span[1] is None else f"<code>{span[1]}</code>"


def _escape_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
