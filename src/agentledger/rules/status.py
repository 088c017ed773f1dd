"""Does an agent report how far it is, and does it get an answer?

Belongs here: the rules of the STA family. Does not: working out how far a branch is (see
`attention.progress`), or comparing the versions of a check-in (see `fleet.check_ins`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from agentledger.attention import requests
from agentledger.attention.clock import seconds_ahead
from agentledger.attention.replies import approved_checkpoints
from agentledger.model import ledger_paths
from agentledger.model.findings import Gate
from agentledger.model.text import escape_hidden, format_age, format_rfc3339
from agentledger.model.work import ASKING, Progress
from agentledger.rules.case import Case, Found, Report

SAME_TREE = 3  # check-ins in a row about the same code that no-progress reports


def has_work(case: Case) -> bool:
    """Does the branch work on a task, so that there is somebody who has to check in?"""
    return case.work is not None


def status_invalid(case: Case) -> Iterator[Found]:
    """A check-in that this change adds cannot be read, or lacks a section.

    Why: the manager cannot answer what cannot be read.
    Fix: correct the line that is named. A check-in has four sections; "none" is enough for each. One with
    `checkpoint` also has the section *Plan*, which says what is to be approved.
    """
    fresh = {report.path for report in case.reports if report.change != "D"}
    for check_in in case.work.check_ins if case.work else ():
        document = check_in.document
        if document.source.path in fresh:
            for problem in document.problems:
                yield Found(
                    message=problem.message,
                    hint=problem.hint,
                    path=problem.path,
                    line=problem.line,
                    milder=not problem.fatal,
                )


def status_overdue(case: Case) -> Iterator[Found]:
    """A working agent has not checked in for longer than its brief allows.

    Why: it may be stuck, or gone, and its task makes no progress.
    Fix: look at its worktree. Then the agent checks in, `agentledger report`, or the manager ends the task.
    """
    if case.standing and case.standing.progress is Progress.SILENT and case.brief:
        due = format_rfc3339(case.standing.due) if case.standing.due is not None else "earlier"
        hint = f"agentledger report, every {case.brief.check_in // 60} minutes"
        yield Found(message=f"a check-in was due {due}", hint=hint)


def status_missing(case: Case) -> Iterator[Found]:
    """The branch has code commits, and no check-in.

    Why: a diff shows what changed, not what is next, or what the agent is unsure about.
    Fix: write one: `agentledger report`, or `.agentledger/tasks/<task>/status/<time>.md` by hand.
    """
    background = case.brief is not None and case.brief.session == "background"
    if case.work and background and case.code and not case.work.check_ins:
        folder = ledger_paths.status_folder(case.work.task)
        yield Found(
            message="it has code, and nobody has checked in",
            hint=f"agentledger report, or write the first check-in into {escape_hidden(folder)}",
        )


def need_unanswered(case: Case) -> Iterator[Found]:
    """An agent has waited for an answer longer than it may be silent itself.

    Why: a blocked agent costs as much as a working one.
    Fix: answer it: `agentledger answer`.
    """
    standing = case.standing
    if standing is None or case.brief is None or standing.since is None:
        return
    waits = standing.progress in ASKING
    if waits and case.now - standing.since > case.brief.check_in:
        task = escape_hidden(case.brief.task)
        since = format_rfc3339(standing.since)
        yield Found(
            message=f"it has waited for an answer since {since}",
            hint=f"agentledger answer {task} 'your answer'",
        )


def status_edited(case: Case) -> Iterator[Found]:
    """An earlier check-in was changed or deleted.

    Why: the ledger shows what was said when; an edited check-in proves nothing.
    Fix: put it back as it was first committed, and write a new check-in that corrects it: `agentledger
    report`. A check-in that a gate has refused may be corrected itself.
    """
    for report in case.reports:
        if report.change != "A":
            what = "deleted" if report.change == "D" else "changed"
            yield Found(
                message=f"an earlier check-in was {what}",
                hint=_restore_command(case, report),
                path=report.path,
            )


def _restore_command(case: Case, report: Report) -> str:
    """Return the command that restores a check-in, in the index as well; after `commit` also a commit."""
    path = shlex.quote(escape_hidden(report.path))
    # By blob: which commit had the first sound version is not known here.
    back = f"git update-index --add --cacheinfo 100644,{report.first_blob},{path} && git checkout -- {path}"
    return back if case.gate is Gate.COMMIT else f"{back} && git commit -m 'put the check-in back'"


def no_progress(case: Case) -> Iterator[Found]:
    """There are several check-ins in a row, and the code has not changed between them.

    Why: an agent that reports instead of working goes round in circles.
    Fix: look at what it tries. An answer, `agentledger answer TASK`, or a narrower brief helps more than
    waiting.
    """
    work = case.work
    if work is None or case.standing is None or case.standing.progress is not Progress.WORKING:
        return
    newest = [work.code_trees.get(c.document.source.commit or "") for c in work.check_ins[:SAME_TREE]]
    if len(newest) == SAME_TREE and newest[0] is not None and len(set(newest)) == 1:
        hint = f"say what to do instead: agentledger answer {escape_hidden(work.task)} 'try this'"
        yield Found(message=f"{SAME_TREE} check-ins in a row about the same code", hint=hint)


def checkpoint_open(case: Case) -> Iterator[Found]:
    """Code changed before the plan was approved, or a checkpoint is still open at the end.

    Why: a checkpoint lets the manager object before work is built on the wrong plan.
    Fix: put the plan to the manager, `agentledger report --checkpoint plan --plan PLAN` (by hand: a check-in with
    `checkpoint: plan` and a section *Plan*), and wait for an answer that approves it: `agentledger answer TASK
    --decision approve`. Where an answer asks for another plan, change it, and ask again the same way. Only the newest
    plan counts: a yes to an earlier one does not open it.
    """
    brief = case.brief
    if brief is None or case.work is None or not case.code:
        return
    approved = approved_checkpoints(case.work)
    late = case.gate.value in ("ready", "merge")
    for name in requests.needed_checkpoints(brief):
        if name not in approved and (name == "plan" or late):
            yield Found(
                message=f"the checkpoint {escape_hidden(name)} is not approved, and code has changed",
                hint=requests.describe_checkpoint_step(case.work, name),
            )


def clock_ahead(case: Case) -> Iterator[Found]:
    """A check-in says that it was written more than five minutes after its commit, or from now.

    Why: its time is shown to everybody, and is wrong. Which check-in is the newest goes by commits, so nothing
    else depends on it.
    Fix: set the machine's clock; `agentledger report` takes the time from there. The check-in itself stays.
    """
    fresh = {report.path for report in case.reports if report.change != "D"}
    for check_in in case.work.check_ins if case.work else ():
        source = check_in.document.source
        if source.path in fresh and (ahead := seconds_ahead(check_in, case.now)):
            yield Found(
                message=f"it is dated {format_rfc3339(check_in.at)}, which is {format_age(ahead)} ahead",
                hint="set this machine's clock (date -u shows it); the order of check-ins is that of their commits",
                path=source.path,
            )
