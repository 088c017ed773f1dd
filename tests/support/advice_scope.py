"""Where a branch changes what is not its own: who did it takes it back, or asks for it.

Belongs here: situations of the family OWN, but for scopes that meet. Does not: what is asked of them (see
`test_advice`).
"""

from __future__ import annotations

from typing import Any

from advicecases import Advice, Mend
from advicescene import BASE, CONFIG, FOLDER, Scene, Told

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


def pushes_to_base(scene: Scene) -> None:
    scene.pushed = ("HEAD:refs/heads/main",)


def pushes_its_own(scene: Scene, said: Told) -> None:
    scene.obey("git push origin agent/x", said)
    scene.pushed = ("agent/x",)


CASES = (
    Advice(
        *("OWN001", "·EEEE", "agent", writes("docs/d.md"), *back("docs/d.md")),
        others={"granted": granted, "waived": waived},
    ),
    Advice("OWN001", "·EEEE", "agent", writes("docs/new.md"), *gone("docs/new.md"), case="new"),
    Advice("OWN001", "·EEEE", "agent", deletes, *back("docs/d.md"), case="deleted"),
    Advice(
        "OWN001", "··wwE", "manager", arrange=small_change, mend=decided, code=False, case="base's renaming"
    ),
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
    Advice(
        *("OWN003", "·EEEE", "agent", writes("src/p.toml"), *gone("src/p.toml")),
        others={"owned": owned("src/p.toml")},
        policy=PROTECTED,
    ),
    Advice("OWN003", "·EEEE", "agent", writes(CONFIG, "enforce = false\n"), *back(CONFIG), case="policy"),
    Advice("OWN005", "·EEEE", "agent", links, *gone("src/link")),
    Advice("OWN006", "·EEEE", "agent", writes("src/A.py"), *gone("src/A.py")),
    Advice("OWN006", "·EEEE", "agent", writes(ODD), *gone("'src/a?b.py'"), case="odd"),
    Advice("OWN007", "··www", "agent", arrange=put_back, mend=left_alone, after="··www"),
    Advice(
        *("OWN007", "··EEE", "agent", put_back),
        obeyed("git reset --soft $(git merge-base main HEAD) && git commit -m 'in one commit'"),
        policy=REBASED,
        case="rebased",
    ),
    Advice("OWN008", "··EEE", "agent", arrange=merges_another, mend=unmerged, others={"declared": declared}),
    Advice("OWN009", "·wEEE", "agent", arrange=writes("src/u.py", "\nx = '\u202e'\n"), mend=escaped),
    Advice("OWN010", "··E··", "agent", arrange=pushes_to_base, mend=pushes_its_own),
)
