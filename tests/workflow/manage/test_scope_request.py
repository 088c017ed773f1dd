"""A request for another scope is one thing: what is asked, why, and what settles it; no answer grants it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import reading
from agentledger.attention.scope_request import describe_reason, find_reason
from agentledger.attention.sections import Section, section_of
from agentledger.attention.turn import Kind, turn_of
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request, ignore_progress
from agentledger.model.findings import Gate
from agentledger.model.fleet import Branch
from agentledger.model.work import Copy, Progress
from agentledger.reports import shapes
from agentledger.site.build import build_site
from command import Said, refused, run
from controls import NAME
from gitrepo import Content
from sitefleet import page_of
from terminal import editor, terminal
from writing import FOLDER, Desk, brief, check_in

WIDER = brief(owns=["src/**", "api/**"])
ASKS = "May I change api/limits.py? The counter is there."


def asks(minutes: int = 0, needs: str = ASKS) -> str:
    """A check-in of some minutes from now."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60 * minutes))
    return re.sub("(?m)^at: .*$", f"at: {at}", check_in("needs-input", needs=needs))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A branch with one code commit; what a command commits is of this moment, as the documents are."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name)
    made = Desk(tmp_path / "a repo")
    made.repo.checkout("main")
    return made


def says(desk: Desk, files: dict[str, Content], ago: int = 0, message: str = "work") -> None:
    told = {FOLDER + name: text for name, text in files.items()}
    desk.repo.commit("agent/x", told, at=int(time.time()) - 60 * ago, message=message)
    desk.repo.flush()


def asked(desk: Desk) -> None:
    """As the program advises: the copy alone, then a check-in."""
    says(desk, {"brief.md": WIDER}, ago=2, message="The limit is in the API")
    says(desk, {"status/1.md": asks(-1)}, ago=1)


def branch(desk: Desk) -> Branch:
    return reading.branch(desk.repo, "agent/x", now=int(time.time()))


def well(desk: Desk, *arguments: str) -> str:
    said = run(desk.repo.path, *arguments)
    assert (said.code, said.err) == (0, ""), said
    return said.out


def hinted(said: Said) -> list[str]:
    """The first command of a hint, as words."""
    command = re.search(r"^hint: agentledger (.*?) grants it; ", said.err, re.MULTILINE)
    assert command, said
    return shlex.split(command[1])


def test_what_is_asked_and_why_is_one_entry_with_what_settles_it(desk: Desk) -> None:
    asked(desk)
    lines = well(desk, "next").splitlines()
    assert lines[3:7] == [
        "zed asks for api/** besides src/**:",
        "  | it could touch api/**, for instance api/a",
        "why:",
        f"  | {ASKS}",
    ]
    blob = desk.repo.git("rev-parse", f"agent/x:{FOLDER}brief.md")[:12]
    assert lines[-4:] == [
        "next: agentledger brief diff agent/x",
        f"accept: agentledger brief accept --blob {blob} agent/x",
        f"reject: agentledger brief reject --blob {blob} -m 'why not' agent/x",
        "answer, which grants nothing: agentledger answer --grants-nothing agent/x 'your answer'",
    ]
    data = json.loads(well(desk, "next", "--format", "json"))
    jsonschema.validate(data, json.loads(shapes.encode_schema("next")))
    assert data["waiting"] == 1
    turn = data["turn"]
    assert (turn["about"], turn["check_in"], turn["why"]) == ("scope-change", "1", ASKS)
    assert [each["decision"] for each in turn["decisions"]] == ["accept", "reject", "answer"]
    said = branch(desk)
    assert (turn_of(said).kind, section_of(said)) == (Kind.SCOPE_CHANGE, Section.YOUR_TURN)
    assert "it asks for api/** besides src/**" in well(desk, "board")


def test_without_a_check_in_the_reason_is_the_commits_message(desk: Desk) -> None:
    says(desk, {"brief.md": WIDER}, message="The limit is in the API")
    assert describe_reason(branch(desk)) == "The limit is in the API"
    assert "why:\n  | The limit is in the API\n" in well(desk, "next")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"owns": ["lib/**"], "off_limits": ["src/old/**"]}, "asks for lib/** in place of src/**"),
        ({"owns": ["src/**"], "off_limits": []}, "asks to take src/old/** off the limits"),
        ({"owns": ["src/a.py", "src/**"], "off_limits": []},
         "asks for src/a.py besides src/** and asks to take src/old/** off the limits"),
        ({"off_limits": ["src/old/**"], "verify": {"test": "true"}}, "asks for a different brief"),
    ],
)  # fmt: skip
def test_it_is_said_in_a_clause(tmp_path: Path, keys: dict[str, Any], words: str) -> None:
    desk = Desk(tmp_path / "r", off_limits=["src/old/**"])
    desk.says({"brief.md": brief(**keys)}, at=None)
    assert desk.work().asks == words


