"""The server of `agentledger serve`: the site's files, and a stream of events for open pages.

Belongs here: sockets, methods, and the stream. Does not: the content of answers (see `responses`), or when
there is something new (see `rebuild_loop`).

Python's own server is enough: the readers are a few browsers on this machine, and any other server would be
one more dependency to trust with a port. Each open page costs a waiting thread.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from agentledger.model.errors import LedgerError
from agentledger.site import responses
from agentledger.site.rebuild_loop import Pulse

LOCAL = "127.0.0.1"
PORT = 8377  # the default; where it is taken, the ports after it are tried
TRIED = 20  # ports
HEARTBEAT = 15.0  # seconds; also how soon a closed page is noticed
STALLED = 10.0  # seconds without a byte in either direction
STREAMS = 200  # pages that listen at the same time


class Server(ThreadingHTTPServer):
    """Serves the site in `out`; the constructor binds the address, `serve_requests` answers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, out: Path, pulse: Pulse) -> None:
        self.address_family, address = _resolve_address(host, port)
        self.root = str(out)
        self.pulse = pulse
        self.hosts = responses.allowed_hosts(host)
        self.streams = threading.BoundedSemaphore(STREAMS)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """The board's address for a browser on this machine."""
        host, port = str(self.server_address[0]), self.server_address[1]
        if self._ip.is_unspecified:
            host = LOCAL
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    @property
    def is_open(self) -> bool:
        """True when other machines can reach the server."""
        return not self._ip.is_loopback

    @property
    def _ip(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        return ipaddress.ip_address(str(self.server_address[0]).partition("%")[0])

    def server_bind(self) -> None:
        """Bind without looking up this machine's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore browsers that disconnect in the middle; everything else is a bug, and is shown."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed knows fewer kinds


def bind_server(host: str, port: int | None, out: Path, pulse: Pulse) -> Server:
    """Bind a server to this port; 0 is any free one, None the first free one from PORT on.

    Raises LedgerError where the port is taken, or the address is not this machine's.
    """
    ports = range(PORT, PORT + TRIED) if port is None else [port]
    for candidate in ports:
        try:
            return Server(host, candidate, out, pulse)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise LedgerError(
                    f"the site cannot be served at {host}, port {candidate}: {error.strerror or error}",
                    "leave out --host to serve to this machine alone; ports below 1024 are often reserved",
                ) from error
    taken = f"port {port} is" if port is not None else f"ports {PORT} to {PORT + TRIED - 1} are"
    raise LedgerError(f"{taken} taken by another program", "choose another --port, or 0 for any free one")


@contextmanager
def serve_requests(server: Server) -> Iterator[None]:
    """Answer requests in other threads while the block runs."""
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.pulse.close()  # ends the streams, whose threads wait for it
        server.shutdown()
        thread.join()
        server.server_close()


def _resolve_address(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    addresses = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = addresses[0]
    return family, (str(address[0]), int(address[1]))


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = STALLED
    disable_nagle_algorithm = True  # headers and content are two writes; the second would wait

    def version_string(self) -> str:
        """The name in the header `Server`, without Python's version."""
        return "agentledger"

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: which pages somebody reads is private."""

    def handle_expect_100(self) -> bool:
        """Refuse a body before it is sent: no request needs one."""
        return False

    def do_GET(self) -> None:
        """Answer with a file, or with the stream of events."""
        if self._is_refused():
            return
        if self.path.partition("?")[0] == responses.EVENTS and self.command == "GET":
            self._stream()
        else:
            if_none_match = self.headers.get("If-None-Match", "")
            self._send_answer(responses.answer_request(self.server.root, self.path, if_none_match))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Refuse every method that would change something."""
        self.close_connection = True  # the body stays unread, and would be read as the next request
        if not self._is_refused():
            refusal = responses.build_refusal(405, "Only reading is possible here.")
            self._send_answer(refusal._replace(headers=refusal.headers | {"Allow": "GET, HEAD"}))

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST

    def _is_refused(self) -> bool:
        names = self.headers.get_all("Host") or []
        if len(names) == 1 and responses.is_own_host(names[0], self.server.hosts):
            return False
        why = "This server is not known by that name. Ask for localhost, or start it with --host NAME."
        self.close_connection = True
        self._send_answer(responses.build_refusal(421, why))
        return True

    def _send_answer(self, answer: responses.Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def _stream(self) -> None:
        self.close_connection = True
        if not self.server.streams.acquire(blocking=False):
            self._send_answer(responses.build_refusal(503, "Too many pages are open."))
            return
        try:
            self._send_events(self.server.pulse)
        finally:
            self.server.streams.release()

    def _send_events(self, pulse: Pulse) -> None:
        seen = pulse.count
        self.send_response(200)
        for name, value in responses.event_headers().items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"retry: 1000\n\n")
        while not pulse.closed:
            # A slow page gets only the newest count; no events are kept for it.
            count = pulse.wait(seen, HEARTBEAT)
            event = b"event: changed\ndata: %d\n\n" % count
            self.wfile.write(b": still here\n\n" if count == seen else event)
            seen = count
