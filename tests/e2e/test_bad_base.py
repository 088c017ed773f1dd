"""No base, a base that is none, a base that is damaged: what exists is named, and the hint works."""

from __future__ import annotations

from pathlib import Path

import pytest

import command
import damage
from gitrepo import Repo

pytestmark = pytest.mark.versions


def typed(repo: Repo, hint: str) -> str:
    """The name of base after following a hint such as `name one: --base main; there are: …`."""
    option = hint.partition(": ")[2].partition(";")[0].split()
    assert option[0] == "--base", hint
    name: str = command.board(repo.path, *option)["base"]["name"]
    return name


@pytest.mark.parametrize("name", ["board", "site"])
def test_no_branch_has_a_usual_name(repo: Repo, name: str) -> None:
    repo.git("branch", "-m", "main", "shop")
    said = command.refused(repo.path, name)
    assert said.message == "which branch is base? None is called main, master, trunk or develop"
    assert said.hint.endswith("; there are: agent/bad, agent/good, shop")
    assert typed(repo, said.hint) == "shop"
    assert not (repo.path / ".agentledger-site").exists()


def test_standing_on_an_agent_s_branch_does_not_make_it_base(repo: Repo) -> None:
    repo.git("branch", "-m", "main", "shop")
    repo.git("switch", "-q", "agent/good")
    assert typed(repo, command.refused(repo.path, "board").hint) == "shop"


def test_several_branches_have_usual_names(repo: Repo) -> None:
    for name in ("develop", "trunk"):
        repo.git("branch", name, "main")
    said = command.refused(repo.path, "board")
    assert said.message == "which branch is base? main, trunk and develop all exist"
    assert typed(repo, said.hint) == "main"


def test_base_given_twice(repo: Repo) -> None:
    said = command.run(repo.path, "board", "--base", "main", "--base", "agent/good")
    assert (said.code, said.out) == (2, "")
    assert "--base was given 2 times (main and agent/good); a fleet has one base." in said.err


def test_a_base_that_is_no_branch(repo: Repo) -> None:
    repo.git("tag", "v1", "main")
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    for name in ("mian", "v1", "HEAD", "-x"):
        said = command.refused(repo.path, "board", f"--base={name}")
        assert said.message == f"there is no branch {name!r} to take as base"
        assert said.hint == "there are: agent/bad, agent/good, main, origin/main"


def test_a_base_by_its_full_ref(repo: Repo) -> None:
    repo.git("tag", "-a", "-m", "1", "v1", "main~1")
    found = command.board(repo.path, "--base", "refs/tags/v1")["base"]
    assert (found["name"], found["head"]) == ("tags/v1", repo.git("rev-parse", "main~1"))


def test_an_unborn_head_beside_other_branches(repo: Repo) -> None:
    repo.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert command.board(repo.path)["base"]["name"] == "main"
    assert "index.html" in command.site(repo.path)


def test_a_detached_head(repo: Repo) -> None:
    repo.git("switch", "-q", "--detach", "agent/good")
    found = command.board(repo.path)
    assert found["base"]["name"] == "main"
    assert {entry["state"] for entry in found["branches"]} == {"open"}


def test_a_base_that_leads_to_no_commit(repo: Repo) -> None:
    blob = repo.git("rev-parse", "main:a.txt")
    repo.git("tag", "blob", blob)
    said = command.refused(repo.path, "site", "--base", "refs/tags/blob")
    assert said.message == "base cannot be read: refs/tags/blob points to a blob"
    assert said.hint == "name a branch with --base"


@pytest.mark.parametrize(
    ("lost", "harm", "words"),
    [
        ("main", damage.remove, "refs/heads/main points to an object that is missing or damaged"),
        ("main", damage.truncate, "refs/heads/main points to an object that is missing or damaged"),
        ("main^{tree}", damage.garble, "refs/heads/main points to a commit whose tree is missing or damaged"),
        *(("main~1", harm, None) for harm in damage.HARMS),
    ],
)
def test_base_s_own_history_is_damaged(repo: Repo, lost: str, harm: damage.Harm, words: str | None) -> None:
    oid = repo.git("rev-parse", lost)
    harm(repo, lost)
    said = command.refused(repo.path, "site")
    assert said.message.startswith("base cannot be read: ")
    # git's reason names the object.
    assert (words or oid) in said.message
    assert str(repo.path) not in said.message
    assert "git fsck" in said.hint
    assert not (repo.path / ".agentledger-site").exists()


def test_of_two_copies_of_base_the_readable_one_is_taken_and_it_says_so(repo: Repo) -> None:
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    repo.commit("main", {"a.txt": "three\n"}, parents=[repo.git("rev-parse", "main")])
    repo.flush()
    damage.unpack(repo)
    good = repo.git("rev-parse", "origin/main")
    damage.remove(repo, "main")
    found = command.board(repo.path)["base"]
    assert (found["ref"], found["head"]) == ("refs/remotes/origin/main", good)
    assert found["why"].endswith("; refs/heads/main points to an object that is missing or damaged")


def test_the_file_of_base_s_ref_is_broken(repo: Repo) -> None:
    (repo.path / ".git" / "refs" / "heads" / "main").write_text("garbage\n")
    said = command.refused(repo.path, "board")
    assert said.hint.endswith("there are: agent/bad, agent/good; broken: refs/heads/main")


def test_a_shallow_clone_that_ends_before_the_merge_base(repo: Repo, tmp_path: Path) -> None:
    repo.commit("main", {"a.txt": "three\n"}, parents=[repo.git("rev-parse", "main")])
    shallow = repo.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch")
    found = command.branches(shallow.path)["agent/good"]
    assert found["state"] == "unreadable"
    assert found["state_why"] == "a shallow clone cuts it off before it meets main: git fetch --unshallow"
    assert found["next_action"]["command"] == "git fetch --unshallow"
    assert command.branches(shallow.path, "--base", "agent/bad")["agent/good"]["state"] == "unreadable"
    # The hint works: after it, everything can be read.
    shallow.git("fetch", "-q", "--unshallow")
    assert command.branches(shallow.path)["agent/good"]["state"] == "open"
