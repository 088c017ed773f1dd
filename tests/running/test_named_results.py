"""Tests by name, from what runners write: file, containers, name, row, and how each ended."""

from __future__ import annotations

import pytest

from agentledger.running.case_names import CaseName
from agentledger.running.missing_names import lacks_name
from agentledger.running.named_results import TestRun, read_run
from junit_cases import FIXTURES


def suite(*cases: str) -> bytes:
    return f"<testsuites><testsuite name='pytest'>{''.join(cases)}</testsuite></testsuites>".encode()


def case(name: str, classname: str = "", inner: str = "", more: str = "") -> str:
    return f"<testcase classname='{classname}' name='{name}' {more}>{inner}</testcase>"


def show(run: TestRun) -> list[str]:
    return [f"{each.name}: {each.ending.value}" for each in run.cases]


# What real runners wrote (tests/running/junit), and the names that it has: the worktree was /tea.
REAL = {
    "pytest-kinds": [
        "test_kettle.py | test_boils: passed",
        "test_kettle.py | test_whistles: skipped",
        "test_kettle.py | test_closes: skipped",
        "test_kettle.py | test_opens: failed",
        "test_kettle.py | test_pours: failed",
        "test_kettle.py | test_fills: failed",
        "test_kettle.py | test_cools: failed",
        "test_kettle.py | test_cools #2: failed",
    ],
    "mocha-xunit-kinds": [
        "kettle.js | kettle | boils: passed",
        "kettle.js | kettle | pours: failed",
        "kettle.js | cup | holds: passed",
    ],
    "mocha-junit-kinds": [
        "kettle.js | kettle | boils: passed",
        "kettle.js | kettle | pours: failed",
        "kettle.js | cup | holds: passed",
    ],
    "jest-two-files": ["holds: passed", "holds #2: failed"],
    "vitest-broken": ["kettle.test.js | boils: passed"],
    "gotestsum-kinds": [
        "example.org/tea | TestPours: failed",
        "example.org/tea | TestCups[two]: failed",
        "example.org/tea | TestCups: failed",
        "example.org/tea | TestWhistles: skipped",
        "example.org/tea | TestBoils: passed",
        "example.org/tea | TestCups[one]: passed",
    ],
    "phpunit-kinds": [
        "KettleTest.php | KettleTest | testBoils: passed",
        "KettleTest.php | KettleTest | testPours: failed",
        "KettleTest.php | KettleTest | testFills: failed",
        "KettleTest.php | KettleTest | testCups[#0]: passed",
        "KettleTest.php | KettleTest | testCups[#1]: failed",
    ],
    "xmlrunner-kinds": [
        "test_kettle.py | Kettle | test_boils: passed",
        "test_kettle.py | Kettle | test_cups[cup=1]: failed",
        "test_kettle.py | Kettle | test_pours: failed",
        "test_kettle.py | Kettle | test_fills: failed",
        "test_kettle.py | Kettle | test_whistles: skipped",
        "test_kettle.py | Kettle | test_opens: failed",
    ],
    "deno-kinds": [
        "kettle.test.js | boils: passed",
        "kettle.test.js | pours: failed",
        "kettle.test.js | whistles: skipped",
        "kettle.test.js | cups: failed",
        "kettle.test.js | cups | one: passed",
        "kettle.test.js | cups | two: failed",
    ],
}
FILES = ("test_kettle.py", "test_cup.py", "kettle.js", "kettle.test.js", "cup.test.js", "KettleTest.php")


@pytest.mark.parametrize("report", REAL)
def test_what_runners_write_is_taken_apart(report: str) -> None:
    content = (FIXTURES / f"{report}.xml").read_bytes()
    assert show(read_run([content], FILES, ["/tea"])) == REAL[report]


