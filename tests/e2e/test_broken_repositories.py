"""The real command on damaged, odd and hostile repositories: what is readable is built, the rest is named."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from command import refused, run
from damage import garble, remove, truncate, unpack
from gitrepo import Repo

START = 1_790_000_000


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A base, one good agent branch, and one to be damaged."""
    made = Repo.init(tmp_path / "r")
    base = made.commit("main", {"a.txt": "1\n", "b.txt": "1\n"}, at=START)
    made.commit("agent/good", {"a.txt": "2\n"}, parents=[base], at=START + 60)
    made.commit("agent/bad", {"b.txt": "3\n"}, parents=[base], at=START + 90)
    made.flush()
    return made


def board(repo: Repo) -> dict[str, dict[str, object]]:
    said = run(repo.path, "board", "--format", "json", "--dormant", "never")
    assert said.code == 0, said
    return {branch["name"]: branch for branch in json.loads(said.out)["branches"]}


@pytest.mark.parametrize("harm", [remove, truncate, garble])
@pytest.mark.parametrize("name", ["agent/bad", "agent/bad^{tree}"])
def test_a_branch_with_a_bad_object_is_unreadable_and_the_rest_is_built(
    repo: Repo, harm: object, name: str
) -> None:
    unpack(repo)
    assert callable(harm)
    harm(repo, name)
    branches = board(repo)
    assert branches["agent/bad"]["state"] == "unreadable"
    assert branches["agent/bad"]["state_why"]
    assert branches["agent/good"]["state"] == "open"
    said = run(repo.path, "site")
    assert said.code == 0, said
    page = (repo.path / ".agentledger-site" / "index.html").read_text()
    assert "agent/good" in page
    assert "agent/bad" in page


def test_a_branch_with_a_missing_file_is_shown_without_what_needs_it(repo: Repo) -> None:
    unpack(repo)
    remove(repo, "agent/bad:b.txt")
    bad = board(repo)["agent/bad"]
    assert bad["state"] == "open"
    assert bad["size"] == {"files": 1, "added": None, "removed": None}
    assert board(repo)["agent/good"]["size"] == {"files": 1, "added": 1, "removed": 1}


def test_a_damaged_base_is_one_sentence(repo: Repo) -> None:
    unpack(repo)
    remove(repo, "main")
    assert "base cannot be read" in refused(repo.path, "board").message


def test_a_ref_to_something_else_than_a_commit_is_unreadable(repo: Repo) -> None:
    blob = repo.git("rev-parse", "main:a.txt")
    repo.git("tag", "blob", blob)
    repo.git("tag", "-a", "-m", "x", "note", "agent/good")
    said = run(repo.path, "board", "--format", "json", "--refs", "refs/tags/*", "--dormant", "never")
    states = {b["name"]: (b["state"], b["state_why"]) for b in json.loads(said.out)["branches"]}
    assert states["tags/blob"] == ("unreadable", "points to a blob, not to a commit")
    assert states["tags/note"][0] == "open"


