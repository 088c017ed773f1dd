"""After `answer --decision change` every output says what was asked for, until it is put to the manager again.

Belongs here: a real branch, and what agent and manager read of it. Does not: the rule about checkpoints (see
`tests/rules/test_advice.py`).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from command import branches, page, run, site
from desk import Desk, made
from nextcommand import find_command, type_command

TOLD = "Do not cache; index the table."
PLAN = ("report", "--checkpoint", "plan", "--plan", "Cache it.", "--need", "Is that it?")
REPORT = ("report", "--changed", "Read it.", "--next", "More.", "--risks", "none")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Task x, whose plan has to be approved, with an agent in a worktree; commits are made now."""
    repo = made(tmp_path, more="checkpoints: [plan]\nmode: review\n")
    repo.git("branch", "-q", "agent/x", "main")
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name)
    return Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)


def shown(desk: Desk, tmp_path: Path) -> tuple[str, str, str]:
    """The turn of the branch on the board, in JSON, and its page on the site."""
    found = branches(desk.repo.path)["agent/x"]
    files = site(desk.repo.path, "--out", str(tmp_path / "site"))
    board = " ".join(run(desk.repo.path, "board", "--dormant=never").out.split())
    return board, found["turn"]["why"], page(files, found)


def test_a_plan_that_is_to_be_changed_is_asked_for_until_it_is_put_to_the_manager_again(
    desk: Desk, tmp_path: Path
) -> None:
    run(desk.path, *PLAN)
    run(desk.repo.path, "answer", "x", "--decision", "change", TOLD)
    board, why, on_page = shown(desk, tmp_path)
    told = f"it was asked to change its checkpoint plan: “{TOLD}”"
    # All of this may be within one second, so the answer may count as read.
    assert why in (f"it has an answer to read; {told}", f"it is working; {told}")
    assert why in board
    assert told in on_page
    said = run(desk.path, *REPORT)
    assert TOLD in said.out
    assert "go on with the work" not in said.out
    # Whoever goes on later is told the same, though the answer was read.
    again = run(desk.path, "prompt", "x", "--for", "resume").out
    assert TOLD in again
    assert "none is waited for" not in again
    assert "The checkpoint `plan` is still closed" in again
    board, why, _ = shown(desk, tmp_path)
    assert why == f"it is working; {told}"
    assert why in board
    asked = find_command(
        said.out, "and wait: (agentledger report .*)", {"the plan, step by step": "Index it."}
    )
    type_command(desk.path, asked)
    assert "checkpoint plan" in shown(desk, tmp_path)[1]
    assert TOLD not in shown(desk, tmp_path)[1]
    type_command(desk.repo.path, "agentledger answer x --decision approve")
    assert "next: go on with the work" in run(desk.path, *REPORT).out
    assert TOLD not in run(desk.path, "prompt", "x", "--for", "resume").out


@pytest.mark.parametrize(
    ("decision", "step", "turn"),
    [
        ("change", "make the change that the answer asks for", "it was asked to change something"),
        ("reject", "do it another way, as the answer asks for", "what it asked for was refused"),
        ("stop", "stop here, as you were told: no more code", "stop"),
    ],
)
def test_what_an_answer_decides_is_the_agents_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decision: str, step: str, turn: str
) -> None:
    repo = made(tmp_path)
    repo.git("branch", "-q", "agent/x", "main")
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name)
    desk = Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)
    run(desk.path, *REPORT, "--need", "Red or blue?")
    run(repo.path, "answer", "x", "--decision", decision, TOLD)
    said = run(desk.path, *REPORT)
    assert f"next: {step}" in said.out
    assert turn in shown(desk, tmp_path)[1]


def test_an_agent_whose_plan_is_wanted_first_is_not_told_to_go_on(desk: Desk) -> None:
    said = run(desk.path, *REPORT)
    assert "go on with the work" not in said.out
    type_command(desk.path, find_command(said.out, "and wait: (agentledger report .*)"))
    # What is refused until then says the same; what stays out of the code is not refused.
    desk.write("src/a.py")
    desk.git("add", "-A")
    commit = subprocess.run(
        ["git", "commit", "-qm", "early"],
        cwd=desk.path,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "you have asked: wait, and look for the answer: agentledger report" in commit.stderr
