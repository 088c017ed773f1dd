"""Branches that stand on each other, and what is said of them once the lower one has landed, or will not.

Each state is made by real merges, squashes and rebases, and each command that is printed is typed as it stands.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fleets
from agentledger.attention.actions import next_action
from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import Stand, State
from agentledger.model.work import Progress, Standing, Work
from agentledger.site.branch_commands import build_commands
from command import branches, page, run, site
from nextcommand import find_command, type_command
from stacked import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """b stands on a, and has changed a line of a's again."""
    return stacked(tmp_path)


def stacked(folder: Path, briefs: dict[str, str] | None = None) -> Stack:
    stack = Stack(folder, briefs)
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    stack.spawn("b", "--on", "a")
    stack.edit("b", 3, "from a and b")
    stack.edit("b", 15, "from b")
    return stack


def shown(stack: Stack, branch: str = "agent/b") -> dict[str, Any]:
    return branches(stack.path)[branch]


def board(stack: Stack) -> str:
    return run(stack.path, "board", "--dormant=never").out


def do_next(stack: Stack, branch: str = "agent/b") -> None:
    """Type the branch's next action."""
    type_command(stack.path, shown(stack, branch)["next_action"]["command"])


def land_b(stack: Stack, text: str = "from a and b") -> None:
    """b lands as anybody would do it, and nothing of either is lost."""
    stack.merge("agent/b")
    content = (stack.path / "src/a.py").read_text()
    assert f"{text}\n" in content
    assert "from b\n" in content


# -- an open stack --------------------------------------------------------------------


def test_only_what_is_its_own_is_shown(stack: Stack) -> None:
    stack.edit("a", 9, "docs", "src/other.py")
    entry = shown(stack)
    (stand,) = entry["stands_on"]
    assert (stand["branch"], stand["task"], stand["state"]) == ("agent/a", "a", "open")
    assert stand["commit"] == stack.git("b", "rev-parse", "HEAD~3")
    assert stand["moved"]
    assert entry["size"] == {"files": 1, "added": 2, "removed": 2}
    assert [c["subject"] for c in entry["commits"]] == [
        "from b",
        "from a and b",
        "chore(ledger): the brief of b",
    ]
    assert {c["path"] for c in entry["changes"]} == {"src/a.py", ".agentledger/tasks/b/brief.md"}


def test_the_board_and_the_page_say_where_it_stands(stack: Stack) -> None:
    assert "stands on agent/a (task a)" in board(stack)
    files = site(stack.path)
    assert "stands on agent/a (task a)" in files["index.html"]
    text = page(files, shown(stack))
    assert "stands on agent/a (task a)" in text
    assert "git diff agent/a...agent/b" in text
    assert "3 commits" in text


def test_the_diff_that_is_printed_is_its_own_also_with_base_merged_in(stack: Stack) -> None:
    stack.edit("main", 7, "from main", "src/other.py")
    stack.git("b", "merge", "-q", "--no-verify", "--no-edit", "main")
    entry = shown(stack)
    assert entry["size"] == {"files": 1, "added": 2, "removed": 2}
    assert "git log -p agent/b --not main agent/a" in page(site(stack.path), entry)


def test_two_dependencies_that_were_merged_in_are_both_below_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"a": "[]", "z": "[]", "b": "[a, z]"}, owns={"z": "['docs/**']"})
    for task, path in (("a", "src/a.py"), ("z", "docs/d.md")):
        stack.spawn(task)
        stack.edit(task, 3, f"from {task}", path)
    stack.begin_by_hand("b", "agent/a")
    stack.git("b", "merge", "-q", "--no-verify", "--no-edit", "agent/z")
    stack.edit("b", 15, "from b")
    entry = shown(stack)
    assert {stand["branch"] for stand in entry["stands_on"]} == {"agent/a", "agent/z"}
    assert entry["size"] == {"files": 1, "added": 1, "removed": 1}


def test_a_conflict_of_the_lower_branch_is_not_its_own(stack: Stack) -> None:
    stack.edit("main", 3, "from main")
    lower, upper = shown(stack, "agent/a"), shown(stack)
    assert (lower["section"], lower["base_conflict"]["below"]) == ("held", None)
    assert (upper["section"] == "held", upper["base_conflict"]["below"]) == (False, "agent/a")
    assert "conflicts where agent/a does: settled there" in board(stack)


