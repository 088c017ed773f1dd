"""A change that base has already, under another commit; and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

import samples
from agentledger.model.fleet import Branch, State
from gitrepo import START, Commit, Repo
from reading import DAY, branch, fleet, git_commands, named

pytestmark = pytest.mark.versions

LINES = [f"line {number}" for number in range(40)]


def text(changes: dict[int, str] | None = None) -> str:
    """Forty lines, some of them replaced by number."""
    return "".join(f"{(changes or {}).get(at, line)}\n" for at, line in enumerate(LINES))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture
def root(repo: Repo) -> Commit:
    return repo.commit("main", {"f": text(), "g": text(), "h": "0\n"})


def assert_absorbed(agent_branch: Branch, landing: Commit) -> None:
    assert agent_branch.state is State.ABSORBED, agent_branch.state_why
    assert agent_branch.same_as == landing.id
    assert agent_branch.state_why == f"same change as {landing.id[:12]}"


def assert_open(agent_branch: Branch, why: str = "") -> None:
    assert (agent_branch.state, agent_branch.same_as, agent_branch.state_why) == (State.OPEN, None, why)


def squash(repo: Repo, files: dict[str, str]) -> Commit:
    """A commit on base, and one after it that has nothing to do with it."""
    landing = repo.commit("main", files)
    repo.commit("main", {"h": f"{landing.mark}\n"})
    return landing


# -- the three ways to find it ----------------------------------------------------------


def test_a_squash_of_the_same_content_is_found(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    repo.commit("agent/x", {"new": "1\n"})
    repo.commit("main", {"h": "1\n"})
    landing = squash(repo, {"f": text({3: "x"}), "new": "1\n"})
    agent_branch = branch(repo)
    assert_absorbed(agent_branch, landing)
    assert (agent_branch.ahead, len(agent_branch.changes)) == (2, 2)


def test_a_squash_onto_a_file_that_base_changed_far_away_is_found(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"}), "new": "1\n"}, parents=[root])
    repo.commit("main", {"f": text({33: "base"})})
    landing = squash(repo, {"f": text({3: "x", 33: "base"}), "new": "1\n"})
    assert_absorbed(branch(repo), landing)


def test_a_squash_beside_lines_that_base_changed_is_found_by_merging(repo: Repo, root: Commit) -> None:
    # Inside the context of the patch, which is a different patch then, but apart enough to merge.
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    repo.commit("main", {"f": text({5: "base"})})
    landing = squash(repo, {"f": text({3: "x", 5: "base"})})
    assert_absorbed(branch(repo), landing)


def test_commits_landed_one_by_one_are_found_at_the_last_one(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    repo.commit("agent/x", {"g": text({7: "x"})})
    repo.commit("agent/x", {"f": text({3: "x", 20: "x"})})
    repo.commit("main", {"h": "1\n"})
    repo.commit("main", {"f": text({3: "x"})})
    repo.commit("main", {"g": text({7: "x"})})
    assert_open(branch(repo))
    landing = squash(repo, {"f": text({3: "x", 20: "x"})})
    assert_absorbed(branch(repo), landing)


def test_a_squash_merge_commit_on_the_first_parent_line_counts(repo: Repo, root: Commit) -> None:
    work = repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    copy = repo.commit("copy", {"f": text({3: "x"})}, parents=[root], author=("Bob", "bob@example.com"))
    landing = repo.merge("main", [repo.commit("main", {"h": "1\n"}), copy], {"f": text({3: "x"})})
    assert work.id != copy.id
    assert_absorbed(branch(repo), landing)


def test_deletions_modes_links_and_binaries_are_found(repo: Repo, root: Commit) -> None:
    base = repo.commit("main", {"bin": b"\0old", "run": "x\n", "link": ("120000", "f"), "gone": "1\n"})
    files = {"bin": b"\0new", "run": ("100755", "x\n"), "link": ("120000", "g"), "gone": None}
    for path, content in files.items():
        repo.commit(f"agent/{path}", {path: content}, parents=[base])
    landings = {path: repo.commit("main", {path: content}) for path, content in files.items()}
    branches = named(fleet(repo))
    for path, landing in landings.items():
        assert_absorbed(branches[f"agent/{path}"], landing)


# -- what is not the same change --------------------------------------------------------


def test_other_content_in_the_same_files_is_not_the_same(repo: Repo, root: Commit) -> None:
    before = repo.commit("main", {"s.py": "if a:\n    b()\n    c()\n", "bin": b"\0old"})
    rows: dict[str, tuple[dict[str, str | bytes], dict[str, str | bytes]]] = {
        "whitespace": ({"s.py": "if a:\n    b()\n    c()\nd()\n"}, {"s.py": "if a:\n    b()\nc()\nd()\n"}),
        "binary": ({"bin": b"\0mine"}, {"bin": b"\0theirs"}),
        "part": ({"f": text({3: "x"}), "g": text({3: "x"})}, {"f": text({3: "x"})}),
        "more": ({"f": text({3: "y"})}, {"f": text({3: "y"}), "g": text({3: "y"})}),
        "other-line": ({"f": text({9: "z"})}, {"f": text({29: "z"})}),
    }
    for name, (mine, _) in rows.items():
        repo.commit(f"agent/{name}", mine, parents=[before])
    for _, theirs in rows.values():
        repo.commit("main", theirs)
        repo.commit("main", {"s.py": "if a:\n    b()\n    c()\n", "bin": b"\0old", "f": text(), "g": text()})
    for agent_branch in fleet(repo).branches:
        assert_open(agent_branch)


def test_an_indent_that_differs_is_another_change(repo: Repo, root: Commit) -> None:
    base = repo.commit("main", {"s.py": "if a:\n    b()\n" + text()})
    repo.commit("agent/x", {"s.py": "if a:\n    b()\n    c()\n" + text()}, parents=[base])
    repo.commit("main", {"s.py": "if a:\n    b()\n" + text({30: "base"})})
    repo.commit("main", {"s.py": "if a:\n    b()\nc()\n" + text({30: "base"})})
    assert_open(branch(repo))


def test_what_base_had_before_the_branch_began_does_not_count(repo: Repo, root: Commit) -> None:
    repo.commit("main", {"f": text({3: "x"})})
    back = repo.commit("main", {"f": text()})
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[back])
    repo.commit("main", {"h": "1\n"})
    assert_open(branch(repo))


def test_work_after_the_squash_is_open(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    squash(repo, {"f": text({3: "x"})})
    repo.commit("agent/x", {"f": text({3: "x", 20: "more"})})
    assert_open(branch(repo))


# -- lost again -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reverts",
    [
        pytest.param([{"f": text(), "new": None}], id="whole"),
        pytest.param(
            [{"f": text({3: "x", 30: "base"})}, {"f": text({30: "base"}), "new": None}],
            id="after other changes to the file",
        ),
    ],
)
def test_a_change_that_base_reverted_is_reverted(
    repo: Repo, root: Commit, reverts: list[dict[str, str | None]]
) -> None:
    repo.commit("agent/x", {"f": text({3: "x"}), "new": "1\n"}, parents=[root])
    squash(repo, {"f": text({3: "x"}), "new": "1\n"})
    for files in reverts:
        repo.commit("main", files)
    assert branch(repo).state is State.REVERTED


def test_a_change_that_base_lost_beside_other_changes_is_open(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"}), "new": "1\n"}, parents=[root])
    landing = squash(repo, {"f": text({3: "x"}), "new": "1\n"})
    repo.commit("main", {"f": text({30: "base"}), "new": None})
    agent_branch = branch(repo)
    assert (agent_branch.state, agent_branch.same_as) == (State.OPEN, None)
    assert agent_branch.state_why == f"same change as {landing.id[:12]}, which base has lost since"


def test_a_change_of_which_base_lost_one_file_is_absorbed_and_says_which(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"}), "new": "1\n"}, parents=[root])
    landing = squash(repo, {"f": text({3: "x"}), "new": "1\n"})
    repo.commit("main", {"f": text()})
    agent_branch = branch(repo)
    assert agent_branch.state is State.ABSORBED
    assert agent_branch.state_why == f"same change as {landing.id[:12]}; base has lost it since in f"


def test_a_squash_that_left_the_ledger_out_is_absorbed(repo: Repo, root: Commit) -> None:
    ledger = {".agentledger/tasks/x/status/1.md": "done\n"}
    repo.commit("agent/x", {"f": text({3: "x"}), **ledger}, parents=[root])
    repo.commit("main", {"f": text({33: "base"})})
    landing = squash(repo, {"f": text({3: "x", 33: "base"})})
    assert_absorbed(branch(repo), landing)


def test_a_change_that_landed_again_after_its_revert_is_absorbed(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    squash(repo, {"f": text({3: "x"})})
    squash(repo, {"f": text()})
    again = squash(repo, {"f": text({3: "x"})})
    assert_absorbed(branch(repo), again)


def test_a_change_that_base_built_upon_stays_absorbed(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"}), "new": text({3: "x"})}, parents=[root])
    landing = squash(repo, {"f": text({3: "x"}), "new": text({3: "x"})})
    repo.commit("main", {"f": text({3: "x", 4: "more", 30: "more"}), "new": text({3: "xyz"})})
    repo.commit("main", {"f": None, "moved/f": text({3: "x", 4: "more"})})
    assert_absorbed(branch(repo), landing)


def test_a_new_file_that_base_moved_afterwards_is_not_lost(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"}), "new": text({9: "new"})}, parents=[root])
    landing = squash(repo, {"f": text({3: "x"}), "new": text({9: "new"})})
    repo.commit("main", {"new": None, "lib/new": text({9: "new"})})
    assert_absorbed(branch(repo), landing)


# -- remembered -------------------------------------------------------------------------


def test_a_second_look_reads_nothing_again_and_says_the_same(
    repo: Repo, root: Commit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    repo.commit("agent/y", {"g": text({3: "y"})}, parents=[root])
    landing = squash(repo, {"f": text({3: "x"})})
    assert_absorbed(branch(repo, now=START + 99 * DAY), landing)  # dormant or not
    (repo.path / ".git/agentledger/cache.sqlite").unlink()
    with git_commands(monkeypatch, tmp_path / "first") as commands:
        first = fleet(repo)
    with git_commands(monkeypatch, tmp_path / "second") as again:
        assert fleet(repo) == first
    assert commands["merge-tree"] == 1
    assert again["merge-tree"] == again["patch-id"] == 0
    assert again["ls-tree"] == 1  # base's ledger folder; base's whole tree is not asked for again


def test_base_may_move_on_or_back_between_two_looks(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": text({3: "x"})}, parents=[root])
    before = repo.commit("main", {"h": "1\n"})
    assert_open(branch(repo))
    landing = squash(repo, {"f": text({3: "x"})})
    assert_absorbed(branch(repo), landing)
    squash(repo, {"g": text({3: "base"})})
    assert_absorbed(branch(repo), landing)
    squash(repo, {"f": text()})
    assert branch(repo).state is State.REVERTED
    squash(repo, {"f": text({3: "x"})})
    assert branch(repo).state is State.ABSORBED
    repo.ref("main", before)
    assert_open(branch(repo))
    repo.ref("main", landing)
    assert_absorbed(branch(repo), landing)


def test_a_damaged_blob_ends_nobody_else_s_search(repo: Repo, root: Commit) -> None:
    names = ("agent/a", "agent/x", "agent/z")
    for name in names:
        start = repo.commit("main", {name: text({0: name})})
    for name in names:
        repo.commit(name, {name: text({0: name, 20: "own"})}, parents=[start])
        repo.commit("main", {name: text({0: name, 39: "under"})})
    landings = {name: repo.commit("main", {name: text({0: name, 20: "own", 39: "under"})}) for name in names}
    samples.cut_short(repo, "agent/x:agent/x")
    branches = named(fleet(repo))
    assert_absorbed(branches["agent/a"], landings["agent/a"])
    assert_absorbed(branches["agent/z"], landings["agent/z"])
    assert branches["agent/x"].state is State.OPEN
    assert branches["agent/x"].conflict is not None
    assert branches["agent/x"].conflict.clean is None
