"""The server of the site: whom it answers, which files it gives, and under which headers."""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sitefleet as sf
from agentledger.model.errors import LedgerError
from agentledger.site import responses
from agentledger.site import server as site_server
from agentledger.site.rebuild_loop import Pulse
from serving import Page


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    sf.built(folder, sf.branch("claude/login"))
    return folder


@pytest.fixture
def server(out: Path) -> Iterator[site_server.Server]:
    bound = site_server.bind_server(site_server.LOCAL, 0, out, Pulse())
    with site_server.serve_requests(bound):
        yield bound


def asked(
    server: site_server.Server, target: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer and its content; `headers` with `_` for `-`."""
    connection = http.client.HTTPConnection(site_server.LOCAL, server.server_port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_a_page_is_sent_under_the_policy_it_has_and_may_listen(server: site_server.Server, out: Path) -> None:
    answer, content = asked(server, "/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; connect-src 'self'; " in policy
    assert policy.endswith("; frame-ancestors 'none'")
    own = policy.removesuffix("; frame-ancestors 'none'")
    assert f'content="{own}"'.encode() in content
    tag = answer.headers["ETag"].strip('"')
    script = f'<script defer src="/live.js" data-etag="{tag}"></script>\n'.encode()
    assert content.count(script) == 1
    plain = content.replace(script, b"").replace(b" connect-src 'self';", b"")
    assert plain == (out / "index.html").read_bytes()


def test_every_answer_is_guarded(server: site_server.Server) -> None:
    for target in ("/", "/app.js", "/nothing.html"):
        headers = asked(server, target)[0].headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-cache"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Python" not in headers["Server"]


def test_what_a_browser_has_already_is_not_sent_again(server: site_server.Server) -> None:
    first, content = asked(server, "/")
    again, nothing = asked(server, "/", If_None_Match=first.headers["ETag"])
    assert (first.status, again.status, nothing) == (200, 304, b"")
    head, empty = asked(server, "/", "HEAD")
    assert (head.status, empty) == (200, b"")
    assert head.headers["ETag"] == first.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:80"])
def test_the_names_of_this_machine_are_answered(server: site_server.Server, name: str) -> None:
    assert asked(server, "/", Host=name)[0].status == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.2", ""]
)
def test_a_name_that_somebody_else_can_own_is_not_answered(server: site_server.Server, name: str) -> None:
    for target in ("/", "/events", "/paths.js"):
        answer, content = asked(server, target, Host=name)
        assert answer.status == 421
        assert b"claude" not in content


def test_at_every_address_a_plain_address_will_do_but_no_foreign_name() -> None:
    ours = responses.allowed_hosts("0.0.0.0")  # noqa: S104 - nothing is bound
    assert responses.is_own_host("192.168.1.5:8377", ours)
    assert responses.is_own_host("[fe80::1]:8377", ours)
    assert responses.is_own_host(socket.gethostname(), ours)
    assert not responses.is_own_host("evil.example", ours)
    assert not responses.is_own_host("*", ours)
    assert not responses.is_own_host(None, ours)


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/branch/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..\\secret.txt",
        "//secret.txt",
        "/branch/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/.agentledger-site.json",
        "/.gitignore",
        "/link.txt",
        "/linked/secret.txt",
        "/pipe.txt",
        "/branch",
        "/branch/",
        "/index.html/",
        "/index.html%00.txt",
        "/%ff",
        "/nothing.html",
    ],
)
def test_only_plain_files_of_the_site_are_given(server: site_server.Server, out: Path, target: str) -> None:
    (out.parent / "secret.txt").write_text("secret")
    (out / "link.txt").symlink_to(out.parent / "secret.txt")
    (out / "linked").symlink_to(out.parent)
    os.mkfifo(out / "pipe.txt")
    answer, content = asked(server, target)
    assert answer.status == 404
    assert content.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(server: site_server.Server, method: str) -> None:
    answer, _ = asked(server, "/", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_many_open_pages_hold_nobody_up_and_all_hear(server: site_server.Server) -> None:
    pages = [Page(f"{site_server.LOCAL}:{server.server_port}") for _ in range(60)]
    began = time.monotonic()
    assert asked(server, "/")[0].status == 200
    assert time.monotonic() - began < 2
    pages.pop().close()
    server.pulse.beat()
    assert {page.hears() for page in pages} == {"changed"}
    for page in pages:
        page.close()


def test_an_end_of_serving_ends_the_streams(out: Path) -> None:
    bound = site_server.bind_server(site_server.LOCAL, 0, out, Pulse())
    with site_server.serve_requests(bound):
        page = Page(f"{site_server.LOCAL}:{bound.server_port}")
    assert page.answer.read().replace(b": still here\n\n", b"").strip() == b""
    page.close()


def test_the_next_port_is_taken_where_none_was_asked_for(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(site_server, "PORT", taken.getsockname()[1])
        with site_server.bind_server(site_server.LOCAL, None, out, Pulse()) as bound:
            assert bound.server_port in range(site_server.PORT + 1, site_server.PORT + site_server.TRIED)
        monkeypatch.setattr(site_server, "TRIED", 1)
        with pytest.raises(LedgerError, match="are taken"):
            site_server.bind_server(site_server.LOCAL, None, out, Pulse())
