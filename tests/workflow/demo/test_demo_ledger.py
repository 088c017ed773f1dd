"""The sample's ledger: what is read from it, and that its documents say nothing git does not confirm."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from agentledger.attention.turn import turn_of
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.model.fleet import Branch, Fleet, State
from agentledger.model.ledger import Document
from agentledger.model.work import Copy, Fresh, Standing, Work
from agentledger.workflow.demo import create_demo
from gitrepo import Repo

NOW = 1_790_000_000
HOUR = 3600
UNBRIEFED = (
    "agent/opening-hours",
    "claude/stock-alerts",
    "codex/retire-old-till",
    "copilot/read-excel-csv",
    "cursor/rate-limit",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return Repo(create_demo.create_demo(tmp_path_factory.mktemp("demo") / "fleet", NOW))


@pytest.fixture(scope="module")
def fleet(shop: Repo) -> Fleet:
    with snapshot.open_snapshot(shop.path, Request(now=NOW)) as taken:
        return taken.fleet


def named(fleet: Fleet, name: str) -> Branch:
    return next(branch for branch in fleet.branches if branch.name == name)


def stands(fleet: Fleet, name: str) -> Standing:
    found = named(fleet, name).standing
    assert found is not None
    return found


def worked(fleet: Fleet) -> Iterator[tuple[Branch, Work]]:
    return ((branch, branch.work) for branch in fleet.branches if branch.work)


def documents(fleet: Fleet) -> Iterator[Document]:
    for task in fleet.tasks:
        yield from (v.document for v in (task.brief, task.outcome, *task.answers, *task.reviews) if v)
    for _, work in worked(fleet):
        yield from (v.document for v in (work.brief, work.packet, *work.check_ins, *work.evidence) if v)


@pytest.mark.parametrize(
    ("name", "progress", "waits_for", "minutes"),
    [
        ("claude/weekly-box", "working", "agent", 12),
        ("codex/search-products", "needs-input", "manager", 40),
        ("jules/update-dependencies", "working", "agent", 290),
        ("codex/delivery-zones", "ready", "manager", 18 * 60),
        ("claude/shop-logo", "approved", "manager", 90),
        ("jules/labels-🍎#2", "rejected", "manager", 360),
        ("cursor/pickup-slots", "ready", "manager", 45 * 60),
        ("agent/unit-prices", "working", "agent", 9),
        ("agent/unit-prices--2", "silent", "agent", 180),
        ("agent/invoices", "working", "agent", 8),
        ("agent/pick-lists", "working", "agent", 12),
    ],
)
def test_each_branch_stands_as_told(
    fleet: Fleet, name: str, progress: str, waits_for: str, minutes: int
) -> None:
    found, turn = stands(fleet, name), turn_of(named(fleet, name))
    assert (found.progress, turn.whose, found.since) == (progress, waits_for, NOW - 60 * minutes)
    assert named(fleet, name).state is State.OPEN


def test_a_question_is_open_and_a_blocked_one_is_answered(fleet: Fleet) -> None:
    asked, blocked = stands(fleet, "codex/search-products"), stands(fleet, "jules/update-dependencies")
    assert asked.question is not None
    assert asked.question.needs.endswith("until a customer asks.")
    assert asked.answer is None
    assert blocked.question is not None
    assert blocked.question.state == "blocked"
    assert blocked.answer is not None


def test_what_is_ready_has_fresh_evidence_for_each_check(fleet: Fleet) -> None:
    for name in ("codex/delivery-zones", "claude/shop-logo", "cursor/pickup-slots"):
        found = stands(fleet, name)
        assert (found.holds, found.packet_fresh) == ((), Fresh.SAME)
        assert found.checks


def test_the_approval_is_a_person_s_and_of_exactly_that_head(shop: Repo, fleet: Fleet) -> None:
    review = stands(fleet, "claude/shop-logo").review
    assert review is not None
    assert (review.kind, review.verdict) == ("human", "approve")
    assert review.head == shop.git("rev-parse", "claude/shop-logo").strip()
    assert review.document.source.ref.endswith("/agentledger")


def test_a_reviewing_agent_rejected_what_it_found_in_the_code(shop: Repo, fleet: Fleet) -> None:
    review = stands(fleet, "jules/labels-🍎#2").review
    assert review is not None
    assert (review.kind, review.verdict, len(review.findings)) == ("agent", "reject", 2)
    code = shop.git("show", "jules/labels-🍎#2:src/orchard/labels.py").splitlines()
    assert code[10].startswith("def may_reprint")
    assert "\u202e" in code[11]


def test_rivals_the_planned_the_killed_and_the_unbriefed(fleet: Fleet) -> None:
    tasks = {task.id: task for task in fleet.tasks}
    assert tasks["unit-prices"].branches == ("agent/unit-prices", "agent/unit-prices--2")
    assert tasks["gift-vouchers"].branches == ()
    assert tasks["gift-vouchers"].brief is not None
    assert named(fleet, "devin/postgres-store").state is State.KILLED
    outcome = tasks["postgres-store"].outcome
    assert outcome is not None
    assert outcome.head == named(fleet, "devin/postgres-store").head
    assert stands(fleet, "agent/unit-prices--2").overdue == 3 * HOUR
    assert all(named(fleet, name).work is None for name in UNBRIEFED)


def test_one_check_in_is_in_a_worktree_only(fleet: Fleet) -> None:
    found = [c for _, work in worked(fleet) for c in work.check_ins if c.document.source.uncommitted]
    assert [check_in.document.source.path.split("/")[2] for check_in in found] == ["invoices"]


def test_a_briefed_branch_conflicts_with_base(fleet: Fleet) -> None:
    conflict = named(fleet, "cursor/pickup-slots").conflict
    assert conflict is not None
    assert [file.path for file in conflict.files] == [b"src/orchard/slots.py"]


def test_one_check_in_is_hostile(fleet: Fleet) -> None:
    work = named(fleet, "jules/labels-🍎#2").work
    assert work is not None
    text = work.check_ins[0].document.text
    assert all(part in text for part in ("<script>", "](javascript:", "![seen](https://", "\u202e"))


def test_every_document_can_be_read_and_every_copy_is_the_brief(fleet: Fleet) -> None:
    found = list(documents(fleet))
    assert len(found) > 40
    assert [document.problems for document in found if document.problems] == []
    assert {work.copy for _, work in worked(fleet)} == {Copy.SAME, Copy.NONE}
    assert all(work.problems == () for _, work in worked(fleet))


def test_evidence_and_packets_name_commits_and_trees_that_git_has(shop: Repo, fleet: Fleet) -> None:
    count = 0
    for branch, work in worked(fleet):
        commits = shop.git("rev-list", branch.head, "^main").split()
        for evidence in work.evidence:
            listed = shop.git("ls-tree", evidence.head).splitlines(keepends=True)
            code = "".join(line for line in listed if not line.endswith("\t.agentledger\n"))
            assert evidence.head in commits
            assert evidence.tree == shop.git("mktree", input=code).strip()
            assert json.loads(evidence.document.text)["exit_code"] == 0
            count += 1
        if work.packet:
            assert work.packet.head in commits
            assert work.packet.base == shop.git("merge-base", "main", branch.head).strip()
    assert count == 4


def test_no_document_is_older_than_what_it_speaks_of_nor_than_its_commit(shop: Repo, fleet: Fleet) -> None:
    for _, work in worked(fleet):
        told = [(review.head, review.at) for review in work.reviews]
        told += [(evidence.head, evidence.started_at) for evidence in work.evidence]
        for head, at in told:
            assert int(shop.git("log", "-1", "--format=%ct", head)) < at <= NOW
        for check_in in work.check_ins:
            assert check_in.document.source.at in (None, check_in.at)


def test_the_control_branch_has_nothing_to_do_with_base_and_is_on_origin(shop: Repo) -> None:
    assert shop.exit_code("merge-base", "main", "agentledger") == 1
    assert shop.git("rev-parse", "agentledger") == shop.git("rev-parse", "origin/agentledger")
    assert {path.split("/")[0] for path in shop.git("ls-tree", "--name-only", "agentledger").split()} == {
        "tasks"
    }
