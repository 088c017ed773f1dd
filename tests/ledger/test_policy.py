"""The repository's policy: read from base's tip and nowhere else, and which base that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.model.policy import Policy
from gitrepo import Commit, Repo
from reading import fleet, named

FILE = ".agentledger/config.toml"
STRICT = "version = 1\nrequire_briefs = true\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """main, and an agent's branch one commit ahead of it."""
    made = Repo.init(tmp_path / "r")
    root = made.commit("main", {"src/a.py": "1\n"})
    made.commit("agent/x", {"src/a.py": "2\n"}, parents=[root])
    return made


def rule(repo: Repo, text: str | bytes, name: str = "main") -> Commit:
    """A commit of that policy on a branch."""
    return repo.commit(name, {FILE: text}, parents=None if name != "next" else ["refs/heads/main"])


def test_without_a_file_the_defaults_count(repo: Repo) -> None:
    fleet_ = fleet(repo)
    assert (fleet_.policy, fleet_.notes) == (Policy(), ())


def test_it_is_read_from_base(repo: Repo) -> None:
    rule(repo, STRICT)
    assert fleet(repo).policy.require_briefs


def test_an_agent_s_branch_and_any_work_tree_have_no_say(repo: Repo, tmp_path: Path) -> None:
    rule(repo, STRICT)
    repo.commit("agent/x", {FILE: "version = 1\nrequire_briefs = false\n"})
    repo.checkout("main")
    beside = repo.worktree_add(tmp_path / "beside", "agent/x")
    for place in (repo, beside):
        (place.path / FILE).write_text("version = 1\nenforce = false\n")
        policy = fleet(place).policy
        assert (policy.require_briefs, policy.enforce) == (True, True)


def test_the_base_that_it_names_is_base_and_its_policy_counts(repo: Repo) -> None:
    rule(repo, "version = 1\nbase = 'next'\n")
    rule(repo, STRICT, "next")
    fleet_ = fleet(repo)
    assert (fleet_.base.name, fleet_.base.why) == ("next", f"named in {FILE} on main")
    assert fleet_.base.head == repo.git("rev-parse", "next")
    assert fleet_.policy.require_briefs
    assert named(fleet_)["agent/x"].merge_bases == (repo.git("merge-base", "agent/x", "next"),)


def test_the_other_base_has_no_third_to_name(repo: Repo) -> None:
    rule(repo, "version = 1\nbase = 'next'\n")
    rule(repo, "version = 1\nbase = 'main'\n", "next")
    assert fleet(repo).base.name == "next"


def test_a_base_that_the_user_asks_for_outranks_the_one_named(repo: Repo) -> None:
    rule(repo, "version = 1\nbase = 'next'\n")
    rule(repo, STRICT, "next")
    fleet_ = fleet(repo, base="main")
    assert (fleet_.base.name, fleet_.policy.require_briefs) == ("main", False)


def test_a_named_base_that_is_not_here_is_told_and_base_stays(repo: Repo) -> None:
    rule(repo, STRICT + "base = 'gone'\n")
    fleet_ = fleet(repo)
    assert (fleet_.base.name, fleet_.policy.require_briefs) == ("main", True)
    (note,) = fleet_.notes
    assert note.startswith("Policy: `base` names a branch that is not here: gone (base stays main; ")


@pytest.mark.parametrize(
    ("text", "note_part"),
    [
        ("version = 1\nrequire_briefs = \n", "Policy: "),
        ("require_brief = true\n", "require_briefs"),
        (b"\xff\xfe\0", "Policy: "),
        ("version = 1\n" + "# much\n" * 50_000, "Policy: it is too long to be a policy"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_fleet_is_read_all_the_same(
    repo: Repo, text: str | bytes, note_part: str
) -> None:
    rule(repo, text)
    fleet_ = fleet(repo)
    assert any(note_part in note for note in fleet_.notes), fleet_.notes
    assert all(note.startswith("Policy: ") for note in fleet_.notes)
    assert named(fleet_)["agent/x"].ahead == 1
    assert not fleet_.policy.require_briefs


def test_one_wrong_key_leaves_the_others_in_force(repo: Repo) -> None:
    rule(repo, STRICT + "dormant = 'soon'\n")
    fleet_ = fleet(repo)
    assert (fleet_.policy.require_briefs, fleet_.policy.dormant) == (True, Policy().dormant)
    assert len(fleet_.notes) == 1
