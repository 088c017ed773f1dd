"""A worktree in which no hook of ours runs: every output says so, with what turned it off and the command for it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import clones
import command
from clones import commit, git, hook
from gitrepo import Repo
from reading import git_commands

Off = Callable[[Repo, Path], object]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = clones.made(tmp_path / "repo")
    clones.init(repo.path)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "init")
    assert command.run(repo.path, "spawn", "x").code == 0
    return repo


def worktree(repo: Repo) -> Path:
    return repo.path.parent / "repo.worktrees/x"


def ours(repo: Repo, name: str = "pre-commit") -> Path:
    return repo.path / ".git/agentledger-hooks" / name


def finding(repo: Repo) -> dict[str, str] | None:
    """FLT007 in the board's JSON."""
    (branch,) = command.board(repo.path)["branches"]
    return next((each for each in branch["findings"] or () if each["rule"] == "FLT007"), None)


def own_setting(repo: Repo, agent: Path) -> None:
    git(agent, "config", "--worktree", "core.hooksPath", ".husky/_")


def shared_setting(repo: Repo, agent: Path) -> None:
    git(agent, "config", "--worktree", "--unset", "core.hooksPath")
    repo.git("config", "core.hooksPath", ".husky/_")


def extension_off(repo: Repo, agent: Path) -> None:
    repo.git("config", "--unset", "extensions.worktreeConfig")
    repo.git("config", "core.hooksPath", "/theirs")


def empty_setting(repo: Repo, agent: Path) -> None:
    git(agent, "config", "--worktree", "core.hooksPath", "")


def missing(repo: Repo, agent: Path) -> None:
    ours(repo).unlink()


def no_program(repo: Repo, agent: Path) -> None:
    ours(repo, "pre-push").chmod(0o644)


def replaced(repo: Repo, agent: Path) -> None:
    hook(ours(repo), "#!/bin/sh\nexit 0\n")


def folder_gone(repo: Repo, agent: Path) -> None:
    shutil.rmtree(ours(repo).parent)


def interpreter_gone(repo: Repo, agent: Path) -> None:
    for name in ("pre-commit", "pre-merge-commit", "pre-push"):
        text = ours(repo, name).read_text()
        ours(repo, name).write_text(text.replace("ledger_python=", "ledger_python=/nowhere"))


