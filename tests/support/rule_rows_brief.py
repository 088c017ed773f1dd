"""Where a brief makes a rule speak: nearly all of it is the manager's to mend.

Belongs here: situations of the family BRF. Does not: what is asked of them (see `test_advice`).
"""

from __future__ import annotations

from typing import Any

import rulecases as given
from advicecases import Advice, Mend, RuleRow
from advicescene import CONFIG, FOLDER, Scene, Told
from agentledger.model.merge_group import Stray
from agentledger.model.policy import Policy
from agentledger.model.work import Copy
from agentledger.rules.case import Case
from rulecases import BODY

COPY = FOLDER + "brief.md"
DEMANDED = "require_briefs = true\n"
AUTH = '[[delegation]]\npaths = ["src/auth/**"]\nmode = "review"\n'
SHARED = '[paths]\nshared = ["src/api/**"]\n'
WIDER = ["src/**", "tests/**", "docs/**"]


def nothing(scene: Scene) -> None:
    """The brief, or the policy, is all there is to it."""


def planned(fix: str, **blanks: str) -> Mend:
    """The manager plans with the flags that the message names, its blanks filled in."""

    def mend(scene: Scene, said: Told) -> None:
        command = f"agentledger plan x {fix}"
        assert command in said.hint, said
        for blank, value in blanks.items():
            command = command.replace(blank, value)
        scene.types(command)

    return mend


def instead(fix: str) -> Mend:
    """The same with the flags that the message names second."""

    def mend(scene: Scene, said: Told) -> None:
        assert said.hint.startswith("agentledger plan x --"), said
        assert f", or {fix}" in said.hint, said
        scene.types(f"agentledger plan x {fix}")

    return mend


def rewritten(scene: Scene, said: Told) -> None:
    """The place is named; which words belong there is the manager's to know."""
    assert "tasks/x/brief.md:" in said.where, said
    scene.plan(body=BODY, mode="delegate")


def body(old: str, new: str) -> Any:
    return lambda scene: scene.plan(body=BODY.replace(old, new))


# -- whose brief counts ------------------------------------------------------------------


def unbriefed(scene: Scene) -> None:
    scene.control({"tasks/x/brief.md": None})
    scene.says()
    scene.slipped()


def written(scene: Scene, said: Told) -> None:
    assert "agentledger plan TASK" in said.hint
    assert "`branch: agent/x`" in said.hint
    scene.plan(branch="agent/x")


def asks_for_more(scene: Scene) -> None:
    scene.write(COPY, scene.text(scene.keys | {"owns": WIDER}))


def accepted(scene: Scene, said: Told) -> None:
    scene.managed("agentledger brief accept x", said)


def refused_before(scene: Scene) -> None:
    asks_for_more(scene)
    scene.slipped()
    scene.types("agentledger brief reject x")


def taken_back(scene: Scene, said: Told) -> None:
    command = said.hint[said.hint.index("git cat-file") :]
    scene.obey(command, said)
    assert scene.desk.git("show", f"HEAD:{COPY}").strip() == scene.text(scene.keys).strip()


def copied_too_early(scene: Scene) -> None:
    scene.slip(COPY, scene.text(scene.keys))
    scene.plan(title="Limit logins")


def only_on_the_branch(scene: Scene) -> None:
    scene.control({"tasks/x/brief.md": None})
    scene.slip(COPY, scene.text(scene.keys))


def on_base(scene: Scene) -> None:
    scene.control({"tasks/x/brief.md": None})
    assert scene.remote.path.exists()
    scene.base({COPY: scene.text(scene.keys)})


def brought_to_base(scene: Scene, said: Told) -> None:
    assert f"commit {COPY} on main" in said.hint
    scene.base({COPY: scene.text(scene.keys)})


def guarded(scene: Scene, said: Told) -> None:
    assert "`guarded = true` under [control] on main" in said.hint
    scene.base({CONFIG: "[control]\nguarded = true\n"})


# -- one branch, one task ----------------------------------------------------------------


def two_folders(scene: Scene) -> None:
    scene.says()
    scene.write(".agentledger/tasks/z/brief.md", scene.text(scene.keys | {"task": "z"}))
    scene.slipped()


def one_folder(scene: Scene, said: Told) -> None:
    scene.obey("git rm -r -- .agentledger/tasks/z && git commit -m 'one task a branch'", said)


