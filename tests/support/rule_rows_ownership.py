"""Where a branch changes what is not its own: who did it takes it back, or asks for it.

Belongs here: situations of the family OWN, but for scopes that meet. Does not: what is asked of them (see
`test_advice`).
"""

from __future__ import annotations

from typing import Any

import rulecases as given
from advicecases import Advice, Mend, RuleRow
from advicescene import BASE, CONFIG, FOLDER, Scene, Told
from agentledger.model.policy import Policy
from agentledger.rules.case import Hidden, Ref
from rule_rows_status import misleads, says_it_anew

ODD = "src/a\tb.py"
EVERYTHING = {"owns": ["**"]}
PROTECTED = '[paths]\nprotected = ["src/*.toml"]\n'
REBASED = '[merge]\nlanding = "rebase"\n'
AND_COMMIT = " && git commit -m 'take back what is not in scope'"


def writes(path: str, text: str = "changed\n") -> Any:
    return lambda scene: scene.write(path, text)


def obeyed(command: str) -> Mend:
    """The agent types what the message says, all of it."""

    def mend(scene: Scene, said: Told) -> None:
        assert said.hint == command, said
        scene.obey(command, said)

    return mend


def back(path: str) -> tuple[Mend, Mend]:
    """From push on, and at commit, for a file that base has."""
    return (
        obeyed(f"git checkout main -- :/{path}{AND_COMMIT}"),
        obeyed(f"git restore --staged --worktree --source=HEAD -- :/{path}"),
    )


def gone(path: str) -> tuple[Mend, Mend]:
    """The same for a new file; who is still to commit it keeps its content."""
    top = f"':/{path[1:]}" if path.startswith("'") else f":/{path}"
    return obeyed(f"git rm -- {top}{AND_COMMIT}"), obeyed(f"git restore --staged -- {top}")


def granted(scene: Scene, said: Told) -> None:
    """The agent asks for it by its copy of the brief, which passes, and the manager accepts that."""
    owns = [*scene.keys["owns"], "docs/**"]
    scene.write(FOLDER + "brief.md", scene.text(scene.keys | {"owns": owns}))
    scene.commits()
    scene.types("agentledger brief accept x")


def waived(scene: Scene, said: Told) -> None:
    """The manager lets it pass for once."""
    scene.types("agentledger allow x docs/d.md --why 'this once' --until 3d")


def owned(pattern: str) -> Mend:
    """The manager owns up to it in the brief."""
    return lambda scene, _: scene.plan(owns=["src/**", "tests/**", pattern], off_limits=[])


def deletes(scene: Scene) -> None:
    scene.desk.git("rm", "-q", "docs/d.md")


def base_renamed(scene: Scene) -> None:
    scene.base({"src/a.py": None, "lib/a.py": BASE["src/a.py"]})


def small_change(scene: Scene) -> None:
    scene.slip("src/a.py", str(BASE["src/a.py"]) + "b = 1\n")
    base_renamed(scene)


def decided(scene: Scene, said: Told) -> None:
    assert "the manager decides" in said.hint
    owned("lib/**")(scene, said)


def links(scene: Scene) -> None:
    (scene.desk.path / "src/link").symlink_to("../docs/d.md")
    scene.desk.git("add", "src/link")


def put_back(scene: Scene) -> None:
    scene.slip("docs/d.md")
    scene.slip("docs/d.md", str(BASE["docs/d.md"]))


def left_alone(scene: Scene, said: Told) -> None:
    assert said.hint.startswith("nothing has to be done"), said


def merges_another(scene: Scene) -> None:
    scene.peer("y")
    scene.desk.git("merge", "-q", "--no-edit", "--no-verify", "agent/y")


def unmerged(scene: Scene, said: Told) -> None:
    command, comma, _ = said.hint.partition(",")
    assert comma
    scene.obey(command, said)


def declared(scene: Scene, said: Told) -> None:
    assert "ask for `depends_on: [y]`" in said.hint
    scene.types("agentledger plan x --add-depends-on y")


def escaped(scene: Scene, said: Told) -> None:
    assert "write them as escapes such as \\u202e" in said.hint
    assert said.where.endswith("src/u.py:2"), said
    scene.write("src/u.py", "\nx = '\\u202e'\n")
    scene.commits()


def base_parts(scene: Scene) -> None:
    """The manager's own commit, not pushed, is below the branch; meanwhile the remote's base goes on elsewhere."""
    assert scene.remote.path.exists()
    scene.base({"docs/d.md": "the manager's\n" * 20})
    scene.desk.git("rebase", "-q", "main")
    scene.remote.commit("main", {"lib.py": "1\n"}, parents=[scene.remote.git("rev-parse", "main")])
    scene.remote.flush()
    scene.repo.git("fetch", "-q")


