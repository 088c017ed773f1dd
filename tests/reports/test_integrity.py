"""What happened to tests, in words: facts, crossings of this and of another commit, and one cell for all checks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agentledger.model.fleet import Branch
from agentledger.model.integrity import Integrity, MarkedLine, Meaning, StaticFacts, Word, WordOnTest
from agentledger.model.ledger import Document, Source
from agentledger.model.work import Checked, Fresh, Trust
from agentledger.reports.check_cell import summarize_checks
from agentledger.reports.integrity import (
    describe_integrity,
    describe_static_facts,
    summarize_integrity,
)
from writing import Desk, check_in, evidence, work_of

LOSS = StaticFacts(
    assertions_removed=15, assertions_added=2, tests_removed=1, code_added=223, code_removed=126
)
SKIP = MarkedLine(test="test_edge", path="tests/a.py", line=3, text="@skip")


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """A branch that says it is ready, whose check passed."""
    desk = Desk(tmp_path_factory.mktemp("integrity") / "r")
    desk.says({"evidence/test.json": evidence(desk.code), "status/9.md": check_in("ready")})
    return desk.branch()


@pytest.mark.parametrize(
    ("facts", "notable", "short"),
    [
        (StaticFacts(), (), ""),
        (
            LOSS,
            ("assertions in tests: 15 fewer lines, 2 more · 1 test declared fewer · code +223 −126",),
            "tests −13 assertions, −1 test",
        ),
        (replace(LOSS, adds_rows=True), (), ""),
        (
            StaticFacts(skips=(SKIP,)),
            ("skipped now, ran on base: test_edge",),
            "1 test skipped that ran",
        ),
        (StaticFacts(skips=(SKIP._replace(conditional=True),)), (), ""),
        (
            StaticFacts(skips=(SKIP._replace(test=""),)),
            ("skipped now, ran on base: all of tests/a.py",),
            "1 test skipped that ran",
        ),
        (
            StaticFacts(focus=(SKIP._replace(test="", text="it.only("),)),
            ("marked to run alone, so that others do not: tests/a.py:3",),
            "a test is marked to run alone",
        ),
    ],
)
def test_what_a_reader_should_look_at(
    branch: Branch, facts: StaticFacts, notable: tuple[str, ...], short: str
) -> None:
    counted = replace(branch, static_facts=facts)
    assert describe_integrity(counted) == notable
    assert summarize_integrity(counted) == short


def test_the_page_has_what_is_below_the_threshold_too(branch: Branch) -> None:
    facts = StaticFacts(assertions_removed=1, skips=(SKIP._replace(conditional=True),))
    assert describe_static_facts(replace(branch, static_facts=facts)) == (
        "assertions in tests: 1 fewer line, 0 more · code +0 −0",
        "skipped under a condition now, ran on base: test_edge",
    )
    assert describe_static_facts(replace(branch, static_facts=None)) == ()


def record(branch: Branch, head: str, at: int) -> Integrity:
    """The demands of one test are gone, and one was renamed."""
    return Integrity(
        document=Document(source=Source(path="integrity/1.json")),
        check="test",
        command="pytest",
        at=at,
        head=head,
        base=branch.merge_bases[0],
        meaning=Meaning.DEMANDS_REMOVED,
        words=(
            WordOnTest("tests/a.py | | test_edge\u202e", Word.SILENCED_GONE),
            WordOnTest("tests/a.py | | test_b", Word.CHANGED_GUARD),
        ),
        words_total=2,
    )


def test_a_crossing_of_another_commit_says_so_and_is_on_no_row(branch: Branch) -> None:
    words = (
        "test: demands were only taken away · nothing here asks for the new behaviour"
        " · silenced: gone: test_edge\\u{202E} · changed guard: test_b"
    )
    old, new = record(branch, "0" * 40, 9), record(branch, branch.head, 5)
    for records, expected, short in (
        ((old, new), words, "test: demands taken away, 1 test"),
        ((old,), f"{words}, as of another commit, 0000000000", ""),
    ):
        crossed = replace(branch, static_facts=None, work=replace(work_of(branch), integrity=records))
        assert describe_integrity(crossed) == (expected,)
        assert summarize_integrity(crossed) == short


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"trust": Trust.REPRODUCED}, "reproduced"),
        ({}, "claimed"),
        ({"fresh": Fresh.OTHER, "trust": Trust.REPRODUCED}, "stale"),
        ({"fresh": Fresh.OTHER, "trust": Trust.FLAKY}, "flaky"),
        ({"trust": Trust.CONTRADICTED}, "contradicted"),
        ({"evidence": None, "trust": None, "fresh": None}, "not run"),
    ],
)
def test_the_worst_word_is_the_cell(branch: Branch, changed: dict[str, object], word: str) -> None:
    standing = branch.standing
    assert standing
    (checked,) = standing.checks
    one: Checked = replace(checked, **changed)  # type: ignore[arg-type]
    alone = replace(branch, standing=replace(standing, checks=(one,)))
    assert summarize_checks(alone) == (word, f"{word}: test")
    both = replace(branch, standing=replace(standing, checks=(one, one)))
    assert summarize_checks(both) == (word, word)


def test_a_branch_at_work_that_ran_nothing_has_no_cell(tmp_path: Path) -> None:
    assert summarize_checks(Desk(tmp_path / "r").branch()) == ("", "")
