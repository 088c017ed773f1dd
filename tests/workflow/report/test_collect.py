"""`agentledger collect`: what agents could only leave in their worktrees.

Belongs here: which files are taken, and which never. Does not: how the commit is made (see
`test_ledger_commit`).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import refused, run
from desk import BRIEF, CHECK_IN, STATUS, Desk, made

FOLDER = ".agentledger/tasks/x"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    repo = made(tmp_path)
    repo.git("branch", "-q", "agent/x", "main")
    return Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)


def test_a_check_in_left_in_a_worktree_is_committed_alone(desk: Desk) -> None:
    desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    desk.write("src/a.py", "work in progress\n")
    result = run(desk.repo.path, "collect", "x")
    assert result.code == 0, result
    assert f"  {STATUS}" in result.out
    assert desk.git("show", "--name-only", "--format=", "HEAD").split() == [STATUS]
    assert desk.git("status", "--porcelain").split() == ["M", "src/a.py"]
    assert "no worktree has uncommitted" in run(desk.repo.path, "collect").out


def test_without_a_task_every_worktree_is_looked_at(desk: Desk, tmp_path: Path) -> None:
    brief = BRIEF.format("['docs/**']", "").replace("task: x", "task: y")
    desk.repo.commit("agentledger", {"tasks/y/brief.md": brief})
    desk.repo.git("branch", "-q", "agent/y", "main")
    other = Desk(desk.repo, desk.repo.worktree_add(tmp_path / "y", "agent/y").path)
    desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    other.write(STATUS.replace("/x/", "/y/"), CHECK_IN.format("working", "", "none"))
    did = json.loads(run(desk.repo.path, "collect", "--format", "json").out)
    assert sorted(did["refs"]) == ["refs/heads/agent/x", "refs/heads/agent/y"]
    assert len(did["commits"]) == 2


@pytest.mark.parametrize(
    "path",
    [
        *("src/new.py", f"{FOLDER}/notes.txt", f"{FOLDER}/evidence/run.sh", ".agentledger/tasks/y/packet.md"),
        *(".agentledger/config.toml", f"{FOLDER}/status/deep/x.md"),
    ],
)
def test_nothing_else_is_taken(desk: Desk, path: str) -> None:
    desk.write(path, "x\n")
    head = desk.git("rev-parse", "HEAD")
    assert run(desk.repo.path, "collect").code == 0
    assert desk.git("rev-parse", "HEAD") == head


def test_a_link_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s\n")
    (desk.path / FOLDER).mkdir(parents=True)
    (desk.path / FOLDER / "packet.md").symlink_to(tmp_path / "secret")
    head = desk.git("rev-parse", "HEAD")
    assert run(desk.repo.path, "collect").code == 0
    assert desk.git("rev-parse", "HEAD") == head


def test_a_worktree_in_a_rebase_is_said_and_left(desk: Desk) -> None:
    desk.write("src/a.py", "ours\n")
    desk.git("commit", "-qam", "ours", "--no-verify")
    desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    (Path(desk.git("rev-parse", "--absolute-git-dir").strip()) / "rebase-merge").mkdir()
    result = run(desk.repo.path, "collect", "x")
    assert "rebase" in result.out
    assert (desk.path / STATUS).exists()


def test_a_dry_run_names_them_only(desk: Desk) -> None:
    desk.write(STATUS, CHECK_IN.format("working", "", "none"))
    head = desk.git("rev-parse", "HEAD")
    assert STATUS in run(desk.repo.path, "collect", "--dry-run").out
    assert desk.git("rev-parse", "HEAD") == head


def test_it_is_the_managers(desk: Desk) -> None:
    assert "manager" in refused(desk.path, "collect").message


def test_a_task_that_nobody_has_checked_out_is_said(desk: Desk) -> None:
    desk.repo.git("worktree", "remove", "--force", str(desk.path))
    assert "checked out" in refused(desk.repo.path, "collect", "x").message
