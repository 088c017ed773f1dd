"""When crossing a branch says nothing, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentledger.model.integrity import CrossingEnd, CrossingRun
from agentledger.model.ledger import Check
from agentledger.model.policy import Policy
from agentledger.workflow.integrity.ends import read_end
from agentledger.workflow.integrity.runs import build_variables, limit_of
from agentledger.workflow.integrity.sides import Sides, is_test
from agentledger.workflow.verify.one_check import Seen
from crossing import BASE, BRANCHES, RUN, TEST, build_shop, cross
from gitrepo import Repo

THRESHOLD, TIDY = BRANCHES["threshold"], BRANCHES["tidy"]
MORE = {
    "blind": TIDY,
    "beside": {"shop/price.rs": "#[cfg(test)]\nmod tests {}\n"},
    "not-loaded": {**TIDY, "tests/test_price.py": "from shop import nothing\n"},
    "where": THRESHOLD,
    "throughout": THRESHOLD,
    "no-report": THRESHOLD,
    "flaky": THRESHOLD,
    "killed": THRESHOLD,
    "missing": THRESHOLD,
    "link": {
        **THRESHOLD, "tests": ("120000", "spec"), "tests/test_price.py": None, "spec/test_price.py": TEST,
    },
    "submodule": {**TIDY, "tests/more": ("160000", "1" * 40)},
    "place": THRESHOLD,
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    folder = tmp_path_factory.mktemp("shop")
    checks = {
        # As an editable install: whatever is in the worktree, something else is tested.
        "blind": "true",
        "where": """echo "ImportError while loading conftest '$PWD/tests/conftest.py'."; exit 4""",
        "throughout": "echo '=== 2 failed in 0.01s ==='; exit 1",
        "no-report": {"run": RUN, "junit": "out.xml"},
        # The third run is of base's tests on the branch's code; the fifth is the same once more.
        "flaky": f"echo >>{folder}/turn; test $(wc -l <{folder}/turn) -ne 3",
        "killed": "kill -9 $$",
        "missing": "no-such-program",
        "place": 'echo "ERROR $PWD/tests/test_price.py"; exit 1',
    }
    return build_shop(folder / "shop", checks=checks, **MORE)


WHY = {
    "blind": "it passes with garbage in place of all code: it does not test the code of its own worktree",
    "beside": "tests beside the code: not crossed (shop/price.rs)",
    "not-loaded": "the branch's own tests do not load: ERROR tests/test_price.py - ImportError: cannot import name",
    "where": "the branch's own tests do not load: ImportError while loading conftest 'tests/conftest.py'.",
    "throughout": "the branch's own tests fail throughout",
    "no-report": "the branch's own tests: out.xml was not written",
    "flaky": "flaky: base's tests objected to the branch's code once, and the second time: passes",
    "killed": "the branch's own tests: it was killed (exit code 137)",
    "missing": "the branch's own tests: it could not be run here: exit code 127",
    "link": "tests is a folder on one side, and a file or a link on the other",
    "submodule": "the branch's own tests: submodules are empty in a fresh worktree",
    "place": "the branch's own tests do not load: ERROR tests/test_price.py",
    "words-only": "the branch changes neither code nor tests",
    "broken": "the branch's own tests fail, and it changed none of them",
}


@pytest.mark.parametrize("task", WHY)
def test_there_is_no_verdict_since(shop: Repo, task: str) -> None:
    check = cross(shop, task)["checks"][0]
    assert check["meaning"] == "no verdict"
    assert check["why"].startswith(WHY[task]), check
    assert check["sentences"] == [f"no verdict: {check['why']}"]
    assert check["words"] == []


ENDS = [
    (0, "=== 3 passed in 0.1s ===", CrossingEnd.PASSES),
    (5, "=== no tests ran in 0.1s ===", CrossingEnd.UNKNOWN),
    (0, "Ran 0 tests in 0.000s", CrossingEnd.UNKNOWN),
    (124, "", CrossingEnd.UNKNOWN),
    (137, "", CrossingEnd.UNKNOWN),
    (143, "", CrossingEnd.UNKNOWN),
    (1, "=== 1 failed, 2 passed in 0.1s ===", CrossingEnd.FAILS),
    (1, "E   ImportError: cannot import name 'x' from 'y'\nERROR t.py", CrossingEnd.NOT_LOADED),
    (1, "ERROR t.py - ImportError: x\n=== 5 passed, 1 error in 0.1s ===", CrossingEnd.FAILS),
    # One file that does not load does not hide that a test of another one failed.
    (1, "ERROR t.py - ImportError: x\nFAILED u.py::test_a - assert 1 == 2", CrossingEnd.FAILS),
    (1, "shop/a.go:3:4: undefined: Total\nFAIL\tshop [build failed]", CrossingEnd.NOT_LOADED),
    (1, "--- FAIL: TestTotal (0.00s)\nFAIL\tshop\t0.1s", CrossingEnd.FAILS),
    (101, "error[E0425]: cannot find function `total`\nerror: could not compile `shop`", CrossingEnd.NOT_LOADED),
    (1, "a.test.ts(1,2): error TS2305: Module has no exported member 'x'.", CrossingEnd.NOT_LOADED),
    (1, "SyntaxError: The requested module './a.js' does not provide an export named 'x'", CrossingEnd.NOT_LOADED),
]  # fmt: skip


@pytest.mark.parametrize(("code", "output", "end"), ENDS)
def test_a_run_ended(code: int, output: str, end: CrossingEnd) -> None:
    seen = Seen(check=Check("test", "make test"), exit_code=code, started_at=0)
    run = read_end(seen, output.splitlines(), 30)
    assert run.end is end
    assert run.why or end in (CrossingEnd.PASSES, CrossingEnd.FAILS)


def test_a_crossing_has_three_times_as_long_and_half_a_minute_at_least() -> None:
    quick, slow = (CrossingRun(end=CrossingEnd.PASSES, seconds=seconds) for seconds in (1, 100))
    check = Check("test", "make test")
    assert [limit_of(check, run) for run in (quick, slow)] == [30, 300]
    assert limit_of(Check("test", "make test", timeout=20), slow) == 20


def test_two_runs_of_the_same_code_end_alike() -> None:
    variables = build_variables({"PYTEST_ADDOPTS": "-x"})
    assert variables["PYTEST_ADDOPTS"] == "-x --continue-on-collection-errors"
    assert (variables["CI"], variables["PYTHONHASHSEED"]) == ("1", "0")


PATHS = {
    b"tests/test_a.py": True, b"tests/data.json": True, b"pytest.ini": True, b"web/jest.config.js": True,
    b".mocharc.json": True, b"pkg/conftest.py": True, b"pyproject.toml": False, b"src/a.py": False,
    b".agentledger/tasks/x/tests/a.py": False,
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_goes_with_the_tests(path: bytes) -> None:
    assert is_test(path, Policy()) is PATHS[path]


def test_a_helper_that_changed_takes_the_whole_command() -> None:
    def changed(*paths: str) -> bool:
        files = {path.encode(): ("100644", "a" * 40) for path in paths}
        sides = Sides(base="a" * 40, head="b" * 40, base_files={}, head_files=files, policy=Policy())
        return sides.only_test_files()

    assert changed("tests/test_a.py", "src/a.py")
    assert not changed("tests/test_a.py", "tests/helpers.py")
    assert not changed("tests/test_a.py", "tests/conftest.py")
    assert not changed("src/a.py")


def test_where_no_file_is_a_test_that_is_said(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    config = '[[verify]]\nname = "test"\nrun = "true"\n[paths]\ntests = ["spec/**"]\n'
    root = repo.commit("main", {**BASE, ".agentledger/config.toml": config})
    repo.commit("agent/x", {"tests/test_price.py": TEST + "\n"}, parents=[root])
    repo.checkout("main")
    check = cross(repo, "agent/x")["checks"][0]
    assert check["why"] == "no file counts as a test here ([paths] tests in .agentledger/config.toml)"
