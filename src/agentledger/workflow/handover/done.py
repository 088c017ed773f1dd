"""`agentledger done` commits evidence, packet and the check-in that says ready, if the ready gate agrees.

Belongs here: the order of the steps, and what the agent reads. Does not: any one step (see `verify.run_checks`,
`write_packet`, `report.write_check_in`), or the gate (see `rules`).

The gate is asked before anything is committed (see `done_findings`), so that a check-in that says ready is never
on the branch while something is missing. Evidence and packet are committed either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.attention.clock import time_of
from agentledger.attention.replies import open_question
from agentledger.git import queries
from agentledger.git.scratch import Scratch
from agentledger.model import check_words
from agentledger.model.command_result import Did
from agentledger.model.errors import LedgerError
from agentledger.model.findings import Finding
from agentledger.model.text import escape_hidden, format_age, format_count
from agentledger.model.work import Checked, CheckResult
from agentledger.repository.own_push import format_own_push
from agentledger.repository.remotes import main_remote
from agentledger.running import logs
from agentledger.workflow.handover import packet_gaps, write_packet
from agentledger.workflow.handover.done_findings import Judged, judge_ready
from agentledger.workflow.handover.packet_text import Prose
from agentledger.workflow.handover.write_packet import Composed
from agentledger.workflow.report import write_check_in
from agentledger.workflow.report.check_in import Said
from agentledger.workflow.session import agent_context, ledger_commit
from agentledger.workflow.session.agent_context import AtWork
from agentledger.workflow.verify import clean_worktree, run_checks
from agentledger.workflow.verify.one_check import Hear, Seen, ignore_event
from agentledger.workflow.verify.run_checks import Verified

_LAST = 10  # lines of a failing check's log


@dataclass(frozen=True, slots=True)
class Finished:
    """The result for the agent, and whether the task is ready."""

    did: Did
    ready: bool


def finish_task(
    start: Path,
    prose: Prose,
    report: Said,
    now: int,
    *,
    again: bool = False,
    dry_run: bool = False,
    hear: Hear = ignore_event,
) -> Finished:
    """Finish the task of the worktree around `start`; `now` is in seconds since the epoch.

    `prose` is what the agent says for the packet, `report` for the check-in. A check whose evidence is still
    valid is not run, unless `again`; `hear` gets what the checks print. Raises LedgerError, and nothing is
    written, for uncommitted code, and where `write_packet.update_packet` does.
    """
    with agent_context.open_worktree(start, now) as at:
        waiting = _result_if_waiting(at, now) or _result_if_stopped(at)
        if waiting:
            return Finished(waiting, False)
        clean_worktree.refuse_unclean(at.git, at.top, at.scope)
        check_names = _checks_to_run(at, again)
        # Before the checks: a slip in an option should not be refused after they have run for an hour.
        composed = write_packet.compose_packet(at, prose)
        if dry_run:
            return Finished(_dry_run_result(at, composed, check_names), True)
        verified = run_checks.run_checks(at, check_names, now, hear) if check_names else None
        judged = judge_ready(at, prose, report, now=now, evidence=verified.files if verified else {})
        return _commit_documents(at, judged, verified)


# -- before anything ------------------------------------------------------------------------


def _result_if_waiting(at: AtWork, now: int) -> Did | None:
    """The result for an agent whose question nobody has answered yet; None where it may go on."""
    question = open_question(at.branch)
    if question is None:
        return None
    about = f"the checkpoint {escape_hidden(question.checkpoint)}" if question.checkpoint else "your question"
    since = format_age(now - time_of(question, now))
    lines = (
        f"stop and wait: {about} is not answered yet, asked "
        + (f"{since} ago" if since != "now" else "just now"),
        *(f"  {escape_hidden(line)}" for line in question.needs.strip().split("\n")[:5] if line.strip()),
        "the manager sees it at the top of the board; nothing is committed here until it is answered",
    )
    return Did(
        command="done", messages=lines, task=at.task.id, next=f"agentledger prompt {at.task.id} --for resume"
    )


def _result_if_stopped(at: AtWork) -> Did | None:
    """The result for an agent that was told to stop, until it has checked in since; None for any other."""
    answer = at.branch.standing.answer if at.branch.standing else None
    if answer is None or answer.decision != "stop":
        return None
    lines = (
        f"{escape_hidden(answer.by)} has told you to stop; nothing is finished here",
        *(f"  {escape_hidden(line)}" for line in answer.text.strip().split("\n")[:5] if line.strip()),
        "commit what you have, check in, and end",
    )
    return Did(
        command="done",
        messages=lines,
        task=at.task.id,
        next="agentledger report --changed 'how far it is' --next 'nothing'",
    )


def _checks_to_run(at: AtWork, again: bool) -> list[str]:
    """The names of the checks to run."""
    if again:
        return [check.name for check in run_checks.select_checks(at)]
    checks = write_packet.judge_checks(at, Scratch(at.snapshot.sealed, at.place.object_format), {})
    return [checked.check.name for checked in checks if not _has_valid_evidence(checked)]


def _has_valid_evidence(checked: Checked) -> bool:
    """Has this very command passed on the change as it is now, and is the evidence committed?

    Evidence that is only in the worktree may have been typed in, so it does not count.
    """
    evidence = checked.evidence
    return (
        evidence is not None
        and checked.is_fresh
        and checked.result in (CheckResult.PASSED, CheckResult.SKIPPED)
        and evidence.command == checked.check.run
        and not evidence.document.source.uncommitted
    )


def _dry_run_result(at: AtWork, composed: Composed, check_names: Sequence[str]) -> Did:
    """The checks that would run, and what the packet lacks."""
    runs = [
        f"would run {check.name}: {escape_hidden(check.run)}"
        for check in run_checks.select_checks(at, check_names)
    ]
    lines = (
        *(runs if check_names else ["no check has to run: the evidence holds"]),
        *(lack.describe("done") for lack in composed.lacks),
    )
    next_step = packet_gaps.next_command("done", composed.lacks) or "agentledger done"
    return Did(
        command="done", messages=lines, task=at.task.id, files=(composed.path,), next=next_step, dry_run=True
    )


# -- committing, and sentences for the agent --------------------------------------------------


def _commit_documents(at: AtWork, judged: Judged, verified: Verified | None) -> Finished:
    """Commit evidence and packet, and the check-in where the gate agrees; return the result."""
    files: dict[str, bytes | None] = {
        **judged.evidence,
        **judged.others,
        judged.packet.path: judged.packet.raw,
    }
    if judged.ready:
        # The gate has judged this code: more of it, committed meanwhile, was not checked.
        if not clean_worktree.is_same_code(at.git, at.branch.head):
            message = f"{escape_hidden(at.branch.name)} has moved on meanwhile; nothing is written"
            raise LedgerError(message, "run this again when nobody commits code here")
        files |= judged.check_in
        subject = f"{at.task.id} is ready"
    else:
        # A check-in that a killed run has left in the worktree would be taken along by the next commit.
        files |= {path: None for path in judged.check_in if (at.top / path).exists()}
        subject = f"{at.task.id} is checked, and not ready yet"
    committed = ledger_commit.commit_files(
        at.git, at.branch.name, files, subject, rules=at.fleet.policy.commits
    )
    lines = [*write_check_in.describe_answers(at), *_describe_outcomes(at, verified), *judged.packet.notes]
    if committed.commit is None:
        did = write_check_in.describe_uncommitted("done", at, tuple(lines), committed)
        return Finished(replace(did, messages=(*did.messages, *_describe_missing(judged))), judged.ready)
    # Where all of it was committed already, `commit_files` returns the branch's head.
    new = (committed.commit,) if committed.commit != at.branch.head else ()
    refs, changed = ((at.branch.ref,), tuple(files)) if new else ((), ())
    did = Did(
        command="done",
        messages=(),
        task=at.task.id,
        refs=refs,
        files=changed,
        commits=new,
        warnings=(*_describe_warnings(judged, verified), *committed.warnings),
    )
    if judged.ready:
        return Finished(
            replace(did, messages=(*lines, *_describe_ready(at, bool(new))), next=_next_step(at)), True
        )
    next_step = packet_gaps.next_command("done", judged.packet.lacks) or "agentledger done"
    return Finished(replace(did, messages=(*lines, *_describe_missing(judged)), next=next_step), False)


def _describe_ready(at: AtWork, new: bool) -> list[str]:
    """That the task is ready, and where the manager sees it; `new`: it was not ready before."""
    name = escape_hidden(at.task.id)
    return [
        f"{name} is ready" if new else f"{name} was said to be ready before, and still is",
        f"the manager's board has {escape_hidden(at.branch.name)} under Your turn, to be reviewed",
    ]


def _next_step(at: AtWork) -> str:
    """The next step: push, where there is a remote; else wait."""
    config = queries.read_config(at.git)
    if main_remote(config) is None:
        return "wait for the review; more code takes this back: then agentledger done again"
    push = format_own_push(at.branch.name, config, upstream=True)
    return f"{push}, then open the pull request: agentledger packet --pr-body"


def _describe_outcomes(at: AtWork, verified: Verified | None) -> list[str]:
    """The results of the checks that ran; for a failing one also its last lines, and where its log is."""
    if verified is None:
        return [_describe_no_check(at)]
    return [line for result in verified.results for line in _describe_outcome(at, result)]


def _describe_no_check(at: AtWork) -> str:
    """Why no check ran."""
    return (
        "no check has to run: the evidence holds" if run_checks.select_checks(at) else "no check is asked for"
    )


def _describe_outcome(at: AtWork, result: Seen) -> list[str]:
    code = f", exit code {result.exit_code}" if result.exit_code else ""
    first = f"{result.check.name}: {run_checks.outcome_word(result)}{code}"
    listed = check_words.describe_listed(result)
    first += f"; {listed}" if listed else ""
    if result.passed:
        return [first]
    log = f"  its log: {logs.log_folder(at.place.common) / result.log_sha256}" if result.log_sha256 else ""
    return [first, *(f"  | {line}" for line in result.tail[-_LAST:]), *([log] if log else [])]


def _describe_missing(judged: Judged) -> list[str]:
    """What keeps the task from being ready, each with what to type."""
    if judged.ready:
        return []
    stops = [_format_finding(finding) for finding in judged.stops]
    lacks = [lack.describe("done") for lack in judged.packet.lacks]
    count = format_count(len(stops) + len(lacks), "thing")
    return [f"not ready yet, for {count} that only you can settle:", *stops, *lacks]


def _format_finding(finding: Finding) -> str:
    return f"{finding.rule}: {escape_hidden(finding.message)}\n  {escape_hidden(finding.hint)}"


def _describe_warnings(judged: Judged, verified: Verified | None) -> tuple[str, ...]:
    """What stops nobody, but the agent should know: findings that do not block, and remarks of checks."""
    soft_findings = [
        f"{f.rule} {escape_hidden(f.message)}" for f in judged.findings if not f.blocks and f.waived is None
    ]
    remarks = verified.remarks if verified else ()
    check_remarks = [
        f"{each.check.name}: {remark}"
        for each in (verified.results if verified else ())
        for remark in each.remarks
    ]
    return (*soft_findings, *remarks, *check_remarks)
