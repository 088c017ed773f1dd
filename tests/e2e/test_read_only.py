"""A git directory that cannot be written: one sentence and a hint, and nothing is half made.

Belongs here: every command that writes, on a `.git` that is read-only. Does not: what reads alone (see
`test_bad_place`), or a worktree that cannot be written (see `tests/workflow/session`).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from command import PROGRAM, Said, refused, tree
from desk import Desk, made
from writing import brief as written_brief

# No permission stops root, so the folder is mounted read-only, in a mount namespace of the command's own.
READ_ONLY = """
mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" || exit 99
cd "$1" && shift && exec "$@"
"""
PLAN = ("--owns", "lib/**", "--why", "w", "--outcome", "`o`", "--accept", "`a`", "--verify", "true")
MANAGERS = [
    ("spawn", "y"),
    ("spawn", "y", "--dry-run"),
    ("plan", "z", *PLAN),
    ("answer", "--grants-nothing", "x", "Yes."),
    ("allow", "x", "docs/**", "--why", "asked", "--until", "3d"),
    ("brief", "accept", "agent/x"),
    ("brief", "reject", "agent/x", "-m", "No."),
    ("verify", "--rerun", "x"),
    ("init", "--yes"),
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Task x at work, whose copy of the brief asks for more, and task y, planned."""
    repo = made(tmp_path)
    parent = repo.git("rev-parse", "agentledger")
    repo.commit("agentledger", {"tasks/y/brief.md": written_brief("y", owns=["lib/**"])}, parents=[parent])
    wider = {
        "src/a.py": "a = 2\n",
        ".agentledger/tasks/x/brief.md": written_brief("x", owns=["src/**", "docs/**"]),
    }
    repo.commit("agent/x", wider, parents=[repo.git("rev-parse", "main")])
    repo.flush()
    return Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)


def run_read_only(desk: Desk, folder: Path, *arguments: str) -> Said:
    """Run a command where the repository's git directory is read-only; skips where nothing can be mounted."""
    git = str(desk.repo.path / ".git")
    program = ["unshare", "-m", "sh", "-c", READ_ONLY, git, str(folder), *PROGRAM, *arguments]
    try:
        done = subprocess.run(
            program, env=os.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("nothing can be mounted here")
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("arguments", MANAGERS, ids=lambda words: " ".join(words[:2]))
def test_a_manager_is_told_and_nothing_is_half_made(
    desk: Desk, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = tree(tmp_path)
    said = run_read_only(desk, desk.repo.path, *arguments)
    assert said.code == 2, said
    assert "Traceback" not in said.err
    assert "Read-only file system" in said.message
    assert said.hint
    assert tree(tmp_path) == before


@pytest.mark.parametrize("command", ["verify", "done"])
def test_an_agent_is_told_and_nothing_is_half_made(desk: Desk, tmp_path: Path, command: str) -> None:
    before = tree(tmp_path)
    said = run_read_only(desk, desk.path, command)
    assert said.code in (1, 2), said
    assert "Traceback" not in said.err
    assert "Read-only file system" in said.out + said.err
    assert tree(tmp_path) == before


@pytest.mark.parametrize("command", ["report --changed It. --next More. --risks none", "packet"])
def test_what_an_agent_writes_is_kept_as_a_file(desk: Desk, command: str) -> None:
    said = run_read_only(desk, desk.path, *command.split())
    assert said.code == 0, said
    assert "git would not commit it" in said.out
    assert "next: agentledger collect x, by the manager" in said.out


def test_a_spawn_that_cannot_be_written_down_makes_nothing(desk: Desk, tmp_path: Path) -> None:
    # A file where our folder would be stops everybody, whatever can be mounted.
    (desk.repo.path / ".git" / "agentledger").write_text("")
    before = tree(tmp_path)
    said = refused(desk.repo.path, "spawn", "y")
    assert "spawn.lock cannot be written: " in said.message
    assert "run this again where that can be written" in said.hint
    assert tree(tmp_path) == before
