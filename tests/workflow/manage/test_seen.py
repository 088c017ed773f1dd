"""What `agentledger sync` writes down: the heads that were last seen, and the ends that are certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import run
from controls import files
from gitrepo import Repo
from landing import Scene

ATTEMPT, OUTCOME = "tasks/x/attempts/agent/x.md", "tasks/x/outcome.md"


class Pair:
    """A scene with a remote, and somebody else's clone."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene(folder)
        self.remote = Repo.init(folder / "remote.git", bare=True)
        self.scene.repo.git("remote", "add", "origin", str(self.remote.path))
        self.push("main", "agentledger")
        self.other = self.remote.clone(folder / "other")

    def push(self, *refs: str) -> None:
        self.scene.repo.git("push", "-q", "--no-verify", "origin", *refs)
        self.scene.repo.git("fetch", "-q")

    def sync(self, repo: Repo | None = None) -> str:
        said = run((repo or self.scene.repo).path, "sync")
        assert said.code == 0, said
        return said.out


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_spawn_writes_down_the_branch_and_sync_its_last_head(pair: Pair) -> None:
    pair.scene.spawn()
    first = files(pair.scene.repo)[ATTEMPT]
    assert "branch: 'agent/x'" in first
    assert f"base: {pair.scene.repo.git('rev-parse', 'main')}" in first
    head = pair.scene.work()
    pair.sync()
    assert f"head: {head}" in files(pair.scene.repo)[ATTEMPT]
    assert pair.scene.repo.git("rev-parse", f"refs/agentledger/keep/{head}") == head
    assert "nothing new" in pair.sync()


def test_an_attempt_can_be_read_by_the_schema_s_own_reader_and_is_shown(pair: Pair) -> None:
    pair.scene.spawn()
    pair.sync()
    (attempt,) = pair.scene.task()["attempts"]
    assert attempt["fields"]["branch"] == "agent/x"
    assert attempt["findings"] == []


def test_a_branch_made_by_hand_is_written_down_too(pair: Pair) -> None:
    git = pair.scene.repo.git
    git("switch", "-q", "-c", "agent/x")
    pair.scene.commit("src/x/new.py")
    git("switch", "-q", "main")
    pair.sync()
    assert f"head: {git('rev-parse', 'agent/x')}" in files(pair.scene.repo)[ATTEMPT]


def test_two_clones_that_see_different_heads_keep_the_newer_one(pair: Pair) -> None:
    pair.scene.spawn()
    pair.scene.work()
    pair.push("agent/x")
    pair.other.git("fetch", "-q")
    newer = pair.scene.work(files=["src/x/second.py"])
    pair.sync()
    for repo in (pair.other, pair.scene.repo, pair.other):
        pair.sync(repo)
        assert f"head: {newer}" in files(repo)[ATTEMPT]
    assert "nothing new" in pair.sync()


def test_of_two_that_wrote_one_attempt_apart_no_version_is_kept_beside(pair: Pair) -> None:
    pair.scene.spawn()
    pair.scene.work()
    pair.push("agent/x")
    pair.other.git("fetch", "-q")
    pair.other.git("branch", "-q", "agentledger", "origin/agentledger")
    pair.sync(pair.other)
    assert "is kept as" not in pair.sync()
    names = [path for path in files(pair.scene.repo) if "/attempts/" in path]
    assert names == [ATTEMPT]


@pytest.mark.parametrize("how", ["merge", "forward", "rebase"])
def test_two_clones_write_the_same_outcome(pair: Pair, how: str) -> None:
    pair.scene.spawn()
    pair.scene.work()
    pair.sync()
    tip = pair.scene.land(how)
    pair.scene.clean_up(force=True)
    pair.push("main")
    pair.other.git("pull", "-q", "--no-rebase", "origin", "main")
    pair.other.git("fetch", "-q")
    pair.other.git("branch", "-q", "-f", "agentledger", "origin/agentledger")
    pair.sync()
    mine = files(pair.scene.repo)[OUTCOME]
    # As a clone that has not heard of the first one's sync.
    hidden = pair.remote.git("rev-parse", "agentledger")
    pair.remote.git("update-ref", "refs/heads/agentledger", f"{hidden}~1")
    pair.sync(pair.other)
    assert files(pair.other)[OUTCOME] == mine
    assert f"merge: {tip}" in mine
    assert "outcome: merged" in mine
    assert "is kept as" not in pair.sync()
    assert pair.scene.task()["outcome"]["findings"] == []


def test_what_is_only_like_it_is_never_written(pair: Pair) -> None:
    pair.scene.spawn()
    pair.scene.work()
    pair.sync()
    pair.scene.land("bare squash")
    pair.scene.clean_up(force=True)
    pair.push("main")
    pair.sync()
    assert OUTCOME not in files(pair.scene.repo)
    assert pair.scene.task()["ending"]["end"] == "absorbed"


def test_nor_is_what_no_server_has_accepted(pair: Pair) -> None:
    pair.scene.spawn()
    pair.scene.work()
    pair.scene.land("merge")
    pair.sync()
    assert OUTCOME not in files(pair.scene.repo)


def test_who_is_no_manager_writes_nothing(pair: Pair) -> None:
    pair.scene.spawn()
    pair.sync()
    pair.scene.work()
    said = run(pair.scene.repo.path, "sync", env={"GIT_AUTHOR_EMAIL": "somebody@example.com"})
    assert "nothing new" in said.out
