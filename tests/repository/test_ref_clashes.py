"""Branches called `agent` or `agentledger/x`: said at plan, spawn, init and doctor, with a way out that works."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import refused, run
from gitrepo import Repo
from nextcommand import find_command, type_command

pytestmark = pytest.mark.versions
PLAN = (
    *("plan", "t", "--owns", "src/**", "--why", "It is slow; stop after two tries."),
    *("--outcome", "It is fast.", "--accept", "It takes a second.", "--verify", "test=true"),
)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"src/a.py": "a\n"})
    repo.checkout("main")
    return repo


def with_remote(repo: Repo, *branches: str) -> Repo:
    """A remote that has base and these branches, of which this clone knows."""
    remote = Repo.init(repo.path.parent / "remote.git", bare=True)
    repo.git("remote", "add", "origin", str(remote.path))
    repo.git("push", "-q", "origin", "main", *(f"main:refs/heads/{name}" for name in branches))
    repo.git("fetch", "-q")
    return remote


# -- agent, and agent/<task>/more ------------------------------------------------------------


@pytest.mark.parametrize("name", ["agent", "agent/t/more"])
def test_what_is_in_the_way_of_a_tasks_branch_is_said_at_plan_and_the_way_out_works(
    repo: Repo, name: str
) -> None:
    repo.git("branch", name)
    said = run(repo.path, *PLAN)
    assert said.code == 0
    assert f"spawn refuses it: there is a branch {name}, so git can make none called agent/t" in said.out
    assert "next: fix what spawn would refuse" in said.out
    type_command(repo.path, find_command(said.out, r"agent/t \((agentledger plan t --branch \S+)\)"))
    assert run(repo.path, "spawn", "t").code == 0
    assert "refs/heads/agents/t" in repo.git("for-each-ref")


def test_spawn_names_the_same_way_out(repo: Repo) -> None:
    assert run(repo.path, *PLAN).code == 0
    repo.git("branch", "agent")
    before = repo.git("for-each-ref"), repo.git("worktree", "list")
    said = refused(repo.path, "spawn", "t")
    assert said.message == "there is a branch agent, so git can make none called agent/t"
    assert (repo.git("for-each-ref"), repo.git("worktree", "list")) == before
    type_command(repo.path, find_command(said.hint, "(agentledger plan .*), then run this again"))
    assert run(repo.path, "spawn", "t").code == 0
    assert run(repo.path, "spawn", "t", "--attempt", "2").code == 0


def test_the_name_that_is_offered_is_free_itself(repo: Repo) -> None:
    for name in ("agent", "agents", "task/t/x"):
        repo.git("branch", name)
    said = run(repo.path, *PLAN)
    type_command(repo.path, find_command(said.out, r"agentledger plan t --branch [^\s)]+"))
    assert run(repo.path, "spawn", "t").code == 0
    assert "refs/heads/agent-t" in repo.git("for-each-ref")


def test_a_branch_that_a_brief_names_is_looked_at_too(repo: Repo) -> None:
    repo.git("branch", "copilot")
    said = run(repo.path, *PLAN, "--branch", "copilot/fix-41")
    assert "there is a branch copilot, so git can make none called copilot/fix-41" in said.out


def test_a_remote_with_such_a_branch_would_refuse_the_push(repo: Repo) -> None:
    remote = with_remote(repo, "agent")
    said = run(repo.path, *PLAN)
    assert "origin has a branch agent, so it takes none called agent/t" in said.out
    assert "spawn refuses it" not in said.out
    said = run(repo.path, "spawn", "t")
    assert said.code == 0
    assert repo.exit_code("push", "-q", "origin", "agent/t") != 0
    type_command(repo.path, find_command(said.out, "give it another: (.*)$"))
    repo.git("push", "-q", "origin", "agents/t")
    assert "refs/heads/agents/t" in remote.git("for-each-ref")
    assert "agents/t" in run(repo.path, "board", "--dormant=never").out


# -- agentledger/x ---------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("agentledger/x",), ("agentledger/x", "agentledger/y/z")])
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_what_is_in_the_way_of_the_control_branch_is_refused_at_plan(
    repo: Repo, names: tuple[str, ...], more: tuple[str, ...]
) -> None:
    for name in names:
        repo.git("branch", name)
    said = refused(repo.path, *PLAN, *more)
    assert said.message.startswith("there is a branch agentledger/x, so git can make none called agentledger")
    type_command(repo.path, said.hint)
    assert repo.git("branch", "--list", "agentledger-*").count("agentledger-") == len(names)
    assert run(repo.path, *PLAN, *more).code == 0


def test_renaming_overwrites_nobodys_branch(repo: Repo) -> None:
    for name in ("agentledger/x", "agentledger-x"):
        repo.git("branch", name)
    type_command(repo.path, refused(repo.path, *PLAN).hint)
    assert run(repo.path, *PLAN).code == 0
    assert {"agentledger-x", "agentledger-x-2"} <= set(
        repo.git("branch", "--format=%(refname:short)").split()
    )


def test_a_remote_with_such_a_branch_gets_a_control_branch_of_another_name(repo: Repo) -> None:
    remote = with_remote(repo, "agentledger/x")
    said = run(repo.path, *PLAN)
    assert said.code == 0
    assert "origin has a branch agentledger/x, so it takes none called agentledger" in said.out
    line = find_command(said.out, r"under \[control\]: (branch = .*)\)$")
    repo.git("update-ref", "-d", "refs/heads/agentledger")
    repo.commit("main", {".agentledger/config.toml": f"[control]\n{line}\n"}, parents=["main"])
    repo.checkout("main")
    assert run(repo.path, *PLAN).code == 0
    synced = run(repo.path, "sync")
    assert synced.code == 0, synced
    assert "refs/heads/agentledger-control" in remote.git("for-each-ref")


# -- before anything is planned ---------------------------------------------------------------


def test_init_and_doctor_say_both(repo: Repo) -> None:
    for name in ("agent", "agentledger/x"):
        repo.git("branch", name)
    for said in (
        run(repo.path, "init", "--dry-run"),
        run(repo.path, "init", "--yes"),
        run(repo.path, "doctor"),
    ):
        assert said.code == 0
        assert "there is a branch agent, so git can make none called agent/TASK" in said.out
        assert "agentledger plan TASK --branch agents/TASK" in said.out
        assert "there is a branch agentledger/x, so git can make none called agentledger" in said.out
        rename = find_command(said.out, r"git branch -m agentledger/x \S+")
    type_command(repo.path, rename)
    assert "called agentledger" not in run(repo.path, "doctor").out


def test_where_nothing_is_in_the_way_nothing_is_said(repo: Repo) -> None:
    repo.git("branch", "agent/other")
    repo.git("branch", "agentledger-x")
    for arguments in (PLAN, ("init", "--dry-run"), ("doctor",), ("spawn", "t")):
        said = run(repo.path, *arguments)
        assert said.code == 0
        assert "so git can make none" not in said.out
        assert "branch names" not in said.out
