"""What base's own run makes of a check that fails, or whose report lists failures: by name, else by exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentledger.model.evidence import AgainstBase, compare_with_base
from command import run
from sides import Sides, report
from verifying import EVIDENCE, outcomes

pytestmark = pytest.mark.table

PACKET = ".agentledger/tasks/x/packet.md"

A, AB, NONE = report("a"), report("a", "b"), report(passed=2)
RISKY = report(
    more=r'<testcase name="r" classname="C"><error type="PHPUnit\Framework\RiskyTestError"/></testcase>'
)
NAMELESS = report("a", more="<error/>").replace('name="s"', "")


def against(desk: Sides) -> AgainstBase | None:
    evidence = desk.evidence()
    return compare_with_base(evidence.exit_code, evidence.on_base)


@pytest.mark.parametrize(
    ("base", "here", "passed"),
    [
        ((0, A), (0, A), True),
        ((0, AB), (0, A), True),
        ((0, A), (0, AB), False),
        ((0, NONE), (0, A), False),
        ((0, None), (0, A), False),
        ((1, A), (0, A), False),
        ((0, A), (0, NAMELESS), False),
        ((0, NONE), (0, RISKY), True),
        ((0, NONE), (1, NONE), False),
    ],
    ids=[
        *("as on base", "fewer", "new", "base lists none", "base has no report", "another end"),
        *("no name", "notes", "the exit code decides"),
    ],
)
def test_with_exit_code_0_failures_in_the_report_are_fine_where_base_has_them(
    tmp_path: Path, base: tuple[int, str | None], here: tuple[int, str | None], passed: bool
) -> None:
    desk = Sides(tmp_path, base, here)
    desk.verify(code=0 if passed else 1)
    assert desk.evidence().passed == passed


def test_what_hides_its_exit_code_is_caught_by_the_new_names(tmp_path: Path) -> None:
    desk = Sides(tmp_path, (0, A), (0, AB))
    said = desk.said()
    assert "failed" in said.out
    assert "exit code 0, but its report lists 2 failures: C::b, C::a; it has 1 failure" in said.out
    assert "that is not on base: C::b" in said.out
    checked = run(desk.path, "check", "--format", "json")
    (finding,) = (f for f in json.loads(checked.out)["findings"] if f["rule"] == "EVD003")
    assert "not on base: C::b" in finding["message"]
    assert "agentledger allow x --rule EVD003 --until 14d" in finding["hint"]


def test_a_report_as_on_base_passes_with_a_note(tmp_path: Path) -> None:
    desk = Sides(tmp_path, (0, AB), (0, AB))
    said = desk.said()
    assert said.out.startswith("test  passed, ")
    assert "3 tests, 2 failed, its report lists 2 failures, as on base" in said.out


def test_where_base_cannot_be_asked_failures_in_the_report_fail_the_check(tmp_path: Path) -> None:
    desk = Sides(tmp_path, (0, A), (0, A))
    desk.change("Makefile", "all:\n")
    assert outcomes(desk.verify(code=1)) == {"test": "failed"}
    assert desk.evidence().on_base is None
    assert "base gives nothing to compare with" in desk.said().out


@pytest.mark.parametrize(
    ("base", "here", "expected"),
    [
        ((1, AB), (1, AB), AgainstBase.SAME),
        ((1, AB), (1, A), AgainstBase.SAME),
        ((2, AB), (1, A), AgainstBase.SAME),
        ((1, A), (1, AB), AgainstBase.NEW),
        ((0, NONE), (1, A), AgainstBase.PASSES),
        ((1, A), (1, None), AgainstBase.UNLIKE),
        ((1, None), (1, A), AgainstBase.UNLIKE),
        ((1, None), (1, None), AgainstBase.UNLIKE),
        ((1, A), (1, "<testsuite><testcase"), AgainstBase.UNLIKE),
        ((1, A), (1, NONE), AgainstBase.UNLIKE),
        ((1, A), (139, A), AgainstBase.UNLIKE),
        ((1, report("a", passed=5)), (1, A), AgainstBase.UNLIKE),
        ((1, A), (1, NAMELESS), AgainstBase.UNLIKE),
        ((1, NONE), (1, NONE), AgainstBase.SAME_CODE),
        ((1, report(passed=9)), (1, NONE), AgainstBase.UNLIKE),
    ],
    ids=[
        *("same", "fewer", "fewer, and counted by the code", "more", "passes there"),
        *("no report here", "none there", "none at all", "no XML", "nothing listed", "crashed"),
        *("fewer tests", "no name", "another reason, such as the coverage", "a file was not loaded"),
    ],
)
def test_fails_on_base_too_takes_the_same_failing_tests(
    tmp_path: Path, base: tuple[int, str | None], here: tuple[int, str | None], expected: AgainstBase
) -> None:
    desk = Sides(tmp_path, base, here)
    desk.verify(code=1)
    assert against(desk) is expected
    if expected is AgainstBase.UNLIKE:
        said = desk.said().out
        assert "not comparable with base" in said
        assert f"(exit code {here[0]} here, {base[0]} on base)" in said


@pytest.mark.parametrize(
    ("codes", "expected", "words"),
    [
        ((1, 1), AgainstBase.SAME_CODE, "by exit code alone; nothing says that the same tests fail"),
        ((1, 2), AgainstBase.UNLIKE, "without a report only exit codes can be compared, and they differ"),
        ((0, 1), AgainstBase.PASSES, "passes on base"),
    ],
)
def test_without_a_report_only_the_exit_code_is_compared(
    tmp_path: Path, codes: tuple[int, int], expected: AgainstBase, words: str
) -> None:
    desk = Sides(tmp_path, (codes[0], None), (codes[1], None), junit=None)
    desk.verify(code=1)
    assert against(desk) is expected
    assert words in desk.said().out


def test_a_broken_run_blocks_and_one_that_is_as_on_base_warns(tmp_path: Path) -> None:
    levels = {}
    for name, here in (("same", (1, A)), ("crashed", (2, None))):
        desk = Sides(tmp_path / name, (1, A), here)
        desk.verify(code=1)
        checked = json.loads(run(desk.path, "check", "--gate", "ready", "--format", "json").out)
        (levels[name],) = (
            (f["severity"], f["message"]) for f in checked["findings"] if f["rule"] == "EVD003"
        )
    assert levels["same"] == ("warn", "the check test failed, and fails on base, too, in the same tests")
    assert levels["crashed"][0] == "error"
    assert "r.tmp/t.xml was not written (exit code 2 here, 1 on base)" in levels["crashed"][1]


def test_names_are_recorded_what_base_lacks_first_and_at_most_50(tmp_path: Path) -> None:
    many = [f"t{number:02}" for number in range(60)]
    desk = Sides(tmp_path, (1, report(*many)), (1, report(*many, "z new")))
    document = desk.verify(code=1)
    evidence = desk.evidence()
    assert evidence.junit
    assert (len(evidence.junit.failed), evidence.junit.failed_total) == (50, 61)
    assert evidence.junit.failed[:2] == ("C::z new", "C::t00")
    assert evidence.on_base
    assert (evidence.on_base.new, evidence.on_base.new_total) == (("C::z new",), 1)
    assert (len(evidence.on_base.failed), evidence.on_base.failed_total) == (50, 60)
    assert document["checks"][0]["on_base"]["new"] == ["C::z new"]
    written = json.loads(desk.repo.git("show", f"agent/x:{EVIDENCE}/test.json"))
    assert list(written["junit"]) == ["tests", "failures", "errors", "skipped", "failed", "failed_total"]


def test_as_many_failures_as_on_base_are_no_new_ones_where_only_50_are_recorded(tmp_path: Path) -> None:
    many = report(*(f"t{number:02}" for number in range(60)))
    desk = Sides(tmp_path, (1, many), (1, many))
    desk.verify(code=1)
    assert against(desk) is AgainstBase.SAME


def test_a_name_has_neither_the_worktree_s_path_nor_a_secret(tmp_path: Path) -> None:
    desk = Sides(tmp_path, (1, A), (1, A))
    write = "echo \"<testsuite><testcase name='$PWD/src/a.js $API_TOKEN'><failure/></testcase></testsuite>\""
    desk.repo.commit("main", {"check.sh": f"mkdir r.tmp; {write} >r.tmp/t.xml; exit 1\n"})
    desk.repo.flush()
    desk.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "main")
    assert desk.said(env={"API_TOKEN": "secret-of-env"}).code == 1
    evidence = desk.evidence()
    assert evidence.junit
    assert evidence.junit.failed == ("src/a.js [redacted]",)
    assert against(desk) is AgainstBase.SAME


def test_a_rerun_compares_with_base_itself(tmp_path: Path) -> None:
    desk = Sides(tmp_path, (0, A), (0, A))
    desk.verify()
    document = desk.verify("--rerun", "x", folder=desk.repo.path)
    assert document["checks"][0]["trust"] == "reproduced"
    assert document["checks"][0]["on_base"]["new_total"] == 0


def test_a_rerun_finds_out_that_the_names_of_base_were_typed(tmp_path: Path) -> None:
    desk = Sides(tmp_path, (0, A), (0, AB))
    desk.verify(code=1)
    typed = json.loads((desk.path / EVIDENCE / "test.json").read_text())
    typed["on_base"] |= {"new": [], "new_total": 0}
    desk.change(f"{EVIDENCE}/test.json", json.dumps(typed))
    assert desk.evidence().passed
    document = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert document["checks"][0]["trust"] == "contradicted"


def test_every_output_says_what_failed(tmp_path: Path) -> None:
    desk = Sides(tmp_path, (1, A), (1, AB))
    desk.verify(code=1)
    packet = run(desk.path, "packet", "--summary", "It is new.", "--why", "It is small.")
    assert "has 1 failure that is not on base: `C::b`" in (desk.path / PACKET).read_text(), packet
    run(desk.path, "report", "--state", "ready", "--changed", "all", "--next", "nothing")
    words = "has 1 failure that is not on base: C::b"
    assert words in run(desk.repo.path, "next").out
    assert (
        "has 1 failure that is not on base: `C::b`"
        in run(desk.repo.path, "prompt", "x", "--for", "review").out
    )
    board = json.loads(run(desk.repo.path, "board", "--format", "json").out)
    (check,) = (check for branch in board["branches"] for check in branch["checks"])
    assert (check["result"], check["against_base"], check["junit"]["failed_total"]) == ("failed", "new", 2)
    assert check["on_base"]["new"] == ["C::b"]
    assert run(desk.repo.path, "site", "--out", str(tmp_path / "site")).code == 0
    page = "".join(path.read_text() for path in (tmp_path / "site").rglob("*.html"))
    assert words in page
    assert "failed: C::b, C::a" in page


def test_what_passed_says_what_its_report_does_not_show(tmp_path: Path) -> None:
    for name, base, here, words in (
        ("gap", (0, A), (0, None), "passed, no report"),
        ("empty", (0, A), (0, report(passed=0)), "passed, no test in its report"),
        ("listed", (0, A), (0, A), "passed; its report lists 1 failure, as on base"),
    ):
        desk = Sides(tmp_path / name, base, here)
        desk.verify()
        run(desk.path, "report", "--state", "ready", "--changed", "all", "--next", "nothing")
        assert run(desk.repo.path, "site", "--out", str(tmp_path / name / "site")).code == 0
        page = "".join(path.read_text() for path in (tmp_path / name / "site").rglob("*.html"))
        assert words in page, name
        assert words.replace("passed, ", "passed; ") in run(desk.repo.path, "next").out, name


@pytest.mark.parametrize(
    ("words", "verdict", "why"),
    [
        (("1 failed, 3 passed in 0.1s", "1 failed, 4 passed in 0.1s"), AgainstBase.SAME_CODE, None),
        (
            ("1 failed, 3 passed in 0.1s", "2 failed, 2 passed in 0.1s"),
            AgainstBase.UNLIKE,
            "2 of 4 tests fail here, on base 1 of 4",
        ),
        (
            ("1 failed, 3 passed in 0.1s", "1 failed in 0.1s"),
            AgainstBase.UNLIKE,
            "1 of 1 tests fail here, on base 1 of 4",
        ),
        (
            ("1 failed, 3 passed in 0.1s", "Segmentation fault"),
            AgainstBase.UNLIKE,
            "its runner counted 4 tests on base, and none here",
        ),
    ],
    ids=["as many", "more fail", "fewer ran", "it crashed"],
)
def test_without_a_report_the_runners_own_counts_are_compared(
    tmp_path: Path, words: tuple[str, str], verdict: AgainstBase, why: str | None
) -> None:
    """No name is known, but a run that crashed, or in which more fails, is not what base has."""
    lines = (f"===== {words[0]} =====\n", f"===== {words[1]} =====\n" if "in 0" in words[1] else words[1])
    desk = Sides(tmp_path, (1, None), (1, None), junit=None, words=lines)
    desk.verify(code=1)
    assert against(desk) is verdict
    on_base = desk.evidence().on_base
    assert on_base is not None
    assert on_base.unlike == why


def test_without_a_report_tests_that_cannot_be_loaded_here_alone_are_not_as_on_base(tmp_path: Path) -> None:
    lost = "  ● Test suite failed to run\n"
    for name, words, verdict in (
        ("here", ("AssertionError\n", lost), AgainstBase.UNLIKE),
        ("both", (lost, lost), AgainstBase.SAME_CODE),
    ):
        desk = Sides(tmp_path / name, (3, None), (3, None), junit=None, words=words)
        desk.verify(code=1)
        assert against(desk) is verdict
