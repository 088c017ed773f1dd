"""A branch that stands on another: the folder of a declared dependency is not its own, and no advice does harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import run
from nextcommand import find_command, type_command
from stacked import Stack

FREE = {"a": "[]", "b": "[]"}


def working(folder: Path, briefs: dict[str, str] | None = None) -> Stack:
    stack = Stack(folder, briefs)
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    return stack


def test_a_branch_that_spawn_put_on_its_dependency_is_pushed(tmp_path: Path) -> None:
    stack = working(tmp_path)
    stack.spawn("b", "--on", "a")
    stack.edit("b", 15, "from b")
    assert stack.check("agent/b") == {}


@pytest.mark.parametrize("name", ["agent/b", "claude/b"])
def test_so_is_one_made_by_hand_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    stack = working(tmp_path)
    stack.begin_by_hand("b", "agent/a", name)
    stack.edit("b", 15, "from b")
    assert stack.check(name) == {}


def test_the_commit_gate_knows_its_task_too(tmp_path: Path) -> None:
    stack = working(tmp_path)
    stack.begin_by_hand("b", "agent/a", "claude/b")
    assert run(stack.path, "init", "--yes").code == 0
    (stack.place("b") / "docs/d.md").write_text("out of scope\n")
    said = stack.fail("b", "commit", "-q", "-am", "slip")
    assert "OWN001" in said


def test_a_stack_of_three_is_pushed(tmp_path: Path) -> None:
    stack = working(tmp_path)
    stack.spawn("b", "--on", "a")
    stack.edit("b", 15, "from b")
    stack.spawn("c", "--on", "b")
    stack.edit("c", 18, "from c")
    assert stack.check("agent/c") == {}


def test_a_dependency_that_left_its_own_scope_is_no_excuse(tmp_path: Path) -> None:
    stack = working(tmp_path)
    stack.edit("a", 2, "slip of a", "docs/d.md")
    stack.spawn("b", "--on", "a")
    stack.edit("b", 15, "from b")
    assert "OWN001" in stack.check("agent/b")


def test_what_the_branch_itself_writes_in_that_folder_stops_it(tmp_path: Path) -> None:
    stack = working(tmp_path)
    stack.spawn("b", "--on", "a")
    brief = stack.place("b") / ".agentledger/tasks/a/brief.md"
    brief.write_text(brief.read_text().replace("src", "docs"))
    stack.git("b", "commit", "-q", "--no-verify", "-am", "widen a")
    assert set(stack.check("agent/b")) == {"OWN003"}


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("land", ["merge", "squash"])
@pytest.mark.parametrize("rule", ["BRF009", "OWN003"])
def test_the_way_out_of_an_undeclared_stack_costs_the_other_nothing(
    tmp_path: Path, rule: str, land: str, order: str
) -> None:
    stack = working(tmp_path, FREE)
    stack.begin_by_hand("b", "agent/a")
    stack.edit("b", 15, "from b")
    command = find_command(stack.check("agent/b")[rule], r"git rebase --onto \S+ [0-9a-f]+")
    type_command(stack.place("b"), command)
    assert stack.check("agent/b") == {}
    for task in order:
        getattr(stack, land)(f"agent/{task}")
    text = (stack.path / "src/a.py").read_text()
    assert "from a\n" in text
    assert "from b\n" in text
    assert (stack.path / ".agentledger/tasks/a/brief.md").exists()
    assert (stack.path / ".agentledger/tasks/b/brief.md").exists()


def test_another_tasks_code_is_not_put_back_but_taken_out(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"a": "[]", "b": "[]"}, owns={"a": "['docs/**']", "b": "['src/**']"})
    stack.spawn("a")
    stack.edit("a", 3, "from a", "docs/d.md")
    stack.begin_by_hand("b", "agent/a")
    stack.edit("b", 15, "from b")
    command = find_command(stack.check("agent/b")["OWN001"], r"git rebase --onto \S+ [0-9a-f]+")
    type_command(stack.place("b"), command)
    stack.merge("agent/a")
    stack.merge("agent/b")
    assert "from a\n" in (stack.path / "docs/d.md").read_text()


def test_what_was_merged_in_undeclared_is_taken_out_with_its_merge(tmp_path: Path) -> None:
    stack = working(tmp_path, FREE)
    stack.begin_by_hand("b", "main")
    stack.git("b", "merge", "-q", "--no-verify", "-m", "bring a in", "agent/a")
    stack.edit("b", 15, "from b")
    hints = stack.check("agent/b")
    command = find_command(hints["BRF009"], r"git rebase --onto \S+ [0-9a-f]+")
    assert command in hints["OWN008"]
    type_command(stack.place("b"), command)
    assert stack.check("agent/b") == {}
    stack.merge("agent/a")
    stack.merge("agent/b")
    assert (stack.path / ".agentledger/tasks/a/brief.md").exists()


def test_a_folder_that_the_branch_made_itself_is_removed(tmp_path: Path) -> None:
    stack = working(tmp_path, FREE)
    stack.begin_by_hand("b", "main")
    brief = stack.place("b") / ".agentledger/tasks/a/brief.md"
    brief.parent.mkdir()
    brief.write_text("---\ntask: a\n---\n")
    stack.git("b", "add", "-A")
    stack.git("b", "commit", "-q", "--no-verify", "-m", "a second task")
    command = find_command(stack.check("agent/b")["BRF009"], r"git rm -r .*")
    type_command(stack.place("b"), command)
    assert stack.check("agent/b") == {}
