"""`agentledger check NAME`: what the name means, and at which gate it is checked.

Belongs here: the choice of the gate, and how it is said. Does not: what the rules find there (see `tests/rules`).
"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from agentledger.reports import shapes
from command import refused, run
from desk import BRIEF, CHECK_IN, STATUS, Desk, made
from gitrepo import Repo
from nextcommand import find_command, type_command


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return made(tmp_path)


def spawned(repo: Repo) -> Desk:
    assert run(repo.path, "spawn", "x").code == 0
    return Desk(repo, repo.path.parent / f"{repo.path.name}.worktrees/x")


def gate_of(repo: Repo, name: str = "x", code: int = 0) -> str:
    """The gate in the JSON; the text and a note say the same one."""
    said = run(repo.path, "check", name, "--format", "json")
    assert said.code == code, said
    document = json.loads(said.out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("report")))
    gate = str(document["gate"])
    assert any(note.startswith(f"asked at {gate}") for note in document["notes"])
    text = run(repo.path, "check", name).out
    assert f"note: asked at {gate}" in text
    assert f" at {gate}" in text.splitlines()[-1]
    return gate


def test_a_planned_task_is_checked_at_spawn(repo: Repo) -> None:
    assert gate_of(repo) == "spawn"
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format("[]", "")})
    repo.flush()
    assert gate_of(repo, code=1) == "spawn"
    assert "BRF003" in run(repo.path, "check", "x").out


def test_one_that_is_handed_out_at_the_gate_of_its_branch_that_comes_next(repo: Repo) -> None:
    desk = spawned(repo)
    assert gate_of(repo) == "commit"
    desk.write("docs/d.md")
    desk.git("add", "-A")
    assert gate_of(repo, code=1) == "commit"
    assert "error OWN001" in run(repo.path, "check", "x").out
    desk.git("restore", "--staged", "--worktree", "docs/d.md")
    desk.write("src/a.py")
    assert desk.add() == ""
    assert gate_of(repo, code=1) == "ready"  # neither packet nor evidence is there yet
    assert gate_of(repo, "agent/x", code=1) == "ready"
    desk.write(STATUS, CHECK_IN.format("ready", "", "none"))
    assert desk.add() == ""
    assert gate_of(repo, code=1) == "merge"


def test_what_is_not_pushed_though_the_branch_was_is_checked_at_push(repo: Repo, tmp_path: Path) -> None:
    desk = spawned(repo)
    remote = Repo.init(tmp_path / "remote.git", bare=True)
    repo.git("remote", "add", "origin", str(remote.path))
    desk.write("src/a.py")
    assert desk.add() == ""
    desk.git("push", "-q", "-u", "origin", "agent/x")
    assert gate_of(repo, code=1) == "ready"
    desk.write("src/a.py", "again\n")
    assert desk.add() == ""
    assert gate_of(repo) == "push"


def test_a_branch_without_a_worktree_is_checked_by_what_is_committed(repo: Repo) -> None:
    spawned(repo)
    repo.git("worktree", "remove", f"../{repo.path.name}.worktrees/x")
    assert gate_of(repo) == "commit"


def test_the_gate_can_still_be_named(repo: Repo) -> None:
    spawned(repo)
    for gate in ("spawn", "commit", "push", "ready", "merge"):
        document = json.loads(run(repo.path, "check", "x", "--gate", gate, "--format", "json").out)
        assert document["gate"] == gate
        assert not any(note.startswith("asked at") for note in document["notes"])
    said = refused(repo.path, "check", "agent/x", "--gate", "spawn")
    type_command(repo.path, said.hint)


def test_a_name_of_a_task_and_of_a_branch_is_the_task_and_that_is_said(repo: Repo) -> None:
    repo.git("branch", "-q", "x", "main")
    repo.commit("x", {"docs/d.md": "more\n"}, parents=["main"], author=("Claude", "noreply@anthropic.com"))
    repo.flush()
    said = run(repo.path, "check", "x")
    assert "nothing stops it at spawn" in said.out
    other = find_command(said.out, r"x is a task and a branch, and the task is taken; (.*) checks the branch")
    assert type_command(repo.path, other).out.splitlines()[-1].startswith("x: ")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("agent/y", "did you mean agent/x"), ("xx", "did you mean x?"), ("quite-another", "board --all")],
)
def test_an_unknown_name_gets_near_ones_of_both_kinds(repo: Repo, name: str, hint: str) -> None:
    spawned(repo)
    said = refused(repo.path, "check", name)
    assert said.message == f"there is no task or branch named {name}"
    assert hint in said.hint


def test_a_branch_that_is_nobodys_agents_is_checked_too(repo: Repo) -> None:
    repo.commit("topic", {"docs/d.md": "more\n"}, parents=["main"])
    repo.flush()
    assert "topic: nothing stops it at ready" in run(repo.path, "check", "topic").out
    assert refused(repo.path, "check", "main").message.startswith("main is the base")


def test_of_several_branches_one_has_to_be_named(repo: Repo) -> None:
    spawned(repo)
    assert run(repo.path, "spawn", "x", "--attempt", "2").code == 0
    said = refused(repo.path, "check", "x")
    assert "2 branches work on x: agent/x, agent/x--2" in said.message
    type_command(repo.path, find_command(said.hint, "agentledger check .*"))


def test_for_what_has_ended_no_gate_comes_next(repo: Repo) -> None:
    desk = spawned(repo)
    desk.write("src/a.py")
    assert desk.add() == ""
    repo.git("merge", "-q", "--no-ff", "--no-verify", "-m", "land", "agent/x")
    for name in ("x", "agent/x"):
        said = refused(repo.path, "check", name)
        assert "has ended (merged)" in said.message
        type_command(repo.path, find_command(said.hint, "(agentledger check .*) checks it"), code=1)


@pytest.mark.parametrize("more", [("--staged",), ("--fleet",), ("--task", "x"), ("--branch", "agent/x")])
def test_a_name_and_what_else_chooses_exclude_each_other(repo: Repo, more: tuple[str, ...]) -> None:
    said = run(repo.path, "check", "x", *more)
    assert (said.code, said.out) == (2, "")
    assert "exclude each other" in said.err