def test_bytes_that_are_no_text_are_spelled_out_everywhere(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    base = repo.commit("main", {"a": "1\n"})
    repo.commit("agent/x", {b"b\xffd": "2\n"}, parents=[base], message=b"odd \xfe subject", at=START)
    repo.flush()
    change = board(repo)["agent/x"]["changes"][0]  # type: ignore[index]
    assert change["path"] == "b\\xffd"
    assert change["path_base64"] == "Yv9k"
    assert run(repo.path, "site", "--dormant", "never").code == 0
    for file in (repo.path / ".agentledger-site").rglob("*.html"):
        file.read_text("utf-8")


@pytest.mark.slow
def test_a_blob_of_300_megabytes_is_neither_read_nor_counted(repo: Repo) -> None:
    huge = repo.path / "huge.txt"
    with huge.open("wb") as file:
        for _ in range(300):
            file.write(b"0123456\n" * 131072)
    blob = repo.git("hash-object", "-w", str(huge))
    huge.unlink()
    repo.commit("agent/huge", {"a.txt": "4\n"}, parents=[repo.git("rev-parse", "main")], at=START)
    repo.flush()
    tree = repo.git("ls-tree", "agent/huge") + f"\n100644 blob {blob}\thuge.txt\n"
    listing = repo.path / "listing"
    listing.write_text(tree)
    made = repo.git("-c", "alias.mk=!git mktree < listing", "mk")
    listing.unlink()
    commit = repo.git("commit-tree", made, "-p", "agent/huge", "-m", "huge")
    repo.git("update-ref", "refs/heads/agent/huge", commit)
    watch = (
        f"import resource, sys; from agentledger.cli import main; sys.argv = {['agentledger', 'site']!r}\n"
    )
    watch += "try: main()\nfinally: "
    watch += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", watch], cwd=repo.path, capture_output=True, text=True)
    assert done.returncode == 0, done
    assert int(done.stderr.split()[-1]) < 200
    huge_changes = {c["path"]: c for c in board(repo)["agent/huge"]["changes"]}  # type: ignore[attr-defined]
    assert huge_changes["huge.txt"]["added"] is None


def test_git_that_is_missing_or_too_old_is_told(repo: Repo, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    assert "git is not installed" in refused(repo.path, "board", env={"PATH": str(empty)}).message
    old = empty / "git"
    old.write_text("#!/bin/sh\necho git version 2.30.1\n")
    old.chmod(0o755)
    said = refused(repo.path, "board", env={"PATH": f"{empty}:{os.environ['PATH']}"})
    assert "2.39 or newer" in said.message
    assert "2.30.1" in said.message


def test_half_made_worktrees_are_passed_over(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "w"), "agent/good")
    for name, files in {
        "empty": {},
        "lost": {"gitdir": "/nowhere/.git\n", "HEAD": "ref: refs/heads/agent/bad\n"},
        "odd": {"gitdir": "x", "HEAD": "garbage", "commondir": "../.."},
    }.items():
        folder = repo.path / ".git" / "worktrees" / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text)
    branches = board(repo)
    assert branches["agent/bad"]["worktree"] is None
    assert branches["agent/good"]["worktree"]["path"] == "../w"  # type: ignore[index]


def test_a_repository_of_somebody_else_is_refused_with_gits_remedy(repo: Repo) -> None:
    said = refused(repo.path, "board", env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert "safe.directory" in said.hint


def test_names_that_differ_only_by_case_or_look_odd_each_get_a_page(repo: Repo) -> None:
    tip = repo.git("rev-parse", "agent/good")
    names = ["agent/Case", "agent/case", "agent/50%#'x'", 'agent/"q"', "agent/🍎", "agent/a\u2025b"]
    names.append("agent/" + "n" * 200)
    # Packed, so that the two that differ by case can stand side by side on every file system.
    lines = sorted(f"{tip} refs/heads/{name}" for name in names)
    packed = "# pack-refs with: peeled fully-peeled sorted \n" + "\n".join(lines) + "\n"
    (repo.path / ".git" / "packed-refs").write_text(packed)
    assert run(repo.path, "site", "--dormant", "never").code == 0
    pages = [p.name.lower() for p in (repo.path / ".agentledger-site" / "branch").glob("*.html")]
    assert len(pages) == len(set(pages)) == len(names) + 2
    assert all(len(page) < 120 and page.isascii() for page in pages)


def _listing(folder: Path, *without: str) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(without):
            info = path.lstat()
            changed = 0 if stat.S_ISDIR(info.st_mode) else info.st_mtime_ns
            found[name] = (info.st_mode, 0 if stat.S_ISDIR(info.st_mode) else info.st_size, changed)
    return found


def test_nothing_is_written_but_the_site_and_our_own_folder(repo: Repo, tmp_path: Path) -> None:
    before, objects = _listing(repo.path), repo.count_objects()
    assert run(repo.path, "board").code == 0
    assert run(repo.path, "site", "--out", str(tmp_path / "out")).code == 0
    assert _listing(repo.path, ".git/agentledger") == before
    assert repo.count_objects() == objects
    assert list((repo.path / ".git" / "agentledger").glob("tmp/*")) == []
