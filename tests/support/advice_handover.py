"""Where what is said about the work is missing, untrue or stale: who said it says it anew.

Belongs here: situations of the families PKT and EVD. Does not: what is asked of them (see `test_advice`).
"""

from __future__ import annotations

import json
from typing import Any

from advice_briefs import nothing
from advicecases import Advice, Mend
from advicescene import BASE, FOLDER, Scene, Told

PACKET = FOLDER + "packet.md"
EVIDENCE = FOLDER + "evidence/test.json"
CRITERION = "the sixth login answers 429"
PARTS = {
    "Summary": "It limits logins.",
    "Why this approach": "It is the smallest one.",
    "Files touched": "- `src/a.py`",
    "Acceptance criteria": f"- [x] {CRITERION}\n  - tests/t.py",
    "Test plan and results": "make test passes.",
    "Risks and follow-ups": "none",
}


def packet(scene: Scene, **parts: str) -> None:
    """The packet, as `agentledger packet` and its author write it; sections by their first words."""
    base = scene.repo.git("rev-parse", "main").strip()
    texts = {title: parts.get(title.split()[0].lower(), text) for title, text in PARTS.items()}
    body = "".join(f"## {title}\n{text}\n" for title, text in texts.items())
    scene.write(PACKET, f"---\ntask: x\nbase: {base}\nhead: {scene.now()}\n---\n{body}")


def outcome(scene: Scene, code: int = 0, **fields: Any) -> str:
    """What `agentledger verify` records of the check."""
    known = {"version": 1, "check": "test", "command": "true", "exit_code": code, "head": scene.now()}
    ran = {"tree": "a" * 40, "started_at": "2023-11-14T22:30:00Z", "seconds": 1.5}
    return json.dumps(known | ran | fields)


def verified(scene: Scene, code: int = 0, **fields: Any) -> None:
    scene.write(EVIDENCE, outcome(scene, code, **fields))


def with_packet(**parts: str) -> Any:
    return lambda scene: packet(scene, **parts)


def with_evidence(code: int = 0, **fields: Any) -> Any:
    return lambda scene: verified(scene, code, **fields)


def then_more_code(first: Any) -> Any:
    """What was said, and then another code commit."""

    def arrange(scene: Scene) -> None:
        first(scene)
        scene.slip("src/a.py", "a = 3\n" * 20)

    return arrange


def packed(words: str, **parts: str) -> Mend:
    """The packet is brought up to date, with these sections."""

    def mend(scene: Scene, said: Told) -> None:
        assert words in said.hint, said
        packet(scene, **parts)
        scene.commits()

    return mend


def regenerated(scene: Scene, said: Told) -> None:
    scene.obey("agentledger packet", said)


def ran(scene: Scene, said: Told) -> None:
    scene.obey("agentledger verify --only test", said)


def mended_and_ran(scene: Scene, said: Told) -> None:
    assert said.hint.startswith("mend what it found and commit; then "), said
    scene.slip("src/a.py", "a = 4\n" * 20)
    ran(scene, said)


def contradicted(scene: Scene) -> None:
    """Two reruns are the same evidence with another outcome; one alone would only make it flaky."""
    scene.does("agentledger verify")
    seen = json.loads((scene.desk.path / EVIDENCE).read_text())
    for number in (1, 2):
        scene.control({f"tasks/x/reruns/{number}-test.json": json.dumps(seen | {"exit_code": number})})


def ran_again(scene: Scene, said: Told) -> None:
    scene.managed("agentledger verify x --rerun --only test", said)


def tested(scene: Scene, said: Told) -> None:
    assert "tests/**" in said.message
    assert said.hint.startswith("add that, or ")
    scene.write("tests/t.py", "t = 2\n" * 20)
    scene.commits()


def excused(scene: Scene, said: Told) -> None:
    packed("or write `No tests: why` on a line of the packet's test plan", test="No tests: none.")(
        scene, said
    )


def split(scene: Scene, said: Told) -> None:
    assert said.hint.startswith("split off what can land")
    scene.slip("src/a.py", str(BASE["src/a.py"]) + "b = 1\n")


CASES = (
    Advice("PKT001", "···EE", "agent", arrange=nothing, mend=packed("agentledger packet")),
    Advice(
        "PKT002",
        "···EE",
        "agent",
        arrange=with_packet(summary="TODO"),
        mend=packed("write a sentence or two"),
    ),
    Advice("PKT003", "···EE", "agent", arrange=with_packet(files="none"), mend=regenerated),
    Advice(
        "PKT003",
        "···EE",
        "agent",
        arrange=with_packet(files="- `src/a.py`\n- `src/b.py`"),
        mend=packed("take that out"),
        case="unchanged",
    ),
    Advice("PKT004", "···EE", "agent", arrange=then_more_code(with_packet()), mend=regenerated),
    Advice(
        "PKT005",
        "···EE",
        "agent",
        arrange=with_packet(acceptance="- [x] other\n  - y"),
        mend=packed("word for word"),
    ),
    Advice(
        *("PKT005", "···EE", "agent", with_packet(acceptance=f"- [x] {CRITERION}")),
        packed("write what shows it into an indented list below it"),
        case="unshown",
    ),
    Advice("PKT006", "···EE", "agent", arrange=with_packet(), mend=tested, others={"a reason": excused}),
    Advice("PKT007", "···ww", "agent", arrange=nothing, mend=split, policy="[size]\nlines = 10\n"),
    Advice("EVD001", "···EE", "agent", arrange=nothing, mend=ran),
    Advice(
        "EVD001", "···EE", "agent", arrange=with_evidence(command="make"), mend=ran, case="another command"
    ),
    Advice("EVD002", "···EE", "agent", arrange=then_more_code(with_evidence()), mend=ran),
    Advice("EVD003", "···EE", "agent", arrange=with_evidence(1), mend=mended_and_ran),
    Advice(
        *("EVD003", "···ww", "agent", with_evidence(1, on_base={"commit": "a" * 40, "exit_code": 1})),
        mended_and_ran,
        case="as on base",
    ),
    # Somebody else's run saw another outcome: nobody is kept from working, but it does not merge like that.
    Advice("EVD004", "····E", "manager", arrange=contradicted, mend=ran_again),
)
