"""The HTML of every kind of page is what the specification calls HTML."""

from __future__ import annotations

from pathlib import Path

import pytest

from everypage import pages
from markup import faults

PAGE = "<!DOCTYPE html><html lang=en><title>x</title><body><h1>x</h1>{}"


def test_no_page_breaks_a_rule_of_html(tmp_path: Path) -> None:
    found = {str(page): faults(page.read_bytes()) for page in pages(tmp_path)}
    assert len(found) > 20
    assert {page: told for page, told in found.items() if told} == {}


def test_a_plain_page_has_no_fault() -> None:
    assert faults(PAGE.format('<h2 id="a">y</h2><p><a href="#a">up</a>').encode()) == []


@pytest.mark.parametrize(
    ("markup", "told"),
    [
        ("<p><div></div></p>", "unexpected-end-tag"),
        ("<section><p>open", "expected-closing-tag-but-got-eof"),
        ('<p class="a" class="b">twice', "duplicate-attribute"),
        ("<p>&nosuch;", "expected-named-entity"),
        ("<p>a < b", "expected-tag-name"),
        ("<table><p>astray</table>", "unexpected-start-tag-implies-table-voodoo"),
        ('<p id="a">1<p id="a">2', "2 times id='a'"),
        ('<p id="a b">1', "one with spaces: 'a b'"),
        ('<section aria-labelledby="a"></section>', "aria-labelledby names 'a'"),
        ('<a href="#a">up</a>', "leads to '#a'"),
        ("<b><ul></ul></b>", "ul within b"),
        ("<ul><p>no item</ul>", "p within ul"),
        ("<h2>2</h2><h4>4</h4>", "an h4 after an h2"),
        ("<h1>again</h1>", "levels [1, 1]"),
        ("<details><summary><a href=x>x</a></summary></details>", "a within summary"),
        ("<nav>1</nav><nav>2</nav>", "cannot be told apart"),
    ],
)
def test_each_fault_is_told(markup: str, told: str) -> None:
    assert told in " | ".join(faults(PAGE.format(markup).encode()))


def test_a_page_without_language_or_title_is_told() -> None:
    assert {"no language", "no title"} <= set(faults(b"<!DOCTYPE html><html><body><h1>x</h1>"))
