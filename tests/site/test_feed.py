"""What was said on all branches: the page, and the Atom feed by the MUSTs of RFC 4287."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from tests.site.test_pages import Outline
from tests.site.test_task_view import BRIEF, FOLDER, Desk, check_in

import hostile
import reading
import sitefleet as sf
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.site import feed, pages
from agentledger.site.build import build_site
from agentledger.site.markdown.render import Rendered, render_markdown
from agentledger.site.page_names import name_pages
from gitrepo import Repo
from sitefleet import silent

ATOM = "{http://www.w3.org/2005/Atom}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
URN = re.compile("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACTIVE = {"script", "img", "svg", "iframe", "meta", "base", "link", "style", "form", "input"}
ANSWER = "---\nat: 2023-11-14T22:30:00Z\nby: ana\ndecision: approve\n---\nThe *first*.\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the site is published."""
    return tmp_path / "out"


def published(repo: Repo, out: Path, now: int = reading.NOW) -> ElementTree.Element:
    """The feed as it is built, after the checks that go for every one."""
    repo.flush()
    with snapshot.open_snapshot(repo.path, Request(now=now)) as seen:
        build_site(seen, out, silent)
    root = ElementTree.fromstring((out / "check-ins.atom").read_bytes())  # noqa: S314 - our own
    assert faults(root, out) == []
    return root


def faults(root: ElementTree.Element, out: Path) -> list[str]:
    """What RFC 4287 forbids (4.1.1, 4.1.2, 4.2), and links that lead nowhere."""
    found = [] if root.tag == f"{ATOM}feed" else ["the root is no feed"]
    entries = root.findall(f"{ATOM}entry")
    for part in (root, *entries):
        for name in ("id", "title", "updated"):
            found += [] if len(part.findall(ATOM + name)) == 1 else [f"not one {name} in {part.tag}"]
        found += [] if URN.fullmatch(part.findtext(f"{ATOM}id", "")) else ["an id that is no URN"]
        found += [] if TIME.fullmatch(part.findtext(f"{ATOM}updated", "")) else ["no RFC 3339 time"]
        found += [
            f"{link.get('href')} is not there"
            for link in part.findall(f"{ATOM}link")
            if not (out / urlsplit(link.get("href", "")).path).is_file()
        ]
    for entry in entries:
        found += [] if entry.findtext(f"{ATOM}author/{ATOM}name") else ["an entry without author"]
        kinds = [link.get("rel") for link in entry.findall(f"{ATOM}link")]
        found += [] if kinds == ["alternate"] else ["not one alternate link"]
    ids = [part.findtext(f"{ATOM}id") for part in (root, *entries)]
    known = {ATOM + name for name in "feed id title subtitle updated link entry author name content".split()}
    found += [f"unknown {part.tag}" for part in root.iter() if part.tag not in known]
    return found + ([] if len(ids) == len(set(ids)) else ["an id twice"])


def titles(root: ElementTree.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}title", "") for entry in root.findall(f"{ATOM}entry")]


def test_everything_said_is_an_entry_newest_first(desk: Desk, out: Path) -> None:
    desk.says({"status/1.md": check_in("blocked", "Which `one`?")})
    desk.manager("answers/1.md", ANSWER)
    desk.manager(
        "reviews/1.md",
        f"---\nat: 2023-11-14T22:40:00Z\nreviewer: ben\nkind: human\nverdict: approve\nbranch: agent/x\n"
        f"head: {desk.code.id}\n---\n",
    )
    desk.manager("outcome.md", "---\nat: 2023-11-14T22:50:00Z\nby: ana\noutcome: killed\n---\nToo late.\n")
    root = published(desk.repo, out)
    task = "Limit &lt;b&gt;attempts&lt;/b&gt;"
    assert titles(root) == [
        f"{task} · Outcome: killed",
        f"{task} · Review: approve",
        f"{task} · Answer: approve",
        f"{task} · Check-in: blocked",
    ]
    assert root.findtext(f"{ATOM}updated") == "2023-11-14T22:50:00Z"
    content = [entry.findtext(f"{ATOM}content", "") for entry in root.findall(f"{ATOM}entry")]
    assert "The <em>first</em>." in content[2]
    assert content[3].index("Which <code>one</code>?") < content[3].index("The loop.")
    page = (out / "check-ins.html").read_text()
    assert page.index("Too late.") < page.index("Which <code>one</code>?") < page.index("The loop.")
    assert page.count('<a href="branch/agent-x-') == 4


