"""Tests of one name in several containers of a file: what became of one is not read from another."""

from __future__ import annotations

from agentledger.crossed.texts import Texts
from agentledger.crossed.words import FourRuns, Words, word_tests
from agentledger.model.integrity import Word
from agentledger.running.named_results import TestRun, read_run

FILE = "tests/test_pots.py"
FAILURE = "<failure message='AssertionError'/>"
TEA = "class TeaTests:\n    def test_pours(self):\n        assert pour('tea') == 'tea'\n"
MILK = "class MilkTests:\n    def test_pours(self):\n        assert warm(milk).temperature > 60\n"
INHERITED = (
    "class Pours:\n    def test_pours(self):\n        assert self.pot\n\n\n"
    "class TeaTests(Pours):\n    pot = 1\n"
)


def run(*names: str, fails: str = "") -> TestRun:
    cases = [
        f"<testcase classname='tests.test_pots.{container}' name='{name}'>"
        f"{FAILURE if container == fails else ''}</testcase>"
        for container, name in (each.split(".") for each in names)
    ]
    return read_run([f"<testsuite>{''.join(cases)}</testsuite>".encode()], (FILE,))


def tell(base: str, branch: str, *, gone: str = "TeaTests.test_pours", fails: str = "") -> Words:
    others = ["MilkTests.test_pours", "MilkTests.test_other"]
    all_of_base, left = run(gone, *others), run(*others)
    c = run(gone, *others, fails=fails)
    return word_tests(FourRuns(all_of_base, left, c, left), Texts({FILE: base}), Texts({FILE: branch}))


def test_a_test_whose_name_another_class_still_has_is_gone() -> None:
    (word,) = tell(TEA + MILK, MILK).words
    assert (word.word, word.branch_text, word.partner_path) == (Word.GONE_PASSING, "", "")
    assert "pour('tea')" in word.base_text


def test_the_text_of_another_class_is_not_shown_beside_a_silenced_test() -> None:
    (word,) = tell(TEA + MILK, MILK, fails="TeaTests").words
    assert (word.word, word.branch_text) == (Word.SILENCED_GONE, "")


def test_an_inherited_test_that_is_still_there_is_no_longer_run() -> None:
    (word,) = tell(INHERITED + MILK, INHERITED + MILK.replace("test_pours", "test_more")).words
    assert (word.word, "assert self.pot" in word.branch_text) == (Word.NOT_RUN, True)
