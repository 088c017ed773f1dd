"""Served pages in a real browser: they load again when they changed, and only then."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import sitefleet as sf
from agentledger.site import serve
from agentledger.site.live import Pulse
from serving import until
from test_site_browser import QUIET

pytestmark = pytest.mark.browser

HEARD, CHANGED = "HEAD {} HTTP/1.1", "GET {} HTTP/1.1"


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first line of every request that is answered."""
    lines: list[str] = []

    def record(_handler: object, _format: str, *arguments: object) -> None:
        lines.append(str(arguments[0]))

    monkeypatch.setattr(serve._Handler, "log_message", record)
    return lines


@contextmanager
def browsing(url: str, profile: Path) -> Iterator[Path]:
    """A browser with a page open; gives the file of what it has to say."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "These tests need Chromium (Debian: apt-get install chromium)."
    profile.mkdir()
    said = profile / "said"
    command = [program, *QUIET, "--enable-logging=stderr", f"--user-data-dir={profile}", url]
    with said.open("w") as stream, subprocess.Popen(command, stderr=stream) as browser:
        try:
            yield said
        finally:
            browser.terminate()


def test_the_page_that_changed_loads_again_and_no_other(requests: list[str], tmp_path: Path) -> None:
    out, server_pulse = tmp_path / "site", Pulse()
    sf.built(out, sf.branch("claude/login"), sf.branch("claude/search"))
    other = f"/branch/{sf.page_of(out, 'claude-search').name}"
    server = serve.bind(serve.LOCAL, 0, out, server_pulse)
    with (
        serve.serving(server),
        browsing(server.url, tmp_path / "one") as said,
        browsing(server.url.rstrip("/") + other, tmp_path / "two"),
    ):
        # Each looks once when it begins to listen.
        until(lambda: HEARD.format("/") in requests and HEARD.format(other) in requests, patience=60)
        assert requests.count(CHANGED.format("/")) == requests.count(CHANGED.format(other)) == 1
        login = sf.branch("claude/login", commits=(sf.commit("More"),), head=sf.oid("more"))
        sf.built(out, login, sf.branch("claude/search"), now=sf.NOW + 60)
        server_pulse.beat()
        until(lambda: requests.count(CHANGED.format("/")) == 2, patience=60)
        # It listens again, and finds that it is the newest.
        until(lambda: requests.count(HEARD.format("/")) == 3, patience=60)
        until(lambda: requests.count(HEARD.format(other)) == 2, patience=60)
        assert requests.count(CHANGED.format(other)) == 1
        assert "CONSOLE" not in said.read_text()
