"""The HTML: valid, safe with hostile text, and within its budget."""

from __future__ import annotations

import itertools
import posixpath
import re
from html.parser import HTMLParser

import pytest

import sitefleet as sf
from agentledger.model.conflict import Conflict, ConflictFile, Hunk
from agentledger.model.fleet import FilePatch, State
from agentledger.model.text import decode, encode
from agentledger.site import pages
from agentledger.site.page_names import name_pages

HOSTILE = decode(b"claude/\"'><script>alert(1)</script>\xe2\x80\xae\xff")
VOID = {"meta", "link", "input", "br", "wbr"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)


class Outline(HTMLParser):
    """What a page consists of; `faults` are tags that do not match."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self._stack: list[str] = []
        self.feed(page.decode())
        self.faults += self._stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._stack or self._stack.pop() != tag:
            self.faults.append(tag)

    def all(self, attribute: str) -> list[str]:
        return [str(attrs[attribute]) for _, attrs in self.tags if attribute in attrs]


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    """Every kind of page, with hostile text in every place that holds text."""
    conflict = Conflict(False, (ConflictFile(b"<i>\xff", "content", (Hunk(1, encode(HOSTILE)),)),))
    one = sf.branch(
        HOSTILE,
        commits=(sf.commit(HOSTILE, trailers=((HOSTILE, HOSTILE),)),),
        changes=(sf.change(encode(HOSTILE)),),
        conflict=conflict,
        remote_ref=f"refs/remotes/origin/{HOSTILE}",
    )
    body = b"@@ -1 +1 @@\n-<img src=x onerror=alert(1)>\n+</pre><script>alert(1)</script>\xff\n"
    long = sf.branch("long")
    lost = sf.branch("lost", state=State.UNREADABLE, state_why=HOSTILE)
    many = [sf.branch(f"m{n}", state=State.MERGED, changes=()) for n in range(400)]
    fleet = sf.fleet(one, long, lost, *many, name=HOSTILE, forge="https://github.com/a/b", notes=(HOSTILE,))
    names = name_pages(fleet.branches)
    found = pages.render_board_pages(fleet, names)
    found |= pages.render_branch_pages(one, fleet, [FilePatch(one.changes[0], body)], names[one.ref])
    found |= pages.render_branch_pages(
        long, fleet, [FilePatch(long.changes[0], body * 6000)], names[long.ref]
    )
    return found | pages.render_branch_pages(lost, fleet, (), names[lost.ref])


def html_of(site: dict[str, bytes]) -> dict[str, bytes]:
    return {path: page for path, page in site.items() if path.endswith(".html")}


def test_every_kind_of_page_is_there(site: dict[str, bytes]) -> None:
    assert {"index.html", "ended.html", "paths.js"} < set(site)
    assert sum(path.endswith(".diff.html") for path in site) == 1
    assert len(html_of(site)) == 6


def test_tags_match_and_ids_are_unique(site: dict[str, bytes]) -> None:
    for path, page in html_of(site).items():
        outline = Outline(page)
        assert outline.faults == [], path
        ids = outline.all("id")
        assert len(ids) == len(set(ids)), path


def test_hostile_text_makes_no_element_and_no_attribute(site: dict[str, bytes]) -> None:
    for path, page in html_of(site).items():
        outline = Outline(page)
        assert all("src" in attrs for tag, attrs in outline.tags if tag == "script"), path
        assert not any(tag in ("img", "style", "iframe") for tag, _ in outline.tags), path
        names = {name for _, attrs in outline.tags for name in attrs}
        assert not any(name.startswith("on") or name == "style" for name in names), path
        assert "\u202e" not in page.decode(), path


def test_the_policy_is_the_first_element_of_the_head(site: dict[str, bytes]) -> None:
    for path, page in html_of(site).items():
        tags = Outline(page).tags
        head = [tag for tag, _ in tags].index("head")
        assert tags[head + 1] == ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}), path


def test_links_are_relative_and_lead_to_pages_of_the_site_or_to_the_forge(site: dict[str, bytes]) -> None:
    known = set(site) | {"style.css", "app.js", "icon.svg", "ledger.json"}
    for path, page in html_of(site).items():
        outline = Outline(page)
        for href in outline.all("href") + outline.all("src"):
            if href.startswith("https://github.com/a/b/"):
                continue
            target, _, anchor = href.partition("#")
            if not target:
                assert anchor in outline.all("id"), (path, href)
                continue
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            assert place in known or re.fullmatch(r"branch/m\d+-[0-9a-f]{8}\.html", place), (path, href)


def test_headings_are_in_order_and_there_is_one_first_one(site: dict[str, bytes]) -> None:
    for path, page in html_of(site).items():
        levels = [int(tag[1]) for tag, _ in Outline(page).tags if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1, path
        assert levels[0] == 1, path
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), path


def test_every_page_has_landmarks_a_skip_link_and_says_what_it_was_built_from(site: dict[str, bytes]) -> None:
    for path, page in html_of(site).items():
        tags = [tag for tag, _ in Outline(page).tags]
        assert {"header", "main", "footer"} <= set(tags), path
        assert b'<a class="skip" href="#main">' in page, path
        assert sf.oid("main")[:10].encode() in page, path
        assert b'datetime="2023-11-14T22:13Z"' in page, path


def test_a_board_of_a_thousand_open_branches_keeps_to_its_budget() -> None:
    branches = [sf.branch(f"claude/some-usual-branch-name-{n:04}") for n in range(1000)]
    found = pages.render_board_pages(sf.fleet(*branches), name_pages(branches))
    assert len(found["index.html"]) <= 500_000


def test_markup_of_a_diff_line_is_lean() -> None:
    lines = 5_000
    one = sf.branch("x")
    body = b"@@ -1,5000 +1,5000 @@\n" + b" a\n-b\n+c\n d\n" * (lines // 4)
    found = pages.render_branch_pages(one, sf.fleet(one), [FilePatch(one.changes[0], body)], "branch/x")
    empty = pages.render_branch_pages(one, sf.fleet(one), [FilePatch(one.changes[0], b"")], "branch/x")
    assert len(found["branch/x.html"]) - len(empty["branch/x.html"]) - len(body) <= 40 * lines


def test_the_paths_of_the_filter_are_a_classic_script_without_markup() -> None:
    one = sf.branch("x", changes=(sf.change("</script><b>"), sf.change("a\u2028\u202e")))
    script = pages.render_board_pages(sf.fleet(one), name_pages([one]))["paths.js"]
    assert script.startswith(b"var agentledgerPaths={")
    assert script.isascii()
