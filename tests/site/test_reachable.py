"""Every page of a site is found by following links from the board.

Belongs here: that no page is left alone. Does not: where a link stands (see `test_pages`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import everypage


def linked(page: Path) -> set[Path]:
    """The pages of the same site to which this one links."""
    found = re.findall(r'<a\b[^>]*?\bhref="([^"]+)"', page.read_text("utf-8"))
    targets = [urlsplit(unescape(each)) for each in found]
    local = [unquote(each.path) for each in targets if each.path and not each.scheme and not each.netloc]
    return {(page.parent / path).resolve() for path in local if path.endswith(".html")}


def reached(site: Path) -> set[Path]:
    """All pages that are found from the board."""
    seen, waiting = set[Path](), [(site / "index.html").resolve()]
    while waiting:
        page = waiting.pop()
        if page not in seen:
            seen.add(page)
            waiting += linked(page)
    return seen


@pytest.mark.parametrize("make", [everypage.demo, everypage.odd], ids=["demo", "odd"])
def test_every_page_is_reached_from_the_board(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    site = make(tmp_path)
    there = {page.resolve() for page in site.rglob("*.html")}
    assert len(there) > 5
    assert reached(site) - there == set(), "links lead to pages that are not there"
    alone = sorted(page.relative_to(site.resolve()).as_posix() for page in there - reached(site))
    assert alone == [], "no page links to these: link them in templates/site/index.html.j2 or branch.html.j2"
