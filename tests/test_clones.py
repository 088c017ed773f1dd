"""Every kind of repository, and the promise that it costs the same processes and stays as it was.

Belongs here: where a fleet is read from. Not here: what is told of its branches.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from agentledger import git
from agentledger.errors import LedgerError, NotARepository
from agentledger.model import Fleet, State
from agentledger.snapshot import Request, fingerprint
from gitrepo import START, Repo
from reading import DAY, branch, fleet, git_commands, named, patches


def fill(repo: Repo, branches: int) -> Repo:
    """Branches of six kinds by turns: clean, in conflict, squashed, merged, untouched for long, checked in."""
    root = repo.commit("main", {"f": "0\n", "g": "0\n"}, at=START - 99 * DAY)
    for number in range(branches):
        name, kind = f"agent/{number}", number % 6
        own = {f"{number}.txt": f"{number}\n"}
        extra = {1: {"f": f"branch {number}\n"}, 5: {".agentledger/tasks/x/status/1.md": "---\nagent: zed\n---\n"}}
        old = {"at": START - 30 * DAY} if kind == 4 else {}
        work = repo.commit(name, own | extra.get(kind, {}), parents=[root], **old)
        if kind == 2:
            repo.commit("main", own)
        elif kind == 3:
            repo.merge("main", [repo.commit("main", {"g": f"{number}\n"}), work], own)
    repo.commit("main", {"f": "1\n"})
    repo.flush()
    return repo


def summary(found: Fleet) -> list[object]:
    """What has to be the same wherever a fleet is read from."""
    return [(b.name, b.head, b.state, b.changes, b.code_tree, b.conflict, b.agent) for b in found.branches]


# -- processes ------------------------------------------------------------------------


def test_the_number_of_git_processes_does_not_depend_on_the_number_of_branches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    for branches in (6, 60, 120):
        repo = fill(Repo.init(tmp_path / f"r{branches}"), branches)
        repo.worktree_add(tmp_path / f"w{branches}", "agent/0")
        names = [f"agent/{number}" for number in range(branches)]
        with git_commands(monkeypatch, tmp_path / f"trace{branches}") as commands:
            found = patches(repo, names)[0]
        assert len(found.branches) == branches
        assert len(Counter(b.state for b in found.branches)) == 4
        counted.append(commands)
    few, many, more = counted
    assert many == more
    # Merges are shared out to two processes, but not a handful of them.
    assert few | {"merge-tree": 0} == many | {"merge-tree": 0}
    assert few.total() <= many.total() < 40


def test_a_worktree_costs_one_status_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = fill(Repo.init(tmp_path / "r"), 6)
    fleet(repo)
    counted = []
    for number in range(3):
        with git_commands(monkeypatch, tmp_path / f"trace{number}") as commands:
            fleet(repo)
        counted.append(commands)
        repo.worktree_add(tmp_path / f"w{number}", f"agent/{number}")
    assert [commands["status"] for commands in counted] == [1, 2, 3]
    assert counted[0].total() == counted[2].total() - 2


# -- where a fleet can be read from -----------------------------------------------------


def test_every_folder_of_a_repository_shows_the_same_fleet(tmp_path: Path) -> None:
    repo = fill(Repo.init(tmp_path / "r"), 6)
    repo.commit("main", {"deep/er/f": "1\n"})
    repo.checkout()
    linked = repo.worktree_add(tmp_path / "linked", "agent/0")
    expected = fleet(repo)
    for start in (repo.path / "deep/er", linked.path, repo.path / ".git", repo.path / ".git/refs"):
        found = fleet(start)
        assert (summary(found), found.name, found.base) == (summary(expected), "r", expected.base)
        assert named(found)["agent/0"].worktree == named(expected)["agent/0"].worktree


def test_a_bare_repository_and_its_worktrees_show_the_same_fleet(tmp_path: Path) -> None:
    bare = fill(Repo.init(tmp_path / "hub.git", bare=True), 6)
    bare.ref("develop", bare.commit("main", {"f": "2\n"}))
    linked = bare.worktree_add(tmp_path / "w", "agent/0")
    one, other = fleet(bare), fleet(linked)
    assert (summary(one), one.name, one.base) == (summary(other), "hub", other.base)
    worktree = branch(bare, "agent/0").worktree
    assert worktree is not None
    assert worktree.path == "../w"


def test_sha256_repositories_are_read_as_others_are(tmp_path: Path) -> None:
    one, two = (fill(Repo.init(tmp_path / kind, kind), 6) for kind in ("sha1", "sha256"))
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
    plain = fill(Repo.init(tmp_path / "files"), 6)
    has_it = plain.exit_code("init", "--quiet", "--ref-format=reftable", str(tmp_path / "probe")) == 0
    assert has_it == (git.version(git.repository(tmp_path)) >= (2, 45))
    if has_it:
        other = fill(Repo.init(tmp_path / "tables", options=["--ref-format=reftable"]), 6)
        assert summary(fleet(other)) == summary(fleet(plain))


def test_objects_that_lie_in_other_repositories_are_found(tmp_path: Path) -> None:
    repo = fill(Repo.init(tmp_path / 'q"uo te'), 6)
    borrowed = tmp_path / "borrowed"
    repo.git("clone", "--quiet", "--shared", "--bare", str(repo.path), str(borrowed))
    again = Repo(tmp_path / "again")
    repo.git("clone", "--quiet", "--shared", "--bare", str(borrowed), str(again.path))
    assert again.count_objects() == 0
    assert summary(fleet(again)) == summary(fleet(repo))


def test_variables_that_git_sets_for_hooks_do_not_lead_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = fill(Repo.init(tmp_path / "r"), 6)
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
    repo = fill(Repo.init(tmp_path / "r"), 6)
    expected = summary(fleet(repo))
    repo.git("replace", repo.git("rev-parse", "agent/0"), repo.git("rev-parse", "agent/1"))
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/grafts").write_text(repo.git("rev-parse", "agent/5") + "\n")
    assert summary(fleet(repo)) == expected


# -- clones that lack something ---------------------------------------------------------


def all_objects(repo: Repo) -> list[str]:
    return sorted(repo.git("cat-file", "--batch-all-objects", "--batch-check", "--unordered").splitlines())


def test_a_partial_clone_fetches_nothing_and_says_what_it_could_not_compute(tmp_path: Path) -> None:
    origin = fill(Repo.init(tmp_path / "r"), 6)
    clone = origin.clone(tmp_path / "c", "--filter=blob:none", "--no-checkout")
    before = all_objects(clone)
    assert not [line for line in before if " blob " in line]
    found, texts = patches(clone, ["agent/0"])
    assert all_objects(clone) == before
    assert [b.state for b in found.branches] == [b.state for b in fleet(origin).branches]
    entry = named(found)["agent/0"]
    assert [(c.path, c.added, c.removed, c.binary) for c in entry.changes] == [(b"0.txt", None, None, None)]
    assert (entry.added, entry.lines_counted) == (None, False)
    assert [(patch.body, patch.omitted) for patch in texts["agent/0"]] == [(b"", "missing")]
    # Adding a file merges without a look into it; of two edits of one file nobody can tell.
    edited = named(found)["agent/1"].conflict
    assert edited is not None
    assert edited.clean is None
    assert edited.failed.startswith("git cannot merge these two: ")
    assert "This is a partial clone" in found.notes[0]
    assert [b.code_tree for b in found.branches] == [b.code_tree for b in fleet(origin).branches]


def test_what_is_fetched_later_is_computed_then(tmp_path: Path) -> None:
    origin = fill(Repo.init(tmp_path / "r"), 6)
    clone = origin.clone(tmp_path / "c", "--filter=blob:none", "--no-checkout")
    assert named(fleet(clone))["agent/1"].added is None
    clone.git("fetch", "--quiet", "--refetch", "--no-filter")
    found = named(fleet(clone))["agent/1"]
    assert found.added == 2
    assert found.conflict is not None
    assert found.conflict.clean is False


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


# -- nothing is left behind -------------------------------------------------------------


def test_reading_leaves_objects_refs_and_files_as_they_were(tmp_path: Path) -> None:
    repo = fill(Repo.init(tmp_path / "r"), 12)
    repo.checkout()

    def state() -> list[object]:
        files = {p: p.stat().st_mtime_ns for p in repo.path.rglob("*") if p.is_file()}
        ours = {p: at for p, at in files.items() if repo.path / ".git/agentledger" not in p.parents}
        return [ours, all_objects(repo), repo.count_objects(), repo.git("for-each-ref")]

    before = state()
    patches(repo, ["agent/0", "agent/1"])
    assert state() == before
    assert [p.name for p in (repo.path / ".git/agentledger").iterdir() if p.name != "cache.sqlite"] == ["tmp"]
    assert list((repo.path / ".git/agentledger/tmp").iterdir()) == []


def test_a_repository_that_cannot_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    repo = fill(Repo.init(tmp_path / "r"), 6)
    # A file where our folder would be keeps even root from making it.
    (repo.path / ".git/agentledger").write_text("in the way")
    assert named(fleet(repo))["agent/1"].conflict is not None
    assert (repo.path / ".git/agentledger").read_text() == "in the way"


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    repo = fill(Repo.init(tmp_path / "r"), 6)
    folder = repo.path / ".git/agentledger/tmp"
    (folder / "merge-999999999-x/objects").mkdir(parents=True)
    (folder / f"merge-{os.getppid()}-y").mkdir()
    fleet(repo)
    assert [left.name for left in folder.iterdir()] == [f"merge-{os.getppid()}-y"]


def test_the_fingerprint_changes_with_refs_worktrees_and_requests_only(tmp_path: Path) -> None:
    repo = fill(Repo.init(tmp_path / "r"), 6)
    linked = repo.worktree_add(tmp_path / "w", "agent/0")
    seen = [fingerprint(repo.path, Request(now=1))]
    assert fingerprint(repo.path, Request(now=2)) == seen[0]
    seen.append(fingerprint(repo.path, Request(base="agent/1")))
    (linked.path / "new").write_text("x")
    seen.append(fingerprint(repo.path, Request()))
    repo.commit("agent/1", {"z": "1\n"})
    repo.flush()
    seen.append(fingerprint(repo.path, Request()))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("start", ["nothing", "plain", "file"])
def test_a_folder_in_no_repository_is_named_with_a_hint(tmp_path: Path, start: str) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotARepository) as caught:
        fleet(tmp_path / start)
    assert str(tmp_path / start) in caught.value.message
    assert "--repo" in caught.value.hint
    assert isinstance(caught.value, LedgerError)
