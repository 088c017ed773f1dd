"""`agentledger check --fleet`: what stops a branch now comes first, what is due later is no error, what several
branches share is said once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import reading
from agentledger.attention.sections import Section, section_of
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request, ignore_progress
from agentledger.model.findings import Gate, Severity
from agentledger.reports import shapes
from agentledger.site.build import build_site
from command import run
from desk import CHECK_IN
from gitrepo import Repo
from sitefleet import page_of
from writing import brief

TASKS = ("cart", "login", "mail", "pay", "search")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Five briefed branches at work, of which one has left its scope, and one conflicts with base."""
    made = Repo.init(tmp_path / "repo")
    now = int(time.time())
    root = made.commit("main", {f"src/{task}/a.py": "1\n" for task in TASKS}, at=now - 600)
    briefs = {f"tasks/{task}/brief.md": brief(task, owns=[f"src/{task}/**"]) for task in TASKS}
    made.commit("agentledger", briefs, parents=[])
    for task in TASKS:
        stray = {"src/mail/b.py": "slip\n"} if task == "pay" else {}
        made.commit(f"agent/{task}", {f"src/{task}/a.py": "2\n", **stray}, parents=[root], at=now - 60)
    made.commit("main", {"src/search/a.py": "3\n"})
    made.flush()
    made.checkout("main")
    return made


def text(repo: Repo, *arguments: str) -> str:
    said = run(repo.path, "check", "--fleet", *arguments)
    assert (said.code, said.err) == (0, ""), said
    return said.out


def report(repo: Repo, *arguments: str) -> Any:
    data = json.loads(run(repo.path, "check", "--fleet", "--format", "json", *arguments).out)
    jsonschema.validate(data, json.loads(shapes.encode_schema("report")))
    return data


def levels(data: Any, branch: str) -> dict[str, tuple[str, str, bool]]:
    return {
        each["rule"]: (each["severity"], each["gate"], each["blocks"])
        for each in data["findings"]
        if each["branch"] == branch
    }


def test_what_matters_comes_first_and_the_rest_is_said_once(repo: Repo) -> None:
    lines = text(repo).splitlines()
    assert lines[0] == "agent/pay: stopped at push, by 1 finding; 1 more to know"
    assert lines[1] == "  error OWN001 outside-scope src/mail/b.py"
    assert "  later FLT004 conflicts-with-base src/search/a.py, at merge" in lines
    assert "nothing of its own: agent/cart, agent/login, agent/mail" in lines
    for rule in ("BRF011", "STA003", "REV001"):
        assert len([line for line in lines if f" {rule} " in line]) == 1
    assert "warn BRF011 brief-unproven [all 5 branches]" in lines
    wants = "a packet, what has to change with its code, evidence for test"
    assert f"at ready 5 branches will also need: {wants}" in lines
    assert lines[-1].startswith("the fleet: 1 of 5 branches stopped, by 1 finding; ")
    # Each of these was a block of three lines for each branch.
    assert len(lines) < 40


def test_nothing_is_lost_in_json_and_each_finding_says_when_it_is_due(repo: Repo) -> None:
    data = report(repo)
    assert data["blocked"] is True
    assert {each["branch"]: (each["gate"], each["blocked"]) for each in data["fleet"]} == {
        f"agent/{task}": ("push", task == "pay") for task in TASKS
    }
    pay, search = levels(data, "agent/pay"), levels(data, "agent/search")
    assert pay["OWN001"] == ("error", "push", True)
    assert pay["PKT001"] == pay["EVD001"] == ("later", "ready", False)
    assert search["FLT004"] == ("later", "merge", False)
    assert search["REV001"] == ("warn", "merge", False)
    shared = {each["rule"]: each["shared"] for each in data["findings"] if each["branch"] == "agent/pay"}
    assert (shared["BRF011"], shared["PKT001"], shared["OWN001"]) == (True, True, False)


def test_sarif_and_annotations_tell_now_from_later(repo: Repo) -> None:
    (found,) = json.loads(text(repo, "--format", "sarif"))["runs"]
    told = {
        (each["ruleId"], each["level"])
        for each in found["results"]
        if each["properties"]["branch"] == "agent/pay"
    }
    assert {("OWN001", "error"), ("PKT001", "note"), ("REV001", "warning")} <= told
    notes = text(repo, "--format", "github").splitlines()
    assert len([line for line in notes if line.startswith("::error ")]) == 1
    assert len([line for line in notes if "title=PKT001 packet-missing (at ready)::" in line]) == 5
    assert all(line.startswith("::notice ") for line in notes if "PKT001" in line)


