"""All checks of a branch in one cell: the worst that is known of them, the same on every board.

Belongs here: which word comes first. Does not: judging evidence (see `attention.trust`), or a check's own line.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.attention.turn import is_finished
from agentledger.model.findings import Finding
from agentledger.model.fleet import Branch
from agentledger.model.text import escape_hidden
from agentledger.model.work import Checked, CheckResult, Fresh, Trust
from agentledger.rules.check_worth import list_doubts

# From the worst to the best: what decides comes first.
WORDS = (
    "failing",
    "edited",
    "contradicted",
    "run with another command",
    "flaky",
    "stale",
    "shows nothing",
    "not run",
    "claimed",
    "reproduced",
    "skipped",
)
# The words that say that a check shows what it should.
GOOD = ("reproduced", "skipped")
BAD = ("failing", "edited", "contradicted")


def summarize_checks(branch: Branch) -> tuple[str, str]:
    """Return the worst word of a branch's checks, and the cell: `failing: test`.

    ("", "") where none is asked for, and where none has run yet on a branch at work.
    """
    checks = branch.standing.checks if branch.standing else ()
    if not checks or not (is_finished(branch) or any(each.evidence for each in checks)):
        return "", ""
    words = [(word_of_check(checked, branch.findings or ()), checked.check.name) for checked in checks]
    worst = min((word for word, _ in words), key=WORDS.index)
    names = [escape_hidden(name) for word, name in words if word == worst]
    # Where all are alike, or it is the only one, their names add nothing.
    return worst, worst if len(names) == len(words) > 1 else f"{worst}: {', '.join(names)}"


def word_of_check(checked: Checked, findings: tuple[Finding, ...]) -> str:
    """Return the word of `WORDS` for one check of a branch, in which rules have found these."""
    return next(_iterate_words(checked, findings))


def _iterate_words(checked: Checked, findings: tuple[Finding, ...]) -> Iterator[str]:
    if checked.result is CheckResult.NOT_RUN:
        yield "not run"
    if checked.result is CheckResult.FAILED:
        yield "failing"
    if checked.fresh is Fresh.EDITED:
        yield "edited"
    if checked.trust is Trust.CONTRADICTED:
        yield "contradicted"
    if checked.ran_other_command:
        yield "run with another command"
    if checked.trust is Trust.FLAKY:
        yield "flaky"
    if not checked.is_fresh:
        yield "stale"
    if list_doubts(checked.check.name, findings):
        yield "shows nothing"
    if checked.result is CheckResult.SKIPPED:
        yield "skipped"
    yield "reproduced" if checked.trust is Trust.REPRODUCED else "claimed"
