"""What the two crossings of a check mean together, beside both sides' own runs.

Belongs here: the decision table, and in words why there is no verdict. Does not: reading how a run ended (see
`ends`), or words about single tests (see `agentledger.crossed`). Pure.

Where all runs have tests by name, only a test that passes on its own side counts. Else exit codes and counts decide.
"""

from __future__ import annotations

from typing import NamedTuple

from agentledger.model.integrity import CrossingEnd, CrossingRun, Meaning
from agentledger.workflow.integrity.side_run import SideRun, find_broken, find_failed


class Verdict(NamedTuple):
    """What the runs mean; `why` is in words where there is no verdict, else ''."""

    meaning: Meaning
    why: str = ""


class Pair(NamedTuple):
    """Do base's tests object to the branch's code, and do the branch's ask for more than base's code has?"""

    objects: bool
    asks: bool


_TABLE = {
    Pair(objects=False, asks=True): Meaning.TESTED,
    Pair(objects=True, asks=True): Meaning.CONTRACT_CHANGED,
    Pair(objects=True, asks=False): Meaning.DEMANDS_REMOVED,
    Pair(objects=False, asks=False): Meaning.UNTESTED,
}


def explain_unusable(run: CrossingRun, whose: str) -> str:
    """Why nothing can follow from crossings where a side's own run ended so; '' where something can."""
    if run.end is CrossingEnd.UNKNOWN:
        return f"{whose}: {run.why}"
    if run.end is CrossingEnd.NOT_LOADED:
        return f"{whose} do not load: {run.why}"
    if run.tests and run.failed == run.tests:
        return f"{whose} fail throughout"
    return ""


def decide(own: SideRun, base: SideRun, c: SideRun, d: SideRun) -> Verdict:
    """What the crossings mean by how they ended; `own` and `base` are both sides' own runs."""
    for run, whose in ((own, "the branch's own tests"), (base, "base's own tests")):
        if why := explain_unusable(run.end, whose):
            return Verdict(Meaning.UNKNOWN, why)
    for run, whose in ((c, "base's tests on the branch's code"), (d, "the branch's tests on base's code")):
        if run.end.end is CrossingEnd.UNKNOWN:
            return Verdict(Meaning.UNKNOWN, f"{whose}: {run.end.why}")
    pair = _compare_names(own, base, c, d)
    return Verdict(_TABLE[pair]) if pair else _decide_by_counts(own.end, base.end, c.end, d.end)


def _compare_names(own: SideRun, base: SideRun, c: SideRun, d: SideRun) -> Pair | None:
    """None where a run has no whole list of tests. What fails on the branch itself is an ordinary failure."""
    if own.names is None or base.names is None:
        return None
    if any(each.names is None and each.end.end is not CrossingEnd.NOT_LOADED for each in (c, d)):
        return None
    failed = find_failed(own.names)
    objects = c.names is None or bool(find_broken(c.names, base.names) - failed)
    return Pair(objects, d.names is None or bool(find_broken(d.names, own.names)))


def _decide_by_counts(own: CrossingRun, base: CrossingRun, c: CrossingRun, d: CrossingRun) -> Verdict:
    if _fails_beyond(own, base):
        return Verdict(Meaning.UNKNOWN, f"the branch's own tests fail{_format_failed(own)}")
    objects, asks = _fails_beyond(c, base), _fails_beyond(d, own)
    if objects is None or asks is None:
        run, whose = (base, "base's") if objects is None else (own, "the branch's")
        why = f"{whose} tests fail without being crossed, too{_format_failed(run)}"
        return Verdict(Meaning.UNKNOWN, why)
    return Verdict(_TABLE[Pair(objects, asks)])


def _fails_beyond(run: CrossingRun, side: CrossingRun) -> bool | None:
    """Do more tests fail in a run than in another one? None where that cannot be told, since no test was counted."""
    if run.end is CrossingEnd.PASSES:
        return False
    if side.end is CrossingEnd.PASSES or run.end is CrossingEnd.NOT_LOADED:
        return True
    return None if run.failed is None or side.failed is None else run.failed > side.failed


def _format_failed(run: CrossingRun) -> str:
    return f" ({run.failed:,} of {run.tests:,})" if run.failed is not None and run.tests else ""


def decide_code_alone(own: SideRun, base: SideRun) -> Verdict:
    """Of a branch that changed no test: its own run and base's are of the same tests."""
    if own.names is not None and base.names is not None:
        if find_broken(own.names, base.names):
            return Verdict(
                Meaning.UNKNOWN, "tests of the branch's own fail that pass on base, and it changed none"
            )
        fixed = find_broken(base.names, own.names)
        return Verdict(Meaning.TESTED if fixed else Meaning.UNTESTED)
    passes, here, there = CrossingEnd.PASSES, own.end, base.end
    if here.end is passes:
        return Verdict(Meaning.UNTESTED if there.end is passes else Meaning.TESTED)
    if there.end is passes:
        return Verdict(Meaning.UNKNOWN, "the branch's own tests fail, and it changed none of them")
    if here.failed is None or there.failed is None or here.failed > there.failed:
        return Verdict(Meaning.UNKNOWN, "the branch's own tests fail, as base's do")
    return Verdict(Meaning.TESTED if here.failed < there.failed else Meaning.UNTESTED)
