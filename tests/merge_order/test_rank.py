"""The order of a fleet's branches: constraints, then how far each is, priority, and the longest wait."""

from __future__ import annotations

import random
from typing import Any

import pytest

from agentledger.merge_order.rank import rank_branches
from agentledger.model.collisions import Collisions, Grade, Only, Pair
from agentledger.model.conflict import Conflict
from agentledger.model.fleet import Branch, Stand, State, Worktree
from agentledger.model.ledger import Brief, Outcome
from agentledger.model.merge_plan import MergeOrder
from agentledger.model.work import End, Ending, Progress, Standing, Task, Work
from fleets import NOW, branch, change, conflicting, fleet
from rulecases import brief

FAR = {
    "approved": Progress.APPROVED,
    "ready": Progress.READY,
    "working": Progress.WORKING,
    "silent": Progress.SILENT,
}


def make(name: str, how: str = "ready", since: int = 0, **different: Any) -> Branch:
    """The branch agent/NAME at task NAME, which changes a file of its own; `how` is '' without a task."""
    far = FAR.get(how)
    task = different.pop("task", name)
    values: dict[str, Any] = {
        "head": f"{sum(map(ord, name)):040x}",
        "task": task if far else None,
        "work": Work(task=task) if far else None,
        "standing": Standing(progress=far, since=NOW + since) if far else None,
        "changes": (change(f"src/{name}.py".encode()),),
        "findings": () if far else None,
    }
    return branch(f"agent/{name}", **(values | different))


def tasks(*branches: Branch, **briefs: dict[str, Any]) -> tuple[Task, ...]:
    """A task for each of the branches, and for each brief; `briefs` are keys of the tasks' briefs."""
    names: dict[str, list[str]] = {name: [] for name in briefs}
    for each in branches:
        if each.work:
            names.setdefault(each.work.task, []).append(each.name)
    return tuple(
        Task(id=name, brief=brief_of(name, **briefs.get(name, {})), branches=tuple(branches))
        for name, branches in names.items()
    )


def brief_of(task: str, **keys: Any) -> Brief:
    return brief(task=task, owns=keys.pop("owns", [f"src/{task}/**"]), **keys)


def conflict(a: str, b: str, **different: Any) -> Pair:
    first, second = sorted((f"refs/heads/agent/{a}", f"refs/heads/agent/{b}"))
    return Pair(first, second, different.pop("grade", Grade.CONFLICT), paths=(b"f",), **different)


def rank(*branches: Branch, pairs: tuple[Pair, ...] = (), **different: Any) -> MergeOrder:
    given = different.pop("tasks", tasks(*branches))
    return rank_branches(fleet(*branches, tasks=given, **different), Collisions(pairs=pairs))


def names(order: MergeOrder) -> str:
    """The names of those that land, then those that wait."""
    short = [ref.removeprefix("refs/heads/agent/") for ref in order.refs]
    landing = len(order.landing)
    return " ".join(short[:landing]) + "".join(f" -{name}" for name in short[landing:])


def why(order: MergeOrder, name: str) -> str:
    return order.reasons[f"refs/heads/agent/{name}"]


# -- by itself --------------------------------------------------------------------------------


def test_approved_before_ready_before_the_rest_then_priority_then_the_longest_wait() -> None:
    branches = [
        make("a", "", 0),
        make("b", "ready", -5),
        make("c", "ready", -50),
        make("d", "ready", -1),
        make("e", "approved", 0),
        make("f", "working", -9999),
    ]
    order = rank(*branches, tasks=tasks(*branches, d={"priority": 1}))
    assert names(order) == "e d c b f a"
    assert why(order, "d") == "ready since 2023-11-14 22:13, priority 1"
    assert why(order, "a").startswith("no brief, last commit ")
    assert why(order, "f").startswith("working since ")


def test_the_order_of_the_branches_given_makes_no_difference() -> None:
    branches = [
        make(name, how, 7 * at % 3) for at, (name, how) in enumerate(zip("abcdefgh", [*FAR] * 2, strict=True))
    ]
    pairs = (conflict("a", "b"), conflict("b", "c"), conflict("c", "d"), conflict("e", "h"))
    first = rank(*branches, pairs=pairs)
    for seed in range(5):
        random.Random(seed).shuffle(branches)
        assert rank(*branches, pairs=pairs) == first


# -- who waits --------------------------------------------------------------------------------


