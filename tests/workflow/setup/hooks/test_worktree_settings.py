"""An agent's worktree has a `core.hooksPath` of its own: what comes later does not turn its hooks off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import clones
import command
from clones import Ended, commit, everything, git, hook
from desk import warmed
from gitrepo import Repo
from killed import at_each_write, sound

pytestmark = pytest.mark.versions


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return prepared(tmp_path / "repo")


def prepared(folder: Path) -> Repo:
    """A repository in which `init` has run, and everything is committed."""
    repo = clones.made(folder)
    clones.init(repo.path)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "init")
    return repo


def spawned(repo: Repo, task: str = "x") -> Path:
    """The worktree that `agentledger spawn` made."""
    done = command.run(repo.path, "spawn", task)
    assert done.code == 0, done
    assert "warning" not in done.err
    return repo.path.parent / "repo.worktrees" / task


def board(repo: Repo) -> str:
    """What the board says, as one line."""
    return " ".join(command.run(repo.path, "board").out.split())


def own_path(worktree: Path) -> str:
    """The worktree's `core.hooksPath`, as git takes it there."""
    return Repo(worktree).git("config", "core.hooksPath")


def test_husky_in_an_agents_own_install_turns_nothing_off_and_is_run(repo: Repo) -> None:
    agent = spawned(repo)
    clones.husky(agent)
    # What husky's `prepare` does, typed in the agent's worktree.
    assert git(agent, "config", "core.hooksPath", ".husky/_").code == 0
    assert "OWN001" in commit(agent, "docs/d.md").said
    assert git(agent, "reset", "-q", "--hard").code == 0
    assert "husky: say please" in commit(agent, "src/a.py", "now").said
    assert git(agent, "commit", "-q", "-m", "please") == Ended(0, "")
    # The main worktree has what was set, and nothing of ours.
    assert Repo(repo.path).git("config", "core.hooksPath") == ".husky/_"
    assert not (repo.path / ".git/config.worktree").exists()


def test_init_sets_it_for_worktrees_that_are_there_and_uninstall_takes_all_back(tmp_path: Path) -> None:
    repo = clones.made(tmp_path / "repo")
    repo.git("branch", "agent/x", "main")
    agent = repo.worktree_add(tmp_path / "agent", "agent/x").path
    mate = repo.worktree_add(tmp_path / "mate", repo.git("branch", "feature") or "feature").path
    before = everything(repo.path)
    clones.init(repo.path)
    assert own_path(agent) == str(repo.path / ".git/agentledger-hooks")
    assert (repo.path / ".git/worktrees/agent/agentledger-task").read_text() == "x\n"
    assert git(mate, "config", "core.hooksPath").code == 1
    assert "OWN001" in commit(agent, "docs/d.md").said
    git(agent, "reset", "-q", "--hard")
    hook(repo.path / ".git/hooks/commit-msg", "#!/bin/sh\nexit 0\n")
    assert commit(agent, "src/a.py").code == 0
    assert (repo.path / ".git/agentledger-hooks/commit-msg").exists()
    (repo.path / ".git/hooks/commit-msg").unlink()
    clones.init(repo.path, "--uninstall")
    after = everything(repo.path)
    gone = {path for path in before if before[path] != after.get(path)}
    new = {path for path in after if path not in before}
    # The commit of this test moved what git itself keeps.
    assert not [path for path in gone | new if "config" in path or "hooks" in path or "agentledger" in path]


def test_a_bare_repository_without_any_shared_setting_stays_bare(tmp_path: Path) -> None:
    repo = clones.made(tmp_path / "repo.git", "--bare")
    repo.git("branch", "agent/x", "main")
    main = repo.worktree_add(tmp_path / "main", "main").path
    agent = repo.worktree_add(tmp_path / "agent", "agent/x").path
    clones.init(main)
    assert repo.git("rev-parse", "--is-bare-repository") == "true"
    assert Repo(main).git("rev-parse", "--is-bare-repository") == "false"
    assert "OWN001" in commit(agent, "docs/d.md").said
    clones.init(main, "--uninstall")
    assert repo.git("config", "core.bare") == "true"
    assert not (repo.path / "config.worktree").exists()
    assert "worktreeConfig" not in (repo.path / "config").read_text()


def test_settings_of_a_worktree_that_somebody_made_stay(repo: Repo) -> None:
    agent = spawned(repo)
    assert git(agent, "config", "--worktree", "core.sparseCheckout", "false").code == 0
    said = clones.init(repo.path, "--uninstall")
    assert "extensions.worktreeConfig stays on" in said
    assert git(agent, "config", "core.hooksPath").code == 1
    assert Repo(agent).git("config", "core.sparseCheckout") == "false"


def test_a_moved_worktree_keeps_its_hooks_and_its_task(repo: Repo, tmp_path: Path) -> None:
    spawned(repo)
    repo.git("worktree", "move", "../repo.worktrees/x", str(tmp_path / "moved"))
    assert "OWN001" in commit(tmp_path / "moved", "docs/d.md").said
    assert git(tmp_path / "moved", "switch", "-q", "-C", "my-own").code == 0
    assert "in the worktree of x" in git(tmp_path / "moved", "commit", "-m", "slip").said


