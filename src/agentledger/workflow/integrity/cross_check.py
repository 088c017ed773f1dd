"""Decides which runs it takes to cross one check of one branch, makes them, and says what they mean.

Belongs here: what is known without a run, the order of the runs, and why a check is not crossed. Does not: a single
run (see `runs`), the table (see `decide`), or keeping the result (see `cross_branch`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentledger.model.integrity import CrossingEnd, CrossingRun, Meaning
from agentledger.model.ledger import Check
from agentledger.model.text import format_count, format_path
from agentledger.workflow.integrity import sides
from agentledger.workflow.integrity.decide import Verdict, decide, explain_unusable
from agentledger.workflow.integrity.runs import Bench

_SHOWN = 2  # files that a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """One check, what its crossings mean, and the runs; None for one that was not needed."""

    check: Check
    verdict: Verdict
    own: CrossingRun | None = None
    base: CrossingRun | None = None
    c: CrossingRun | None = None
    d: CrossingRun | None = None


def explain_not_crossed(bench: Bench, check: Check) -> str:
    """Why nothing would follow from crossing a check, as the files show it; '' where something may."""
    at = bench.sides
    if not at.changed:
        return "the branch changes neither code nor tests"
    if not any(at.has_tests):
        return "no file counts as a test here ([paths] tests in .agentledger/config.toml)"
    beside = sides.find_tests_beside_code(bench.scratch, at, check.run)
    if beside:
        names = ", ".join(map(format_path, beside[:_SHOWN]))
        more = f" and {format_count(len(beside) - _SHOWN, 'more file')}" if len(beside) > _SHOWN else ""
        return f"tests beside the code: not crossed ({names}{more})"
    return ""


def cross_check(bench: Bench, check: Check, own: CrossingRun | None) -> Crossed:
    """Cross one check; `own` is the branch's own run where its evidence has one.

    Raises LedgerError where a worktree cannot be made.
    """
    if why := explain_not_crossed(bench, check):
        return Crossed(check=check, verdict=Verdict(Meaning.UNKNOWN, why))
    own = own or bench.run_head(check)
    if why := explain_unusable(own, "the branch's own tests"):
        return Crossed(check=check, verdict=Verdict(Meaning.UNKNOWN, why), own=own)
    base = bench.run_base(check) if bench.sides.has_tests[0] else _nothing_to_run("base has no tests")
    if why := explain_unusable(base, "base's own tests"):
        return Crossed(check=check, verdict=Verdict(Meaning.UNKNOWN, why), own=own, base=base)
    crossed = _cross(bench, check, own, base)
    if crossed.verdict.meaning is Meaning.UNTESTED:
        return _try_garbage(bench, crossed, own)
    return crossed


def _cross(bench: Bench, check: Check, own: CrossingRun, base: CrossingRun) -> Crossed:
    at = bench.sides
    if not at.code:
        return Crossed(check=check, verdict=Verdict(Meaning.TESTS_ONLY), own=own, base=base)
    if not at.tests:
        # Base's tests are the branch's own, so that both crossings have been run already.
        c, d = (
            _known_from(run, whose)
            for run, whose in ((own, "the branch's own run"), (base, "base's own run"))
        )
        return Crossed(check=check, verdict=_decide_code_alone(own, base), own=own, base=base, c=c, d=d)
    c = bench.run_c(check, own) if at.has_tests[0] else _nothing_to_run("base has no tests")
    d = bench.run_d(check, own) if at.has_tests[1] else _nothing_to_run("the branch has no tests")
    return Crossed(check=check, verdict=decide(own, base, c, d), own=own, base=base, c=c, d=d)


def _decide_code_alone(own: CrossingRun, base: CrossingRun) -> Verdict:
    """Of a branch that changed no test: its own run and base's are of the same tests."""
    passes = CrossingEnd.PASSES
    if own.end is passes:
        return Verdict(Meaning.UNTESTED if base.end is passes else Meaning.TESTED)
    if base.end is passes:
        return Verdict(Meaning.UNKNOWN, "the branch's own tests fail, and it changed none of them")
    if own.failed is None or base.failed is None or own.failed > base.failed:
        return Verdict(Meaning.UNKNOWN, "the same tests fail on base, or as many")
    return Verdict(Meaning.TESTED if own.failed < base.failed else Meaning.UNTESTED)


def _try_garbage(bench: Bench, crossed: Crossed, own: CrossingRun) -> Crossed:
    """That no test can tell is said only of a check that reads the code of its worktree."""
    if bench.passes_with_garbage(crossed.check, own):
        why = "it passes with garbage in place of all code: it does not test the code of its own worktree"
        return replace(crossed, verdict=Verdict(Meaning.UNKNOWN, why))
    return crossed


def _known_from(run: CrossingRun, whose: str) -> CrossingRun:
    return replace(run, exit_code=None, seconds=0.0, why=f"known from {whose}")


def _nothing_to_run(why: str) -> CrossingRun:
    return CrossingRun(end=CrossingEnd.PASSES, tests=0, failed=0, why=why)
