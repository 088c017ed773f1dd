"""A merge plan that was tried before: recalled where nothing has changed, and in no other case."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import open_snapshot
from agentledger.merge_order.plan import Wish
from agentledger.model.merge_plan import MergePlan
from gitrepo import Repo
from reading import NOW, git_commands

ODD = "a\udcff.txt"
LINES = [f"line {number}\n" for number in range(40)]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Four branches on one file, whose name is no UTF-8; the last two collide."""
    repo = Repo.init(tmp_path / "repo")
    base = repo.commit("main", {ODD: "".join(LINES)})
    for number, line in enumerate((5, 15, 25, 25)):
        changed = [*LINES[:line], f"changed {number}\n", *LINES[line + 1 :]]
        repo.commit(f"agent/{number}", {ODD: "".join(changed)}, parents=[base])
    repo.flush()
    return repo


def plan(repo: Repo) -> MergePlan:
    repo.flush()
    with open_snapshot(repo.path, Request(pairs=True, now=NOW)) as taken:
        return taken.plan_merges(Wish())


def merges(repo: Repo, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[MergePlan, int]:
    """A plan, and how many merges git made for it."""
    with git_commands(monkeypatch, folder) as commands:
        found = plan(repo)
    return found, commands["merge-tree"]


def test_the_same_plan_is_tried_once(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, tried = merges(repo, monkeypatch, tmp_path / "first")
    again, anew = merges(repo, monkeypatch, tmp_path / "again")
    assert first == again
    assert (len(first.steps), len(first.left)) == (3, 1)
    assert first.left[0].paths == (b"a\xff.txt",)
    assert tried >= 3
    assert anew == 0


def test_a_branch_that_moves_and_a_base_that_moves_are_tried_again(repo: Repo) -> None:
    before = plan(repo)
    head = repo.commit("agent/0", {"b.txt": "more\n"}).id
    moved = plan(repo)
    assert [step.head for step in moved.steps if step.ref == "refs/heads/agent/0"] == [head]
    assert {step.tree for step in moved.steps}.isdisjoint(step.tree for step in before.steps)
    repo.commit("main", {"c.txt": "base\n"})
    assert {step.tree for step in plan(repo).steps}.isdisjoint(step.tree for step in moved.steps)


@pytest.mark.parametrize(
    "value",
    [
        "[]",
        "7",
        '[[[1,"refs/heads/nowhere","x","y",1,"z",null]],[]]',
        '[[[1,"refs/heads/agent/0","x","\\u001b[2J",1,"z",null]],[]]',
    ],
)
def test_what_others_wrote_into_the_cache_is_no_plan(repo: Repo, value: str) -> None:
    first = plan(repo)
    (file,) = (repo.path / ".git").rglob("cache.sqlite")
    with sqlite3.connect(file) as database:
        changed = database.execute(
            "UPDATE entry SET value = ? WHERE kind LIKE '% merge-plan'", (value,)
        ).rowcount
    assert changed == 1
    assert plan(repo) == first
