"""A waiver that waives nothing is said to, wherever it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import board, branches, page, run, site
from controls import say
from desk import Desk, made

WAIVER = "---\nat: 2023-11-14T22:20:00Z\nby: ana\nrules: [{rules}]\nuntil: {until}\n---\n\nIt is asked for.\n"
PATH = "tasks/x/waivers/20231114T222000Z-0001.md"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Task x, whose branch changes a file that is not its own."""
    repo = made(tmp_path)
    repo.commit("agent/x", {"docs/d.md": "changed\n"}, parents=[repo.git("rev-parse", "main")])
    repo.flush()
    return Desk(repo, repo.worktree_add(tmp_path / "an agent's", "agent/x").path)


def waived(desk: Desk, rules: str, until: str = "2099-01-01T00:00:00Z") -> list[str]:
    """The notes of the board with this waiver, written by hand."""
    say(desk.repo, PATH, WAIVER.format(rules=rules, until=until))
    return [note for note in board(desk.repo.path)["notes"] if PATH in note]


def own001(desk: Desk) -> list[str | None]:
    return [f["waived"] for f in branches(desk.repo.path)["agent/x"]["findings"] if f["rule"] == "OWN001"]


def test_an_unknown_rule_is_named_with_its_line_and_a_near_one(desk: Desk, tmp_path: Path) -> None:
    (note,) = waived(desk, "outside-scop")
    said = "there is no rule named outside-scop, so it waives nothing"
    assert note == f"{PATH}, line 4: {said} (did you mean outside-scope or history-outside-scope?)."
    assert own001(desk) == [None]
    assert said in " ".join(run(desk.repo.path, "board").out.split())
    on_page = page(site(desk.repo.path, "--out", str(tmp_path / "site")), branches(desk.repo.path)["agent/x"])
    assert said in on_page


def test_a_rule_beside_it_is_waived_all_the_same(desk: Desk) -> None:
    (note,) = waived(desk, "QQQ100, OWN001")
    assert "there is no rule named QQQ100, so that waives nothing (agentledger rule lists all rules)." in note
    assert own001(desk) == ["It is asked for."]


@pytest.mark.parametrize(
    ("rules", "until", "line"), [("OWN001", "tomorrow", 5), ("own001", "2099-01-01T00:00:00Z", 4)]
)
def test_one_that_cannot_be_read_is_said_to_waive_nothing(
    desk: Desk, rules: str, until: str, line: int
) -> None:
    (note,) = waived(desk, rules, until)
    assert note.startswith(f"{PATH}, line {line}: ")
    assert ", so it waives nothing (" in note
    assert own001(desk) == [None]
