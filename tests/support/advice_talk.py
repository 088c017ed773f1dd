"""Where what an agent says, or what others say of its work, is missing, untrue or stale.

Belongs here: situations of the families STA and REV. Does not: what is asked of them (see `test_advice`).
"""

from __future__ import annotations

from typing import Any

from advice_briefs import nothing
from advice_handover import then_more_code
from advicecases import Advice, Mend
from advicescene import CONFIG, Scene, Told, level


def misspelt(scene: Scene) -> None:
    scene.says("wrking")


def spelt(scene: Scene, said: Told) -> None:
    """Mending what a gate refused edits nothing that was said."""
    assert ":3" in said.where, said
    assert "working" in said.hint, said
    says_it_anew(scene, said)


def misleads(scene: Scene) -> None:
    scene.says(needs="none \u202e")


def says_it_anew(scene: Scene, said: Told) -> None:
    assert "/status/" in said.where, said
    scene.says()
    scene.commits()
    assert level(scene.sent()) != "E"


def edits(scene: Scene) -> None:
    scene.says()
    scene.slipped()
    scene.says("ready")


def takes_away(scene: Scene) -> None:
    path = scene.says()
    scene.slipped()
    scene.desk.git("rm", "-q", path)


def restored(scene: Scene, said: Told) -> None:
    scene.obey(said.hint[said.hint.index("git ") :], said)


def checks_in(state: str = "working", needs: str = "none", *times: str) -> Any:
    def arrange(scene: Scene) -> None:
        for at in times or ("22:20",):
            scene.says(state, needs=needs, at=at)
            scene.slipped()

    return arrange


def checked_in(scene: Scene, said: Told) -> None:
    scene.obey("agentledger report", said)


def answered(scene: Scene, said: Told) -> None:
    scene.managed("agentledger answer x 'your answer'", said)


def told_what_to_try(scene: Scene, said: Told) -> None:
    scene.managed("agentledger answer x 'try this'", said)
    scene.slip("src/a.py", "a = 3\n" * 20)
    scene.says(at="23:12")
    scene.commits()


def approved(scene: Scene, said: Told) -> None:
    """The agent asks, its code left where it is, and the manager says yes."""
    scene.obey("agentledger report --checkpoint plan --need 'Is that it?'", said)
    scene.types("agentledger answer x --decision approve")


# -- reviews ---------------------------------------------------------------------------


def review(scene: Scene, verdict: str = "approve", findings: str = "", **keys: Any) -> None:
    """A review of the branch's newest code, as `agentledger review` writes it."""
    scene.steps += 1
    said = {"kind": "agent", "session": "other", "verdict": verdict, "branch": "agent/x", "head": scene.now()}
    lines = "".join(f"{key}: {value}\n" for key, value in (said | keys).items())
    at = f"2023-11-14T22:{30 + scene.steps}:00Z"
    text = f"---\nat: {at}\nreviewer: zed\n{lines}---\n## Findings\n{findings}"
    scene.control({f"tasks/x/reviews/{scene.steps}.md": text})


def reviewed(verdict: str = "approve", findings: str = "", **keys: Any) -> Any:
    return lambda scene: review(scene, verdict, findings, **keys)


def seen_by_an_agent_alone(scene: Scene) -> None:
    """Where a human has to approve it, no agent does so for the code that came since."""
    then_more_code(reviewed(kind="human"))(scene)
    review(scene)


def by_itself(scene: Scene) -> None:
    scene.says(more="session: own\n")
    scene.slipped()
    review(scene, session="own")


def anew(**keys: Any) -> Mend:
    def mend(scene: Scene, said: Told) -> None:
        assert "review agent/x as it is now: a file in tasks/x/reviews/ on the control branch" in said.hint
        review(scene, **keys)

    return mend


def behind_a_guard(scene: Scene, said: Told) -> None:
    assert "push it to a guarded control branch" in said.hint
    scene.base({CONFIG: "[control]\nguarded = true\n"})


HUMAN = {"mode": "review"}

CASES = (
    Advice("STA001", "·EEEw", "agent", arrange=misspelt, mend=spelt),
    Advice("OWN009", "·wEEE", "agent", arrange=misleads, mend=says_it_anew, case="in a check-in"),
    Advice("STA002", "····w", "agent", arrange=checks_in(), mend=checked_in),
    Advice("STA003", "····w", "agent", arrange=nothing, mend=checked_in),
    Advice("STA004", "····w", "manager", arrange=checks_in("needs-input", "Red or blue?"), mend=answered),
    Advice("STA005", "·EEEw", "agent", arrange=edits, mend=restored),
    Advice("STA005", "·EEEw", "agent", arrange=takes_away, mend=restored, case="deleted"),
    Advice(
        "STA006",
        "····w",
        "manager",
        arrange=checks_in("working", "none", "23:05", "23:08", "23:11"),
        mend=told_what_to_try,
    ),
    Advice(
        *("STA007", "·EEEE", "agent", lambda s: s.write("src/a.py"), approved),
        keys={"checkpoints": ["plan"]},
        code=False,
    ),
    Advice("REV001", "····w", "manager", arrange=nothing, mend=anew()),
    Advice(
        "REV001",
        "····E",
        "manager",
        arrange=nothing,
        mend=anew(kind="human"),
        keys=HUMAN,
        after="····w",
        case="human",
    ),
    Advice(
        "REV001",
        "····w",
        "manager",
        arrange=reviewed(kind="human"),
        mend=behind_a_guard,
        keys=HUMAN,
        case="unproven",
    ),
    Advice("REV002", "····w", "manager", arrange=then_more_code(reviewed()), mend=anew()),
    Advice(
        *("REV002", "····E", "manager", then_more_code(reviewed(kind="human")), anew(kind="human")),
        keys=HUMAN,
        case="human",
    ),
    Advice(
        *("REV002", "····E", "manager", seen_by_an_agent_alone, anew(kind="human")),
        keys=HUMAN,
        case="seen by an agent alone",
    ),
    Advice("REV003", "····E", "manager", arrange=by_itself, mend=anew()),
    Advice("REV004", "····E", "manager", arrange=reviewed("request-changes"), mend=anew()),
    Advice(
        "REV004",
        "····E",
        "manager",
        arrange=reviewed(findings="- [ ] it never expires\n"),
        mend=anew(),
        case="finding",
    ),
)
