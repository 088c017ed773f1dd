"""Where what is said about the work is missing, untrue or stale: who said it says it anew.

Belongs here: situations of the families PKT and EVD. Does not: what is asked of them (see `test_advice`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import rulecases as given
from advicecases import Advice, Mend, RuleRow
from advicescene import BASE, FOLDER, Scene, Told
from agentledger.model.evidence import Evidence, JUnit, OnBase
from agentledger.model.ledger import Check
from agentledger.model.policy import Companion, Policy
from agentledger.model.work import Fresh, Trust
from agentledger.rules.case import BaseDoubt, Case, PacketFiles
from rule_rows_brief import nothing

PACKET = FOLDER + "packet.md"
EVIDENCE = FOLDER + "evidence/test.json"
LISTED = JUnit(2, 1, failed=("t::a",), failed_total=1)
SRC = frozenset({b"src/a.py"})
MANY = frozenset(b"data/%d" % number for number in range(1000))
CRITERION = "the sixth login answers 429"
PARTS = {
    "Summary": "It limits logins.",
    "Why this approach": "It is the smallest one.",
    "Files touched": "- `src/a.py`",
    "Acceptance criteria": f"- [x] {CRITERION}\n  - tests/t.py",
    "Test plan and results": "make test passes.",
    "Risks and follow-ups": "none",
}


def packet(scene: Scene, base: str = "main", **parts: str) -> None:
    """The packet, as `agentledger packet` and its author write it; sections by their first words."""
    base = scene.repo.git("rev-parse", base).strip()
    texts = {title: parts.get(title.split()[0].lower(), text) for title, text in PARTS.items()}
    body = "".join(f"## {title}\n{text}\n" for title, text in texts.items())
    scene.write(PACKET, f"---\ntask: x\nbase: {base}\nhead: {scene.now()}\n---\n{body}")


def outcome(scene: Scene, code: int | None = 0, **fields: Any) -> str:
    """What `agentledger verify` records of the check."""
    known = {"version": 1, "check": "test", "command": "true", "exit_code": code, "head": scene.now()}
    ran = {"tree": scene.repo.code_tree(scene.now()), "started_at": "2023-11-14T22:30:00Z", "seconds": 1.5}
    return json.dumps(known | ran | fields)


def verified(scene: Scene, code: int | None = 0, **fields: Any) -> None:
    scene.write(EVIDENCE, outcome(scene, code, **fields))


def on_base(code: int, **fields: Any) -> dict[str, Any]:
    return {"commit": "a" * 40, "exit_code": code} | fields


def with_packet(**parts: str) -> Any:
    return lambda scene: packet(scene, **parts)


def with_evidence(code: int | None = 0, **fields: Any) -> Any:
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
    assert said.hint.startswith("fix what it found and commit; then "), said
    scene.slip("src/a.py", "a = 4\n" * 20)
    ran(scene, said)


def waived(scene: Scene, said: Told) -> None:
    """The manager's command at the end of the hint, with what only they can say."""
    scene.managed("agentledger allow x --rule EVD003 --until 14d --why 'these tests may fail'", said)


def contradicted(scene: Scene) -> None:
    """Two reruns are the same evidence with another outcome; one alone would only make it flaky."""
    scene.does("agentledger verify")
    seen = json.loads((scene.desk.path / EVIDENCE).read_text())
    for number in (1, 2):
        scene.control({f"tasks/x/reruns/{number}-test.json": json.dumps(seen | {"exit_code": number})})


def ran_again(scene: Scene, said: Told) -> None:
    scene.managed("agentledger verify x --rerun --only test", said)


def check_rewritten(scene: Scene, said: Told) -> None:
    assert said.message == "the check test ends in `|| true`: it passes whatever sh says", said
    assert "take `|| true` away" in said.hint
    assert "agentledger plan x --edit" in said.hint
    scene.plan(verify={"test": "sh tests/t.py"})


def merged(evidence: Evidence | None, command: str = "make test", junit: str | None = None) -> Case:
    """It is about to merge, with this evidence for its check, of the command that is asked for."""
    known = evidence and replace(evidence, command=command)
    checked = replace(given.checked(known), check=Check("test", command, junit))
    return given.merge(given.review(), standing=replace(given.SOON, checks=(checked,)))


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


