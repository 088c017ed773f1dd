"""`agentledger report --checkpoint NAME --plan TEXT`: what is to be approved is said, or nothing is written.

Belongs here: what is refused, and what becomes of a plan in the check-in. Does not: what the manager sees of it (see
`tests/workflow/manage/test_plans.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentledger.documents import parse_check_in
from agentledger.model.errors import LedgerError
from agentledger.model.ledger import CheckIn, Source
from agentledger.workflow.report.check_in import Said
from agentledger.workflow.report.write_check_in import report_progress
from cases import raw_document
from command import refused, run
from desk import Desk, made
from nextcommand import find_command, type_command
from terminal import editor, terminal

ASK = ("report", "--checkpoint", "plan")


def make_desk(folder: Path) -> Desk:
    repo = made(folder, more="checkpoints: [plan, api]\n")
    repo.git("branch", "-q", "agent/x", "main")
    return Desk(repo, repo.worktree_add(folder / "an agent's", "agent/x").path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Nothing of what is asked in it is written."""
    desk = make_desk(tmp_path_factory.mktemp("untouched"))
    yield desk
    assert desk.git("rev-parse", "agent/x") == desk.git("rev-parse", "main")
    assert desk.git("status", "--porcelain") == ""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def written(desk: Desk) -> CheckIn:
    """The one check-in that was committed last, as a reader reads it."""
    path = desk.git("show", "--name-only", "--format=", "HEAD").strip()
    found = parse_check_in(raw_document(Source(path=path), desk.git("show", f"HEAD:{path}").encode()))
    assert found.document.problems == ()
    return found


@pytest.mark.parametrize("plan", [None, "", " \n", "none", "n/a", "TBD", "<!-- the plan -->", "- [ ] todo"])
def test_a_checkpoint_without_a_plan_is_refused(untouched: Desk, plan: str | None) -> None:
    given = () if plan is None else ("--plan", plan)
    said = refused(untouched.path, *ASK, *given, "--changed", "Read it.", "--need", "Is that it?")
    assert said.message.startswith("the plan that the checkpoint plan is to approve is ")


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (("--plan", "Cache it."), "a plan is for a checkpoint", "add --checkpoint plan or --checkpoint api"),
        ((*ASK[1:], "--plan", "caf\udce9"), "the plan is not UTF-8", "iconv"),
        (("--checkpoint", "plans", "--plan", "It."), "no checkpoint named plans", "did you mean plan?"),
    ],
)
def test_what_fits_no_checkpoint_is_refused(
    untouched: Desk, given: tuple[str, ...], message: str, hint: str
) -> None:
    said = refused(untouched.path, "report", *given)
    assert message in said.message
    assert hint in said.hint


def test_the_library_refuses_it_too(untouched: Desk) -> None:
    with pytest.raises(LedgerError, match="is to approve is missing"):
        report_progress(untouched.path, Said(checkpoint="plan", changed="Read it."), 1_800_000_000)


@pytest.mark.parametrize(
    ("piped", "message"),
    [
        (b"- a step\n" * 34_000, "306"),
        (b"caf\xe9\n", "what is piped in is not UTF-8, at byte 4"),
        (b"", "is to approve is missing"),
    ],
)
def test_a_pipe_that_holds_no_plan_is_refused(untouched: Desk, piped: bytes, message: str) -> None:
    said = run(untouched.path, *ASK, "--plan", "-", given=piped)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert "hint: " in said.err


def test_two_texts_cannot_both_be_piped_in(untouched: Desk) -> None:
    said = run(untouched.path, *ASK, "-", "--plan", "-", given=b"One.")
    assert said.code == 2
    assert "TEXT or --plan can be -, not both" in said.err


@pytest.mark.parametrize("checkpoint", ["plan", "api"])
def test_the_command_in_the_hint_asks_for_it(desk: Desk, checkpoint: str) -> None:
    said = refused(desk.path, "report", "--checkpoint", checkpoint)
    command = find_command(said.hint, ": (agentledger report .*)")
    assert "stop here and wait" in type_command(desk.path, command).out
    asked = written(desk)
    assert (asked.checkpoint, asked.state, asked.needs) == (checkpoint, "needs-input", "Is that it?")
    assert asked.plan in command


def test_headings_and_open_code_in_a_plan_stay_in_it(desk: Desk) -> None:
    plan = "# Steps\n\n## What I need from you\n\nNothing!\n\nPlan\n----\n\n- a\n\n"
    plan += "```sh\nmake  # ## Risks and blockers\n"
    run(desk.path, *ASK, "--plan", "-", "--need", "Red?", given=plan.encode())
    asked = written(desk)
    assert asked.needs == "Red?"
    assert [part.title for part in asked.document.parts] == [
        "What changed",
        "What's next",
        "Risks and blockers",
        "Plan",
        "What I need from you",
    ]
    assert asked.plan == (
        "# Steps\n\n### What I need from you\n\nNothing!\n\n### Plan\n\n- a\n\n"
        "```sh\nmake  # ## Risks and blockers\n```"
    )


def test_a_whole_report_has_its_plan_in_a_section(desk: Desk) -> None:
    text = (
        "## What changed\n\nRead it.\n\n## Plan\n\n1. Cache it.\n\n## What I need from you\n\nIs that it?\n"
    )
    assert run(desk.path, *ASK, "-", "--state", "needs-input", given=text.encode()).code == 0
    asked = written(desk)
    assert (asked.plan, asked.needs) == ("1. Cache it.", "Is that it?")


def test_looking_for_an_answer_needs_no_plan_again(desk: Desk) -> None:
    run(desk.path, *ASK, "--plan", "Cache it.")
    head = desk.git("rev-parse", "HEAD")
    assert "there is no answer yet" in run(desk.path, *ASK).out
    assert "is to approve is missing" in refused(desk.path, "report", "--checkpoint", "api").message
    assert desk.git("rev-parse", "HEAD") == head


def test_replacing_an_approved_plan_is_said_to_close_it(desk: Desk) -> None:
    assert "warning" not in run(desk.path, *ASK, "--plan", "Cache it.").err
    run(desk.repo.path, "answer", "x", "--decision", "approve")
    said = run(desk.path, *ASK, "--plan", "Index it.")
    assert "the checkpoint plan was open; this replaces what was approved" in said.out + said.err


def test_a_plan_that_cannot_be_committed_now_is_kept_with_its_checkpoint(desk: Desk) -> None:
    desk.git("switch", "-q", "--detach")
    said = refused(desk.path, *ASK, "--plan", "Cache it.", "--need", "Is that it?")
    desk.git("switch", "-q", "agent/x")
    type_command(desk.path, find_command(said.hint, r"run this again: (.*) \(what you said is kept there\)"))
    asked = written(desk)
    assert (asked.checkpoint, asked.state, asked.plan) == ("plan", "needs-input", "Cache it.")


def test_at_a_terminal_the_form_has_a_place_for_the_plan(desk: Desk, tmp_path: Path) -> None:
    env = editor(tmp_path, 'sed "s/<!-- What is to be approved.*/Cache it./" "$1" >x; mv x "$1"')
    with terminal(desk.path, *ASK, env=env) as person:
        assert person.ended() == 0, person.shown
    assert written(desk).plan == "Cache it."


def test_who_pipes_nothing_at_a_terminal_is_told_how_it_ends(desk: Desk) -> None:
    with terminal(desk.path, *ASK, "--plan", "-") as person:
        person.wait("Ctrl-D on a line of its own ends it")
        person.enter("Cache it.")
        person.enter("\x04")
        assert person.ended() == 0, person.shown
    assert written(desk).plan == "Cache it."
