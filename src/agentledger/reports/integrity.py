"""What the crossings of a branch's checks show, in sentences: the same on every output.

Belongs here: those sentences. Does not: crossing (see `workflow.integrity`), or the layout of one output.

The words say what is there and what is gone. Whether a test was weakened is for the reader to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.model.integrity import CrossingEnd, CrossingRun, Integrity, Meaning
from agentledger.model.text import escape_hidden, format_count

_ASKS = {
    Meaning.UNTESTED: "no test can tell this change from base",
    Meaning.DEMANDS_REMOVED: "nothing here asks for the new behaviour",
    Meaning.TESTS_ONLY: "only tests changed: nothing was crossed",
}


def describe_crossings(integrity: Integrity) -> tuple[str, ...]:
    """Return what the crossings of one check show, a sentence each."""
    if integrity.meaning is Meaning.UNKNOWN:
        return (f"no verdict: {escape_hidden(integrity.why)}",)
    if integrity.meaning is Meaning.TESTS_ONLY:
        return (_ASKS[Meaning.TESTS_ONLY],)
    return tuple(_describe_pair(integrity))


def _describe_pair(integrity: Integrity) -> Iterator[str]:
    if integrity.c:
        yield f"base's tests: {_describe_run(integrity.c, 'object')}"
    if integrity.meaning in _ASKS:
        yield _ASKS[integrity.meaning]
    elif integrity.d:
        yield f"the branch's tests on base's code: {_describe_run(integrity.d, 'fail')}"


def _describe_run(run: CrossingRun, verb: str) -> str:
    if run.end is CrossingEnd.PASSES:
        return "pass" if run.tests != 0 or run.exit_code is not None else "there are none to run"
    if run.end is CrossingEnd.NOT_LOADED:
        return f"do not load ({escape_hidden(run.why)})" if run.why else "do not load"
    if run.failed is None or run.tests is None:
        return verb
    return f"{run.failed:,} of {format_count(run.tests, 'test').split(' ')[0]} {verb}"
