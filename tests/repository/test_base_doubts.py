"""Two remotes of which one is a stale fork, and a default branch that was renamed: said, with the command."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from command import board, branches, refused, run, site
from gitrepo import Commit, Repo
from nextcommand import find_command, type_command

pytestmark = pytest.mark.versions
SET_HEAD = r"git remote set-head \S+ --auto"


def notes(repo: Repo) -> list[str]:
    """The notes on base, which board, page, check and doctor have, too."""
    found = [note for note in board(repo.path)["notes"] if " lacks " in note or "/HEAD has named" in note]
    text = " ".join(run(repo.path, "board").out.split())
    page = html.unescape(site(repo.path, "--out", str(repo.path.parent / "out"))["index.html"])
    doctor = run(repo.path, "doctor").out
    assert ("\nnot known      base: " in doctor) is bool(found)
    for note in found:
        assert f"Note: {note}" in text
        assert note in page
        assert note.rpartition(": ")[2] in doctor
    return found


@pytest.fixture
def upstream(tmp_path: Path) -> tuple[Repo, list[Commit]]:
    repo = Repo.init(tmp_path / "upstream.git", bare=True)
    line = [repo.commit("main", {"f": f"{number}\n"}) for number in range(4)]
    repo.flush()
    return repo, line


@pytest.fixture
def fork(upstream: tuple[Repo, list[Commit]], tmp_path: Path) -> Repo:
    """A clone of a fork that was made three commits ago, with the repository itself as a second remote."""
    repo, line = upstream
    origin = repo.clone(tmp_path / "fork.git", "--bare")
    origin.git("update-ref", "refs/heads/main", line[0].id)
    clone = origin.clone(tmp_path / "c")
    clone.git("remote", "add", "upstream", str(repo.path))
    clone.git("fetch", "-q", "upstream")
    return clone


def test_a_stale_fork_is_said_and_base_can_be_named(fork: Repo) -> None:
    fork.commit("agent/x", {"g": "g\n"}, parents=["upstream/main"])
    fork.flush()
    assert branches(fork.path)["agent/x"]["ahead"] == 4
    (note,) = notes(fork)
    assert note.startswith("main lacks 3 commits of upstream/main")
    base = find_command(note, r"--base \S+")
    assert type_command(fork.path, f"agentledger board {base}").out.count("lacks") == 0
    assert branches(fork.path, *base.split())["agent/x"]["ahead"] == 1


def test_the_line_for_the_policy_settles_it(fork: Repo) -> None:
    (note,) = notes(fork)
    line = find_command(note, r": (base = .*)$")
    (fork.path / ".agentledger").mkdir()
    (fork.path / ".agentledger/config.toml").write_text(f"{line}\n")
    fork.git("add", "-A")
    fork.git("commit", "-q", "-m", "policy")
    # On the fork's own main it is ahead of nothing now; the line is read from there all the same.
    assert board(fork.path)["base"]["ref"] == "refs/remotes/upstream/main"
    assert notes(fork) == []


def test_a_fork_that_is_up_to_date_is_not_said(upstream: tuple[Repo, list[Commit]], fork: Repo) -> None:
    fork.git("merge", "-q", "--ff-only", "upstream/main")
    assert notes(fork) == []


def test_what_a_colleague_proposes_is_no_newer_base(
    upstream: tuple[Repo, list[Commit]], tmp_path: Path
) -> None:
    repo, line = upstream
    clone = repo.clone(tmp_path / "c")
    theirs = repo.clone(tmp_path / "theirs")
    theirs.commit("main", {"h": "h\n"}, parents=[line[3].id])
    theirs.flush()
    clone.git("remote", "add", "bob", str(theirs.path))
    clone.git("fetch", "-q", "bob")
    assert notes(clone) == []
    # But once a branch here is built on it, what is counted as that branch's own is not its own alone.
    clone.commit("agent/x", {"g": "g\n"}, parents=["bob/main"])
    clone.flush()
    assert notes(clone)[0].startswith("main lacks 1 commit of bob/main")


def rename(repo: Repo, name: str) -> None:
    """The default branch gets another name on the forge, and goes on under it."""
    repo.git("branch", "-m", "main", name)
    repo.commit(name, {"f": "renamed\n"}, parents=[repo.git("rev-parse", name)])
    repo.flush()
    repo.git("symbolic-ref", "HEAD", f"refs/heads/{name}")


def test_a_renamed_default_branch_is_said_and_the_command_finds_it(
    upstream: tuple[Repo, list[Commit]], tmp_path: Path
) -> None:
    repo, _ = upstream
    clone = repo.clone(tmp_path / "c")
    rename(repo, "trunk")
    clone.git("fetch", "-q")
    assert board(clone.path)["base"]["name"] == "main"
    (note,) = notes(clone)
    type_command(clone.path, find_command(note, SET_HEAD))
    assert board(clone.path)["base"]["name"] == "trunk"
    assert notes(clone) == []


def test_where_the_old_one_is_pruned_the_command_is_in_the_error(
    upstream: tuple[Repo, list[Commit]], tmp_path: Path
) -> None:
    repo, _ = upstream
    clone = repo.clone(tmp_path / "c")
    rename(repo, "trunk")
    # Since git 2.48 a fetch sets a missing origin/HEAD by itself; an older git has no such setting.
    clone.git("config", "remote.origin.followRemoteHEAD", "never")
    clone.git("fetch", "-q", "--prune")
    said = refused(clone.path, "board")
    assert re.search("main and trunk all exist", said.message)
    type_command(clone.path, find_command(said.hint, SET_HEAD))
    assert board(clone.path)["base"]["name"] == "trunk"


def test_a_branch_of_another_usual_name_that_is_not_ahead_is_not_said(
    upstream: tuple[Repo, list[Commit]], tmp_path: Path
) -> None:
    repo, line = upstream
    repo.ref("master", line[2])
    repo.ref("develop", line[3])
    repo.commit("develop", {"d": "d\n"}, parents=[line[3]])
    repo.flush()
    assert notes(repo.clone(tmp_path / "c")) == []