def brought_together(scene: Scene, said: Told) -> None:
    """Nobody is told to take the manager's commit back, and it is there in the end."""
    assert "of main, which origin/main lacks" in said.message
    assert "take back" not in said.hint
    scene.managed("git switch main && git merge origin/main", said)
    assert scene.repo.git("show", "main:docs/d.md").startswith("the manager's")


def pushes_to_base(scene: Scene) -> None:
    scene.pushed = ("HEAD:refs/heads/main",)


def pushes_its_own(scene: Scene, said: Told) -> None:
    scene.obey("git push origin agent/x", said)
    scene.pushed = ("agent/x",)


ROWS = (
    RuleRow(
        "OWN001",
        fires=(
            given.case(given.COMMIT, changed=given.touched("docs/a.md")),
            given.case(given.PUSH, changed=given.touched("src2/a")),
        ),
        silent=(
            given.case(given.COMMIT, changed=given.touched("src/a.py", ".agentledger/tasks/x/status/9.md")),
            given.case(
                given.COMMIT, changed=given.touched("CHANGELOG.md"), policy=Policy(open=("CHANGELOG.md",))
            ),
            given.case(given.PUSH, changed=given.touched("docs/a.md", net=False)),
        ),
        situations=(
            Advice(
                *("OWN001", "·EEEE", "agent", writes("docs/d.md"), *back("docs/d.md")),
                others={"granted": granted, "waived": waived},
            ),
            Advice("OWN001", "·EEEE", "agent", writes("docs/new.md"), *gone("docs/new.md"), case="new"),
            Advice("OWN001", "·EEEE", "agent", deletes, *back("docs/d.md"), case="deleted"),
            Advice(
                "OWN001",
                "··wwE",
                "manager",
                arrange=small_change,
                mend=decided,
                code=False,
                case="base's renaming",
            ),
            Advice(
                *("OWN001", "··wwE", "manager", base_parts, brought_together),
                case="base has parted",
            ),
        ),
    ),
    RuleRow(
        "OWN002",
        fires=(
            given.case(
                given.COMMIT, given.brief(off_limits=["src/old/**"]), changed=given.touched("src/old/a.py")
            ),
        ),
        silent=(
            given.case(
                given.COMMIT, given.brief(off_limits=["src/old/**"]), changed=given.touched("src/a.py")
            ),
        ),
        situations=(
            Advice(
                *("OWN002", "·EEEE", "agent", writes("docs/d.md"), *back("docs/d.md")),
                keys=EVERYTHING | {"off_limits": ["docs/**"]},
            ),
            Advice(
                *("OWN002", "··wwE", "manager", small_change, decided),
                keys=EVERYTHING | {"off_limits": ["lib/**"]},
                code=False,
                case="base's renaming",
            ),
        ),
    ),
    RuleRow(
        "OWN003",
        fires=(
            given.case(
                given.COMMIT, policy=Policy(protected=("src/*.toml",)), changed=given.touched("src/a.toml")
            ),
            given.case(given.COMMIT, changed=given.touched(".agentledger/config.toml")),
            given.case(given.COMMIT, changed=given.touched(".agentledger/tasks/y/brief.md")),
            given.case(
                given.COMMIT,
                given.brief(owns=["**"]),
                protected=(b"**/AGENTS.md",),
                changed=given.touched("AGENTS.md"),
            ),
            given.case(
                given.COMMIT,
                given.brief(owns=[".agentledger/config.toml"]),
                changed=given.touched(".agentledger/config.toml"),
            ),
        ),
        silent=(
            given.case(
                given.COMMIT,
                given.brief(owns=["src/a.toml"]),
                policy=Policy(protected=("src/*.toml",)),
                changed=given.touched("src/a.toml"),
            ),
            given.case(
                given.COMMIT,
                changed=given.touched(
                    ".agentledger/tasks/x/brief.md", ".agentledger/tasks/x/evidence/test.json"
                ),
            ),
            given.case(given.PUSH, changed=given.touched(".agentledger/config.toml", net=False)),
        ),
        situations=(
            Advice(
                *("OWN003", "·EEEE", "agent", writes("src/p.toml"), *gone("src/p.toml")),
                others={"owned": owned("src/p.toml")},
                policy=PROTECTED,
            ),
            Advice(
                "OWN003", "·EEEE", "agent", writes(CONFIG, "enforce = false\n"), *back(CONFIG), case="policy"
            ),
        ),
    ),
    RuleRow(
        "OWN005",
        fires=(
            given.case(
                given.COMMIT, changed=given.touched("src/l", mode="120000"), links={b"src/l": b"/etc/passwd"}
            ),
            given.case(
                given.COMMIT, changed=given.touched("src/l", mode="120000"), links={b"src/l": b"../../x"}
            ),
            given.case(
                given.COMMIT, changed=given.touched("src/l", mode="120000"), links={b"src/l": b"../docs/x"}
            ),
            given.case(
                given.COMMIT,
                changed=given.touched("src/l", mode="120000"),
                links={b"src/l": b"../.agentledger/tasks"},
            ),
            given.case(given.COMMIT, changed=given.touched("docs/sub", mode="160000")),
            given.case(given.COMMIT, changed=given.touched(".agentledger/tasks/x/brief.md", mode="120000")),
            given.case(given.COMMIT, changed=given.touched(".agentledger/tasks/x/status/run.sh")),
        ),
        silent=(
            given.case(
                given.COMMIT, changed=given.touched("src/l", mode="120000"), links={b"src/l": b"a.py"}
            ),
            given.case(given.COMMIT, changed=given.touched("src/l", mode="120000", status="D"), links={}),
            given.case(given.COMMIT, changed=given.touched("src/sub", mode="160000")),
            given.case(given.COMMIT, changed=given.touched(".agentledger/tasks/x/brief.md", given.STATUS)),
        ),
        situations=(Advice("OWN005", "·EEEE", "agent", links, *gone("src/link")),),
    ),
    RuleRow(
        "OWN006",
        fires=(
            *(given.case(given.COMMIT, changed=given.touched(path)) for path in given.UNSAFE),
            given.case(given.COMMIT, changed=given.touched("src/A.py"), twins={b"src/A.py": b"src/a.py"}),
        ),
        silent=(
            given.case(given.COMMIT, changed=given.touched("src/.gitignore", "src/a..b")),
            given.case(given.COMMIT, changed=given.touched("src/a\x01", status="D")),
        ),
        situations=(
            Advice("OWN006", "·EEEE", "agent", writes("src/A.py"), *gone("src/A.py")),
            Advice("OWN006", "·EEEE", "agent", writes(ODD), *gone("'src/a?b.py'"), case="odd"),
        ),
    ),
    RuleRow(
        "OWN007",
        fires=(given.case(given.PUSH, changed=given.touched("docs/a.md", net=False)),),
        silent=(given.case(given.PUSH, changed=given.touched("src/a.py", net=False)),),
        situations=(
            Advice("OWN007", "··www", "agent", arrange=put_back, mend=left_alone, after="··www"),
            Advice(
                *("OWN007", "··EEE", "agent", put_back),
                obeyed("git reset --soft $(git merge-base main HEAD) && git commit -m 'in one commit'"),
                policy=REBASED,
                case="rebased",
            ),
        ),
    ),
    RuleRow(
        "OWN008",
        fires=(given.case(given.PUSH, merged={"y": given.HEAD}),),
        silent=(
            given.case(given.PUSH, given.brief(depends_on=["y"]), merged={"y": given.HEAD}),
            given.case(given.PUSH),
        ),
        situations=(
            Advice(
                "OWN008",
                "··EEE",
                "agent",
                arrange=merges_another,
                mend=unmerged,
                others={"declared": declared},
            ),
        ),
    ),
    RuleRow(
        "OWN009",
        fires=(given.case(given.PUSH, hidden=(Hidden("src/a.py", b"src/a.py", 3, ("U+202E",)),)),),
        silent=(given.case(given.PUSH),),
        situations=(
            Advice("OWN009", "·wEEE", "agent", arrange=writes("src/u.py", "\nx = '\u202e'\n"), mend=escaped),
            Advice("OWN009", "·wEEE", "agent", arrange=misleads, mend=says_it_anew, case="in a check-in"),
        ),
    ),
    RuleRow(
        "OWN010",
        fires=(
            given.case(given.PUSH, refs=(Ref("refs/heads/main", given.HEAD),)),
            given.case(given.PUSH, refs=(Ref("refs/heads/agent/y", None),)),
        ),
        silent=(given.case(given.PUSH, refs=(Ref("refs/heads/agent/x", given.HEAD),)),),
        situations=(Advice("OWN010", "··E··", "agent", arrange=pushes_to_base, mend=pushes_its_own),),
    ),
)