def test_a_yes_in_words_is_refused_and_the_command_of_the_refusal_grants_and_answers(desk: Desk) -> None:
    asked(desk)
    before = desk.repo.git("rev-parse", NAME)
    for words in (("-m", "ok, do it"), ("--decision", "approve")):
        said = refused(desk.repo.path, "answer", "x", *words)
        assert said.code == 2
        assert "agent/x asks for api/** besides src/**, and no answer grants that" in said.err
    assert desk.repo.git("rev-parse", NAME) == before
    command = hinted(refused(desk.repo.path, "answer", "x", "-m", "ok, do it"))
    assert command == ["brief", "accept", "-m", "ok, do it", "agent/x"]
    well(desk, *command)
    settled = branch(desk)
    assert settled.work
    assert settled.standing
    assert (settled.work.copy, settled.standing.progress) == (Copy.SAME, Progress.WORKING)


def test_with_the_flag_the_answer_goes_as_it_is_and_the_request_stays(desk: Desk) -> None:
    asked(desk)
    told = well(desk, "answer", "x", "-m", "Is it not in lib/?", "--grants-nothing")
    assert "which no answer grants" in told
    said = branch(desk)
    assert said.work
    assert said.standing
    assert (said.work.copy, said.standing.progress) == (Copy.SCOPE_CHANGE, Progress.WORKING)
    assert turn_of(said).kind is Kind.SCOPE_CHANGE


def test_what_cannot_be_taken_for_a_yes_needs_no_flag(desk: Desk) -> None:
    asked(desk)
    assert "which no answer grants" in well(
        desk, "answer", "x", "--decision", "change", "-m", "Ask for less."
    )


@pytest.mark.parametrize("minutes", [7, 0])
def test_a_question_from_before_is_not_settled_by_the_decision(desk: Desk, minutes: int) -> None:
    """Also where both came in the same second."""
    says(desk, {"status/1.md": asks(-9, "Red or blue?")}, ago=2 + minutes)
    says(desk, {"brief.md": WIDER}, ago=2)
    assert find_reason(branch(desk)) is None
    told = well(desk, "next")
    assert "it also asks, which deciding on the scope does not answer:\n  | Red or blue?\n" in told
    # It is about the question, so nobody takes it for a yes to the other.
    assert "which no answer grants" in well(desk, "answer", "x", "-m", "Blue.", "--dry-run")
    assert "next: agentledger answer agent/x 'your answer'" in well(desk, "brief", "accept", "x")
    assert turn_of(branch(desk)).kind is Kind.QUESTION


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_decision_without_words_answers_the_check_in_that_asked_for_it(desk: Desk, decision: str) -> None:
    asked(desk)
    told = well(desk, "brief", decision, "x")
    assert "that answers what agent/x asks, too" in told
    said = branch(desk)
    assert said.standing
    assert said.standing.progress is Progress.WORKING
    assert turn_of(said).kind is Kind.ANSWERED
    assert "nothing waits for you" in well(desk, "next")


def test_a_checkpoint_comes_first_and_is_decided_by_itself(desk: Desk) -> None:
    says(desk, {"brief.md": WIDER}, ago=2)
    says(
        desk,
        {
            "status/1.md": asks(-1)
            .replace("state: ", "checkpoint: plan\nstate: ")
            .replace("## What I", "## Plan\nThis.\n## What I")
        },
        ago=1,
    )
    assert turn_of(branch(desk)).kind is Kind.QUESTION
    well(desk, "answer", "x", "--decision", "approve", "--checkpoint", "plan")
    assert turn_of(branch(desk)).kind is Kind.SCOPE_CHANGE


def test_at_a_terminal_a_yes_in_words_is_asked_about(desk: Desk) -> None:
    asked(desk)
    before = desk.repo.git("rev-parse", NAME)
    with terminal(desk.repo.path, "answer", "x", "-m", "ok, do it") as at:
        assert "and no answer grants that" in at.wait("Send the answer as it is?")
        at.enter("n")
        assert at.ended() == 130
    assert desk.repo.git("rev-parse", NAME) == before
    with terminal(desk.repo.path, "answer", "x", "-m", "ok, do it") as at:
        at.wait("Send the answer as it is?")
        at.enter("y")
        assert at.ended() == 0
    assert desk.repo.git("rev-parse", NAME) != before


def test_the_editors_form_says_that_it_grants_nothing(desk: Desk) -> None:
    asked(desk)
    shown = desk.repo.path.parent / "shown"
    script = f'cp "$1" {shlex.quote(str(shown))}; echo ok, do it >"$1"'
    with terminal(desk.repo.path, "answer", "x", env=editor(desk.repo.path.parent, script)) as at:
        assert at.ended() == 0
    assert "no answer grants that: agentledger brief accept agent/x does." in shown.read_text()


