"""What holds back work that is said to be ready: evidence that fails, is stale, or of another command."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.attention.progress import required_checks
from agentledger.attention.sections import Section, section_of
from agentledger.attention.turn import Kind, turn_of
from agentledger.model.ledger import Check
from agentledger.model.policy import Policy, PolicyCheck
from agentledger.model.work import CheckResult, Fresh, Trust
from reading import fleet
from writing import TASKS, Desk, check_in, evidence, moment

POLICY = 'version = 1\n[[verify]]\nname = "test"\nrun = "pytest --strict"\n'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r")


def holds(desk: Desk) -> tuple[str, ...]:
    return desk.standing().holds


def test_evidence_of_the_head_s_code_holds_nothing_back(desk: Desk) -> None:
    desk.says({"evidence/test.json": evidence(desk.code), "status/1.md": check_in("ready")})
    assert holds(desk) == ()
    assert section_of(desk.branch(rules=False)) is Section.YOUR_TURN


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        ({}, ()),
        ({"code": 1}, ("test failed",)),
        ({"code": None}, ("test failed",)),
        (
            {"code": None, "skipped": "nothing changed"},
            ("test was skipped, though it has something to run",),
        ),
        ({"junit": {"tests": 2, "failures": 1, "errors": 0, "skipped": 0}}, ("test failed",)),
        ({"command": "true"}, ("test was run with another command",)),
        ({"command": "true", "code": None, "skipped": "no"}, ("test was run with another command",)),
        ({"command": "true", "code": 1}, ("test failed",)),
        ({"command": " pytest -q\n"}, ()),
        ({"check": "lint"}, ("no evidence for test",)),
    ],
)
def test_each_way_to_hold_work_back(desk: Desk, fields: dict[str, object], held: tuple[str, ...]) -> None:
    name = fields.get("check", "test")
    desk.says({f"evidence/{name}.json": evidence(desk.code, **fields)})  # type: ignore[arg-type]  # by key
    desk.says({"status/1.md": check_in("ready")})
    assert holds(desk) == held
    assert turn_of(desk.branch(rules=False)).kind is (Kind.HELD if held else Kind.READY)


def test_without_evidence_ready_is_held(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("ready")})
    assert holds(desk) == ("no evidence for test",)
    assert turn_of(desk.branch(rules=False)).kind is Kind.HELD


def test_evidence_is_stale_once_the_code_changes_and_not_before(desk: Desk) -> None:
    desk.says({"evidence/test.json": evidence(desk.code)})
    desk.says({"status/1.md": check_in("ready")})
    assert [checked.fresh for checked in desk.standing().checks] == [Fresh.SAME]
    desk.repo.commit("agent/x", {"src/a.py": "3\n"})
    assert [checked.fresh for checked in desk.standing().checks] == [Fresh.OTHER]
    assert holds(desk) == ("evidence for test is of another commit",)
    desk.repo.commit("agent/x", {"src/a.py": "2\n"})
    assert holds(desk) == ()


def test_evidence_of_a_commit_that_is_not_on_the_branch_is_not_known_to_hold(desk: Desk) -> None:
    desk.says({"evidence/test.json": evidence("1" * 40)})
    assert [checked.fresh for checked in desk.standing().checks] == [Fresh.UNKNOWN]
    assert holds(desk) == ("evidence for test is of another commit",)


# -- what is asked for --------------------------------------------------------------------


def test_policy_s_check_takes_the_place_of_the_brief_s(desk: Desk) -> None:
    """So that a brief, or an agent with an unconfirmed one, cannot make `test` mean less."""
    desk.says({"evidence/test.json": evidence(desk.code)})
    assert holds(desk) == ()
    desk.repo.commit("main", {".agentledger/config.toml": POLICY}, parents=[desk.root])
    assert [checked.check.run for checked in desk.standing().checks] == ["pytest --strict"]
    assert holds(desk) == ("test was run with another command",)
    desk.says({"evidence/test.json": evidence(desk.code, command="pytest --strict")})
    assert holds(desk) == ()


def test_policy_adds_checks_of_other_names_after_the_brief_s(desk: Desk) -> None:
    more = POLICY.replace('"test"', '"types"')
    desk.repo.commit("main", {".agentledger/config.toml": more}, parents=[desk.root])
    assert holds(desk) == ("no evidence for test", "no evidence for types")


def test_a_policy_s_check_for_some_paths_only_is_not_asked_of_all(desk: Desk) -> None:
    read = fleet(desk.repo)
    (task,) = read.tasks
    policy = Policy(checks=(PolicyCheck(Check("docs", "make docs"), ("docs/**",)),))
    assert [check.name for check in required_checks(task.brief, policy, [b"src/a.py"])] == ["test"]
    assert [check.name for check in required_checks(task.brief, policy, [b"docs/x.md"])] == ["test", "docs"]


def test_a_policy_s_check_for_some_paths_is_asked_of_a_branch_that_touches_them(desk: Desk) -> None:
    more = POLICY.replace('"test"', '"types"') + 'paths = ["docs/**"]\n'
    desk.repo.commit("main", {".agentledger/config.toml": more}, parents=[desk.root])
    assert "no evidence for types" not in holds(desk)
    desk.repo.commit("agent/x", {"docs/x.md": "x\n"})
    assert "no evidence for types" in holds(desk)


def test_a_brief_on_the_branch_cannot_drop_a_check(desk: Desk) -> None:
    desk.repo.commit("agent/x", {TASKS + "x/brief.md": "---\ntask: x\nmode: own\n---\n"})
    assert holds(desk) == ("no evidence for test",)


# -- what it is worth ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reruns", "expected"),
    [
        ([], Trust.CLAIMED),
        ([{}], Trust.REPRODUCED),
        ([{}, {}], Trust.REPRODUCED),
        ([{"code": 1}], Trust.FLAKY),
        ([{"code": 1}, {"code": 2}], Trust.CONTRADICTED),
        ([{"code": 1}, {}], Trust.FLAKY),
        ([{"tree": "b" * 40}], Trust.REPRODUCED),  # git says what tree that commit has
        ([{"head": "1" * 40, "tree": "b" * 40}], Trust.CLAIMED),
        ([{"command": "true"}], Trust.CLAIMED),
        ([{"check": "lint"}], Trust.CLAIMED),
    ],
)
def test_it_is_claimed_until_somebody_else_ran_the_same_on_the_same_code(
    desk: Desk, reruns: list[dict[str, object]], expected: Trust
) -> None:
    desk.says({"evidence/test.json": evidence(desk.code), "status/1.md": check_in("ready")})
    for number, fields in enumerate(reruns):
        run_fields = {"head": desk.code, "started_at": moment(50 + number), **fields}
        run = evidence(**run_fields)  # type: ignore[arg-type]  # by key
        desk.manager({f"reruns/{number}-test.json": run})
    (checked,) = desk.standing().checks
    assert checked.trust is expected
    held = {Trust.CONTRADICTED: ("test is contradicted",), Trust.FLAKY: ("test is flaky",)}
    assert holds(desk) == held.get(expected, ())


def test_a_rerun_on_the_branch_is_the_agent_s_own_word(desk: Desk) -> None:
    desk.says({"evidence/test.json": evidence(desk.code), "reruns/1-test.json": evidence(desk.code)})
    (checked,) = desk.standing().checks
    assert checked.trust is Trust.CLAIMED


def test_skipped_is_neither_claimed_nor_reproduced(tmp_path: Path) -> None:
    command = "pytest {changed:tests/**}"
    desk = Desk(tmp_path / "r", verify={"test": command})
    skipped = evidence(desk.code, None, command=command, skipped="nothing to check")
    desk.says({"evidence/test.json": skipped})
    desk.manager({"reruns/1-test.json": skipped})
    (checked,) = desk.standing().checks
    assert (checked.result, checked.trust) == (CheckResult.SKIPPED, Trust.SKIPPED)
    desk.repo.commit("agent/x", {"tests/new.py": "1\n"})
    (checked,) = desk.standing().checks
    assert (checked.result, checked.trust) == (CheckResult.NOT_RUN, None)
