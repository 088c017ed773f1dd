"""`agentledger verify --integrity`: what the two crossings of a branch's check mean, by how they end."""

from __future__ import annotations

import pytest

from crossing import build_shop, cross
from gitrepo import Repo


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return build_shop(tmp_path_factory.mktemp("shop") / "shop")


MEANINGS = {
    "threshold": ("demands were only taken away", "fails", "passes"),
    "discount": ("added, and tested", "passes", "fails"),
    "rename": ("the contract changed", "fails", "fails"),
    "contract": ("the contract changed", "fails", "fails"),
    "tidy": ("no test can tell", "passes", "passes"),
    "idle": ("no test can tell", "passes", "passes"),
    "tests-only": ("only tests changed", None, None),
    "words-only": ("no verdict", None, None),
    "broken": ("no verdict", "fails", "passes"),
}


@pytest.mark.parametrize("task", MEANINGS)
def test_a_pair_of_crossings_means(shop: Repo, task: str) -> None:
    check = cross(shop, task)["checks"][0]
    ends = [run and run["end"] for run in (check["base_tests_on_branch"], check["branch_tests_on_base"])]
    assert (check["meaning"], *ends) == MEANINGS[task], check


def test_nothing_is_left_behind(shop: Repo) -> None:
    cross(shop, "discount")
    assert shop.git("worktree", "list").count("\n") == 0
    assert shop.git("status", "--porcelain") == ""
    assert not list((shop.path / ".git/agentledger/tmp").glob("*"))
