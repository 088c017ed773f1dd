"""A check's result in words, the same on every output.

Belongs here: what its report says, which tests failed, what base's own run of it says. Does not: how far to trust
it (see `attention.trust`), or what follows from it (see `rules.evidence`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from agentledger.model.evidence import AgainstBase, JUnit, OnBase, TestCounts, compare_with_base
from agentledger.model.text import escape_hidden, format_count

_SHOWN = 3  # names of tests
_LONGEST = 120  # characters of one


class Result(Protocol):
    """A run of a check, fresh or recorded."""

    @property
    def exit_code(self) -> int | None:
        """None where it was skipped."""

    @property
    def junit(self) -> JUnit | None:
        """What its report says."""

    @property
    def counts(self) -> TestCounts | None:
        """What its test runner said, where it has no report."""

    @property
    def report_gap(self) -> str | None:
        """What is wrong with the report."""

    @property
    def on_base(self) -> OnBase | None:
        """The same check on base."""


Quote = Callable[[str], str]


def describe_tests(junit: JUnit) -> Iterator[str]:
    """The report's counts, each with its word."""
    yield format_count(junit.tests, "test") if junit.tests else "no test at all"
    if junit.tests or junit.broken:
        yield f"{junit.broken:,} failed"
    for count, word in (
        (junit.skipped, "skipped"),
        (junit.flaky, "flaky (passed in a later try)"),
        (junit.risky, "risky"),
        (junit.pending, "pending"),
    ):
        if count:
            yield f"{count:,} {word}"


def describe_counts(result: Result) -> Iterator[str]:
    """The report's counts; without a report what the test runner said, with its name."""
    if result.junit is not None:
        yield from describe_tests(result.junit)
    elif result.counts is not None:
        counts = result.counts
        yield format_count(counts.tests, "test")
        skipped = f", {counts.skipped:,} skipped" if counts.skipped else ""
        yield f"{counts.failed:,} failed{skipped} ({escape_hidden(counts.runner)})"


def describe_report(result: Result, quote: Quote = escape_hidden) -> Iterator[str]:
    """The counts, and what is wrong with the report."""
    yield from describe_counts(result)
    if result.report_gap is not None:
        missing = "no report" if result.junit is None else "not the whole report"
        yield f"{missing}: {quote(result.report_gap)}"


def list_failed(result: Result, quote: Quote = escape_hidden) -> str:
    """The first tests that failed, those that do not fail on base before others; '' where no name is known."""
    if result.junit is None or not result.junit.failed:
        return ""
    new = set(result.on_base.new) if result.on_base else set()
    names = sorted(result.junit.failed, key=lambda name: name not in new)
    return _list_names(names, result.junit.broken, quote)


def describe_against_base(result: Result, quote: Quote = escape_hidden) -> str:
    """What base's run makes of a failure here, in words that follow "it failed, and"; '' without one."""
    match compare_with_base(result.exit_code, result.on_base), result.on_base:
        case AgainstBase.SAME, _:
            return "fails on base, too, in the same tests"
        case AgainstBase.SAME_CODE, _:
            return "fails on base, too (by exit code alone; nothing says that the same tests fail)"
        case AgainstBase.NEW, OnBase() as on_base:
            total = on_base.new_total or 0
            count = format_count(total, "failure that is", "failures that are")
            return f"has {count} not on base: {_list_names(on_base.new, total, quote)}"
        case AgainstBase.UNLIKE, OnBase() as on_base:
            why = f": {quote(on_base.unlike)}" if on_base.unlike else ""
            codes = f"exit code {result.exit_code} here, {on_base.exit_code} on base"
            return f"is not comparable with base{why} ({codes})"
        case AgainstBase.PASSES, _:
            return "passes on base"
        case _:
            return ""


def describe_listed(result: Result, quote: Quote = escape_hidden) -> str:
    """What is said of failures that a report lists though the command ends with 0; '' where it lists none."""
    if result.exit_code != 0 or result.junit is None or not result.junit.broken:
        return ""
    failures = f"its report lists {format_count(result.junit.broken, 'failure')}"
    verdict = compare_with_base(0, result.on_base)
    if verdict is AgainstBase.SAME:
        return f"{failures}, as on base"
    names = list_failed(result, quote)
    listed = f"exit code 0, but {failures}{': ' if names else ''}{names}"
    if verdict is None:
        return f"{listed}; base gives nothing to compare with"
    return f"{listed}; it {describe_against_base(result, quote)}"


def describe_failure(result: Result) -> str:
    """What is known of a check that did not pass, in words that follow its name, such as "failed: a::b"."""
    if listed := describe_listed(result):
        return f"failed: {listed}"
    against, names = describe_against_base(result), list_failed(result)
    if compare_with_base(result.exit_code, result.on_base) in (None, AgainstBase.PASSES) and names:
        return f"failed: {names}"
    return f"failed, and {against}" if against else "failed"


def describe_doubt(result: Result) -> str:
    """What a check that passed does not show, in a few words; '' where its report, if one is asked for, is whole."""
    if result.report_gap is not None:
        return "no report" if result.junit is None else "not the whole report"
    empty = result.junit is not None and not result.junit.tests and not result.junit.broken
    return "no test in its report" if empty else ""


def _list_names(names: Sequence[str], total: int, quote: Quote) -> str:
    shown = [quote(_shorten(name)) for name in names[:_SHOWN]]
    more = [f"{total - len(shown):,} more"] if total > len(shown) else []
    return " and ".join(filter(None, (", ".join(shown), *more)))


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
