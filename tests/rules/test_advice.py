"""Every rule on a real repository: who is stopped at which gate, and that following its advice passes.

Belongs here: what is asked of each situation. Does not: the situations (see the modules `rule_rows_*`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advicecases import GATES, Advice, file_of
from advicescene import Scene, Told, level
from agentledger.rules import RULES
from rule_rows import ROWS

pytestmark = pytest.mark.table

CASES = [case for row in ROWS for case in row.situations]
AT_COMMIT = [case for case in CASES if "commit" in case.speaks]
OTHERS = [(case, way) for case in CASES for way in case.others]


def findings_by_gate(case: Advice, scene: Scene) -> dict[str, list[Told]]:
    """What each gate says; to a real push, where it says something. What it has to say to a real commit, is
    asked below; here it is made all the same, for the other gates to find.
    """
    by_gate = {"commit": scene.staged()}
    if "push" in case.speaks:
        by_gate["push"] = scene.sent()
    return by_gate | scene.checked(*(gate for gate in GATES if gate not in by_gate))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_is_stopped_where_and_that_the_advice_passes(case: Advice, tmp_path: Path) -> None:
    scene = case.scene(tmp_path)
    by_gate = findings_by_gate(case, scene)
    assert case.letters(by_gate) == case.levels, f"seen, and what {file_of(case.rule)} says of {case.name}"
    for finding in case.worst({gate: by_gate[gate] for gate in GATES if gate != "commit"}):
        case.mend(scene, finding)
    again = {"commit": scene.staged()} if "commit" in case.speaks else {}
    if case.levels[2] == "E" and not again:
        again["push"] = scene.sent()
    again |= scene.checked(*(gate for gate in case.speaks if gate not in again))
    assert case.letters(again) == case.after


@pytest.mark.parametrize("case", AT_COMMIT, ids=lambda case: case.name)
def test_what_is_said_to_who_commits_passes(case: Advice, tmp_path: Path) -> None:
    scene = case.scene(tmp_path)
    findings = case.of(scene.committed())
    assert level(findings) == case.levels[1]
    for finding in findings:
        (case.undo or case.mend)(scene, finding)
    assert level(case.of(scene.committed())) == "·"


@pytest.mark.parametrize(
    ("case", "way"), OTHERS, ids=lambda each: each if isinstance(each, str) else each.name
)
def test_another_way_that_is_named_passes(case: Advice, way: str, tmp_path: Path) -> None:
    scene = case.scene(tmp_path)
    scene.write("src/more.py")
    scene.slipped()
    gates = [gate for gate in case.speaks if gate != "commit"]
    for finding in case.worst(scene.checked(*gates)):
        case.others[way](scene, finding)
    assert case.letters(scene.checked(*gates)).strip("·") == ""


def test_where_only_the_server_has_base_it_is_named_so(tmp_path: Path) -> None:
    scene = Scene(tmp_path, "", {}, code=False)
    scene.slip("docs/d.md")
    assert scene.remote.path.exists()
    scene.repo.git("switch", "-q", "--detach")
    scene.repo.git("branch", "-q", "-D", "main")
    (finding,) = [each for each in scene.sent() if each.rule == "OWN001"]
    scene.obey(finding.hint, finding)
    assert "git checkout origin/main -- :/docs/d.md" in finding.hint
    assert level(scene.sent()) != "E"


def test_a_situation_is_its_row_s_and_has_a_name_of_its_own() -> None:
    assert [case.name for row in ROWS for case in row.situations if case.rule != row.rule] == []
    assert len({case.name for case in CASES}) == len(CASES)


def test_nobody_is_stopped_for_what_is_the_managers_doing() -> None:
    for case in CASES:
        stopped = {gate for gate, level in zip(GATES, case.levels, strict=True) if level == "E"}
        if case.whose == "agent":
            assert not stopped or stopped & {"commit", "push", "ready"}, case.name
        else:
            assert case.whose == "manager"
            # Who is to say that a branch is ready, and needs a brief for it, has only to ask for one.
            assert stopped <= {"spawn", "merge"} | ({"ready"} if case.rule == "BRF001" else set()), case.name


def test_the_table_says_what_is_seen() -> None:
    """Each letter is seen somewhere, and never a graver one than the table has."""
    for rule in RULES:
        levels = [case.levels for case in CASES if case.rule == rule.id]
        table = rule.levels if len(rule.levels) == 5 else f"····{rule.levels}"
        if not levels:
            continue  # test_rules says which row is missing
        worst = "".join(next(c for c in "Ew·" if c in {each[i] for each in levels}) for i in range(5))
        assert worst == table, (
            f"{file_of(rule.id)}: situations of {rule.id} come to {worst}, RULES says {table}"
        )
