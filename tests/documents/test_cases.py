"""The samples of tests/documents: their problems, word for word, and the values that good ones come to.

Belongs here: one document, one outcome. Does not: properties of all documents (see test_documents_fuzz).
After a change of words, `python tests/test_documents_cases.py` writes them anew: read the diff.
"""

from __future__ import annotations

import pytest

import cases
from agentledger.model.ledger import Check, Item, Kill
from agentledger.model.policy import Policy, PolicyCheck

# What these documents are samples of is that there is nothing wrong with them.
FLAWLESS = [name for name in cases.names() if "-good" in name or "-by-hand" in name]


@pytest.mark.parametrize("name", cases.names())
def test_a_sample_has_the_problems_written_beside_it(name: str) -> None:
    assert cases.told(cases.problems(cases.sample(name))) == cases.expected(name)


@pytest.mark.parametrize("name", FLAWLESS)
def test_a_flawless_sample_has_none(name: str) -> None:
    assert cases.expected(name) == ""


@pytest.mark.parametrize("name", cases.names())
def test_every_problem_says_where_what_and_how_to_mend_it(name: str) -> None:
    for problem in cases.problems(cases.sample(name)):
        assert problem.path
        assert problem.message
        assert problem.hint
        assert problem.kind in ("invalid", "incomplete")


def test_a_brief_as_the_format_shows_it() -> None:
    brief = cases.sample("brief-good.md")
    assert (brief.task, brief.title) == ("login-rate-limit", "Limit login attempts per account")
    assert (brief.manager, brief.mode, brief.session) == ("ana@example.org", "delegate", "background")
    assert brief.owns == ("src/ratelimit/**", "tests/ratelimit/**")
    assert brief.off_limits == ("src/ratelimit/legacy.py",)
    assert brief.verify == (
        Check("test", "pytest --junitxml=out.xml", "out.xml", 600),
        Check("lint", "ruff check {changed:**/*.py}"),
    )
    assert brief.kill == Kill(2 * 86400, 800, 30, commits=40, failing_runs=3)
    assert brief.check_in == 900
    assert [(item.text, item.checked) for item in brief.criteria] == [
        ("the sixth failed login within a minute answers 429", False),
        ("a right password still works after that minute", True),
    ]
    assert brief.document.fields["kill"] == {
        "after": "2d", "lines": 800, "files": 30, "commits": 40, "failing_runs": 3
    }  # fmt: skip


def test_a_brief_by_hand_is_as_good() -> None:
    brief = cases.sample("brief-by-hand.md")
    assert brief.title == "Limit login attempts per account"
    assert brief.owns == ("src/ratelimit/**",)
    assert brief.verify == (Check("check", "pytest -q"), Check("check-2", "ruff check .", timeout=300))
    assert [item.text for item in brief.criteria] == ["the sixth answers 429", "old passwords work"]
    lines = brief.document.text.split("\n")
    for item in brief.criteria:
        assert item.text[:9] in lines[item.line - 1]
    for part in brief.document.parts:
        assert part.title in lines[part.line - 1]
        assert lines[part.text_line - 1] == part.text.split("\n")[0]
    assert brief.document.part("notes of mine").text == "Extra sections are fine."


def test_what_a_brief_does_not_say_has_a_default() -> None:
    policy = Policy(managers=("ana@example.org",), checks=(PolicyCheck(Check("lint", "ruff check .")),))
    brief = cases.parse("brief", b"---\nowns: [src/**]\nmode: review\n---\n", policy)
    assert (brief.task, brief.title) == ("login-rate-limit", "login rate limit")
    assert (brief.manager, brief.checkpoints, brief.priority) == ("ana@example.org", ("plan",), 2)
    assert not [p for p in brief.document.problems if "verify" in p.message]


def test_a_brief_that_names_no_checkpoint_on_purpose_has_none() -> None:
    assert cases.parse("brief", b"---\nmode: review\ncheckpoints: []\n---\n").checkpoints == ()


def test_scalars_stay_as_they_were_written() -> None:
    brief = cases.sample("brief-yaml-types.md")
    assert (brief.title, brief.manager, brief.owns) == ("010", "on", ("1.5e3",))
    assert brief.verify == (Check("test", "yes"),)
    assert brief.branch is None


