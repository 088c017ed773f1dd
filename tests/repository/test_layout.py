"""Bare layouts: `project/.bare` or `project/.git` with the worktrees beside it, and how they read everywhere."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from command import board, branches, run, site
from desk import BRIEF
from gitrepo import Repo
from nextcommand import type_command

pytestmark = pytest.mark.versions


def source(folder: Path) -> Repo:
    repo = Repo.init(folder / "origin.git", bare=True)
    root = repo.commit("main", {"src/a.py": "a\n", "docs/d.md": "d\n"})
    repo.commit("agent/fox", {"f": "f\n"}, parents=[root])
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format("['src/**']", "")}, parents=[])
    repo.flush()
    return repo


def named_by_a_file(folder: Path) -> Path:
    """`.bare`, and a file `.git` that names it."""
    project = folder / "project"
    source(folder).clone(project / ".bare", "--bare")
    (project / ".git").write_text("gitdir: ./.bare\n")
    return project


def named_by_nothing(folder: Path) -> Path:
    """`.bare` alone: git works only in it, and in the worktrees."""
    source(folder).clone(folder / "project/.bare", "--bare")
    return folder / "project"


def called_git(folder: Path) -> Path:
    """A bare repository that is called `.git`."""
    source(folder).clone(folder / "project/.git", "--bare")
    return folder / "project"


def called_otherwise(folder: Path) -> Path:
    """A bare repository of any name, and a file that names it."""
    project = folder / "project"
    source(folder).clone(project / "repo.git", "--bare")
    (project / ".git").write_text(f"gitdir: {project}/repo.git\n")
    return project


LAYOUTS = [named_by_a_file, named_by_nothing, called_git, called_otherwise]


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.__name__)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    layout: Callable[[Path], Path] = request.param
    made = layout(tmp_path)
    bare = next(path for name in (".bare", "repo.git", ".git") if (path := made / name).is_dir())
    for name, branch in (("main", "main"), ("fox", "agent/fox")):
        Repo(bare).worktree_add(made / name, branch)
    return made


def places(project: Path) -> list[Path]:
    """Where people stand: in the worktrees, and in the project's folder where git works there."""
    return [project / "main", *([project] if (project / ".git").exists() else [])]


def test_it_is_called_as_its_folder(project: Path) -> None:
    for place in places(project):
        assert board(place)["name"] == "project"
        assert run(place, "board").out.startswith("project: ")
    out = project.parent / "out"
    assert "<h1>project</h1>" in site(project / "main", "--out", str(out))["index.html"]


def test_paths_of_worktrees_are_those_from_where_people_stand(project: Path) -> None:
    for place in places(project):
        path = branches(place)["agent/fox"]["worktree"]["path"]
        assert path == ("fox" if (project / ".git").exists() else "../fox")
    home = project if (project / ".git").exists() else project / ".bare"
    assert (home / path).resolve() == project / "fox"


def test_a_task_gets_a_worktree_beside_the_others(project: Path) -> None:
    for number, place in enumerate(places(project)):
        result = run(place, "spawn", "x", *(("--attempt", str(number + 1)) if number else ()))
        assert result.code == 0, result
    assert (project / "x/.agentledger/tasks/x/brief.md").exists()
    assert not (project.parent / "project.worktrees").exists()
    assert "x" in {branch["task"] for branch in board(project / "main")["branches"]}


def test_the_merge_that_is_offered_goes_to_the_worktree_of_base(project: Path) -> None:
    home = project if (project / ".git").exists() else project / ".bare"
    page = site(project / "main", "--out", str(project.parent / "out"))
    merge = f"git -C {'main' if home == project else '../main'} merge --no-ff agent/fox"
    assert any(merge in content for content in page.values())
    type_command(home, merge)
    assert branches(project / "main", "--branches", "agent/*")["agent/fox"]["state"] == "merged"
    command = branches(project / "main", "--branches", "agent/*")["agent/fox"]["next_action"]["command"]
    type_command(home, command)
    assert not (project / "fox").exists()


def test_a_hidden_folder_that_is_no_bare_repository_keeps_its_name(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / ".dotfiles")
    repo.commit("main", {"f": "1\n"})
    repo.checkout("main")
    assert board(repo.path)["name"] == ".dotfiles"


def test_a_bare_repository_of_its_own_keeps_its_name_and_place(tmp_path: Path) -> None:
    repo = source(tmp_path)
    assert board(repo.path)["name"] == "origin"
    assert run(repo.path, "spawn", "x").code == 0
    assert (tmp_path / "origin.worktrees/x").is_dir()
    assert (
        subprocess.run(shlex.split("git status"), cwd=tmp_path / "origin.worktrees/x", check=False).returncode
        == 0
    )