def test_of_two_that_conflict_the_first_in_order_lands() -> None:
    order = rank(make("a", "ready"), make("b", "approved"), pairs=(conflict("a", "b"),))
    assert names(order) == "b -a"
    assert why(order, "a") == "it conflicts with agent/b, which goes first"
    waits = order.waits["refs/heads/agent/a"]
    assert (waits.against, waits.paths) == ("refs/heads/agent/b", (b"f",))


def test_who_would_hold_many_waits_and_says_how_many() -> None:
    many = [make(f"n{number}", "ready", number) for number in range(6)]
    pairs = tuple(conflict("old", f"n{number}") for number in range(6))
    order = rank(make("old", "ready", -99), *many, pairs=pairs)
    assert names(order) == "n0 n1 n2 n3 n4 n5 -old"
    assert why(order, "old") == "landing it would hold 6 others: agent/n0, agent/n1, agent/n2 and 3 more"
    assert (order.by_age, order.waits["refs/heads/agent/old"].by_age) == (1, True)
    assert len(order.waits["refs/heads/agent/old"].later) == 6


def test_who_waits_for_one_that_is_further_does_not_wait_for_the_sake_of_many() -> None:
    branches = [make("old", "ready", -99), make("a", "approved"), make("b", "ready", -9)]
    order = rank(*branches, pairs=(conflict("old", "a"), conflict("old", "b")))
    assert names(order) == "a b -old"
    assert order.waits["refs/heads/agent/old"].later == ("refs/heads/agent/b",)


def test_priority_weighs_more_than_one_other_but_not_than_two() -> None:
    urgent, one, other = make("u", since=5), make("a"), make("b")
    pairs = (conflict("u", "a"), conflict("u", "b"))
    given = tasks(urgent, one, other, u={"priority": 1})
    assert names(rank(urgent, one, pairs=pairs, tasks=given)) == "u -a"
    assert names(rank(urgent, one, other, pairs=pairs, tasks=given)) == "a b -u"


@pytest.mark.parametrize(
    ("only", "words"),
    [
        (Only.GENERATED, ", though only in generated files"),
        (Only.OPEN, ", though only in files that are open to all"),
    ],
)
def test_a_generated_file_stops_git_too_and_is_said_to_be_that(only: Only, words: str) -> None:
    order = rank(make("a"), make("b", since=1), pairs=(conflict("a", "b", only=only),))
    assert names(order) == "a -b"
    assert why(order, "b").endswith(f"which goes first{words}")


def test_what_git_cannot_merge_is_not_clean() -> None:
    pair = conflict("a", "b", grade=Grade.UNKNOWN, failed="missing blob")
    order = rank(make("a"), make("b", since=1), pairs=(pair,))
    assert why(order, "b") == "git cannot merge it (missing blob) with agent/a, which goes first"


@pytest.mark.parametrize("more", [{"uncommitted": ("refs/heads/agent/b",)}, {"grade": Grade.SCOPE}])
def test_what_is_no_conflict_of_commits_keeps_nobody_apart(more: dict[str, Any]) -> None:
    assert names(rank(make("a"), make("b"), pairs=(conflict("a", "b", **more),))) == "a b"


def test_those_at_work_get_what_the_finished_ones_leave_them() -> None:
    pairs = (conflict("a", "w1"), conflict("a", "w2"))
    order = rank(make("a", "approved"), make("w1", "working"), make("w2", "working"), pairs=pairs)
    assert names(order) == "a -w1 -w2"


@pytest.mark.parametrize(
    "different",
    [
        {"state": State.MERGED},
        {"state": State.EMPTY},
        {"detached": True},
        {"conflict": conflicting(b"f")},
        {"conflict": Conflict(None, failed="missing blob")},
        {"state": State.UNREADABLE, "state_why": "missing blob"},
        {"at_rest": State.MERGED, "worktree": Worktree("w", True, 0, uncommitted=1)},
    ],
)
def test_what_cannot_land_has_no_place(different: dict[str, Any]) -> None:
    order = rank(make("a", ""), make("b", "", **different))
    assert names(order) == "a"
    assert order.first_of("refs/heads/agent/a", "refs/heads/agent/b") is None


# -- constraints ------------------------------------------------------------------------------


def test_a_dependency_comes_first_and_is_lifted_by_who_needs_it() -> None:
    branches = [make("a", "approved"), make("b", "ready", -9), make("c", "working")]
    order = rank(*branches, tasks=tasks(*branches, a={"depends_on": ["c"]}))
    assert names(order) == "c a b"
    assert why(order, "c").endswith("; before agent/a, which needs it")
    assert why(order, "a").endswith("; after agent/c: its task depends on c")


