"""The text of changes: what `git diff` prints, and a reason where there is none."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import damage
import samples
from agentledger.changes import patches
from agentledger.model.fleet import Branch, FilePatch
from gitrepo import Commit, Files, Repo
from reading import named
from reading import patches as read


def printed(repo: Repo, branch: Branch, path: bytes) -> list[bytes]:
    """What `git diff` prints for a path, from the first `@@` on; two texts where the type changed."""
    output = repo.git_bytes(
        "--literal-pathspecs", "diff", "--no-renames", branch.merge_bases[0], branch.head, "--",
        path.decode("utf-8", "surrogateescape"),
    )  # fmt: skip
    texts: list[bytes] = []
    for line in lines(output):
        if line.startswith(b"diff --git "):
            texts.append(b"")
        elif texts[-1] or line.startswith(b"@@ "):
            texts[-1] += line
    return texts


def lines(text: bytes) -> list[bytes]:
    """Lines with their ends; only a line feed ends one."""
    return [line + b"\n" for line in text.split(b"\n")[:-1]]


@settings(max_examples=4)
@given(seed=st.integers(0, 10**6))
def test_bodies_are_what_git_diff_prints(seed: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo.init(Path(folder) / "r")
        before = samples.tree(dice)
        root = repo.commit("main", before)
        names = [f"agent/{number}" for number in range(3)]
        for name in names:
            repo.commit(name, samples.edit(dice, before), parents=[root])
        fleet, texts = read(repo, names)
        for name, files in texts.items():
            branch = named(fleet)[name]
            assert list(dict.fromkeys(file.change for file in files)) == list(branch.changes)
            for change in branch.changes:
                mine = [file for file in files if file.change == change]
                if "160000" not in (change.old_mode, change.new_mode) and change.binary is False:
                    assert [file.body for file in mine] == printed(repo, branch, change.path)
                    assert {file.omitted for file in mine} == {""}
                else:
                    assert {file.body for file in mine if file.omitted} <= {b""}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture
def root(repo: Repo) -> Commit:
    return repo.commit("main", {"f": "1\n2\n", "bin": b"\0old", "sub": ("160000", "1" * 40)})


def one(repo: Repo, name: str = "agent/x") -> tuple[FilePatch, ...]:
    return read(repo, [name])[1][name]


def test_a_change_of_type_is_a_deletion_and_an_addition(repo: Repo, root: Commit) -> None:
    repo.commit("agent/x", {"f": ("120000", "target")}, parents=[root])
    gone, new = one(repo)
    assert gone.change is new.change
    assert gone.body == b"@@ -1,2 +0,0 @@\n-1\n-2\n"
    assert new.body == b"@@ -0,0 +1 @@\n+target\n\\ No newline at end of file\n"


def test_what_has_no_text_has_an_empty_body(repo: Repo, root: Commit) -> None:
    files: Files = {"bin": b"\0new", "f": ("100755", "1\n2\n"), "sub": ("160000", "2" * 40), "void": ""}
    repo.commit("agent/x", files, parents=[root])
    patches = {file.change.path: (file.body, file.omitted) for file in one(repo)}
    assert patches == {b"bin": (b"", "binary"), b"f": (b"", ""), b"sub": (b"", ""), b"void": (b"", "")}


@pytest.mark.parametrize("counted", [True, False])
def test_binary_content_is_known_without_line_counts_too(repo: Repo, root: Commit, counted: bool) -> None:
    repo.commit("agent/x", {"bin": b"\0new", "f": "1\n"}, parents=[root])
    texts = read(repo, ["agent/x"], lines=counted)[1]["agent/x"]
    assert [file.omitted for file in texts] == ["binary", ""]


def test_a_long_patch_is_left_out_and_its_neighbours_are_not(
    repo: Repo, root: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "MOST_LINES", 10)
    monkeypatch.setattr(patches, "MOST_BYTES", 100)
    monkeypatch.setattr(patches, "LARGE_BLOB", 1000)
    files = {
        "a-lines": "1\n" * 10, "b-fit": "1\n" * 9, "c-bytes": "x" * 100 + "\n", "d-blob": "x\n" * 501,
        "e-after": "1\n",
    }  # fmt: skip
    repo.commit("agent/x", files, parents=[root])
    omitted = {file.change.path.decode(): file.omitted for file in one(repo)}
    assert omitted == {"a-lines": "large", "b-fit": "", "c-bytes": "large", "d-blob": "large", "e-after": ""}


def test_content_that_looks_like_a_patch_stays_content(repo: Repo, root: Commit) -> None:
    fake = (
        f"diff --git a/0000000 b/0000000\n{'a' * 40} {'b' * 40}\nBinary files a and b differ\n@@ -1 +1 @@\n"
    )
    repo.commit("agent/x", {"f": fake, "g": fake}, parents=[root])
    changed, new = one(repo)
    assert new.body == b"@@ -0,0 +1,4 @@\n" + b"".join(b"+" + line for line in lines(fake.encode()))
    assert changed.body.startswith(b"@@ -1,2 +1,4 @@\n-1\n-2\n+diff --git a/0000000")


def test_missing_content_is_missing_for_its_own_file_only(repo: Repo, root: Commit) -> None:
    for name in ("agent/a", "agent/x"):
        repo.commit(name, {"f": f"{name}\n", "g": f"{name} g\n"}, parents=[root])
    damage.remove(repo, "agent/x:f")
    texts = read(repo, ["agent/x", "agent/a"])[1]
    assert [(file.omitted, bool(file.body)) for file in texts["agent/x"]] == [("missing", False), ("", True)]
    assert [(file.omitted, bool(file.body)) for file in texts["agent/a"]] == [("", True), ("", True)]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_damaged_content_is_unreadable_for_its_own_file_only(repo: Repo, root: Commit, place: int) -> None:
    names = [f"agent/{number}" for number in range(3)]
    for name in names:
        repo.commit(name, {f"{n}": f"{name} {n}\n" * 50 for n in range(4)}, parents=[root])
    samples.cut_short(repo, f"agent/{place}:2")
    texts = read(repo, names)[1]
    for number, name in enumerate(names):
        expected = [("unreadable", False) if (number, n) == (place, 2) else ("", True) for n in range(4)]
        assert [(file.omitted, bool(file.body)) for file in texts[name]] == expected


def test_branches_come_in_the_order_asked_for_each_with_its_changes(repo: Repo, root: Commit) -> None:
    for number in range(4):
        repo.commit(f"agent/{number}", {f"{n}": f"{number}\n" for n in range(number)}, parents=[root])
    repo.ref("agent/empty", root)
    names = ["agent/2", "agent/empty", "agent/0", "agent/3", "agent/2", "agent/1"]
    with_files = {name: len(files) for name, files in read(repo, list(dict.fromkeys(names)))[1].items()}
    assert with_files == {"agent/2": 2, "agent/empty": 0, "agent/0": 0, "agent/3": 3, "agent/1": 1}
