"""The site in a real browser: what its script adds, and that nothing hostile runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import sitefleet as sf
from agentledger.model.fleet import State
from browser import Window, window

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    hostile = "claude/\"><script>document.title='owned'</script>"
    sf.built(
        folder,
        sf.branch("claude/login", changes=(sf.change("src/login.py"),)),
        sf.branch("claude/search", changes=(sf.change("src/search.py"),)),
        sf.branch(hostile, commits=(sf.commit(hostile),)),
        sf.branch("claude/done", state=State.MERGED),
    )
    return folder


@pytest.fixture
def opened(browser: Browser) -> Iterator[Window]:
    with window(browser) as made:
        yield made


def test_ages_copy_buttons_and_the_filter_come_with_the_script(out: Path, opened: Window) -> None:
    page = opened.goto(out / "index.html")
    time = page.locator("time[datetime='2023-11-14T21:13Z']").first
    assert time.get_attribute("title") == "2023-11-14 21:13 UTC"
    assert re.fullmatch(r"\d+ y ago", time.inner_text())
    assert page.locator("button", has_text="Copy").count() == 3
    assert page.get_by_role("search", name="Filter branches").is_visible()


def shown(opened: Window) -> set[str]:
    """The plain names among the branches listed, ended ones too."""
    rows = opened.page.locator(".rows > li:not([hidden])")
    return {name for name in rows.locator("a").all_text_contents() if "script" not in name}


@pytest.mark.parametrize(
    ("fragment", "names"),
    [
        ("", {"claude/login", "claude/search", "claude/done"}),
        ("#q=LOGIN", {"claude/login"}),
        ("#path=src/search", {"claude/search"}),
        ("#state=Merged", {"claude/done"}),
        ("#agent=Claude+Code&q=sea", {"claude/search"}),
    ],
)
def test_the_address_holds_the_filter(out: Path, opened: Window, fragment: str, names: set[str]) -> None:
    opened.goto(out / "index.html", fragment)
    assert shown(opened) == names


def test_what_is_typed_filters_at_once_and_stands_in_the_address(out: Path, opened: Window) -> None:
    page = opened.goto(out / "index.html")
    page.get_by_label("Filter", exact=True).fill("done")
    assert shown(opened) == {"claude/done"}
    assert page.url.endswith("#q=done")
    assert page.get_by_role("status").inner_text() == "1 of 4 listed branches"
    page.reload()
    assert shown(opened) == {"claude/done"}
    assert page.get_by_role("link", name="claude/done").is_visible()


def test_a_click_copies_the_command(out: Path, browser: Browser) -> None:
    with window(browser, permissions=["clipboard-read", "clipboard-write"]) as opened:
        page = opened.goto(out / "index.html")
        action = page.locator(".do", has=page.locator("code")).first
        action.get_by_role("button").click()
        action.get_by_text("Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == action.locator("code").inner_text()


def test_hostile_text_does_not_run(out: Path, opened: Window) -> None:
    for file in (out / "index.html", *(out / "branch").iterdir()):
        assert not opened.goto(file).title().startswith("owned")
        opened.settled()
    assert (opened.said, opened.outside()) == ([], [])
