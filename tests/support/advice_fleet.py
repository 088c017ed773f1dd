"""Where tasks together, or a task's size and age, make a rule speak.

Belongs here: situations of the families FLT and KIL, and of OWN004. Does not: what is asked of them (see
`test_advice`).
"""

from __future__ import annotations

from typing import Any

from advice_briefs import instead, nothing, planned
from advicecases import Advice
from advicescene import CONFIG, Scene, Told


def meets_another(scene: Scene) -> None:
    scene.peer("y", "src/api/b.py", owns=["src/api/**"])
    scene.control({"tasks/x/brief.md": None})
    scene.plan()


def is_met_by_a_newer_one(scene: Scene) -> None:
    scene.peer("y", "src/api/b.py", owns=["src/api/**"])


def depends(task: str = "y", **keys: Any) -> Any:
    def arrange(scene: Scene) -> None:
        scene.peer("y", **keys)
        scene.plan(depends_on=[task])

    return arrange


def limit_raised(scene: Scene, said: Told) -> None:
    assert "raise `active` under [wip] of the policy" in said.hint
    scene.base({CONFIG: "[wip]\nactive = 9\n"})


def one_ended(scene: Scene, said: Told) -> None:
    assert "end one: agentledger next" in said.hint
    front = "at: 2023-11-14T22:40:00Z\nby: ana\noutcome: killed"
    scene.control({"tasks/y/outcome.md": f"---\n{front}\n---\nNot now.\n"})


def dependency_merged(scene: Scene, said: Told) -> None:
    assert "merge y first" in said.hint
    scene.repo.git("merge", "-q", "--no-edit", "agent/y")


def base_moved(scene: Scene) -> None:
    scene.base({"src/a.py": "a = 3\n" * 20})


def settled(scene: Scene, said: Told) -> None:
    assert said.hint == "git merge main, settle what conflicts, and commit"
    scene.desk.git("merge", "-q", "main", ok=False)
    scene.write("src/a.py", "a = 5\n" * 20)
    scene.commits()


def gate_skipped(scene: Scene) -> None:
    scene.slip("docs/d.md")


def looked_at(scene: Scene, said: Told) -> None:
    assert "pre-commit" in scene.obey("agentledger doctor", said)


CASES = (
    Advice(
        *("OWN004", "E·wwE", "manager", meets_another, planned("--add-off-limits 'src/api/**'")),
        others={"depends": instead("--add-depends-on y")},
    ),
    Advice(
        "OWN004",
        "E···E",
        "manager",
        arrange=is_met_by_a_newer_one,
        mend=planned("--add-off-limits 'src/api/**'"),
        case="older",
    ),
    Advice(
        *("FLT001", "E····", "manager", Scene.peer, limit_raised),
        others={"ended": one_ended},
        policy="[wip]\nactive = 2\n",
    ),
    Advice(
        *("FLT003", "E···E", "manager", depends(), dependency_merged),
        others={"taken out": planned("--depends-on ''")},
    ),
    Advice(
        "FLT003",
        "E···E",
        "manager",
        arrange=depends("nobody"),
        mend=planned("--depends-on ''"),
        case="unknown",
    ),
    Advice(
        "FLT003",
        "E···E",
        "manager",
        arrange=depends(depends_on=["x"]),
        mend=planned("--depends-on ''"),
        case="circle",
    ),
    # Base has moved, which is nobody's fault: who merges is stopped, and it is the author who settles it.
    Advice("FLT004", "··wwE", "manager", arrange=base_moved, mend=settled),
    # It tells that nobody watched; what was done then is for other rules to say, and stays history.
    Advice("FLT005", "····w", "agent", arrange=gate_skipped, mend=looked_at, after="····w"),
    Advice(
        "KIL001",
        "····w",
        "manager",
        arrange=nothing,
        mend=planned("--kill lines=MORE", MORE="400"),
        keys={"kill": {"lines": 10}},
    ),
)
