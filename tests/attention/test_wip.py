"""Work in progress: which branches count, for whom, and what is said of it."""

from __future__ import annotations

import io
import json
from typing import Any

import jsonschema
import pytest
from rich.console import Console

import sitefleet as sf
from agentledger.attention import wip, wip_headings
from agentledger.attention.sections import Section
from agentledger.attention.wip import Load
from agentledger.attention.wip_headings import Meter
from agentledger.model.conflict import Conflict
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.ledger import Brief, Document, Source
from agentledger.model.policy import Policy, Wip
from agentledger.model.work import Copy, Progress, Standing, Task, Work
from agentledger.reports import json as report
from agentledger.reports import shapes, text
from agentledger.site.board_view import build_board
from agentledger.site.page_names import name_pages

ANA, BEN = "ana@example.org", "ben@example.org"
CONFLICT = Conflict(clean=False)


def briefed(name: str, manager: str = ANA, session: str = "background") -> Task:
    document = Document(source=Source(path=f"tasks/{name}/brief.md"))
    return Task(
        id=name,
        brief=Brief(document=document, task=name, title=name, manager=manager, session=session),
        branches=(name,),
    )


def at(name: str, progress: Progress, **fields: Any) -> Branch:
    """A branch that works on the task of its own name."""
    defaults = {"work": Work(task=name), "standing": Standing(progress=progress)}
    return sf.branch(name, **(defaults | fields))


def fleet(*pairs: tuple[Branch, Task], limits: Wip | None = None, managers: tuple[str, ...] = ()) -> Fleet:
    branches, tasks = [pair[0] for pair in pairs], tuple(pair[1] for pair in pairs)
    return sf.fleet(*branches, tasks=tasks, policy=Policy(wip=limits or Wip(), managers=managers))


def one(progress: Progress, task: Task | None = None, **fields: Any) -> tuple[int, int, int]:
    """What a single branch counts for: active, local, review."""
    loads = wip.measure_loads(fleet((at("x", progress, **fields), task or briefed("x"))))
    return (loads[0].active, loads[0].local, loads[0].review) if loads else (0, 0, 0)


ACTIVE, LOCAL, REVIEW, NOTHING = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)


@pytest.mark.parametrize(
    ("progress", "counts"),
    [
        (Progress.STARTED, ACTIVE),
        (Progress.WORKING, ACTIVE),
        (Progress.SILENT, ACTIVE),
        (Progress.CHANGES, ACTIVE),
        (Progress.READY, REVIEW),
        (Progress.APPROVED, REVIEW),
        (Progress.NEEDS_INPUT, NOTHING),
        (Progress.BLOCKED, NOTHING),
        (Progress.REJECTED, NOTHING),
    ],
)
def test_a_branch_counts_by_whose_turn_it_is(progress: Progress, counts: tuple[int, int, int]) -> None:
    assert one(progress) == counts


def test_each_progress_is_decided_on() -> None:
    assert all(sum(one(progress)) <= 1 for progress in Progress)


@pytest.mark.parametrize("state", [state for state in State if state is not State.OPEN])
def test_what_is_dormant_or_ended_does_not_count(state: State) -> None:
    assert one(Progress.WORKING, state=state) == NOTHING


def test_a_scope_change_waits_for_an_answer_too() -> None:
    assert one(Progress.WORKING, work=Work(task="x", copy=Copy.SCOPE_CHANGE)) == NOTHING


def test_what_is_not_as_ready_as_it_says_is_its_agent_s() -> None:
    assert one(Progress.READY, conflict=CONFLICT) == ACTIVE


def test_a_human_s_session_has_a_limit_of_its_own() -> None:
    assert one(Progress.WORKING, briefed("x", session="local")) == LOCAL
    assert one(Progress.READY, briefed("x", session="local")) == REVIEW
    assert one(Progress.WORKING, briefed("x", session="cloud")) == ACTIVE


def test_a_branch_without_a_task_is_nobody_s() -> None:
    assert wip.measure_loads(fleet((sf.branch("x"), briefed("y")))) == ()


def test_each_manager_has_a_load_and_policy_s_first_takes_what_names_none() -> None:
    pairs = [
        (at("a", Progress.WORKING), briefed("a")),
        (at("b", Progress.WORKING), briefed("b", BEN)),
        (at("c", Progress.WORKING), briefed("c", "")),
        (at("d", Progress.READY, lines_counted=True), briefed("d")),
    ]
    assert wip.measure_loads(fleet(*pairs, managers=(BEN,))) == (
        Load(ANA, active=1, review=1, review_lines=2),
        Load(BEN, active=2),
    )


def test_lines_that_were_not_counted_count_as_none() -> None:
    (load,) = wip.measure_loads(fleet((at("x", Progress.READY, lines_counted=False), briefed("x"))))
    assert load.review_lines == 0


@pytest.mark.parametrize(
    ("count", "expected"), [(4, "4 of 5 active"), (5, "5 of 5 active (full)"), (0, "0 of 5 active")]
)
def test_a_meter_says_when_there_is_no_room(count: int, expected: str) -> None:
    assert Meter("active", count, 5).text == expected
    assert Meter("active", 6, 5).text == "6 of 5 active (over the limit)"


def test_one_manager_needs_no_name_and_several_do() -> None:
    mine = (at("a", Progress.WORKING), briefed("a"))
    assert wip_headings.format_meters(fleet(mine)) == {Section.WORKING: ("1 of 5 active",)}
    other = (at("b", Progress.READY), briefed("b", BEN))
    assert wip_headings.format_meters(fleet(mine, other)) == {
        Section.WORKING: (f"{ANA}: 1 of 5 active",),
        Section.YOUR_TURN: (f"{BEN}: 1 of 3 waiting for a human",),
    }


def test_lines_are_told_once_they_are_too_many() -> None:
    pair = (at("x", Progress.READY), briefed("x"))
    meters = wip_headings.format_meters(fleet(pair, limits=Wip(review_lines=1)))[Section.YOUR_TURN]
    assert meters == ("1 of 3 waiting for a human, 2 of 1 changed lines (over the limit)",)


@pytest.mark.parametrize(
    ("progress", "fields", "place"),
    [
        (Progress.SILENT, {}, Section.SILENT),
        (Progress.WORKING, {"conflict": CONFLICT}, Section.HELD),
    ],
)
def test_the_meter_is_seen_where_nobody_is_in_working(
    progress: Progress, fields: dict[str, Any], place: Section
) -> None:
    assert set(wip_headings.format_meters(fleet((at("x", progress, **fields), briefed("x"))))) == {place}


def test_without_tasks_there_is_no_meter() -> None:
    assert wip_headings.format_meters(sf.fleet(sf.branch("x"))) == {}


def test_every_output_tells_the_same() -> None:
    busy = fleet((at("x", Progress.WORKING), briefed("x")), limits=Wip(active=0))
    meter = "1 of 0 active (over the limit)"
    sections = {part.key: part.meters for part in build_board(busy, name_pages(busy.branches)).sections}
    assert sections["working"] == (meter,)
    assert not any(meters for key, meters in sections.items() if key != "working")
    out = io.StringIO()
    Console(file=out, width=80).print(text.render_board(busy), soft_wrap=True)
    assert f"Working (1)\n  {meter}\n" in out.getvalue()
    document = json.loads(report.encode_ledger(busy))
    jsonschema.validate(document, json.loads(shapes.encode_schema("ledger")))
    (entry,) = document["wip"]
    assert (entry["manager"], entry["active"]) == (ANA, {"count": 1, "limit": 0})
