"""`agentledger verify`: run the checks of a task, and record what came of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.did import dry_run_option
from agentledger.cli.options import format_option, here, repo_option, verbose_option

if TYPE_CHECKING:
    from pathlib import Path

    from agentledger.reports.verified import Line, Told
    from agentledger.workflow.ledger_commit import Committed
    from agentledger.workflow.verify_one import Event, Seen


@click.command()
@click.argument("task", required=False)
@click.option("--only", multiple=True, metavar="CHECK", help="Run this check alone. Repeatable.")
@click.option(
    "--rerun",
    is_flag=True,
    help="Run the checks of TASK, or of a branch, again in a fresh worktree, and compare.",
)
@format_option
@dry_run_option
@repo_option
@verbose_option
@click.pass_obj
def verify(
    settings: Settings, /, task: str | None, only: tuple[str, ...], rerun: bool, format: str, dry_run: bool
) -> int:
    """Run the checks of this worktree's task, and commit the evidence alone.

    What the checks print goes to standard error while they run. With --rerun, TASK is a task or a branch, and
    nothing is written to it. Exits with 1 when a check fails, or a rerun sees something else than the branch.
    """
    if task is not None and not rerun:
        raise click.UsageError(
            "TASK is for --rerun; without it, the checks are those of this worktree's task."
        )
    from agentledger.reports import verified

    start, now = settings.repo or here(), int(time.time())
    if dry_run:
        told = _planned(start, task, only, rerun, now)
    else:
        told = _again(start, task, only, now) if rerun else _checked(start, only, now)
    click.echo(verified.document(told) if format == "json" else verified.text(told), nl=format == "text")
    return 0 if told.sound else 1


def _checked(start: Path, only: tuple[str, ...], now: int) -> Told:
    from agentledger.bases import HEADS
    from agentledger.reports.verified import Told
    from agentledger.workflow import at_work
    from agentledger.workflow import verify as work

    with at_work.opened(start, now) as at:
        found = work.run(at, only, now, shown)
        made = work.commit(at, found) if found.seen else None
        lines = tuple(
            _line(each, at.place.common, on_base=found.on_base.get(each.check.name)) for each in found.seen
        )
        name, task = at.branch.name, at.task.id
    remarks = found.remarks
    if made and made.commit is None:
        remarks += (f"git would not commit the evidence: {made.why}; it lies in the worktree",)
    return Told(
        task,
        name,
        found.bound.head,
        lines,
        not found.failed,
        ref=HEADS + name if made and made.commit else None,
        commit=made.commit if made else None,
        files=made.files if made else (),
        said=(f"recorded on {name}, {made.commit[:12]}",) if made and made.commit else (),
        remarks=remarks,
        next=_next(found.failed, made),
    )


def _next(failed: tuple[Seen, ...], made: Committed | None) -> str | None:
    if made is None:
        return None
    if made.commit is None:
        return "agentledger collect"
    names = "".join(f" --only {each.check.name}" for each in failed)
    return f"mend it, commit, then agentledger verify{names}" if names else "agentledger done"


def _again(start: Path, task: str | None, only: tuple[str, ...], now: int) -> Told:
    from agentledger.reports.verified import Told
    from agentledger.workflow import verify_rerun as work

    found = work.run(start, task, only, now, shown)
    lines = [_line(each.last, found.common, trust=each.trust, runs=len(each.seen)) for each in found.checks]
    sound = all(each.sound for each in found.checks)
    kept = (f"kept on the control branch, {found.commit[:12]}",) if found.commit else ()
    return Told(
        found.task,
        found.branch,
        found.head,
        tuple(lines),
        sound,
        rerun=True,
        ref=found.ref,
        commit=found.commit,
        files=found.files,
        said=kept,
        remarks=found.remarks,
        next="agentledger sync" if found.publishes else None,
    )


def _planned(start: Path, task: str | None, only: tuple[str, ...], rerun: bool, now: int) -> Told:
    from agentledger.reports.verified import Line, Told
    from agentledger.workflow import at_work, verify_rerun
    from agentledger.workflow import verify as work

    if rerun:
        found = verify_rerun.planned(start, task, only, now)
    else:
        with at_work.opened(start, now) as at:
            found = work.planned(at, only)
    lines = (
        Line(
            check.name,
            filled.shown,
            "skipped" if filled.skipped else "planned",
            skipped=filled.skipped or None,
        )
        for check, filled in found.checks
    )
    return Told(found.task, found.branch, found.head, tuple(lines), True, rerun, dry_run=True)


def _line(
    seen: Seen, common: Path, on_base: tuple[str, int] | None = None, trust: str | None = None, runs: int = 1
) -> Line:
    from agentledger.reports.verified import Line
    from agentledger.running import logs
    from agentledger.workflow.verify import outcome

    return Line(
        seen.check.name,
        seen.check.run,
        outcome(seen),
        seen.exit_code,
        seen.seconds if seen.skipped is None else None,
        seen.skipped,
        seen.junit,
        on_base,
        trust,
        runs,
        str(logs.place(common) / seen.log_sha256) if seen.log_sha256 else None,
        seen.remarks,
    )


def shown(event: Event) -> None:
    """What is being run, and what it prints, on standard error: fit for a terminal."""
    from agentledger.text import printable
    from agentledger.workflow.verify_one import Begins, Printed

    if isinstance(event, Begins):
        click.echo(f"{event.name}: $ {printable(event.command)}", err=True)
    elif isinstance(event, Printed):
        lines = event.text.removesuffix(b"\n").split(b"\n")
        fit = (printable(line.removesuffix(b"\r").replace(b"\t", b"    ")) for line in lines)
        click.echo("\n".join(fit), err=True)