def two_briefs(scene: Scene) -> None:
    scene.plan(branch="agent/x")
    scene.plan("y", owns=["docs/**"])


def one_brief(scene: Scene, said: Told) -> None:
    scene.managed("agentledger plan y --branch ''", said)


def an_agent_on_an_own_task(scene: Scene) -> None:
    scene.plan(mode="own")
    scene.says(more="agent: codex\n")
    scene.slipped()


ROWS = (
    RuleRow(
        "BRF001",
        fires=(
            Case(gate=given.READY, now=given.NOW, policy=Policy(), branch="agent/x", is_agent_branch=True),
        ),
        silent=(given.case(given.READY), Case(gate=given.READY, now=given.NOW, policy=Policy(), branch="x")),
        situations=(
            Advice("BRF001", "··www", "manager", arrange=unbriefed, mend=written),
            Advice(
                "BRF001",
                "··wEE",
                "manager",
                arrange=unbriefed,
                mend=written,
                policy=DEMANDED,
                case="demanded",
            ),
        ),
    ),
    RuleRow(
        "BRF002",
        fires=(
            given.case(given.SPAWN, given.brief(mode="whatever")),
            given.case(given.COMMIT, given.brief(own=["a"])),
        ),
        silent=(given.case(given.SPAWN),),
        situations=(
            Advice("BRF002", "EwwwE", "manager", arrange=nothing, mend=rewritten, keys={"mode": "whatever"}),
        ),
    ),
    RuleRow(
        "BRF003",
        fires=(
            given.case(given.SPAWN, given.brief(given.BODY.replace("`make test` passes.", "TODO"))),
            given.case(given.SPAWN, given.brief(owns=None)),
        ),
        silent=(given.case(given.SPAWN), given.case(given.COMMIT, given.brief("## Outcome\n"))),
        situations=(
            Advice("BRF003", "E···E", "manager", arrange=body("`make test` passes.", "TODO"), mend=rewritten),
        ),
    ),
    RuleRow(
        "BRF005",
        fires=(
            given.case(given.SPAWN, tree=given.TOPS | {b"docs": (3, 0)}),
            given.case(given.SPAWN, tree={n.encode(): (9, 1) for n in "abcd"}),
        ),
        silent=(
            given.case(given.SPAWN, tree={b"src": (30, 9), b"docs": (60, 0)}),
            given.case(given.SPAWN, given.brief(mode="own"), tree={b"src": (30, 30)}),
        ),
        situations=(
            Advice(
                *(
                    "BRF005",
                    "w····",
                    "manager",
                    lambda s: s.base({"lib/b.py": "b\n"}),
                    planned("--owns PATTERN", PATTERN="'src/**'"),
                ),
                keys={"owns": ["src/**", "tests/**", "docs/**", "lib/**"]},
            ),
        ),
    ),
    RuleRow(
        "BRF006",
        fires=(given.case(given.SPAWN, missing=("src/gone.py",)),),
        silent=(given.case(given.SPAWN),),
        situations=(
            Advice(
                "BRF006",
                "E····",
                "manager",
                arrange=nothing,
                mend=planned("--follow PATH", PATH="src/a.py"),
                keys={"follow": ["src/gone.py"]},
            ),
        ),
    ),
    RuleRow(
        "BRF007",
        fires=(
            given.case(given.MERGE, work={"copy": Copy.SCOPE_CHANGE}),
            given.case(given.PUSH, work={"copy": Copy.OUTDATED}),
            given.case(given.READY, work={"copy": Copy.REFUSED}),
        ),
        silent=(given.case(given.MERGE), given.case(given.MERGE, work={"copy": Copy.NONE})),
        situations=(
            Advice(
                *("BRF007", "·wwwE", "manager", asks_for_more, accepted, taken_back),
                others={"taken back": taken_back},
            ),
            Advice("BRF007", "··wEE", "agent", arrange=refused_before, mend=taken_back, case="refused"),
            Advice("BRF007", "·wwww", "manager", arrange=copied_too_early, mend=taken_back, case="outdated"),
        ),
    ),
    RuleRow(
        "BRF008",
        fires=(
            given.case(given.SPAWN, policy=given.AUTH),
            given.case(given.MERGE, given.brief(mode="own"), agent="codex"),
        ),
        silent=(
            given.case(given.SPAWN, given.brief(mode="review"), policy=given.AUTH),
            given.case(given.SPAWN, given.brief(off_limits=["src/auth/**"]), policy=given.AUTH),
        ),
        situations=(
            Advice(
                *("BRF008", "E···E", "manager", nothing, planned("--mode review")),
                others={"off limits": instead("--add-off-limits 'src/auth/**'")},
                policy=AUTH,
            ),
            Advice(
                "BRF008",
                "····E",
                "manager",
                arrange=an_agent_on_an_own_task,
                mend=planned("--mode review"),
                case="own",
            ),
        ),
    ),
    RuleRow(
        "BRF009",
        fires=(
            given.case(given.PUSH, folders=("x", "y")),
            given.case(given.MERGE, naming=("x", "y")),
            given.case(given.MERGE, strays=(Stray(given.HEAD, (b"src/a.py",)),)),
            given.case(
                given.MERGE, strays=(Stray(given.HEAD, (b"a", b"b", b"c", b"d", b"e"), is_merge=True),)
            ),
        ),
        silent=(
            given.case(given.PUSH, folders=("x",), naming=("x",)),
            given.case(
                given.PUSH,
                given.brief(depends_on=["y"]),
                folders=("x", "y", "z"),
                naming=("x",),
                dependencies={"x": ("y",), "y": ("z",), "z": ()},
            ),
        ),
        situations=(
            Advice("BRF009", "··EEE", "agent", arrange=two_folders, mend=one_folder),
            Advice("BRF009", "E·wwE", "manager", arrange=two_briefs, mend=one_brief, case="two briefs"),
        ),
    ),
    RuleRow(
        "BRF010",
        fires=(
            given.case(given.SPAWN, policy=given.SHARED),
            given.case(given.SPAWN, given.brief(seam=True), policy=given.SHARED),
        ),
        silent=(
            given.case(given.SPAWN, given.brief(seam=True, mode="review"), policy=given.SHARED),
            given.case(given.SPAWN, given.brief(owns=["src/x/**"]), policy=given.SHARED),
        ),
        situations=(
            Advice(
                *("BRF010", "E···E", "manager", nothing, planned("--seam --mode review")),
                others={"off limits": instead("--add-off-limits 'src/api/**'")},
                policy=SHARED,
            ),
            Advice(
                *("BRF010", "E···E", "manager", nothing, planned("--mode review")),
                keys={"seam": True},
                case="delegated",
            ),
        ),
    ),
    RuleRow(
        "BRF011",
        fires=(
            given.case(given.MERGE, given.brief(proven=False)),
            given.case(given.MERGE, given.brief(proven=False), brief_from="branch"),
        ),
        silent=(given.case(given.MERGE),),
        situations=(
            Advice("BRF011", "····w", "manager", arrange=nothing, mend=guarded),
            Advice(
                "BRF011", "····E", "manager", arrange=nothing, mend=guarded, policy=DEMANDED, case="demanded"
            ),
            Advice(
                "BRF011",
                "····w",
                "manager",
                arrange=only_on_the_branch,
                mend=brought_to_base,
                case="the branch's",
            ),
            Advice(
                *("BRF011", "····w", "manager", on_base),
                lambda scene, said: scene.managed("git push origin main", said),
                case="unpushed",
            ),
        ),
    ),
    RuleRow(
        "BRF012",
        fires=(given.case(given.MERGE, given.brief(mode="explore")),),
        silent=(given.case(given.MERGE),),
        situations=(
            Advice(
                "BRF012",
                "····E",
                "manager",
                arrange=nothing,
                mend=planned("--mode delegate"),
                keys={"mode": "explore"},
            ),
        ),
    ),
    RuleRow(
        "BRF013",
        fires=(
            given.case(given.SPAWN, given.brief(off_limits=["src/**"])),
            given.case(given.MERGE, given.brief(owns=["src", "docs/*.md"], off_limits=["src", "docs/**"])),
            given.case(given.SPAWN, given.brief(owns=["ci/**"]), protected=(b"ci/**",)),
        ),
        silent=(
            given.case(given.SPAWN, given.brief(off_limits=["src/a/**"])),
            given.case(given.SPAWN, given.brief(owns=["src", "docs/**"], off_limits=["src"])),
            given.case(given.SPAWN, given.brief(owns=["ci/run"]), protected=(b"ci/**",)),
        ),
        situations=(
            Advice(
                *("BRF013", "E···E", "manager", nothing, planned("--off-limits ''")),
                keys={"off_limits": ["**"]},
            ),
        ),
    ),
)
