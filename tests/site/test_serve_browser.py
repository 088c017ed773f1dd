"""Served pages in a real browser: they load again when they changed, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

import sitefleet as sf
from agentledger.site import server as site_server
from agentledger.site.rebuild_loop import Pulse
from browser import PATIENCE, window
from serving import until

pytestmark = pytest.mark.browser

HEARD, CHANGED = "HEAD {} HTTP/1.1", "GET {} HTTP/1.1"


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first line of every request that is answered."""
    lines: list[str] = []

    def record(_handler: object, _format: str, *arguments: object) -> None:
        lines.append(str(arguments[0]))

    monkeypatch.setattr(site_server._Handler, "log_message", record)
    return lines


def test_the_page_that_changed_loads_again_and_no_other(
    browser: Browser, requests: list[str], tmp_path: Path
) -> None:
    out, server_pulse = tmp_path / "site", Pulse()
    sf.built(out, sf.branch("claude/login"), sf.branch("claude/search"))
    other = f"/branch/{sf.page_of(out, 'claude-search').name}"
    server = site_server.bind_server(site_server.LOCAL, 0, out, server_pulse)
    with site_server.serve_requests(server), window(browser) as one, window(browser) as two:
        one.page.goto(server.url)
        two.page.goto(server.url.rstrip("/") + other)
        # Each looks once when it begins to listen.
        until(lambda: HEARD.format("/") in requests and HEARD.format(other) in requests, PATIENCE)
        assert requests.count(CHANGED.format("/")) == requests.count(CHANGED.format(other)) == 1
        login = sf.branch("claude/login", commits=(sf.commit("More"),), head=sf.oid("more"))
        sf.built(out, login, sf.branch("claude/search"), now=sf.NOW + 60)
        with one.page.expect_event("load"):
            server_pulse.beat()
        assert requests.count(CHANGED.format("/")) == 2
        # It listens again, and finds that it is the newest.
        until(lambda: requests.count(HEARD.format("/")) == 3, PATIENCE)
        until(lambda: requests.count(HEARD.format(other)) == 2, PATIENCE)
        assert requests.count(CHANGED.format(other)) == 1
        one.settled()
        two.settled()
        assert (one.said, two.said) == ([], [])
