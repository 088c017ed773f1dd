"""A branch's page, as far as it tells of the task: read from real repositories, built for real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.site.test_pages import Outline

import reading
import sitefleet as sf
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.work import Copy
from agentledger.site import check_view, task_view
from agentledger.site.build import build_site
from agentledger.site.labels import Mark
from agentledger.site.markdown.render import render_markdown
from agentledger.site.task_view import WorkView
from gitrepo import Commit, Content, Repo
from writing import written_at

FOLDER = ".agentledger/tasks/x/"
BRIEF = """---
task: x
title: Limit <b>attempts</b>
manager: ana@example.org
owns: ["src/**"{more}]
verify:
  test: pytest -q
  lint: ruff check
---
## Why, and what would stop us
It is slow.
## Outcome
It is *fast*.
## Acceptance criteria
- [ ] It takes a second
- [ ] It keeps `order`
"""
PACKET = """---
task: x
head: {head}
---
## Summary
<script>alert(1)</script> \u202e
## Acceptance criteria
- [x] It takes a second
  - `test` measures it
- [x] It is also nice
"""


def check_in(state: str, needs: str = "none", at: str = "22:20:00") -> str:
    return (
        f"---\nat: 2023-11-14T{at}Z\nagent: zed\nstate: {state}\n---\n## What changed\nThe loop.\n"
        f"## What's next\nTests.\n## Risks and blockers\nNone.\n## What I need from you\n{needs}\n"
    )


def evidence(check: str, command: str, head: Commit, code: int = 0) -> str:
    return json.dumps(
        {
            "version": 1,
            "check": check,
            "command": command,
            "exit_code": code,
            "head": head.id,
            "tree": head.code_tree,
            "started_at": "2023-11-14T22:18:00Z",
            "seconds": 1.5,
            "tail": ["<i>first</i>", "last"],
            "log_bytes": 9,
            "truncated": False,
            "skipped": None,
        }
    )


class Desk:
    """A repository with a brief on the control branch, and agent/x with one code commit."""

    def __init__(self, path: Path, more: str = "") -> None:
        self.repo = Repo.init(path)
        root = self.repo.commit("main", {"src/a.py": "1\n"})
        self.repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.replace("{more}", "")}, parents=[])
        self.code = self.repo.commit("agent/x", {"src/a.py": "2\n"}, parents=[root], message="Make it fast")
        self.says({"brief.md": BRIEF.replace("{more}", more)})

    def says(self, files: dict[str, Content]) -> None:
        """A commit of documents on the branch."""
        told = {FOLDER + name: content for name, content in files.items()}
        self.repo.commit("agent/x", told, at=written_at(files))

    def manager(self, name: str, content: str) -> None:
        self.repo.commit("agentledger", {f"tasks/x/{name}": content}, at=written_at({name: content}))

    def view(self) -> WorkView:
        fleet = reading.fleet(self.repo)
        view = task_view.build_work_view(reading.named(fleet)["agent/x"], fleet, (), render_markdown)
        assert view is not None
        return view

    def page(self, out: Path) -> str:
        """The page as the build publishes it."""
        self.repo.flush()
        with snapshot.open_snapshot(self.repo.path, Request(now=reading.NOW)) as seen:
            build_site(seen, out, sf.silent)
        return sf.page_of(out, "agent-x").read_text()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r")


def marks(desk: Desk) -> tuple[Mark, ...]:
    standing = reading.branch(desk.repo).standing
    assert standing
    return check_view.check_marks(standing, ())


def plain(html: Any) -> str:
    return str(html).replace("<p>", "").replace("</p>", "").strip()


def test_the_question_that_waits_stands_above_the_brief(desk: Desk, tmp_path: Path) -> None:
    desk.says({"status/1.md": check_in("needs-input", "May I touch `b.py`?")})
    page = desk.page(tmp_path / "out")
    places = [page.index(f'id="{name}"') for name in ("verdict", "question", "brief", "timeline", "facts")]
    assert places == sorted(places)
    asked = page[places[1] : places[2]]
    assert "May I touch <code>b.py</code>?" in asked
    assert "agentledger answer x" in asked
    assert page[: page.index('id="findings"')].count("agentledger answer x") == 1
    # Said once: what is asked is not repeated below.
    assert page.count("May I touch") == 1
    (documents,) = (tmp_path / "out" / "branch").glob("agent-x-*.documents.html")
    assert documents.name in page
    assert "May I touch `b.py`?" in documents.read_text()


def test_an_answer_ends_the_waiting_and_stands_in_the_timeline(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("blocked", "Which one?")})
    desk.manager(
        "answers/1.md", "---\nat: 2023-11-14T22:30:00Z\nby: ana\ndecision: approve\n---\nThe first.\n"
    )
    view = desk.view()
    assert view.question == ()
    assert [event.title for event in view.events] == ["Answer", "Check-in"]
    assert plain(view.events[0].sections[0].text.html) == "The first."
    assert view.events[0].mark == Mark("ok", "approve")


def test_the_brief_tells_where_it_was_found(desk: Desk, tmp_path: Path) -> None:
    brief = desk.view().brief
    assert brief
    assert brief.source.text.startswith("From the control branch, unproven")
    assert brief.copy is None
    assert [plain(item.html) for item in brief.criteria] == [
        "It takes a second",
        "It keeps <code>order</code>",
    ]
    alone = Repo.init(tmp_path / "alone")
    root = alone.commit("main", {"a": "1\n"})
    alone.commit("agent/x", {FOLDER + "brief.md": BRIEF.replace("{more}", "")}, parents=[root])
    fleet = reading.fleet(alone)
    view = task_view.build_work_view(reading.named(fleet)["agent/x"], fleet, (), render_markdown)
    assert view
    assert view.brief
    assert view.brief.source.text.startswith("Unconfirmed")


def test_a_wider_copy_is_shown_as_a_difference_and_grants_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r", more=', "lib/**"')
    found = reading.branch(desk.repo)
    assert found.work
    assert found.work.copy is Copy.SCOPE_CHANGE
    brief = desk.view().brief
    assert brief
    assert brief.copy
    assert "grants nothing" in brief.copy.text
    assert "<del>" in brief.diff
    assert "lib/**" in brief.diff
    assert [fact.text for fact in brief.scope if fact.key == "Owns"] == ["src/**"]


def test_briefs_of_very_many_lines_are_not_compared(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    desk.says({"brief.md": BRIEF.replace("{more}", "") + "more\n" * task_view.COMPARED})
    brief = desk.view().brief
    assert brief
    assert brief.diff == ""
    assert "not compared" in brief.diff_note


def test_each_criterion_stands_beside_its_claim_and_the_checks_it_names(desk: Desk) -> None:
    desk.says(
        {
            "packet.md": PACKET.replace("{head}", desk.code.id),
            "evidence/test.json": evidence("test", "pytest -q", desk.code, 1),
        }
    )
    packet = desk.view().packet
    assert packet
    assert packet.fresh.kind == "done"
    assert packet.shown_criteria == ()
    assert [(c.claim.text, [e.text for e in c.evidence]) for c in packet.open_criteria] == [
        ("met, as claimed", ["test: failed, exit code 1"]),
        ("not in the packet", []),
        ("met, as claimed; not a criterion of the brief", []),
    ]


def test_checks_come_failures_first_with_another_command_told(desk: Desk) -> None:
    desk.says({"evidence/lint.json": evidence("lint", "true", desk.code, 2)})
    desk.says({"evidence/test.json": evidence("test", "pytest -q", desk.code)})
    (lint,), (test,) = desk.view().open_checks, desk.view().quiet_checks
    assert (lint.name, lint.result.kind, lint.command, lint.other) == ("lint", "bad", "ruff check", "true")
    assert (test.name, test.result.kind, test.other) == ("test", "ok", "")
    assert test.fresh
    assert test.fresh.kind == "ok"
    assert test.trust
    assert test.trust.text.startswith("claimed")
    assert test.tail == "&lt;i&gt;first&lt;/i&gt;\nlast"


def test_evidence_is_claimed_until_somebody_else_saw_the_same(desk: Desk) -> None:
    assert marks(desk) == (Mark("none", "test, lint not run"),)
    for name, command in (("test", "pytest -q"), ("lint", "ruff check")):
        desk.says({f"evidence/{name}.json": evidence(name, command, desk.code)})
    assert marks(desk) == (Mark("done", "test, lint claimed"),)
    for name, command in (("test", "pytest -q"), ("lint", "ruff check")):
        desk.manager(f"reruns/1-{name}.json", evidence(name, command, desk.code))
    assert marks(desk) == (Mark("ok", "test, lint reproduced"),)
    assert desk.view().open_checks == ()
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    assert marks(desk) == (Mark("warn", "test, lint stale"),)
    assert {line.fresh.text for line in desk.view().open_checks if line.fresh} == {"of another commit’s code"}
    desk.says({"evidence/lint.json": evidence("lint", "true", desk.code, 2)})
    assert marks(desk) == (Mark("bad", "lint failing"), Mark("warn", "test stale"))


def test_a_check_beside_a_criterion_tells_when_it_is_of_other_code(desk: Desk) -> None:
    desk.says({"evidence/test.json": evidence("test", "pytest -q", desk.code)})
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    (line,) = (line for line in desk.view().open_checks if line.name == "test")
    assert check_view.short_check_mark(line).text == "test: passed (of other code)"


def test_reviews_say_who_and_of_which_code(desk: Desk) -> None:
    desk.manager(
        "reviews/1.md",
        f"---\nat: 2023-11-14T22:40:00Z\nreviewer: ben\nkind: human\nverdict: request-changes\n"
        f"branch: agent/x\nhead: {desk.code.id}\n---\n## Findings\n- [ ] Too `slow`\n",
    )
    (review,) = desk.view().reviews
    assert review.verdict == Mark("warn", "request changes")
    assert review.by == "ben (human, unproven)"
    assert review.fresh.kind == "ok"
    assert [section.title for section in review.sections] == ["Findings"]


def test_an_uncommitted_check_in_is_marked(desk: Desk) -> None:
    desk.repo.flush()
    desk.repo.git("reset", "--hard", "--quiet", "main")
    desk.repo.git("checkout", "--quiet", "agent/x")
    place = desk.repo.path / FOLDER / "status"
    place.mkdir()
    (place / "1.md").write_text(check_in("working"))
    latest = desk.view().latest
    assert latest
    assert latest.note == "not committed: it lies in the worktree only"
    (event,) = desk.view().events
    assert event.note.endswith("its text is above")
    assert event.sections == ()


def test_problems_name_file_and_line(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("resting")})
    line = desk.view().problems[0]
    assert line.mark.kind == "bad"
    assert line.place == f"{FOLDER}status/1.md:4"


def test_what_an_agent_writes_cannot_become_markup(desk: Desk, tmp_path: Path) -> None:
    desk.says(
        {"packet.md": PACKET.replace("{head}", desk.code.id), "status/1.md": check_in("working", "<img>")}
    )
    page = desk.page(tmp_path / "out")
    outline = Outline(page.encode())
    assert not outline.faults
    assert [attrs.get("src") for tag, attrs in outline.tags if tag == "script"] == ["../app.js"]
    assert "<img" not in page
    assert "the ledger’s documents: U+202E (1×)" in page
    assert "\u202e" not in page
    ids = outline.all("id")
    assert len(ids) == len(set(ids))


def test_a_new_answer_makes_the_page_anew_and_nothing_else_does(desk: Desk, tmp_path: Path) -> None:
    desk.says({"status/1.md": check_in("needs-input", "Which?")})
    out = tmp_path / "out"
    before = desk.page(out)
    file = sf.page_of(out, "agent-x")
    written = file.stat().st_mtime_ns
    assert desk.page(out) == before
    file = sf.page_of(out, "agent-x")
    assert file.stat().st_mtime_ns == written
    desk.manager("answers/1.md", "---\nat: 2023-11-14T22:30:00Z\nby: ana\ndecision: note\n---\nThat one.\n")
    assert "That one." in desk.page(out)


def test_a_page_holds_no_more_text_than_it_can_bear(desk: Desk) -> None:
    said = check_in("working").replace("The loop.", "word " * 15_000)
    desk.says({f"status/{n}.md": said for n in range(9)})
    notes = [part.text.note for event in desk.view().events for part in event.sections]
    assert notes[0].startswith("Shown as plain text")
    assert notes[-1] == "Left out: this page has too much text."


def test_a_branch_without_a_task_asks_for_no_markdown(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"a": "1\n"})
    repo.commit("agent/x", {"a": "2\n"}, parents=[root])
    fleet = reading.fleet(repo)
    assert task_view.list_page_texts(reading.named(fleet)["agent/x"], fleet) == []


def test_nothing_below_the_ledger_s_folder_is_lost(desk: Desk, tmp_path: Path) -> None:
    desk.says({"run.py": "print('<hidden>')\n"})
    page = desk.page(tmp_path / "out")
    # It is no work, so it is not among the files; that it is there at all, a rule says.
    assert "run.py" not in page[page.index('id="files"') : page.index('id="warnings"')]
    assert ">1 file, +1 −1</a>" in page
    (documents,) = (tmp_path / "out" / "branch").glob("agent-x-*.documents.html")
    told = documents.read_text()
    # The documents as they are, and the diff of what is none.
    assert told[: told.index('id="ledger"')].count("<h3>") == 1
    assert "run.py" in told[told.index('id="ledger"') :]
    assert "&lt;hidden&gt;" in told


def test_what_is_in_order_is_folded_and_what_is_not_is_open(desk: Desk) -> None:
    desk.says({"packet.md": PACKET.replace("{head}", desk.code.id)})
    for name, command in (("test", "pytest -q"), ("lint", "ruff check")):
        desk.says({f"evidence/{name}.json": evidence(name, command, desk.code)})
    view = desk.view()
    assert view.packet
    assert [c.claim.text for c in view.packet.shown_criteria] == ["met, as claimed"]
    assert len(view.packet.open_criteria) == 2
    assert [line.name for line in view.quiet_checks] == ["test", "lint"]
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    view = desk.view()
    assert view.packet
    # A check that passed on other code shows nothing of this one.
    assert view.packet.shown_criteria == ()
    assert {line.result.kind for line in view.open_checks} == {"none"}
