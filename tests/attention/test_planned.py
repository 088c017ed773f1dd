"""Planned tasks on every output: what each waits for, and which one `next` offers."""

from __future__ import annotations

import html
import json
from pathlib import Path

import jsonschema
import pytest

from agentledger.reports import shapes
from command import board, run, site
from gitrepo import Repo
from nextcommand import find_command, type_command
from rulecases import BODY

WAITS = {
    "a": ("dependency", "it depends on x, which has not merged"),
    "b": ("overlap", "its scope meets that of x, at src/a.py"),
    "c": ("brief", "`owns` names no file"),
}
NEXT = r"^next: (agentledger spawn .*)$"


def brief(task: str, owns: str, more: str = "") -> dict[str, str]:
    text = f"---\ntask: {task}\nowns: {owns}\nverify: {{test: make test}}\n{more}---\n{BODY}"
    return {f"tasks/{task}/brief.md": text}


def fleet(folder: Path, policy: str = "") -> Repo:
    """Task x at work; a depends on it, b meets it, c lacks something, and d waits for nothing."""
    repo = Repo.init(folder / "r")
    repo.commit(
        "main",
        {"src/a.py": "a\n", "docs/d.md": "d\n", ".agentledger/config.toml": f"dormant = '90000d'\n{policy}"},
    )
    repo.commit(
        "agentledger",
        brief("x", "['src/**']")
        | brief("a", "['lib/**']", "depends_on: [x]\npriority: 1\n")
        | brief("b", "['src/a.py']")
        | brief("c", "[]")
        | brief("d", "['docs/**']", "follow: [src/a.py]\npriority: 3\n"),
        parents=[],
    )
    repo.checkout("main")
    assert run(repo.path, "spawn", "x").code == 0
    return repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return fleet(tmp_path)


def next_document(repo: Repo) -> dict[str, object]:
    document: dict[str, object] = json.loads(run(repo.path, "next", "--format", "json").out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("next")))
    return document


def test_each_says_what_it_waits_for_on_board_page_and_in_json(repo: Repo) -> None:
    tasks = {task["id"]: task for task in board(repo.path)["tasks"]}
    text = " ".join(run(repo.path, "board").out.split())
    page = html.unescape(site(repo.path)["index.html"])
    for task, (reason, words) in WAITS.items():
        (wait,) = tasks[task]["waits_for"]
        assert wait["reason"] == reason
        assert words in wait["text"]
        assert f"Waits: {wait['text']}" in text
        assert f"Waits: {wait['text']}" in page
        assert f"agentledger check {task}" in text
        assert f"agentledger check {task}" in page
        # The command shows the same, and what to do about it.
        assert wait["text"] in type_command(repo.path, f"agentledger check {task}", code=1).out
    assert tasks["d"]["waits_for"] == []
    assert tasks["x"]["waits_for"] is None
    assert "agentledger spawn d" in text
    assert "agentledger spawn d" in page
    assert all(f"agentledger spawn {task}" not in text + page for task in WAITS)


def test_next_offers_the_first_that_spawn_would_take(repo: Repo) -> None:
    document = next_document(repo)
    assert document["waiting"] == 0
    assert document["hand_out"] == {
        "task": "d",
        "title": "d",
        "next_action": {"text": "Hand it out", "command": "agentledger spawn d"},
    }
    text = run(repo.path, "next").out
    assert "there is room for d (task d)" in text
    type_command(repo.path, find_command(text, NEXT))
    # Once that is at work, the others still wait.
    assert next_document(repo)["hand_out"] is None
    text = run(repo.path, "next").out
    assert "3 tasks are planned, and none can be handed out now" in text
    assert "a: Waits: it depends on x, which has not merged" in text
    type_command(repo.path, find_command(text, r"^next: (.*)$"), code=1)


def test_a_dependency_that_has_landed_holds_nothing_back(repo: Repo) -> None:
    work = repo.path.parent / "r.worktrees/x"
    (work / "src/a.py").write_text("b\n")
    Repo(work).git("commit", "-q", "--no-verify", "-am", "work")
    repo.git("merge", "-q", "--no-ff", "--no-verify", "-m", "land", "agent/x")
    text = run(repo.path, "next").out
    # Of priority 1, so it comes before the others.
    assert find_command(text, NEXT) == "agentledger spawn a"
    type_command(repo.path, "agentledger spawn a")


def test_no_place_is_free_where_the_limit_is_reached(tmp_path: Path) -> None:
    repo = fleet(tmp_path, "[wip]\nactive = 1\n")
    tasks = {task["id"]: task for task in board(repo.path)["tasks"]}
    assert [wait["reason"] for wait in tasks["d"]["waits_for"]] == ["wip"]
    assert "Waits: 1 active tasks are under way, and policy allows 1" in " ".join(
        run(repo.path, "board").out.split()
    )
    assert next_document(repo)["hand_out"] is None
    assert "agentledger spawn" not in run(repo.path, "next").out


def test_where_nothing_is_enforced_nothing_waits(tmp_path: Path) -> None:
    repo = fleet(tmp_path, "enforce = false\n")
    assert find_command(run(repo.path, "next").out, NEXT) == "agentledger spawn a"


def test_what_waits_for_the_manager_comes_first(repo: Repo) -> None:
    work = repo.path.parent / "r.worktrees/x"
    assert run(work, "report", "--next", "More.", "--risks", "none", "--need", "Red or blue?").code == 0
    document = next_document(repo)
    assert (document["waiting"], document["hand_out"]) == (1, None)
    assert "agentledger spawn" not in run(repo.path, "next").out
