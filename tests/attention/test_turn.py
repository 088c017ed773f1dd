"""Whose turn it is: never both sides' and never neither's, with a step for it, and the same on every output."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

import reading
from agentledger.attention.actions import next_action
from agentledger.attention.queue import list_turns
from agentledger.attention.sections import Section, section_of
from agentledger.attention.turn import Kind, Whose, describe_turn, turn_of
from agentledger.attention.verdict import Known, verdict_of
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.reports import json as report
from agentledger.reports import next_item, shapes, text
from agentledger.site import notify
from agentledger.site.board_view import build_board
from agentledger.site.build import build_site
from agentledger.site.page_names import name_pages
from gitrepo import START
from reading import DAY, NOW
from sitefleet import page_of, silent
from writing import Desk, answer, brief, check_in, evidence, moment, review

ASKS = check_in("needs-input", needs="Red or blue?")
READY = check_in("ready")
PACKET = (
    "---\ntask: x\nbase: {base}\nhead: {head}\n---\n## Summary\nIt is fast.\n## Why this approach\nIt is short.\n"
    "## Files touched\n- `src/a.py`\n"
    "## Acceptance criteria\n- [x] It takes a second\n  - test\n"
    "## Test plan and results\nNo tests: it is a number.\n## Risks and follow-ups\nNone.\n"
)


def is_ready(desk: Desk, minutes: int = 50) -> None:
    """Evidence and a packet as they should be, then the word."""
    packet = PACKET.format(base=desk.root.id, head=desk.code.id)
    desk.says({"evidence/test.json": evidence(desk.code), "packet.md": packet})
    desk.says({"status/9.md": check_in("ready", minutes=minutes)})


def more_code(desk: Desk, minutes: int = 55) -> None:
    desk.repo.commit("agent/x", {"src/a.py": "3\n"}, at=START + 60 * minutes)


def conflicts(desk: Desk) -> None:
    desk.repo.commit("main", {"src/a.py": "0\n"}, parents=[desk.root], at=START + 56 * 60)


def told(desk: Desk, decision: str, minutes: int = 57, text: str = "Do it.\n", **keys: str) -> None:
    desk.manager({f"answers/{minutes}.md": answer(decision, minutes=minutes, text=text, **keys)})


def asks_for_scope(desk: Desk) -> None:
    desk.says({"brief.md": brief(owns=["src/**", "docs/**"], check_in="2h")}, at=START + 52 * 60)


def refuses_scope(desk: Desk) -> None:
    asks_for_scope(desk)
    blob = desk.work().brief
    assert blob
    told(desk, "reject", brief=blob.document.blob or "")


@dataclass(frozen=True)
class Case:
    """What was done, and whose turn it is then: the command begins with `step`, or is none."""

    name: str
    whose: str
    kind: str
    step: str
    minute: int | None
    acts: tuple[Callable[[Desk], object], ...]
    now: int = NOW
    brief: dict[str, Any] | None = None


def says(**files: str) -> Callable[[Desk], object]:
    return lambda desk: desk.says({f"status/{name}.md": text for name, text in files.items()})


def reviews(verdict: str, minutes: int = 58) -> Callable[[Desk], object]:
    return lambda desk: desk.manager(
        {f"reviews/{minutes}.md": review(verdict, desk.branch().head, minutes=minutes)}
    )


def then(decision: str, minutes: int = 57, **keys: str) -> Callable[[Desk], object]:
    return lambda desk: told(desk, decision, minutes, **keys)


def more_at(minutes: int) -> Callable[[Desk], object]:
    return lambda desk: more_code(desk, minutes)


def commits(path: str, text: str, branch: str = "agent/x") -> Callable[[Desk], object]:
    return lambda desk: desk.repo.commit(
        branch, {path: text}, parents=[desk.root] if branch == "main" else None
    )


def merges_base(desk: Desk) -> None:
    """Base moves elsewhere, and its agent brings that in."""
    moved = desk.repo.commit("main", {"b": "1\n"}, parents=[desk.root])
    desk.repo.flush()
    head = desk.repo.git("rev-parse", "agent/x").strip()
    desk.repo.commit("agent/x", {"b": "1\n"}, parents=[head, moved], at=START + 56 * 60)


def fails_again(desk: Desk) -> None:
    runs = {
        f"reruns/{number}-test.json": evidence(desk.code, 1, started_at=moment(number)) for number in (51, 52)
    }
    desk.manager({**runs})


ANSWER, RESUME = "agentledger answer x ", "agentledger prompt x --for resume"
LOOK, WAS, SCOPE = "git diff main...agent/x", "git diff main...", "agentledger brief diff agent/x"
REVIEW = "agentledger review agent/x --head "
M, A = "manager", "agent"
WORKS, ASKED, PLAN = says(a=check_in()), says(a=ASKS), says(a=check_in(checkpoint="plan"))
AGAIN, STILL = says(z=check_in("ready", minutes=59)), says(z=check_in(minutes=58))
STOP = (ASKED, then("stop"))
OUT, BACK, ELSEWHERE = commits("docs/d", "1\n"), commits("src/a.py", "2\n"), commits("b", "1\n", "main")
CHANGE = reviews("request-changes")
ONE: dict[str, Any] = {"kill": {"commits": 1}}
CASES = [
    Case("nothing said", A, "started", "", None, ()),
    Case("working", A, "working", "", 50, (WORKS,)),
    # Overdue since it was due, two hours after the check-in at 50.
    Case("silent", A, "silent", LOOK, 170, (WORKS,), now=START + 4 * 3600),
    Case("a question", M, "question", ANSWER, 50, (ASKED,)),
    Case("blocked", M, "question", ANSWER, 50, (says(a=check_in("blocked", needs="A key.")),)),
    Case("a checkpoint", M, "question", ANSWER, 50, (PLAN,)),
    Case("an answer that its agent has not seen", A, "answered", RESUME, 57, (ASKED, then("note"))),
    Case("an answer, and code after it", A, "working", "", 57, (ASKED, then("note"), more_at(58))),
    Case("a question, and code", M, "question", ANSWER, 50, (ASKED, more_code)),
    Case("a checkpoint approved", A, "answered", RESUME, 57, (PLAN, then("approve"))),
    Case("a note on a checkpoint", M, "question", ANSWER, 50, (PLAN, then("note"))),
    Case("another scope asked for", M, "scope-change", SCOPE, 52, (WORKS, asks_for_scope)),
    Case("another scope refused", A, "working", "", 50, (WORKS, refuses_scope)),
    Case("ready", M, "ready", REVIEW, 50, (is_ready,)),
    Case("ready long ago", M, "ready", REVIEW, 50, (is_ready,), now=START + 30 * DAY),
    Case("ready, and a note", M, "ready", REVIEW, 50, (is_ready, then("note"))),
    Case("ready, and base moved elsewhere", M, "ready", REVIEW, 50, (is_ready, ELSEWHERE)),
    Case("ready, and base merged in", M, "ready", REVIEW, 50, (is_ready, merges_base)),
    Case("ready, and another scope refused", M, "ready", REVIEW, 50, (is_ready, refuses_scope)),
    Case("ready without evidence", M, "held", ANSWER, 50, (says(a=READY),)),
    Case("ready without evidence, sent back", A, "answered", RESUME, 57, (says(a=READY), then("change"))),
    Case("ready, and in conflict", M, "conflict", ANSWER, 50, (is_ready, conflicts)),
    Case("a conflict handed over", A, "conflict", RESUME, 57, (is_ready, conflicts, then("change"))),
    Case("in conflict at work", A, "conflict", ANSWER, 50, (WORKS, conflicts)),
    Case("in conflict before a word", A, "conflict", ANSWER, None, (conflicts,)),
    Case("handed over before a word", A, "conflict", RESUME, None, (conflicts, then("change", to="start"))),
    Case("ready, and more code", A, "lapsed", WAS, 55, (is_ready, more_code)),
    Case("no longer ready for months", A, "lapsed", WAS, 55, (is_ready, more_code), now=START + 60 * DAY),
    Case("ready, more code, ready again", M, "held", ANSWER, 59, (is_ready, more_code, AGAIN)),
    Case("ready, more code, and a word", A, "working", "", 58, (is_ready, more_code, STILL)),
    Case("ready, and the code put back", M, "ready", REVIEW, 50, (is_ready, more_code, BACK)),
    Case("a check that fails when run again", M, "held", ANSWER, 50, (is_ready, fails_again)),
    Case("approved", M, "approved", "git switch -- main", 58, (is_ready, reviews("approve"))),
    Case("approved, and more code", A, "lapsed", WAS, 59, (is_ready, reviews("approve"), more_at(59))),
    Case("approved, and in conflict", M, "conflict", ANSWER, 58, (is_ready, conflicts, reviews("approve"))),
    Case("changes asked for", A, "changes", RESUME, 58, (is_ready, CHANGE)),
    Case("changes asked for, and made", A, "working", "", 58, (is_ready, CHANGE, more_at(59))),
    Case("changes asked for, ready as it is", M, "ready", REVIEW, 59, (is_ready, CHANGE, AGAIN)),
    Case("rejected", M, "rejected", REVIEW, 58, (is_ready, reviews("reject"))),
    Case("told to stop", A, "answered", RESUME, 57, STOP),
    Case("stopped as told", M, "stopped", REVIEW, 58, (*STOP, STILL)),
    Case("stopped, and gone on", A, "working", "", 58, (*STOP, STILL, more_at(59))),
    Case("stopped, and answered", A, "working", "", 58, (*STOP, STILL, then("note", 59))),
    Case("a criterion to give up", M, "kill", LOOK, 50, (WORKS, more_code), brief=ONE),
    Case("to give up, and in conflict", M, "kill", LOOK, 50, (WORKS, more_code, conflicts), brief=ONE),
    Case("out of bounds", A, "held", ANSWER, 50, (WORKS, OUT)),
    Case("out of bounds, and told", A, "held", RESUME, 57, (WORKS, OUT, then("change"))),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def desk(tmp_path: Path, case: Case) -> Desk:
    desk = Desk(tmp_path / "r", **({"check_in": "2h"} | (case.brief or {})))
    for act in case.acts:
        act(desk)
    desk.repo.flush()
    desk.repo.checkout("main")
    return desk


def read(desk: Desk, case: Case) -> tuple[Fleet, Branch]:
    fleet = reading.fleet(desk.repo, now=case.now)
    return fleet, reading.named(fleet)["agent/x"]


def test_it_is_one_side_s_turn_with_a_step_for_it(desk: Desk, case: Case) -> None:
    fleet, branch = read(desk, case)
    turn, action = turn_of(branch), next_action(branch, fleet.base)
    assert branch.state is State.OPEN
    assert (turn.whose, turn.kind) == (case.whose, case.kind), turn
    assert turn.since == (None if case.minute is None else START + 60 * case.minute)
    assert turn.why
    assert action is not None
    assert (action.command or "").startswith(case.step)
    # What is the agent's says so: the manager waits for it, or sees to it that it goes on.
    assert action.command or action.text.startswith("Wait")


def test_every_output_shows_the_same_turn(desk: Desk, case: Case, tmp_path: Path) -> None:
    fleet, branch = read(desk, case)
    turn, action = turn_of(branch), next_action(branch, fleet.base)
    assert action is not None
    mine = turn.whose is Whose.MANAGER
    # The section, and the terminal's board.
    assert (section_of(branch) in (Section.YOUR_TURN, Section.KILL)) is mine
    out = io.StringIO()
    Console(file=out, width=400).print(text.render_board(fleet, 400), soft_wrap=True)
    assert describe_turn(turn, fleet.now) in out.getvalue()
    assert ("your turn for" in out.getvalue() or "your turn just now" in out.getvalue()) is mine
    # `next`, as text and as JSON.
    turns = list_turns(fleet)
    assert [(each.branch.name, each.kind, each.since, each.action) for each in turns] == (
        [("agent/x", turn.kind, turn.since, action)] if mine else []
    )
    if mine:
        assert turns[0].action.text in next_item.render_next_item(turns[0], fleet)
    document = json.loads(next_item.encode_next_item(turns, fleet))
    assert (document["turn"] or {}).get("about") == (turn.kind if mine else None)
    # The fleet's JSON.
    ledger = json.loads(report.encode_ledger(fleet))
    jsonschema.validate(ledger, json.loads(shapes.encode_schema("ledger")))
    entry = next(each for each in ledger["branches"] if each["name"] == "agent/x")["turn"]
    assert (entry["whose"], entry["about"], entry["why"]) == (turn.whose, turn.kind, turn.why)
    # A notice, exactly where it is the manager's.
    before = reading.fleet(desk.repo, now=START - DAY, refs=("refs/heads/main",))
    assert bool(notify.find_notices(before, fleet)) is mine
    shows_on_the_site(desk, case, branch, tmp_path / "out")


def shows_on_the_site(desk: Desk, case: Case, branch: Branch, out: Path) -> None:
    """The board's row, the branch's page, and the page of check-ins."""
    turn = turn_of(branch)
    with snapshot.open_snapshot(desk.repo.path, Request(now=case.now)) as taken:
        fleet = taken.fleet
        build_site(taken, out, silent)
    board = build_board(fleet, name_pages(fleet.branches))
    (section,) = [section for section in board.sections if section.rows]
    (row,) = section.rows
    words = "your turn" if turn.whose is Whose.MANAGER else "its agent's turn"
    verdict = verdict_of(branch, fleet.base)
    assert (section.key, row.known.since) == (section_of(branch), turn.since)
    # A verdict that waits for the agent says whose turn it is.
    waits = verdict.kind is Known.WAITS_FOR_AGENT
    assert row.known.turn == ("" if waits else words)
    assert not waits or (turn.whose is Whose.AGENT and turn.why in verdict.text)
    page = page_of(out, "agent-x")
    for shown in (out / "index.html", page):
        assert verdict.text in unescape(shown.read_text()), shown
        assert row.known.turn in unescape(shown.read_text()), shown
    # Both count the same files: the ledger's own are none of the work.
    assert f">{row.files}, {row.lines}</a>" in page.read_text()
    other = "its agent's turn" if turn.whose is Whose.MANAGER else "your turn since"
    assert other not in unescape(page.read_text())
    feed = unescape((out / "check-ins.html").read_text())
    assert (f"{words}: {turn.why}" in feed) is bool(branch.work and branch.work.check_ins)


@pytest.mark.parametrize("state", [state for state in State if state not in (State.OPEN, State.REVERTED)])
def test_what_is_not_open_is_nobody_s_turn(state: State) -> None:
    from fleets import branch

    turn = turn_of(branch(state=state))
    assert (turn.whose, turn.kind, turn.since, turn.why) == (Whose.NOBODY, Kind.ENDED, None, "")
    assert describe_turn(turn, NOW) == ""


def test_what_base_took_back_is_the_manager_s_to_decide() -> None:
    from fleets import branch

    turn = turn_of(branch(state=State.REVERTED))
    assert (turn.whose, turn.kind) == (Whose.MANAGER, Kind.REVERTED)
    assert describe_turn(turn, NOW) == "your turn: base took back what had landed"


def test_a_branch_without_a_brief_that_is_called_ready_is_the_manager_s(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    files = {"y/a.py": "1\n", ".agentledger/tasks/y/status/1.md": READY}
    desk.repo.commit("agent/y", files, parents=[desk.root], at=START + 50 * 60)
    branch = desk.branch("agent/y")
    assert branch.findings is None
    assert (turn_of(branch).whose, turn_of(branch).kind) == (Whose.MANAGER, Kind.READY)
