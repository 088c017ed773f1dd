"""The verdict: what is known of a branch in one sentence, and green only for what is approved and in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.attention.test_turn import ASKS, READY, conflicts, is_ready, more_code

import fleets
from agentledger.attention.verdict import BranchVerdict, Known, verdict_of
from agentledger.model.conflict import Conflict
from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import State
from agentledger.model.ledger import Document, Review, Source
from agentledger.model.work import Fresh
from agentledger.site.labels import verdict_mark
from gitrepo import START
from reading import fleet, named
from writing import Desk, check_in, review

BASE = fleets.fleet().base
HEAD = "a" * 40


def said(desk: Desk, verdict: str, minutes: int = 57) -> None:
    """A review of the code as it is."""
    desk.manager({f"reviews/{minutes}.md": review(verdict, desk.code, minutes)})


def ready(desk: Desk) -> None:
    is_ready(desk)


def approved(desk: Desk) -> None:
    is_ready(desk)
    said(desk, "approve")


def approved_and_changed(desk: Desk) -> None:
    approved(desk)
    more_code(desk, 58)
    desk.says({"status/10.md": check_in("ready", minutes=59)}, at=START + 59 * 60)


def approved_in_conflict(desk: Desk) -> None:
    approved(desk)
    conflicts(desk)


def sent_back(desk: Desk) -> None:
    is_ready(desk)
    said(desk, "request-changes")


def rejected(desk: Desk) -> None:
    is_ready(desk)
    said(desk, "reject")


def asks(desk: Desk) -> None:
    desk.says({"status/1.md": ASKS})


def works(desk: Desk) -> None:
    desk.says({"status/1.md": check_in("working")})


def unchecked(desk: Desk) -> None:
    desk.says({"status/1.md": READY})


CASES: dict[str, tuple[Callable[[Desk], None], Known, str]] = {
    "ready": (ready, Known.NOT_REVIEWED, "Not reviewed"),
    "approved": (approved, Known.APPROVED, "Approved by ana@example.org (human, unproven)"),
    "changed since": (approved_and_changed, Known.STOPPED, "Stopped: "),
    "approved, and in conflict": (
        approved_in_conflict,
        Known.STOPPED,
        "Stopped by a conflict with main in 1 file",
    ),
    "sent back": (
        sent_back,
        Known.CHANGES_REQUESTED,
        "Changes requested by ana@example.org (human, unproven)",
    ),
    "rejected": (rejected, Known.REJECTED, "Rejected by ana@example.org (human, unproven)"),
    "asks": (asks, Known.ASKS, "Waits for your answer"),
    "works": (works, Known.WAITS_FOR_AGENT, "Waits for its agent: it is working"),
    "ready without evidence": (unchecked, Known.STOPPED, "Stopped: "),
}


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_says_what_is_known(tmp_path: Path, name: str) -> None:
    made, kind, text = CASES[name]
    desk = Desk(tmp_path / "r")
    made(desk)
    desk.repo.flush()
    seen = fleet(desk.repo)
    verdict = verdict_of(named(seen)["agent/x"], seen.base)
    assert (verdict.kind, verdict.text[: len(text)]) == (kind, text), verdict
    assert verdict.in_order is (name == "approved"), verdict
    assert (verdict_mark(verdict).kind == "ok") is verdict.in_order
    if name in ("changed since", "approved, and in conflict"):
        assert verdict.more.startswith("Approved")


def review_of(head: str, verdict: str = "approve", proven: bool = False) -> Review:
    return Review(
        document=Document(source=Source(path="tasks/x/reviews/1.md", proven=proven), text=""),
        name="1",
        at=1,
        reviewer="ana\u202e",
        kind="human",
        verdict=verdict,
        branch="x",
        head=head,
    )


def unbriefed(**fields: object) -> BranchVerdict:
    plain = replace(fleets.branch(head=HEAD, conflict=Conflict(clean=True)), **fields)  # type: ignore[arg-type]
    fresh = {r.document.source.path: Fresh.SAME if r.head == HEAD else Fresh.OTHER for r in plain.reviews}
    return verdict_of(replace(plain, reviews_fresh=fresh), BASE)


def test_a_branch_without_a_task_is_judged_by_its_reviews() -> None:
    assert unbriefed().kind is Known.NOT_REVIEWED
    approved = unbriefed(reviews=(review_of(HEAD, proven=True),))
    assert (approved.text, approved.in_order) == ("Approved by ana\\u{202E} (human, proven)", True)
    stale = unbriefed(reviews=(review_of("b" * 40),))
    assert stale.kind is Known.STALE
    assert stale.text == "Stale: approved at bbbbbbbbbb by ana\\u{202E} (human, unproven), changed since"
    assert unbriefed(reviews=(review_of(HEAD, "reject"),)).kind is Known.REJECTED
    assert unbriefed(reviews=(review_of(HEAD, "request-changes"),)).kind is Known.CHANGES_REQUESTED


@pytest.mark.parametrize(
    "conflict", [None, Conflict(clean=None, failed="bad object"), Conflict(False, (), below="b")]
)
def test_nothing_is_in_order_whose_merge_is_not_known_to_be(conflict: Conflict | None) -> None:
    verdict = unbriefed(reviews=(review_of(HEAD),), conflict=conflict)
    assert (verdict.kind, verdict.in_order) == (Known.APPROVED, False)
    assert verdict.more.startswith("Against it: ")


@pytest.mark.parametrize(("rule", "severity"), [("REV003", Severity.WARN), ("OWN004", Severity.ERROR)])
def test_nothing_is_in_order_that_a_rule_stops_or_doubts(rule: str, severity: Severity) -> None:
    found = Finding(rule=rule, name="x", severity=severity, blocks=False, message="it is not so", hint="")
    verdict = unbriefed(reviews=(review_of(HEAD),), findings=(found,))
    assert (verdict.in_order, verdict.more) == (False, "Against it: it is not so")
    waived = replace(found, waived="as agreed")
    assert unbriefed(reviews=(review_of(HEAD),), findings=(waived,)).in_order


@pytest.mark.parametrize("state", State)
def test_no_state_is_green_without_an_approval(state: State) -> None:
    verdict = unbriefed(state=state)
    assert not verdict.in_order
    assert verdict.text