def test_a_moved_repository_says_so_and_init_sets_it_anew(repo: Repo, tmp_path: Path) -> None:
    agent = spawned(repo)
    repo.path.rename(tmp_path / "elsewhere")
    moved = Repo(tmp_path / "elsewhere")
    moved.git("worktree", "repair", str(agent))
    assert "git finds no hook in" in board(moved)
    clones.init(moved.path)
    assert "OWN001" in commit(agent, "docs/d.md").said
    assert "git finds no hook" not in board(moved)


def test_a_worktree_that_was_added_again_by_hand_has_the_shared_hooks(repo: Repo, tmp_path: Path) -> None:
    agent = spawned(repo)
    repo.git("worktree", "remove", str(agent))
    again = repo.worktree_add(tmp_path / "again", "agent/x").path
    assert git(again, "config", "core.hooksPath").code == 1
    assert "OWN001" in commit(again, "docs/d.md").said
    repo.git("config", "core.hooksPath", "/theirs")
    assert "core.hooksPath is /theirs, set in .git/config" in board(repo)
    clones.init(repo.path)
    assert "OWN001" in git(again, "commit", "-m", "slip").said


def test_settings_of_worktrees_that_are_gone_are_forgotten(repo: Repo) -> None:
    repo.git("worktree", "remove", str(spawned(repo)))
    clones.init(repo.path)
    assert "worktrees/x" not in (repo.path / ".git/agentledger-hooks/manifest.json").read_text()


def test_what_pre_commit_keeps_is_judged_once(repo: Repo) -> None:
    """pre-commit puts our hook aside and runs it first; in an agent's worktree that judges nothing a second time."""
    (repo.path / ".pre-commit-config.yaml").write_text("repos: []\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "-m", "config")
    subprocess.run([clones.PRE_COMMIT, "install"], cwd=repo.path, check=True, capture_output=True)
    assert (repo.path / ".git/hooks/pre-commit.legacy").exists()
    agent = spawned(repo)
    said = commit(agent, "docs/d.md").said
    assert said.count("error OWN001") == 1
    assert "OWN001" in commit(agent, "docs/d.md", env={"AGENTLEDGER_WITHIN": "worktree"}).said


def test_a_variable_turns_the_hook_of_the_main_worktree_off_nowhere(repo: Repo) -> None:
    repo.git("switch", "-q", "-c", "agent/x")
    assert "OWN001" in commit(repo.path, "docs/d.md", env={"AGENTLEDGER_WITHIN": "worktree"}).said


def test_an_emptied_list_of_branches_asks_about_all(repo: Repo) -> None:
    (repo.path / ".git/agentledger-hooks/branches").write_text("")
    repo.git("switch", "-q", "-c", "agent/x")
    assert "OWN001" in commit(repo.path, "docs/d.md").said


def test_two_spawns_at_once_both_have_their_own(repo: Repo) -> None:
    brief = repo.git("show", "agentledger:tasks/x/brief.md").replace("task: x", "task: y") + "\n"
    repo.commit("agentledger", {"tasks/y/brief.md": brief.replace("src/**", "docs/**")})
    repo.flush()
    agents = [
        subprocess.Popen(["sh", "-c", f"exec agentledger spawn {task}"], cwd=repo.path, env=command_env())
        for task in ("x", "y")
    ]
    assert [each.wait() for each in agents] == [0, 0]
    for task, path in (("x", "docs/d.md"), ("y", "src/a.py")):
        assert "OWN001" in commit(repo.path.parent / "repo.worktrees" / task, path).said


def command_env() -> dict[str, str]:
    """An environment in which `agentledger` is on the PATH."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_a_spawn_that_is_killed_at_each_write_is_complete_with_its_hooks_the_next_time(repo: Repo) -> None:
    agent, control = repo.path.parent / "repo.worktrees/x", repo.git("rev-parse", "agentledger")

    def again() -> None:
        if agent.exists():
            repo.git("worktree", "remove", "--force", "--force", str(agent))
        repo.git("worktree", "prune")
        refs = repo.git("for-each-ref", "--format=%(refname)", "refs/agentledger", "refs/heads/agent")
        for ref in refs.split():
            repo.git("update-ref", "-d", ref)
        repo.git("update-ref", "refs/heads/agentledger", control)

    for _ in at_each_write(repo.path, repo.path / ".git", "spawn", "x", before=again):
        done = command.run(repo.path, "spawn", "x")
        assert done.code == (2 if "already" in done.err else 0), done
        with warmed(repo.path / ".git/agentledger-hooks"):
            assert "OWN001" in commit(agent, "docs/d.md").said
            git(agent, "switch", "-q", "-C", "my-own")
            assert "in the worktree of x" in git(agent, "commit", "-m", "slip").said
        sound(repo.path)
    clones.init(repo.path, "--uninstall")
    assert "worktreeConfig" not in (repo.path / ".git/config").read_text()
