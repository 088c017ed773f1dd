"""Hostile Markdown on a page of the site, in a real browser: nothing runs, no request leaves."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import sitefleet as sf
from agentledger.site.markdown_pool import Renderer
from hostile import DOCUMENTS
from test_site_browser import QUIET

pytestmark = pytest.mark.browser


@dataclass
class Trap:
    """Every host of the world, in one socket; `heard` holds the first bytes of what came."""

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


def look(page: Path, profile: Path, trapped: Trap) -> tuple[str, list[str]]:
    """The page after its scripts have run, and what the browser's console says."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "These tests need Chromium (Debian: apt-get install chromium)."
    done = subprocess.run(
        [
            *(browser, *QUIET, f"--user-data-dir={profile}", "--enable-logging=stderr"),
            f"--host-resolver-rules=MAP * 127.0.0.1:{trapped.port}",
            *("--virtual-time-budget=2000", "--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
        timeout=120,
    )
    return done.stdout, re.findall("CONSOLE.*", done.stderr)


def page(folder: Path, main: str) -> Path:
    """A page of the site, with its policy, style and script, and this in its middle."""
    sf.built(folder, sf.branch("claude/login"))
    index = folder / "index.html"
    html = index.read_text()
    index.write_text(
        re.sub('(?s)(<main id="main">).*(</main>)', lambda found: found[1] + main + found[2], html)
    )
    return index


def test_nothing_runs_nothing_is_asked_and_nothing_is_complained_about(tmp_path: Path) -> None:
    with Renderer() as renderer:
        made = renderer.render_all(DOCUMENTS)
    main = "".join(
        f'<div class="md" data-document="{number}">{each.html}</div>' for number, each in enumerate(made)
    )
    with trap() as trapped:
        dom, said = look(page(tmp_path / "site", main), tmp_path / "profile", trapped)
    assert said == []
    assert trapped.evil() == []
    assert "<title>owned" not in dom
    # All of the corpus stands within the middle of the page: nothing has closed it.
    assert len(re.findall("data-document=", dom[: dom.rindex("</main>")])) == len(made)
    assert dom.count("<footer>") == 1
    assert set(re.findall("<script[^>]*>", dom)) == {
        '<script defer="" src="app.js">',
        '<script defer="" src="paths.js">',
    }
    assert not re.search(
        "<[^>]* on[a-z]+=|<(?:img|iframe|svg|style|form|input|base)\\b", dom.split("<main", 1)[1]
    )


def test_the_trap_and_the_console_would_have_told(tmp_path: Path) -> None:
    hostile = '<script>document.title="owned"</script>'
    with trap() as trapped:
        policed = page(tmp_path / "site", hostile)
        _, said = look(policed, tmp_path / "profile", trapped)
        bare = tmp_path / "bare.html"
        bare.write_text(f"<!DOCTYPE html><title>x</title><img src=http://evil.example/beacon>{hostile}")
        dom, _ = look(bare, tmp_path / "profile", trapped)
    assert "Content Security Policy" in "".join(said)
    assert trapped.evil()
    assert "<title>owned" in dom
