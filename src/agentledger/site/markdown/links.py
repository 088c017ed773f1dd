"""Which addresses in an agent's Markdown may become links, and whether a label hides where a link leads.

Belongs here: judging an address, and a label that claims a different one. Does not: Markdown itself (see
`rules`).

An address comes as markdown-it's `normalizeLink` returns it: entities decoded, the host in punycode, the rest
percent-encoded. What a browser might still read differently than we do (backslashes, user names, odd hosts,
control characters) is refused; we do not try to interpret it.
"""

from __future__ import annotations

import re
from enum import Enum

# Characters. A longer address helps no reader, and a reference repeats one at the cost of three characters.
MOST_ADDRESS = 2000

_REST = r"[!#$%&'()*+,./0-9:;=?@A-Z_a-z~\[\]-]*"
_WEB = re.compile(
    rf"https?://(?P<host>[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?(?:[/?#]{_REST})?",
    re.IGNORECASE,
)
# Without headers: `?body=` and the like would write a message in the reader's name.
_MAIL = re.compile(r"mailto:[a-z0-9.!#$&'*+/=_~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
# Nothing that could be a scheme or a host: no colon before the first slash, no two slashes at the start.
_LOCAL = re.compile(rf"(?!//)(?:[^:/?#]*(?:[/?#]{_REST})?)")
# What browsers may read differently: backslashes, and controls, backslash, DEL or colon percent-encoded.
_TRICKS = re.compile(r"\\|%(?:[01][0-9a-f]|5c|7f|3a)", re.IGNORECASE)
_LOOKS_LIKE_HOST = re.compile(r"[\w-]\.[^\W\d]{2,}|://")


class Kind(Enum):
    """What an address may be used for. A LOCAL one is printed beside its label, and is no link."""

    WEB = "web"
    MAIL = "mail"
    LOCAL = "local"
    REFUSED = "refused"


def classify_address(address: str) -> Kind:
    """What this normalized address may be used for."""
    if not address or len(address) > MOST_ADDRESS or not address.isascii() or not address.isprintable():
        return Kind.REFUSED
    if _WEB.fullmatch(address):
        return Kind.WEB
    if _MAIL.fullmatch(address):
        return Kind.MAIL
    return Kind.LOCAL if _LOCAL.fullmatch(address) and not _TRICKS.search(address) else Kind.REFUSED


def disguised_host(label: str, address: str) -> str:
    """The host of a web address, where the label looks like a different host, or the host can look like another.

    "" where neither is so.
    """
    match = _WEB.fullmatch(address)
    if not match:
        return ""
    host = match["host"].lower()
    # Punycode: a host with characters beyond ASCII, some of which look like Latin letters.
    lookalike = any(part.startswith("xn--") for part in host.split("."))
    return host if lookalike or (_LOOKS_LIKE_HOST.search(label) and not _is_host_named(label, host)) else ""


def _is_host_named(label: str, host: str) -> bool:
    """Does the label name this host? `example.com.evil.org` is not `example.com`, nor the reverse."""
    return re.search(rf"(?<![\w.@-]){re.escape(host)}(?![\w.@-])", label.lower()) is not None
