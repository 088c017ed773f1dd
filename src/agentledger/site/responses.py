"""What a request for a page of the site gets: a file of the folder, made live, under strict headers.

Belongs here: which host names and paths are answered, headers, and the two changes made to a page
on its way out. Does not: sockets (see `serve`).

A page on the disk says in its policy that it may connect nowhere. A served one has to hear of
changes, so both its own policy and the header get `connect-src 'self'`, and the script that
listens is added at its end; the files themselves stay as `agentledger site` makes them.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import stat
from collections.abc import Mapping
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from agentledger.site.page_names import INDEX

EVENTS = "/events"
SCRIPT = "live.js"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

_TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "atom": "application/atom+xml; charset=utf-8",
    # Shown, where `text/markdown` would be offered for saving.
    "md": "text/plain; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
_POLICY = re.compile(rb"""<meta http-equiv="Content-Security-Policy" content="default-src 'none';([^"]*)">""")
_NOWHERE = "default-src 'none'; frame-ancestors 'none'"
_GUARDS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Without it any page on the web could include ours as a script or a frame, and learn from that.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}
_MISSING = b"""<!DOCTYPE html>
<html lang="en">
<head>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; script-src 'self'">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>No such page</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>There is no such page</h1>
<p>Its branch may be gone. <a href="/">The board</a> lists all that are there.</p>
</main>
</body>
</html>
"""


class Answer(NamedTuple):
    """Status, headers and content of an answer."""

    status: int
    headers: dict[str, str]
    content: bytes


def allowed_hosts(bound: str) -> frozenset[str]:
    """The names under which a server bound to this address may be asked; see `is_ours`."""
    shown = f"[{bound}]" if ":" in bound else bound
    every = bound in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
    return LOOPBACK | {shown.lower()} | ({"*", socket.gethostname().lower()} if every else set())


def is_own_host(header: str | None, ours: frozenset[str]) -> bool:
    """True when a `Host` header names this server.

    A page on the web can have its own name resolve to this machine, and then read what it gets
    as its own; but the browser still sends that name. With `*` among ours any plain address will
    do: no name can be made to look like one.
    """
    name = re.sub(r":\d+$", "", (header or "").strip().lower())
    return name in ours - {"*"} or ("*" in ours and _is_ip_address(name.strip("[]")))


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def answer_request(root: str, target: str, known: str = "") -> Answer:
    """The answer to a request for `target` in the site below `root`; `known` is its If-None-Match."""
    name = _parse_target(target)
    found = _read_plain_file(root, name)
    if found is None:
        return _page_answer(404, _MISSING, "", {})
    content, seen = found
    tag = f"{seen.st_mtime_ns:x}-{seen.st_size:x}"
    dated = {"ETag": f'"{tag}"', "Last-Modified": formatdate(seen.st_mtime, usegmt=True)}
    if f'"{tag}"' in known:
        return Answer(304, {**_GUARDS, **dated}, b"")
    ending = name.rpartition(".")[2]
    if ending == "html":
        return _page_answer(200, content, tag, dated)
    kind = _TYPES.get(ending, "application/octet-stream")
    return Answer(200, _guarded_headers(kind, _NOWHERE) | dated, content)


def build_refusal(status: int, why: str) -> Answer:
    """An answer of one sentence."""
    return Answer(status, _guarded_headers(_TYPES["txt"], _NOWHERE), f"{why}\n".encode())


def event_headers() -> dict[str, str]:
    """The headers of the stream of events."""
    return _guarded_headers("text/event-stream", _NOWHERE) | {"Cache-Control": "no-store"}


def _page_answer(status: int, content: bytes, tag: str, dated: Mapping[str, str]) -> Answer:
    allowed = _POLICY.search(content, 0, 1024)
    rest = f"; connect-src 'self';{allowed[1].decode()}" if allowed else ""
    if allowed:
        # Both policies apply, the stricter wins: the page's own has to allow it too.
        start = allowed.start(1)
        content = b"%s connect-src 'self';%s" % (content[:start], content[start:])
    before, end, after = content.rpartition(b"</body>")
    script = f'<script defer src="/{SCRIPT}" data-etag="{tag}"></script>\n'.encode() if end else b""
    policy = f"default-src 'none'{rest}; frame-ancestors 'none'"
    return Answer(
        status, {**_guarded_headers(_TYPES["html"], policy), **dated}, before + script + end + after
    )


def _guarded_headers(kind: str, policy: str) -> dict[str, str]:
    return {**_GUARDS, "Content-Type": kind, "Content-Security-Policy": policy}


def _parse_target(target: str) -> str:
    """The path of a file below the site that a request asks for, or "" for what is never served."""
    try:
        path = unquote(urlsplit(target).path, errors="strict").removeprefix("/") or INDEX
    except ValueError:
        return ""
    parts = path.split("/")
    # Hidden files are the manifest, the lock and what is being built; `..` begins with a dot too.
    hidden = any(part.startswith(".") or not part for part in parts)
    return "" if hidden or not path.isprintable() or "\\" in path else path


def _read_plain_file(root: str, name: str) -> tuple[bytes, os.stat_result] | None:
    """Content and state of a plain file; no part of the way to it may be a link."""
    *ways, last = name.split("/")
    with contextlib.ExitStack() as stack:
        try:
            here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, here)
            for way in ways:
                here = os.open(way, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                stack.callback(os.close, here)
            # Without O_NONBLOCK a pipe of that name would never open.
            file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
        except (OSError, ValueError):
            return None
        stack.callback(os.close, file)
        seen = os.fstat(file)
        if not stat.S_ISREG(seen.st_mode):
            return None
        with open(file, "rb", closefd=False) as opened:
            return opened.read(), seen
