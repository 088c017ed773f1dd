"""Where tasks together, or a task's size and age, make a rule speak.

Belongs here: situations of the families FLT and KIL, and of OWN004. Does not: what is asked of them (see
`test_advice`).
"""

from __future__ import annotations

import re
from typing import Any

import rulecases as given
from advicecases import Advice, RuleRow
from advicescene import CONFIG, Scene, Told
from agentledger.attention.wip import Load
from agentledger.model.fleet import HooksOff
from agentledger.model.policy import Policy, Wip
from agentledger.model.work import Progress
from agentledger.rules.case import CopiedCommit
from rule_rows_brief import nothing, planned


def meets_another(scene: Scene) -> None:
    scene.peer("y", "src/api/b.py", owns=["src/api/**"])
    scene.control({"tasks/x/brief.md": None})
    scene.plan()


def is_met_by_a_newer_one(scene: Scene) -> None:
    scene.peer("y", "src/api/b.py", owns=["src/api/**"])


def the_newer_waits(scene: Scene, said: Told) -> None:
    """Both are at work, so neither is told to keep out of what it may have changed already."""
    assert said.hint == "agentledger plan y --add-depends-on x"
    scene.types(said.hint)


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


def meets_in_a_line(scene: Scene) -> None:
    scene.peer("y", "src/a.py", owns=["docs/**"])


def one_waits(scene: Scene, said: Told) -> None:
    assert said.message.startswith("once agent/y has landed, it will not merge: src/a.py, from line 1: 'a = ")
    match = re.search(r"agentledger plan ([xy]) --add-depends-on ([xy])$", said.hint)
    assert match, said
    assert match[1] != match[2]
    scene.types(match[0])


def base_moved(scene: Scene) -> None:
    scene.base({"src/a.py": "a = 3\n" * 20})


def settled(scene: Scene, said: Told) -> None:
    assert said.hint == "git merge main, settle what conflicts, and commit"
    scene.desk.git("merge", "-q", "main", ok=False)
    scene.write("src/a.py", "a = 5\n" * 20)
    scene.commits()


def gate_skipped(scene: Scene) -> None:
    scene.slip("docs/d.md")


def picked(scene: Scene) -> None:
    """Another branch's commit, by a command for which git runs no commit hook: nobody skipped one."""
    scene.peer("y")
    scene.desk.when = "2023-11-14T22:40:00 +0000"
    scene.desk.git("cherry-pick", "agent/y")


def reverted(scene: Scene) -> None:
    """The newest commit of base, undone on the branch."""
    scene.base({"docs/d.md": "d2\n" * 20})
    scene.desk.git("merge", "-q", "--no-verify", "--no-edit", "main")
    scene.desk.git("revert", "--no-edit", "main")


def picked_twice(scene: Scene) -> None:
    """Another branch's commit is here, too, and after it work of this one's own."""
    picked(scene)
    scene.slip("src/later.py")
    scene.compares = True


def dropped(scene: Scene, said: Told) -> None:
    commit = scene.desk.git("log", "-1", "--format=%H", "--", "docs/d.md").strip()[:12]
    assert said.hint.startswith(f"git rebase --onto {commit}^ {commit}; or build on it: "), said
    assert "docs/d.md is out of scope here" in said.message
    scene.obey(said.hint.partition(";")[0], said)
    assert scene.desk.git("diff", "--name-only", "main...", "--", "docs", "src/later.py") == "src/later.py\n"


def picked_by_another(scene: Scene) -> None:
    """What this branch did first, another one has done, too."""
    scene.peer("y")
    scene.repo.commit(
        "agent/y", {"src/a.py": "a = 2\n" * 20}, parents=[scene.repo.git("rev-parse", "agent/y")]
    )
    scene.compares = True


def the_other_builds_on_it(scene: Scene, said: Told) -> None:
    assert "take it out of agent/y, which had it later; or let that build on this: " in said.hint
    assert "src/a.py is out of scope there" in said.message
    scene.managed("agentledger plan y --add-depends-on x", said)


