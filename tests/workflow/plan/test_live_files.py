"""What `plan` and `spawn` say of files that live branches change: briefed or not, committed or not."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from tests.workflow.plan.test_plan import done

from command import run
from controls import files, say
from gitrepo import Repo
from writing import brief as written_brief

FLAGS = ("--why=It is slow.", "--outcome=`make` takes a second.", "--accept=`make` passes", "--verify=make")


@pytest.fixture
def here(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "here")
    paths = ("src/a.py", "src/b.py", "src/[odd] c.py", "docs/d.md", "CHANGELOG.md")
    repo.commit("main", dict.fromkeys(paths, "1\n"))
    repo.flush()
    repo.checkout("main")
    return repo


def work(repo: Repo, branch: str, changes: dict[str, str]) -> None:
    """A commit of just now, so that the branch is not taken for a dormant one."""
    repo.commit(branch, changes, parents=[repo.git("rev-parse", "main").strip()], at=int(time.time()))
    repo.flush()


def other(repo: Repo, task: str, owns: list[str], change: str) -> None:
    say(repo, f"tasks/{task}/brief.md", written_brief(task, owns=owns))
    work(repo, f"agent/{task}", {change: f"{task}\n"})


def edit(repo: Repo, branch: str, folder: str, path: str) -> None:
    """A worktree of a branch, in which a file is changed and not committed."""
    top = repo.path.parent / folder
    repo.git("worktree", "add", "-q", str(top), branch)
    (top / path).parent.mkdir(parents=True, exist_ok=True)
    (top / path).write_text("not committed\n")


def hot(warnings: list[str]) -> list[str]:
    return [line.removeprefix("hot: ") for line in warnings if line.startswith("hot: ")]


def plan(repo: Repo, *flags: str) -> list[str]:
    warnings: list[str] = done(repo, "x", *FLAGS, *flags)["warnings"]
    return warnings


def follow(repo: Repo, lines: list[str], which: str) -> list[str]:
    """Type the command of the warning about a way out, and return what is said of files then."""
    (line,) = [line for line in lines if line.startswith("to avoid a collision: ")]
    (command,) = [way for way in line.split("agentledger ")[1:] if which in way]
    words = shlex.split(command.rstrip().removesuffix("; or keep out of these:"))
    result = run(repo.path, *words, "--format", "json")
    assert result.code == 0, result.err
    return hot(json.loads(result.out)["warnings"])


def test_files_that_live_branches_change_are_named_with_them_and_a_way_out(here: Repo) -> None:
    for task in ("y", "z"):
        other(here, task, ["docs/**"], "src/a.py")
    work(here, "claude/new", {"src/new.py": "1\n", "src/b.py": "2\n", "docs/d.md": "1\n"})
    lines = plan(here, "--owns", "src/**")
    assert hot(lines) == [
        "src/a.py is being changed by agent/y, agent/z",
        "src/b.py is being changed by claude/new (no brief)",
        "src/new.py is being changed by claude/new (no brief)",
    ]
    assert follow(here, lines, "--add-depends-on") == [
        "src/b.py is being changed by claude/new (no brief)",
        "src/new.py is being changed by claude/new (no brief)",
    ]


def test_what_is_not_committed_yet_counts_and_is_said_to_be_that(here: Repo) -> None:
    work(here, "claude/new", {"docs/d.md": "1\n"})
    edit(here, "claude/new", "wt", "src/[odd] c.py")
    lines = plan(here, "--owns", "src/**")
    assert hot(lines) == ["src/[odd] c.py is being changed by claude/new (no brief, not committed yet)"]
    assert follow(here, lines, "--add-off-limits") == []
    assert r"src/\[odd] c.py" in files(here)["tasks/x/brief.md"]


def test_what_every_task_may_change_and_the_task_s_own_branch_are_not_named(here: Repo) -> None:
    policy = '[paths]\nopen = ["CHANGELOG.md"]\n'
    here.commit("main", {".agentledger/config.toml": policy}, at=int(time.time()))
    here.flush()
    work(here, "claude/new", {"CHANGELOG.md": "2\n"})
    other(here, "x", ["src/**"], "src/a.py")
    assert hot(done(here, "x", "--owns", "**")["warnings"]) == []


def test_where_nothing_of_the_scope_would_be_left_keeping_out_is_no_way(here: Repo) -> None:
    work(here, "claude/new", {"src/a.py": "2\n"})
    lines = plan(here, "--owns", "src/a.py")
    assert len(hot(lines)) == 1
    assert not [line for line in lines if line.startswith("to avoid")]


def test_spawn_warns_too_and_its_command_still_works(here: Repo) -> None:
    plan(here, "--owns", "src/**")
    work(here, "claude/new", {"src/b.py": "2\n"})
    edit(here, "claude/new", "wt", "src/a.py")
    spawned = run(here.path, "spawn", "x", "--no-baseline", "--format", "json")
    assert spawned.code == 0, spawned.err
    lines: list[Any] = json.loads(spawned.out)["warnings"]
    assert hot(lines) == [
        "src/a.py is being changed by claude/new (no brief, not committed yet)",
        "src/b.py is being changed by claude/new (no brief)",
    ]
    assert follow(here, lines, "--add-off-limits") == []
