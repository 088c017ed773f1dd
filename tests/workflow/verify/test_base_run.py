"""What base has to say to a check that fails: asked once, elsewhere, and only where it means something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agentledger.model.evidence import OnBase
from verifying import Checks


def test_a_check_that_fails_on_base_too_is_said_to(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "test -e src/new.js"})
    document = desk.verify(code=1)
    on_base = document["checks"][0]["on_base"]
    assert (on_base["commit"], on_base["exit_code"], on_base["new_total"]) == (desk.root.id, 1, None)
    assert desk.evidence().on_base == OnBase(commit=desk.root.id, exit_code=1)
    assert desk.repo.git("worktree", "list").count("\n") == 1


def test_a_check_that_only_fails_here_is_said_to_pass_on_base(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "sh check.sh"})
    desk.change("check.sh", "exit 1\n")
    desk.verify(code=1)
    assert desk.evidence().on_base == OnBase(commit=desk.root.id, exit_code=0)


def test_base_runs_once_for_a_command_and_not_where_nothing_fails(tmp_path: Path) -> None:
    count = tmp_path / "count"
    desk = Checks(tmp_path, {"test": f"echo run >>{count}; test -e ready"})
    desk.verify(code=1)
    desk.verify(code=1)
    assert count.read_text().count("run") == 3
    (desk.path / "ready").touch()
    desk.verify()
    assert count.read_text().count("run") == 4


@pytest.mark.parametrize(
    ("check", "files"),
    [
        ("sh ./tests/new_test.sh", {"tests/new_test.sh": "exit 1\n"}),
        ("grep -q x --file=tests/new.txt check.sh", {"tests/new.txt": "zzz\n"}),
        ("no-such-program-here", {}),
        ("make test", {"Makefile": "test:\n\tfalse\n"}),
        ("false {changed:**/*.py}", {}),
    ],
)
def test_where_base_s_result_would_mean_nothing_it_is_left_out(
    tmp_path: Path, check: str, files: dict[str, str]
) -> None:
    desk = Checks(tmp_path, {"test": check})
    for path, text in files.items():
        desk.change(path, text)
    desk.verify(code=1)
    assert desk.evidence().on_base is None


def test_base_is_made_ready_as_policy_says_and_a_failing_set_up_is_told(tmp_path: Path) -> None:
    policy = '[spawn]\ncopy = [".env"]\nsetup = "touch ready"\n'
    desk = Checks(tmp_path, {"test": "cat .env && test -e ready && test -e src/a.js"}, policy)
    (desk.path / ".env").write_text("A=1\n")
    desk.verify(code=1)
    assert desk.evidence().on_base == OnBase(commit=desk.root.id, exit_code=1)
    desk = Checks(tmp_path / "b", {"test": "false"}, '[spawn]\nsetup = "exit 9"\n')
    document = desk.verify(code=1)
    assert "exit code 9" in document["warnings"][0]
    assert desk.evidence().on_base is None


def test_worktrees_that_a_killed_run_left_are_removed(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "test -e src/new.js"})
    left = tmp_path / "agentledger-verify-999999999-abc" / "main"
    desk.repo.git("worktree", "add", "-q", "--detach", str(left), "main")
    desk.verify(code=1)
    assert "agentledger-verify" not in desk.repo.git("worktree", "list")
    assert not left.parent.exists()


def test_a_worktree_that_somebody_else_has_lost_stays_listed(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "test -e src/new.js"})
    desk.repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "stick"), "main")
    shutil.rmtree(tmp_path / "stick")
    desk.verify(code=1)
    assert "stick" in desk.repo.git("worktree", "list")