def typed(desk: Desk, command: str) -> None:
    """What a message says to type, in a shell."""
    subprocess.run(["sh", "-c", command], check=True, cwd=desk.repo.path)


# -- a refused one does not merge ------------------------------------------------------------


def test_a_refused_copy_stops_at_ready_and_merge_until_the_command_is_typed(desk: Desk) -> None:
    asked(desk)
    well(desk, "brief", "reject", "x", "-m", "Not here.")
    errors = {}
    for gate in Gate.PUSH, Gate.READY, Gate.MERGE:
        said = run(desk.repo.path, "check", "--branch", "agent/x", "--gate", gate, "--format", "json")
        found = [each for each in json.loads(said.out)["findings"] if each["rule"] == "BRF007"]
        assert len(found) == 1
        errors[gate] = found[0]["severity"]
    assert errors == {Gate.PUSH: "warn", Gate.READY: "error", Gate.MERGE: "error"}
    desk.repo.git("switch", "-q", "agent/x")
    typed(desk, found[0]["hint"])
    mended = branch(desk)
    assert mended.work
    assert mended.work.copy is Copy.SAME
    told = run(desk.repo.path, "check", "--branch", "agent/x", "--gate", "merge").out
    assert "BRF007" not in told


def merged_though_refused(desk: Desk) -> None:
    """The brief is on base; the branch's other copy is refused, and merged all the same."""
    desk.repo.git("update-ref", "-d", f"refs/heads/{NAME}")
    desk.repo.git("switch", "-q", "main")
    desk.repo.commit("main", {FOLDER + "brief.md": brief()}, at=int(time.time()) - 600)
    desk.repo.git("reset", "-q", "--hard", "main")
    desk.repo.git("switch", "-q", "agent/x")
    desk.repo.git("merge", "-q", "main", "-m", "the brief")
    (desk.repo.path / FOLDER / "brief.md").write_text(WIDER)
    desk.repo.git("commit", "-q", "-a", "-m", "more", "--no-verify")
    desk.repo.git("switch", "-q", "main")
    well(desk, "brief", "reject", "x", "-m", "Not here.")
    desk.repo.git("merge", "-q", "--no-ff", "agent/x", "-m", "merged anyway")


def test_a_refused_brief_on_base_does_not_count(desk: Desk) -> None:
    merged_though_refused(desk)
    task = next(task for task in reading.fleet(desk.repo).tasks if task.id == "x")
    assert task.brief
    assert task.brief.owns == ("src/**",)
    # The next attempt starts at that base.
    desk.repo.git("switch", "-q", "-c", "agent/x--2")
    for path in ("src/new.py", "api/limits.py"):
        (desk.repo.path / path).parent.mkdir(exist_ok=True)
        (desk.repo.path / path).write_text("1\n")
    desk.repo.git("add", "src", "api")
    staged = run(desk.repo.path, "check", "--staged")
    assert staged.code == 1
    assert "error OWN001 outside-scope [agent/x--2] api/limits.py" in staged.out
    desk.repo.git("commit", "-q", "-m", "slip", "--no-verify")
    pushed = run(desk.repo.path, "check", "--branch", "agent/x--2", "--gate", "push")
    assert "error OWN001 outside-scope [agent/x--2] api/limits.py" in pushed.out
    assert "src/new.py" not in staged.out + pushed.out


def test_base_is_put_right_by_the_command_of_the_note(desk: Desk) -> None:
    merged_though_refused(desk)
    (note,) = [note for note in reading.fleet(desk.repo).notes if "was refused" in note]
    typed(desk, note.partition("; on main: ")[2])
    assert desk.repo.git("show", f"main:{FOLDER}brief.md") == brief().strip()
    assert not [note for note in reading.fleet(desk.repo).notes if "was refused" in note]


# -- the page ------------------------------------------------------------------------------


def test_the_page_has_it_in_one_place(desk: Desk, tmp_path: Path) -> None:
    asked(desk)
    with snapshot.open_snapshot(desk.repo.path, Request(now=int(time.time()))) as taken:
        build_site(taken, tmp_path / "out", ignore_progress)
    page = page_of(tmp_path / "out", "agent-x").read_text()
    notice = page[page.index('id="question"') :].partition("</section>")[0]
    for text in (
        "It asks for api/** besides src/**.",
        ASKS,
        "agentledger brief diff agent/x",
        "agentledger brief accept --blob",
        "agentledger brief reject --blob",
        "agentledger answer --grants-nothing agent/x",
    ):
        assert text in notice
    assert page.count("agentledger brief accept --blob") == 1
