"""`agentledger merge-plan` as it is typed: which branches it takes, what it prints, and what it refuses."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from agentledger.reports import shapes
from command import refused, run
from desk import BRIEF, CHECK_IN
from gitrepo import Repo
from rulecases import BODY

PLAN = ("merge-plan", "--dormant=never")


def make_fleet(path: Path) -> Repo:
    """A branch of each kind: ready, working, silent, held, unbriefed, dirty, at a conflict with main."""
    repo = Repo.init(path)
    main = repo.commit("main", {"src/a.py": "a = 1\n", "README.md": "r\n"})
    far = {"ready": "ready", "working": "working", "held": "ready", "late": "working"}
    briefs = {
        f"tasks/{task}/brief.md": BRIEF.format(
            f"['src/{task}/**']", "check_in: 1h\n" if task == "late" else "session: local\n"
        )
        .replace("task: x", f"task: {task}")
        .replace("verify: {test: make test}\n", "verify: {}\n")
        for task in far
    }
    repo.commit("agentledger", briefs, parents=[])
    for task, state in far.items():
        folder = "docs" if task == "held" else f"src/{task}"
        report = f".agentledger/tasks/{task}/status/20231114T222000Z-0001.md"
        files = {f"{folder}/new.py": "n\n", report: CHECK_IN.format(state, "", "none")}
        repo.commit(f"agent/{task}", files, parents=[main])
    repo.commit("agent/free", {"free.py": "f\n"}, parents=[main])
    repo.commit("agent/dirty", {"dirty.py": "f\n"}, parents=[main])
    repo.commit("agent/same", {"free.py": "s\n"}, parents=[main])
    repo.checkout("main")
    worktree = repo.worktree_add(path.parent / "dirty", "agent/dirty")
    (worktree.path / "dirty.py").write_text("more\n")
    return repo


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_fleet(tmp_path_factory.mktemp("fleet") / "shop")


def test_the_first_line_counts_what_is_left_out_and_by_what(repo: Repo) -> None:
    said = run(repo.path, *PLAN)
    first = said.out.splitlines()[0]
    print(said.out)
    assert first.startswith("1 branch lands on main at ")
    assert "(--include working)" in first
    assert "1 with uncommitted changes (--include working)" in first
    assert first.endswith("1 for the reason below")
