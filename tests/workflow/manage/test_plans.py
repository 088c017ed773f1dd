"""A plan that waits for its approval, as the manager sees it on every output, and what approving it opens.

Belongs here: one branch with a plan, with two, and with none. Does not: asking for a checkpoint (see
`tests/workflow/report/test_checkpoint.py`).
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from agentledger.attention.replies import approved_checkpoints
from agentledger.model.fleet import Branch
from agentledger.site import notify
from command import branches, page, refused, run, site
from nextcommand import find_command, type_command
from reading import branch, fleet
from terminal import editor, terminal
from writing import Desk, check_in

STEPS = "# The steps\n\n1. Count <b>failures</b> per account.\n2. Answer 429. \u202e\n"
SHORT = "The steps: 1. Count <b>failures</b> per account. 2. Answer 429."
OLD, NEW = "20231114T221500Z-aaaa", "20231114T224000Z-bbbb"
NO_PLAN = "there is no plan in it, so there is nothing to approve yet"
REPLACED = f"what was approved is the earlier plan of the check-in {OLD}; this one replaces it"


def asks(plan: str, minutes: int = 50, needs: str = "Is that it?") -> str:
    return check_in("needs-input", minutes, needs, plan, checkpoint="plan")


def make_desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name, raising=False)
    return Desk(folder / "r", checkpoints=["plan"])


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, str]]:
    """A branch whose plan waits, and its site."""
    desk = Desk(tmp_path_factory.mktemp("asked") / "r", checkpoints=["plan"])
    desk.says({f"status/{OLD}.md": asks(STEPS)})
    desk.repo.flush()
    desk.repo.checkout("main")
    return desk, site(desk.repo.path, "--out", str(desk.repo.path.parent / "site"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The same branch, to be written to."""
    desk = make_desk(tmp_path, monkeypatch)
    desk.says({f"status/{OLD}.md": asks("Cache it.")})
    desk.repo.flush()
    desk.repo.checkout("main")
    return desk


def asks_again(desk: Desk, plan: str) -> None:
    desk.says({f"status/{NEW}.md": asks(plan)}, at=int(time.time()))
    desk.repo.flush()


def turn(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(desk.repo.path, "next", "--format", "json").out)["turn"]
    return found


def is_open(found: Branch) -> bool:
    assert found.work
    return "plan" in approved_checkpoints(found.work)


def in_order(text: str, *parts: str) -> None:
    places = [text.find(part) for part in parts]
    assert -1 not in places, (parts, places, text)
    assert places == sorted(places), (parts, places)


# -- where it stands ----------------------------------------------------------------------


def test_next_shows_it_before_the_question(asked: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = asked
    screen = run(desk.repo.path, "next").out
    in_order(
        screen, "by this plan:", "  | 2. Answer 429. \\u{202E}", "and asks:", "  | Is that it?", "next: "
    )
    found = turn(desk)
    assert (found["plan"], found["approved_plan"], found["question"]) == (
        "# The steps\n\n1. Count <b>failures</b> per account.\n2. Answer 429. \u202e",
        None,
        "Is that it?",
    )


def test_the_board_has_its_first_words(asked: tuple[Desk, dict[str, str]]) -> None:
    desk, files = asked
    board = " ".join(run(desk.repo.path, "board", "--dormant=never").out.split())
    in_order(board, f"plan: {SHORT}", "asks: Is that it?", f"--checkpoint plan \\ --to {OLD}")
    in_order(files["index.html"], "Plan: The steps: 1. Count &lt;b&gt;failures", ">Is that it?<")
    assert f"--to {OLD}" in files["index.html"]


def test_the_page_has_all_of_it_before_the_question_and_the_command(
    asked: tuple[Desk, dict[str, str]],
) -> None:
    desk, files = asked
    text = page(files, branches(desk.repo.path)["agent/x"])
    text = text[text.index("What it needs from you") :]
    in_order(
        text, "<h3>Plan</h3>", "Answer 429.", "U+202E", "<h3>Its question</h3>", "Is that it?", f"--to {OLD}"
    )
    assert "<b>failures" not in text


@pytest.mark.parametrize("name", ["check-ins.html", "check-ins.atom"])
def test_the_check_ins_of_all_branches_begin_with_it(asked: tuple[Desk, dict[str, str]], name: str) -> None:
    in_order(asked[1][name], "Answer 429.", "Is that it?", "What changed")


def test_the_editor_s_form_has_it_above_the_question(
    asked: tuple[Desk, dict[str, str]], tmp_path: Path
) -> None:
    desk, _ = asked
    env = editor(tmp_path, f'cp "$1" "{tmp_path}/seen"')
    with terminal(desk.repo.path, "answer", "x", env=env) as person:
        assert person.ended() == 2
    form = (tmp_path / "seen").read_text()
    in_order(
        form,
        "# agent/x plans:",
        "# | 2. Answer 429. \\u{202E}",
        "asks about its checkpoint plan:",
        "# | Is that it?",
    )


def test_a_notice_has_its_first_words(asked: tuple[Desk, dict[str, str]]) -> None:
    found = fleet(asked[0].repo)
    (notice,) = notify.find_notices(found.__class__(**_without_branches(found)), found)
    assert notice.text.startswith(
        "Branch agent/x: it waits for a decision on its checkpoint plan: “The steps: 1. Count ‹b›"
    )


def _without_branches(found: Any) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__dataclass_fields__} | {"branches": ()}


