"""Branches of merge queues and of what updates dependencies: left out, whatever matches them, and counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitrepo import Commit, Repo
from outputs import read_outputs
from reading import fleet, named

CLAUDE = ("Claude", "noreply@anthropic.com")
QUEUES = ("gh-readonly-queue/main/pr-7-0a1b", "mergify/merge-queue/0a1b")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture
def root(repo: Repo) -> Commit:
    return repo.commit("main", {"f": "0\n"})


def test_they_are_in_one_line_of_every_output(repo: Repo, root: Commit) -> None:
    for name in (*QUEUES, "dependabot/npm/x", "renovate/y", "agent/x"):
        repo.commit(name, {"f": f"{name}\n"}, parents=[root], author=CLAUDE)
    # The two copies of one branch are one.
    repo.ref("refs/remotes/origin/renovate/y", root)
    repo.ref("refs/remotes/origin/renovate/z", root)
    repo.flush()
    repo.checkout("main")
    shown = read_outputs(repo.path)
    assert shown.names() == {"agent/x"}
    assert shown.document["left_out"] == [
        {"robot": "dependabot", "branches": 1},
        {"robot": "merge queue", "branches": 2},
        {"robot": "renovate", "branches": 2},
    ]
    line = "Left out, since no agent works there: 5 branches (dependabot 1, merge queue 2, renovate 2)."
    assert line in shown.board
    assert line in shown.index()


@pytest.mark.parametrize("policy", ["branches = ['*']\n", "branches = ['agent/*', 'dependabot*']\n"])
def test_no_pattern_of_the_policy_makes_them_agents(repo: Repo, policy: str) -> None:
    root = repo.commit("main", {".agentledger/config.toml": policy})
    for name in ("dependabot/npm/x", "agent/x"):
        repo.commit(name, {"f": f"{name}\n"}, parents=[root])
    read = fleet(repo)
    assert "dependabot/npm/x" not in named(read)
    assert [tuple(each) for each in read.left_out] == [("dependabot", 1)]


def test_nor_do_patterns_that_match_by_chance_but_one_that_names_them_does(repo: Repo, root: Commit) -> None:
    for name in ("dependabot/npm/x", "renovate/y", "agent/x"):
        repo.commit(name, {"f": f"{name}\n"}, parents=[root])
    read = fleet(repo, branches=("*",))
    assert set(named(read)) == {"agent/x"}
    assert sum(each.branches for each in read.left_out) == 2
    read = fleet(repo, branches=("agent/*",))
    assert read.left_out == ()
    assert set(named(fleet(repo, branches=("renovate/*",)))) == {"renovate/y"}
    assert set(named(fleet(repo, refs=("refs/heads/renovate/*",)))) == {"renovate/y"}


def test_a_branch_on_which_a_robot_alone_commits_is_its_own_under_any_name(repo: Repo, root: Commit) -> None:
    bot = ("renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com")
    repo.commit("claude/deps", {"f": "1\n"}, parents=[root], author=bot)
    mixed = repo.commit("claude/mixed", {"f": "1\n"}, parents=[root], author=bot)
    repo.commit("claude/mixed", {"g": "1\n"}, parents=[mixed], author=CLAUDE)
    read = fleet(repo)
    assert set(named(read)) == {"claude/mixed"}
    assert [tuple(each) for each in read.left_out] == [("renovate", 1)]


def test_one_in_a_linked_worktree_is_listed_since_somebody_works_there(
    repo: Repo, root: Commit, tmp_path: Path
) -> None:
    repo.commit("dependabot/npm/x", {"f": "1\n"}, parents=[root])
    repo.flush()
    repo.worktree_add(tmp_path / "w", "dependabot/npm/x")
    read = fleet(repo)
    assert set(named(read)) == {"dependabot/npm/x"}
    assert read.left_out == ()


def test_a_limit_counts_only_what_is_read(repo: Repo, root: Commit) -> None:
    for name in ("agent/1", "agent/2", "renovate/y", "renovate/z"):
        repo.commit(name, {"f": f"{name}\n"}, parents=[root])
    read = fleet(repo, limit=1)
    assert set(named(read)) == {"agent/2"}
    assert [tuple(each) for each in read.left_out] == [("renovate", 2)]
