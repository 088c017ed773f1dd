"""Every page in a real browser: small and wide, light and dark, on paper, by keyboard, without scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import sitefleet as sf
from accessible import unfold, violations
from browser import Window, window
from everypage import pages

pytestmark = pytest.mark.browser

PHONE, DESKTOP = 320, 1440
# What shows that a page of its kind is among those looked at.
KINDS = {
    "a board": '<div class="filter"[^>]*>\n<label>Filter.*name="path"',
    "planned tasks": "<h2>Planned",
    "a list of ended branches": "<h1>Ended branches",
    "check-ins of all branches": "<h1>Check-ins",
    "offers to answer on the forge": 'id="question".*class="offers"',
    "a new task": "<h1>New task",
    "collisions": "<h1>Collisions",
    "a picture of collisions": '<svg role="img"',
    "hints": '<h2 id="hints"',
    "copies": '<h2 id="copies"',
    "uncommitted work": '<h2 id="uncommitted"',
    "a merge order": "<h1>Merge order",
    "waves": "a wave needs",
    "other branches": '<h2 id="others"',
    "a diff of its own": "<h1>Diff of",
    "a question": 'id="question"',
    "a packet": 'id="packet"',
    "checks": 'id="checks"',
    "reviews": 'id="reviews"',
    "hidden characters": 'id="hidden"',
    "a conflict": 'id="conflicts"',
    "an unreadable branch": 'id="unreadable"',
    "a branch that base took back": "<dt>Taken back by",
    "a diff": '<div id="f1">',
    "documents as written": "<h1>Documents of",
    "what several branches have": 'id="shared"',
    "Markdown": 'class="md"',
}


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return pages(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="module")
def board(every: list[Path]) -> Path:
    """That of the sample fleet."""
    return next(page for page in every if page.parts[-2:] == ("site", "index.html"))


def test_every_kind_of_page_is_looked_at(every: list[Path]) -> None:
    texts = [page.read_text() for page in every]
    assert [
        kind for kind, sign in KINDS.items() if not any(re.search(f"(?s){sign}", it) for it in texts)
    ] == []


def faults(opened: Window, page: Path, width: int) -> list[str]:
    """All that is wrong with a page in a window of this width, in either scheme."""
    del opened.said[:], opened.asked[:]
    shown = opened.goto(page)
    found = [f"{opened.width()} pixels wide"] if opened.width() > width else []
    unfold(shown)
    found += [f"{opened.width()} pixels wide when unfolded"] if opened.width() > width else []
    found += violations(shown)
    opened.settled()
    return found + opened.said + opened.outside()


@pytest.mark.slow
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_page_breaks_a_rule_overflows_complains_or_asks_anybody(
    browser: Browser, every: list[Path], width: int
) -> None:
    with window(browser, width) as opened:
        found = {str(page): faults(opened, page, width) for page in every}
    assert {page: told for page, told in found.items() if told} == {}


@pytest.mark.parametrize(
    ("markup", "told"),
    [
        ('<p style="color: #bbb">faint</p>', "color-contrast"),
        ('<p style="color: #777; background: #888">faint</p>', "color-contrast"),
        ("<details><summary>more</summary><img src=icon.svg></details>", "image-alt"),
        ('<p style="color: light-dark(#000, #333)">dark</p>', "color-contrast in dark"),
        ('<div style="width: 330px">wide</div>', "338 pixels wide"),
        ('<details><summary>more</summary><div style="width: 400px">wide</div></details>', "when unfolded"),
        ("<script>nothing.here()</script>", "uncaught: "),
        ("<script>console.error('wrong')</script>", "error: wrong"),
        ('<img alt="" src="http://127.0.0.1:1/beacon">', "http://127.0.0.1:1/beacon"),
    ],
)
def test_each_fault_would_have_been_told(browser: Browser, tmp_path: Path, markup: str, told: str) -> None:
    bare = tmp_path / "bare.html"
    style = "background: light-dark(#fff, #111); color-scheme: light dark"
    bare.write_text(f"<!DOCTYPE html><html lang=en style='{style}'><title>x</title><body>{markup}")
    with window(browser, PHONE) as opened:
        assert told in " | ".join(faults(opened, bare, PHONE))


def test_what_the_policy_forbids_would_have_been_told(browser: Browser, tmp_path: Path) -> None:
    sf.built(tmp_path / "site", sf.branch("claude/login"))
    index = tmp_path / "site" / "index.html"
    index.write_text(index.read_text().replace("</main>", "<script>document.title = 'ran'</script></main>"))
    with window(browser) as opened:
        assert "Content Security Policy" in " | ".join(faults(opened, index, DESKTOP))
        assert opened.page.title() != "ran"


def test_the_board_is_complete_without_scripts(browser: Browser, board: Path) -> None:
    with window(browser, PHONE, java_script_enabled=False) as opened:
        shown = opened.goto(board)
        rows = shown.locator(".rows:not(.past) > li")
        assert rows.count() > 10
        for row in rows.all():
            assert row.locator("b, a").first.is_visible()
            assert row.locator(".do b").is_visible()
        times = shown.locator(".rows time:visible").all_inner_texts()
        assert len(times) > 10
        assert [time for time in times if not re.fullmatch(r"(since )?\d{4}-\d\d-\d\d \d\d:\d\d", time)] == []
        # What only a script could do is not offered.
        assert not shown.locator(".filter").is_visible()
        assert shown.get_by_role("button", name="Copy").count() == 0


def test_with_scripts_the_same_times_are_ages(browser: Browser, board: Path) -> None:
    with window(browser) as opened:
        times = opened.goto(board).locator(".rows time:visible").all_inner_texts()
    assert [time for time in times if not re.fullmatch(r"\d+ \w+ ago|for \d+ \w+|just now", time)] == []
    assert any(time.startswith("for ") for time in times)


# Whether each element with text of its own in what is folded can be seen. Paper has no buttons.
FOLDED = """() => [...document.querySelectorAll('details:not([open]) > :not(summary)')]
  .flatMap(folded => [folded, ...folded.querySelectorAll('*')])
  .filter(it => it.localName !== 'button')
  .filter(it => [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .map(it => it.checkVisibility({ contentVisibilityAuto: true }) && it.getBoundingClientRect().height > 0)"""


def test_paper_shows_what_is_folded_on_a_screen_in_dark_ink(browser: Browser, every: list[Path]) -> None:
    with window(browser, color_scheme="dark") as opened:
        for page in every:
            shown = opened.goto(page)
            on_screen = shown.evaluate(FOLDED)
            shown.emulate_media(media="print")
            opened.settled()
            assert all(shown.evaluate(FOLDED)), page
            assert not any(on_screen), page
            assert shown.evaluate("getComputedStyle(document.body).color") == "rgb(29, 28, 26)", page
            shown.emulate_media(media="screen")


MARKED = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect(), style = getComputedStyle(it);
  return box.right > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth &&
    style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
}"""


def focused(page: Page) -> str:
    """What has the focus: its tag, name and text."""
    return str(page.evaluate("(it => `${it.localName} ${it.name || it.innerText}`)(document.activeElement)"))


def is_marked(page: Page) -> bool:
    """Whether the focus can be seen: a line of two pixels or more around what lies in the window."""
    return bool(page.evaluate(MARKED))


def test_the_keyboard_reaches_all_in_order_and_the_focus_shows(browser: Browser, board: Path) -> None:
    with window(browser) as opened:
        shown = opened.goto(board)
        order: list[str] = []
        while True:
            shown.keyboard.press("Tab")
            if (now := focused(shown)).startswith("body "):
                break
            order.append(now)
            assert is_marked(shown), now
            assert len(order) < 500
        names = shown.locator(".rows:not(.past) > li > div > a").all_inner_texts()
    assert order[0] == "a Skip to the content"
    start = order.index("input q")
    assert order[start : start + 4] == ["input q", "select agent", "select state", "input path"]
    # Links of the header may come between; no branch does.
    assert {f"a {name}" for name in names}.isdisjoint(order[:start])
    assert [stop for stop in order if stop.removeprefix("a ") in names] == [f"a {name}" for name in names]
    assert any(stop.startswith("summary Ended") for stop in order)


def test_the_first_link_leads_past_the_header(browser: Browser, board: Path) -> None:
    with window(browser) as opened:
        shown = opened.goto(next(iter(board.parent.glob("branch/cursor-pickup-slots-*.html"))))
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.querySelector('main').contains(document.activeElement)")
        assert shown.url.endswith("#main")


def test_keys_lead_from_row_to_row_and_to_the_filter(browser: Browser, board: Path) -> None:
    with window(browser) as opened:
        shown = opened.goto(board)
        first, second = shown.locator(".rows > li > div > a").all_inner_texts()[:2]
        for key, name in (("j", first), ("j", second), ("k", first), ("/", "q")):
            shown.keyboard.press(key)
            assert focused(shown).split(" ", 1)[1] == name
            assert is_marked(shown)