def not_blamed(scene: Scene, said: Told) -> None:
    """Rebase, as what picks and am do, is told in the same words."""
    assert "may have come by cherry-pick, rebase, revert or am, which run no commit hook" in said.message, (
        said
    )
    assert "should have stopped" not in said.message
    looked_at(scene, said)


def looked_at(scene: Scene, said: Told) -> None:
    assert "pre-commit" in scene.obey("agentledger doctor", said)


def hooks_silenced(scene: Scene) -> None:
    scene.types("agentledger init")
    scene.repo.git("config", "extensions.worktreeConfig", "true")
    scene.desk.git("config", "--worktree", "core.hooksPath", ".husky/_")


def hooks_outlived(scene: Scene) -> None:
    scene.types("agentledger init")
    (scene.repo.path / ".git/agentledger-hooks/pre-commit").chmod(0o644)


def turned_on(scene: Scene, said: Told) -> None:
    for command in said.hint.split(" && "):
        scene.types(command)


def copied(other: str = "agent/y", **different: Any) -> CopiedCommit:
    return CopiedCommit(given.HEAD, "Ann", "Say so", other=other, other_commit=given.OLD, **different)


ROWS = (
    RuleRow(
        "OWN004",
        fires=(
            given.case(given.SPAWN, peers=(given.peer("src/api/**"),)),
            given.case(given.MERGE, peers=(given.peer("src/**", since=given.NOW),)),
        ),
        silent=(
            given.case(given.SPAWN, peers=(given.peer("lib/**"),)),
            given.case(given.SPAWN, peers=(given.peer("src/**", depends_on=["x"]),)),
            given.case(given.PUSH, peers=(given.peer("src/**", since=given.NOW),)),
            given.case(given.PUSH, peers=(given.peer("src/**", since=given.NOW - 3600),)),
            given.case(given.SPAWN, peers=(given.peer("src/**", off_limits=["src/**"]),)),
        ),
        situations=(
            Advice("OWN004", "E·wwE", "manager", meets_another, planned("--add-depends-on y")),
            Advice(
                "OWN004",
                "E···E",
                "manager",
                arrange=is_met_by_a_newer_one,
                mend=the_newer_waits,
                case="older",
            ),
        ),
    ),
    RuleRow(
        "FLT001",
        fires=(
            given.case(given.SPAWN, load=Load("", active=5)),
            given.case(given.SPAWN, load=Load("", review=3)),
            given.case(given.SPAWN, load=Load("", review_lines=1500)),
            given.case(given.SPAWN, given.brief(session="local"), load=Load("", local=3)),
        ),
        silent=(
            given.case(given.SPAWN, load=Load("", active=4, local=3)),
            given.case(given.SPAWN, load=Load("", active=5), policy=Policy(wip=Wip(active=6))),
            given.case(given.SPAWN, given.brief(mode="own"), load=Load("", active=9)),
        ),
        situations=(
            Advice(
                *("FLT001", "E····", "manager", Scene.peer, limit_raised),
                others={"ended": one_ended},
                policy="[wip]\nactive = 2\n",
            ),
        ),
    ),
    RuleRow(
        "FLT002",
        fires=(given.case(given.MERGE, collisions=(given.collided("src/a.py"),)),),
        silent=(given.case(given.MERGE), given.case(given.PUSH, collisions=(given.collided("src/a.py"),))),
        situations=(Advice("FLT002", "····w", "manager", arrange=meets_in_a_line, mend=one_waits),),
    ),
    RuleRow(
        "FLT003",
        fires=(
            given.case(given.SPAWN, given.brief(depends_on=["y"]), dependencies={"x": ("y",), "y": ()}),
            given.case(given.SPAWN, given.brief(depends_on=["nobody"]), dependencies={"x": ("nobody",)}),
            given.case(
                given.SPAWN,
                given.brief(depends_on=["y"]),
                dependencies={"x": ("y",), "y": ("z",), "z": ("x",)},
                done=frozenset({"y"}),
            ),
        ),
        silent=(
            given.case(
                given.SPAWN,
                given.brief(depends_on=["y"]),
                dependencies={"x": ("y",), "y": ()},
                done=frozenset({"y"}),
            ),
            given.case(given.SPAWN),
        ),
        situations=(
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
        ),
    ),
    RuleRow(
        "FLT004",
        fires=(given.case(given.MERGE, conflict=given.conflict("src/a.py")),),
        silent=(given.case(given.MERGE, conflict=given.conflict()), given.case(given.MERGE)),
        situations=(Advice("FLT004", "··wwE", "manager", arrange=base_moved, mend=settled),),
    ),
    RuleRow(
        "FLT005",
        fires=(
            given.case(given.MERGE, changed=given.touched("docs/a.md")),
            given.case(given.MERGE, changed=given.touched("docs/a.md", net=False)),
        ),
        silent=(
            given.case(given.MERGE, changed=given.touched("src/a.py")),
            given.case(given.MERGE, changed=given.touched("docs/a.md", own=False)),
        ),
        situations=(
            Advice("FLT005", "····w", "agent", arrange=gate_skipped, mend=looked_at, after="····w"),
            *(
                Advice(
                    *("FLT005", "····w", "agent", arrange, not_blamed),
                    after="····w",
                    case=arrange.__name__,
                )
                for arrange in (picked, reverted)
            ),
        ),
    ),
    RuleRow(
        "FLT006",
        fires=(
            given.case(given.MERGE, copies=(copied(),)),
            given.case(given.MERGE, copies=(copied(is_later=True, drop="git rebase"),)),
            given.case(given.MERGE, copies=(copied(), copied("agent/z"))),
        ),
        silent=(given.case(given.MERGE), given.case(given.PUSH, copies=(copied(),))),
        situations=(
            Advice(
                *("FLT006", "····w", "agent", picked_twice, dropped),
                others={"built on": planned("--add-depends-on y")},
                case="picked",
            ),
            Advice(
                "FLT006", "····w", "manager", picked_by_another, the_other_builds_on_it, case="picked away"
            ),
        ),
    ),
    RuleRow(
        "FLT007",
        fires=(given.case(given.MERGE, hooks_off=HooksOff("git finds no hook", "agentledger init")),),
        silent=(given.case(given.MERGE),),
        situations=(
            Advice("FLT007", "····w", "manager", arrange=hooks_silenced, mend=turned_on, case="setting"),
            Advice("FLT007", "····w", "manager", arrange=hooks_outlived, mend=turned_on, case="file"),
        ),
    ),
    RuleRow(
        "KIL001",
        fires=(
            given.case(given.MERGE, given.brief(kill={"lines": 10}), added=9, removed=1),
            given.case(given.MERGE, given.brief(kill={"files": 1}), changed=given.touched("src/a.py")),
            given.case(given.MERGE, given.brief(kill={"commits": 2}), commits=2),
            given.case(given.MERGE, given.brief(kill={"after": "1h"})),
            given.case(
                given.MERGE,
                given.brief(kill={"failing_runs": 2}),
                work={"evidence": (given.evidence(1, failures_in_a_row=2),)},
            ),
        ),
        silent=(
            given.case(
                given.MERGE,
                given.brief(kill={"lines": 10, "files": 2, "commits": 3}),
                added=9,
                commits=2,
                changed=given.touched("src/a.py"),
            ),
            given.case(
                given.MERGE, given.brief(kill={"after": "1h"}), standing=given.standing(Progress.READY)
            ),
            given.case(
                given.MERGE,
                given.brief(kill={"files": 1}),
                changed=given.touched(".agentledger/tasks/x/packet.md"),
            ),
        ),
        situations=(
            Advice(
                "KIL001",
                "····w",
                "manager",
                arrange=nothing,
                mend=planned("--kill lines=MORE", MORE="400"),
                keys={"kill": {"lines": 10}},
            ),
        ),
    ),
)
