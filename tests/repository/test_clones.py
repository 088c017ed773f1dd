"""Every kind of repository, and the promise that it costs the same processes and stays as it was.

Belongs here: where a fleet is read from. Not here: what is told of its branches.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.git import process, queries
from agentledger.model.fleet import Fleet, State
from gitrepo import Repo
from reading import all_objects, branch, fleet, named, patches
from samples import mixed

pytestmark = pytest.mark.versions


def summary(fleet_: Fleet) -> list[object]:
    """What has to be the same wherever a fleet is read from."""
    return [(b.name, b.head, b.state, b.changes, b.code_tree, b.conflict, b.agent) for b in fleet_.branches]


# -- where a fleet can be read from -----------------------------------------------------


def test_every_folder_of_a_repository_shows_the_same_fleet(tmp_path: Path) -> None:
    repo = mixed(Repo.init(tmp_path / "r"), 6)
    repo.commit("main", {"deep/er/f": "1\n"})
    repo.checkout()
    linked = repo.worktree_add(tmp_path / "linked", "agent/0")
    expected = fleet(repo)
    for start in (repo.path / "deep/er", linked.path, repo.path / ".git", repo.path / ".git/refs"):
        fleet_ = fleet(start)
        assert (summary(fleet_), fleet_.name, fleet_.base) == (summary(expected), "r", expected.base)
        assert named(fleet_)["agent/0"].worktree == named(expected)["agent/0"].worktree


def test_a_bare_repository_and_its_worktrees_show_the_same_fleet(tmp_path: Path) -> None:
    bare = mixed(Repo.init(tmp_path / "hub.git", bare=True), 6)
    bare.ref("develop", bare.commit("main", {"f": "2\n"}))
    linked = bare.worktree_add(tmp_path / "w", "agent/0")
    one, other = fleet(bare), fleet(linked)
    assert (summary(one), one.name, one.base) == (summary(other), "hub", other.base)
    worktree = branch(bare, "agent/0").worktree
    assert worktree is not None
    assert worktree.path == "../w"


def test_sha256_repositories_are_read_as_others_are(tmp_path: Path) -> None:
    one, two = (mixed(Repo.init(tmp_path / kind, kind), 6) for kind in ("sha1", "sha256"))
    old, new = fleet(one), fleet(two)
    assert new.object_format == "sha256"
    assert len(new.base.head) == 64
    for before, after in zip(old.branches, new.branches, strict=True):
        assert (before.name, before.state, before.added, before.agent) == (
            after.name, after.state, after.added, after.agent
        )  # fmt: skip
        assert (before.conflict is None) == (after.conflict is None)
        assert (
            before.conflict is None or after.conflict is None or before.conflict.clean == after.conflict.clean
        )


def test_reftable_repositories_are_read_where_git_has_them(tmp_path: Path) -> None:
    (tmp_path / "probe").mkdir()
    plain = mixed(Repo.init(tmp_path / "files"), 6)
    has_it = plain.exit_code("init", "--quiet", "--ref-format=reftable", str(tmp_path / "probe")) == 0
    assert has_it == (queries.read_version(process.repository_at(tmp_path)) >= (2, 45))
    if has_it:
        other = mixed(Repo.init(tmp_path / "tables", options=["--ref-format=reftable"]), 6)
        assert summary(fleet(other)) == summary(fleet(plain))


def test_objects_that_lie_in_other_repositories_are_found(tmp_path: Path) -> None:
    repo = mixed(Repo.init(tmp_path / 'q"uo te'), 6)
    borrowed = tmp_path / "borrowed"
    repo.git("clone", "--quiet", "--shared", "--bare", str(repo.path), str(borrowed))
    again = Repo(tmp_path / "again")
    repo.git("clone", "--quiet", "--shared", "--bare", str(borrowed), str(again.path))
    assert again.count_objects() == 0
    assert summary(fleet(again)) == summary(fleet(repo))


def test_variables_that_git_sets_for_hooks_do_not_lead_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = mixed(Repo.init(tmp_path / "r"), 6)
    other = Repo.init(tmp_path / "other")
    other.commit("main", {"x": "1\n"})
    other.flush()
    expected = summary(fleet(repo))
    for name, value in {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": "index.lock",
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git/objects"),
        "GIT_NAMESPACE": "n",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
    }.items():
        monkeypatch.setenv(name, value)
    assert summary(fleet(repo)) == expected


def test_replacements_and_grafts_are_not_believed(tmp_path: Path) -> None:
    repo = mixed(Repo.init(tmp_path / "r"), 6)
    expected = summary(fleet(repo))
    repo.git("replace", repo.git("rev-parse", "agent/0"), repo.git("rev-parse", "agent/1"))
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/grafts").write_text(repo.git("rev-parse", "agent/5") + "\n")
    assert summary(fleet(repo)) == expected


# -- clones that lack something ---------------------------------------------------------


def test_a_partial_clone_fetches_nothing_and_says_what_it_could_not_compute(tmp_path: Path) -> None:
    origin = mixed(Repo.init(tmp_path / "r"), 6)
    clone = origin.clone(tmp_path / "c", "--filter=blob:none", "--no-checkout")
    before = all_objects(clone)
    assert not [line for line in before if " blob " in line]
    fleet_, texts = patches(clone, ["agent/0"])
    assert all_objects(clone) == before
    assert [b.state for b in fleet_.branches] == [b.state for b in fleet(origin).branches]
    entry = named(fleet_)["agent/0"]
    assert [(c.path, c.added, c.removed, c.binary) for c in entry.changes] == [(b"0.txt", None, None, None)]
    assert (entry.added, entry.lines_counted) == (None, False)
    assert [(patch.body, patch.omitted) for patch in texts["agent/0"]] == [(b"", "missing")]
    # Adding a file merges without a look into it; of two edits of one file nobody can tell.
    edited = named(fleet_)["agent/1"].conflict
    assert edited is not None
    assert edited.clean is None
    assert edited.failed.startswith("git cannot merge these two: ")
    assert "This is a partial clone" in fleet_.notes[0]
    assert [b.code_tree for b in fleet_.branches] == [b.code_tree for b in fleet(origin).branches]


def test_what_is_fetched_later_is_computed_then(tmp_path: Path) -> None:
    origin = mixed(Repo.init(tmp_path / "r"), 6)
    clone = origin.clone(tmp_path / "c", "--filter=blob:none", "--no-checkout")
    assert named(fleet(clone))["agent/1"].added is None
    clone.git("fetch", "--quiet", "--refetch", "--no-filter")
    agent_branch = named(fleet(clone))["agent/1"]
    assert agent_branch.added == 2
    assert agent_branch.conflict is not None
    assert agent_branch.conflict.clean is False


def test_a_shallow_clone_shows_what_it_can_and_says_how_to_mend_the_rest(tmp_path: Path) -> None:
    origin = Repo.init(tmp_path / "r")
    old = origin.commit("main", {"f": "0\n"})
    for number in range(6):
        origin.commit("main", {"m": f"{number}\n"})
    origin.commit("agent/near", {"n": "1\n"}, parents=[origin.commit("main", {"m": "9\n"})])
    origin.commit("agent/far", {"g": "0\n"}, parents=[old])
    for number in range(6):
        origin.commit("agent/far", {"g": f"{number}\n"})
    origin.commit("main", {"m": "10\n"})
    clone = origin.clone(tmp_path / "c", "--depth=3", "--no-single-branch")
    read = fleet(clone)
    far, near = named(read)["agent/far"], named(read)["agent/near"]
    assert far.state is State.UNREADABLE
    assert far.state_why.endswith("git fetch --unshallow")
    assert (near.state, near.ahead, near.behind) == (State.OPEN, 1, 1)
    assert near.conflict is not None
    assert near.conflict.clean
    assert "shallow clone" in read.notes[-1]
    clone.git("fetch", "--quiet", "--unshallow")
    assert (branch(clone, "agent/far").ahead, branch(clone, "agent/far").behind) == (7, 8)
