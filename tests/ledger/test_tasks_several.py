"""A branch that adds folders of several tasks works on none that anybody could name, and outputs say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.fleet import Fleet
from agentledger.reports import json as reports
from agentledger.reports import text
from agentledger.site.build import build_site
from gitrepo import Repo
from reading import NOW, fleet, named
from sitefleet import page_of, silent
from writing import TASKS, brief, check_in

SAID = "the branch adds folders of several tasks: a, b"


@pytest.fixture
def mixed(tmp_path: Path) -> Repo:
    """A branch that checked in on two tasks, of which neither has a brief."""
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"src/a.py": "1\n"})
    check_ins = {TASKS + "a/status/1.md": check_in(), TASKS + "b/status/1.md": check_in()}
    repo.commit("codex-one", {"src/a.py": "2\n"}, parents=[root])
    repo.commit("codex-one", check_ins)
    return repo


def read(repo: Repo) -> Fleet:
    return fleet(repo, branches=("codex-*",))


def test_it_gets_no_task_but_a_problem(mixed: Repo) -> None:
    branch = named(read(mixed))["codex-one"]
    assert (branch.work, branch.standing, branch.state_why) == (None, None, SAID)
    (problem,) = branch.problems
    assert problem.message == SAID
    assert problem.hint.startswith("one branch works on one task")


def test_two_briefs_are_named_as_such(mixed: Repo) -> None:
    mixed.commit("codex-one", {TASKS + "a/brief.md": brief("a"), TASKS + "b/brief.md": brief("b")})
    (problem,) = named(read(mixed))["codex-one"].problems
    assert problem.message == "the branch adds briefs of several tasks: a, b"


def test_of_two_briefs_the_one_that_the_other_depends_on_is_not_its_own(mixed: Repo) -> None:
    mixed.commit(
        "codex-one",
        {TASKS + "a/brief.md": brief("a"), TASKS + "b/brief.md": brief("b", depends_on=["a"])},
    )
    branch = named(read(mixed))["codex-one"]
    assert branch.problems == ()
    assert branch.work is not None
    assert branch.work.task == "b"


def test_of_two_that_depend_on_each_other_neither_is(mixed: Repo) -> None:
    mixed.commit(
        "codex-one",
        {
            TASKS + "a/brief.md": brief("a", depends_on=["b"]),
            TASKS + "b/brief.md": brief("b", depends_on=["a"]),
        },
    )
    assert named(read(mixed))["codex-one"].work is None


def test_many_tasks_are_counted_not_listed(mixed: Repo) -> None:
    mixed.commit("codex-one", {f"{TASKS}t{n}/status/1.md": check_in() for n in range(98)})
    (problem,) = named(read(mixed))["codex-one"].problems
    assert problem.message.endswith("several tasks: a, b, t0, t1, t10 and 95 more")


def test_a_reader_of_the_board_sees_it(mixed: Repo) -> None:
    board = text.render_board(read(mixed), width=200).plain
    assert f"Split it: {SAID}" in board
    assert "git diff main...codex-one" in board


def test_a_program_finds_it_among_the_problems(mixed: Repo) -> None:
    (branch,) = json.loads(reports.encode_ledger(read(mixed)))["branches"]
    (finding,) = branch["problems"]
    assert (finding["message"], finding["path"], finding["fatal"]) == (SAID, None, True)
    assert branch["next_action"]["text"] == f"Split it: {SAID}"
    assert branch["task"] is None


def test_a_reader_of_the_pages_sees_it(mixed: Repo, tmp_path: Path) -> None:
    mixed.flush()
    with snapshot.open_snapshot(mixed.path, Request(now=NOW, branches=("codex-*",))) as seen:
        build_site(seen, tmp_path / "out", silent)
    assert f"Split it: {SAID}" in (tmp_path / "out/index.html").read_text()
    assert SAID in page_of(tmp_path / "out", "codex-one").read_text()


def test_once_the_other_folder_is_out_it_has_its_task(mixed: Repo) -> None:
    mixed.commit("codex-one", {TASKS + "b/status/1.md": None})
    branch = named(read(mixed))["codex-one"]
    assert branch.problems == ()
    assert branch.work is not None
    assert branch.work.task == "a"
