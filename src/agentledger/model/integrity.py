"""What a branch did to the tests: the two crossings with base, the words about single tests, and counts of lines.

Belongs here: these values. Does not: running a crossing (see `workflow.verify`), counting lines (see
`changes.static_facts`), or how an output puts them (see `reports.integrity`).

A crossing runs one side's tests on the other side's code, both taken at the branch and at its merge base with
base: C is base's tests on the branch's code, D the branch's tests on base's code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from agentledger.model.ledger import Document


class CrossingEnd(StrEnum):
    """How a crossing ended."""

    PASSES = "passes"
    FAILS = "fails"
    #: Its tests could not be collected or built, most often for want of a new name.
    NOT_LOADED = "does not load"
    #: Killed, could not be started, or its report is not whole.
    UNKNOWN = "no verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingRun:
    """One side's tests on the other side's code."""

    end: CrossingEnd
    #: None where nothing was run for it: it is known from another run (`from_run`).
    exit_code: int | None = None
    seconds: float = 0.0
    #: How many tests ran, and how many of them failed; None where that is not known.
    tests: int | None = None
    failed: int | None = None
    #: In words, why there is no verdict, what did not load, or from what it is known; else ''.
    why: str = ""

    @classmethod
    def nothing(cls, why: str) -> CrossingRun:
        """Of a side that has no test to run: nothing objects."""
        return cls(end=CrossingEnd.PASSES, tests=0, failed=0, why=why)


class Meaning(StrEnum):
    """What the two crossings say together."""

    #: C passes, D fails: something was added, and a test asks for it.
    TESTED = "added, and tested"
    #: Both fail: the contract changed, and the new one is asked for.
    CONTRACT_CHANGED = "the contract changed"
    #: C fails, D passes: base's tests object, and nothing asks for the new behaviour (TST001).
    DEMANDS_REMOVED = "demands were only taken away"
    #: Both pass, though code changed: no test can tell the change from base (TST002).
    UNTESTED = "no test can tell"
    #: The branch changed only tests: nothing was crossed, base's run and the branch's were compared.
    TESTS_ONLY = "only tests changed"
    UNKNOWN = "no verdict"


class Word(StrEnum):
    """What became of one test that passed on base."""

    SILENCED_SKIPPED = "silenced: skipped"
    SILENCED_GONE = "silenced: gone"
    SILENCED_ROW = "silenced: row gone"
    #: Its new version passes on both codes.
    LOOSENED = "loosened"
    CHANGED_GUARD = "changed guard"
    CHANGED_GUARD_NEW_INTERFACE = "changed guard, with a new interface"
    GONE_PASSING = "gone, though it still passes"
    SKIPPED_PASSING = "newly skipped, though it passes"
    GONE_WITH_SUBJECT = "gone with its subject"
    FOLLOWS_INTERFACE = "follows the interface"
    NOT_RUN = "no longer run"
    #: The same crossing ended otherwise when it was run once more: no word about it.
    FLAKY = "flaky"


#: The words for which TST001 fires where the brief does not own the test.
TAKEN_AWAY = (Word.SILENCED_SKIPPED, Word.SILENCED_GONE, Word.SILENCED_ROW, Word.LOOSENED)


class WordOnTest(NamedTuple):
    """One test of base's, what became of it, and both versions of its text."""

    #: `file | container | name[row]`, as the runner's report has it.
    test: str
    word: Word
    #: The branch's test that took its place, '' for none, and how: `renamed`, `moved`, `rewritten, 82 % alike` …
    partner: str = ""
    pairing: str = ""
    #: Its path on base and on the branch, where they were found.
    path: str = ""
    partner_path: str = ""
    #: Its lines on base and those of the branch's version, '' where they were not found.
    base_text: str = ""
    branch_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """What the crossings of one check show about one head."""

    document: Document
    check: str
    #: The command, before its {…} were filled in.
    command: str
    at: int
    #: The branch and its commit that were looked at, and the commit where its own work begins.
    branch: str = ""
    head: str
    base: str
    #: The branch's change id at `head`; it decides where `head` is gone.
    change: str | None = None
    meaning: Meaning = Meaning.UNKNOWN
    #: In words, why there is no verdict; '' where there is one.
    why: str = ""
    #: None where it needs no run, since the branch changed no tests, or tests alone.
    c: CrossingRun | None = None
    d: CrossingRun | None = None
    #: What became of base's tests that do not simply pass; the weightiest first, no more than `MOST_WORDS`.
    words: tuple[WordOnTest, ...] = ()
    #: How many words there are, also those left out.
    words_total: int = 0
    #: Of the branch's passing tests: how many fail on base's code, and how many need names that base lacks.
    tells: int | None = None
    needs_names: int | None = None


MOST_WORDS = 50


class MarkedLine(NamedTuple):
    """A line that a branch added to a test file, and that decides which tests run."""

    #: The test or group of tests that it is on; '' for the whole file, and where nobody can tell.
    test: str
    path: str
    #: At the branch's head.
    line: int
    text: str
    #: Does it depend on a condition, such as the platform?
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFacts:
    """Counts of lines in the test files that a branch changed, without running anything."""

    #: Lines that assert something, and declarations of tests: taken away, and added.
    assertions_removed: int = 0
    assertions_added: int = 0
    tests_removed: int = 0
    tests_added: int = 0
    #: Lines of code outside tests, documents and generated files.
    code_removed: int = 0
    code_added: int = 0
    #: Skips of tests that run on base, the unconditional ones first.
    skips: tuple[MarkedLine, ...] = ()
    #: Marks that make a runner run these tests alone (`.only`).
    focus: tuple[MarkedLine, ...] = ()
    #: Tables of rows were added (`parametrize`, `test.each`), which take the place of single assertions.
    adds_rows: bool = False

    @property
    def is_loss(self) -> bool:
        """Are so many demands gone, without code going with them, that a reader should look?

        The threshold is measured (docs/integrity.md): below it, most losses are removals of a feature.
        """
        net = self.assertions_added - self.assertions_removed
        shrinks = self.code_removed > self.code_added
        return net <= -2 and self.tests_removed > self.tests_added and not shrinks and not self.adds_rows
