"""Worktrees that agents' programs make by themselves: whose branches they are, by name and by place."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.model.fleet import Agent
from agentledger.repository.agents import is_agent_name, matches_pattern
from command import run
from desk import BRIEF, Desk, made
from gitrepo import Repo
from reading import branch, fleet, named


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "shop")
    repo.commit("main", {"f": "0\n"})
    repo.flush()
    repo.checkout("main")
    return repo


@pytest.mark.parametrize(
    ("name", "is_agents"),
    [
        ("worktree-fox", True),
        ("worktree-feature+login", True),
        ("copilot-brave-red-fox", True),
        ("copilot-brave-red", False),
        ("copilot-one-two-three-four", False),
        ("copilot-Fix-the-bug", False),
        ("copilot-fix-issue-41", False),
        ("my-worktree-fox", False),
        ("fox", False),
    ],
)
def test_the_names_that_clients_choose_are_agents(repo: Repo, name: str, is_agents: bool) -> None:
    assert is_agent_name(name, ()) == is_agents
    repo.git("branch", name, "main")
    assert (name in named(fleet(repo))) == is_agents
    # The same where the policy has the pattern, and for a remote-tracking branch.
    assert any(matches_pattern(name, p) for p in ("worktree-*", "copilot-*-*-*")) == is_agents
    repo.git("update-ref", f"refs/remotes/origin/{name}", "main")
    repo.git("branch", "-D", name)
    assert (name in named(fleet(repo))) == is_agents


@pytest.mark.parametrize(
    ("folder", "name", "agent"),
    [
        ("shop/.claude/worktrees/fox", "fox", "claude"),
        ("shop/.claude/worktrees/fox", "worktree-fox", "claude"),
        ("shop/.gemini/worktrees/fox", "worktree-fox", "gemini"),
        ("shop/.qwen/worktrees/fox", "fox", "qwen"),
        ("shop.worktrees/fox", "fox", "copilot"),
        ("shop.worktrees/other", "fox", None),
        ("elsewhere/fox", "fox", None),
        ("elsewhere/fox", "copilot-brave-red-fox", "copilot"),
        # A name says more than a place.
        ("shop/.claude/worktrees/fox", "codex/fox", "codex"),
    ],
)
def test_the_place_of_a_worktree_names_its_client(
    repo: Repo, tmp_path: Path, folder: str, name: str, agent: str | None
) -> None:
    repo.git("branch", name, "main")
    repo.worktree_add(tmp_path / folder, name)
    shown = branch(repo, name)
    assert (shown.agent.name if shown.agent else None) == agent
    repo.git("worktree", "remove", str(tmp_path / folder))
    # A bare name is an agent's only while its worktree is there.
    assert (name in named(fleet(repo))) == (name != "fox")


def test_whoever_commits_there_outweighs_the_place(repo: Repo, tmp_path: Path) -> None:
    repo.commit("fox", {"g": "1\n"}, parents=["main"], author=("Codex", "codex@openai.com"))
    repo.flush()
    repo.worktree_add(tmp_path / "shop/.claude/worktrees/fox", "fox")
    assert branch(repo, "fox").agent == Agent("codex", "author")


def test_a_worktree_that_spawn_made_is_nobodys_by_its_place(tmp_path: Path) -> None:
    repo = made(tmp_path, more="branch: x\n", policy="managers = ['ada@example.com']\n")
    assert run(repo.path, "spawn", "x").code == 0
    assert branch(repo, "x").agent is None


# -- the hooks --------------------------------------------------------------------------------


def test_the_hooks_know_a_branch_of_a_clients_worktree_at_once_and_by_the_list(tmp_path: Path) -> None:
    repo = made(tmp_path)
    assert run(repo.path, "init", "--yes").code == 0
    names = repo.path / ".git/agentledger-hooks/branches"
    assert {"worktree-*", "copilot-*-*-*"} <= set(names.read_text().split())
    repo.git("branch", "fox", "main")
    desk = Desk(repo, repo.worktree_add(repo.path / ".claude/worktrees/fox", "fox").path)
    # Its own brief comes with its first commit, so nobody but the agent has said what it may change.
    desk.write(
        ".agentledger/tasks/fox/brief.md", BRIEF.replace("task: x", "task: fox").format("['src/**']", "")
    )
    assert desk.add() == ""
    desk.write("docs/d.md")
    assert "OWN001" in desk.add()
    assert "fox" not in names.read_text().split()
    run(repo.path, "board")
    assert "fox" in names.read_text().split()
    # Moved out of the client's folder it is a person's again, and left alone.
    repo.git("worktree", "move", str(desk.path), str(tmp_path / "elsewhere"))
    run(repo.path, "board")
    assert "fox" not in names.read_text().split()
    assert Desk(repo, tmp_path / "elsewhere").commit() == ""


def test_an_agent_in_its_clients_worktree_is_no_manager(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.git("branch", "fox", "main")
    at = repo.worktree_add(repo.path / ".claude/worktrees/fox", "fox")
    refusal = run(at.path, "answer", "x", "do it")
    assert refusal.code == 2
    assert "an agent's branch" in refusal.message