ROWS = (
    RuleRow(
        "PKT001",
        fires=(given.ready(work={}),),
        silent=(given.ready(), given.case(given.PUSH, work={})),
        situations=(Advice("PKT001", "···EE", "agent", arrange=nothing, mend=packed("agentledger packet")),),
    ),
    RuleRow(
        "PKT002",
        fires=(given.ready(work={"packet": given.packet(summary="TODO")}),),
        silent=(given.ready(),),
        situations=(
            Advice(
                "PKT002",
                "···EE",
                "agent",
                arrange=with_packet(summary="TODO"),
                mend=packed("write a sentence or two"),
            ),
        ),
    ),
    RuleRow(
        "PKT003",
        fires=(
            given.ready(packet_files=PacketFiles(frozenset({b"src/a.py", b"src/b.py"}))),
            given.ready(packet_files=PacketFiles(frozenset())),
            *(
                given.ready(packet_files=PacketFiles(SRC, doubt=BaseDoubt(kind, given.OLD)))
                for kind in ("missing", "gone", "cut", "no commit", "own", "other", "outside", "older")
            ),
            given.ready(packet_files=PacketFiles(SRC, failed="a file is missing")),
            # A folder stands for the files directly in it, of a large change, and for no others.
            *(
                given.ready(packet_files=PacketFiles(files), work={"packet": given.packet(files="- `data/`")})
                for files in (MANY | {b"a"}, MANY | {b"data/more/a"}, frozenset(sorted(MANY)[1:]))
            ),
        ),
        silent=(
            given.ready(packet_files=PacketFiles(SRC)),
            given.ready(packet_files=None),
            given.ready(
                packet_files=PacketFiles(frozenset({b"a", b"b"})),
                work={"packet": given.packet(files="- `a`, `b`: `c`")},
            ),
            given.ready(
                packet_files=PacketFiles(MANY | SRC),
                work={"packet": given.packet(files="- `data/` (1,000 files)\n- `src/a.py`")},
            ),
        ),
        situations=(
            Advice("PKT003", "···EE", "agent", arrange=with_packet(files="none"), mend=regenerated),
            Advice(
                "PKT003",
                "···EE",
                "agent",
                arrange=with_packet(files="- `src/a.py`\n- `src/b.py`"),
                mend=packed("take that out"),
                case="unchanged",
            ),
            Advice(
                "PKT003",
                "···EE",
                "agent",
                arrange=with_packet(base="agent/x"),
                mend=regenerated,
                case="base",
            ),
        ),
    ),
    RuleRow(
        "PKT004",
        fires=(
            given.ready(standing=replace(given.SOON, packet_fresh=Fresh.OTHER)),
            given.ready(standing=replace(given.SOON, packet_fresh=Fresh.UNKNOWN)),
        ),
        silent=(given.ready(),),
        situations=(
            Advice("PKT004", "···EE", "agent", arrange=then_more_code(with_packet()), mend=regenerated),
        ),
    ),
    RuleRow(
        "PKT005",
        fires=(
            given.ready(work={"packet": given.packet(acceptance="- [x] something else\n  - a test")}),
            given.ready(work={"packet": given.packet(acceptance="- [x] the sixth login answers 429")}),
        ),
        silent=(
            given.ready(),
            given.ready(work={"packet": given.packet(acceptance="- [ ] The sixth login answers 429.")}),
        ),
        situations=(
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
        ),
    ),
    RuleRow(
        "PKT006",
        fires=(
            given.ready(changed=given.touched("src/a.py")),
            given.ready(
                changed=given.touched("src/a.py"),
                policy=Policy(companions=(Companion(("src/**",), ("CHANGELOG.md",)),)),
            ),
        ),
        silent=(
            given.ready(),
            given.ready(
                changed=given.touched("src/a.py"),
                work={"packet": given.packet(test="No tests: it is a comment.")},
            ),
            given.ready(changed=given.touched("docs/a.md")),
            given.ready(changed=given.touched(".agentledger/tasks/x/evidence/test.json")),
            given.ready(
                changed=given.touched("lib/a.py"),
                policy=Policy(companions=(Companion(("src/**",), ("CHANGELOG.md",)),)),
            ),
        ),
        situations=(
            Advice(
                "PKT006", "···EE", "agent", arrange=with_packet(), mend=tested, others={"a reason": excused}
            ),
        ),
    ),
    RuleRow(
        "PKT007",
        fires=(given.ready(added=300, removed=200),),
        silent=(given.ready(added=300, removed=100),),
        situations=(
            Advice("PKT007", "···ww", "agent", arrange=nothing, mend=split, policy="[size]\nlines = 10\n"),
        ),
    ),
    RuleRow(
        "EVD001",
        fires=(
            given.checks(None),
            given.checks(given.evidence(command="true")),
            given.checks(given.evidence(skipped="nothing changed")),
        ),
        silent=(given.checks(given.evidence()),),
        situations=(
            Advice("EVD001", "···EE", "agent", arrange=nothing, mend=ran),
            Advice(
                "EVD001",
                "···EE",
                "agent",
                arrange=with_evidence(command="make"),
                mend=ran,
                case="another command",
            ),
            Advice(
                *("EVD001", "···EE", "agent", with_evidence(None, skipped="nothing changed")),
                mend=ran,
                case="skipped",
            ),
        ),
    ),
    RuleRow(
        "EVD002",
        fires=(
            given.checks(given.evidence(), fresh=Fresh.OTHER),
            given.checks(given.evidence(), fresh=Fresh.UNKNOWN),
            given.checks(given.evidence(), fresh=Fresh.EDITED),
        ),
        silent=(given.checks(given.evidence()), given.checks(given.evidence(), fresh=Fresh.REWRITTEN)),
        situations=(
            Advice("EVD002", "···EE", "agent", arrange=then_more_code(with_evidence()), mend=ran),
            Advice(
                *("EVD002", "···EE", "agent", with_evidence(tree="b" * 40)),
                mend=ran,
                case="edited",
            ),
        ),
    ),
    RuleRow(
        "EVD003",
        fires=(
            given.checks(given.evidence(1)),
            given.checks(given.evidence(1, on_base=OnBase(commit=given.OLD, exit_code=1, new_total=0))),
            given.checks(given.evidence(1, on_base=OnBase(commit=given.OLD, exit_code=2))),
            given.checks(given.evidence(0, junit=LISTED)),
            given.checks(
                given.evidence(0, junit=LISTED, on_base=OnBase(commit=given.OLD, exit_code=1, new_total=0))
            ),
        ),
        silent=(
            given.checks(given.evidence()),
            given.checks(given.evidence(skipped="nothing changed")),
            given.checks(
                given.evidence(0, junit=LISTED, on_base=OnBase(commit=given.OLD, exit_code=0, new_total=0))
            ),
        ),
        situations=(
            Advice("EVD003", "···EE", "agent", arrange=with_evidence(1), mend=mended_and_ran),
            Advice(
                *("EVD003", "···ww", "agent", with_evidence(1, on_base=on_base(1, new_total=0))),
                mended_and_ran,
                case="as on base",
            ),
            Advice(
                *("EVD003", "···ww", "agent", with_evidence(1, on_base=on_base(1))),
                mended_and_ran,
                case="as on base, by its exit code",
            ),
            Advice(
                *("EVD003", "···EE", "agent", with_evidence(2, on_base=on_base(1, unlike="no report"))),
                mended_and_ran,
                case="not comparable",
            ),
            Advice(
                *("EVD003", "···EE", "agent", with_evidence(0, junit={"tests": 2, "failures": 1})),
                mended_and_ran,
                others={"waived": waived},
                case="by its report",
            ),
        ),
    ),
    RuleRow(
        "EVD004",
        fires=(
            given.merge(
                given.review(),
                standing=replace(given.SOON, checks=(given.checked(given.evidence(), Trust.CONTRADICTED),)),
            ),
        ),
        silent=(
            given.merge(
                given.review(),
                standing=replace(given.SOON, checks=(given.checked(given.evidence(), Trust.REPRODUCED),)),
            ),
        ),
        situations=(Advice("EVD004", "····E", "manager", arrange=contradicted, mend=ran_again),),
    ),
    RuleRow(
        "EVD005",
        fires=(
            given.case(given.SPAWN, replace(given.brief(), verify=(Check("test", "make test || true"),))),
            merged(given.evidence(), command="make test; true"),
            merged(given.evidence(tail=("Ran 0 tests in 0.000s", "", "OK"))),
            merged(given.evidence(junit=JUnit()), junit="out.xml"),
            replace(merged(given.evidence()), blind_checks={"test": "src/a.py at 0123456789ab"}),
        ),
        silent=(
            given.case(given.SPAWN),
            merged(given.evidence()),
            merged(None),
            merged(given.evidence(tail=("Ran 2 tests in 0.000s", "", "OK"))),
            merged(given.evidence(junit=JUnit(tests=2)), junit="out.xml"),
            merged(given.evidence(1, tail=("Ran 0 tests in 0.000s",))),
            replace(merged(given.evidence()), blind_checks={"lint": "src/a.py at 0123456789ab"}),
            # A task that explores has no check to show.
            given.case(
                given.SPAWN, replace(given.brief(), mode="explore", verify=(Check("test", "pytest || true"),))
            ),
        ),
        situations=(
            Advice(
                "EVD005",
                "w···w",
                "manager",
                arrange=nothing,
                mend=check_rewritten,
                keys={"verify": {"test": "sh tests/t.py || true"}},
            ),
            Advice(
                "EVD005",
                "····w",
                "agent",
                arrange=with_evidence(tail=["", "Ran 0 tests in 0.000s", "", "OK"]),
                mend=ran,
                case="no test",
            ),
        ),
    ),
)
