"""Output folders that are not ours, cannot be written, or fill up: nothing is lost or half-written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import command
from gitrepo import Repo

PAGE = "".join(f"a line that is written to a page, number {number}\n" for number in range(3_000))


@pytest.fixture
def out(repo: Repo, tmp_path: Path) -> Path:
    """A site, and news for the next build: a page of some hundred kilobytes."""
    folder = tmp_path / "out"
    command.site(repo.path, "--out", str(folder))
    repo.commit("agent/good", {"long.txt": PAGE}, parents=[repo.git("rev-parse", "agent/good")])
    repo.flush()
    return folder


def test_a_folder_with_something_else_in_it(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for name in (str(tmp_path / "mine"), "d", "/"):
        before = command.tree(tmp_path / "mine")
        said = command.refused(repo.path, "site", "--out", name)
        assert said.message == f"{name} is not empty, and agentledger did not make it."
        assert "--out" in said.hint
        assert command.tree(tmp_path / "mine") == before


def test_a_folder_that_is_a_file(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    said = command.run(repo.path, "site", "--out", str(tmp_path / "file"))
    assert (said.code, said.out) == (2, "")
    assert f"Directory '{tmp_path / 'file'}' is a file." in said.err
    assert (
        "not a directory" in command.refused(repo.path, "site", "--out", str(tmp_path / "file" / "x")).message
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_is_git_s_own(repo: Repo, tmp_path: Path) -> None:
    bare = repo.clone(tmp_path / "bare.git", "--bare")
    linked = repo.worktree_add(tmp_path / "linked", "agent/good")
    before = [command.tree(folder) for folder in (repo.path, bare.path, linked.path)]
    for place, name, words in (
        (repo, ".git/site", "lies inside a .git folder"),
        (repo, ".GIT/site", "lies inside a .git folder"),
        (repo, ".", "is the top of a git repository"),
        (repo, str(linked.path), "is the top of a git repository"),
        (bare, "refs/heads/site", "lies inside a bare repository"),
    ):
        said = command.refused(place.path, "site", "--out", name)
        assert words in said.message
        assert "--out" in said.hint
    # There is no place in it for the default either.
    assert "lies inside a bare repository" in command.refused(bare.path, "site").message
    after = [command.tree(folder) for folder in (repo.path, bare.path, linked.path)]
    assert [ours(files) for files in after] == [ours(files) for files in before]
    assert "index.html" in command.site(bare.path, "--out", str(tmp_path / "out"))


def ours(files: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """Without agentledger's own folder in the git directory."""
    return {path: content for path, content in files.items() if "agentledger" not in path.split("/")}


def test_links_that_lead_elsewhere(repo: Repo, out: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "index.html").write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    said = command.refused(repo.path, "site", "--out", str(link))
    assert said.message == f"{link} is a symbolic link."
    assert said.hint == f"Give the folder itself: --out {tmp_path / 'elsewhere'}"
    for page in (out / "branch").iterdir():
        page.unlink()
    (out / "branch").rmdir()
    (out / "branch").symlink_to(tmp_path / "elsewhere")
    assert "could lead elsewhere" in command.refused(repo.path, "site", "--out", str(out)).message
    (out / "branch").unlink()
    (out / "index.html").unlink()
    (out / "index.html").symlink_to(tmp_path / "elsewhere" / "index.html")
    assert "index.html" in command.site(repo.path, "--out", str(out))
    assert command.tree(tmp_path / "elsewhere") == {"index.html": b"mine"}
    assert not (out / "index.html").is_symlink()


def test_pages_that_somebody_removed_are_built_again(repo: Repo, out: Path) -> None:
    files = command.site(repo.path, "--out", str(out))
    lost = next(path for path in files if path.startswith("branch/"))
    (out / lost).unlink()
    assert lost in command.site(repo.path, "--out", str(out))


def test_a_file_system_that_cannot_be_written(repo: Repo) -> None:
    # Neither root nor anybody else can make a folder there.
    said = command.refused(repo.path, "site", "--out", "/proc/agentledger/site")
    assert said.message.startswith("The site cannot be written to /proc/agentledger/site: ")
    assert "--out" in said.hint


def test_a_name_that_is_too_long(repo: Repo) -> None:
    assert command.refused(repo.path, "site", "--out", "x" * 300).message.endswith(": file name too long.")


def limited(repo: Repo, blocks: int, out: Path) -> command.Said:
    """Build where no file may grow beyond so many blocks of 512 or 1024 bytes: a disk that fills up."""
    line = f'ulimit -f {blocks}; exec "$@"'
    program = ["sh", "-c", line, "sh", *command.PROGRAM, "site", "--dormant=never", "--out", str(out)]
    done = subprocess.run(program, cwd=repo.path, capture_output=True, text=True, check=False)
    return command.Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("blocks", [1, 100])
def test_a_disk_that_fills_up_leaves_the_old_site_whole(repo: Repo, out: Path, blocks: int) -> None:
    before = command.tree(out)
    said = limited(repo, blocks, out)
    assert (said.code, said.out) == (2, ""), said
    assert "full" in said.message
    assert said.hint
    assert command.tree(out) == before
    assert list((repo.path / ".git" / "agentledger" / "tmp").iterdir()) == []
    # With room again, the news is built.
    assert "long.txt" in command.site(repo.path, "--out", str(out))["paths.js"]


def test_a_disk_that_fills_up_leaves_no_new_folder(repo: Repo, out: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert "full" in limited(repo, 100, new).message
    assert not new.exists()
    assert out.exists()
