"""What the board names as the next step of a branch, typed as it stands, for each branch of the sample fleet.

Belongs here: that it does what its words say. Does not: which step it is (see `tests/attention`).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from command import run
from gitrepo import Repo
from nextcommand import find_command, type_command


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample fleet's repository, with worktrees beside it."""
    folder = tmp_path_factory.mktemp("demo")
    assert run(folder, "demo", "fleet", "--no-open").code == 0
    return folder / "fleet" / "shop"


def git(folder: Path, *arguments: str) -> str:
    return Repo(folder).git(*arguments)


def test_the_next_step_of_every_branch_is_one_that_can_be_typed(shop: Path, tmp_path: Path) -> None:
    branches = json.loads(run(shop, "board", "--format", "json").out)["branches"]
    steps = {each["name"]: each["next_action"] for each in branches if each["next_action"]}
    typed = {name: step["command"] for name, step in steps.items() if step["command"]}
    assert {steps[name]["text"].split()[0] for name in typed} >= {
        "Answer",
        "Merge",
        "Bring",
        "Review",
        "Delete",
    }
    for name, command in typed.items():
        if command.startswith("git diff"):
            assert type_command(shop, command).out.startswith("diff --git ")
            continue
        if command.startswith(
            ("agentledger prompt", "git -C")
        ):  # for its agent to go on, or to look at its files
            assert type_command(shop, command).out
            continue
        if command.startswith("agentledger review"):
            diff = find_command(type_command(shop, command).out, "^the diff: (.*)$")
            assert "diff --git " in type_command(shop, diff).out
            continue
        here = Path(shutil.copytree(shop, tmp_path / name, symlinks=True))
        if command.startswith("agentledger answer"):
            type_command(here, command)
            assert "/answers/" in git(here, "show", "--name-only", "--format=", "agentledger")
        elif command.startswith("agentledger prompt"):
            assert type_command(here, command).out.startswith("# Go on with a task: ")
        elif command.startswith("git branch -d"):
            type_command(here, command)
            assert git(here, "branch", "--list", name) == ""
        elif steps[name]["text"].startswith("Merge"):
            type_command(here, command)
            assert git(here, "merge-base", "main", name) == git(here, "rev-parse", name)
        else:  # it brings the conflict, which a person settles
            assert "Automatic merge failed" in type_command(here, command, code=1).out


def test_a_long_answer_is_typed_as_the_board_shows_it(shop: Path, tmp_path: Path) -> None:
    here = Path(shutil.copytree(shop, tmp_path / "shop", symlinks=True))
    lines = run(here, "board").out.splitlines()
    start = next(
        n for n, line in enumerate(lines) if line.strip().startswith("agentledger answer pickup-slots")
    )
    end = next(n for n, line in enumerate(lines[start:], start) if not line.endswith("\\"))
    # By a shell, which joins the lines.
    type_command(here, "\n".join(lines[start : end + 1]).strip() + " && true")
    [answer] = git(here, "show", "--name-only", "--format=", "agentledger").split()
    assert "then run agentledger" in git(here, "show", f"agentledger:{answer}")
