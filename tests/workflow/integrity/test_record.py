"""The record of a crossing as a document: what is written is read again, and what is wrong in one is no verdict."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agentledger.documents import MOST_BYTES, parse_integrity
from agentledger.model.integrity import (
    CrossingEnd,
    CrossingRun,
    Integrity,
    Meaning,
    Word,
    WordOnTest,
)
from agentledger.model.ledger import Document, Source
from agentledger.reports.integrity import describe_crossings
from agentledger.workflow.integrity.record import render_integrity
from cases import raw_document

SOURCE = Source(path="tasks/x/integrity/1-test.json")
LOOSENED = WordOnTest(
    "tests/t.py | test_a", Word.LOOSENED, path="tests/t.py", base_text="assert a == 1\n  b\n"
)
RECORD = Integrity(
    document=Document(source=SOURCE),
    check="test",
    command="make test",
    at=1_700_000_000,
    branch="agent/x",
    head="a" * 40,
    base="b" * 40,
    change="c" * 64,
    meaning=Meaning.DEMANDS_REMOVED,
    c=CrossingRun(end=CrossingEnd.FAILS, exit_code=1, seconds=2.5, tests=1240, failed=3),
    d=CrossingRun(end=CrossingEnd.PASSES, exit_code=0, seconds=0.0, tests=1237, failed=0),
    words=(LOOSENED,),
    words_total=1,
    tells=0,
    needs_names=0,
)


def read(content: bytes) -> Integrity:
    return parse_integrity(raw_document(SOURCE, content))


def test_what_is_written_is_read_again() -> None:
    found = read(render_integrity(RECORD))
    assert found.document.problems == ()
    assert replace(found, document=RECORD.document) == RECORD


def test_a_record_is_never_too_long_to_be_read() -> None:
    words = tuple(LOOSENED._replace(test=f"{n}{'x' * 20_000}", base_text="\x01" * 20_000) for n in range(50))
    content = render_integrity(replace(RECORD, words=words, words_total=900))
    found = read(content)
    assert len(content) <= MOST_BYTES
    assert found.document.problems == ()
    assert found.words
    assert found.words_total == 900


BROKEN = {
    "no JSON": b"{",
    "no meaning": json.dumps({"version": 1, "check": "test"}).encode(),
    "another word": render_integrity(RECORD).replace(b"demands were only taken away", b"cheated"),
    "another version": render_integrity(RECORD).replace(b'"version": 1', b'"version": 2'),
    "a word without a test": render_integrity(RECORD).replace(b'"test": "tests', b'"tset": "tests'),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_in_one_is_told(case: str) -> None:
    found = read(BROKEN[case])
    assert found.document.problems
    if case in ("no JSON", "no meaning", "another word"):
        assert found.meaning is Meaning.UNKNOWN


SENTENCES = [
    (
        RECORD,
        (
            "base's tests: 3 of 1,240 object (1 loosened)",
            "nothing here asks for the new behaviour",
            "loosened: test_a",
        ),
    ),
    (
        replace(RECORD, meaning=Meaning.TESTED, c=RECORD.d, d=RECORD.c, words=(), tells=2, needs_names=1),
        (
            "base's tests: pass",
            "2 of the branch's tests fail without the change",
            "1 needs names that base lacks, which proves nothing",
        ),
    ),
    (
        replace(RECORD, meaning=Meaning.TESTED, c=RECORD.d, d=RECORD.c, words=(), tells=None),
        ("base's tests: pass", "the branch's tests without its code: 3 of 1,240 fail"),
    ),
    (
        replace(RECORD, meaning=Meaning.UNTESTED, c=RECORD.d, words=()),
        ("base's tests: pass", "all tests pass without the change, too"),
    ),
    (
        replace(RECORD, meaning=Meaning.UNKNOWN, why="it was\x1b[2J killed"),
        ("no verdict: it was\\x1b[2J killed",),
    ),
]


@pytest.mark.parametrize(("record", "sentences"), SENTENCES)
def test_sentences(record: Integrity, sentences: tuple[str, ...]) -> None:
    assert describe_crossings(record) == sentences
