"""Building: what is published, what is rendered again, and what is left as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sitefleet as sf
from agentledger.attention import actions
from agentledger.model.fleet import Branch, FilePatch, Fleet, State
from agentledger.model.integrity import StaticFacts
from agentledger.model.ledger import CheckIn, Document, Review, Source
from agentledger.model.work import Progress, Standing, Work
from agentledger.site import manifest
from agentledger.site.build import build_site, is_up_to_date
from sitefleet import content, page_of

MANIFEST = ".agentledger-site.json"
REVIEW = Review(
    document=Document(source=Source(path="tasks/a/reviews/1.md")),
    name="1",
    at=1,
    reviewer="ana@example.org",
    kind="human",
    verdict="approve",
    branch="a",
    head=sf.oid("a"),
)


def test_a_site_is_whole_and_ignored_by_git(tmp_path: Path) -> None:
    result = sf.built(tmp_path / "out", sf.branch("a"), sf.branch("b"))
    assert result.index.is_file()
    assert set(content(tmp_path / "out")) == {
        *(".gitignore", MANIFEST, "app.js", "icon.svg", "index.html", "live.js", "paths.js", "style.css"),
        *(f"branch/{p.name}" for p in (page_of(tmp_path / "out", "a"), page_of(tmp_path / "out", "b"))),
    }
    assert (tmp_path / "out/.gitignore").read_text() == "*\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_building_twice_gives_the_same_bytes_and_renders_nothing(tmp_path: Path) -> None:
    given = sf.Given(sf.fleet(sf.branch("a"), sf.branch("b")))
    build_site(given, tmp_path, sf.silent)
    before = content(tmp_path)
    inodes = {path: path.stat().st_ino for path in tmp_path.rglob("*.html")}
    given.asked.clear()
    result = build_site(given, tmp_path, sf.silent)
    assert given.asked == []
    assert (result.written, result.removed) == (0, 0)
    assert content(tmp_path) == before
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.html")} == inodes


def test_only_the_branch_that_moved_is_read_and_rendered(tmp_path: Path) -> None:
    one, other = sf.branch("a"), sf.branch("b")
    sf.built(tmp_path, one, other)
    given = sf.Given(sf.fleet(replace(one, head=sf.oid("moved")), other))
    # Its page, and the board, on which the command to review it names the head.
    assert build_site(given, tmp_path, sf.silent).written == 2
    assert given.asked == ["a"]


@pytest.mark.parametrize(
    "changed",
    [
        {"state": State.DORMANT},
        {"behind": 5},
        {"conflict": None},
        {"active_at": 1},
        {"lines_counted": False},
        {"changes": (sf.change("src/a.py", binary=None),)},
        {"agent": None},
        {"static_facts": StaticFacts(assertions_removed=2)},
        {"reviews": (REVIEW,)},
    ],
)
def test_a_page_is_rendered_again_when_something_on_it_changed(changed: dict[str, object]) -> None:
    one = sf.branch("a")
    fleet = sf.fleet(one)
    other: Branch = replace(one, **changed)  # type: ignore[arg-type]  # fields by name
    assert manifest.branch_key(one, fleet, "") != manifest.branch_key(other, fleet, "")


def working(document: Document, **placed: Any) -> tuple[Branch, Fleet]:
    """A branch with a check-in, and its fleet."""
    said = CheckIn(document=document, name="1", at=sf.NOW)
    one = sf.branch(
        "a", work=Work(task="a", check_ins=(said,)), standing=Standing(progress=Progress.SILENT, **placed)
    )
    return one, sf.fleet(one)


def test_a_silent_branch_is_not_rendered_again_each_minute() -> None:
    document = Document(source=Source(path="status/1.md"), blob="b" * 40)
    first, later = (working(document, overdue=passed, due=sf.NOW) for passed in (60, 600))
    assert manifest.branch_key(*first, "") == manifest.branch_key(*later, "")
    action, same = (actions.next_action(one, fleet.base) for one, fleet in (first, later))
    assert action
    assert action == same
    assert "2023-11-14 22:13 UTC" in action.text


@pytest.mark.parametrize(
    "document",
    [
        Document(source=Source(path="status/1.md"), blob="c" * 40),
        Document(source=Source(path="status/2.md"), blob="b" * 40),
        Document(source=Source(path="status/1.md", proven=True), blob="b" * 40),
        Document(source=Source(path="status/1.md"), blob=None, text="not committed"),
    ],
)
def test_a_page_is_rendered_again_when_another_document_is_on_it(document: Document) -> None:
    first = working(Document(source=Source(path="status/1.md"), blob="b" * 40))
    assert manifest.branch_key(*first, "") != manifest.branch_key(*working(document), "")


def test_a_moved_base_or_other_templates_render_every_page() -> None:
    one, fleet = sf.branch("a"), sf.fleet()
    moved = replace(fleet, base=replace(fleet.base, head=sf.oid("moved")))
    keys = {manifest.branch_key(one, fleet, "t"), manifest.branch_key(one, moved, "t")}
    assert len(keys | {manifest.branch_key(one, fleet, "u")}) == 3


def test_pages_of_branches_that_are_gone_go_too(tmp_path: Path) -> None:
    sf.built(tmp_path, sf.branch("a"), sf.branch("b"))
    gone = page_of(tmp_path, "b")
    assert sf.built(tmp_path, sf.branch("a")).removed == 1
    assert not gone.exists()


def test_a_page_that_someone_removed_comes_back(tmp_path: Path) -> None:
    sf.built(tmp_path, sf.branch("a"))
    page = page_of(tmp_path, "a")
    page.unlink()
    sf.built(tmp_path, sf.branch("a"))
    assert page.is_file()


def test_a_diff_page_goes_with_its_reason(tmp_path: Path) -> None:
    one = sf.branch("a")
    long: dict[str, tuple[FilePatch, ...]] = {
        "a": (FilePatch(one.changes[0], b"@@ -0,0 +1,20000 @@\n" + b"+x\n" * 20_000),)
    }
    build_site(sf.Given(sf.fleet(one), long), tmp_path, sf.silent)
    assert len(list(tmp_path.rglob("*.diff.html"))) == 1
    assert sf.built(tmp_path, one).written == 0
    sf.built(tmp_path, replace(one, head=sf.oid("short")))
    assert list(tmp_path.rglob("*.diff.html")) == []


def test_names_that_differ_only_by_case_have_pages_of_their_own(tmp_path: Path) -> None:
    sf.built(tmp_path, sf.branch("Fix/A"), sf.branch("fix/a"), sf.branch("CON"))
    assert len({p.name.lower() for p in (tmp_path / "branch").iterdir()}) == 3


def test_further_files_are_published_with_the_site(tmp_path: Path) -> None:
    build_site(sf.Given(sf.fleet()), tmp_path, sf.silent, extra={"ledger.json": b"{}"})
    assert (tmp_path / "ledger.json").read_bytes() == b"{}"


def test_a_site_is_up_to_date_until_its_time_comes(tmp_path: Path) -> None:
    assert not is_up_to_date(tmp_path, "f", 0)
    build_site(sf.Given(sf.fleet()), tmp_path, sf.silent, fingerprint="f", valid_until=100)
    assert is_up_to_date(tmp_path, "f", 99)
    assert not is_up_to_date(tmp_path, "f", 100)
    assert not is_up_to_date(tmp_path, "g", 99)
    (tmp_path / "index.html").unlink()
    assert not is_up_to_date(tmp_path, "f", 99)
