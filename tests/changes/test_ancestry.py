"""Merge bases, membership and counts, computed from two walks: what git says, for any history."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentledger.changes.ancestry import History
from agentledger.git import commits, process, queries, scratch
from agentledger.model.fleet import Sync
from gitrepo import Repo, random_history


def history_of(repo: Repo, base: str = "main") -> tuple[History, dict[str, str]]:
    """The history as a fleet is read with it, and the heads of all branches by name."""
    refs = repo.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads")
    heads = dict(line.split(" ") for line in refs.splitlines())
    with scratch.open_scratch(queries.locate_repository(process.repository_at(repo.path))) as sealed:
        walked = commits.read_ancestry(sealed.git, heads[base])
        return History(walked, commits.read_log(sealed.git, list(heads.values()), heads[base])), heads


def ids(repo: Repo, *arguments: str) -> list[str]:
    """The ids that git prints; none when it says there are none."""
    code, out = repo.answer(*arguments)
    assert code in (0, 1)
    return out.split()


def assert_agrees(repo: Repo) -> None:
    """Everything that History tells of each head is what git tells.

    Of two whole walks, that is: with skewed clocks `rev-list A ^B` prints commits that B reaches.
    """
    history, heads = history_of(repo)
    base = heads["main"]
    in_base = set(ids(repo, "rev-list", base))
    first_parents = set(ids(repo, "rev-list", "--first-parent", base))
    for head in heads.values():
        bases = history.merge_bases(head)
        assert set(bases) == set(ids(repo, "merge-base", "--all", base, head)), repo.path
        assert len(set(bases)) == len(bases)
        in_head = set(ids(repo, "rev-list", head))
        own = [commit.id for commit in history.own(head)]
        assert len(set(own)) == len(own)
        assert set(own) == in_head - in_base
        assert history.behind(bases) == len(in_base - in_head)
        assert history.contains(head) == (repo.exit_code("merge-base", "--is-ancestor", head, base) == 0)
        assert history.on_first_parent_line(head) == (head in first_parents)


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), commits=st.integers(2, 60))
def test_random_histories_give_what_git_gives(seed: int, commits: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_agrees(random_history(Path(folder) / "r", seed, commits, heads=4))


@settings(max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_heads_relate_to_each_other_as_git_says(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = random_history(Path(folder) / "r", seed, 40, heads=3)
        history, heads = history_of(repo)
        for old in heads.values():
            for new in heads.values():
                ancestor = repo.exit_code("merge-base", "--is-ancestor", old, new) == 0
                assert history.is_ancestor(old, new) == ancestor
                if ancestor and old != new:
                    assert (history.sync(new, old), history.sync(old, new)) == (Sync.AHEAD, Sync.BEHIND)


@settings(max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_own_commits_come_children_before_parents(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history, heads = history_of(random_history(Path(folder) / "r", seed, 40, heads=4))
        for head in heads.values():
            seen: set[str] = set()
            for commit in history.own(head):
                assert seen.isdisjoint(commit.parents)
                seen.add(commit.id)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


def test_a_criss_cross_has_both_merge_bases_the_newer_one_first(repo: Repo) -> None:
    root = repo.commit("main", {"f": "0"})
    ours = repo.commit("main", {"a": "1"})
    theirs = repo.commit("agent/x", {"b": "1"}, parents=[root])
    crossed = repo.merge("main", [ours, theirs], {"b": "1"})
    head = repo.merge("agent/x", [theirs, ours], {"a": "1"})
    repo.commit("main", {"c": "1"})
    history, heads = history_of(repo)
    assert set(history.merge_bases(head.id)) == {ours.id, theirs.id}
    assert history.behind(history.merge_bases(head.id)) == 2
    assert [c.id for c in history.own(head.id)] == [head.id]
    assert history.merge_bases(crossed.id) == (crossed.id,)
    assert history.merge_bases(heads["main"]) == (heads["main"],)
    assert_agrees(repo)


def test_a_branch_that_merged_base_starts_from_what_it_merged(repo: Repo) -> None:
    root = repo.commit("main", {"f": "0"})
    work = repo.commit("agent/x", {"w": "1"}, parents=[root])
    merged = repo.commit("main", {"f": "1"})
    head = repo.merge("agent/x", [work, merged], {"f": "1"})
    repo.commit("main", {"f": "2"})
    history, _ = history_of(repo)
    assert history.merge_bases(head.id) == (merged.id,)
    assert history.behind((merged.id,)) == 1
    assert [c.id for c in history.own(head.id)] == [head.id, work.id]


def test_histories_without_a_common_commit_have_no_merge_base(repo: Repo) -> None:
    repo.commit("main", {"f": "0"})
    repo.commit("main", {"f": "1"})
    head = repo.commit("agent/x", {"g": "0"}, parents=[])
    history, _ = history_of(repo)
    assert history.merge_bases(head.id) == ()
    assert history.behind(()) == 2
    assert_agrees(repo)


def test_a_merged_side_branch_is_base_s_but_not_on_its_first_parent_line(repo: Repo) -> None:
    root = repo.commit("main", {"f": "0"})
    side = repo.commit("agent/x", {"w": "1"}, parents=[root])
    on = repo.commit("main", {"f": "1"})
    repo.merge("main", [on, side], {"w": "1"})
    history, _ = history_of(repo)
    assert history.contains(side.id)
    assert not history.on_first_parent_line(side.id)
    assert history.on_first_parent_line(on.id)
    assert (history.step(root.id), history.step(on.id), history.step(side.id)) == (0, 1, 2)
    assert history.own(side.id) == []


def test_two_heads_off_one_commit_have_diverged(repo: Repo) -> None:
    root = repo.commit("main", {"f": "0"})
    one = repo.commit("agent/a", {"f": "1"}, parents=[root])
    two = repo.commit("agent/b", {"f": "2"}, parents=[root])
    history, _ = history_of(repo)
    assert history.sync(one.id, two.id) is Sync.DIVERGED
    assert history.sync(one.id, one.id) is Sync.SAME


def test_clocks_that_run_backwards_change_nothing(repo: Repo) -> None:
    repo.commit("main", {"f": "0"}, at=2_000_000_000)
    fork = repo.commit("main", {"f": "1"}, at=1_000)
    for number in range(12):
        repo.commit("main", {"f": f"m{number}"}, at=1_900_000_000 - number * 1_000_000)
    for number in range(12):
        repo.commit("agent/x", {"g": f"{number}"}, parents=[fork] if number == 0 else None, at=number)
    assert_agrees(repo)
