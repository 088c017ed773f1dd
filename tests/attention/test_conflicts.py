"""A conflict is handed to its agent by a command that is typed as it stands, and never merged under its hands."""

from __future__ import annotations

from pathlib import Path

import pytest

import reading
from agentledger.attention.actions import next_action
from agentledger.attention.turn import Whose, turn_of
from command import run
from gitrepo import START
from nextcommand import type_command
from reading import HOUR, NOW
from writing import Desk, check_in


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Ready, and in conflict with base."""
    desk = Desk(tmp_path / "a repo", check_in="2h")
    desk.says({"status/1.md": check_in("ready")})
    desk.repo.commit("main", {"src/a.py": "0\n", "it's": "1\n"}, parents=[desk.root], at=START + 56 * 60)
    desk.repo.commit("agent/x", {"it's": "2\n"}, at=START + 45 * 60)
    desk.says({"status/2.md": check_in("ready", minutes=58)})
    desk.repo.flush()
    desk.repo.checkout("main")
    return desk


def step(desk: Desk, **request: int) -> tuple[str, str]:
    fleet = reading.fleet(desk.repo, **request)
    action = next_action(reading.named(fleet)["agent/x"], fleet.base)
    assert action is not None
    return action.text, action.command or ""


def test_the_step_tells_the_agent_which_commit_and_which_files(desk: Desk) -> None:
    base = desk.repo.git("rev-parse", "main").strip()
    assert turn_of(desk.branch()).whose is Whose.MANAGER
    text, command = step(desk)
    assert text == "Send it back to bring main in"
    assert command.startswith("agentledger answer x --decision change -m ")
    assert "git merge" in command
    type_command(desk.repo.path, command)
    assert desk.repo.git("rev-parse", "main").strip() == base
    (answer,) = desk.work().answers
    assert (answer.decision, answer.to) == ("change", "2")
    assert f"Bring main in as it is at {base[:10]}: git merge {base[:10]}." in answer.text
    assert "Settle it's, src/a.py." in answer.text
    assert turn_of(desk.branch()).whose is Whose.AGENT
    assert step(desk) == ("Wait: it was told to bring main in", "agentledger prompt x --for resume")
    prompt = run(desk.repo.path, "prompt", "x", "--for", "resume").out
    assert "## It does not merge" in prompt
    assert answer.text.strip() in prompt


def test_on_a_narrow_terminal_the_command_goes_over_several_lines_that_a_shell_takes(desk: Desk) -> None:
    board = run(desk.repo.path, "board", "--all", env={"COLUMNS": "80"}).out
    lines = board.partition("Send it back to bring main in\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) > 1
    assert all(line.startswith("    ") and len(line) <= 80 for line in lines)
    # By a real shell, which alone knows what a backslash at the end of a line is.
    type_command(desk.repo.path, "true && " + "\n".join(line.removeprefix("    ") for line in lines))
    (answer,) = desk.work().answers
    assert "Settle it's, src/a.py." in answer.text


def test_a_worktree_in_which_somebody_works_is_never_merged_into(desk: Desk, tmp_path: Path) -> None:
    desk.repo.worktree_add(tmp_path / "beside", "agent/x")
    for now in (NOW, NOW + 30 * HOUR):
        _, command = step(desk, now=now)
        assert command.startswith("agentledger answer x")
    desk.says({"status/3.md": check_in(minutes=59)})
    desk.repo.flush()
    for now in (NOW, NOW + 30 * HOUR):
        assert step(desk, now=now)[1].startswith("agentledger answer x")


def test_where_nobody_is_left_to_settle_it_the_commands_are_the_manager_s_own(desk: Desk) -> None:
    desk.says({"status/3.md": check_in(minutes=59)})
    assert step(desk)[1].startswith("agentledger answer x")
    text, command = step(desk, now=NOW + 30 * HOUR)
    assert text == "Bring main in and settle 2 files"
    assert command == "git switch agent/x && git merge main"
