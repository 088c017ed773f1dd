"""Where crossing a branch with base has shown something about its tests: the agent settles it in the tests.

Belongs here: situations of the family TST. Does not: what is asked of them (see `test_advice`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import rulecases as given
from advicecases import Advice, RuleRow
from advicescene import Scene, Told
from agentledger.model.integrity import CrossingEnd, CrossingRun, Integrity, Meaning, Word, WordOnTest
from agentledger.model.work import Fresh
from agentledger.rules.case import Case

PASSES, FAILS = CrossingRun(end=CrossingEnd.PASSES), CrossingRun(end=CrossingEnd.FAILS, tests=9, failed=1)
REFACTORING = given.BODY.replace("the sixth login answers 429", "behaviour stays the same")
LOOSENED = WordOnTest("tests/t.py | | test_a", Word.LOOSENED, path="tests/t.py")
LACKING = tuple(LOOSENED._replace(word=word) for word in (Word.GONE_WITH_SUBJECT, Word.FOLLOWS_INTERFACE))


def crossed(
    meaning: Meaning, fresh: Fresh = Fresh.SAME, owns: str = "src/**", body: str = given.BODY, **fields: Any
) -> Case:
    """It is ready, with a test changed, and this is what crossing it has shown."""
    record = Integrity(
        document=given.DOCUMENT, check="test", command="make test", at=given.NOW - 60, head=given.HEAD,
        base=given.OLD, meaning=meaning, **fields,
    )  # fmt: skip
    fresh_by_path = {record.document.source.path: fresh}
    work = given.HANDED["work"] | {"integrity": (record,)}
    brief = given.brief(body, owns=owns.split())
    return given.case(
        given.READY, brief, standing=replace(given.SOON, integrity_fresh=fresh_by_path), work=work,
        changed=given.touched("src/a.py", "tests/test_a.py"),
    )  # fmt: skip


def with_record(meaning: Meaning, **fields: Any) -> Any:
    """What a manager's `verify --integrity` has kept of the branch as it is."""

    def arrange(scene: Scene) -> None:
        scene.slip("tests/t.py", "t = 3\n" * 20)
        base, head = scene.repo.git("rev-parse", "main"), scene.now()
        record = {
            "version": 1, "check": "test", "command": "true", "at": "2023-11-14T22:30:00Z", "branch": "agent/x",
            "head": head, "base": base, "meaning": meaning, **fields,
        }  # fmt: skip
        scene.control({"tasks/x/integrity/1-test.json": json.dumps(record)})

    return arrange


def put_back(scene: Scene, said: Told) -> None:
    assert said.hint.startswith("put that back, or let the brief own them"), said
    scene.slip("tests/t.py", "t = 1\n" * 20)


def asked(scene: Scene, said: Told) -> None:
    assert said.hint.startswith("add a test that fails without the change"), said
    scene.slip("tests/t.py", "t = 4\n" * 20)


OPEN = '[paths]\nopen = ["tests/**"]\n'
ONLY_SRC = {"owns": ["src/**"]}
ROWS = (
    RuleRow(
        "TST001",
        fires=(
            crossed(Meaning.DEMANDS_REMOVED, c=FAILS, d=PASSES),
            crossed(Meaning.DEMANDS_REMOVED, c=FAILS, d=PASSES, words=(*LACKING, LOOSENED), words_total=3),
            crossed(Meaning.TESTED, words=(LOOSENED,), words_total=1),
            crossed(Meaning.TESTS_ONLY, words=(LOOSENED,), words_total=1),
        ),
        silent=(
            crossed(Meaning.DEMANDS_REMOVED, c=FAILS, d=PASSES, owns="src/** tests/**"),
            crossed(Meaning.DEMANDS_REMOVED, fresh=Fresh.OTHER, c=FAILS, d=PASSES),
            crossed(Meaning.DEMANDS_REMOVED, c=FAILS, d=PASSES, words=LACKING, words_total=2),
            crossed(Meaning.CONTRACT_CHANGED, c=FAILS, d=FAILS),
            crossed(Meaning.TESTED, words=(LOOSENED._replace(word=Word.CHANGED_GUARD),), words_total=1),
        ),
        situations=(
            Advice(
                "TST001",
                "···ww",
                "agent",
                arrange=with_record(Meaning.DEMANDS_REMOVED, c={"end": "fails"}, d={"end": "passes"}),
                mend=put_back,
                policy=OPEN,
                keys=ONLY_SRC,
            ),
        ),
    ),
    RuleRow(
        "TST002",
        fires=(crossed(Meaning.UNTESTED, c=PASSES, d=PASSES),),
        silent=(
            crossed(Meaning.UNTESTED, fresh=Fresh.UNKNOWN, c=PASSES, d=PASSES),
            crossed(Meaning.UNTESTED, c=FAILS, d=FAILS),
            crossed(Meaning.UNTESTED, body=REFACTORING, c=PASSES, d=PASSES),
            crossed(Meaning.TESTED, c=PASSES, d=FAILS),
            crossed(Meaning.UNKNOWN),
        ),
        situations=(
            Advice(
                "TST002",
                "···ww",
                "agent",
                arrange=with_record(Meaning.UNTESTED, c={"end": "passes"}, d={"end": "passes"}),
                mend=asked,
            ),
        ),
    ),
)
