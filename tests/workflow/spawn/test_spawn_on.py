"""`agentledger spawn TASK --on`: a branch that begins at the work of a task that it depends on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import refused, run
from nextcommand import find_command, type_command
from stacked import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def test_the_branch_begins_at_the_head_of_its_dependency(stack: Stack) -> None:
    stack.spawn("a")
    head = stack.edit("a", 3, "from a")
    done = stack.spawn("b", "--on", "a")
    assert stack.git("b", "rev-parse", "HEAD^") == head
    assert "from a\n" in (stack.place("b") / "src/a.py").read_text()
    assert stack.git("b", "diff", "--name-only", "HEAD^").split() == [".agentledger/tasks/b/brief.md"]
    assert f"{head[:12]} of agent/a" in done.out
    assert "can merge once agent/a has" in done.out


def test_a_dry_run_names_where_it_would_begin_and_makes_nothing(stack: Stack) -> None:
    stack.spawn("a")
    done = stack.spawn("b", "--on", "agent/a", "--dry-run")
    assert "of agent/a" in done.out
    assert stack.repo.exit_code("show-ref", "--verify", "--quiet", "refs/heads/agent/b") == 1


def test_without_it_the_refusal_names_the_command_that_works(stack: Stack) -> None:
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    done = run(stack.path, "spawn", "b")
    assert done.code == 1
    assert "FLT003" in done.out
    type_command(stack.path, find_command(done.out, r"agentledger spawn b --on \S+(?=,)"))
    assert stack.git("b", "merge-base", "--is-ancestor", "agent/a", "HEAD") == ""


def test_where_nobody_works_on_the_dependency_no_such_command_is_named(stack: Stack) -> None:
    done = run(stack.path, "spawn", "b")
    assert done.code == 1
    assert "spawn b --on" not in done.out


def test_merging_still_waits_for_the_dependency(stack: Stack) -> None:
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    stack.spawn("b", "--on", "a")
    stack.edit("b", 5, "from b")
    done = run(stack.path, "check", "--branch", "agent/b", "--gate", "merge")
    assert "FLT003" in done.out
    assert "spawn b --on" not in done.out
    stack.merge("agent/a")
    assert "FLT003" not in run(stack.path, "check", "--branch", "agent/b", "--gate", "merge").out


def test_another_dependency_that_has_not_merged_still_stops_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"a": "[]", "z": "[]", "b": "[a, z]"})
    stack.spawn("a")
    done = run(stack.path, "spawn", "b", "--on", "a")
    assert done.code == 1
    assert "it depends on z" in done.out
    assert "it depends on a" not in done.out


def test_a_dependency_on_which_the_other_stands_comes_with_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"a": "[]", "b": "[a]", "c": "[b, a]"})
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    stack.spawn("b", "--on", "a")
    stack.edit("b", 5, "from b")
    stack.spawn("c", "--on", "b")
    assert stack.git("c", "merge-base", "--is-ancestor", "agent/a", "HEAD") == ""


def test_what_the_task_does_not_depend_on_is_refused_with_the_way_there(stack: Stack) -> None:
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    run(stack.path, "plan", "b", "--depends-on", "")
    said = refused(stack.path, "spawn", "b", "--on", "a")
    assert said.message == "b does not depend on a"
    type_command(stack.path, find_command(said.hint, r"agentledger plan b --add-depends-on a"))
    stack.spawn("b", "--on", "a")


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("agent/aa", "there is no task or branch named agent/aa", "did you mean agent/a"),
        ("main", "main is the base", "leave out --on"),
        ("b", "b cannot stand on itself", "--attempt 2"),
        ("agentledger", "agentledger works on no task", "depends_on"),
    ],
)
def test_a_name_that_is_no_dependency_is_refused(stack: Stack, name: str, message: str, hint: str) -> None:
    stack.spawn("a")
    said = refused(stack.path, "spawn", "b", "--on", name)
    assert message in said.message
    assert hint in said.hint
    assert not stack.place("b").exists()


def test_of_several_attempts_one_has_to_be_named(stack: Stack) -> None:
    stack.spawn("a")
    stack.spawn("a", "--attempt", "2")
    said = refused(stack.path, "spawn", "b", "--on", "a")
    assert said.message == "2 branches work on a: agent/a, agent/a--2"
    type_command(stack.path, find_command(said.hint, r"agentledger spawn b --on \S+"))
    other = json.loads(
        run(stack.path, "spawn", "b", "--attempt", "2", "--on", "agent/a--2", "--format", "json").out
    )
    assert other["refs"] == ["refs/heads/agent/b--2"]


def test_where_nobody_works_on_the_dependency_it_is_to_be_handed_out(stack: Stack) -> None:
    said = refused(stack.path, "spawn", "b", "--on", "a")
    assert said.message == "nobody works on a yet"
    type_command(stack.path, find_command(said.hint, r"agentledger spawn a"))


@pytest.mark.parametrize("land", ["merge", "squash"])
def test_a_dependency_that_has_landed_needs_no_ground(stack: Stack, land: str) -> None:
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    getattr(stack, land)("agent/a")
    said = refused(stack.path, "spawn", "b", "--on", "a")
    assert said.message == "a has landed already"
    type_command(stack.path, find_command(said.hint, r"agentledger spawn b"))


def test_nothing_stands_on_what_was_killed(stack: Stack) -> None:
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    text = (
        "---\nat: 2026-01-01T00:00:00Z\nby: ada\noutcome: killed\nbranch: agent/a\nhead: x\n---\nToo dear.\n"
    )
    stack.repo.commit(
        "agentledger", {"tasks/a/outcome.md": text}, parents=[stack.git("main", "rev-parse", "agentledger")]
    )
    stack.repo.flush()
    said = refused(stack.path, "spawn", "b", "--on", "a")
    assert "agent/a is killed, so nothing can stand on it" in said.message
    assert "Too dear" in said.message
    type_command(stack.path, find_command(said.hint, r"agentledger plan b --depends-on ''"))


def test_nothing_stands_on_what_cannot_be_read(stack: Stack) -> None:
    stack.spawn("a")
    tree = stack.git("main", "rev-parse", f"{stack.edit('a', 3, 'from a')}^{{tree}}")
    (stack.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    said = refused(stack.path, "spawn", "b", "--on", "agent/a")
    assert "agent/a cannot be read" in said.message
    assert "git fsck" in said.hint
