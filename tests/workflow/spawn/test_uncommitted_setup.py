"""`agentledger spawn` after an `init` that nobody committed: refused, with the commands that commit it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clones import BRIEF
from command import Said, refused, run
from gitrepo import Repo
from nextcommand import find_command, type_command

COMMANDS = r"git .*add .* && git .*commit .*"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Base without a ledger, a task, and `init` run as a person does who then forgets to commit."""
    repo = Repo.init(tmp_path / "a repo")
    repo.commit("main", {"src/a.py": "a\n", ".gitignore": "*.log\n"})
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF}, parents=[])
    repo.checkout("main")
    assert run(repo.path, "init", "--yes").code == 0
    return repo


def spawn_refused(repo: Repo, *arguments: str) -> Said:
    before = repo.git("for-each-ref"), repo.git("worktree", "list")
    said = refused(repo.path, "spawn", "x", *arguments)
    assert (repo.git("for-each-ref"), repo.git("worktree", "list")) == before
    return said


def test_it_is_refused_until_the_two_commands_are_typed(repo: Repo) -> None:
    said = spawn_refused(repo)
    assert ".agentledger/config.toml, AGENTS.md" in said.message
    type_command(repo.path, find_command(said.hint, COMMANDS))
    assert repo.git("status", "--porcelain") == ""
    assert run(repo.path, "spawn", "x").code == 0
    worktree = repo.path.parent / "a repo.worktrees/x"
    assert (worktree / "AGENTS.md").exists()
    assert (worktree / ".agentledger/config.toml").exists()


@pytest.mark.parametrize("arguments", [("--dry-run",), ("--attempt", "2")])
def test_however_it_is_asked(repo: Repo, arguments: tuple[str, ...]) -> None:
    spawn_refused(repo, *arguments)


def test_from_another_folder_the_commands_still_reach_the_files(repo: Repo) -> None:
    said = refused(repo.path / "src", "spawn", "x")
    type_command(repo.path / "src", find_command(said.hint, COMMANDS))
    assert run(repo.path, "spawn", "x").code == 0


def test_what_is_staged_is_not_committed_yet(repo: Repo) -> None:
    repo.git("add", "-A")
    type_command(repo.path, find_command(spawn_refused(repo).hint, COMMANDS))
    assert run(repo.path, "spawn", "x").code == 0


def test_a_block_in_an_agents_md_that_base_has_counts_too(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    config = {".agentledger/config.toml": "", ".agentledger/.gitattributes": "* text\n"}
    repo.commit("main", {"AGENTS.md": "# Ours\n", **config})
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF}, parents=[])
    repo.checkout("main")
    assert run(repo.path, "init", "--yes").code == 0
    said = spawn_refused(repo)
    assert said.message.endswith(": AGENTS.md")
    type_command(repo.path, find_command(said.hint, COMMANDS))
    assert run(repo.path, "spawn", "x").code == 0


def test_what_is_edited_once_it_is_committed_keeps_nobody(repo: Repo) -> None:
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "init")
    (repo.path / ".agentledger/config.toml").write_text("branches = ['agent/*']\n")
    (repo.path / "AGENTS.md").write_text("mine\n")
    assert run(repo.path, "spawn", "x").code == 0


def test_what_git_ignores_is_nobodys_to_commit(repo: Repo) -> None:
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text(".agentledger/\nAGENTS.md\n")
    assert run(repo.path, "spawn", "x").code == 0


def test_undoing_the_set_up_is_a_way_out_as_well(repo: Repo) -> None:
    spawn_refused(repo)
    assert run(repo.path, "init", "--uninstall").code == 0
    assert run(repo.path, "spawn", "x").code == 0
