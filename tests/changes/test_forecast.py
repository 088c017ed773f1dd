"""Conflicts with base: git's own verdict, whatever the user's repository is set up to do."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import damage
import samples
from agentledger.model.conflict import Conflict
from gitrepo import Commit, Repo
from reading import branch, fleet, git_commands, named

pytestmark = pytest.mark.versions

LINES = "".join(f"line {number}\n" for number in range(1, 21))


def edited(number: int, line: str) -> str:
    return LINES.replace(f"line {number}\n", f"{line}\n")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture
def root(repo: Repo) -> Commit:
    return repo.commit("main", {"f": LINES, "g": LINES})


def conflict(repo: Repo, name: str = "agent/x") -> Conflict:
    forecast = branch(repo, name).conflict
    assert forecast is not None
    return forecast


def kinds(forecast: Conflict) -> dict[bytes, str]:
    assert forecast.clean is False
    return {file.path: file.kind for file in forecast.files}


# -- verdicts ---------------------------------------------------------------------------


def test_a_branch_that_merges_is_clean(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": edited(3, "mine"), "new": "1\n"}, parents=[root])
    repo.commit("main", {"f": edited(15, "theirs")})
    assert conflict(repo) == Conflict(True)


def test_a_conflict_tells_the_file_and_its_lines_as_git_marks_them(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": edited(3, "mine").replace("line 12", "mine")}, parents=[root])
    base = repo.commit("main", {"f": edited(3, "theirs").replace("line 12", "theirs")})
    (file,) = conflict(repo).files
    assert (file.path, file.kind) == (b"f", "content")
    one, two = file.hunks
    head = repo.git("rev-parse", "agent/x")
    marked = f"<<<<<<< {base.id}\ntheirs\n=======\nmine\n>>>>>>> {head}".encode()
    assert (one.line, one.text, one.cut) == (3, marked, 0)
    assert (two.line, two.text) == (16, marked)


def test_each_kind_of_conflict_is_named(repo: Repo, root: Commit) -> None:
    start = repo.commit("main", {"bin": b"\0old", "dir": "x\n", "del": LINES, "mod": LINES})
    mine = {"bin": b"\0mine", "del": None, "mod": edited(3, "mine"), "both": "mine\n", "f": edited(3, "mine")}
    theirs = {"bin": b"\0theirs", "del": edited(3, "x"), "mod": None, "both": "x\n", "f": edited(3, "x")}
    repo.commit("agent/x", mine, parents=[start])
    repo.commit("main", theirs)
    forecast = conflict(repo)
    assert kinds(forecast) == {
        b"bin": "content",
        b"both": "add/add",
        b"del": "modify/delete",
        b"f": "content",
        b"mod": "modify/delete",
    }
    hunks = {file.path: len(file.hunks) for file in forecast.files}
    assert hunks == {b"bin": 0, b"both": 1, b"del": 0, b"f": 1, b"mod": 0}


def test_long_regions_are_cut_and_say_by_how_much(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": "mine\n" * 100}, parents=[root])
    repo.commit("main", {"f": "theirs\n" * 50})
    (hunk,) = conflict(repo).files[0].hunks
    assert hunk.text.count(b"\n") + 1 + hunk.cut == 153
    assert hunk.cut == 93


def test_a_path_that_is_not_utf8_conflicts_under_its_own_name(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {b"\xff\n": "mine\xff\n"}, parents=[root])
    repo.commit("main", {b"\xff\n": b"\xfe\n"})
    first = conflict(repo)
    assert kinds(first) == {b"\xff\n": "add/add"}
    assert b"\xfe" in first.files[0].hunks[0].text
    assert conflict(repo) == first


def test_histories_without_a_common_commit_are_not_merged(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"new": "1\n"}, parents=[])
    repo.commit("agent/y", {"new": "1\n"}, parents=[root])
    assert conflict(repo) == Conflict(None, failed="it shares no history with main")
    assert conflict(repo, "agent/y").clean


def test_only_open_branches_are_merged_and_none_when_left_out(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": edited(3, "mine")}, parents=[root])
    repo.ref("agent/empty", root)
    assert named(fleet(repo))["agent/empty"].conflict is None
    left_out = fleet(repo, forecast=False)
    assert [b.conflict for b in left_out.branches] == [None, None]
    assert not left_out.forecast


@pytest.mark.parametrize("harm", [damage.remove, samples.cut_short])
def test_a_merge_that_needs_a_missing_or_damaged_blob_is_never_clean(
    repo: Repo, root: Commit, harm: object
) -> None:
    for number in range(5):
        repo.commit(f"agent/{number}", {"f": edited(2 + number, f"mine {number}")}, parents=[root])
    repo.commit("main", {"f": edited(15, "theirs")})
    assert callable(harm)
    repo.flush()
    harm(repo, "agent/2:f")
    branches = named(fleet(repo))
    broken = branches["agent/2"].conflict
    assert broken is not None
    assert broken.clean is None
    assert broken.failed.startswith("git cannot merge these two: ")
    assert [branches[f"agent/{n}"].conflict for n in (0, 1, 3, 4)] == [Conflict(True)] * 4


# -- git's own answer -------------------------------------------------------------------


def real_merge(repo: Repo, ours: str, theirs: str) -> tuple[bool, set[bytes]]:
    """What `git merge` comes to in the work tree: clean or not, and the unmerged paths."""
    repo.git("checkout", "--quiet", "--force", "--detach", ours)
    clean = repo.exit_code("merge", "--quiet", "--no-edit", theirs) == 0
    unmerged = repo.git_bytes("ls-files", "--unmerged", "-z").split(b"\0")
    repo.git("reset", "--quiet", "--hard")
    repo.git("clean", "--quiet", "-fdx")
    return clean, {entry.partition(b"\t")[2] for entry in unmerged if entry}


@settings(max_examples=4)
@given(seed=st.integers(0, 10**6))
def test_verdicts_are_those_of_a_real_merge(seed: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo.init(Path(folder) / "r")
        before = {path: ("100644", samples.text(dice)) for path in ("a", "dir/b", "c d", "ü")}
        start = repo.commit("main", before)
        for name in ("main", "agent/0", "agent/1", "agent/2"):
            changed = dice.sample(sorted(before), 2)
            files = {path: ("100644", samples.change(dice, before[path][1])) for path in changed}
            gone = {path: None for path in before if path not in changed and dice.random() < 0.2}
            repo.commit(name, files | gone | {f"{name}.txt": name}, parents=[start])
        for agent_branch in fleet(repo).branches:
            assert agent_branch.conflict is not None
            clean, paths = real_merge(repo, "main", agent_branch.head)
            assert agent_branch.conflict.clean is clean
            assert {file.path for file in agent_branch.conflict.files} == paths


# -- remembered -------------------------------------------------------------------------


def test_a_verdict_is_computed_once_for_each_base_and_head(
    repo: Repo, root: Commit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo.commit("agent/x", {"f": edited(3, "mine")}, parents=[root])
    repo.commit("agent/y", {"g": edited(3, "mine")}, parents=[root])
    repo.commit("main", {"f": edited(3, "theirs")})

    def merges(number: int) -> int:
        with git_commands(monkeypatch, tmp_path / f"trace{number}") as commands:
            assert [b.conflict is not None for b in fleet(repo).branches] == [True, True]
        return commands["merge-tree"]

    assert (merges(1), merges(2)) == (1, 0)
    first = fleet(repo)
    repo.commit("agent/x", {"f": LINES, "h": "1\n"})
    assert (merges(3), merges(4)) == (1, 0)
    assert branch(repo).conflict == Conflict(True)
    repo.commit("main", {"f": LINES, "g": edited(3, "theirs")})
    assert (merges(5), merges(6)) == (1, 0)
    assert named(first)["agent/y"].conflict == Conflict(True)
    assert kinds(conflict(repo, "agent/y")) == {b"g": "content"}