def test_a_conflict_of_its_own_beside_that_is_shown_alone(stack: Stack) -> None:
    stack.edit("b", 5, "from b", "src/other.py")
    stack.edit("main", 3, "from main")
    stack.edit("main", 5, "from main", "src/other.py")
    conflict = shown(stack)["base_conflict"]
    assert (conflict["clean"], conflict["paths"], conflict["below"]) == (False, ["src/other.py"], None)


def test_a_conflict_with_what_the_lower_branch_did_since_is_foreseen(stack: Stack) -> None:
    stack.edit("a", 15, "from a, later")
    assert shown(stack)["base_conflict"]["paths"] == ["src/a.py"]


def test_what_is_approved_waits_for_the_lower_branch() -> None:
    stand = Stand(branch="agent/a", ref="refs/heads/agent/a", task="a", commit="c" * 40, state=State.OPEN)
    approved = Standing(progress=Progress.APPROVED)
    upper = fleets.branch(stands_on=(stand,), standing=approved, work=Work(task="login"))
    action = next_action(upper, fleets.BASE)
    assert action is not None
    assert (action.text, action.steps) == ("Approved: it merges after agent/a", ())


def test_what_is_approved_waits_for_a_dependency_that_it_does_not_stand_on() -> None:
    message = "it depends on a, which has not merged"
    missing = Finding(
        rule="FLT003",
        name="dependency-unmerged",
        severity=Severity.ERROR,
        blocks=True,
        message=message,
        hint="",
    )
    approved = Standing(progress=Progress.APPROVED)
    branch = fleets.branch(standing=approved, work=Work(task="login"), findings=(missing,))
    action = next_action(branch, fleets.BASE)
    assert action is not None
    assert (action.text, action.steps) == (f"Approved, and waits: {message}", ())
    assert "git merge" not in str(build_commands(branch, fleets.BASE))


# -- the lower branch has landed ------------------------------------------------------


@pytest.mark.parametrize("folder", [True, False])
def test_once_the_lower_is_squashed_a_command_brings_it_in_without_a_conflict(
    stack: Stack, folder: bool
) -> None:
    stack.edit("main", 18, "from main")
    landing = stack.squash("agent/a", folder)
    entry = shown(stack)
    assert entry["base_conflict"]["clean"] is True
    assert (entry["bridge"]["branch"], entry["bridge"]["landing"]) == ("agent/a", landing)
    assert entry["bridge"]["paths"] == ["src/a.py"]
    assert entry["section"] in ("working", "silent")
    assert f"landed as {landing[:12]}" in board(stack)
    do_next(stack)
    after = shown(stack)
    assert (after["bridge"], after["stands_on"], after["base_conflict"]["clean"]) == (None, [], True)
    assert after["size"] == {"files": 1, "added": 2, "removed": 2}
    assert (stack.place("b") / ".agentledger/tasks/b/brief.md").exists()
    assert stack.check("agent/b") == {}
    land_b(stack)
    assert (stack.path / ".agentledger/tasks/a/brief.md").exists() == folder


def test_the_command_fits_a_terminal_of_eighty_columns(stack: Stack) -> None:
    stack.squash("agent/a")
    lines = [line.strip() for line in board(stack).splitlines()]
    start = next(at for at, line in enumerate(lines) if line.startswith("J=$("))
    type_command(stack.path, "\n".join(lines[start : start + 2]))
    assert shown(stack)["bridge"] is None


def test_a_page_names_it_and_offers_no_merge_before_it(stack: Stack) -> None:
    stack.squash("agent/a")
    text = page(site(stack.path), shown(stack))
    assert "Bring in what landed of agent/a" in text
    assert "git switch -- main" not in text


def test_where_the_lower_branch_is_deleted_it_is_found_in_the_upper_one(stack: Stack) -> None:
    landing = stack.squash("agent/a", folder=False)
    stack.git("main", "worktree", "remove", "--force", str(stack.place("a")))
    stack.git("main", "branch", "-qD", "agent/a")
    entry = shown(stack)
    (stand,) = entry["stands_on"]
    assert (stand["branch"], stand["task"], stand["landing"]) == (None, "a", landing)
    assert entry["size"] == {"files": 1, "added": 2, "removed": 2}
    assert (entry["bridge"]["task"], entry["bridge"]["landing"]) == ("a", landing)
    assert entry["next_action"]["text"] == "Bring in what landed of task a"
    do_next(stack)
    assert shown(stack)["bridge"] is None
    land_b(stack)


