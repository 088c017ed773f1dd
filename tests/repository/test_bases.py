"""Which branch is taken as base, which of its two copies, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.model.errors import LedgerError, RefError
from agentledger.model.fleet import Base, Sync
from gitrepo import START, Commit, Repo
from reading import branch, fleet

pytestmark = pytest.mark.versions


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


def base(repo: Repo, requested: str | None = None) -> Base:
    return fleet(repo, base=requested).base


def remote_head(repo: Repo, remote: str, name: str) -> None:
    """Say which branch the remote calls its default."""
    repo.git("symbolic-ref", f"refs/remotes/{remote}/HEAD", f"refs/remotes/{remote}/{name}")


# -- which branch ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["main", "master", "trunk", "develop"])
def test_the_only_usual_name_is_base(repo: Repo, name: str) -> None:
    tip = repo.commit(name, {"f": "0"})
    repo.commit("agent/x", {"f": "1"}, parents=[tip])
    chosen_base = base(repo)
    assert (chosen_base.name, chosen_base.ref, chosen_base.head) == (name, f"refs/heads/{name}", tip.id)
    assert (chosen_base.sync, chosen_base.other_ref, chosen_base.fetched_at) == (Sync.LOCAL, None, None)
    assert chosen_base.why == "known by its name"


def test_the_default_branch_of_origin_comes_before_a_usual_name(repo: Repo) -> None:
    tip = repo.commit("main", {"f": "0"})
    repo.ref("refs/remotes/origin/release", tip)
    repo.ref("refs/remotes/fork/main", tip)
    remote_head(repo, "fork", "main")
    remote_head(repo, "origin", "release")
    chosen_base = base(repo)
    assert (chosen_base.name, chosen_base.ref, chosen_base.sync) == (
        "release",
        "refs/remotes/origin/release",
        Sync.REMOTE,
    )
    assert chosen_base.why == "the default branch of origin"


def test_the_user_s_word_comes_before_everything(repo: Repo) -> None:
    tip = repo.commit("main", {"f": "0"})
    for ref in (
        "refs/remotes/origin/main",
        "refs/heads/team/next",
        "refs/remotes/up/next",
        "refs/pull/7/head",
    ):
        repo.ref(ref, tip)
    remote_head(repo, "origin", "main")
    for wanted, ref in {
        "team/next": "refs/heads/team/next",
        "refs/heads/team/next": "refs/heads/team/next",
        "next": "refs/remotes/up/next",
        "up/next": "refs/remotes/up/next",
        "refs/remotes/up/next": "refs/remotes/up/next",
        "refs/pull/7/head": "refs/pull/7/head",
    }.items():
        chosen_base = base(repo, wanted)
        assert (chosen_base.ref, chosen_base.why) == (ref, "named with --base")


def test_a_bare_repository_s_head_is_its_base(tmp_path: Path) -> None:
    bare = Repo.init(tmp_path / "shop.git", bare=True, default="trunk")
    bare.commit("trunk", {"f": "0"})
    bare.commit("main", {"f": "0"})
    read = fleet(bare)
    assert (read.base.name, read.base.why) == ("trunk", "the HEAD of this bare repository")
    assert read.name == "shop"


def test_several_usual_names_are_a_question_to_the_user(repo: Repo) -> None:
    repo.ref("develop", repo.commit("main", {"f": "0"}))
    with pytest.raises(RefError) as caught:
        base(repo)
    assert caught.value.message == "which branch is base? main and develop all exist"
    assert caught.value.hint == "name one: --base main"


def test_no_usual_name_suggests_the_branch_that_is_checked_out(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r", default="prod")
    repo.ref("agent/x", repo.commit("prod", {"f": "0"}))
    with pytest.raises(RefError) as caught:
        base(repo)
    assert caught.value.hint == "name one: --base prod; there are: agent/x, prod"


def test_a_base_that_does_not_exist_is_answered_with_what_does(repo: Repo) -> None:
    tip = repo.commit("main", {"f": "0"})
    repo.ref("refs/remotes/origin/agent/x", tip)
    for number in range(20):
        repo.ref(f"agent/{number:02}", tip)
    with pytest.raises(RefError) as caught:
        base(repo, "mian\x1b[1m")
    assert caught.value.message == r"there is no branch 'mian\\x1b[1m' to take as base"
    assert caught.value.hint.startswith("there are: agent/00, agent/01,")
    assert caught.value.hint.endswith("and 10 others")


def test_a_repository_without_commits_says_so(repo: Repo) -> None:
    with pytest.raises(RefError) as caught:
        base(repo)
    assert "no branch yet" in caught.value.message
    with pytest.raises(RefError) as named:
        base(repo, "main")
    assert "commit something first" in named.value.hint


def test_a_base_that_is_no_commit_is_refused(repo: Repo) -> None:
    repo.commit("main", {"f": "0"})
    repo.git("update-ref", "refs/odd/blob", repo.git("rev-parse", "main:f"))
    with pytest.raises(LedgerError, match="refs/odd/blob points to a blob"):
        base(repo, "refs/odd/blob")


def test_a_detached_head_changes_nothing(repo: Repo) -> None:
    tip = repo.commit("main", {"f": "0"})
    repo.commit("agent/x", {"f": "1"})
    repo.checkout()
    repo.git("checkout", "--quiet", "--detach", "agent/x")
    assert base(repo).head == tip.id


# -- which copy -----------------------------------------------------------------------


@pytest.fixture
def line(repo: Repo) -> dict[str, Commit]:
    """An old and a new commit in a row, and one beside the new one."""
    old = repo.commit("main", {"f": "0"})
    new = repo.commit("main", {"f": "1"})
    beside = repo.commit("beside", {"f": "2"}, parents=[old])
    return {"old": old, "new": new, "beside": beside}


@pytest.mark.parametrize(
    ("local", "remote", "sync", "taken"),
    [
        ("new", "new", Sync.SAME, "refs/heads/main"),
        ("new", "old", Sync.AHEAD, "refs/heads/main"),
        ("old", "new", Sync.BEHIND, "refs/remotes/origin/main"),
        ("new", "beside", Sync.DIVERGED, "refs/remotes/origin/main"),
    ],
)
def test_base_is_the_copy_that_descends_and_the_remote_one_when_they_diverged(
    repo: Repo, line: dict[str, Commit], local: str, remote: str, sync: Sync, taken: str
) -> None:
    repo.ref("main", line[local])
    repo.ref("refs/remotes/origin/main", line[remote])
    chosen_base = base(repo)
    head = line[local] if taken == "refs/heads/main" else line[remote]
    assert (chosen_base.sync, chosen_base.ref, chosen_base.head) == (sync, taken, head.id)
    assert {chosen_base.ref, chosen_base.other_ref} == {"refs/heads/main", "refs/remotes/origin/main"}


def test_base_follows_its_upstream_whatever_that_is_called(repo: Repo, line: dict[str, Commit]) -> None:
    repo.ref("main", line["old"])
    repo.ref("refs/remotes/up/stable", line["new"])
    for key, value in {
        "remote.up.url": "https://example.com/r",
        "remote.up.fetch": "+refs/heads/*:refs/remotes/up/*",
        "branch.main.remote": "up",
        "branch.main.merge": "refs/heads/stable",
    }.items():
        repo.git("config", key, value)
    chosen_base = base(repo)
    assert (chosen_base.name, chosen_base.ref, chosen_base.sync) == (
        "main",
        "refs/remotes/up/stable",
        Sync.BEHIND,
    )


def test_work_merged_upstream_only_counts_as_merged(repo: Repo, line: dict[str, Commit]) -> None:
    repo.ref("main", line["old"])
    work = repo.commit("agent/x", {"g": "1"}, parents=[line["new"]])
    repo.merge("refs/remotes/origin/main", [line["new"], work], {"g": "1"})
    assert branch(repo).state == "merged"


def test_when_the_last_fetch_was_is_told(repo: Repo, line: dict[str, Commit]) -> None:
    clone = repo.clone(repo.path.parent / "c")
    assert base(clone).fetched_at == START
    clone.git("fetch", "--quiet")
    stamp = int((clone.path / ".git/FETCH_HEAD").stat().st_mtime)
    assert base(clone).fetched_at == stamp
