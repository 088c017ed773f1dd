"""One real browser for the tests, and pages in it that tell what they said and what they asked for.

Belongs here: finding and starting Chromium, opening pages apart from each other, listening
to them. Does not: sites (see `everypage` and `sitefleet`), the rules of accessibility (see
`accessible`), or what one test expects.

Playwright drives it. It speaks the browser's debugging protocol, is kept up by people who test it against
new Chromiums, switches media, size, colours and scripts of one running browser, and waits for events where
a client of our own would sleep. It takes the Chromium that is installed, and downloads none. Selenium wants
a second program beside the browser, of the same release, and tells neither requests nor what the console
says without a third.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Read before conftest.py seals the tests from such variables.
REQUIRED = os.environ.get("AGENTLEDGER_BROWSER") == "required"
MISSING = f"none of {', '.join(NAMES)} is on PATH (Debian: apt install chromium)"
# No sandbox: CI is root, which Chromium's own refuses. The others keep the browser from talking
# on its own account, so that every request there is comes from a page.
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE = 60.0  # seconds; a machine that runs many tests at once can be slow
INSIDE = ("file:", "data:", "blob:", "about:")


def program() -> str:
    """The path of the browser; skips the test where there is none, or fails it where one is required."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if REQUIRED:
        pytest.fail(f"AGENTLEDGER_BROWSER=required, but {MISSING}", pytrace=False)
    pytest.skip(MISSING)


@contextmanager
def started() -> Iterator[Browser]:
    """A running browser with an empty profile, which goes with it."""
    path = program()
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=QUIET, timeout=PATIENCE * 1000)
        try:
            yield running
        finally:
            running.close()


@dataclass
class Window:
    """A page, all that its console and its scripts complained of, and every address it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """What it asked of anything but this machine's files."""
        return [address for address in self.asked if not address.startswith(INSIDE)]

    def goto(self, page: Path, fragment: str = "") -> Page:
        """The page of a file, once it has loaded and its scripts have run."""
        self.page.goto(f"{page.as_uri()}{fragment}")
        return self.page

    def width(self) -> int:
        """How wide the page wants to be, in CSS pixels: at least the window's width."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def settled(self) -> None:
        """Returns when the page is drawn as it now is, and what it has said so far is in `said`."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


@contextmanager
def window(browser: Browser, width: int = 1440, **options: Any) -> Iterator[Window]:
    """A window with nothing kept from any other; `options` are those of Playwright's `new_context`."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    context.set_default_timeout(PATIENCE * 1000)
    try:
        yield _listening(context)
    finally:
        context.close()


def _listening(context: BrowserContext) -> Window:
    made = Window(context.new_page())
    made.page.on("console", lambda message: made.said.append(f"{message.type}: {message.text}"))
    made.page.on("pageerror", lambda error: made.said.append(f"uncaught: {error}"))
    made.page.on("request", lambda request: made.asked.append(request.url))
    return made
