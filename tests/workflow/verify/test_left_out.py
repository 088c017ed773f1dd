"""Files that are in no commit when the checks are to run: the command in the message settles it, and loses none.

Belongs here: real worktrees and the command line. Does not: repositories within a worktree (`test_nested_worktrees`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from command import run
from desk import Desk, Pushed
from nextcommand import find_command, type_command

ADD = r"hint: (git add -- .*?); or list"
ASIDE = r"hint: put aside .*?: (git stash .*?); then"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Pushed(tmp_path, linked=True).desk
    made.write("src/b.py")
    assert made.add() == ""
    return made


def unclean(desk: Desk) -> str:
    said = run(desk.path, "verify")
    assert "files that are in no commit" in said.err, said
    return said.err


@pytest.mark.parametrize("path", ["src/new.py", "src/it's new.py", "src/a[b]*.py"])
def test_a_file_of_the_tasks_is_committed(desk: Desk, path: str) -> None:
    desk.write(path, "new\n")
    type_command(desk.path, find_command(unclean(desk), ADD))
    assert desk.git("show", f"HEAD:{path}") == "new\n"
    assert "in no commit" not in run(desk.path, "verify").err


@pytest.mark.parametrize("path", ["notes.txt", "docs/it's new.md", "docs/a[b]*.md"])
def test_a_file_that_no_gate_would_let_through_is_put_aside(desk: Desk, path: str) -> None:
    desk.write(path, "new\n")
    desk.write("src/kept.py", "kept\n")
    type_command(desk.path, find_command(unclean(desk), ASIDE))
    assert desk.git("show", f"stash@{{0}}^3:{path}") == "new\n"
    assert (desk.path / "src/kept.py").exists()
    type_command(desk.path, find_command(unclean(desk), ADD))
    assert "in no commit" not in run(desk.path, "verify").err
    desk.git("stash", "pop", "-q")
    assert (desk.path / path).read_text() == "new\n"


def test_so_is_a_link_that_leads_out_of_the_scope(desk: Desk) -> None:
    (desk.path / "src/in").symlink_to("b.py")
    (desk.path / "src/out").symlink_to("../docs/d.md")
    command = find_command(unclean(desk), ASIDE)
    assert ":/src/out" in command
    assert ":/src/in" not in command
    type_command(desk.path, command)
    type_command(desk.path, find_command(unclean(desk), ADD))
    assert desk.git("ls-files", "src/in", "src/out").split() == ["src/in"]
