"""What the rules find, as the board, the branch's page and the diff show it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import sitefleet as sf
from agentledger.attention.actions import next_action
from agentledger.attention.sections import Section, section_of
from agentledger.attention.turn import Kind, blocking_reasons, turn_of
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request, ignore_progress
from agentledger.reports import json as reports
from agentledger.site import diff
from agentledger.site.build import build_site
from desk import BRIEF, CHECK_IN
from gitrepo import START, Repo
from reading import branch, fleet

NOW = START + 3600
STATUS = ".agentledger/tasks/x/status/20231114T222000Z-0001.md"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A branch with a file out of bounds, and hidden characters on the second line of another."""
    made = Repo.init(tmp_path / "repo")
    root = made.commit("main", {"src/a.py": "a\n", "docs/d.md": "d\n"})
    made.commit(
        "agentledger", {"tasks/x/brief.md": BRIEF.format("['src/**']", "check_in: 30d\n")}, parents=[]
    )
    files = {
        "src/a.py": "a\nx = '\u202e'\nb\n",
        "docs/d.md": "mine\n",
        STATUS: CHECK_IN.format("working", "", "none"),
    }
    made.commit("agent/x", files, parents=[root])
    return made


def pages(repo: Repo, out: Path) -> tuple[str, str]:
    """The board and the branch's page."""
    repo.flush()
    with snapshot.open_snapshot(repo.path, Request(now=NOW)) as taken:
        build_site(taken, out, ignore_progress)
    return (out / "index.html").read_text(), sf.page_of(out, "agent-x").read_text()


def test_what_is_out_of_bounds_is_held_and_sent_back(repo: Repo) -> None:
    found = branch(repo)
    assert section_of(found) is Section.HELD
    action = next_action(found, fleet(repo).base)
    assert action
    assert action.text.startswith("Out of bounds: docs/d.md is outside the scope")
    assert action.command == "agentledger answer x --decision change -m 'what to change'"


def test_the_board_counts_and_the_page_tells(repo: Repo, tmp_path: Path) -> None:
    board, page = pages(repo, tmp_path / "out")
    for shown in (board, page):
        assert "Stopped: docs/d.md is outside the scope" in shown
        assert "and 1 more" in shown
    told = page[page.index('id="findings"') : page.index('id="brief"')]
    assert "OWN001 outside-scope" in told
    assert "Next: git checkout main -- :/docs/d.md" in told
    # What stops it, then the brief, then what the agent says.
    assert page.index('id="brief"') < page.index('id="latest"') < page.index('id="timeline"')


def test_files_with_findings_come_first_and_name_them(repo: Repo, tmp_path: Path) -> None:
    _, page = pages(repo, tmp_path / "out")
    listed = re.findall(r'<details class="file"( open)?>\n<summary>.*?<span>(.*?),', page)
    assert listed[:2] == [(" open", "finding")] * 2
    # The ledger's own files are no work: neither listed nor counted.
    assert ".agentledger" not in page[page.index('id="files"') : page.index('id="timeline"')]
    number = re.search(r'href="#f(\d+)"><code class="path">docs/<wbr>d.md', page)
    assert number
    assert f'<div id="f{number[1]}">\n<p class="note"><span class="bad">OWN001' in page


def test_a_finding_stands_at_its_line_of_the_diff(repo: Repo, tmp_path: Path) -> None:
    _, page = pages(repo, tmp_path / "out")
    line = page[page.index("x = ") :]
    assert re.match(r".*\n<strong class=\"bad\">OWN009 .*U\+202E.*</strong>\n", line)


def test_notes_stand_below_added_and_kept_lines_alone() -> None:
    body = b"@@ -1,2 +1,3 @@\n one\n-two\n+TWO\n+three\n"
    shown = str(diff.render_patch(body, mark_words=False, notes={1: "<first>", 3: "third", 9: "nowhere"}))
    text = re.sub("<.*?>", "", shown).splitlines()
    assert text == ["@@ -1,2 +1,3 @@", "1   one", "&lt;first&gt;", "2 − two", "2 + TWO", "3 + three", "third"]
    assert str(diff.render_patch(body, mark_words=False)).count("<strong") == 0


def test_programs_get_the_findings(repo: Repo) -> None:
    (found,) = json.loads(reports.encode_ledger(fleet(repo)))["branches"]
    assert {(f["rule"], f["path"]) for f in found["findings"] if f["rule"].startswith("OWN")} == {
        ("OWN001", "docs/d.md"),
        ("OWN009", "src/a.py"),
    }


def test_a_waived_finding_is_shown_and_holds_nothing(repo: Repo, tmp_path: Path) -> None:
    head = "rules: [OWN001, OWN009]\nuntil: 2999-01-01T00:00:00Z\n"
    repo.commit("agentledger", {"tasks/x/waivers/1.md": f"---\n{head}---\nas agreed on the phone\n"})
    assert blocking_reasons(branch(repo)) == ()
    assert section_of(branch(repo)) is Section.WORKING
    board, page = pages(repo, tmp_path / "out")
    assert "2 waived" in board
    assert "Waived: as agreed on the phone" in page


def test_a_criterion_to_give_up_has_a_section_of_its_own(repo: Repo) -> None:
    brief = BRIEF.format("['**']", "check_in: 30d\nkill: {commits: 1}\n")
    repo.commit("agentledger", {"tasks/x/brief.md": brief})
    repo.commit("agent/x", {"src/a.py": "clean\n"})
    found = branch(repo)
    assert section_of(found) is Section.KILL
    action = next_action(found, fleet(repo).base)
    assert action
    assert action.text.startswith("Give it up? it has 2 commits")


def test_what_is_missing_counts_only_once_ready_is_said(repo: Repo) -> None:
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format("['**']", "check_in: 30d\n")})
    repo.commit("agent/x", {"src/a.py": "clean\n"})
    assert section_of(branch(repo)) is Section.WORKING
    assert "PKT001" in {f.rule for f in branch(repo).findings or ()}
    ready = STATUS.replace("0001", "0002")
    repo.commit("agent/x", {ready: CHECK_IN.format("ready", "", "none").replace("22:20", "22:40")})
    assert turn_of(branch(repo)).kind is Kind.HELD
    assert section_of(branch(repo)) is Section.YOUR_TURN
    action = next_action(branch(repo), fleet(repo).base)
    assert action
    assert action.text.startswith("Not ready: ")


def test_a_branch_without_a_brief_is_not_judged(repo: Repo) -> None:
    repo.commit("claude/free", {"docs/d.md": "mine\n"})
    assert branch(repo, "claude/free").findings is None


def test_what_several_branches_have_is_on_the_board_once(repo: Repo, tmp_path: Path) -> None:
    repo.commit("agentledger", {"tasks/y/brief.md": BRIEF.format("['lib/**']", "check_in: 30d\n")})
    repo.commit("agent/y", {"lib/b.py": "b\n"}, parents=[repo.commit("main", {"e.txt": "e\n"})])
    board, page = pages(repo, tmp_path / "out")
    shared = board[board.index('id="shared"') :]
    assert shared.count("BRF011") == 1
    assert "2 branches" in shared
    assert "BRF011" not in page
    assert 'href="../index.html#shared"' in page
