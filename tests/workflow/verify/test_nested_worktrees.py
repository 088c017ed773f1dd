"""Worktrees and repositories inside a checkout: what counts as uncommitted there, and advice that harms nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import board, branches, refused, run
from desk import Desk
from gitrepo import Repo
from nextcommand import find_command, type_command
from verifying import Checks, outcomes

pytestmark = pytest.mark.versions

# Where Claude Code makes its own, one beside tracked files, and a name that patterns and shells could misread.
PLACES = (".claude/worktrees/fox", "src/fox", "w [1]*")
EXCLUDE = r"(mkdir -p .*); then run this again"


@pytest.fixture
def desk(tmp_path: Path) -> Checks:
    """An agent's worktree with other worktrees of the same repository inside it."""
    desk = Checks(tmp_path, {"test": "true"})
    for number, place in enumerate(PLACES):
        desk.git("worktree", "add", "-q", "-b", f"worktree-{number}", place)
        (desk.path / place / "unsaved.py").write_text("work\n")
    return desk


def nest(folder: Path, name: str, *, commit: bool = True) -> Path:
    """A repository of its own in a folder below."""
    nested = Repo.init(folder / name)
    if commit:
        nested.commit("main", {"a": "a\n"})
        nested.checkout("main")
    (nested.path / "unsaved").write_text("work\n")
    return nested.path


def test_worktrees_inside_a_checkout_are_no_uncommitted_files(desk: Checks) -> None:
    assert outcomes(desk.verify()) == {"test": "passed"}
    assert run(desk.path, "report", "--next", "More.", "--risks", "none").code == 0
    report = max((desk.path / ".agentledger/tasks/x/status").iterdir()).read_text()
    assert "not committed yet" not in report
    assert branches(desk.repo.path)["agent/x"]["worktree"]["dirty"] is False
    assert all((desk.path / place / "unsaved.py").exists() for place in PLACES)


def test_done_goes_through_beside_them(desk: Checks) -> None:
    result = run(desk.path, "done", "--summary", "s")
    assert "in no commit" not in result.err
    assert result.code == 1, result  # the packet still lacks words; that is all


def test_what_is_uncommitted_beside_them_still_counts(desk: Checks) -> None:
    desk.write(".claude/settings.json", "{}\n")
    assert ".claude/settings.json" in refused(desk.path, "verify").message
    assert branches(desk.repo.path)["agent/x"]["worktree"]["dirty"] is True


def test_the_main_checkout_is_clean_with_worktrees_inside_it(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"a": "a\n"})
    repo.commit("agent/y", {"b": "b\n"}, parents=[root])
    repo.commit("agent/z", {"c": "c\n"}, parents=[root])
    repo.checkout("main")
    repo.git("switch", "-q", "agent/y")
    repo.worktree_add(repo.path / ".claude/worktrees/fox", "agent/z")
    listed = branches(repo.path)
    assert listed["agent/y"]["worktree"] == {**listed["agent/y"]["worktree"], "path": ".", "dirty": False}
    assert listed["agent/z"]["worktree"]["path"] == ".claude/worktrees/fox"
    (repo.path / ".claude/other").write_text("x\n")
    assert branches(repo.path)["agent/y"]["worktree"]["dirty"] is True


@pytest.mark.parametrize("name", ["vendor/lib", "tool", "a [b]* c"])
@pytest.mark.parametrize("commit", [True, False])
def test_a_nested_repository_is_left_out_by_the_command_that_is_named(
    tmp_path: Path, name: str, commit: bool
) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    nested = nest(desk.path, name, commit=commit)
    before = sorted(path for path in nested.rglob("*"))
    said = refused(desk.path, "verify")
    assert f"{name}/" in said.message
    assert "remove" not in said.hint
    assert desk.git("status", "--porcelain") != ""
    type_command(desk.path, find_command(said.hint, EXCLUDE))
    assert desk.git("status", "--porcelain") == ""
    assert outcomes(desk.verify()) == {"test": "passed"}
    assert sorted(path for path in nested.rglob("*")) == before


def test_done_names_the_same_command(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    nest(desk.path, "lib")
    said = refused(desk.path, "done", "--summary", "s")
    type_command(desk.path, find_command(said.hint, EXCLUDE))
    assert "a git repository of its own" not in run(desk.path, "done", "--summary", "s").err


def test_in_the_main_checkout_the_command_is_the_same(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    desk.repo.git("worktree", "remove", "--force", str(desk.path))
    desk.repo.git("switch", "-q", "agent/x")
    at = Desk(desk.repo, desk.repo.path)
    at.git("worktree", "add", "-q", "-b", "worktree-fox", ".claude/worktrees/fox")
    nest(at.path, "lib")
    said = refused(at.path, "verify")
    assert said.message.startswith("lib/ ")
    type_command(at.path, find_command(said.hint, EXCLUDE))
    assert run(at.path, "verify").code == 0


def test_a_repository_whose_name_cannot_be_typed_gets_no_command(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true"})
    nest(desk.path, "odd\nname")
    assert "move it out" in refused(desk.path, "verify").hint


def test_the_board_is_told_the_same_in_words_and_json(desk: Checks) -> None:
    said = run(desk.repo.path, "board", "--dormant=never").out
    assert "1 uncommitted file in ../agent/.claude/worktrees/fox\n" in said
    assert "in ../agent\n" not in said
    assert {"worktree-0", "worktree-1"} <= {entry["name"] for entry in board(desk.repo.path)["branches"]}