# -- the newest counts --------------------------------------------------------------------


def test_a_plan_that_replaces_an_approved_one_waits_and_closes_it_again(desk: Desk, tmp_path: Path) -> None:
    command = turn(desk)["next_action"]["command"]
    type_command(desk.repo.path, command)
    assert is_open(branch(desk.repo))
    assert "Approved at the checkpoint `plan`" in run(desk.repo.path, "prompt", "x", "--for", "resume").out
    asks_again(desk, "Index it.")
    found = branch(desk.repo)
    assert not is_open(found)
    assert {each.rule for each in found.findings or ()} >= {"STA007"}
    assert "Approved at the checkpoint" not in run(desk.repo.path, "prompt", "x", "--for", "resume").out
    in_order(run(desk.repo.path, "next").out, "  | Index it.", f"note: {REPLACED}", "  | Is that it?")
    assert turn(desk)["approved_plan"] == OLD
    files = site(desk.repo.path, "--out", str(tmp_path / "site"))
    assert f"What was{REPLACED.removeprefix('what was')}." in page(files, branches(desk.repo.path)["agent/x"])
    # What was copied before the second plan came does not approve that.
    words = type_command(desk.repo.path, command, code=2)
    assert f"in the check-in {NEW}: this approves an earlier plan" in words.err
    type_command(desk.repo.path, turn(desk)["next_action"]["command"])
    assert is_open(branch(desk.repo))


def test_a_yes_that_crosses_a_second_plan_does_not_open_it(desk: Desk) -> None:
    """Approved on the forge, while the agent was pushing another plan."""
    asks_again(desk, "Index it.")
    desk.repo.commit(
        "agentledger", {"tasks/x/answers/1.md": f"---\ndecision: approve\nto: {OLD}\ncheckpoint: plan\n---\n"}
    )
    desk.repo.flush()
    assert not is_open(branch(desk.repo))
    assert turn(desk)["check_in"] == NEW


def test_the_same_plan_again_is_called_the_same(desk: Desk) -> None:
    type_command(desk.repo.path, turn(desk)["next_action"]["command"])
    asks_again(desk, "Cache it.")
    assert (
        f"note: the same plan was approved before, in the check-in {OLD}" in run(desk.repo.path, "next").out
    )


def test_a_yes_that_is_taken_back_closes_it(desk: Desk) -> None:
    run(desk.repo.path, "answer", "x", "--decision", "approve")
    time.sleep(1.1)  # of one second, the order of two answers is not known
    run(desk.repo.path, "answer", "x", "--decision", "change", "Not the cache.", "--to", OLD)
    assert not is_open(branch(desk.repo))


def test_an_approval_names_the_check_in_that_asks(desk: Desk) -> None:
    desk.says({f"status/{NEW}.md": check_in()}, at=int(time.time()))
    desk.repo.flush()
    wrong = ("answer", "x", "--decision", "approve", "--checkpoint", "plan", "--to", NEW)
    assert (
        f"the check-in {NEW} does not ask for the checkpoint plan" in refused(desk.repo.path, *wrong).message
    )


# -- keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("second", "opens"), [("y", True), ("n", False)])
def test_y_shows_all_of_a_long_plan_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str, opens: bool
) -> None:
    desk = make_desk(tmp_path, monkeypatch)
    desk.says({f"status/{OLD}.md": asks("\n".join(f"- step {n}" for n in range(60)))})
    desk.repo.flush()
    desk.repo.checkout("main")
    with terminal(desk.repo.path, "next") as person:
        before = person.wait("q quit\n")
        assert "step 59" not in before
        person.press("y")
        assert "- step 59" in person.wait("any other key: not now\n")
        person.press(second)
        if not opens:
            person.wait("q quit\n")
            person.press("q")
        assert person.ended() == 0
    assert is_open(branch(desk.repo)) is opens


# -- no plan ------------------------------------------------------------------------------


def test_without_a_plan_there_is_nothing_to_approve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk(tmp_path, monkeypatch)
    desk.says({f"status/{OLD}.md": asks("TBD")})
    desk.repo.flush()
    desk.repo.checkout("main")
    (problem,) = [each for each in branch(desk.repo).findings or () if each.rule == "STA001"]
    assert (problem.line, problem.message) == (
        13,
        "it asks for the checkpoint `plan`, and the section “Plan” says nothing",
    )
    assert f"note: {NO_PLAN}" in run(desk.repo.path, "next").out
    assert turn(desk)["plan"] is None
    said = refused(desk.repo.path, "answer", "x", "--decision", "approve")
    assert said.message.startswith(f"there is no plan to approve: the check-in {OLD} ")
    files = site(desk.repo.path, "--out", str(tmp_path / "site"))
    assert f"T{NO_PLAN[1:]}." in page(files, branches(desk.repo.path)["agent/x"])
    # What is offered asks for one, from the hint as from `next`.
    command = find_command(said.hint, "(agentledger answer .*) asks for one")
    assert command == turn(desk)["next_action"]["command"]
    type_command(desk.repo.path, command)
    assert not is_open(branch(desk.repo))
    assert (
        run(desk.repo.path, "answer", "x", "--decision", "approve", "--to", OLD, "--without-plan").code == 0
    )