def test_who_depends_on_one_that_waits_waits_too() -> None:
    branches = [make("a"), make("b", since=1), make("c", since=-9)]
    given = tasks(*branches, c={"depends_on": ["b"]}, a={"priority": 1})
    order = rank(*branches, pairs=(conflict("a", "b"), conflict("a", "c")), tasks=given)
    # b and c together weigh more than a.
    assert names(order) == "b c -a"
    order = rank(*branches, make("d"), pairs=(conflict("a", "b"), conflict("d", "b")), tasks=given)
    assert names(order) == "a d -c -b"
    assert why(order, "c") == "it waits for agent/b, which does not land: its task depends on b"


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ({"a": ["x"]}, "its task depends on x, and there is no such task"),
        ({"a": ["plan"]}, "its task depends on plan, at which nobody works here"),
        ({"a": ["killed"]}, "its task depends on killed, which has not landed: killed"),
        ({"a": ["gone"]}, "its task depends on gone, which has not landed: gone: never seen here"),
        ({"a": ["late"]}, "it waits for agent/late (task late), which conflicts with base"),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, "tasks depend on each other in a circle: a → b → c → a"),
        ({"a": ["a"]}, "tasks depend on each other in a circle: a → a"),
        ({"a": ["plan"], "plan": ["a"]}, "tasks depend on each other in a circle: a → plan → a"),
    ],
)
def test_what_can_never_land_says_why(needs: dict[str, list[str]], words: str) -> None:
    branches = [make(name) for name in "abcd"] + [make("late", conflict=conflicting(b"f"))]
    briefs: dict[str, dict[str, Any]] = {name: {"depends_on": others} for name, others in needs.items()}
    given = list(tasks(*branches, **{"plan": {}, **briefs}))
    ended = Outcome(document=brief().document, at=0, by="", outcome="killed")
    given += [Task(id="killed", outcome=ended), Task(id="gone", ending=Ending(end=End.GONE))]
    order = rank(*branches, tasks=tuple(given))
    assert why(order, "a") == words
    assert names(order).startswith("d" if len(needs) == 3 else "b c d")


def test_what_has_landed_is_no_constraint() -> None:
    branches = [make("a"), make("done", state=State.MERGED)]
    assert names(rank(*branches, tasks=tasks(*branches, a={"depends_on": ["done"]}))) == "a"


def test_of_two_attempts_the_approved_one_lands() -> None:
    branches = [make("a", since=-9, task="t"), make("b", "approved", task="t"), make("c")]
    order = rank(*branches, tasks=tasks(*branches, c={"depends_on": ["t"]}))
    assert names(order) == "b c -a"
    assert why(order, "a") == "it is a second attempt at the task of agent/b, and one of them lands"


def test_a_seam_comes_before_what_it_meets_and_no_other() -> None:
    branches = [make("seam", "ready"), make("a", "ready", -9), make("b", "ready", -5)]
    given = tasks(*branches, seam={"seam": True, "owns": ["src/a.py", "src/api/**"]})
    order = rank(*branches, tasks=given)
    assert names(order) == "seam a b" or names(order) == "b seam a"
    assert order.refs.index("refs/heads/agent/seam") < order.refs.index("refs/heads/agent/a")
    assert "after agent/seam: that one is a seam that it meets" in why(order, "a")
    assert "seam" not in why(order, "b")


def test_a_seam_that_depends_on_what_it_meets_comes_after_it() -> None:
    branches = [make("seam"), make("a")]
    given = tasks(*branches, seam={"seam": True, "owns": ["src/a.py"], "depends_on": ["a"]})
    assert names(rank(*branches, tasks=given)) == "a seam"


def test_what_stands_on_a_branch_that_is_not_there_waits_for_it() -> None:
    ground = make("low", conflict=conflicting(b"f"))
    stand = Stand(branch=ground.name, ref=ground.ref, task="low", commit="1" * 40, state=State.OPEN)
    upper = make("up", stands_on=(stand,), conflict=Conflict(False, below=ground.name))
    order = rank(ground, upper)
    assert names(order) == " -up"
    assert why(order, "up") == "it stands on agent/low, which conflicts with base"


def test_hostile_names_are_spelled_out() -> None:
    bad = make("\u202egnp", since=-1)
    order = rank(bad, make("a"), pairs=(conflict("\u202egnp", "a"),))
    assert why(order, "a") == "it conflicts with agent/\\u{202E}gnp, which goes first"


def test_an_empty_fleet_has_an_empty_order() -> None:
    assert rank_branches(fleet(), Collisions()) == MergeOrder()
