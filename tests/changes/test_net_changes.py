"""What a branch changed, line counts and code trees: as git's own commands print them."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from agentledger.changes import line_counts
from agentledger.model.fleet import Branch, Change
from gitrepo import Commit, Files, Repo
from reading import branch, fleet, named

pytestmark = pytest.mark.versions

RAW = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev")


def random_branches(folder: Path, seed: int, count: int, object_format: str = "sha1") -> Repo:
    """Base with a random tree, and branches `agent/<n>` that each edit it in one commit."""
    dice = random.Random(seed)
    repo = Repo.init(folder, object_format)
    before = samples.tree(dice)
    root = repo.commit("main", before)
    for number in range(count):
        repo.commit(f"agent/{number}", samples.edit(dice, before), parents=[root])
    return repo


def raw(repo: Repo, agent_branch: Branch) -> list[tuple[bytes, ...]]:
    """Mode, id, status and path of each change, from git's raw diff."""
    tokens = repo.git_bytes(*RAW, agent_branch.merge_bases[0], agent_branch.head).split(b"\0")
    return [(*header[1:].split(b" "), path) for header, path in zip(tokens[0::2], tokens[1::2], strict=False)]


def numstat(repo: Repo, agent_branch: Branch) -> dict[bytes, tuple[bytes, bytes]]:
    """Added and removed lines of each path as git prints them, `-` for binary."""
    out = repo.git_bytes(
        "diff", "--numstat", "-z", "--no-renames", agent_branch.merge_bases[0], agent_branch.head
    )
    rows = [word.split(b"\t", 2) for word in out.split(b"\0") if word]
    return {path: (added, removed) for added, removed, path in rows}


