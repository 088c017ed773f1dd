"""Where `agentledger spawn` puts a worktree: beside the repository, or inside a checkout of it.

Belongs here: the folder, and what it does to the checkout around it. Does not: what is in the worktree, or what is
refused (see `test_spawn`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from command import branches, run
from desk import BRIEF, Desk, made
from gitrepo import Repo
from killed import at_each_write

pytestmark = pytest.mark.versions


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = made(tmp_path)
    brief = BRIEF.format("['docs/**']", "").replace("task: x", "task: y")
    repo.commit("agentledger", {"tasks/y/brief.md": brief})
    repo.flush()
    return repo


@pytest.mark.parametrize("place", [".claude/worktrees/x", "w [1]* !"])
def test_a_worktree_inside_the_main_checkout_leaves_it_clean(repo: Repo, place: str) -> None:
    result = run(repo.path, "spawn", "x", "--worktree", place)
    assert result.code == 0, result
    assert Desk(repo, repo.path / place).git("symbolic-ref", "HEAD").strip() == "refs/heads/agent/x"
    assert repo.git("status", "--porcelain") == ""
    repo.git("add", "-A")
    assert repo.git("ls-files", "--stage", "--", place) == ""
    assert branches(repo.path)["agent/x"]["worktree"]["path"] == place


def test_so_does_one_inside_an_agents_checkout(repo: Repo) -> None:
    assert run(repo.path, "spawn", "x").code == 0
    outer = Desk(repo, repo.path.parent / f"{repo.path.name}.worktrees/x")
    result = run(repo.path, "spawn", "y", "--worktree", str(outer.path / "inner/y"))
    assert result.code == 0, result
    assert outer.git("status", "--porcelain") == ""
    assert repo.git("status", "--porcelain") == ""
    assert branches(repo.path)["agent/x"]["worktree"]["dirty"] is False
    # Nor does an agent that adds all it has take the other one's work along.
    outer.write("src/new.py")
    assert outer.add() == ""
    assert outer.git("ls-files", "--", "inner") == ""


def test_what_git_ignores_already_is_not_listed_again(repo: Repo) -> None:
    exclude = repo.path / ".git/info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text(".claude/worktrees/")  # without a line end
    assert run(repo.path, "spawn", "x", "--worktree", ".claude/worktrees/x").code == 0
    assert exclude.read_text() == ".claude/worktrees/"
    assert run(repo.path, "spawn", "y", "--worktree", "wt").code == 0
    assert exclude.read_text() == ".claude/worktrees/\n/wt/\n"


def test_beside_the_repository_nothing_is_excluded(repo: Repo) -> None:
    assert run(repo.path, "spawn", "x").code == 0
    assert not (repo.path / ".git/info/exclude").exists()


def test_killed_at_any_write_the_checkout_is_clean_once_it_is_spawned(repo: Repo) -> None:
    control = repo.git("rev-parse", "agentledger")

    def before() -> None:
        # What was written down of the round before.
        repo.git("update-ref", "refs/heads/agentledger", control)
        for ref in repo.git("for-each-ref", "--format=%(refname)", "refs/agentledger").split():
            repo.git("update-ref", "-d", ref)
        if (repo.path / "wt").exists():
            repo.git("worktree", "remove", "--force", "wt")
        if "agent/x" in repo.git("for-each-ref"):
            repo.git("branch", "-q", "-D", "agent/x")
        (repo.path / ".git/info/exclude").unlink(missing_ok=True)

    for _ in at_each_write(repo.path, repo.path, "spawn", "x", "--worktree", "wt", before=before):
        again = run(repo.path, "spawn", "x", "--worktree", "wt")
        assert again.code == 0 or "already" in again.err, again
        assert repo.git("status", "--porcelain") == ""
