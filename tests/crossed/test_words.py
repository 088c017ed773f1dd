"""What became of base's tests, by four runs: the table, the counts, and what is confirmed."""

from __future__ import annotations

import pytest

from agentledger.crossed.texts import Texts
from agentledger.crossed.words import FourRuns, Words, list_to_confirm, without_flaky, word_tests
from agentledger.model.integrity import MOST_WORDS, Word
from agentledger.running.named_results import Ending, TestRun, read_run

ENDINGS = {
    "p": "",
    "f": "<failure message='AssertionError'/>",
    "n": "<failure message='ImportError: cannot import name'/>",
    "s": "<skipped/>",
}
FILE = "tests/test_a.py"
OLD = "def test_x():\n    pot = Pot()\n    assert pot.pour(3) == 'tea'\n    assert pot.empty\n"
NEW = OLD.replace("assert pot.empty", "pass")


def run(ends: str, others: int = 1, files: str = "") -> TestRun:
    """`x:p x[1]:f`: tests of tests/test_a.py and how they end; `others` more pass; `files` do not load."""
    cases = [tuple(each.split(":")) for each in ends.split()]
    cases += [(f"test_other_{number}", "p") for number in range(others)]
    lines = [
        f"<testcase classname='tests.test_a' name='{name}'>{ENDINGS[end]}</testcase>" for name, end in cases
    ]
    lines += [
        f"<testcase classname='' name='{file}'><error message='collection failure'/></testcase>"
        for file in files.split()
    ]
    return read_run([f"<testsuite>{''.join(lines)}</testsuite>".encode()], (FILE, "tests/test_b.py"))


def tell(base: str, branch: str, c: str, d: str, old: str = OLD, new: str = NEW) -> Words:
    runs = FourRuns(run(base), run(branch), run(c), run(d))
    return word_tests(runs, Texts({FILE: old}), Texts({FILE: new}))


