"""A commit that is on two branches under different ids, as every output says it.

Belongs here: briefs, several tasks, and the command line. Does not: which commits are the same (tests/collisions), or
following the advice (the rows of FLT006 in tests/support/rule_rows_fleet.py).
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from command import run
from gitrepo import Commit, Repo
from outputs import Outputs, read_outputs
from reading import fleet
from writing import brief, check_in

# An hour ago: what is older than a week rests, and is compared with nothing.
THEN = int(time.time()) - 3600
TEXT = "def shared(x):\n    return x * 2\n" * 6
CHANGE = {"lib/shared.py": TEXT, "docs/shared.md": "Shared.\n"}
BRIEFS = {
    "x": brief(owns=["lib/**", "docs/**"]),
    "y": brief("y", owns=["docs/**"]),
    "w": brief("w", owns=["lib/**", "docs/**"], depends_on=["x"]),
    "z": brief("z", owns=["z/**"]),
}


class Fleet:
    """Tasks x and y share a commit; w depends on x, and has it, too; of z there are two attempts that share one."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo.init(folder)
        self.base = self.repo.commit("main", {"lib/a.py": "a = 1\n", "docs/a.md": "a\n"}, at=THEN)
        briefs = {f"tasks/{task}/brief.md": text for task, text in BRIEFS.items()}
        self.repo.commit("agentledger", briefs, parents=[], at=THEN)
        self.original = self.begin("x", CHANGE, 60)
        self.picked = self.begin("y", CHANGE, 120)
        self.begin("w", CHANGE, 180)
        attempt = {"z/z.py": TEXT}
        self.begin("z", attempt, 60)
        self.begin("z", attempt, 90, branch="z-2")
        self.repo.checkout("main")

    def begin(self, task: str, files: dict[str, str], after: int, branch: str = "") -> Commit:
        """A branch of a task, with a check-in, and then with this commit, which somebody wrote a minute in."""
        name = f"agent/{branch or task}"
        report = {f".agentledger/tasks/{task}/status/20231114T230000Z-0001.md": check_in()}
        self.repo.commit(name, report, parents=[self.base], message="chore(ledger): check-in", at=THEN)
        return self.repo.commit(
            name, files, message="Share [it]\u202e", at=THEN + 60, committed_at=THEN + after
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(tmp_path_factory.mktemp("copied") / "shop")


@pytest.fixture(scope="module")
def seen(made: Fleet) -> Outputs:
    return read_outputs(made.repo.path)


def found(seen: Outputs, branch: str) -> list[tuple[str, str]]:
    rows = seen.branch(branch)["findings"] or ()
    return [(row["message"], row["hint"]) for row in rows if row["rule"] == "FLT006"]


def expected(made: Fleet) -> tuple[str, str]:
    """What is said on agent/x, and on agent/y."""
    mine, theirs = made.original.id[:12], made.picked.id[:12]
    text = '("Share [it]\\u{202E}" by Ann) is also on'
    return (
        f"{mine} {text} agent/y, as {theirs}; lib/shared.py is out of scope there",
        f"{theirs} {text} agent/x, as {mine}; lib/shared.py is out of scope here",
    )


def test_each_of_the_two_names_the_other(made: Fleet, seen: Outputs) -> None:
    here, there = expected(made)
    depend = "agentledger plan y --add-depends-on x"
    late = "take it out of agent/y, which had it later; or let that build on this"
    assert found(seen, "agent/x") == [(here, f"{late}: {depend}")]
    picked = made.picked.id[:12]
    drop = f"git rebase --onto {picked}^ {picked}"
    assert found(seen, "agent/y") == [(there, f"{drop}; or build on it: {depend}")]


def test_nothing_is_said_of_rivals_and_of_who_builds_on_it(seen: Outputs) -> None:
    """One of two attempts lands; and w has the commit from x, on which it depends."""
    assert [found(seen, f"agent/{name}") for name in ("w", "z", "z-2")] == [[], [], []]


def test_the_pages_show_it(made: Fleet, seen: Outputs) -> None:
    for branch, text in zip(("agent/x", "agent/y"), expected(made), strict=True):
        page = seen.page(branch)
        assert text in page
        assert "FLT006 copied-commit" in page
        assert seen.branch(branch)["section"] == ("silent" if branch == "agent/x" else "held")


def test_check_shows_it_and_stops_nobody(made: Fleet) -> None:
    said = run(made.repo.path, "check", "--fleet")
    assert said.code == 0
    for text in expected(made):
        assert text in said.out
    merge = run(made.repo.path, "check", "--fleet", "--gate", "merge").out
    assert merge.count("warn FLT006 copied-commit") == 2
    # One branch alone is compared with all the others.
    alone = run(made.repo.path, "check", "--branch", "agent/x", "--gate", "merge").out
    assert "FLT001" not in alone
    assert alone.count("warn FLT006 copied-commit") == 1


def test_of_rivals_it_is_known_all_the_same(made: Fleet) -> None:
    collisions = fleet(made.repo, pairs=True, now=THEN + 3600).collisions
    assert collisions is not None
    rows = {(each.a[-3:], each.b[-3:]): each for each in collisions.copies}
    assert set(rows) == {("t/x", "t/y"), ("t/z", "z-2")}
    assert [each.rivals for each in rows.values()] == [False, True]
    shared = rows["t/x", "t/y"]
    assert (shared.outside_a, shared.outside_b) == ((), (b"lib/shared.py",))
    assert shared.later == "refs/heads/agent/y"
