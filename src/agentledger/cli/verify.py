"""`agentledger verify`: run the checks of a task, and record their results.

Belongs here: options, which of a run, a rerun or a plan it is, and the value that is printed. Does not:
running checks (see `workflow.verify`), or the text and JSON (see `reports.verify_reports`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option
from agentledger.cli.options import current_folder, format_option, repo_option, verbose_option

if TYPE_CHECKING:
    from pathlib import Path

    from agentledger.reports.verify_reports import Line, Verification
    from agentledger.workflow.session.ledger_commit import Committed
    from agentledger.workflow.verify.one_check import Event, Seen
    from agentledger.workflow.verify.rerun import Rerun


@click.command()
@click.argument("task", required=False)
@click.option("--only", multiple=True, metavar="CHECK", help="Run only this check. Repeatable.")
@click.option(
    "--rerun",
    is_flag=True,
    help="Run the checks of TASK, or of a branch, again in a fresh worktree, and compare the results.",
)
@click.option(
    "--integrity",
    is_flag=True,
    help="Run base's tests on the code of TASK, or of a branch, and its tests on base's code.",
)
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def verify(
    settings: Settings,
    /,
    task: str | None,
    only: tuple[str, ...],
    rerun: bool,
    integrity: bool,
    format: str,
    dry_run: bool,
) -> int:
    """Run the checks of this worktree's task; commit the results.

    The commit contains only the results. What the checks print goes to standard error while they run. With
    --rerun, TASK is a task or a branch, and nothing is written to its branch. Exits with 1 when a check
    fails, or when a rerun gives a different result than the branch has recorded. With --integrity, it says
    what tests show of the change, judges nobody, and exits with 0.
    """
    if rerun and integrity:
        raise click.UsageError("--rerun and --integrity are two things: name one of them.")
    if task is not None and not (rerun or integrity):
        raise click.UsageError("TASK goes with --rerun or --integrity; else this worktree's task is checked.")
    if integrity:
        _cross(settings.repo or current_folder(), task, only, format=format, dry_run=dry_run)
        return 0
    from agentledger.reports import verify_reports

    start, now = settings.repo or current_folder(), int(time.time())
    if dry_run:
        verification = _plan_checks(start, task, only, rerun=rerun, now=now)
    else:
        verification = _rerun_checks(start, task, only, now) if rerun else _run_checks(start, only, now)
    click.echo(
        verify_reports.encode_verification(verification)
        if format == "json"
        else verify_reports.render_verification(verification),
        nl=format == "text",
    )
    return 0 if verification.sound else 1


def _cross(start: Path, task: str | None, only: tuple[str, ...], *, format: str, dry_run: bool) -> None:
    from agentledger.reports import crossed_reports
    from agentledger.workflow.integrity import cross_branch as work

    now = int(time.time())
    if dry_run:
        crossed = work.plan_crossings(start, task, only, now)
    else:
        crossed = work.cross_branch(start, task, only, now=now, hear=print_event)
    report = crossed_reports.CrossedReport(
        task=crossed.task,
        branch=crossed.branch,
        head=crossed.head,
        base=crossed.base,
        records=crossed.records,
        dry_run=dry_run,
        ref=crossed.ref,
        commit=crossed.commit,
        files=crossed.files,
        remarks=crossed.remarks,
        next="agentledger sync" if crossed.publishes and crossed.commit else None,
    )
    as_json = format == "json"
    output = crossed_reports.encode_crossed(report) if as_json else crossed_reports.render_crossed(report)
    click.echo(output, nl=not as_json)


def _run_checks(start: Path, only: tuple[str, ...], now: int) -> Verification:
    from agentledger.reports.verify_reports import Verification
    from agentledger.repository.bases import HEADS
    from agentledger.workflow.session import agent_context
    from agentledger.workflow.verify import run_checks as work

    with agent_context.open_worktree(start, now) as at:
        results = work.run_checks(at, only, now, print_event)
        committed = work.commit_evidence(at, results) if results.results else None
        lines = tuple(
            _build_line(each, at.place.common, differences=results.changes.get(each.check.name, ()))
            for each in results.results
        )
        name, task = at.branch.name, at.task.id
    remarks = results.remarks
    # A sandbox may refuse git's writes; `agentledger collect` commits the files from outside it.
    if committed and committed.commit is None:
        remarks += (f"git did not commit the evidence: {committed.why}; the files are in the worktree",)
    return Verification(
        task=task,
        branch=name,
        head=results.bound.head,
        lines=lines,
        sound=not results.failed,
        ref=HEADS + name if committed and committed.commit else None,
        commit=committed.commit if committed else None,
        files=committed.files if committed else (),
        sentences=(f"recorded on {name}, {committed.commit[:12]}",) if committed and committed.commit else (),
        remarks=remarks,
        next=_next_step(results.failed, committed, task),
    )


def _next_step(failed: tuple[Seen, ...], committed: Committed | None, task: str) -> str | None:
    if committed is None:
        return None
    if committed.commit is None:
        return f"{committed.how_to_collect(task)}, by the manager, in the main worktree"
    names = "".join(f" --only {each.check.name}" for each in failed)
    return f"fix it, commit, then agentledger verify{names}" if names else "agentledger done"


def _rerun_checks(start: Path, task: str | None, only: tuple[str, ...], now: int) -> Verification:
    from agentledger.reports.verify_reports import Verification
    from agentledger.workflow.verify import rerun as work

    results = work.rerun_checks(start, task, only, now=now, hear=print_event)
    lines = [
        _build_line(
            each.last,
            results.common,
            trust=each.trust,
            runs=len(each.runs),
            differences=each.differences,
        )
        for each in results.checks
    ]
    sound = all(each.sound for each in results.checks)
    sentences = (f"kept on the control branch, {results.commit[:12]}",) if results.commit else ()
    return Verification(
        task=results.task,
        branch=results.branch,
        head=results.head,
        lines=tuple(lines),
        sound=sound,
        rerun=True,
        ref=results.ref,
        commit=results.commit,
        files=results.files,
        sentences=sentences,
        remarks=results.remarks,
        next=_next_after_rerun(results),
    )


def _next_after_rerun(results: Rerun) -> str | None:
    if any(each.last.unable for each in results.checks):
        return f"set it up, then agentledger verify --rerun {results.task}"
    return "agentledger sync" if results.publishes else None


def _plan_checks(start: Path, task: str | None, only: tuple[str, ...], rerun: bool, now: int) -> Verification:
    from agentledger.reports.verify_reports import Line, Verification
    from agentledger.workflow.session import agent_context
    from agentledger.workflow.verify import rerun as verify_rerun
    from agentledger.workflow.verify import run_checks as work

    if rerun:
        plan = verify_rerun.plan_rerun(start, task, only, now)
    else:
        with agent_context.open_worktree(start, now) as at:
            plan = work.plan_checks(at, only)
    lines = (
        Line(
            name=check.name,
            command=filled.shown,
            outcome="skipped" if filled.skipped else "planned",
            skipped=filled.skipped or None,
        )
        for check, filled in plan.checks
    )
    return Verification(
        task=plan.task,
        branch=plan.branch,
        head=plan.head,
        lines=tuple(lines),
        sound=True,
        rerun=rerun,
        dry_run=True,
    )


def _build_line(
    result: Seen,
    common: Path,
    trust: str | None = None,
    runs: int = 1,
    differences: tuple[str, ...] = (),
) -> Line:
    from agentledger.reports.verify_reports import Line
    from agentledger.running import logs
    from agentledger.workflow.verify.run_checks import outcome_word

    return Line(
        name=result.check.name,
        command=result.check.run,
        outcome="could-not-run" if result.unable else outcome_word(result),
        exit_code=result.exit_code,
        seconds=result.seconds if result.skipped is None and not result.unable else None,
        skipped=result.skipped,
        unable=result.unable,
        junit=result.junit,
        report_gap=result.report_gap,
        counts=result.counts,
        ran_with=result.ran_with,
        differences=differences,
        on_base=result.on_base,
        trust=trust,
        runs=runs,
        log=str(logs.log_folder(common) / result.log_sha256) if result.log_sha256 else None,
        remarks=result.remarks,
    )


def print_event(event: Event) -> None:
    """Print which check runs, and each line of its output, on standard error; control characters escaped."""
    from agentledger.model.text import escape_hidden
    from agentledger.workflow.verify.one_check import Begins, Printed

    if isinstance(event, Begins):
        click.echo(f"{event.name}: $ {escape_hidden(event.command)}", err=True)
    elif isinstance(event, Printed):
        lines = event.text.removesuffix(b"\n").split(b"\n")
        # Tabs and \r of Windows' line ends are common and harmless; escaped they would only disturb.
        escaped = (escape_hidden(line.removesuffix(b"\r").replace(b"\t", b"    ")) for line in lines)
        click.echo("\n".join(escaped), err=True)
