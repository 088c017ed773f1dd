"""Is what an agent hands over proven by checks that ran?

Belongs here: the rules of the EVD family but for EVD005, which is about checks that cannot fail (see `check_worth`).
Does not: parsing evidence (see `documents`), or how far it can be trusted (see `attention.trust`).
"""

from __future__ import annotations

from collections.abc import Iterator

from agentledger.model import check_words
from agentledger.model.evidence import fails_as_base
from agentledger.model.text import escape_hidden
from agentledger.model.work import Checked, CheckResult, Fresh, Trust
from agentledger.rules.case import Case, Found
from agentledger.rules.packet import describe_other_change
from agentledger.scope.changed_globs import list_globs


def evidence_missing(case: Case) -> Iterator[Found]:
    """A required check has no evidence, or a different command was run.

    Why: nobody knows whether it passes.
    Fix: `agentledger verify` runs it, and records the result; running the command yourself records nothing.
    """
    for checked in _required_checks(case):
        if checked.evidence is None:
            yield Found(
                message=f"the check {escape_hidden(checked.check.name)} has not run",
                hint=_verify_command(checked),
            )
        elif checked.evidence.command != checked.check.run:
            ran = escape_hidden(checked.evidence.command)
            yield Found(
                message=f"for {escape_hidden(checked.check.name)} another command ran: {ran}",
                hint=_verify_command(checked),
                path=checked.evidence.document.source.path,
            )
        elif checked.result is CheckResult.NOT_RUN:
            yield Found(
                message=f"the check {escape_hidden(checked.check.name)} has not run: its file says that it was "
                f"skipped, and {_describe_what_to_run(checked)}",
                hint=_verify_command(checked),
                path=checked.evidence.document.source.path,
            )


def _describe_what_to_run(checked: Checked) -> str:
    if list_globs(checked.check.run):
        return "changed files match its command"
    return "only a check of changed files can be"


def evidence_stale(case: Case) -> Iterator[Found]:
    """Evidence is about a different change than the one that would merge, or states what git does not.

    Why: what passed then may fail now. And evidence whose tree is not that of the commit that it names was edited,
    or was written for another commit.
    Fix: run the check again: `agentledger verify`.
    """
    for checked in _required_checks(case):
        if checked.evidence is not None and not checked.is_fresh:
            yield Found(
                message=f"the evidence for {escape_hidden(checked.check.name)} {_describe_stale(checked)}",
                hint=_verify_command(checked),
                path=checked.evidence.document.source.path,
            )


def _describe_stale(checked: Checked) -> str:
    evidence = checked.evidence
    assert evidence
    if checked.fresh is not Fresh.EDITED:
        return f"is about {escape_hidden(evidence.head[:12]) or 'no commit'}, {describe_other_change(checked.fresh)}"
    said, computed = escape_hidden(evidence.tree[:12]) or "no tree", (checked.tree or "")[:12]
    return f"says tree {said}, and git says {computed}: it was edited, or written for another commit"


def evidence_failing(case: Case) -> Iterator[Found]:
    """A required check failed.

    Why: the check decides whether the work is done.
    Fix: fix what it found, commit, and run it again: `agentledger verify`. A check that fails on base in the
    same tests, or more, is not this branch's fault, and only a warning; without a report the same exit code is
    all that is known. What cannot be compared with base stays an error. With exit code 0 a check fails only by
    failures in its report that base does not have: mark a test that may fail as skipped, or let the manager
    waive it.
    """
    for checked in _required_checks(case):
        evidence = checked.evidence
        if evidence is None or checked.result is not CheckResult.FAILED:
            continue
        settle = _waive_listed(case) if evidence.exit_code == 0 else ""
        yield Found(
            message=f"the check {escape_hidden(checked.check.name)} {check_words.describe_failure(evidence)}",
            hint=f"fix what it found and commit; then {_verify_command(checked)}{settle}",
            path=evidence.document.source.path,
            milder=fails_as_base(evidence.exit_code, evidence.on_base),
        )


def _waive_listed(case: Case) -> str:
    """How failures are settled that a report lists, and that fail no run."""
    task = escape_hidden(case.brief.task) if case.brief else ""
    command = f"agentledger allow {task} --rule EVD003 --until 14d --why 'these tests may fail'"
    return f"; tests that may fail: mark them as skipped where the runner can, or a manager types: {command}"


def evidence_contradicted(case: Case) -> Iterator[Found]:
    """Somebody else ran the check, and got a different result.

    Why: the branch's own evidence is then worth nothing.
    Fix: find out which of the two is right, on a fresh checkout: `agentledger verify TASK --rerun`.
    """
    for checked in _required_checks(case):
        if checked.trust is Trust.CONTRADICTED:
            yield Found(
                message=f"a rerun of {escape_hidden(checked.check.name)} had a different result",
                hint=f"agentledger verify {escape_hidden(case.brief.task if case.brief else '')} --rerun "
                f"--only {escape_hidden(checked.check.name)}",
            )


def _verify_command(checked: Checked) -> str:
    """Return the command that records a check's result; typing the check's own command would record nothing."""
    return f"agentledger verify --only {escape_hidden(checked.check.name)}"


def _required_checks(case: Case) -> tuple[Checked, ...]:
    return case.standing.checks if case.standing else ()