def test_the_page_is_whole_and_every_page_points_at_the_feed(desk: Desk, out: Path) -> None:
    desk.says({"status/1.md": check_in("working")})
    desk.manager("answers/1.md", ANSWER)
    published(desk.repo, out)
    outline = Outline((out / "check-ins.html").read_bytes())
    assert outline.faults == []
    assert len(set(outline.all("id"))) == len(outline.all("id"))
    for page in out.rglob("*.html"):
        tags = Outline(page.read_bytes()).tags
        (href,) = [attrs["href"] for _, attrs in tags if attrs.get("type") == "application/atom+xml"]
        where = posixpath.normpath(posixpath.join(page.relative_to(out).parent.as_posix(), str(href)))
        assert where == "check-ins.atom"
    assert 'href="check-ins.html"' in (out / "index.html").read_text()


def test_a_feed_to_which_nothing_was_added_is_not_written_again(desk: Desk, out: Path) -> None:
    desk.says({"status/1.md": check_in("working")})
    published(desk.repo, out)
    file = out / "check-ins.atom"
    before = file.read_bytes(), file.stat().st_ino
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    published(desk.repo, out, reading.NOW + 60)
    assert (file.read_bytes(), file.stat().st_ino) == before


def test_ids_are_those_of_every_clone_and_every_address(desk: Desk, out: Path, tmp_path: Path) -> None:
    desk.says({"status/1.md": check_in("working")})
    desk.manager("answers/1.md", ANSWER)
    here = published(desk.repo, out)
    clone = desk.repo.clone(tmp_path / "another name")
    there = published(clone, tmp_path / "elsewhere" / "site")
    ids = [[e.findtext(f"{ATOM}id") for e in root.findall(f"{ATOM}entry")] for root in (here, there)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 2


def test_the_feed_s_own_id_follows_the_forge() -> None:
    ids = [
        feed.build_feed(sf.fleet(name=name, forge=forge), {}, render_markdown).id
        for name, forge in [("a", "https://x.example/a"), ("b", "https://x.example/a"), ("b", None)]
    ]
    assert ids[0] == ids[1] != ids[2]


def test_hostile_documents_stay_text(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "ATOM_SHOWN", len(hostile.DOCUMENTS))
    said = [check_in("needs-input", text).replace("The loop.", text) for text in hostile.DOCUMENTS]
    desk.says({f"status/{n:03}.md": text.encode("utf-8", "surrogateescape") for n, text in enumerate(said)})
    root = published(desk.repo, out)
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) == len(hostile.DOCUMENTS)
    for entry in entries:
        found = hostile.read(entry.findtext(f"{ATOM}content", ""))
        assert found.balanced
        assert found.tags.isdisjoint(ACTIVE)
        assert not any(name.startswith("on") for _, name in found.attributes)
        assert all(re.match("https?://|mailto:", address) for address in found.addresses)


@pytest.mark.parametrize(
    "text", ["\x00", "\x01\x1b[31m", "\ufffe\uffff", "\U0001fffe", "\x85\u2028", "]]>", "&#x1;"]
)
def test_what_xml_forbids_never_reaches_the_feed(desk: Desk, out: Path, text: str) -> None:
    name = f'agent: "{text}\\x01\\uD800\\uFFFE<b>&amp;"\n'
    for number, part in enumerate((check_in("working").replace("The loop.", text), ANSWER + text)):
        document = part.replace("agent: zed\n", name).encode()
        if number:
            desk.manager("answers/1.md", document.decode())
        else:
            desk.says({"status/1.md": document})
    root = published(desk.repo, out)
    assert len(titles(root)) == 2


def test_every_forbidden_character_is_replaced_and_no_other() -> None:
    every = "".join(map(chr, range(0x110000)))
    fit = feed.replace_non_xml(every)
    assert len(fit) == len(every)
    kept = [a for a, b in zip(every, fit, strict=True) if a == b]
    document = f"<x>{''.join(kept).translate({38: None, 60: None})}</x>"
    root = ElementTree.fromstring(document.encode())  # noqa: S314 - made on the line above
    assert len(root.text or "") == len(kept) - 2
    lost = {ord(a) for a, b in zip(every, fit, strict=True) if a != b}
    assert lost == {*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF}


