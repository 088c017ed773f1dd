"""What the two crossings of a check mean together, beside both sides' own runs.

Belongs here: the decision table, and in words why there is no verdict. Does not: reading how a run ended (see
`ends`), or words about single tests. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from agentledger.model.integrity import CrossingEnd, CrossingRun, Meaning


class Verdict(NamedTuple):
    """What the runs mean; `why` is in words where there is no verdict, else ''."""

    meaning: Meaning
    why: str = ""


# By "do base's tests object to the branch's code", and "do the branch's tests ask for more than base's code has".
_TABLE = {
    (False, True): Meaning.TESTED,
    (True, True): Meaning.CONTRACT_CHANGED,
    (True, False): Meaning.DEMANDS_REMOVED,
    (False, False): Meaning.UNTESTED,
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


def decide(own: CrossingRun, base: CrossingRun, c: CrossingRun, d: CrossingRun) -> Verdict:
    """What the crossings mean by how they ended; `own` and `base` are both sides' own runs."""
    for run, whose in ((own, "the branch's own tests"), (base, "base's own tests")):
        if why := explain_unusable(run, whose):
            return Verdict(Meaning.UNKNOWN, why)
    for run, whose in ((c, "base's tests on the branch's code"), (d, "the branch's tests on base's code")):
        if run.end is CrossingEnd.UNKNOWN:
            return Verdict(Meaning.UNKNOWN, f"{whose}: {run.why}")
    for run, side, whose in ((c, base, "base's"), (d, own, "the branch's")):
        if is_too_few(run, side):
            return Verdict(Meaning.UNKNOWN, f"only {run.tests:,} of {whose} {side.tests:,} tests were found")
    if _fails_beyond(own, base):
        return Verdict(Meaning.UNKNOWN, f"the branch's own tests fail{_format_failed(own)}")
    objects, asks = _fails_beyond(c, base), _fails_beyond(d, own)
    if objects is None or asks is None:
        run, whose = (base, "base's") if objects is None else (own, "the branch's")
        return Verdict(Meaning.UNKNOWN, f"{whose} tests fail without being crossed, too{_format_failed(run)}")
    return Verdict(_TABLE[objects, asks])


def _fails_beyond(run: CrossingRun, side: CrossingRun) -> bool | None:
    """Do more tests fail in a run than in another one? None where that cannot be told, since no test was counted."""
    if run.end is CrossingEnd.PASSES:
        return False
    if side.end is CrossingEnd.PASSES or run.end is CrossingEnd.NOT_LOADED:
        return True
    return None if run.failed is None or side.failed is None else run.failed > side.failed


def _format_failed(run: CrossingRun) -> str:
    return f" ({run.failed:,} of {run.tests:,})" if run.failed is not None and run.tests else ""


def is_too_few(run: CrossingRun, own: CrossingRun) -> bool:
    """Were less than half of a side's tests found on the other code, though that loads?"""
    if run.end is CrossingEnd.NOT_LOADED or run.tests is None or own.tests is None:
        return False
    return run.exit_code is not None and run.tests * 2 < own.tests
