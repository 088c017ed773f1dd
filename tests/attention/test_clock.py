"""Clocks that are wrong: which check-in is the newest, what an answer settles, and since when somebody waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import reading
from agentledger.attention.turn import turn_of
from command import run
from controls import files
from gitrepo import START
from reading import HOUR, NOW
from writing import FOLDER, Desk, answer, check_in, moment

ASKS = check_in("needs-input", minutes=50, needs="Red or blue?")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r", check_in="2h")


def at(minutes: int) -> int:
    return START + 60 * minutes


# -- check-ins ------------------------------------------------------------------------------


def test_a_check_in_dated_ahead_is_answered_like_any_other(desk: Desk) -> None:
    """By the command, which names it, and by hand without a name."""
    desk.says({"status/1.md": check_in("needs-input", minutes=60, needs="Red?")}, at=at(50))
    desk.manager({"answers/1.md": answer(minutes=52)})
    assert desk.standing(now=at(53)).progress == "working"


def test_ready_dated_2099_hides_no_later_question(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("ready").replace(moment(50), "2099-01-01T00:00:00Z")}, at=at(50))
    assert desk.standing().since == at(50)
    desk.says({"status/0.md": check_in("needs-input", minutes=52, needs="Red?")}, at=at(52))
    standing = desk.standing()
    assert (standing.progress, standing.since) == ("needs-input", at(52))
    assert [each.name for each in desk.work().check_ins] == ["0", "1"]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_two_of_one_second_are_in_the_order_of_their_commits(desk: Desk, names: tuple[str, str]) -> None:
    """Their names end in a hash, which says nothing."""
    first, second = names
    desk.says({f"status/20231114T230320Z-{first}.md": check_in("ready")})
    desk.repo.commit("agent/x", {"src/a.py": "3\n"}, at=at(50))
    desk.says({f"status/20231114T230320Z-{second}.md": check_in("ready")})
    assert desk.standing().progress == "ready"
    assert desk.work().check_ins[0].name.endswith(second)


def test_what_a_merge_brings_is_as_new_as_the_merge(desk: Desk) -> None:
    """Its own commit may be older than the branch's last check-in."""
    side = desk.repo.commit(
        "side", {FOLDER + "status/1.md": check_in(minutes=40)}, parents=[desk.root], at=at(40)
    )
    desk.says({"status/2.md": check_in(minutes=50)})
    merged = {FOLDER + "status/1.md": check_in(minutes=40)}
    desk.repo.flush()
    head = desk.repo.git("rev-parse", "agent/x").strip()
    desk.repo.commit("agent/x", merged, parents=[head, side], at=at(55))
    assert [each.name for each in desk.work().check_ins] == ["1", "2"]


def test_what_is_not_committed_comes_last_and_an_edited_one_stays_where_it_was(
    desk: Desk, tmp_path: Path
) -> None:
    desk.says({"status/1.md": check_in(minutes=40)})
    desk.says({"status/2.md": check_in(minutes=50)})
    status = desk.repo.worktree_add(tmp_path / "beside", "agent/x").path / FOLDER / "status"
    (status / "1.md").write_text(check_in(minutes=45))
    (status / "0.md").write_text(check_in("blocked", minutes=1, needs="A key."))
    os.utime(status / "0.md", (NOW, NOW))
    assert [each.name for each in desk.work().check_ins] == ["0", "2", "1"]
    assert desk.standing().progress == "blocked"


@pytest.mark.parametrize(
    ("written", "committed", "now", "since"),
    [
        (40, 50, 60, 40),
        (50, 40, 60, 40),
        (50, 55, 45, 45),
        (50, 50, 60, 50),
    ],
)
def test_a_wait_begins_no_later_than_the_commit_and_than_now(
    desk: Desk, written: int, committed: int, now: int, since: int
) -> None:
    asked = check_in("needs-input", minutes=written, needs="Red?")
    desk.says({"status/1.md": asked}, at=at(committed))
    assert turn_of(desk.branch(now=at(now))).since == at(since)
    assert desk.work(now=at(now)).check_ins[0].at == at(written)


# -- answers --------------------------------------------------------------------------------


def test_an_answer_by_hand_settles_the_newest_question_that_is_not_younger(desk: Desk) -> None:
    desk.says({"status/1.md": check_in(minutes=40, checkpoint="plan")})
    desk.says({"status/2.md": ASKS})
    desk.manager({"answers/1.md": answer("approve", minutes=45)})
    standing = desk.standing()
    assert (standing.progress, standing.question and standing.question.name) == ("needs-input", "2")


@pytest.mark.parametrize("minutes", [20, 49, 55])
def test_where_every_question_is_younger_it_settles_the_newest_and_the_board_says_so(
    desk: Desk, minutes: int
) -> None:
    """The clock of whoever wrote it may be behind."""
    desk.says({"status/1.md": check_in(minutes=40)})
    desk.says({"status/2.md": ASKS})
    desk.manager({"answers/mine.md": answer(minutes=minutes)})
    assert desk.standing().progress == "working"
    desk.repo.checkout("main")
    board = run(desk.repo.path, "board").out
    assert "the answer mine names no check-in, and counts for 2" in " ".join(board.split())


def test_an_answer_by_hand_goes_to_what_is_called_ready_and_not_to_what_was_withdrawn(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("needs-input", minutes=30, needs="Red?")})
    desk.says({"status/2.md": check_in("ready", minutes=50)})
    desk.manager({"answers/1.md": answer("change")})
    standing = desk.standing()
    assert (standing.progress, standing.question and standing.question.name) == ("working", "2")


def test_the_command_always_names_what_it_settles(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("needs-input", minutes=60 * 24 * 9999, needs="Red?")}, at=at(50))
    desk.repo.flush()
    desk.repo.checkout("main")
    assert run(desk.repo.path, "answer", "x", "Blue.").code == 0
    (path,) = [path for path in files(desk.repo) if "/answers/" in path]
    assert 'to: "1"\n' in files(desk.repo)[path]
    assert desk.standing(now=NOW + 20 * 365 * 24 * HOUR).progress != "needs-input"


def test_an_answer_before_the_first_check_in_settles_no_later_question(desk: Desk) -> None:
    desk.repo.flush()
    desk.repo.checkout("main")
    assert run(desk.repo.path, "answer", "x", "Mind the tests.").code == 0
    (path,) = [path for path in files(desk.repo) if "/answers/" in path]
    assert 'to: "start"\n' in files(desk.repo)[path]
    desk.says({"status/1.md": ASKS})
    assert desk.standing(now=NOW + 20 * 365 * 24 * HOUR).progress == "needs-input"


def test_the_newest_of_the_manager_s_documents_goes_by_commits_too(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS})
    ahead = answer("approve", minutes=51).replace(moment(51), "2099-01-01T00:00:00Z")
    desk.repo.commit("agentledger", {"tasks/x/answers/1.md": ahead}, at=at(51))
    desk.manager({"answers/2.md": answer("stop", minutes=55)})
    assert [each.name for each in desk.work().answers] == ["2", "1"]
    told = reading.branch(desk.repo).standing
    assert told is not None
    assert told.answer is not None
    assert told.answer.decision == "stop"
