"""Where what an agent says, or what others say of its work, is missing, untrue or stale.

Belongs here: situations of the families STA and REV. Does not: what is asked of them (see `test_advice`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import rulecases as given
from advicecases import Advice, Mend, RuleRow
from advicescene import CONFIG, Scene, Told, level
from agentledger.model.policy import ReviewRule
from agentledger.model.work import Fresh, Progress, Standing
from agentledger.rules.case import Report
from rule_rows_brief import nothing
from rule_rows_packet import then_more_code


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


def dated_ahead(scene: Scene) -> None:
    path = scene.says()
    scene.write(path, (scene.desk.path / path).read_text().replace("at: 2023", "at: 2099"))
    scene.slipped()


def sets_the_clock(scene: Scene, said: Told) -> None:
    """What was said stays as it was said, and the next check-in is newer all the same."""
    assert "set this machine's clock" in said.hint, said
    scene.says(at="22:30")
    scene.commits()


def checked_in(scene: Scene, said: Told) -> None:
    scene.obey("agentledger report", said)


def answered(scene: Scene, said: Told) -> None:
    scene.managed("agentledger answer x 'your answer'", said)


def told_what_to_try(scene: Scene, said: Told) -> None:
    scene.managed("agentledger answer x 'try this'", said)
    scene.slip("src/a.py", "a = 3\n" * 20)
    scene.says(at="23:12")
    scene.commits()


ASK = "agentledger report --checkpoint plan --plan 'the plan, step by step' --need 'Is that it?'"


def approved(scene: Scene, said: Told) -> None:
    """The agent asks, its code left where it is, and the manager says yes."""
    assert said.hint.startswith("write the plan in place of what --plan has here, and wait: "), said
    scene.obey(ASK, said)
    asked = [each.hint for each in scene.checked("ready")["ready"] if each.rule == "STA007"]
    # Before the commit nothing on the branch needs it.
    assert not asked or asked[0] == "you have asked: wait, and look for the answer: agentledger report"
    assert "there is no answer yet" in scene.does("agentledger report")
    scene.types("agentledger answer x --decision approve")


def sent_back(scene: Scene) -> None:
    """The agent has asked, the manager wants another plan, and the agent has read that and gone on."""
    scene.does(ASK.replace("the plan, step by step", "cache it"))
    scene.types("agentledger answer x --decision change 'index it instead'")
    said = scene.does("agentledger report --changed 'Read it.'")
    assert (
        f"change it as the answer says, write it anew in place of what --plan has here, and wait: {ASK}"
        in said
    )
    scene.write("src/a.py")


def changed_and_approved(scene: Scene, said: Told) -> None:
    assert said.hint.startswith("change it as the answer says, write it anew "), said
    scene.obey(ASK, said)
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


def asked(by: str, another: bool = False) -> Standing:
    """A branch that is ready, and whom policy asks to review it."""
    return replace(given.SOON, asked=ReviewRule(by=by, another=another))


def anew(**keys: Any) -> Mend:
    def mend(scene: Scene, said: Told) -> None:
        head = scene.repo.git("rev-parse", "agent/x").strip()[:12]
        shown = scene.managed(f"agentledger review agent/x --head {head}", said)
        if keys.get("kind") == "human":
            (approve,) = re.findall("^approve: (.*)$", shown, re.MULTILINE)
            # Other rules may stop it all the same, which it says.
            scene.types(approve, 1)
        else:
            review(scene, **keys)

    return mend


def behind_a_guard(scene: Scene, said: Told) -> None:
    assert "push it to a guarded control branch" in said.hint
    scene.base({CONFIG: "[control]\nguarded = true\n"})


HUMAN = {"mode": "review"}

ROWS = (
    RuleRow(
        "STA001",
        fires=(
            given.case(
                given.COMMIT,
                work={"check_ins": (given.check_in("wrking"),)},
                reports=(Report(given.STATUS, "A"),),
            ),
        ),
        silent=(
            given.case(
                given.COMMIT, work={"check_ins": (given.check_in(),)}, reports=(Report(given.STATUS, "A"),)
            ),
            given.case(given.COMMIT, work={"check_ins": (given.check_in("wrking"),)}),
        ),
        situations=(Advice("STA001", "·EEEw", "agent", arrange=misspelt, mend=spelt),),
    ),
    RuleRow(
        "STA002",
        fires=(given.case(given.MERGE, standing=given.standing(Progress.SILENT, overdue=3600)),),
        silent=(given.case(given.MERGE),),
        situations=(Advice("STA002", "····w", "agent", arrange=checks_in(), mend=checked_in),),
    ),
    RuleRow(
        "STA003",
        fires=(given.case(given.MERGE, code=True),),
        silent=(
            given.case(given.MERGE, code=True, work={"check_ins": (given.check_in(),)}),
            given.case(given.MERGE, given.brief(session="cloud"), code=True),
        ),
        situations=(Advice("STA003", "····w", "agent", arrange=nothing, mend=checked_in),),
    ),
    RuleRow(
        "STA004",
        fires=(given.case(given.MERGE, standing=given.standing(Progress.BLOCKED, since=given.NOW - 3600)),),
        silent=(
            given.case(given.MERGE, standing=given.standing(Progress.BLOCKED, since=given.NOW - 60)),
            given.case(given.MERGE),
        ),
        situations=(
            Advice(
                "STA004", "····w", "manager", arrange=checks_in("needs-input", "Red or blue?"), mend=answered
            ),
        ),
    ),
    RuleRow(
        "STA005",
        fires=(
            given.case(
                given.COMMIT, work={"check_ins": (given.check_in(),)}, reports=(Report(given.STATUS, "M"),)
            ),
            given.case(given.PUSH, reports=(Report(given.STATUS, "D"),)),
        ),
        silent=(
            given.case(given.COMMIT, reports=(Report(given.STATUS, "A"),)),
            given.case(
                given.COMMIT,
                work={"check_ins": (given.check_in("wrking"),)},
                reports=(Report(given.STATUS, "A"),),
            ),
        ),
        situations=(
            Advice("STA005", "·EEEw", "agent", arrange=edits, mend=restored),
            Advice("STA005", "·EEEw", "agent", arrange=takes_away, mend=restored, case="deleted"),
        ),
    ),
    RuleRow(
        "STA006",
        fires=(
            given.case(
                given.MERGE,
                work={
                    "check_ins": tuple(given.check_in(name=str(n)) for n in range(3)),
                    "code_trees": {given.HEAD: given.OLD},
                },
            ),
        ),
        silent=(
            given.case(
                given.MERGE, work={"check_ins": (given.check_in(),), "code_trees": {given.HEAD: given.OLD}}
            ),
            given.case(
                given.MERGE,
                work={"check_ins": tuple(given.check_in(name=str(n)) for n in range(3)), "code_trees": {}},
            ),
        ),
        situations=(
            Advice(
                "STA006",
                "····w",
                "manager",
                arrange=checks_in("working", "none", "23:05", "23:08", "23:11"),
                mend=told_what_to_try,
            ),
        ),
    ),
    RuleRow(
        "STA007",
        fires=(
            given.case(given.COMMIT, given.brief(mode="review"), code=True),
            given.case(given.READY, given.brief(checkpoints=["api"]), code=True),
            given.case(
                given.COMMIT,
                given.brief(mode="review"),
                code=True,
                work={"answers": (given.answer("change", checkpoint="plan"),)},
            ),
            given.case(
                given.COMMIT,
                given.brief(mode="review"),
                code=True,
                work={
                    "check_ins": (
                        given.check_in("needs-input", name="2", checkpoint="plan"),
                        given.check_in("needs-input", checkpoint="plan"),
                    ),
                    "answers": (given.answer("approve", to="1", checkpoint="plan"),),
                },
            ),
        ),
        silent=(
            given.case(
                given.COMMIT,
                given.brief(mode="review"),
                code=True,
                work={"answers": (given.answer("approve", checkpoint="plan"),)},
            ),
            given.case(
                given.COMMIT,
                given.brief(mode="review"),
                code=True,
                work={
                    "check_ins": (given.check_in("needs-input", checkpoint="plan"),),
                    "answers": (given.answer("approve"),),
                },
            ),
            given.case(given.COMMIT, given.brief(mode="review")),
            given.case(given.COMMIT, given.brief(checkpoints=["api"]), code=True),
            given.case(given.COMMIT, code=True),
        ),
        situations=(
            Advice(
                *("STA007", "·EEEE", "agent", lambda s: s.write("src/a.py"), approved),
                keys={"checkpoints": ["plan"]},
                code=False,
            ),
            Advice(
                *("STA007", "·EEEE", "agent", sent_back, changed_and_approved),
                keys={"checkpoints": ["plan"]},
                code=False,
                case="sent back",
            ),
            Advice(
                *("STA007", "·EEEE", "agent", lambda s: s.write("src/a.py"), approved),
                keys={"mode": "review", "checkpoints": []},
                code=False,
                case="no checkpoint is listed",
            ),
        ),
    ),
    RuleRow(
        "STA008",
        fires=(
            given.case(
                given.PUSH,
                work={"check_ins": (given.check_in(at=given.NOW + 600),)},
                reports=(Report(given.STATUS, "A"),),
            ),
        ),
        silent=(
            given.case(
                given.PUSH,
                work={"check_ins": (given.check_in(at=given.NOW + 240),)},
                reports=(Report(given.STATUS, "A"),),
            ),
            given.case(given.PUSH, work={"check_ins": (given.check_in(at=given.NOW + 600),)}),
        ),
        situations=(
            Advice("STA008", "··www", "agent", arrange=dated_ahead, mend=sets_the_clock, after="··www"),
        ),
    ),
    RuleRow(
        "REV001",
        fires=(
            given.merge(),
            given.merge(given.review(kind="agent"), given=given.brief(mode="review")),
            given.merge(given.review(proven=False), given=given.brief(mode="review")),
            # Where policy says who.
            given.merge(standing=asked("agent")),
            given.merge(given.review(kind="agent"), standing=asked("human")),
            given.merge(
                given.review(kind="agent"), standing=asked("agent"), given=given.brief(mode="review")
            ),
            given.merge(given.review(kind="agent"), standing=asked("agent", another=True), agent="ana"),
        ),
        silent=(
            given.merge(given.review()),
            given.merge(given.review(kind="agent")),
            given.merge(given.review(kind="agent"), standing=asked("agent")),
            given.merge(given.review(kind="agent"), standing=asked("agent", another=True), agent="zed"),
            given.merge(given.review(), standing=asked("human")),
        ),
        situations=(
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
        ),
    ),
    RuleRow(
        "REV002",
        fires=(
            given.merge(given.review(), review_fresh=Fresh.OTHER),
            given.merge(given.review(), review_fresh=Fresh.UNKNOWN),
        ),
        silent=(given.merge(given.review()),),
        situations=(
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
        ),
    ),
    RuleRow(
        "REV003",
        fires=(
            given.merge(
                given.review(kind="agent", session="s1"),
                work={
                    "check_ins": (given.check_in(session="s1"),),
                    "reviews": (given.review(kind="agent", session="s1"),),
                },
            ),
        ),
        silent=(
            given.merge(
                given.review(kind="agent", session="s2"),
                work={
                    "check_ins": (given.check_in(session="s1"),),
                    "reviews": (given.review(kind="agent", session="s2"),),
                },
            ),
        ),
        situations=(Advice("REV003", "····E", "manager", arrange=by_itself, mend=anew()),),
    ),
    RuleRow(
        "REV004",
        fires=(
            given.merge(given.review("request-changes")),
            given.merge(given.review(findings="- [ ] it never expires")),
            # Where a human has to approve it, no agent settles what one has asked for.
            given.merge(
                given.review(kind="agent"), given.review("request-changes"), given=given.brief(mode="review")
            ),
            given.merge(
                given.review("request-changes", kind="agent"),
                given.review(),
                given=given.brief(mode="review"),
            ),
        ),
        silent=(given.merge(given.review()), given.merge(given.review(findings="- [x] it never expires"))),
        situations=(
            Advice(
                "REV004", "····E", "manager", arrange=reviewed("request-changes"), mend=anew(kind="human")
            ),
            Advice(
                "REV004",
                "····E",
                "manager",
                arrange=reviewed(findings="- [ ] it never expires\n"),
                mend=anew(kind="human", findings="- [x] it never expires\n"),
                case="finding",
            ),
        ),
    ),
)
