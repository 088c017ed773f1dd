"""Started in the wrong place, with the wrong git or in the wrong environment: one sentence, and a hint."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import command
import damage
from gitrepo import Repo

every_reader = pytest.mark.parametrize("name", ["board", "site"])


@every_reader
def test_a_folder_in_no_repository(tmp_path: Path, name: str) -> None:
    said = command.refused(tmp_path, name)
    assert said.message == f"there is no git repository in {tmp_path}, or above it"
    assert "--repo" in said.hint
    assert list(tmp_path.iterdir()) == []


@every_reader
def test_a_folder_that_does_not_exist(tmp_path: Path, name: str) -> None:
    said = command.refused(tmp_path, name, "--repo", "nowhere")
    assert said.message == "there is no folder nowhere"
    assert list(tmp_path.iterdir()) == []


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = command.run(tmp_path, "board", "--repo", "file")
    assert (said.code, said.out) == (2, "")
    assert "'file' is a file" in said.err
    assert command.refused(tmp_path, "board", "--repo", "file/x").message == "there is no folder file/x"


def test_a_current_folder_that_was_removed(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    program = ["sh", "-c", 'rmdir ../gone && exec "$@"', "sh", *command.PROGRAM, "board"]
    done = subprocess.run(program, cwd=tmp_path / "gone", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("agentledger: the current folder no longer exists\nhint: ")


@every_reader
def test_a_repository_without_a_commit(tmp_path: Path, name: str) -> None:
    empty = Repo.init(tmp_path / "empty")
    said = command.refused(empty.path, name)
    assert said.message == "this repository has no branch yet, so there is nothing to compare with"
    assert "commit something first" in said.hint
    assert [path.name for path in empty.path.iterdir()] == [".git"]


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("HEAD", "garbage\n", "git sees no repository in it"),
        ("config", "[core\n", "bad config line 1"),
        ("config", "[core]\nrepositoryformatversion = 9\n", "found 9"),
        ("shallow", "garbage\n", "bad shallow line"),
        ("packed-refs", "garbage\n", "unexpected line in .git/packed-refs: garbage"),
    ],
)
def test_a_git_directory_that_git_itself_refuses(repo: Repo, file: str, content: str, words: str) -> None:
    (repo.path / ".git" / file).write_text(content)
    said = command.refused(repo.path, "board")
    assert words in said.message
    assert "git" in said.hint


def test_a_worktree_whose_repository_is_gone(repo: Repo, tmp_path: Path) -> None:
    linked = repo.worktree_add(tmp_path / "linked", "agent/good")
    shutil.rmtree(repo.path / ".git" / "worktrees")
    said = command.refused(linked.path, "board")
    assert said.message.startswith(f"git cannot read the repository of {linked.path}: not a git repository: ")


def fake_git(folder: Path, script: str, mode: int = 0o755) -> dict[str, str]:
    """An environment in which `git` is this script, and everything else is found as ever."""
    folder.mkdir()
    (folder / "git").write_text(script)
    (folder / "git").chmod(mode)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


every_user_of_git = pytest.mark.parametrize(
    "arguments", [["board"], ["site"], ["demo", "sample"]], ids=" ".join
)


@every_user_of_git
def test_git_is_not_there(repo: Repo, tmp_path: Path, arguments: list[str]) -> None:
    said = command.refused(repo.path, *arguments, env={"PATH": str(tmp_path / "nothing")}, fresh=True)
    assert (said.message, said.hint) == ("git is not installed, or not on PATH", "install git 2.39 or newer")
    assert not (repo.path / "sample").exists()


@pytest.mark.parametrize("version", ["git version 2.38.9.windows.1", "odd"])
def test_git_is_too_old_or_no_git(repo: Repo, tmp_path: Path, version: str) -> None:
    env = fake_git(tmp_path / "bin", f"#!/bin/sh\necho '{version}'\n")
    said = command.refused(repo.path, "site", env=env, fresh=True)
    assert said.message == f"git 2.39 or newer is needed, this is: {version}"
    assert sorted(path.name for path in repo.path.iterdir()) == [".git", "a.txt", "d"]


def test_the_demo_needs_the_same_git(tmp_path: Path) -> None:
    env = fake_git(tmp_path / "bin", "#!/bin/sh\necho git version 2.30.1\n")
    said = command.refused(tmp_path, "demo", "sample", env=env, fresh=True)
    assert "2.39 or newer is needed" in said.message
    assert not (tmp_path / "sample").exists()


def test_git_cannot_be_started(repo: Repo, tmp_path: Path) -> None:
    fake_git(tmp_path / "bin", "no program")
    env = {"PATH": str(tmp_path / "bin")}
    said = command.refused(repo.path, "board", env=env, fresh=True)
    assert said.message == "git cannot be started: Exec format error"


def test_git_fails_for_a_reason_of_its_own(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "gitconfig").write_text("[core\n")
    env = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    said = command.refused(repo.path, "board", env=env)
    assert said.message == f"git version failed: bad config line 1 in file {tmp_path / 'gitconfig'}"


@every_reader
def test_a_repository_of_somebody_else(tmp_path: Path, name: str) -> None:
    odd = Repo.init(tmp_path / "it's mine")
    odd.ref("agent/x", odd.commit("main", {"f": "1\n"}))
    odd.flush()
    said = command.refused(odd.path, name, env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert "git does not trust this repository: detected dubious ownership" in said.message
    # The hint has to work as it is typed, apostrophe and all.
    words = shlex.split(said.hint.partition(": ")[2])
    assert words == ["git", "config", "--global", "--add", "safe.directory", str(odd.path)]


def test_the_variables_of_a_hook_point_elsewhere(repo: Repo, tmp_path: Path) -> None:
    other = Repo.init(tmp_path / "other")
    other.ref("agent/other", other.commit("main", {"f": "1\n"}))
    other.checkout()
    env = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "nowhere"),
        "GIT_NAMESPACE": "odd",
        "GIT_PREFIX": "d/",
    }
    before = command.tree(other.path)
    assert set(command.branches(repo.path, env=env)) == {"agent/good", "agent/bad"}
    command.site(repo.path, env=env)
    assert command.tree(other.path) == before


def test_a_git_directory_that_cannot_be_written(repo: Repo, tmp_path: Path) -> None:
    # A file where our folder would be stops root as well, which no permission does.
    (repo.path / ".git" / "agentledger").write_text("")
    before = command.tree(repo.path / ".git")
    assert command.branches(repo.path)["agent/good"]["base_conflict"]["clean"] is True
    assert "index.html" in command.site(repo.path, "--out", str(tmp_path / "out"))
    assert command.tree(repo.path / ".git") == before


def test_a_cache_that_is_damaged_is_replaced(repo: Repo) -> None:
    first = command.branches(repo.path)
    for content in (b"garbage", b"SQLite format 3\0" + bytes(100)):
        damage.rewrite(repo.path / ".git" / "agentledger" / "cache.sqlite", content)
        assert command.branches(repo.path) == first


def test_streams_that_are_closed(repo: Repo) -> None:
    for closed, code in ((">&-", 0), ("<&- >&- 2>&-", 0), (">&- 2>&- --base nowhere", 2)):
        redirection, _, more = closed.partition(" --")
        line = f'exec "$@" {f"--{more}" if more else ""} {redirection}'
        program = ["sh", "-c", line, "sh", sys.executable, "-m", "agentledger", "board"]
        done = subprocess.run(program, cwd=repo.path, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (code, b""), closed