def test_once_it_is_said_to_be_ready_all_of_it_holds(repo: Repo) -> None:
    path = ".agentledger/tasks/cart/status/20231114T222000Z-0001.md"
    repo.commit("agent/cart", {path: CHECK_IN.format("ready", "", "none")}, at=int(time.time()))
    repo.flush()
    cart = levels(report(repo), "agent/cart")
    assert cart["PKT001"] == ("error", "merge", True)
    assert "agent/cart: stopped at merge, by 3 findings" in text(repo)


def test_a_gate_that_is_named_holds_for_all(repo: Repo) -> None:
    data = report(repo, "--gate", "ready")
    assert {each["gate"] for each in data["fleet"]} == {"ready"}
    assert levels(data, "agent/cart")["PKT001"] == ("error", "ready", True)
    said = run(repo.path, "check", "--fleet", "--gate", "ready")
    assert (said.code, "5 of 5 branches stopped" in said.out) == (1, True)
    assert run(repo.path, "check", "--fleet", "--gate", "push").code == 1


def test_the_advice_for_later_works_as_it_stands(repo: Repo) -> None:
    (line,) = [
        line for line in text(repo).splitlines() if line.startswith("  next: agentledger check BRANCH")
    ]
    command = line.removeprefix("  next: agentledger ").partition(",")[0].replace("BRANCH", "agent/cart")
    listed = run(repo.path, *command.split()).out
    assert "error PKT001 packet-missing" in listed
    assert "agentledger verify --only test" in listed


def test_the_board_judges_by_the_same_gate(repo: Repo) -> None:
    said = run(repo.path, "board").out
    assert "at ready 5 branches will also need: a packet, what has to change with its code" in " ".join(
        said.split()
    )
    branches = {b.name: b for b in reading.fleet(repo, now=int(time.time())).branches}
    assert section_of(branches["agent/cart"]) is Section.WORKING
    assert section_of(branches["agent/pay"]) is Section.HELD
    later = {f.rule for f in branches["agent/cart"].findings or () if f.severity is Severity.LATER}
    assert later == {"PKT001", "PKT006", "EVD001"}
    assert {f.gate for f in branches["agent/cart"].findings or () if f.rule == "PKT001"} == {Gate.READY}


def test_a_page_begins_with_what_is_its_own(repo: Repo, tmp_path: Path) -> None:
    with snapshot.open_snapshot(repo.path, Request(now=int(time.time()), dormant=None)) as taken:
        build_site(taken, tmp_path / "out", ignore_progress)
    page = page_of(tmp_path / "out", "agent-pay").read_text()
    told = page[page.index('id="findings"') : page.index('id="brief"')]
    assert told.index("OWN001") < told.index("At ready it will also need: a packet")
    assert told.count("<details>") == 1
    other = page_of(tmp_path / "out", "agent-cart").read_text()
    assert "Waits for its agent" in other
    assert "At ready it will also need: a packet" in other
    assert "Stops it" not in other
    # What all of them have is on the board, once.
    board = (tmp_path / "out/index.html").read_text()
    assert board[board.index('id="shared"') :].count("BRF011") == 1
    assert "BRF011" not in page + other
    assert "At ready 5 branches will also need: a packet" in board


def test_each_branch_is_late_by_its_own_clock_and_that_is_said_once(tmp_path: Path) -> None:
    made, now = Repo.init(tmp_path / "repo"), int(time.time())
    root = made.commit("main", {"a/a.py": "1\n", "b/a.py": "1\n"}, at=now - 9000)
    for number, task in enumerate(("a", "b")):
        made.commit("agentledger", {f"tasks/{task}/brief.md": brief(task, owns=[f"{task}/**"])})
        made.commit(f"agent/{task}", {f"{task}/a.py": "2\n"}, parents=[root], at=now - 7000 - number)
    made.flush()
    made.checkout("main")
    said = text(made)
    assert "nothing of its own: all 2 branches" in said
    assert "warn STA002 status-overdue [all 2 branches]\n  a check-in was due …\n" in said


def test_shared_words_leave_parts_of_other_words_alone(tmp_path: Path) -> None:
    """A task called `a` is not every letter a."""
    made = Repo.init(tmp_path / "repo")
    root = made.commit("main", {"a/a.py": "1\n", "b/a.py": "1\n"})
    for task in ("a", "b"):
        made.commit("agentledger", {f"tasks/{task}/brief.md": brief(task, owns=[f"{task}/**"])})
        made.commit(f"agent/{task}", {f"{task}/a.py": "2\n"}, parents=[root])
    made.flush()
    made.checkout("main")
    said = text(made)
    assert "warn STA003 status-missing [all 2 branches]\n  it has code, and nobody has checked in\n" in said
    assert "write the first check-in into .agentledger/tasks/TASK/status/" in said
    assert "review it as it is now: agentledger review BRANCH" in said, said
