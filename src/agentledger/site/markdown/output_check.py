"""The grammar of HTML that rendered Markdown may be, checked on the finished text.

Belongs here: the tags and attributes, letter for letter. Does not: making them. It is a
second opinion: a mistake in the rules, a future version of the parser, or a cache that
somebody wrote to would otherwise put an agent's markup on a page of ours.
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
    """Is every `<` and `>` part of a tag that we write, closed in order, and every address one for a link?"""
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
    found = _MORE.fullmatch(tag)
    if not found:
        return False
    return found["href"] is None or classify_address(unescape(found["href"])) in (Kind.WEB, Kind.MAIL)