# base, the branch, base's tests on the branch's code, the branch's tests on base's code.
TABLE: dict[str, tuple[str, str, str, str, Word | None]] = {
    "it still holds": ("test_x:p", "test_x:p", "test_x:p", "test_x:p", None),
    "it failed before": ("test_x:f", "", "test_x:f", "", None),
    "it was skipped before": ("test_x:s", "", "test_x:f", "", None),
    "it fails on the branch": ("test_x:p", "test_x:f", "test_x:f", "test_x:p", None),
    "skipped, and it would fail": ("test_x:p", "test_x:s", "test_x:f", "test_x:s", Word.SILENCED_SKIPPED),
    "skipped, and it would pass": ("test_x:p", "test_x:s", "test_x:p", "test_x:s", Word.SKIPPED_PASSING),
    "skipped with its subject": ("test_x:p", "test_x:s", "test_x:n", "test_x:s", Word.GONE_WITH_SUBJECT),
    "it skips itself": ("test_x:p", "test_x:s", "test_x:s", "test_x:p", Word.NOT_RUN),
    "gone, and it would fail": ("test_x:p", "", "test_x:f", "", Word.SILENCED_GONE),
    "gone, and it would pass": ("test_x:p", "", "test_x:p", "", Word.GONE_PASSING),
    "gone with its subject": ("test_x:p", "", "test_x:n", "", Word.GONE_WITH_SUBJECT),
    "no longer chosen": ("test_x:p", "", "", "", Word.NOT_RUN),
    "a row that would fail": (
        "test_x[1]:p test_x[2]:p",
        "test_x[2]:p",
        "test_x[1]:f test_x[2]:p",
        "",
        Word.SILENCED_ROW,
    ),
    "a row made of the code": (
        "test_x[1]:p test_x[2]:p",
        "test_x[2]:p",
        "test_x[2]:p",
        "",
        Word.GONE_WITH_SUBJECT,
    ),
    "loosened": ("test_x:p", "test_x:p", "test_x:f", "test_x:p", Word.LOOSENED),
    "another contract": ("test_x:p", "test_x:p", "test_x:f", "test_x:f", Word.CHANGED_GUARD),
    "another contract and interface": (
        "test_x:p",
        "test_x:p",
        "test_x:f",
        "test_x:n",
        Word.CHANGED_GUARD_NEW_INTERFACE,
    ),
    "another interface": ("test_x:p", "test_x:p", "test_x:n", "test_x:n", Word.FOLLOWS_INTERFACE),
    "one of two of a name gone": (
        "test_x:p test_x:p",
        "test_x:p",
        "test_x:p test_x:f",
        "",
        Word.SILENCED_GONE,
    ),
    "a row changed, and asks for less": (
        "test_x[a-1]:p",
        "test_x[a-2]:p",
        "test_x[a-1]:f",
        "test_x[a-2]:p",
        Word.LOOSENED,
    ),
    "a row changed, and asks for another": (
        "test_x[a-1]:p",
        "test_x[a-2]:p",
        "test_x[a-1]:f",
        "test_x[a-2]:f",
        Word.CHANGED_GUARD,
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_word_for_a_test(case: str) -> None:
    base, branch, c, d, word = TABLE[case]
    new = "" if "test_x" not in branch else NEW
    assert [each.word for each in tell(base, branch, c, d, new=new).words] == ([word] if word else [])


def test_a_word_shows_both_texts_and_where_they_are() -> None:
    (word,) = tell("test_x:p", "test_x:p", "test_x:f", "test_x:p").words
    assert (word.test, word.path, word.partner_path) == (f"{FILE} | test_x", FILE, FILE)
    assert (word.base_text, word.branch_text) == (OLD.strip(), NEW.strip())
    assert (word.partner, word.pairing) == ("", "")


def test_a_renamed_test_that_asks_for_less_is_loosened_and_not_gone() -> None:
    new = OLD.replace("test_x", "test_pot_pours").replace("'tea'", "ANY")
    words = tell(
        "test_x:p", "test_pot_pours:p", "test_x:f", "test_pot_pours:p", old=OLD.replace("_x", "_pot_pour")
    )
    assert [word.word for word in words.words] == [Word.SILENCED_GONE]
    words = tell(
        "test_pot_pour:p",
        "test_pot_pours:p",
        "test_pot_pour:f",
        "test_pot_pours:p",
        old=OLD.replace("test_x", "test_pot_pour"),
        new=new,
    )
    (word,) = words.words
    assert word.word is Word.LOOSENED
    assert word.partner == f"{FILE} | test_pot_pours"
    assert word.pairing.startswith("rewritten as ")


def test_a_renamed_test_that_still_holds_has_no_word() -> None:
    new = OLD.replace("test_x", "test_pours")
    assert tell("test_x:p", "test_pours:p", "test_x:p", "test_pours:p", new=new).total == 0


def test_lines_that_are_still_there_are_no_longer_run() -> None:
    (word,) = tell("test_x:p", "", "test_x:p", "", new=OLD).words
    assert word.word is Word.NOT_RUN


def test_a_file_that_does_not_load_took_its_tests_along() -> None:
    runs = FourRuns(run("test_x:p"), run("test_x:p"), run("", 0, "tests.test_a"), run("", 0, "tests.test_a"))
    words = word_tests(runs, Texts({FILE: OLD}), Texts({FILE: NEW}))
    assert {word.word for word in words.words} == {Word.FOLLOWS_INTERFACE}
    assert (words.tells, words.needs_names) == (0, 2)


def test_what_the_branch_asks_for_is_counted() -> None:
    words = tell("", "test_x:p test_y:p test_z:p test_w:f", "", "test_x:f test_y:n test_z:p test_w:f")
    assert (words.tells, words.needs_names) == (1, 1)


def test_a_run_that_is_not_there_or_not_whole_accuses_nobody() -> None:
    cut = TestRun(cases=run("").cases, gap="is no XML")
    whole = run("test_x:p")
    texts = Texts({FILE: OLD}), Texts({})
    assert word_tests(FourRuns(whole, cut, run("test_x:f"), whole), *texts).total == 0
    for c, unknown in ((cut, 1), (TestRun(gap="is not there"), 2), (None, 2)):
        words = word_tests(FourRuns(whole, run(""), c, None), *texts)
        # Of a test that passes on the branch, nobody knows whether it was loosened.
        assert (words.total, words.unknown) == (0, unknown)
        assert (words.tells, words.needs_names) == (None, None)


def test_where_only_tests_changed_the_two_runs_are_enough() -> None:
    base, branch = run("test_x:p test_y:p test_z:p"), run("test_y:s test_z:p")
    words = word_tests(FourRuns(base, branch, base, branch), Texts({FILE: OLD}), Texts({}))
    assert [word.word for word in words.words] == [Word.GONE_PASSING, Word.SKIPPED_PASSING]


def test_the_weightiest_words_are_shown_and_all_are_counted() -> None:
    many = [f"test_{number:03}" for number in range(60)]
    words = tell(
        " ".join(f"{name}:p" for name in [*many, "test_x"]),
        "test_x:s",
        " ".join(f"{name}:p" for name in many) + " test_x:f",
        "",
    )
    assert len(words.words) == MOST_WORDS
    assert words.total == 61
    assert words.words[0].word is Word.SILENCED_SKIPPED
    assert [word.test for word in words.words[1:]] == sorted(word.test for word in words.words[1:])


def test_names_of_control_characters_and_very_many_of_them_are_told() -> None:
    odd = "test_\u202e&#x9;&#x85;" + "é" * 600
    base = run(" ".join(f"test_{number}[{number}]:p" for number in range(10_000)) + f" {odd}:p")
    words = word_tests(FourRuns(base, run(""), base, run("")), Texts({}), Texts({}))
    assert words.total == 10_001


def test_what_ended_otherwise_the_second_time_is_flaky() -> None:
    told = tell(
        "test_x:p test_y:p test_z:p test_w:p",
        "test_x:p test_y:p",
        "test_x:f test_y:f test_z:f test_w:p",
        "test_x:p test_y:p",
    )
    assert [(word.test.split("_")[-1], word.word) for word in told.words] == [
        ("z", Word.SILENCED_GONE),
        ("x", Word.LOOSENED),
        ("y", Word.LOOSENED),
        ("w", Word.GONE_PASSING),
    ]
    wanted = list_to_confirm(told.words)
    assert wanted.c_tests == tuple(f"{FILE} | test_{letter}" for letter in "zxy")
    assert wanted.d_tests == tuple(f"{FILE} | test_{letter}" for letter in "xy")
    assert wanted.d_files == (FILE,)
    again = without_flaky(told.words, run("test_x:f test_y:f test_z:p"), run("test_x:p test_y:f"))
    assert [(word.test.split("_")[-1], word.word) for word in again] == [
        ("x", Word.LOOSENED),
        ("w", Word.GONE_PASSING),
        ("y", Word.FLAKY),
        ("z", Word.FLAKY),
    ]
    assert without_flaky(told.words, None) == told.words


def test_every_ending_has_a_place_in_the_table() -> None:
    for before in Ending:
        for after in Ending:
            letters = {Ending.PASSED: "p", Ending.FAILED: "f", Ending.NOT_LOADED: "n", Ending.SKIPPED: "s"}
            for branch in ("test_x:p", "test_x:s", ""):
                words = tell("test_x:p", branch, f"test_x:{letters[before]}", f"test_x:{letters[after]}")
                assert words.total + words.unknown <= 1