def counts(change: Change) -> tuple[bytes, bytes]:
    """A change's counts, in git's spelling."""
    assert (change.binary is True) == (change.added is None) == (change.removed is None)
    return (b"-", b"-") if change.binary else (b"%d" % (change.added or 0), b"%d" % (change.removed or 0))


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6))
def test_changes_and_line_counts_are_those_that_git_prints(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = random_branches(Path(folder) / "r", seed, 6)
        for agent_branch in fleet(repo).branches:
            assert [
                (*(word.encode() for word in (c.old_mode, c.new_mode, c.old, c.new, c.status)), c.path)
                for c in agent_branch.changes
            ] == raw(repo, agent_branch)
            # Of a change of type, git's numstat compares a symlink's target with a file's lines; of a
            # new mode on an unchanged binary file it says that the file is binary, not that no line changed.
            plain = [c for c in agent_branch.changes if c.status != "T" and c.old != c.new]
            expected = numstat(repo, agent_branch)
            assert {c.path: counts(c) for c in plain} == {c.path: expected[c.path] for c in plain}
            assert agent_branch.lines_counted
            assert agent_branch.added == sum(c.added or 0 for c in agent_branch.changes)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


def test_each_kind_of_change_is_told_apart(repo: Repo) -> None:
    before: Files = {
        "mode": "1\n", "bin": b"\0old", "link": ("120000", "a"), "sub": ("160000", "1" * 40),
        "gone": "1\n2\n", "tolink": "1\n2\n", "tosub": "1\n", "same": "s",
    }  # fmt: skip
    root = repo.commit("main", before)
    after: Files = {
        "mode": ("100755", "1\n"), "bin": b"\0new", "link": ("120000", "b"), "sub": ("160000", "2" * 40),
        "gone": None, "tolink": ("120000", "x"), "tosub": ("160000", "1" * 40), "new": "1\n2\n3",
    }  # fmt: skip
    repo.commit("agent/x", after, parents=[root])
    facts = {
        c.path.decode(): (c.status, c.old_mode, c.new_mode, c.added, c.removed, c.binary)
        for c in branch(repo).changes
    }
    assert facts == {
        "bin": ("M", "100644", "100644", None, None, True),
        "gone": ("D", "100644", "000000", 0, 2, False),
        "link": ("M", "120000", "120000", 1, 1, False),
        "mode": ("M", "100644", "100755", 0, 0, False),
        "new": ("A", "000000", "100644", 3, 0, False),
        "sub": ("M", "160000", "160000", 1, 1, False),
        "tolink": ("T", "100644", "120000", 1, 2, False),
        "tosub": ("T", "100644", "160000", 1, 1, False),
    }


def test_changes_start_from_the_merge_base_and_follow_no_renames(repo: Repo) -> None:
    root = repo.commit("main", {"old": "1\n2\n3\n4\n", "f": "0\n"})
    repo.commit("agent/x", {"old": None, "new": "1\n2\n3\n4\n"}, parents=[root])
    repo.commit("main", {"f": "1\n"})
    assert [(c.path, c.status) for c in branch(repo).changes] == [(b"new", "A"), (b"old", "D")]


def test_counts_are_kept_and_wrong_ones_in_the_cache_are_not_believed(repo: Repo) -> None:
    root = repo.commit("main", {"f": "1\n"})
    repo.commit("agent/x", {"f": "2\n3\n"}, parents=[root])
    first = branch(repo).changes
    assert branch(repo).changes == first
    assert branch(repo, lines=False).added is None
    assert branch(repo, lines=False).changes[0].binary is None


def test_a_huge_file_is_not_counted_and_makes_no_wrong_sum(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_counts, "LARGE_BLOB", 1000)
    root = repo.commit("main", {"f": "1\n"})
    repo.commit("agent/huge", {"big": "line\n" * 201, "small": "1\n"}, parents=[root])
    repo.commit("agent/most", {"big": "line\n" * 200}, parents=[root])
    branches = named(fleet(repo))
    huge = {c.path: c for c in branches["agent/huge"].changes}
    assert (huge[b"big"].added, huge[b"big"].binary, huge[b"small"].added) == (None, None, 1)
    assert (branches["agent/huge"].added, branches["agent/huge"].lines_counted) == (None, False)
    assert branches["agent/most"].added == 200


def test_a_damaged_blob_leaves_its_own_file_uncounted_only(repo: Repo) -> None:
    root = repo.commit("main", {"f": "1\n"})
    for name in ("agent/a", "agent/x", "agent/z"):
        repo.commit(name, {f"{name}{n}": f"{name} {n}\n" * 30 for n in range(5)}, parents=[root])
    samples.cut_short(repo, "agent/x:agent/x2")
    branches = named(fleet(repo, forecast=False))
    assert [c.added for c in branches["agent/x"].changes] == [30, 30, None, 30, 30]
    assert branches["agent/x"].added is None
    assert (branches["agent/a"].added, branches["agent/z"].added) == (150, 150)


# -- the code tree ----------------------------------------------------------------------


def without_ledger(repo: Repo, commit: Commit) -> str:
    """The id that `git mktree` gives for the root tree without the ledger's folder."""
    entries = repo.git_bytes("ls-tree", "-z", commit.id)
    other_entries = [line for line in entries.split(b"\0") if not line.endswith(b"\t.agentledger")]
    return repo.git_bytes("mktree", "-z", "--missing", input=b"\0".join(other_entries)).decode().strip()


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_the_code_tree_is_the_tree_without_the_ledger(tmp_path: Path, object_format: str) -> None:
    repo = Repo.init(tmp_path / "r", object_format)
    ledger = {".agentledger/tasks/x/brief.md": "# x\n"}
    root = repo.commit("main", {"f": "0\n", "dir/g": "0\n", ".a": "0\n", "\udcff": "0\n"})
    heads = {
        "agent/with": repo.commit("agent/with", ledger | {"f": "1\n"}, parents=[root]),
        "agent/only": repo.commit("agent/only", ledger, parents=[root]),
        "agent/without": repo.commit("agent/without", {"f": "1\n"}, parents=[root]),
        # Not the ledger's folder: a file of that name, and a folder of that name elsewhere.
        "agent/file": repo.commit("agent/file", {".agentledger": "x"}, parents=[root]),
        "agent/deep": repo.commit("agent/deep", {"dir/.agentledger/x": "x"}, parents=[root]),
        "agent/none": root,
    }
    repo.ref("agent/none", root)
    branches = named(fleet(repo))
    for name in ("agent/with", "agent/only", "agent/without", "agent/deep", "agent/none"):
        assert branches[name].code_tree == without_ledger(repo, heads[name])
    assert branches["agent/file"].code_tree == repo.git("rev-parse", "agent/file^{tree}")
    assert branches["agent/with"].code_tree == branches["agent/without"].code_tree
    assert branches["agent/only"].code_tree == branches["agent/none"].code_tree
