"""A branch's copy of its brief beside the one that counts: the same, outdated, a scope change, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.attention.actions import next_action
from agentledger.attention.sections import Section, section_of
from agentledger.attention.turn import Kind, turn_of
from agentledger.model.work import Copy
from command import refused, run
from controls import files
from reading import fleet, named
from writing import CONTROL, FOLDER, Desk, answer, brief, check_in

WIDER = brief(owns=["**"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r")


@pytest.fixture
def asking(desk: Desk) -> Desk:
    """The branch asks for more than it was given."""
    desk.says({"brief.md": WIDER, "status/1.md": check_in()})
    return desk


def blob(desk: Desk, name: str = "agent/x") -> str:
    return desk.repo.git("rev-parse", f"{name}:{FOLDER}brief.md")


def test_a_branch_without_a_copy_has_none(desk: Desk) -> None:
    assert desk.work().copy is Copy.NONE


def test_a_copy_is_the_same_until_the_manager_writes_another(desk: Desk) -> None:
    desk.says({"brief.md": brief(), "status/1.md": check_in()})
    assert desk.work().copy is Copy.SAME
    desk.manager({"brief.md": WIDER})
    assert desk.work().copy is Copy.OUTDATED
    assert section_of(desk.branch()) is Section.WORKING


def test_another_copy_asks_the_manager_and_grants_nothing(asking: Desk) -> None:
    fleet_ = fleet(asking.repo)
    branch = named(fleet_)["agent/x"]
    assert asking.work().copy is Copy.SCOPE_CHANGE
    assert section_of(branch) is Section.YOUR_TURN
    (task,) = fleet_.tasks
    assert task.brief is not None
    assert task.brief.owns == ("src/**",)


def test_a_scope_change_is_accepted_by_putting_it_on_the_control_branch(asking: Desk) -> None:
    asking.manager({"brief.md": WIDER})
    assert asking.work().copy is Copy.SAME


def test_a_refused_copy_is_shown_and_waits_for_nobody(asking: Desk) -> None:
    asking.manager({"answers/1.md": answer("reject", brief=blob(asking))})
    branch = asking.branch()
    assert asking.work().copy is Copy.REFUSED
    assert section_of(branch) is Section.WORKING
    action = next_action(branch, fleet(asking.repo).base)
    assert action
    assert "scope" not in action.text


def test_another_copy_after_the_refused_one_asks_anew(asking: Desk) -> None:
    asking.manager({"answers/1.md": answer("reject", brief=blob(asking))})
    asking.says({"brief.md": brief(owns=["src/**", "docs/**"])})
    assert asking.work().copy is Copy.SCOPE_CHANGE


@pytest.mark.parametrize(
    "front_matter",
    [
        {"decision": "reject", "brief": "0" * 40},
        {"decision": "reject"},
        {"decision": "note", "brief": None},
        {"decision": "approve", "brief": None},
        {"decision": "reject", "brief": None, "branch": "agent/x--2"},
    ],
)
def test_nothing_else_settles_it(asking: Desk, front_matter: dict[str, str | None]) -> None:
    """Approving grants nothing either: only the copy on the control branch counts."""
    keys = {key: blob(asking) if value is None else value for key, value in front_matter.items()}
    asking.manager({"answers/1.md": answer(**keys)})  # type: ignore[arg-type]  # by key, all of them texts
    assert asking.work().copy is Copy.SCOPE_CHANGE


def test_an_answer_on_a_branch_settles_nothing(asking: Desk) -> None:
    asking.says({"answers/1.md": answer("reject", brief=blob(asking))})
    assert asking.work().copy is Copy.SCOPE_CHANGE


def test_part_of_an_id_is_no_id(asking: Desk) -> None:
    asking.manager({"answers/1.md": answer("reject", brief=blob(asking)[:12])})
    work = asking.work()
    assert work.copy is Copy.SCOPE_CHANGE
    (problem,) = work.answers[0].document.problems
    assert "only a part of an id" in problem.message


def test_a_refusal_is_no_answer_to_a_question(asking: Desk) -> None:
    asking.says({"status/1.md": check_in("needs-input", needs="Red?")})
    asking.manager({"answers/1.md": answer("reject", brief=blob(asking))})
    assert asking.standing().progress == "needs-input"


# -- agentledger answer -------------------------------------------------------------------


def refuse(desk: Desk, *options: str) -> None:
    desk.repo.checkout("main")
    result = run(desk.repo.path, "answer", "x", "No.", "--decision", "reject", *options)
    assert (result.code, result.err) == (0, ""), result


def test_a_rejecting_answer_refuses_the_copy(asking: Desk) -> None:
    refuse(asking)
    assert asking.work().copy is Copy.REFUSED
    (answer,) = asking.work().answers
    assert (answer.brief, answer.document.problems) == (blob(asking), ())


@pytest.mark.parametrize(
    "check_in_text", [check_in("needs-input", needs="Red?"), check_in(checkpoint="plan")]
)
def test_where_a_question_is_open_the_answer_is_to_that(asking: Desk, check_in_text: str) -> None:
    asking.says({"status/1.md": check_in_text})
    refuse(asking)
    assert asking.work().copy is Copy.SCOPE_CHANGE
    assert asking.standing().progress == "working"
    # The question is settled, and the scope is not: it is still the manager's turn.
    assert turn_of(asking.branch()).kind is Kind.SCOPE_CHANGE
    refuse(asking)
    assert asking.work().copy is Copy.REFUSED


def test_without_a_scope_change_a_rejection_names_no_copy(desk: Desk) -> None:
    desk.says({"brief.md": brief(), "status/1.md": check_in()})
    refuse(desk)
    assert [answer.brief for answer in desk.work().answers] == [None]


def test_of_two_scope_changes_one_has_to_be_named(asking: Desk) -> None:
    other = {FOLDER + "brief.md": brief(owns=["docs/**"])}
    asking.repo.commit("agent/x--2", other, parents=[asking.root])
    asking.repo.checkout("main")
    before = files(asking.repo, CONTROL)
    error = refused(asking.repo.path, "answer", "x", "No.", "--decision", "reject", "--all")
    assert error.hint == "say with --branch which is refused"
    assert files(asking.repo, CONTROL) == before
    refuse(asking, "--branch", "agent/x--2")
    assert (asking.work().copy, asking.work("agent/x--2").copy) == (Copy.SCOPE_CHANGE, Copy.REFUSED)