def test_a_lower_branch_that_went_on_before_it_landed(stack: Stack) -> None:
    stack.edit("a", 9, "more of a")
    stack.squash("agent/a")
    assert shown(stack)["base_conflict"]["clean"] is True
    do_next(stack)
    land_b(stack)
    assert "more of a\n" in (stack.path / "src/a.py").read_text()


def test_what_conflicts_beside_it_is_still_to_be_settled(stack: Stack) -> None:
    stack.squash("agent/a")
    stack.edit("main", 15, "from main")
    entry = shown(stack)
    assert entry["base_conflict"]["clean"] is False
    assert entry["section"] == "held"
    # Its agent settles it: the answer says that what landed comes in first, and the prompt has the commands.
    assert entry["next_action"]["text"] == "Send it back to bring main in"
    assert "First bring in what landed already" in entry["next_action"]["command"]
    prompt = run(stack.place("b"), "prompt", "b", "--for", "resume").out
    type_command(stack.place("b"), prompt.split("```sh\n")[1].split("\n```")[0])
    type_command(stack.place("b"), "git merge main", code=1)
    assert "<<<<<<<" in (stack.place("b") / "src/a.py").read_text()
    assert "from a and b\n" in (stack.place("b") / "src/a.py").read_text()


def test_work_that_is_not_committed_is_not_merged_into(stack: Stack) -> None:
    stack.squash("agent/a")
    (stack.place("b") / "src/a.py").write_text("being written\n")
    assert "J=" not in str(shown(stack)["next_action"]["command"])
    assert "git alone would stop at 1 file" in board(stack)


def test_a_branch_without_a_worktree_is_switched_to(stack: Stack) -> None:
    stack.squash("agent/a")
    stack.git("main", "worktree", "remove", "--force", str(stack.place("b")))
    do_next(stack)
    assert stack.git("main", "symbolic-ref", "--short", "HEAD") == "agent/b"
    assert shown(stack)["bridge"] is None


def test_a_lower_branch_that_was_merged_leaves_nothing_to_do(stack: Stack) -> None:
    stack.merge("agent/a")
    entry = shown(stack)
    assert (entry["bridge"], entry["stands_on"], entry["base_conflict"]["clean"]) == (None, [], True)
    assert entry["size"] == {"files": 1, "added": 2, "removed": 2}
    land_b(stack)


def test_a_lower_branch_that_landed_by_rebase(stack: Stack) -> None:
    stack.edit("main", 18, "from main")
    stack.git("main", "cherry-pick", "--allow-empty", "main..agent/a")
    entry = shown(stack)
    assert entry["bridge"] is not None
    do_next(stack)
    land_b(stack)


def test_a_lower_branch_that_was_rewritten_is_followed(stack: Stack) -> None:
    stack.edit("main", 18, "from main")
    stack.git("a", "rebase", "-q", "main")
    entry = shown(stack)
    (stand,) = entry["stands_on"]
    assert (stand["branch"], stand["rewritten"]) == ("agent/a", True)
    assert entry["size"] == {"files": 1, "added": 2, "removed": 2}
    text = board(stack)
    assert "stands on an earlier agent/a (task a), which was rewritten since" in text
    (command,) = {line.split("to follow it: ")[1] for line in text.splitlines() if "to follow it: " in line}
    type_command(stack.path, command)
    (stand,) = shown(stack)["stands_on"]
    assert not stand["rewritten"]
    stack.merge("agent/a")
    land_b(stack)


def test_over_a_landing_that_base_took_back_there_is_no_bridge(stack: Stack) -> None:
    stack.squash("agent/a")
    stack.git("main", "revert", "--no-edit", "HEAD")
    entry = shown(stack)
    assert entry["bridge"] is None
    assert entry["stands_on"][0]["branch"] == "agent/a"
    land_b(stack)


def test_a_lower_branch_that_was_killed_is_named_as_such(stack: Stack) -> None:
    text = (
        "---\nat: 2026-01-01T00:00:00Z\nby: ada\noutcome: killed\nbranch: agent/a\nhead: x\n---\nToo dear.\n"
    )
    stack.repo.commit(
        "agentledger", {"tasks/a/outcome.md": text}, parents=[stack.git("main", "rev-parse", "agentledger")]
    )
    stack.repo.flush()
    assert "stands on agent/a (task a), which is killed" in board(stack)
    assert shown(stack)["size"] == {"files": 1, "added": 2, "removed": 2}


