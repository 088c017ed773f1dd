"""Merge plans of real repositories: what they say is what `git merge` does, step by step."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

import damage
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import open_snapshot
from agentledger.merge_order.plan import Wish
from command import branches, run
from gitrepo import Commit, Repo
from nextcommand import type_command
from stacked import Stack
from writing import brief

LINES = [f"line {number}" for number in range(1, 31)]
DAY = 86_400
START = 1_700_000_000


def text(**changed: str) -> str:
    """Thirty lines, some of them replaced: `l5="x"` is the fifth."""
    lines = list(LINES)
    for key, line in changed.items():
        lines[int(key[1:]) - 1] = line
    return "".join(f"{line}\n" for line in lines)


def plan(repo: Repo | Path, *arguments: str) -> dict[str, Any]:
    path = repo if isinstance(repo, Path) else repo.path
    said = run(path, "merge-plan", "--dormant=never", "--format", "json", *arguments)
    assert said.code == 0, said
    found: dict[str, Any] = msgspec.json.decode(said.out)
    return found


class Planned(NamedTuple):
    repo: Repo
    plan: dict[str, Any]

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        return {step["branch"]: step for step in self.plan["steps"]}

    @property
    def left(self) -> dict[str, dict[str, Any]]:
        return {each["branch"]: each for each in self.plan["left_out"]}


def planned(repo: Repo, *arguments: str) -> Planned:
    repo.flush()
    return Planned(repo, plan(repo, *arguments))


def land_for_real(repo: Repo, steps: list[dict[str, Any]]) -> None:
    """Merge each step with plain git, and compare the tree."""
    repo.checkout("main")
    for step in steps:
        head = step["head"]
        if step["via"] == "base":
            train = repo.git("rev-parse", "HEAD")
            repo.git("checkout", "-q", "--detach", head)
            repo.git("merge", "-q", "--no-ff", "--no-edit", "main")
            head = repo.git("rev-parse", "HEAD")
            repo.git("checkout", "-q", "--detach", train)
        else:
            repo.git("checkout", "-q", "--detach")
        repo.git("merge", "-q", "--no-ff", "--no-edit", head)
        assert without_tasks(repo) == step["tree"], step


def without_tasks(repo: Repo) -> str:
    """HEAD's tree without the folders of tasks, by git's own index."""
    repo.git("rm", "-rqf", "--cached", "--ignore-unmatch", ".agentledger/tasks")
    tree = repo.git("write-tree")
    repo.git("read-tree", "HEAD")
    return tree


# -- one fleet with a branch of each kind -----------------------------------------------------


def make_yard(path: Path, shuffle: int | None = None) -> Repo:
    """Branches of all kinds. With `shuffle`, their refs are made in another order, without a trace of the first."""
    repo = Repo.init(path)
    files = {"a": text(), "b": text(), "c": text(), "d": text(), "e/f": text(), "g": text()}
    old = repo.commit("main", files, at=START)
    main = repo.commit("main", {"d": text(l3="main")}, at=START + DAY)
    made: dict[str, Commit] = {}

    def branch(name: str, files: Mapping[str, Any], start: Commit = main, at: int = 0, **more: Any) -> None:
        made[name] = repo.commit(
            f"refs/made/{name}", files, parents=more.pop("parents", [start]), at=START + at * DAY, **more
        )

    # The oldest is in the way of three others.
    branch("agent/old", {"a": text(l5="o"), "b": text(l5="o"), "c": text(l5="o")}, at=2)
    branch("agent/p", {"a": text(l5="p")}, at=5)
    branch("agent/q", {"b": text(l5="q")}, at=4)
    branch("agent/r", {"c": text(l5="r")}, at=3)
    # In the same file as p, elsewhere.
    branch("agent/s", {"a": text(l25="s")}, at=6)
    branch("agent/stuck", {"d": text(l3="stuck")}, start=old, at=7)
    branch("agent/unrelated", {"z": "z\n"}, parents=[], at=7)
    branch("agent/lone", {"new\udcff": "1\n", "e/f": None}, at=7)
    # The same change on main, beside one of its own; and somebody changes that line again.
    branch("agent/twin", {"d": text(l3="main").split("\n", 1)[1]}, start=old, at=8)
    branch("agent/again", {"d": text(l3="again")}, at=7)
    # One on top of the other without a brief; its name sorts first.
    branch("agent/z-below", {"g": text(l3="below")}, at=9)
    branch("agent/above", {"g": text(l3="above")}, start=made["agent/z-below"], at=8)
    names = list(made)
    if shuffle is not None:
        random.Random(shuffle).shuffle(names)
    for name in names:
        repo.ref(name, made[name])
    repo.checkout("main")
    for name in made:
        repo.git("update-ref", "-d", f"refs/made/{name}")
    return repo


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return planned(make_yard(tmp_path_factory.mktemp("yard") / "r"))


def test_every_step_is_what_git_merge_makes(yard: Planned) -> None:
    assert len(yard.steps) == 9, yard.plan
    land_for_real(yard.repo, yard.plan["steps"])


def test_the_longest_wait_goes_first(yard: Planned) -> None:
    order = [name for name in yard.steps if name in ("agent/p", "agent/q", "agent/r", "agent/s")]
    assert order == ["agent/r", "agent/q", "agent/p", "agent/s"]
    assert yard.steps["agent/r"]["why"].startswith("no brief, last commit 2023-11-17 22:13")


def test_the_oldest_waits_where_it_would_hold_three_others(yard: Planned) -> None:
    left = yard.left["agent/old"]
    assert left["why"] == "landing it would hold 3 others: agent/r, agent/q, agent/p"
    assert (left["holds"], left["against"]) == (["agent/r", "agent/q", "agent/p"], None)
    assert left["step"] == yard.steps["agent/r"]["n"]
    assert (left["paths"], left["by_age"]) == (["a", "b", "c"], True)
    assert yard.plan["by_age"] == len(yard.steps) - 2
    assert yard.plan["exact"]


def test_a_conflict_with_base_is_said_with_its_files(yard: Planned) -> None:
    left = yard.left["agent/stuck"]
    assert (left["step"], left["against"], left["paths"]) == (None, "main", ["d"])
    assert left["why"] == "it conflicts with main, in d"


def test_unrelated_histories_are_left_out_with_the_reason(yard: Planned) -> None:
    assert yard.left["agent/unrelated"]["why"] == "git cannot merge it: it shares no history with main"


def test_waves_have_no_file_in_common(yard: Planned) -> None:
    waves = {name: step["wave"] for name, step in yard.steps.items()}
    assert waves["agent/s"] == waves["agent/p"] + 1 == 2
    assert waves["agent/q"] == waves["agent/r"] == waves["agent/lone"] == 1
    assert waves["agent/above"] == waves["agent/z-below"] + 1


def test_what_has_all_commits_of_another_comes_after_it(yard: Planned) -> None:
    below, above = yard.steps["agent/z-below"], yard.steps["agent/above"]
    assert above["n"] == below["n"] + 1
    assert "after agent/z-below: it has all commits of that one" in above["why"]


def test_what_git_alone_would_stop_at_lands_by_way_of_base(yard: Planned) -> None:
    step = yard.steps["agent/twin"]
    assert step["via"] == "base"
    assert "git alone would stop: bring main into it first" in step["why"]
    assert {each["via"] for name, each in yard.steps.items() if name != "agent/twin"} == {None}


def test_a_forge_is_not_asked_for_what_git_alone_would_stop_at(yard: Planned) -> None:
    lines = run(yard.repo.path, "merge-plan", "--dormant=never", "--format", "gh").out.splitlines()
    (line,) = [line for line in lines if "agent/twin" in line and "gh pr merge" in line]
    assert line == "# then: gh pr merge agent/twin --merge"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_in_which_refs_were_made_changes_nothing(yard: Planned, seed: int, tmp_path: Path) -> None:
    assert plan(make_yard(tmp_path / "r", shuffle=seed)) == yard.plan


def test_a_branch_that_is_named_is_planned_with_the_others_named(yard: Planned) -> None:
    only = Planned(yard.repo, plan(yard.repo, "agent/old", "agent/p"))
    assert (list(only.steps), list(only.left)) == (["agent/old"], ["agent/p"])
    assert only.left["agent/p"]["against"] == "agent/old"
    assert only.plan["not_asked"] == []


def test_nothing_of_the_repository_is_written(yard: Planned) -> None:
    before = yard.repo.count_objects(), yard.repo.git("for-each-ref")
    plan(yard.repo)
    assert (yard.repo.count_objects(), yard.repo.git("for-each-ref")) == before


# -- stacks, and what landed under another commit ---------------------------------------------


def test_what_stands_on_another_lands_after_it_and_alone_waits(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.spawn("a")
    stack.edit("a", 3, "from a")
    stack.spawn("b", "--on", "a")
    stack.edit("b", 3, "from a and b")
    found = Planned(stack.repo, plan(stack.path, "--include", "working", "--include", "silent"))
    assert list(found.steps) == ["agent/a", "agent/b"]
    assert found.steps["agent/b"]["why"].endswith("after agent/a: its task depends on a")
    alone = Planned(stack.repo, plan(stack.path, "agent/b"))
    assert alone.left["agent/b"]["why"] == "it waits for agent/a (task a), which is silent"
    assert alone.left["agent/b"]["against"] == "agent/a"
    # After a squash of the lower one, the upper one lands by way of the bridge.
    squash = stack.squash("agent/a", folder=False)
    stack.repo.git("worktree", "remove", "--force", str(stack.place("a")))
    bridged = Planned(stack.repo, plan(stack.path, "agent/b"))
    assert bridged.steps["agent/b"]["via"] == "bridge", bridged.plan
    assert f"bring in first what landed of its commits as {squash[:12]}" in bridged.steps["agent/b"]["why"]
    # With the command that the board has for it, plain git makes the same.
    type_command(stack.path, branches(stack.path)["agent/b"]["next_action"]["command"])
    stack.merge("agent/b")
    assert without_tasks(stack.repo) == bridged.steps["agent/b"]["tree"]


def test_of_a_stack_on_what_was_squashed_the_lowest_brings_that_in_for_all(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": text()})
    low = repo.commit("agent/1", {"f": text(l3="one")}, parents=[root])
    middle = repo.commit("agent/2", {"f": text(l3="one", l4="two")}, parents=[low])
    repo.commit("agent/3", {"f": text(l3="one", l4="two", l5="three")}, parents=[middle])
    repo.commit("agent/beside", {"f": text(l3="one", l20="beside")}, parents=[low])
    repo.commit("main", {"f": text(l3="one")}, message="agent/1, squashed")
    found = planned(repo)
    assert [(step["branch"], step["via"]) for step in found.plan["steps"]] == [
        ("agent/2", "bridge"),
        ("agent/3", None),
        ("agent/beside", None),
    ]
    repo.checkout("main")
    landed = repo.git("commit-tree", "main^{tree}", "-p", str(low), "-p", "main", "-m", "landed")
    repo.git("checkout", "-q", "agent/2")
    repo.git("merge", "-q", "--no-edit", landed)
    repo.git("checkout", "-q", "main")
    for step in found.plan["steps"]:
        repo.git("merge", "-q", "--no-ff", "--no-edit", step["branch"])
        assert without_tasks(repo) == step["tree"]


def test_what_is_finished_does_not_wait_for_what_somebody_is_still_at(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": "0\n", "g": "0\n"})
    repo.commit("agent/left", {"f": "1\n"}, parents=[root])
    repo.commit("agent/right", {"g": "1\n"}, parents=[root])
    repo.commit("agent/finished", {"f": "2\n", "g": "2\n"}, parents=[root])
    repo.checkout("main")
    for name in ("left", "right"):
        (repo.worktree_add(tmp_path / name, f"agent/{name}").path / "loose").write_text("x\n")
    found = planned(repo, "--include", "working")
    assert list(found.steps) == ["agent/finished"]
    assert found.left.keys() == {"agent/left", "agent/right"}


def test_a_branch_that_only_has_its_brief_does_not_land(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    root = repo.commit("main", {"f": "0\n"})
    repo.commit("agent/new", {".agentledger/tasks/new/brief.md": brief("new")}, parents=[root])
    repo.checkout("main")
    found = planned(repo, "agent/new")
    assert found.plan["steps"] == []
    assert found.left["agent/new"]["why"] == "it changes nothing yet"


def test_a_brief_that_lands_is_never_taken_for_a_renamed_file(tmp_path: Path) -> None:
    """Taken off only afterwards, git would bring the edit of the brief into a file that looks like it."""
    repo = Repo.init(tmp_path / "r")
    brief = "# a brief\n" + "".join(f"- point {number}\n" for number in range(20))
    path = ".agentledger/tasks/x/brief.md"
    start = repo.commit("main", {"a": "1\n", path: brief})
    repo.commit("main", {path: None, "docs/example.md": brief.replace("a brief", "an example")})
    repo.commit("agent/x", {"b": "1\n", path: brief.replace("point 9", "point nine")}, parents=[start])
    found = planned(repo, "agent/x")
    (step,) = found.plan["steps"]
    assert "point 9" in repo.git("show", "main:docs/example.md")
    assert step["tree"]
    # The tree is written nowhere in the repository, so it is compared with one that is made by hand.
    repo.checkout("main")
    (repo.path / "b").write_text("1\n")
    repo.git("add", "b")
    assert repo.git("write-tree") == step["tree"]


# -- bad input --------------------------------------------------------------------------------


def test_of_many_branches_that_all_touch_one_line_the_oldest_lands(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    main = repo.commit("main", {"a": text()})
    for number in range(25):
        repo.commit(f"agent/{number:03}", {"a": text(l9=str(number))}, parents=[main], at=START + number)
    found = planned(repo)
    assert list(found.steps) == ["agent/000"]
    assert len(found.left) == 24
    assert found.left["agent/024"]["why"] == "it conflicts with agent/000, which goes first"
    assert (found.plan["by_age"], found.plan["exact"]) == (None, True)


def test_a_missing_object_is_gits_reason_and_never_clean(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    main = repo.commit("main", {"a": text(), "b": text()})
    main = repo.commit("main", {"a": text(l1="main")}, parents=[main])
    for name in "xyz":
        repo.commit(f"agent/{name}", {"a": text(l20=name), f"{name}/f": name}, parents=[f"{main}~1"])
    repo.flush()
    damage.unpack(repo)
    damage.remove(repo, "agent/y:a")
    found = planned(repo)
    assert "agent/y" not in found.steps
    assert len(found.steps) == 1
    assert found.left["agent/y"]["why"].startswith("git cannot merge it: ")


def test_a_base_that_moves_meanwhile_is_noticed(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    repo.commit("main", {"a": text()})
    repo.commit("agent/x", {"b": "1\n"}, parents=[repo.commit("main", {"c": "1\n"})])
    repo.flush()
    with open_snapshot(repo.path, Request(pairs=True, dormant=None)) as snapshot:
        assert [step.number for step in snapshot.plan_merges(Wish()).steps] == [1]
        assert not snapshot.has_base_moved()
        repo.commit("main", {"c": "2\n"})
        repo.flush()
        assert snapshot.has_base_moved()


def test_branches_far_behind_land_on_what_base_is_now(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    start = repo.commit("main", {"a": text(), "b": text()})
    for number in range(120):
        repo.commit("main", {"b": text(l9=str(number))})
    repo.commit("agent/x", {"a": text(l9="x")}, parents=[start])
    found = planned(repo)
    land_for_real(repo, found.plan["steps"])
    assert list(found.steps) == ["agent/x"]


def test_a_criss_cross_has_two_beginnings(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r")
    start = repo.commit("main", {"a": text(), "b": text()})
    one = repo.commit("main", {"a": text(l3="main")}, parents=[start])
    other = repo.commit("agent/x", {"b": text(l3="x")}, parents=[start])
    both = {"a": text(l3="main"), "b": text(l3="x")}
    repo.merge("main", [one, other], both)
    repo.merge("agent/x", [other, one], both)
    repo.commit("main", {"a": text(l3="main", l20="main")})
    repo.commit("agent/x", {"b": text(l3="x", l20="x")})
    found = planned(repo)
    land_for_real(repo, found.plan["steps"])
    assert list(found.steps) == ["agent/x"]


# -- submodules -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checked_out", "other", "landed", "why"),
    [
        (True, "2", ["agent/x", "agent/y"], ""),
        (True, "side", ["agent/x"], "conflicts with agent/x"),
        (False, "2", ["agent/x"], "conflicts with agent/x"),
    ],
)
def test_a_submodule_that_both_sides_moved(
    checked_out: bool, other: str, landed: list[str], why: str, tmp_path: Path
) -> None:
    lib = Repo.init(tmp_path / "lib")
    commits = [lib.commit("main", {"l": str(number)}) for number in range(3)]
    side = lib.commit("side", {"l": "side"}, parents=[commits[0]])
    ids = {"0": commits[0].id, "1": commits[1].id, "2": commits[2].id, "side": side.id}
    repo = Repo.init(tmp_path / "r")
    modules = '[submodule "a lib"]\n\tpath = deep/lib\n\turl = ../lib\n'
    main = repo.commit("main", {".gitmodules": modules, "deep/lib": ("160000", ids["0"]), "a": "1\n"})
    repo.commit("agent/x", {"deep/lib": ("160000", ids["1"])}, parents=[main])
    repo.commit("agent/y", {"deep/lib": ("160000", ids[other]), "b": "1\n"}, parents=[main])
    repo.checkout("main")
    if checked_out:
        repo.git("-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init")
    found = planned(repo)
    assert list(found.steps) == landed, found.plan
    if why:
        assert why in found.left["agent/y"]["why"]
    else:
        land_for_real(repo, found.plan["steps"])


def test_a_branch_that_landed_within_another_is_not_left_out(tmp_path: Path) -> None:
    """x and y conflict, and z has both: behind z nothing of the other one is left."""
    repo = Repo.init(tmp_path / "r")
    main = repo.commit("main", {"a": text()})
    x = repo.commit("agent/x", {"a": text(l3="x")}, parents=[main])
    y = repo.commit("agent/y", {"a": text(l3="y")}, parents=[main])
    repo.merge("agent/z", [x, y], {"a": text(l3="x and y")})
    found = planned(repo)
    assert (list(found.steps), found.left) == (["agent/x", "agent/z", "agent/y"], {})
    assert found.steps["agent/y"]["why"].endswith("nothing of it is left to merge by then")
    assert found.steps["agent/y"]["tree"] == found.steps["agent/z"]["tree"]


def test_branches_of_a_wave_land_in_any_order(yard: Planned) -> None:
    steps = sorted(yard.plan["steps"], key=lambda step: (step["wave"], -step["n"]))
    assert [step["n"] for step in steps] != sorted(step["n"] for step in steps)
    repo = yard.repo
    repo.checkout("main")
    repo.git("checkout", "-q", "--detach")
    for step in steps:
        if step["via"] is None:
            repo.git("merge", "-q", "--no-ff", "--no-edit", step["head"])
    plain = [step for step in yard.plan["steps"] if step["via"] is None]
    assert len(plain) == len(steps) - 1
    repo.git("checkout", "-q", "--detach", "main")
    merged = repo.git("rev-parse", "HEAD@{1}^{tree}")
    for step in plain:
        repo.git("merge", "-q", "--no-ff", "--no-edit", step["head"])
    assert repo.git("rev-parse", "HEAD^{tree}") == merged
