"""Does a check that passed show anything?

Belongs here: the rule about checks that cannot fail. Does not: the forms in which a command loses its exit code
(see `running.lost_exit_code`), runners' words (see `running.runner_counts`), or running a check with garbage in the
code (see `workflow.verify`).
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.attention.progress import required_checks
from agentledger.model.evidence import Evidence
from agentledger.model.findings import Finding, Gate
from agentledger.model.ledger import Check
from agentledger.model.text import escape_hidden
from agentledger.rules import packet
from agentledger.rules.case import Case, Found

ID = "EVD005"


def has_checks_to_judge(case: Case) -> bool:
    """Is it about to be handed out, or handed over, with checks to show? A task that explores has none."""
    if case.gate is Gate.SPAWN:
        return case.brief is not None and case.brief.mode != "explore"
    return packet.is_code_handed_over(case)


def check_shows_nothing(case: Case) -> Iterator[Found]:
    """A check cannot fail, so that it passed shows nothing.

    Why: `pytest || true` passes over a program that cannot even be imported. So does a run that found no test,
    and a check that reads none of the code it is for, or an installed copy of it.
    Fix: write the command so that it ends with the exit code of what it runs, runs at least one test, and reads
    the files that the task may change. `agentledger plan TASK --baseline` tries it with garbage in them. What one
    clone has tried is known to that clone alone, and stops nobody.
    """
    # Imported here: the gate of a commit imports all rules, and never runs this one.
    from agentledger.running.lost_exit_code import find_lost_exit_code

    for check, evidence in _judged_checks(case):
        subject = subject_of(check.name)
        source = evidence.document.source.path if evidence else None
        if lost := find_lost_exit_code(check.run):
            yield Found(message=f"{subject}{lost.why}", hint=_rewrite(case, lost.instead))
        elif words := describe_no_test(check, evidence):
            yield Found(
                message=f"{subject}ran no test: {words}",
                hint=f"agentledger verify --only {escape_hidden(check.name)}, once it finds the tests",
                path=source,
            )
        elif place := case.blind_checks.get(check.name):
            message = f"{subject}passes with garbage in {place}: it does not read it"
            hint = (
                "let it run the code of the worktree it runs in: its exit code may be lost, or an installed copy "
                f"tested; agentledger plan {escape_hidden(_task(case))} --baseline tries it again"
            )
            yield Found(message=message, hint=hint, milder=True)


def subject_of(check: str) -> str:
    """The words with which every message about a check of this name begins."""
    return f"the check {escape_hidden(check)} "


def list_doubts(check: str, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """What this rule has found about one check, without its name, for a place beside that check."""
    subject = subject_of(check)
    return tuple(
        each.message.removeprefix(subject)
        for each in findings
        if each.rule == ID and each.message.startswith(subject)
    )


def describe_no_test(check: Check, evidence: Evidence | None) -> str:
    """The words that show that a check passed and ran no test; '' where nothing shows that."""
    from agentledger.running.runner_counts import describe_nothing_run

    if evidence is None or not evidence.passed or evidence.skipped or evidence.command != check.run:
        return ""
    if evidence.junit is not None:
        return "" if evidence.junit.tests else f"{escape_hidden(check.junit or 'its JUnit file')} lists none"
    words = describe_nothing_run(evidence.tail)
    return f"“{escape_hidden(words)}”" if words else ""


def _judged_checks(case: Case) -> Iterator[tuple[Check, Evidence | None]]:
    if case.gate is Gate.SPAWN:
        yield from ((check, None) for check in required_checks(case.brief, case.policy, ()))
    elif case.standing is not None:
        yield from ((checked.check, checked.evidence) for checked in case.standing.checks)


def _rewrite(case: Case, instead: str) -> str:
    return f"{instead}: in the brief, agentledger plan {escape_hidden(_task(case))} --edit; or in the policy, on base"


def _task(case: Case) -> str:
    return case.brief.task if case.brief else ""
