"""Half-made, moved and damaged worktrees: the others are shown, and so are all branches."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import command
from gitrepo import Repo

pytestmark = pytest.mark.versions

Harm = Callable[[Path, Path], object]


def written(name: str, content: bytes) -> Harm:
    """A file of the worktree's entry in the git directory has this content."""
    return lambda entry, _folder: (entry / name).write_bytes(content)


def removed(name: str) -> Harm:
    """A file of the worktree's entry in the git directory is gone."""
    return lambda entry, _folder: (entry / name).unlink()


def linked_to(content: bytes) -> Harm:
    """The file `.git` of the worktree has this content."""
    return lambda _entry, folder: (folder / ".git").write_bytes(content)


def folder_is_a_file(_entry: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def folder_is_on_a_disk_that_is_away(entry: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    (entry / "locked").write_text("on a disk that is not here\n")


HARMS: dict[str, tuple[Harm, bool]] = {
    # Whether the folder still counts as a worktree of that branch.
    "gitdir-nowhere": (written("gitdir", b"/nowhere/.git\n"), False),
    "gitdir-empty": (written("gitdir", b""), False),
    "gitdir-garbage": (written("gitdir", b"\0\xff\n\n"), False),
    "gitdir-gone": (removed("gitdir"), False),
    "head-garbage": (written("HEAD", b"\xff garbage\n"), False),
    "head-empty": (written("HEAD", b""), False),
    "head-gone": (removed("HEAD"), False),
    "commondir-garbage": (written("commondir", b"nowhere\n"), True),
    "commondir-gone": (removed("commondir"), True),
    "index-garbage": (written("index", b"garbage\n"), True),
    "link-garbage": (linked_to(b"garbage\0\xff"), True),
    "link-nowhere": (linked_to(b"gitdir: /nowhere\n"), True),
    "folder-gone": (lambda _entry, folder: shutil.rmtree(folder), False),
    "folder-file": (folder_is_a_file, False),
    "folder-away": (folder_is_on_a_disk_that_is_away, False),
}


@pytest.fixture
def many(repo: Repo, tmp_path: Path) -> dict[str, Path]:
    """A worktree for each harm, harmed so, and one that is well; by the name of its branch."""
    folders = {name: tmp_path / "trees" / name for name in (*HARMS, "well")}
    for name, folder in folders.items():
        repo.git("branch", f"agent/{name}", "agent/good")
        repo.worktree_add(folder, f"agent/{name}")
    for name, (harm, _) in HARMS.items():
        harm(repo.path / ".git" / "worktrees" / name, folders[name])
    (repo.path / ".git" / "worktrees" / "empty").mkdir()
    (repo.path / ".git" / "worktrees" / "file").write_text("")
    (folders["well"] / "new\nfile \udcff").write_text("new")
    return folders


@pytest.mark.parametrize("start", ["shop", "trees/well"])
def test_only_what_git_can_tell_is_told(many: dict[str, Path], tmp_path: Path, start: str) -> None:
    found = command.branches(tmp_path / start)
    assert {entry["state"] for entry in found.values()} == {"open"}
    for name, (_, counts) in HARMS.items():
        unknown = {"dirty": None, "touched_at": None, "uncommitted": None, "under_way": None}
        shown = {"path": f"../trees/{name}", **unknown} if counts else None
        assert found[f"agent/{name}"]["worktree"] == shown, name
    well = found["agent/well"]["worktree"]
    assert (well["path"], well["dirty"]) == ("../trees/well", True)
    assert well["touched_at"]


def test_the_site_is_built_and_nothing_is_mended_or_pruned(many: dict[str, Path], tmp_path: Path) -> None:
    before = command.tree(tmp_path / "shop" / ".git" / "worktrees"), command.tree(tmp_path / "trees")
    files = command.site(tmp_path / "shop", "--out", str(tmp_path / "out"))
    assert len([path for path in files if path.startswith("branch/")]) == len(many) + 2
    after = command.tree(tmp_path / "shop" / ".git" / "worktrees"), command.tree(tmp_path / "trees")
    assert after == before


def test_the_folder_of_worktrees_is_a_file(repo: Repo) -> None:
    (repo.path / ".git" / "worktrees").write_text("")
    assert command.branches(repo.path)["agent/good"]["worktree"] is None