CASES: dict[str, tuple[Off, str]] = {
    "own setting": (own_setting, "core.hooksPath is .husky/_, set in {git}/worktrees/x/config.worktree"),
    "shared setting": (shared_setting, "core.hooksPath is .husky/_, set in .git/config"),
    "extension off": (extension_off, "core.hooksPath is /theirs, set in .git/config"),
    "empty setting": (empty_setting, "core.hooksPath is empty, set in {git}/worktrees/x/config.worktree"),
    "missing": (missing, "pre-commit: git finds no hook in {git}/agentledger-hooks"),
    "no program": (no_program, "pre-push: {git}/agentledger-hooks/pre-push is not executable"),
    "replaced": (replaced, "pre-commit: {git}/agentledger-hooks/pre-commit was replaced by another hook"),
    "folder gone": (folder_gone, "git finds no hook in {git}/agentledger-hooks"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_cause_is_named_and_the_command_turns_it_on(case: str, repo: Repo) -> None:
    turn_off, why = CASES[case]
    assert finding(repo) is None
    turn_off(repo, worktree(repo))
    found = finding(repo)
    assert found is not None
    assert why.format(git=repo.path / ".git") in found["message"]
    for words in found["hint"].split(" && "):
        if words.startswith("agentledger "):
            assert command.run(repo.path, *shlex.split(words)[1:]).code == 0
        else:
            assert (
                git(repo.path, *shlex.split(words)[1:]).code == 0
                if words.startswith("git ")
                else remove(words)
            )
    assert finding(repo) is None
    assert "OWN001" in commit(worktree(repo), "docs/d.md").said


def remove(words: str) -> bool:
    """What the shell does with `rm FILE`."""
    program, *files = shlex.split(words)
    for file in files:
        Path(file).unlink()
    return program == "rm"


def test_what_its_hooks_start_may_be_gone(repo: Repo) -> None:
    interpreter_gone(repo, worktree(repo))
    found = finding(repo)
    assert found is not None
    assert "its hooks start /nowhere" in found["message"]
    assert "NOT checked" in commit(worktree(repo), "docs/d.md").said


def test_every_output_says_it(repo: Repo, tmp_path: Path) -> None:
    own_setting(repo, worktree(repo))
    why = "core.hooksPath is .husky/_, set in"
    board = command.run(repo.path, "board", "--all")
    assert why in " ".join(board.out.split())
    assert "FLT007" in command.run(repo.path, "check", "--fleet").out
    assert why in command.run(repo.path, "doctor").out
    pages = command.site(repo.path)
    assert why in pages["index.html"]
    assert any("FLT007" in text for name, text in pages.items() if name != "index.html")
    said = command.run(worktree(repo), "report", "It goes on.")
    assert said.code == 0
    assert f"no commit is checked here: {why}" in said.out
    assert f"tell your manager to run: cd {repo.path} && git config --file" in said.out


def test_spawn_says_it_of_the_worktree_that_it_made(repo: Repo) -> None:
    hook(ours(repo), "#!/bin/sh\nexit 0\n")
    said = command.run(repo.path, "spawn", "x", "--attempt", "2")
    assert said.code == 0
    assert "was replaced by another hook, so no commit is checked here" in said.out


def test_where_all_share_a_cause_it_is_said_once(repo: Repo, tmp_path: Path) -> None:
    assert command.run(repo.path, "spawn", "x", "--attempt", "2").code == 0
    ours(repo).unlink()
    notes = command.board(repo.path)["notes"]
    assert len([note for note in notes if "no commit is checked where agent/x, agent/x--2 is" in note]) == 1


def test_nothing_is_said_where_nobody_installed_hooks(tmp_path: Path) -> None:
    repo = clones.made(tmp_path / "repo")
    assert command.run(repo.path, "spawn", "x").code == 0
    assert finding(repo) is None


def test_a_person_who_works_in_a_worktree_of_her_own_is_not_told(repo: Repo, tmp_path: Path) -> None:
    repo.git("branch", "feature")
    mate = repo.worktree_add(tmp_path / "mate", "feature").path
    own_setting(repo, mate)
    assert command.board(repo.path)["notes"] == []


def test_husky_that_starts_ours_is_believed(repo: Repo) -> None:
    agent = worktree(repo)
    git(agent, "config", "--worktree", "core.hooksPath", ".husky/_")
    clones.husky(agent)
    for name in ("pre-commit", "pre-merge-commit", "pre-push"):
        hook(agent / ".husky/_" / name, clones.HUSKY)
        hook(agent / ".husky" / name, f"agentledger-hook {name}\n", 0o644)
    assert finding(repo) is None


def test_another_branch_in_the_worktree_of_a_task_is_told_until_the_task_ends(repo: Repo) -> None:
    git(worktree(repo), "switch", "-q", "-c", "my-own", "main")
    where = "my-own is checked out in ../repo.worktrees/x, which was made for x"
    assert any(where in note for note in command.board(repo.path)["notes"])
    git(worktree(repo), "switch", "-q", "--detach")
    (worktree(repo) / "src/a.py").write_text("more\n")
    assert any("a detached HEAD is checked out" in note for note in command.board(repo.path)["notes"])
    ended = "---\nat: 2023-11-14T22:40:00Z\nby: ana\noutcome: killed\n---\nNot now.\n"
    repo.commit("agentledger", {"tasks/x/outcome.md": ended}, parents=[repo.git("rev-parse", "agentledger")])
    repo.flush()
    assert command.board(repo.path)["notes"] == []


def test_more_worktrees_start_no_more_processes(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """But the one `git status` in each."""

    def count(name: str) -> int:
        with git_commands(monkeypatch, tmp_path / name) as counted:
            assert command.run_fresh(repo.path, "board").code == 0
        return counted["config"]

    before = count("one")
    for number in range(2, 5):
        assert command.run(repo.path, "spawn", "x", "--attempt", str(number)).code == 0
    assert count("four") == before
