"""Decides which runs it takes to cross one check of one branch, makes them, and says what they mean.

Belongs here: what is known without a run, the order of the runs, and why a check is not crossed. Does not: a single
run (see `runs`), the table (see `decide`), or words about single tests (see `name_words`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from agentledger.crossed.words import Words
from agentledger.model.integrity import CrossingRun, Meaning
from agentledger.model.ledger import Check
from agentledger.model.text import format_count, format_path
from agentledger.workflow.integrity import name_words, sides
from agentledger.workflow.integrity.decide import Verdict, decide, decide_code_alone, explain_unusable
from agentledger.workflow.integrity.runs import NO_TEST, Bench
from agentledger.workflow.integrity.side_run import SideRun

_SHOWN = 2  # files that a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """One check, what its crossings mean, and the runs; None for one that was not needed."""

    check: Check
    verdict: Verdict
    c: SideRun | None = None
    d: SideRun | None = None
    words: Words = field(default_factory=Words)


def explain_not_crossed(bench: Bench, check: Check) -> str:
    """Why nothing would follow from crossing a check, as the files show it; '' where something may."""
    at = bench.sides
    if not at.changed:
        return "the branch changes neither code nor tests"
    if not any(at.has_tests):
        return "no file counts as a test here ([paths] tests in .agentledger/config.toml)"
    if clashes := sides.find_clashes(at):
        return f"{format_path(clashes[0])} is a folder on one side, and a file or a link on the other"
    beside = sides.find_tests_beside_code(bench.scratch, at, check.run)
    if beside:
        names = ", ".join(map(format_path, beside[:_SHOWN]))
        more = f" and {format_count(len(beside) - _SHOWN, 'more file')}" if len(beside) > _SHOWN else ""
        return f"tests beside the code: not crossed ({names}{more})"
    return ""


def cross_check(bench: Bench, check: Check, evidence: CrossingRun | None) -> Crossed:
    """Cross one check; `evidence` is the branch's own run, where its evidence has one.

    Raises LedgerError where a worktree cannot be made.
    """
    if why := explain_not_crossed(bench, check):
        return Crossed(check=check, verdict=Verdict(Meaning.UNKNOWN, why))
    own = SideRun(end=evidence) if evidence else bench.run_head(check)
    if why := explain_unusable(own.end, "the branch's own tests"):
        return Crossed(check=check, verdict=Verdict(Meaning.UNKNOWN, why))
    has_tests = bench.sides.has_tests[0]
    base = bench.run_base(check) if has_tests else _run_nothing("base has no tests")
    if why := explain_unusable(base.end, "base's own tests"):
        return Crossed(check=check, verdict=Verdict(Meaning.UNKNOWN, why))
    crossed = _cross(bench, check, own, base)
    if crossed.verdict.meaning is Meaning.UNTESTED:
        return _try_garbage(bench, crossed, own.end)
    return crossed


def _cross(bench: Bench, check: Check, own: SideRun, base: SideRun) -> Crossed:
    at = bench.sides
    if not at.code:
        # Base's tests were on code like the branch's, and the branch's on code like base's.
        words = name_words.name_words(bench, check, name_words.Runs(own, base, c=base, d=own))
        return Crossed(check=check, verdict=Verdict(Meaning.TESTS_ONLY), words=words)
    if not at.tests:
        # Base's tests are the branch's own, so that both crossings have been run already.
        c, d = _known_from(own, "the branch's own run"), _known_from(base, "base's own run")
        return Crossed(check=check, verdict=decide_code_alone(own, base), c=c, d=d)
    c = bench.run_c(check, own.end) if at.has_tests[0] else _run_nothing("base has no tests")
    d = bench.run_d(check, own.end) if at.has_tests[1] else _run_nothing("the branch has no tests")
    runs = name_words.Runs(own, base, c.without_small(base), d.without_small(own))
    verdict = decide(runs.own, runs.base, runs.c, runs.d)
    if verdict.meaning is Meaning.UNKNOWN:
        return Crossed(check=check, verdict=verdict, c=runs.c, d=runs.d)
    verdict, words = name_words.confirm(bench, check, runs, verdict)
    return Crossed(check=check, verdict=verdict, c=runs.c, d=runs.d, words=words)


def _try_garbage(bench: Bench, crossed: Crossed, own: CrossingRun) -> Crossed:
    """That no test can tell is said only of a check that reads the code of its worktree."""
    if bench.passes_with_garbage(crossed.check, own):
        why = "it passes with garbage in place of all code: it does not test the code of its own worktree"
        return replace(crossed, verdict=Verdict(Meaning.UNKNOWN, why), words=Words())
    return crossed


def _known_from(run: SideRun, whose: str) -> SideRun:
    return replace(run, end=replace(run.end, exit_code=None, seconds=0.0, why=f"known from {whose}"))


def _run_nothing(why: str) -> SideRun:
    return SideRun(end=CrossingRun.nothing(why), named=NO_TEST)
