"""Which refs count as agent branches, and under which name each is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.model.fleet import Sync
from gitrepo import Commit, Repo
from reading import branch, fleet, named

CLAUDE = ("Claude", "noreply@anthropic.com")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture
def root(repo: Repo) -> Commit:
    return repo.commit("main", {"f": "0\n"})


def work(repo: Repo, root: Commit, *names: str, **rest: str | tuple[str, str]) -> None:
    """A commit of its own on each of these branches."""
    for name in names:
        repo.commit(name, {"f": f"{name}\n"}, parents=[root], **rest)  # type: ignore[arg-type]


def list_names(repo: Repo, **request: object) -> list[str]:
    return sorted(named(fleet(repo, **request)))


def test_branches_under_an_agent_s_folder_are_listed_and_people_s_are_not(repo: Repo, root: Commit) -> None:
    work(repo, root, "agent/x", "agent/deep/er", "claude/x", "copilot/fix", "codex/y", "cursor/z", "devin/1")
    work(repo, root, "feature/login", "agentic", "my-agent/x", "fix")
    assert list_names(repo) == [
        "agent/deep/er", "agent/x", "claude/x", "codex/y", "copilot/fix", "cursor/z", "devin/1"
    ]  # fmt: skip


def test_an_agent_s_commits_make_any_branch_one_and_a_person_s_do_not(repo: Repo, root: Commit) -> None:
    work(repo, root, "by-author", author=CLAUDE)
    work(repo, root, "by-trailer", message="Work\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n")
    work(repo, root, "by-people", message="Work\n\nCo-authored-by: Bob <bob@example.com>\n")
    # An agent's commits that base has already say nothing about who works on a branch now.
    landed = repo.commit("main", {"g": "1\n"}, author=CLAUDE)
    work(repo, landed, "on-top-of-agent-work")
    assert list_names(repo) == ["by-author", "by-trailer"]


def test_a_branch_in_a_linked_worktree_is_listed_and_that_of_the_main_one_is_not(
    repo: Repo, root: Commit, tmp_path: Path
) -> None:
    work(repo, root, "feature/one", "feature/two", "feature/three")
    repo.worktree_add(tmp_path / "w", "feature/one")
    repo.git("checkout", "--quiet", "--force", "feature/two")
    assert list_names(repo) == ["feature/one"]


def test_a_worktree_that_is_gone_or_half_made_is_no_error(repo: Repo, root: Commit, tmp_path: Path) -> None:
    work(repo, root, "agent/x", "agent/y")
    repo.worktree_add(tmp_path / "gone", "agent/x")
    (tmp_path / "gone/f").unlink()
    (tmp_path / "gone/.git").unlink()
    (tmp_path / "gone").rmdir()
    (repo.path / ".git/worktrees/half").mkdir()
    (repo.path / ".git/worktrees/half/HEAD").write_text("ref: refs/heads/agent/y\n")
    branches = named(fleet(repo))
    assert sorted(branches) == ["agent/x", "agent/y"]
    assert branches["agent/x"].worktree is None


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"branches": ("*",)},
        {"branches": ("agentledger",)},
        {"refs": ("refs/heads/**", "refs/remotes/**")},
    ],
)
def test_the_control_branch_is_never_listed(
    repo: Repo, root: Commit, request_: dict[str, tuple[str, ...]]
) -> None:
    work(repo, root, "agentledger", "refs/remotes/origin/agentledger", "agent/x", author=CLAUDE)
    assert set(list_names(repo, **request_)) <= {"agent/x"}


def test_patterns_replace_the_usual_ones_and_cross_slashes(repo: Repo, root: Commit) -> None:
    work(repo, root, "agent/x", "bots/a", "bots/deep/b", "other", "Bots/c", author=CLAUDE)
    assert list_names(repo, branches=("bots/*",)) == ["bots/a", "bots/deep/b"]
    assert list_names(repo, branches=("bots/?", "oth*")) == ["bots/a", "other"]
    assert list_names(repo, branches=("*",)) == ["Bots/c", "agent/x", "bots/a", "bots/deep/b", "other"]
    assert list_names(repo, branches=("nothing*",)) == []


def test_named_refs_alone_are_read_unless_patterns_are_given_too(repo: Repo, root: Commit) -> None:
    work(repo, root, "agent/x", "refs/pull/1/head", "refs/pull/2/head", "refs/pull/2/merge")
    assert list_names(repo, refs=("refs/pull/*/head",)) == ["pull/1/head", "pull/2/head"]
    names = list_names(repo, refs=("refs/pull/*/head",), branches=("agent/*",))
    assert names == ["agent/x", "pull/1/head", "pull/2/head"]
    assert branch(repo, "pull/1/head", refs=("refs/pull/*/head",)).ref == "refs/pull/1/head"


def test_a_ref_that_two_options_name_is_one_branch(repo: Repo, root: Commit) -> None:
    work(repo, root, "agent/x", "refs/remotes/origin/agent/x")
    assert list_names(
        repo, branches=("agent/*",), refs=("refs/heads/agent/*", "refs/remotes/origin/agent/*")
    ) == ["agent/x"]


def test_base_is_never_an_agent_s_branch(repo: Repo, root: Commit) -> None:
    work(repo, root, "refs/remotes/origin/main", "refs/remotes/origin/agent/x", author=CLAUDE)
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert list_names(repo) == ["agent/x"]
    assert list_names(repo, branches=("*",)) == ["agent/x"]
    assert list_names(repo, refs=("refs/heads/main", "refs/remotes/origin/*")) == []


def test_other_long_lived_branches_are_left_alone(repo: Repo, root: Commit) -> None:
    work(repo, root, "develop", author=CLAUDE)
    assert list_names(repo, base="main") == []
    assert list_names(repo, base="main", branches=("dev*",)) == ["develop"]


def test_a_remote_other_than_origin_shows_in_the_name(repo: Repo, root: Commit) -> None:
    repo.git("config", "remote.team/fork.url", "https://example.com/r")
    work(repo, root, *(f"refs/remotes/{remote}/agent/x" for remote in ("origin", "team/fork", "up")))
    branches = named(fleet(repo))
    assert sorted(branches) == ["agent/x", "team/fork/agent/x", "up/agent/x"]
    assert {b.sync for b in branches.values()} == {Sync.REMOTE}
    assert branches["team/fork/agent/x"].ref == "refs/remotes/team/fork/agent/x"


def test_a_local_branch_is_paired_with_its_upstream_before_origin(repo: Repo, root: Commit) -> None:
    work(repo, root, "agent/x", "refs/remotes/origin/agent/x", "refs/remotes/up/agent/x")
    for key, value in {
        "remote.up.url": "https://example.com/r",
        "remote.up.fetch": "+refs/heads/*:refs/remotes/up/*",
        "branch.agent/x.remote": "up",
        "branch.agent/x.merge": "refs/heads/agent/x",
    }.items():
        repo.git("config", key, value)
    branches = named(fleet(repo))
    assert branches["agent/x"].remote_ref == "refs/remotes/up/agent/x"
    assert sorted(branches) == ["agent/x", "origin/agent/x"]


def test_strange_names_are_kept_as_they_are(repo: Repo, root: Commit) -> None:
    names = [
        "agent/#1", "agent/100%", 'agent/"q"', "agent/🌸", "agent/ÄÖ", "agent/bad\udcff", "agent/Case",
        "agent/case", "agent/a.\u2024b", "agent/{x}", "agent/;rm", "agent/-f",
    ]  # fmt: skip
    work(repo, root, *names)
    branches = named(fleet(repo))
    assert sorted(branches) == sorted(names)
    assert all(branches[name].ref == f"refs/heads/{name}" for name in names)


def test_a_limit_keeps_the_last_names_by_number(repo: Repo, root: Commit) -> None:
    work(repo, root, *(f"refs/pull/{number}/head" for number in (2, 9, 10, 100)))
    assert list_names(repo, refs=("refs/pull/*/head",), limit=2) == ["pull/10/head", "pull/100/head"]
