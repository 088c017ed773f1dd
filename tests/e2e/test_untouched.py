"""The promise to every repository: nothing of it changes but for a folder of agentledger's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import command
from gitrepo import Repo

OWN = ".git/agentledger"


class Kept(NamedTuple):
    """What may not change of a file. `written` is 0 where it may, `content` empty for a folder."""

    mode: int
    inode: int
    written: int
    content: bytes


def kept(root: Path) -> dict[str, Kept]:
    """Every file and folder below `root`, but for agentledger's own.

    When a simulated merge comes to an object that is there already, git marks that object as
    still in use by its time; its bytes stay.
    """
    found = {}
    for path in [root, *root.rglob("*")]:
        name = path.relative_to(root).as_posix()
        if name != OWN and not name.startswith(f"{OWN}/"):
            state = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            timed = not (name.startswith(".git/objects/") and path.is_file())
            found[name] = Kept(state.st_mode, state.st_ino, state.st_mtime_ns if timed else 0, content)
    return found


def test_nothing_changes_in_a_repository_in_use(repo: Repo, tmp_path: Path) -> None:
    root = repo.git("rev-parse", "main~1")
    repo.commit("agent/conflict", {"a.txt": "three\n"}, parents=[root])
    repo.commit("agent/squashed", {"s.txt": "s\n"}, parents=[root])
    repo.commit("main", {"s.txt": "s\n"}, parents=[repo.git("rev-parse", "main")])
    repo.flush()
    repo.git("reset", "-q", "--hard")
    linked = repo.worktree_add(tmp_path / "linked", "agent/good")
    (linked.path / "good.txt").write_text("more\n")
    # Staged, unstaged and new; a.txt only looks changed, which tempts git to refresh the index.
    (repo.path / "staged.txt").write_text("staged\n")
    repo.git("add", "staged.txt")
    (repo.path / "new.txt").write_text("new\n")
    (repo.path / "d" / "x").write_text("y\n")
    os.utime(repo.path / "a.txt", (1, 1))
    # The folder is made beforehand, for the time of .git to stay.
    (repo.path / OWN).mkdir()
    before, objects = (kept(repo.path), kept(linked.path)), repo.count_objects()

    out = tmp_path / "out"
    found = command.branches(repo.path)
    command.site(repo.path, "--out", str(out))
    command.site(linked.path, "--out", str(out))
    command.run(repo.path, "board", "--no-forecast", "--all")

    assert {entry["state"] for entry in found.values()} == {"open", "absorbed"}
    assert found["agent/conflict"]["base_conflict"]["clean"] is False
    assert (kept(repo.path), kept(linked.path)) == before
    assert repo.count_objects() == objects
    assert sorted(path.name for path in tmp_path.iterdir()) == ["linked", "out", "shop"]
    assert {path.name for path in (repo.path / OWN).iterdir()} == {"cache.sqlite", "tmp"}


def test_the_site_in_its_default_place_is_ignored_by_git(repo: Repo) -> None:
    before = kept(repo.path)
    command.site(repo.path)
    new = {name for name in kept(repo.path) if name not in before}
    assert {name.partition("/")[0] for name in new} == {".agentledger-site"}
    assert repo.git("status", "--porcelain") == ""
