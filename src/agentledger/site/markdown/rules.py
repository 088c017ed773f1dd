"""How Markdown by agents is parsed: the parser, and the changes to its tokens before HTML is written.

Belongs here: every difference from markdown-it's preset `js-default`. Does not: limits of size and time, or
hidden characters (see `render` and `pool`).

The HTML takes nothing from the text except text itself and the addresses that `links` allows: no ids (they
could replace those of our page and its script), no titles, no classes, no styles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.link import link
from markdown_it.token import Token

from agentledger.site.markdown.links import Kind, classify_address, disguised_host

# Levels of tokens: twenty nested quotes, or ten nested lists (a list and its item are a level each).
MOST_NESTED = 20
# Characters of all addresses in one text: a reference repeats a long one at the cost of three characters.
MOST_ADDRESSES = 500_000

_TASK = re.compile(r"\[([ xX])\][ \t]+")
_BOXES = {" ": ("to do", "☐"), "x": ("done", "☑")}


class TooMuch(ValueError):
    """The text is not rendered as HTML; the one argument completes “Shown as plain text: …”."""


@cache
def build_parser() -> MarkdownIt:
    """Build the parser, once in a process; `env["top"]` is the level for a text's highest heading."""
    md = MarkdownIt("js-default", {"maxNesting": MOST_NESTED, "html": False, "linkify": False})
    md.validateLink = lambda url: classify_address(url) is not Kind.REFUSED  # type: ignore[method-assign]  # its hook for this
    md.inline.ruler.at("image", _image_as_link)
    for name, rule in _AFTERWARDS:
        md.core.ruler.push(name, rule)
    md.add_render_rule("task", _render_task_box)
    return md


def _image_as_link(state: StateInline, silent: bool) -> bool:
    """Parse `![…](…)` as a link: loading a picture is a request to a host that its author chose.

    Inside a link, it is only that link's label.
    """
    if not state.src.startswith("![", state.pos):
        return False
    state.pos += 1
    before = len(state.tokens)
    if not link(state, silent):
        state.pos -= 1
        return False
    # HTML has no links within links: these two tokens are left out later, their label stays.
    if not silent and state.linkLevel:
        opening = next(token for token in state.tokens[before:] if token.type == "link_open")
        opening.meta["bare"] = state.tokens[-1].meta["bare"] = True
    return True


def _limit_depth(state: StateCore) -> None:
    # Without an error, the parser would silently leave out what is nested deeper.
    if any(token.nesting == 1 and token.level >= MOST_NESTED - 1 for token in state.tokens):
        raise TooMuch("its quotes or lists are nested too deeply")


def _shift_headings(state: StateCore) -> None:
    """Renumber headings: the highest becomes the page's next level, and no level is skipped."""
    headings = [token for token in state.tokens if token.type in ("heading_open", "heading_close")]
    levels = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{min(6, state.env['top'] + levels.index(token.tag))}"


def _align_tables(state: StateCore) -> None:
    for token in state.tokens:
        # Our pages' content security policy allows no inline style.
        style = token.attrs.pop("style", "")
        if style:
            token.attrs["class"] = str(style).removeprefix("text-align:")


def _clear_fence_info(state: StateCore) -> None:
    for token in state.tokens:
        # The fence's language would become a class. No code is coloured, so nothing needs it.
        token.info = ""


def _mark_tasks(state: StateCore) -> None:
    """Show `- [x] ` as a box that a screen reader announces; not as an input, which people would try to click."""
    for item, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or inline.type != "inline" or not inline.children:
            continue
        first = inline.children[0]
        box = _TASK.match(first.content) if first.type == "text" and _TASK.match(inline.content) else None
        if box:
            first.content = first.content[box.end() :]
            inline.children.insert(0, Token("task", "", 0, meta={"box": box[1].lower()}))
            item.attrs["class"] = "task"


def _render_task_box(_: object, tokens: Sequence[Token], index: int, *__: Any) -> str:
    name, box = _BOXES[tokens[index].meta["box"]]
    return f'<span class="box" role="img" aria-label="{name}">{box}</span> '


def _label_links(state: StateCore) -> None:
    room = MOST_ADDRESSES
    for token in state.tokens:
        if not token.children:
            continue
        room -= sum(len(str(child.attrs["href"])) for child in token.children if child.type == "link_open")
        if room < 0:
            raise TooMuch("it repeats long addresses too often")
        token.children = list(_label_inline_links(state.md, token.children))


def _label_inline_links(md: MarkdownIt, tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens of one inline text, with links that show where they lead. Links are never nested."""
    opening, label = None, ""
    for token in tokens:
        if token.meta.get("bare"):
            continue
        if token.type == "link_open":
            opening, label = token, ""
            token.attrs.pop("title", None)
            yield from _open_link(token)
        elif token.type == "link_close" and opening:
            yield from _close_link(md, str(opening.attrs["href"]), label.strip(), token)
            opening = None
        else:
            label += token.content
            yield token


def _open_link(token: Token) -> Iterator[Token]:
    match classify_address(str(token.attrs["href"])):
        case Kind.WEB:
            token.attrs["rel"] = "noreferrer noopener nofollow"
            yield token
        case Kind.MAIL:
            yield token


def _close_link(md: MarkdownIt, address: str, label: str, closing: Token) -> Iterator[Token]:
    address_text = md.normalizeLinkText(address)
    if not label:
        yield _text_token(address_text)
    if classify_address(address) in (Kind.WEB, Kind.MAIL):
        yield closing
        host = disguised_host(label, address)
        if host:
            yield _text_token(f" ({host})")
    elif label and address_text not in ("", label):
        # As a link it would lead into our site or to a file beside it, and its author can know neither.
        yield _text_token(f" ({address_text})")


def _text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


_AFTERWARDS = (
    ("depth", _limit_depth),
    ("headings", _shift_headings),
    ("tables", _align_tables),
    ("fences", _clear_fence_info),
    ("tasks", _mark_tasks),
    ("links", _label_links),
)
