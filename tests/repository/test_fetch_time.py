"""How old what is known of a remote is: after a fetch, right after a clone, and where there is no remote."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from command import board, run, site
from gitrepo import Repo

pytestmark = pytest.mark.versions
CLONED = 1_700_000_000  # by the committer's date, which the reflog of a clone has
SOON = re.compile(r"last fetch (just now|1 min ago)")


@pytest.fixture
def origin(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "origin.git", bare=True)
    root = repo.commit("main", {"f": "1\n"})
    repo.commit("agent/x", {"g": "1\n"}, parents=[root])
    repo.flush()
    return repo


def fetched(repo: Repo) -> str | None:
    at: str | None = board(repo.path)["base"]["fetched_at"]
    return at


def line(repo: Repo) -> str:
    """The board's line on base, and the page's."""
    text = " ".join(run(repo.path, "board").out.split())
    return text + " ".join(site(repo.path, "--out", str(repo.path.parent / "out"))["index.html"].split())


@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--no-checkout",), ("--origin", "up")])
def test_a_fresh_clone_was_fetched_when_it_was_cloned(
    origin: Repo, tmp_path: Path, options: tuple[str, ...]
) -> None:
    clone = origin.clone(tmp_path / "c", *options)
    assert fetched(clone) == "2023-11-14T22:13:20Z"
    assert "never fetched" not in line(clone).lower()


def test_a_clone_without_reflogs_is_as_old_as_its_oldest_file(origin: Repo, tmp_path: Path) -> None:
    before = int(time.time())
    clone = origin.clone(tmp_path / "c", "-c", "core.logAllRefUpdates=false")
    assert SOON.search(line(clone))
    for name in ("config", "packed-refs"):
        os.utime(clone.path / ".git" / name, (before + 9999, before + 9999))
    assert fetched(clone) is not None
    assert SOON.search(line(clone))


def test_so_is_a_bare_clone(origin: Repo, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "c.git", "--bare")
    assert SOON.search(line(clone))


def test_a_fetch_counts_from_any_worktree(origin: Repo, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "c")
    work = clone.worktree_add(tmp_path / "w", "agent/x")
    work.git("fetch", "-q")
    assert SOON.search(line(clone))


def test_a_fetch_that_failed_brought_nothing(origin: Repo, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "c")
    clone.git("config", "remote.origin.url", str(tmp_path / "nowhere"))
    failed = subprocess.run(["git", "fetch", "-q"], cwd=clone.path, capture_output=True, check=False)
    assert failed.returncode
    assert (clone.path / ".git/FETCH_HEAD").exists()
    assert fetched(clone) == "2023-11-14T22:13:20Z"


def test_what_came_before_a_fetch_that_failed_is_not_forgotten(
    origin: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = origin.clone(tmp_path / "c")
    origin.commit("main", {"f": "2\n"})
    origin.flush()
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{CLONED + 86400} +0000")
    clone.git("fetch", "-q")
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{CLONED + 2 * 86400} +0000")
    clone.git("config", "remote.origin.url", str(tmp_path / "nowhere"))
    subprocess.run(["git", "fetch", "-q"], cwd=clone.path, capture_output=True, check=False)
    assert fetched(clone) == "2023-11-15T22:13:20Z"


def test_a_remote_that_was_added_was_never_fetched(origin: Repo, tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"f": "1\n"})
    repo.checkout("main")
    repo.git("remote", "add", "origin", str(origin.path))
    assert fetched(repo) is None
    assert line(repo).lower().count("never fetched") == 2


def test_without_a_remote_nothing_is_said_of_a_fetch(origin: Repo, tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"f": "1\n"})
    repo.checkout("main")
    repo.git("fetch", "-q", str(origin.path))
    assert (repo.path / ".git/FETCH_HEAD").exists()
    assert "fetch" not in line(repo).lower()
    base = board(repo.path)["base"]
    assert (base["remote"], base["fetched_at"]) == (None, None)
