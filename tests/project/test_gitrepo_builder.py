"""The test kit itself: what it says it made is what git finds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitrepo import Repo, random_history


def test_commits_have_the_stated_parents_files_people_and_times(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    a = repo.commit("main", {"f.txt": "1\n", "dir/run": ("100755", b"\0x"), "link": ("120000", "f.txt")})
    b = repo.commit(
        "agent/x", {"f.txt": None}, [a], ("Ann\udcff", "a@x"), 5, "subject\n\nK: v", committed_at=7
    )
    other = repo.commit("refs/pull/1/head", {"g": "g"}, parents=[])
    merge = repo.merge("main", [a, b, other], {"f.txt": "3\n"})
    assert repo.git("rev-parse", "refs/pull/1/head", "agent/x").split() == [other.id, b.id]
    assert repo.git("log", "-1", "--format=%P", "main").split() == [a.id, b.id, other.id]
    assert repo.git("log", "-1", "--format=%an|%at|%ct|%B", b.id) == "Ann\udcff|5|7|subject\n\nK: v"
    assert repo.git("ls-tree", "-r", "--format=%(objectmode) %(path)", b.id) == "100755 dir/run\n120000 link"
    assert repo.git("show", "main:f.txt") == "3"
    assert repo.git("fsck", "--strict") == ""
    assert repo.git("rev-parse", "main") == merge.id


@pytest.mark.parametrize(
    "path", [b"\xff\xfe", b'"quoted"', b"two\nlines", b"back\\slash", "blüte 🌸".encode()]
)
def test_any_path_git_can_hold_can_be_made(tmp_path: Path, path: bytes) -> None:
    repo = Repo.init(tmp_path / "r", bare=True)
    repo.commit("main", {path: "x"})
    assert repo.git("ls-tree", "-z", "--name-only", "main") == path.decode("utf-8", "surrogateescape") + "\0"


def test_a_builder_goes_on_after_a_flush(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r", object_format="sha256")
    first = repo.commit("main", {"f": "1"})
    repo.flush()
    second = repo.commit("main", {"f": "2"})
    root = repo.commit("main", {"g": "1"}, parents=[])
    assert len(first.id) == 64
    assert repo.git("rev-parse", f"{second}^") == first.id
    assert repo.git("rev-list", "main") == root.id
    assert repo.count_objects() == 8


def test_work_trees_and_clones_are_real(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"f": "1"})
    repo.commit("agent/x", {"f": "2"})
    repo.checkout()
    assert (repo.path / "f").read_text() == "1"
    assert (repo.worktree_add(tmp_path / "w", "agent/x").path / "f").read_text() == "2"
    partial = repo.clone(tmp_path / "c", "--filter=blob:none", "--no-checkout")
    assert partial.git("rev-parse", "origin/agent/x") == repo.git("rev-parse", "agent/x")
    assert partial.count_objects() < repo.count_objects()
    assert partial.exit_code("rev-parse", "--verify", "refs/heads/nowhere") == 128


def test_a_random_history_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    one, two, three = (random_history(tmp_path / str(n), seed, 40, 6) for n, seed in enumerate((7, 7, 8)))
    assert one.git("for-each-ref") == two.git("for-each-ref") != three.git("for-each-ref")
    assert one.git("fsck") == two.git("fsck")


def test_git_finds_no_configuration_but_the_repository_s_own(tmp_path: Path, sealed: Path) -> None:
    scopes = {
        line.split("\t")[0]
        for line in Repo.init(tmp_path).git("config", "--list", "--show-scope").splitlines()
    }
    assert scopes == {"local"}
    assert Path.home() == sealed
    assert list(sealed.iterdir()) == []
    assert not set(Repo(tmp_path).git("rev-parse", "--local-env-vars").splitlines()) & set(os.environ)
