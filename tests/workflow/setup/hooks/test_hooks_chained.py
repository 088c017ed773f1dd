"""Our hooks beside those of others in the common hooks folder: whose word counts, installed in any order."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import clones
from clones import commit, git, hook, init, made
from gitrepo import Repo


def remote(repo: Repo, path: Path) -> str:
    Repo.init(path, bare=True)
    repo.git("remote", "add", "origin", str(path))
    return str(path)


def test_what_was_there_runs_first_and_its_word_counts(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    url = remote(repo, tmp_path / "remote")
    heard = tmp_path / "heard"
    theirs = f'#!/bin/sh\necho "theirs $*" >>"{heard}"\ncat >>"{heard}"\n[ ! -e "{tmp_path}/no" ]\n'
    for name in ("pre-commit", "pre-push"):
        hook(repo.path / ".git/hooks" / name, theirs)
    init(repo.path)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    assert "OWN001" in commit(repo.path, "docs/d.md").said
    assert heard.read_text() == "theirs \n"
    assert git(repo.path, "commit", "-q", "--no-verify", "-m", "slip").code == 0
    assert "OWN001" in git(repo.path, "push", "-q", url, "agent/x", "main").said
    told = heard.read_text().splitlines()[1:]
    assert told[0] == f"theirs {url} {url}"
    assert [line.split()[2] for line in told[1:]] == ["refs/heads/agent/x", "refs/heads/main"]
    (tmp_path / "no").touch()
    ended = commit(repo.path, "docs/d.md")
    assert (ended.code, ended.said) == (1, "")
    repo.git("switch", "-q", "-f", "main")
    assert commit(repo.path, "docs/d.md").code == 1


def test_variables_of_the_hook_reach_no_other(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    hook(repo.path / ".git/hooks/pre-commit", f'#!/bin/sh\necho "$name $python $refs" >"{tmp_path}/seen"\n')
    init(repo.path)
    assert commit(repo.path, "docs/d.md", env={"name": "a", "python": "b", "refs": "c"}).code == 0
    assert (tmp_path / "seen").read_text() == "a b c\n"


def pre_commit(repo: Path, *arguments: str) -> None:
    subprocess.run([clones.PRE_COMMIT, *arguments], cwd=repo, check=True, capture_output=True)


CONFIG = """\
repos:
- repo: local
  hooks: [{id: theirs, name: theirs, entry: sh -c 'echo ran >>ran', language: system, always_run: true}]
"""


@pytest.mark.parametrize("order", ["before", "after", "twice"])
def test_pre_commit_and_ours_run_both_in_any_order(tmp_path: Path, order: str) -> None:
    repo = made(tmp_path / "repo")
    (repo.path / ".pre-commit-config.yaml").write_text(CONFIG)
    if order != "after":
        pre_commit(repo.path, "install")
    init(repo.path)
    if order != "before":
        pre_commit(repo.path, "install")
    repo.git("switch", "-q", "-c", "agent/x", "main")
    ended = commit(repo.path, "docs/d.md")
    assert ended.code == 1
    assert "OWN001" in ended.said
    assert (repo.path / "ran").exists()
    pre_commit(repo.path, "uninstall")
    assert commit(repo.path, "docs/d.md").said.startswith("error OWN001")
    init(repo.path, "--uninstall")
    assert list((repo.path / ".git/hooks").glob("pre-commit*")) == []


def test_lefthook_puts_ours_aside_and_init_puts_it_back(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    path = repo.path / ".git/hooks/pre-commit"
    hook(path, clones.LEFTHOOK)
    hook(repo.path / ".git/info/lefthook.checksum", "", 0o644)  # while it is installed
    init(repo.path)
    path.rename(path.with_name("pre-commit.old"))  # what `lefthook install` does with a hook that it finds
    hook(path, clones.LEFTHOOK)
    init(repo.path)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    ended = commit(repo.path, "docs/d.md")
    assert ended.said.startswith("lefthook\nerror OWN001")
    repo.git("switch", "-q", "-f", "main")
    init(repo.path, "--uninstall")
    assert [file.name for file in path.parent.glob("pre-commit*")] == ["pre-commit"]
    assert path.read_text() == clones.LEFTHOOK
