"""The same where the check writes a report: what became of each test, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crossing import CAPPED, LOWERED, STRICT, TEST, build_shop, cross
from gitrepo import Repo

SKIPPED = TEST + "\n\ntest_large_from_100_on.skip = True\n"
GONE = TEST.partition("\n\ndef test_large")[0] + "\n"
REPORT = {"run": "python3 -SB check.py out.xml", "junit": "out.xml"}
# What a branch does beside what all do, and what is said of base's tests.
MORE = {
    "skipped": {"shop/price.py": LOWERED, "tests/test_price.py": SKIPPED},
    "gone": {"shop/price.py": LOWERED, "tests/test_price.py": GONE},
    "both": {
        "shop/price.py": CAPPED.replace(">= 100", ">= 50"),
        "tests/test_price.py": TEST.replace(STRICT, "")
        + "\n\ndef test_never_below_0():\n    assert price.total([1], 2) == 0\n",
    },
}
LARGE = "test_large_from_100_on"
WORDS = {
    "threshold": ("demands were only taken away", [(LARGE, "loosened")], (0, 0)),
    "skipped": ("demands were only taken away", [(LARGE, "silenced: skipped")], (0, 0)),
    "gone": ("demands were only taken away", [(LARGE, "silenced: gone")], (0, 0)),
    "both": ("the contract changed", [(LARGE, "loosened")], (1, 0)),
    "contract": ("the contract changed", [(LARGE, "changed guard")], (1, 0)),
    "discount": ("added, and tested", [], (1, 0)),
    "rename": ("the contract changed", [("test_adds", "follows the interface")], (0, 1)),
    "tidy": ("no test can tell", [], (None, None)),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return build_shop(tmp_path_factory.mktemp("shop") / "shop", REPORT, **MORE)


def named(check: dict[str, Any]) -> list[tuple[str, str]]:
    return [(word["test"].rpartition(" | ")[2], word["word"]) for word in check["words"]]


@pytest.mark.parametrize("task", WORDS)
def test_a_test_of_base_s_became(shop: Repo, task: str) -> None:
    check = cross(shop, task)["checks"][0]
    assert (check["meaning"], named(check), (check["tells"], check["needs_names"])) == WORDS[task], check


def test_a_test_that_ends_otherwise_the_second_time_is_flaky(tmp_path: Path) -> None:
    """The fifth run is of base's tests on the branch's code once more: there, nothing fails."""
    turn = tmp_path / "turn"
    fifth = "sed -i 's/>= 50/>= 100/' shop/price.py"
    command = f"echo >>{turn}; test $(wc -l <{turn}) -ne 5 || {fifth}; {REPORT['run']}"
    repo = build_shop(tmp_path / "shop", {**REPORT, "run": command})
    check = cross(repo, "threshold")["checks"][0]
    assert (check["meaning"], named(check)) == ("no verdict", [(LARGE, "flaky")])
    assert check["why"].startswith("flaky: base's tests objected")
