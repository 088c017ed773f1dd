"""The answer to a request for a page of the site: a file of the folder, made live, with strict headers.

Belongs here: which host names and paths are answered, headers, and the two changes to a page that is
served. Does not: sockets (see `server`).

A page on the disk forbids every connection in its content security policy. A served page has to hear of
changes, so its own policy and the header both get `connect-src 'self'`, and a script that listens is added
at its end. The files themselves stay as `agentledger site` makes them.
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
    # As plain text a browser shows it; `text/markdown` it would offer to save.
    "md": "text/plain; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
_POLICY = re.compile(rb"""<meta http-equiv="Content-Security-Policy" content="default-src 'none';([^"]*)">""")
_NOWHERE = "default-src 'none'; frame-ancestors 'none'"
_GUARDS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Without these two any page on the web could load ours as a script or a frame, and learn from that.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",  # a browser asks each time, and gets 304 where nothing changed
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


def allowed_hosts(address: str) -> frozenset[str]:
    """The host names that a server bound to this address answers to; `*` is any plain address.

    See `is_own_host`.
    """
    host = f"[{address}]" if ":" in address else address
    is_any_address = address in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
    return LOOPBACK | {host.lower()} | ({"*", socket.gethostname().lower()} if is_any_address else set())


def is_own_host(header: str | None, ours: frozenset[str]) -> bool:
    """True when a `Host` header names this server.

    A page on the web can let its own name resolve to this machine (DNS rebinding), and then read our
    answers as its own; but the browser still sends that name. With `*` among ours any plain address is
    accepted: no name can look like one.
    """
    name = re.sub(r":\d+$", "", (header or "").strip().lower())
    return name in ours - {"*"} or ("*" in ours and _is_ip_address(name.strip("[]")))


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def answer_request(root: str, target: str, if_none_match: str = "") -> Answer:
    """Answer a request for `target` in the site below `root`; `if_none_match` is its If-None-Match header."""
    name = _parse_target(target)
    file = _read_plain_file(root, name)
    if file is None:
        return _page_answer(404, _MISSING, "", {})
    content, status = file
    etag = f"{status.st_mtime_ns:x}-{status.st_size:x}"
    validators = {"ETag": f'"{etag}"', "Last-Modified": formatdate(status.st_mtime, usegmt=True)}
    if f'"{etag}"' in if_none_match:
        return Answer(304, {**_GUARDS, **validators}, b"")
    ending = name.rpartition(".")[2]
    if ending == "html":
        return _page_answer(200, content, etag, validators)
    content_type = _TYPES.get(ending, "application/octet-stream")
    return Answer(200, _guarded_headers(content_type, _NOWHERE) | validators, content)


def build_refusal(status: int, why: str) -> Answer:
    """Refuse a request with this status, and one sentence why."""
    return Answer(status, _guarded_headers(_TYPES["txt"], _NOWHERE), f"{why}\n".encode())


def event_headers() -> dict[str, str]:
    """The headers of the stream of events."""
    return _guarded_headers("text/event-stream", _NOWHERE) | {"Cache-Control": "no-store"}


def _page_answer(status: int, content: bytes, etag: str, validators: Mapping[str, str]) -> Answer:
    policy_match = _POLICY.search(content, 0, 1024)
    page_policy = f"; connect-src 'self';{policy_match[1].decode()}" if policy_match else ""
    if policy_match:
        # A browser applies both policies, so the page's own has to allow the connection too.
        start = policy_match.start(1)
        content = b"%s connect-src 'self';%s" % (content[:start], content[start:])
    before, end, after = content.rpartition(b"</body>")
    script = f'<script defer src="/{SCRIPT}" data-etag="{etag}"></script>\n'.encode() if end else b""
    policy = f"default-src 'none'{page_policy}; frame-ancestors 'none'"
    return Answer(
        status, {**_guarded_headers(_TYPES["html"], policy), **validators}, before + script + end + after
    )


def _guarded_headers(content_type: str, policy: str) -> dict[str, str]:
    return {**_GUARDS, "Content-Type": content_type, "Content-Security-Policy": policy}


def _parse_target(target: str) -> str:
    """The path below the site that a request asks for; "" for what is never served."""
    try:
        path = unquote(urlsplit(target).path, errors="strict").removeprefix("/") or INDEX
    except ValueError:
        return ""
    parts = path.split("/")
    # Hidden files are the manifest, the lock and a build in progress; `..` begins with a dot, too.
    hidden = any(part.startswith(".") or not part for part in parts)
    return "" if hidden or not path.isprintable() or "\\" in path else path


def _read_plain_file(root: str, name: str) -> tuple[bytes, os.stat_result] | None:
    """Read a plain file: its content and its status. None where there is none, or a link is on the way to it.

    A link could lead out of the site. Each folder is opened inside the one before, so none can be
    replaced by a link between a check and the opening.
    """
    *folders, file_name = name.split("/")
    with contextlib.ExitStack() as stack:
        try:
            folder_fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, folder_fd)
            for folder in folders:
                folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder_fd)
                stack.callback(os.close, folder_fd)
            # O_NONBLOCK: a named pipe would otherwise wait for a writer for ever.
            file = os.open(file_name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder_fd)
        except (OSError, ValueError):
            return None
        stack.callback(os.close, file)
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            return None
        with open(file, "rb", closefd=False) as opened:
            return opened.read(), status
