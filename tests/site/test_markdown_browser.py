"""Hostile Markdown on a page of the site, in a real browser: nothing runs, no request leaves."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import sitefleet as sf
from agentledger.site.markdown.pool import Renderer
from browser import Window, window
from hostile import DOCUMENTS

pytestmark = pytest.mark.browser


@dataclass
class Trap:
    """Every host of the world, in one socket: a proxy that answers nothing. `heard` holds the first bytes of
    what came, and so what the browser asks for without telling, such as a connection ahead of a click."""

    port: int
    heard: list[bytes] = field(default_factory=list)

    def evil(self) -> list[bytes]:
        """What was asked of the hosts in hostile Markdown; the browser has calls of its own to make."""
        return [first for first in self.heard if b"evil" in first]


@contextmanager
def trap() -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Trap(server.getsockname()[1])
        threading.Thread(target=listen, args=(server, made.heard), daemon=True).start()
        yield made
        server.shutdown(socket.SHUT_RDWR)


def listen(server: socket.socket, heard: list[bytes]) -> None:
    with suppress(OSError):  # the end
        while True:
            caller, _ = server.accept()
            with caller, suppress(OSError):
                caller.settimeout(5)
                heard.append(caller.recv(4096))
                caller.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")


@contextmanager
def trapped(browser: Browser) -> Iterator[tuple[Window, Trap]]:
    """A window whose every request but for files ends in a trap."""
    with trap() as made, window(browser, proxy={"server": f"http://127.0.0.1:{made.port}"}) as opened:
        yield opened, made


def page(folder: Path, main: str) -> Path:
    """A page of the site, with its policy, style and script, and this in its middle."""
    sf.built(folder, sf.branch("claude/login"))
    index = folder / "index.html"
    html = index.read_text()
    index.write_text(
        re.sub('(?s)(<main id="main">).*(</main>)', lambda found: found[1] + main + found[2], html)
    )
    return index


def test_nothing_runs_nothing_is_asked_and_nothing_is_complained_about(
    browser: Browser, tmp_path: Path
) -> None:
    with Renderer() as renderer:
        made = renderer.render_all(DOCUMENTS)
    main = "".join(
        f'<div class="md" data-document="{number}">{each.html}</div>' for number, each in enumerate(made)
    )
    with trapped(browser) as (opened, told):
        shown = opened.goto(page(tmp_path / "site", main))
        opened.settled()
        assert (opened.said, opened.outside(), told.evil()) == ([], [], [])
        assert not shown.title().startswith("owned")
        # All of the corpus stands within the middle of the page: nothing has closed it.
        assert shown.locator("main > [data-document]").count() == len(made)
        assert shown.locator("footer").count() == 1
        scripts = shown.locator("script").evaluate_all("all => all.map(it => it.outerHTML)")
        assert scripts == [
            '<script defer="" src="paths.js"></script>',
            '<script defer="" src="app.js"></script>',
        ]
        assert shown.locator("main").locator("img, iframe, svg, style, form, input, base").count() == 0
        assert not re.search("<[^>]* on[a-z]+=", shown.locator("main").inner_html())


def test_the_trap_and_the_console_would_have_told(browser: Browser, tmp_path: Path) -> None:
    hostile = '<script>document.title="owned"</script>'
    bare = tmp_path / "bare.html"
    bare.write_text(f"<!DOCTYPE html><title>x</title><img src=http://evil.example/beacon>{hostile}")
    with trapped(browser) as (opened, told):
        opened.goto(page(tmp_path / "site", hostile))
        opened.settled()
        assert "Content Security Policy" in "".join(opened.said)
        assert (opened.outside(), told.evil()) == ([], [])
        assert opened.goto(bare).title() == "owned"
        assert opened.outside() == ["http://evil.example/beacon"]
        assert told.evil()
