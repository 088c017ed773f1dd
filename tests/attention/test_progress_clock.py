"""The clock that tells who is silent: for whom it runs, what sets it, and when it stands still."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.attention.progress import judge_standing
from agentledger.attention.trust import Sight
from agentledger.model.work import Fresh, Progress
from reading import HOUR, NOW, fleet
from writing import Desk, answer, brief, check_in

BEGIN = NOW - HOUR


@pytest.mark.parametrize(
    ("session", "after", "progress"),
    [
        ("background", 15, "working"),
        ("background", 16, "silent"),
        ("local", 999, "working"),
        ("cloud", 999, "working"),
    ],
)
def test_only_who_works_in_the_background_owes_a_sign_of_life(
    tmp_path: Path, session: str, after: int, progress: str
) -> None:
    """A person sits with a local session, and a cloud session says all at its end."""
    desk = Desk(tmp_path / "r", session=session, check_in="15m")
    desk.says({"status/1.md": check_in(minutes=50)})
    standing = desk.standing(now=BEGIN + 60 * (50 + after))
    assert (standing.progress, standing.overdue) == (progress, 60 * after if progress == "silent" else 0)


def test_code_is_a_sign_of_life_and_a_commit_of_documents_is_none(tmp_path: Path) -> None:
    """Or an agent could keep quiet by touching a file of its ledger."""
    desk = Desk(tmp_path / "r", check_in="15m")
    desk.says({"status/1.md": check_in(minutes=20)})
    desk.says({"packet.md": "---\ntask: x\n---\n"}, at=NOW - 60)
    assert desk.standing().overdue == 40 * 60
    desk.repo.commit("agent/x", {"src/a.py": "3\n"}, at=NOW - 120)
    assert desk.standing().progress is Progress.WORKING


def test_the_clock_stands_still_while_an_answer_is_due_and_begins_anew_with_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r", check_in="15m")
    desk.says({"status/1.md": check_in("needs-input", minutes=10, needs="Red or blue?")})
    assert desk.standing().progress is Progress.NEEDS_INPUT
    desk.manager({"answers/1.md": answer(minutes=50)})
    assert desk.standing().progress is Progress.WORKING
    standing = desk.standing(now=NOW + 6 * 60)
    assert (standing.progress, standing.overdue) == (Progress.SILENT, 16 * 60)


def test_who_has_not_begun_yet_is_not_silent(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    desk.repo.commit("agentledger", {"tasks/y/brief.md": brief("y", check_in="15m")})
    desk.repo.ref("agent/y", desk.root)
    standing = desk.branch("agent/y", now=NOW + 100 * HOUR).standing
    assert standing is not None
    assert standing.progress is Progress.STARTED


SIGHT = Sight(judge=lambda *_: Fresh.SAME, paths=(), head_tree=None)


def test_judged_again_what_is_silent_says_since_when_it_is_due(tmp_path: Path) -> None:
    """The rules judge each branch anew; before its first check-in nothing else says how far it is."""
    desk = Desk(tmp_path / "r", check_in="15m")
    desk.repo.commit("agent/x", {"src/a.py": "3\n"}, at=NOW - HOUR)
    branch = desk.branch()
    assert branch.standing is not None
    accepted = fleet(desk.repo).tasks[0].brief
    again = judge_standing(branch, branch.standing, accepted, now=NOW, sight=SIGHT)
    assert (again.progress, again.due) == (Progress.SILENT, NOW - 45 * 60)
