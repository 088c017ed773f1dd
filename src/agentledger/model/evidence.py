"""The recorded run of a check: how it ended, what its report says, what it ran with, and how base compares.

Belongs here: these values, and the two decisions that every reader of them takes alike: did it pass, and does it
fail on base, too. Does not: parsing them (see `documents.evidence`), words about them (see `check_words`), or whose
run is believed (see `attention.trust`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from agentledger.model.ledger import Document


@dataclass(frozen=True, slots=True)
class JUnit:
    """What a check's report says: how many tests there were, how they ended, and which of them failed."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    #: Names of tests that failed, as `class::name`; not all where there are many.
    failed: tuple[str, ...] = ()
    #: How many failed, and of how many of these no name is known, such as a package that does not compile.
    failed_total: int = 0
    unnamed: int = 0
    #: Passed in a later try, after a failed one.
    flaky: int = 0
    #: Only notes of a runner's: a test without an assertion, one whose steps are still to be written.
    risky: int = 0
    pending: int = 0

    @property
    def broken(self) -> int:
        """How many failed."""
        return max(self.failed_total, self.failures + self.errors, len(self.failed))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBase:
    """The same check on base, and how its failures there compare with those here."""

    commit: str
    exit_code: int
    #: Names of tests that failed there, and how many did; None where it has no report.
    failed: tuple[str, ...] = ()
    failed_total: int | None = None
    #: Of the failures here those that base does not have, by name, and how many; None: not compared by name.
    new: tuple[str, ...] = ()
    new_total: int | None = None
    #: Why the two runs cannot be compared.
    unlike: str | None = None


class AgainstBase(Enum):
    """What base's run of a check makes of a failure here."""

    #: All that fails here fails there, too, and the command ends alike.
    SAME = "same"
    #: Only the exit code is the same.
    SAME_CODE = "same-code"
    NEW = "new"
    PASSES = "passes"
    #: The two cannot be compared.
    UNLIKE = "unlike"


def compare_with_base(exit_code: int | None, on_base: OnBase | None) -> AgainstBase | None:
    """What base's run makes of a failure here; None where there was no such run."""
    if on_base is None:
        return None
    if on_base.exit_code == 0 and exit_code:
        return AgainstBase.PASSES
    if on_base.unlike is not None:
        return AgainstBase.UNLIKE
    if on_base.new_total is None:
        return AgainstBase.SAME_CODE if exit_code == on_base.exit_code else AgainstBase.UNLIKE
    if on_base.new_total:
        return AgainstBase.NEW
    # A command that hides the same failures behind another end is another command.
    return AgainstBase.SAME if bool(exit_code) == bool(on_base.exit_code) else AgainstBase.UNLIKE


def fails_as_base(exit_code: int | None, on_base: OnBase | None) -> bool:
    """Did a check fail in a way that base's own run of it excuses?"""
    against = compare_with_base(exit_code, on_base)
    return bool(exit_code) and against in (AgainstBase.SAME, AgainstBase.SAME_CODE)


class Run(Protocol):
    """A run of a check, recorded or just made, as far as two of them are compared."""

    @property
    def passed(self) -> bool:
        """Did it pass?"""

    @property
    def exit_code(self) -> int | None:
        """None where it was skipped."""

    @property
    def on_base(self) -> OnBase | None:
        """The same check on base, where that was tried."""


def confirms(run: Run, recorded: Run) -> bool | None:
    """Does somebody else's run bear out a recorded result? None: it does not tell.

    That a failure is base's, too, is a part of the result: it takes the failing run of whoever says so, and base's.
    """
    if run.passed != recorded.passed:
        return False
    if not fails_as_base(recorded.exit_code, recorded.on_base):
        return True
    return None if run.on_base is None else fails_as_base(run.exit_code, run.on_base)


def has_passed(
    exit_code: int | None, skipped: str | None, junit: JUnit | None, on_base: OnBase | None
) -> bool:
    """Did a check pass? Its exit code decides that it failed; nothing to run counts as passed.

    With exit code 0, a report with failures is fine where base has the same ones and ends with 0, too: many
    runners list what may fail. Otherwise something hides them, such as `|| true`.
    """
    if skipped is not None:
        return True
    if exit_code != 0:
        return False
    listed = junit is not None and junit.broken > 0
    return not listed or compare_with_base(exit_code, on_base) is AgainstBase.SAME


@dataclass(frozen=True, slots=True)
class TestCounts:
    """How many tests a test runner said it had, in its own output, and how many of them failed or were skipped."""

    #: The runner's name; of several, each, and how often: `jest ×2 + pytest`.
    runner: str
    #: All of them, also those that were skipped.
    tests: int = 0
    #: With those that ended in an error.
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class RanWith:
    """What a check ran with, as far as that is known."""

    #: The interpreter or tool and its version, such as `Python 3.11.7`; "" where it is not known.
    tool: str = ""
    #: Lock files as the run saw them: path from the worktree's top, and SHA-256.
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBefore:
    """The last run of a check that differed from this one in what is compared."""

    #: The commit that it was of.
    head: str
    #: How many tests there were; None where that is not known.
    tests: int | None = None
    ran_with: RanWith | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The recorded run of a check."""

    document: Document
    check: str
    #: The command, before its {…} were filled in.
    command: str
    #: None where it was skipped.
    exit_code: int | None
    started_at: int
    seconds: float
    #: The commit that was checked, and its tree without the ledger's folder.
    head: str
    tree: str
    #: The id of the branch's net change; it decides where `head` is gone.
    change: str | None = None
    #: The log's last lines, without secrets.
    tail: tuple[str, ...] = ()
    #: The whole log's SHA-256, by which it is found, and its length.
    log_sha256: str | None = None
    log_bytes: int = 0
    #: Was the middle of the log left out?
    truncated: bool = False
    #: How many runs of this check in a row had failed by then.
    failures_in_a_row: int = 0
    junit: JUnit | None = None
    #: What is wrong with the report that was asked for: it is missing, or a part of it cannot be read.
    report_gap: str | None = None
    #: What the test runner itself said, where there is no JUnit file.
    counts: TestCounts | None = None
    ran_with: RanWith | None = None
    before: RunBefore | None = None
    #: The same check on base, where that was tried.
    on_base: OnBase | None = None
    #: Why there was nothing to run.
    skipped: str | None = None

    @property
    def tests(self) -> int | None:
        """How many tests there were; None where that is not known."""
        return self.junit.tests if self.junit else self.counts.tests if self.counts else None

    @property
    def passed(self) -> bool:
        """Did it pass, as `has_passed` says? What was skipped has not passed: see `Checked.result`."""
        return self.skipped is None and has_passed(self.exit_code, None, self.junit, self.on_base)
