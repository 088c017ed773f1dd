"""What reading costs and leaves behind: processes, files, fingerprints; and where there is nothing."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import read_fingerprint
from agentledger.model.errors import LedgerError, NotARepository
from gitrepo import Repo
from reading import all_objects, fleet, git_commands, named, patches
from samples import mixed

# -- processes ------------------------------------------------------------------------


def test_the_number_of_git_processes_does_not_depend_on_the_number_of_branches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    for branches in (6, 60, 120):
        repo = mixed(Repo.init(tmp_path / f"r{branches}"), branches)
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
    assert few.total() <= many.total() < 48


def test_a_worktree_costs_one_status_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = mixed(Repo.init(tmp_path / "r"), 6)
    fleet(repo)
    counted = []
    for number in range(3):
        with git_commands(monkeypatch, tmp_path / f"trace{number}") as commands:
            fleet(repo)
        counted.append(commands)
        repo.worktree_add(tmp_path / f"w{number}", f"agent/{number}")
    assert [commands["status"] for commands in counted] == [1, 2, 3]
    assert counted[0].total() == counted[2].total() - 2


# -- nothing is left behind -------------------------------------------------------------


def test_reading_leaves_objects_refs_and_files_as_they_were(tmp_path: Path) -> None:
    repo = mixed(Repo.init(tmp_path / "r"), 12)
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
    repo = mixed(Repo.init(tmp_path / "r"), 6)
    # A file where our folder would be keeps even root from making it.
    (repo.path / ".git/agentledger").write_text("in the way")
    assert named(fleet(repo))["agent/1"].conflict is not None
    assert (repo.path / ".git/agentledger").read_text() == "in the way"


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    repo = mixed(Repo.init(tmp_path / "r"), 6)
    folder = repo.path / ".git/agentledger/tmp"
    (folder / "merge-999999999-x/objects").mkdir(parents=True)
    (folder / f"merge-{os.getppid()}-y").mkdir()
    fleet(repo)
    assert [left.name for left in folder.iterdir()] == [f"merge-{os.getppid()}-y"]


def test_the_fingerprint_changes_with_refs_worktrees_and_requests_only(tmp_path: Path) -> None:
    repo = mixed(Repo.init(tmp_path / "r"), 6)
    linked = repo.worktree_add(tmp_path / "w", "agent/0")
    seen = [read_fingerprint(repo.path, Request(now=1))]
    assert read_fingerprint(repo.path, Request(now=2)) == seen[0]
    seen.append(read_fingerprint(repo.path, Request(base="agent/1")))
    (linked.path / "new").write_text("x")
    seen.append(read_fingerprint(repo.path, Request()))
    repo.commit("agent/1", {"z": "1\n"})
    repo.flush()
    seen.append(read_fingerprint(repo.path, Request()))
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