# Made-up cases of the shapes of runners whose reports are not among the real ones.
SHAPES = {
    "pytest, a class": (
        case("test_a[1-2]", "tests.unit.test_x.TestA"),
        "tests/unit/test_x.py | TestA | test_a[1-2]",
    ),
    "pytest, a root below": (case("test_a", "unit.test_x"), "tests/unit/test_x.py | test_a"),
    "pytest, no such file": (case("test_a", "elsewhere.test_y"), "elsewhere.test_y | test_a"),
    "pytest, a row with brackets": (
        case("test_a[x[0]]", "tests.unit.test_x"),
        "tests/unit/test_x.py | test_a[x[0]]",
    ),
    "pytest, an empty row": (case("test_a[]", "tests.unit.test_x"), "tests/unit/test_x.py | test_a[]"),
    "pytest, an address": (
        case("test_a[&lt;X at 0x7f00aa11bb22&gt;]", "tests.unit.test_x"),
        "tests/unit/test_x.py | test_a[<X at 0x…>]",
    ),
    "surefire": (
        case("adds{int, int}[2]", "org.tea.KettleTest"),
        "src/test/java/org/tea/KettleTest.java | KettleTest | adds[2]",
    ),
    "surefire, an inner class": (
        case("adds", "org.tea.KettleTest$Hot"),
        "src/test/java/org/tea/KettleTest.java | KettleTest | Hot | adds",
    ),
    "dotnet": (
        case("Tea.KettleTests.Adds(x: 1)", "Tea.KettleTests"),
        "test/Unit/KettleTests.cs | KettleTests | Adds[x: 1]",
    ),
    "nextest": (case("pot::tests::adds", "tea"), "tea | pot | tests | adds"),
    "nextest, a row": (case("tests::adds::case_1_one", "tea"), "tea | tests | adds[case_1_one]"),
    "rspec": (
        case("kettle boils", "spec.kettle_spec", more="file='./spec/kettle_spec.rb'"),
        "spec/kettle_spec.rb | kettle boils",
    ),
    "jest, with its file": (
        case("kettle boils", "kettle boils", more="file='src/kettle.test.ts'"),
        "src/kettle.test.ts | kettle boils",
    ),
    "vitest": (
        case("kettle &gt; hot &gt; boils", "src/kettle.test.ts"),
        "src/kettle.test.ts | kettle | hot | boils",
    ),
    "go, a row of a row": (case("TestA/b/c_d", "example.org/x"), "example.org/x | TestA[b/c_d]"),
    "the worktree in a name": (case("reads /w/t/a.txt", "x"), "x | reads a.txt"),
    "another machine's path": (
        case("boils", "kettle", more="file='/app/src/kettle.test.ts'"),
        "src/kettle.test.ts | kettle | boils",
    ),
}
TREE = (
    "tests/unit/test_x.py",
    "src/test/java/org/tea/KettleTest.java",
    "test/Unit/KettleTests.cs",
    "spec/kettle_spec.rb",
    "src/kettle.test.ts",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_of_a_name(shape: str) -> None:
    written, name = SHAPES[shape]
    assert [str(each.name) for each in read_run([suite(written)], TREE, ["/w/t"]).cases] == [name]


def test_tests_of_one_name_are_counted_the_best_first_in_any_order() -> None:
    fails = case("test_a", "x", "<failure message='no'/>")
    for cases in ([case("test_a", "x"), fails], [fails, case("test_a", "x")]):
        run = read_run([suite(*cases)])
        assert show(run) == ["x | test_a: passed", "x | test_a #2: failed"]


def test_names_that_differ_by_their_row_alone_are_different_tests() -> None:
    run = read_run([suite(case("test_a[1]"), case("test_a[2]"), case("test_a"))])
    assert [(each.name.name, each.name.row, each.name.number) for each in run.cases] == [
        ("test_a", "1", 1),
        ("test_a", "2", 1),
        ("test_a", None, 1),
    ]


def test_a_file_that_did_not_load_is_no_test() -> None:
    content = (FIXTURES / "pytest-broken.xml").read_bytes()
    assert read_run([content], FILES).not_loaded == ("test_cup.py",)
    content = (FIXTURES / "vitest-broken.xml").read_bytes()
    assert read_run([content], FILES).not_loaded == ("cup.test.js",)


def test_a_failure_that_only_a_total_or_the_exit_code_tells_is_counted_beside() -> None:
    assert read_run([(FIXTURES / "gotestsum-broken.xml").read_bytes()]).beside == 1
    broken = (FIXTURES / "jest-broken.xml").read_bytes()
    assert read_run([broken]).beside == 0
    assert read_run([broken], red=True).beside == 1


def test_a_test_that_lacks_a_name_does_not_load() -> None:
    why = "<failure message=\"AttributeError: module 'tea' has no attribute 'pot'\">…</failure>"
    assert show(read_run([suite(case("test_a", "x", why))])) == ["x | test_a: does not load"]


def test_the_end_of_a_long_failure_counts() -> None:
    why = f"<failure message='failed'>{'x ' * 200_000} ImportError: cannot import name</failure>"
    assert show(read_run([suite(case("test_a", "x", why))])) == ["x | test_a: does not load"]


@pytest.mark.parametrize(
    ("reports", "gap", "tests"),
    [
        ([], "is not there", 0),
        ([b"<coverage/>"], "is no JUnit file", 0),
        ([suite(case("test_a"))[:-9]], "is no XML", 1),
        ([suite(case("test_a")), b"<coverage/>"], "", 1),
        ([suite(case("test_a")), b"no"], "is no XML", 1),
        ([suite(case(""))], "1 tests without a name", 0),
        ([b"<!DOCTYPE t [<!ENTITY a 'aa'>]><testsuites/>"], "declares a document type", 0),
    ],
    ids=["none", "another", "cut", "mixed", "half", "nameless", "bomb"],
)
def test_a_report_that_is_not_whole_says_so(reports: list[bytes], gap: str, tests: int) -> None:
    run = read_run(reports)
    assert gap in run.gap
    assert bool(run.gap) == bool(gap)
    assert len(run.cases) == tests
    assert run.is_whole == (not gap)


def test_a_failed_set_up_leaves_open_what_ran() -> None:
    run = read_run([(FIXTURES / "mocha-xunit-kinds.xml").read_bytes()], FILES, ["/tea"])
    assert not run.is_whole
    assert "2 failed set-ups or tear-downs" in run.gap


def test_very_many_long_and_odd_names_are_read() -> None:
    odd = case("test_" + "é&#x85;&#x202e;" * 500, "x" * 5_000)
    content = suite(odd, *(case(f"test_{n}[{n}]", f"tests.unit.test_{n}") for n in range(50_000)))
    run = read_run([content], TREE, ["/w/t"])
    assert len(run.cases) == 50_001
    assert len(run.cases[0].name.name) == 500


@pytest.mark.parametrize(
    "message",
    [
        "ImportError: cannot import name 'pour' from 'tea'",
        "ModuleNotFoundError: No module named 'tea.pot'",
        "AttributeError: 'Kettle' object has no attribute 'pour'",
        "TypeError: pour() got an unexpected keyword argument 'hot'",
        "TypeError: kettle.pour is not a function",
        "Cannot find module './pot' from 'src/kettle.test.ts'",
        "./kettle_test.go:7:2: undefined: Pour",
        "k.Pour undefined (type Kettle has no field or method Pour)",
        "error[E0432]: unresolved import `tea::pour`",
        "error: cannot find symbol",
        "error CS0246: The type or namespace name 'Pot' could not be found",
        "NameError: uninitialized constant Tea::Pot",
        "Error: Call to undefined method Kettle::pour()",
        "collection failure",
    ],
)
def test_words_of_a_missing_name(message: str) -> None:
    assert lacks_name(f"E   {message}\nmore")


@pytest.mark.parametrize(
    "message",
    [
        "AssertionError: assert 1 == 2",
        "expected 'undefined' to be 'tea'",
        "AssertionError: expected undefined to equal 3",
        "ValueError: no water",
        "panic: runtime error: index out of range",
        "",
    ],
)
def test_words_of_another_failure(message: str) -> None:
    assert not lacks_name(message)


# As pytest writes it: code and values around what was raised, and the causes first.
HALF_MADE = """\
self = <[AttributeError("'Pot' object has no attribute '_tea'") raised in repr()] Pot object at 0x7f>

    def __init__(self, tea):
        if not callable(tea):  # it is not a function
>           raise ValueError(tea)
E           ValueError: milk

shop/pot.py:3: ValueError
"""
CAUSE = (
    "E   AttributeError: 'str' object has no attribute 'pour'\n\nDuring handling of the above exception:\n\n"
)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        (HALF_MADE, False),
        (CAUSE + HALF_MADE, False),
        (HALF_MADE + CAUSE, True),
        (HALF_MADE.replace("ValueError: milk", "NameError: name 'Pot' is not defined"), True),
    ],
    ids=["a value without its attribute", "a cause", "the last of a chain", "a name"],
)
def test_of_a_traceback_only_what_was_raised_counts(text: str, lacks: bool) -> None:
    assert lacks_name(text) is lacks


def test_a_name_is_put_as_the_value_says() -> None:
    assert str(CaseName("a.py", ("A", "B"), "test_x", "1-2", 2)) == "a.py | A | B | test_x[1-2] #2"
    assert str(CaseName("", (), "test_x")) == "test_x"
