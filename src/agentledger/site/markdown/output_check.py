"""Check that rendered Markdown contains only HTML that we allow.

Belongs here: the allowed tags and attributes, letter for letter. Does not: making them (see `rules` and
`render`).

It is a second check: without it, a mistake in the rules, a future version of the parser, or a cache that
somebody wrote to would put an agent's markup on a page of ours.
"""

from __future__ import annotations

import re
from html import unescape

from agentledger.site.markdown.links import Kind, classify_address

_PAIRS = "p|h[1-6]|ul|li|blockquote|pre|code|em|strong|s|table|thead|tbody|tr|th|td"
_TAG = re.compile(
    rf"<(?:(?P<open>{_PAIRS}|ol|a|span)(?P<more>(?: [^<>]*)?)|/(?P<close>{_PAIRS}|ol|a|span)|br|hr)>"
)
_MORE = re.compile(
    r'ol start="[0-9]{1,9}"|li class="task"|pre class="plain"|t[hd] class="(?:left|center|right)"'
    r'|span class="chip"|span class="box" role="img" aria-label="(?:to do|done)"'
    r'|a href="(?P<href>[^"<>]*)"(?: rel="noreferrer noopener nofollow")?'
)


def is_allowed_html(html: str) -> bool:
    """Is every `<` and `>` part of an allowed tag, every tag closed in order, and every address fit for a link?"""
    if re.search("[<>]", _TAG.sub("", html)):
        return False
    open_tags: list[str] = []
    for tag in _TAG.finditer(html):
        name = tag["open"]
        if name:
            open_tags.append(name)
            if (tag["more"] or name in ("a", "span")) and not _is_allowed_tag(name + tag["more"]):
                return False
        elif tag["close"] and (not open_tags or open_tags.pop() != tag["close"]):
            return False
    return not open_tags


def _is_allowed_tag(tag: str) -> bool:
    match = _MORE.fullmatch(tag)
    if not match:
        return False
    return match["href"] is None or classify_address(unescape(match["href"])) in (Kind.WEB, Kind.MAIL)
