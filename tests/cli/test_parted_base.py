"""Where base here and base at the remote have parted, no output sends the manager's own commit back to an agent.

Belongs here: what is said of such a branch. Does not: the gates (see `tests/rules/test_advice.py`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from command import branches, page, run, site
from desk import Pushed
from nextcommand import find_command, type_command


@pytest.fixture
def here(tmp_path: Path) -> Pushed:
    """A branch on top of the manager's own commit, which was not pushed; the remote's base went on elsewhere."""
    made = Pushed(tmp_path, linked=True)
    made.repo.commit(
        "main", {"docs/d.md": "the manager's\n" * 20}, parents=[made.repo.git("rev-parse", "main")]
    )
    made.repo.checkout("main")
    made.desk.git("rebase", "-q", "main")
    made.desk.write("src/a.py", "a = 2\n")
    assert made.desk.add() == ""
    made.remote.commit("main", {"lib.py": "1\n"}, parents=[made.remote.git("rev-parse", "main")])
    made.remote.flush()
    made.repo.git("fetch", "-q")
    return made


def test_the_board_sends_nothing_back_and_the_check_has_the_command(here: Pushed, tmp_path: Path) -> None:
    found = branches(here.repo.path)["agent/x"]
    assert "out of bounds" not in found["turn"]["why"]
    assert "answer" not in (found["next_action"]["command"] or "")
    assert "Out of bounds" not in run(here.repo.path, "board", "--dormant=never").out
    (told,) = [each for each in found["findings"] if each["rule"] == "OWN001"]
    assert "of main, which origin/main lacks" in told["message"]
    assert "have parted" in page(site(here.repo.path, "--out", str(tmp_path / "site")), found)
    said = run(here.repo.path, "check", "--branch", "agent/x", "--gate", "merge")
    assert "take back" not in said.out
    type_command(here.repo.path, find_command(said.out, "the manager types (git switch .*)"))
    assert here.repo.git("show", "main:docs/d.md").startswith("the manager's")
    assert [f for f in branches(here.repo.path)["agent/x"]["findings"] if f["rule"] == "OWN001"] == []


def test_its_agent_is_not_stopped_and_has_nothing_to_take_back(here: Pushed) -> None:
    pushed = here.desk.git("push", "-q", "origin", "HEAD", ok=False)
    assert pushed == ""
    assert here.remote.git("rev-parse", "agent/x") == here.repo.git("rev-parse", "agent/x")


def test_what_the_agent_changed_itself_is_its_own_all_the_same(here: Pushed) -> None:
    here.slip("run.sh")
    said = here.push("HEAD")
    assert "error OWN001 outside-scope [agent/x] run.sh" in said
    assert "git checkout origin/main -- :/run.sh" in said
