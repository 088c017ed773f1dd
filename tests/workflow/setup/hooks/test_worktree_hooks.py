"""Where `core.hooksPath` is somebody's: agents' worktrees are judged, and theirs runs as before."""

from __future__ import annotations

from pathlib import Path

import pytest

import clones
from clones import commit, git, hook, init, made
from gitrepo import Repo


class Desks:
    """A repository with husky's folder, a worktree of an agent and one of a team-mate."""

    def __init__(self, folder: Path) -> None:
        self.repo = made(folder / "repo")
        clones.husky(self.repo.path)
        self.repo.git("add", "-A")
        self.repo.git("commit", "-q", "-m", "husky")
        self.repo.git("config", "core.hooksPath", ".husky/_")
        self.agent, self.mate = (self._linked(folder, name) for name in ("agent/x", "feature"))

    def _linked(self, folder: Path, name: str) -> Path:
        self.repo.git("branch", name, "main")
        linked = self.repo.worktree_add(folder / name, name).path
        clones.husky(linked)  # what `npm install` does there
        return linked


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    made = Desks(tmp_path)
    init(made.repo.path)
    return made


def test_an_agents_worktree_is_judged_and_still_runs_husky(desks: Desks) -> None:
    assert "OWN001" in commit(desks.agent, "docs/d.md").said
    assert git(desks.agent, "reset", "-q", "--hard").code == 0
    assert "husky: say please" in commit(desks.agent, "src/a.py", "now").said
    assert git(desks.agent, "commit", "-q", "-m", "please").code == 0


def test_all_others_have_husky_and_nothing_else(desks: Desks) -> None:
    for place in (desks.mate, desks.repo.path):
        assert "husky: say please" in commit(place, "docs/d.md", "now").said
        assert git(place, "commit", "-q", "-m", "please") == (0, "")
        assert Repo(place).git("config", "core.hooksPath") == ".husky/_"


def test_a_shared_setting_that_changes_is_followed(desks: Desks, tmp_path: Path) -> None:
    hook(tmp_path / "new hooks/commit-msg", "#!/bin/sh\necho new >&2\nexit 1\n")
    git(desks.repo.path, "config", "core.hooksPath", str(tmp_path / "new hooks"))
    assert commit(desks.agent, "src/a.py").said == "new\n"
    git(desks.repo.path, "config", "--unset", "core.hooksPath")
    assert git(desks.agent, "commit", "-q", "-m", "now").code == 0
    hook(desks.repo.path / ".git/hooks/pre-commit", "#!/bin/sh\necho common >&2\nexit 1\n")
    assert commit(desks.agent, "src/a.py").said == "common\n"


def test_a_setting_for_all_of_a_persons_repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook(tmp_path / "home/theirs/pre-commit", "#!/bin/sh\necho home >&2\n")
    everywhere = tmp_path / "home/.gitconfig"
    everywhere.write_text("[core]\n\thooksPath = ~/theirs\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(everywhere))
    repo = made(tmp_path / "repo")
    repo.git("branch", "agent/x", "main")
    agent = repo.worktree_add(tmp_path / "agent", "agent/x").path
    init(repo.path)
    assert commit(agent, "docs/d.md").said.startswith("home\nerror OWN001")
    assert commit(repo.path, "docs/d.md") == (0, "home\n")


def test_a_bare_repository_stays_bare(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo.git", "--bare")
    repo.git("branch", "agent/x", "main")
    main = repo.worktree_add(tmp_path / "main", "main").path
    agent = repo.worktree_add(tmp_path / "agent", "agent/x").path
    hook(tmp_path / "theirs/pre-commit", "#!/bin/sh\nexit 0\n")
    repo.git("config", "core.hooksPath", str(tmp_path / "theirs"))
    init(main)
    assert repo.git("rev-parse", "--is-bare-repository") == "true"
    assert Repo(main).git("rev-parse", "--is-bare-repository") == "false"
    assert "OWN001" in commit(agent, "docs/d.md").said
    assert commit(main, "docs/d.md").code == 0


def test_a_worktree_that_comes_later_is_reached_by_running_init_again(desks: Desks, tmp_path: Path) -> None:
    desks.repo.git("branch", "agent/x--2", "main")
    later = desks.repo.worktree_add(tmp_path / "later", "agent/x--2").path
    assert commit(later, "docs/d.md").code == 0
    init(desks.repo.path)
    assert "OWN001" in commit(later, "docs/d.md").said


def test_a_worktrees_own_setting_of_somebody_stays(tmp_path: Path) -> None:
    made = Desks(tmp_path)
    made.repo.git("config", "extensions.worktreeConfig", "true")
    git(made.agent, "config", "--worktree", "core.hooksPath", "/theirs")
    assert "has a core.hooksPath of its own, which stays" in init(made.repo.path)
    assert Repo(made.agent).git("config", "core.hooksPath") == "/theirs"