def test_a_check_in() -> None:
    said = cases.sample("status-good.md")
    assert (said.name, said.at, said.state) == ("20261123T101500Z-3f2c", 1795428900, "needs-input")
    assert (said.agent, said.session, said.checkpoint) == ("claude-code", "5c1e", "plan")
    assert said.needs == "Redis or memory? I would take memory."


@pytest.mark.parametrize(
    ("name", "at"), [("status-by-hand.md", 1795428900), ("status-missing.md", 1795428900)]
)
def test_a_check_in_has_a_time_in_any_zone_or_from_its_name(name: str, at: int) -> None:
    assert cases.sample(name).at == at


def test_a_check_in_that_says_none_asks_for_nothing() -> None:
    assert cases.sample("status-asks-nothing.md").needs == ""


def test_an_answer_from_a_phone_takes_time_and_author_from_its_commit() -> None:
    answer = cases.sample("answer-phone.md")
    assert (answer.at, answer.by, answer.name) == (cases.AT, cases.BY, "from my phone")
    assert (answer.decision, answer.to, answer.text) == ("note", None, "Memory is fine.")
    assert cases.sample("answer-good.md").to == "20261123T101500Z-3f2c"


def test_what_was_not_decided_grants_nothing() -> None:
    assert cases.sample("answer-undecided.md").decision == "note"
    assert cases.sample("outcome-none.md").outcome == ""
    assert cases.parse("review", b"---\nbranch: agent/x\n---\n").verdict == "request-changes"
    assert cases.sample("review-unsaid.md").kind == "agent"


def test_a_waiver_with_a_slip_in_it_waives_nothing() -> None:
    assert cases.sample("waiver-good.md").rules == ("OWN001", "change-large")
    assert cases.sample("waiver-wrong.md").rules == ()


def test_a_review() -> None:
    review = cases.sample("review-good.md")
    assert (review.reviewer, review.kind, review.run) == ("codex", "agent", "manager")
    assert review.head == "0123456789abcdef0123456789abcdef01234567"
    assert [(item.checked, item.text) for item in review.findings] == [
        (False, "`store.py:41` never expires"),
        (True, "a typo"),
    ]
    assert cases.sample("review-human.md").reviewer == cases.BY


def test_what_shows_a_criterion_is_the_list_below_it() -> None:
    packet = cases.sample("packet-good.md")
    assert packet.criteria == (
        Item("the sixth answers 429", 18, True, ("`tests/test_limit.py::test_sixth` in 0.2 s", "by hand")),
        Item("nothing shows this", 22, False, ()),
    )


def test_evidence() -> None:
    evidence = cases.sample("evidence-good.json")
    assert (evidence.check, evidence.exit_code, evidence.seconds) == ("test", 1, 3.21)
    assert evidence.tail == ("same", "same", "")
    assert (evidence.junit.failures, evidence.on_base.exit_code, evidence.change) == (1, 1, None)
    assert (evidence.junit.failed, evidence.junit.flaky, evidence.junit.pending) == (("t::a [x]",), 1, 0)
    assert (evidence.on_base.new, evidence.on_base.new_total) == (("t::a [x]",), 1)
    assert evidence.report_gap == "r/b.xml is no XML"
    assert evidence.document.fields["seconds"] == 3.21
    assert not evidence.passed


def test_evidence_that_cannot_be_read_has_not_passed() -> None:
    for name in cases.names():
        if name.startswith("evidence-") and "good" not in name:
            assert not cases.sample(name).passed


def test_a_document_that_is_too_long_has_one_problem() -> None:
    for kind in cases.PLACES:
        (problem,) = cases.problems(cases.parse(kind, b"---\n" * 70_000, size=300_000_000))
        assert "300,000,000 bytes" in problem.message


def test_the_prompts_of_a_template_count_as_empty() -> None:
    own = b"---\n---\n## Outcome\nWrite what will be true.\n\n## Context\nWhere?\n"
    written = own.replace(b"Where?", b"In src/api.")
    brief = cases.parse("brief", written, template=own)
    assert {part.title: part.empty for part in brief.document.parts} == {"Outcome": True, "Context": False}


if __name__ == "__main__":
    for sample in cases.names():
        text = cases.told(cases.problems(cases.sample(sample)))
        beside = cases.FOLDER / f"{sample}.problems"
        beside.unlink(missing_ok=True)
        if text:
            beside.write_text(text, encoding="utf-8")
