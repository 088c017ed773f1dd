"""Who waits for whom: questions, checkpoints, `ready` and reviews."""

from __future__ import annotations

from pathlib import Path

import pytest

import reading
from agentledger.attention.actions import next_action
from agentledger.attention.sections import Section, section_of
from agentledger.attention.turn import turn_of
from reading import HOUR, NOW
from writing import FOLDER, Desk, answer, check_in, review

ASKS = check_in("needs-input", minutes=50, needs="Red or blue?")
PLAN = check_in(minutes=50, checkpoint="plan")
START_OF_HOUR = NOW - HOUR


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Nobody is silent here, but where a test says so."""
    return Desk(tmp_path / "r", check_in="2h")


def stands(desk: Desk) -> tuple[str, str, float | None]:
    """Progress, whose turn it is, and since which minute."""
    branch = desk.branch()
    standing = branch.standing
    assert standing is not None
    return (
        standing.progress,
        turn_of(branch).whose,
        None if standing.since is None else (standing.since - START_OF_HOUR) / 60,
    )


# -- questions ----------------------------------------------------------------------------


def test_a_branch_without_a_word_has_started(desk: Desk) -> None:
    assert stands(desk) == ("started", "agent", None)


@pytest.mark.parametrize("state", ["needs-input", "blocked"])
@pytest.mark.parametrize("decision", ["approve", "change", "reject", "stop", "note"])
def test_a_question_waits_until_it_is_answered_however(desk: Desk, state: str, decision: str) -> None:
    desk.says({"status/1.md": check_in(state, needs="Red or blue?")})
    assert stands(desk) == (state, "manager", 50)
    assert section_of(desk.branch()) is Section.YOUR_TURN
    desk.manager({"answers/1.md": answer(decision, minutes=55)})
    assert stands(desk) == ("working", "agent", 55)
    assert section_of(desk.branch()) is Section.WORKING


@pytest.mark.parametrize(
    "text",
    [
        answer(to="0"),
        answer(branch="agent/x--2"),
        answer(checkpoint="plan"),
    ],
)
def test_an_answer_to_something_else_leaves_the_question_open(desk: Desk, text: str) -> None:
    desk.says({"status/0.md": check_in(minutes=40), "status/1.md": ASKS})
    desk.manager({"answers/1.md": text})
    assert stands(desk) == ("needs-input", "manager", 50)


def test_an_answer_that_names_the_question_may_be_dated_before_it(desk: Desk) -> None:
    """The clocks of two machines differ; the name is sure."""
    desk.says({"status/1.md": ASKS})
    desk.manager({"answers/1.md": answer(minutes=49, to="1")})
    assert stands(desk)[:2] == ("working", "agent")


def test_the_next_check_in_withdraws_a_question(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS, "status/2.md": check_in(minutes=52)})
    assert stands(desk) == ("working", "agent", 52)


# -- checkpoints --------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["working", "needs-input", "ready"])
def test_a_checkpoint_waits_for_the_manager_whatever_the_state(desk: Desk, state: str) -> None:
    desk.says({"status/1.md": check_in(state, checkpoint="plan", needs="Look at the plan.")})
    assert stands(desk) == ("needs-input", "manager", 50)
    action = next_action(desk.branch(), reading.fleet(desk.repo).base)
    assert action
    assert action.text == "Decide on its checkpoint: plan"
    assert action.command == "agentledger answer x --decision approve --checkpoint plan --to 1"


def test_a_later_check_in_does_not_open_a_checkpoint(desk: Desk) -> None:
    desk.says({"status/1.md": PLAN, "status/2.md": check_in(minutes=52)})
    assert stands(desk) == ("needs-input", "manager", 50)
    desk.says({"status/3.md": check_in("ready", minutes=53)})
    assert stands(desk) == ("needs-input", "manager", 50)


def test_a_note_decides_nothing(desk: Desk) -> None:
    desk.says({"status/1.md": PLAN})
    desk.manager({"answers/1.md": answer("note")})
    assert stands(desk) == ("needs-input", "manager", 50)
    reply = desk.standing().answer
    assert reply is not None
    assert reply.decision == "note"


@pytest.mark.parametrize("decision", ["approve", "change", "reject", "stop"])
@pytest.mark.parametrize("keys", [{}, {"to": "1"}, {"checkpoint": "plan"}])
def test_a_decision_gives_the_work_back_to_the_agent(desk: Desk, decision: str, keys: dict[str, str]) -> None:
    desk.says({"status/1.md": PLAN})
    desk.manager({"answers/1.md": answer(decision, minutes=55, **keys)})
    assert stands(desk) == ("working", "agent", 55)


def test_a_decision_without_an_address_finds_the_checkpoint_behind_a_later_check_in(desk: Desk) -> None:
    desk.says({"status/1.md": PLAN, "status/2.md": check_in(minutes=52)})
    desk.manager({"answers/1.md": answer("approve")})
    assert stands(desk)[:2] == ("working", "agent")


def test_each_checkpoint_is_decided_for_itself(desk: Desk) -> None:
    desk.says({"status/1.md": PLAN, "status/2.md": check_in(minutes=52, checkpoint="api")})
    desk.manager({"answers/1.md": answer("approve", checkpoint="api")})
    assert stands(desk) == ("needs-input", "manager", 50)
    desk.manager({"answers/2.md": answer("approve", checkpoint="plan")})
    assert stands(desk)[:2] == ("working", "agent")


def test_a_checkpoint_that_is_asked_for_again_waits_again(desk: Desk) -> None:
    desk.says({"status/1.md": PLAN})
    desk.manager({"answers/1.md": answer("change", minutes=55)})
    desk.says({"status/2.md": check_in(minutes=57, checkpoint="plan")})
    assert stands(desk) == ("needs-input", "manager", 57)


# -- ready, and what is said of it ------------------------------------------------------------


def test_ready_lasts_while_only_the_ledger_changes(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("ready")})
    assert stands(desk) == ("ready", "manager", 50)
    desk.says({"packet.md": "---\ntask: x\n---\n"})
    assert stands(desk)[0] == "ready"
    desk.repo.commit("agent/x", {"src/a.py": "3\n"}, at=START_OF_HOUR + 55 * 60)
    assert stands(desk) == ("no longer ready", "agent", 55)


def test_ready_that_is_not_committed_speaks_of_the_code_as_it_is(desk: Desk, tmp_path: Path) -> None:
    status = desk.repo.worktree_add(tmp_path / "beside", "agent/x").path / FOLDER / "status"
    status.mkdir(parents=True)
    (status / "1.md").write_text(check_in("ready"))
    assert stands(desk)[0] == "ready"


@pytest.mark.parametrize(
    ("decision", "progress"),
    [
        ("change", "working"),
        ("reject", "working"),
        ("stop", "working"),
        ("note", "ready"),
        ("approve", "ready"),
    ],
)
def test_ready_is_sent_back_by_an_answer_and_approved_by_a_review_only(
    desk: Desk, decision: str, progress: str
) -> None:
    desk.says({"status/1.md": check_in("ready")})
    desk.manager({"answers/1.md": answer(decision)})
    assert stands(desk)[0] == progress


@pytest.mark.parametrize(
    ("verdict", "progress", "waits_for"),
    [
        ("approve", "approved", "manager"),
        ("reject", "rejected", "manager"),
        ("request-changes", "changes requested", "agent"),
    ],
)
def test_a_review_holds_for_the_code_it_names(
    desk: Desk, verdict: str, progress: str, waits_for: str
) -> None:
    ready = desk.says({"status/1.md": check_in("ready")})
    desk.manager({"reviews/1.md": review(verdict, ready, minutes=55)})
    assert stands(desk) == (progress, waits_for, 55)
    desk.says({"packet.md": "---\ntask: x\n---\n"})
    assert stands(desk)[0] == progress
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    # An agent that was sent back is at work; one that changes what was approved has taken its word back.
    assert stands(desk)[0] == ("no longer ready" if verdict == "approve" else "working")


def test_a_review_of_another_branch_or_commit_says_nothing(desk: Desk) -> None:
    ready = desk.says({"status/1.md": check_in("ready")})
    desk.manager(
        {
            "reviews/1.md": review("approve", ready, branch="agent/x--2"),
            "reviews/2.md": review("approve", desk.root),
        }
    )
    assert stands(desk)[0] == "ready"


def test_a_question_after_the_review_waits_for_the_manager(desk: Desk) -> None:
    desk.manager({"reviews/1.md": review("approve", desk.code, minutes=45)})
    assert stands(desk)[0] == "approved"
    desk.says({"status/1.md": ASKS})
    assert stands(desk)[0] == "needs-input"