# -- three, and one that goes on --------------------------------------------------------


def test_a_stack_of_three_lands_squash_by_squash(stack: Stack) -> None:
    stack.spawn("c", "--on", "b")
    stack.edit("c", 3, "from a, b and c")
    assert [stand["branch"] for stand in shown(stack, "agent/c")["stands_on"]] == ["agent/b"]
    assert shown(stack, "agent/c")["size"] == {"files": 1, "added": 1, "removed": 1}
    stack.squash("agent/a")
    assert shown(stack, "agent/c")["base_conflict"]["clean"] is True
    do_next(stack)
    stack.squash("agent/b")
    entry = shown(stack, "agent/c")
    assert entry["base_conflict"]["clean"] is True
    if entry["bridge"]:
        do_next(stack, "agent/c")
    assert shown(stack, "agent/c")["bridge"] is None
    stack.merge("agent/c")
    text = (stack.path / "src/a.py").read_text()
    assert "from a, b and c\n" in text
    assert "from b\n" in text


@pytest.mark.parametrize("folder", [True, False])
def test_a_branch_that_goes_on_after_its_squash_lands_again(tmp_path: Path, folder: bool) -> None:
    stack = Stack(tmp_path)
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    landing = stack.squash("agent/a", folder)
    stack.edit("a", 3, "from a, again")
    entry = shown(stack, "agent/a")
    assert entry["base_conflict"]["clean"] is True
    assert (entry["bridge"]["branch"], entry["bridge"]["landing"]) == (None, landing)
    do_next(stack, "agent/a")
    assert shown(stack, "agent/a")["bridge"] is None
    assert (stack.place("a") / ".agentledger/tasks/a/brief.md").exists()
    stack.squash("agent/a")
    assert "from a, again\n" in (stack.path / "src/a.py").read_text()


def test_a_ready_branch_is_the_managers_turn_with_that_command(stack: Stack) -> None:
    stack.squash("agent/a")
    assert run(stack.place("b"), "verify").code == 0
    texts = ("--summary", "s", "--why", "w", "--risks", "r", "--no-tests", "n", "--criterion", "1=yes")
    done = run(stack.place("b"), "done", *texts)
    assert done.code == 0, done
    assert "it conflicts with main" not in done.out
    said = json.loads(run(stack.path, "next", "--dormant=never", "--format", "json").out)
    assert said["turn"]["next_action"]["text"] == "Bring in what landed of agent/a"
    assert "landed as" in run(stack.path, "next").out
    type_command(stack.path, said["turn"]["next_action"]["command"])
    assert shown(stack)["bridge"] is None


def test_a_branch_on_an_open_one_is_done_and_then_waits(stack: Stack) -> None:
    assert run(stack.place("b"), "verify").code == 0
    texts = ("--summary", "s", "--why", "w", "--risks", "r", "--no-tests", "n", "--criterion", "1=yes")
    done = run(stack.place("b"), "done", *texts)
    assert done.code == 0, done
    action = shown(stack)["next_action"]
    head = stack.repo.git("rev-parse", "agent/b").strip()[:12]
    assert action["command"] == f"agentledger review agent/b --head {head}"


def test_the_agent_is_told_the_command_for_its_own_worktree(stack: Stack) -> None:
    landing = stack.squash("agent/a")
    text = run(stack.path, "prompt", "b", "--for", "resume").out
    assert "First bring in what landed already, which has no conflict" in text
    assert "no longer merges" not in text
    command = find_command(text, r"^J=.*$")
    type_command(stack.place("b"), command)
    assert shown(stack)["bridge"] is None
    assert landing


@pytest.mark.parametrize("gate", ["push", "ready", "merge"])
def test_the_gates_call_no_false_conflict_one(stack: Stack, gate: str) -> None:
    stack.squash("agent/a")
    done = run(stack.path, "check", "--branch", "agent/b", "--gate", gate, "--format", "json")
    conflicts = [f for f in json.loads(done.out)["findings"] if f["rule"] == "FLT004"]
    assert not any(f["blocks"] for f in conflicts)
    if gate != "push":
        type_command(stack.place("b"), conflicts[0]["hint"])
        assert shown(stack)["bridge"] is None