def test_an_uncommitted_check_in_is_marked_and_keeps_its_id(desk: Desk, out: Path) -> None:
    desk.repo.flush()
    desk.repo.git("checkout", "--quiet", "agent/x")
    place = desk.repo.path / FOLDER / "status"
    place.mkdir()
    (place / "1.md").write_text(check_in("working"))
    root = published(desk.repo, out)
    assert "not committed" in (out / "check-ins.html").read_text()
    assert "not committed" in root.findtext(f"{ATOM}entry/{ATOM}content", "")
    desk.repo.git("add", ".")
    desk.repo.git("commit", "--quiet", "--message", "Check in")
    again = published(desk.repo, out)
    assert "not committed" not in again.findtext(f"{ATOM}entry/{ATOM}content", "")
    assert again.findtext(f"{ATOM}entry/{ATOM}id") == root.findtext(f"{ATOM}entry/{ATOM}id")


def test_a_check_in_that_went_with_other_branches_is_told_once(desk: Desk, out: Path) -> None:
    desk.says({"status/1.md": check_in("working")})
    desk.repo.flush()
    for number in range(4):
        desk.repo.git("branch", f"agent/x--{number + 2}", "agent/x")
    root = published(desk.repo, out)
    assert len(titles(root)) == 1
    page = (out / "check-ins.html").read_text()
    assert re.findall(r'<a href="branch/[^"]*">([^<]*)', page) == ["agent/x", "agent/x--2", "agent/x--3"]
    assert "and 2 more branches" in page


def test_an_answer_to_a_task_that_nobody_works_on_is_found_on_the_page(out: Path, tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"a": "1\n"})
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.replace("{more}", "")}, parents=[])
    repo.commit("agentledger", {"tasks/x/answers/1.md": ANSWER})
    root = published(repo, out)
    (link,) = root.findall(f"{ATOM}entry/{ATOM}link")
    page, _, anchor = link.get("href", "").partition("#")
    assert f'id="{anchor}"' in (out / page).read_text()


def test_what_there_is_no_room_for_is_counted(desk: Desk, out: Path) -> None:
    times = [f"{n // 3600 + 1:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(feed.PAGE_SHOWN + 5)]
    desk.says({f"status/{n:04}.md": check_in("working", at=at) for n, at in enumerate(times)})
    root = published(desk.repo, out)
    assert len(titles(root)) == feed.ATOM_SHOWN
    assert root.findtext(f"{ATOM}subtitle") == "The newest 100 of 305."
    page = (out / "check-ins.html").read_text()
    assert "The newest 300 of 305." in page
    assert page.count('<li id="said-') == feed.PAGE_SHOWN


def test_a_long_document_leaves_room_for_the_others(desk: Desk, out: Path) -> None:
    long = check_in("working").replace("The loop.", "word " * 4000)
    desk.says({"status/1.md": long, "status/2.md": check_in("working")})
    published(desk.repo, out)
    page = (out / "check-ins.html").read_text()
    assert page.count("it is too long for this page") == 1
    assert "The loop." in page
    assert "word word" not in page


def test_all_documents_together_keep_within_bounds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.says({f"status/{n}.md": check_in("working") for n in range(9)})
    fleet = reading.fleet(desk.repo)
    monkeypatch.setattr(feed, "MOST_TEXT", 4 * len(check_in("working")))
    found = feed.build_feed(fleet, name_pages(fleet.branches), render_markdown)
    assert found.days_more == "The newest 4 of 9."


def test_the_texts_are_those_that_the_feed_asks_for(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("blocked", "Which?"), "status/2.md": "x" * (feed.LONG + 1)})
    desk.manager("answers/1.md", ANSWER)
    fleet = reading.fleet(desk.repo)
    asked: list[str] = []

    def noted(text: str) -> Rendered:
        asked.append(text)
        return render_markdown(text)

    feed.build_feed(fleet, name_pages(fleet.branches), noted)
    assert sorted(asked) == sorted(feed.list_feed_texts(fleet))
    assert asked == ["The *first*.", "Which?", "The loop.", "Tests."]


def test_before_anybody_has_said_anything_the_feed_is_as_old_as_the_brief(desk: Desk, out: Path) -> None:
    root = published(desk.repo, out)
    assert titles(root) == []
    (brief,) = [task.brief for task in reading.fleet(desk.repo).tasks]
    assert brief
    assert brief.document.source.at
    assert root.findtext(f"{ATOM}updated") == "2023-11-14T22:15:20Z"
    assert "Nobody has said anything yet." in (out / "check-ins.html").read_text()


def test_without_tasks_there_is_no_feed() -> None:
    one = sf.branch("x")
    fleet = sf.fleet(one)
    found = pages.render_board_pages(fleet, name_pages([one]))
    assert not {"check-ins.html", "check-ins.atom"} & set(found)
    assert b"check-ins" not in found["index.html"]
