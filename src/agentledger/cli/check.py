"""`agentledger check`: the rules, on the index, a push, a branch, a range, a task, or the whole fleet."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentledger.cli.boundary import Settings
from agentledger.cli.options import current_folder, repo_option, verbose_option

if TYPE_CHECKING:
    from agentledger.model.findings import Gate, Report

GATES = ("spawn", "commit", "push", "ready", "merge")
FORMATS = ("text", "json", "sarif", "github")
BLOCKED, UNJUDGED = 1, 2


@click.command()
@click.option("--staged", is_flag=True, help="What a commit of the index would do, at the gate `commit`.")
@click.option("--push", is_flag=True, help="A push, its lines on standard input as git gives them to a hook.")
@click.option(
    "--branch", metavar="NAME", help="One branch, at the gate `ready`.  [default: the one checked out]"
)
@click.option(
    "--range", "between", metavar="A..B", help="What branch B would bring to A, at the gate `merge`."
)
@click.option("--task", metavar="TASK", help="A task that is about to be handed out, at the gate `spawn`.")
@click.option("--fleet", is_flag=True, help="Every open branch, at the gate `merge`.")
@click.option("--gate", type=click.Choice(GATES), help="Judge as this gate would.")
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--base", metavar="NAME", help="The branch that agent work merges into.")
@repo_option
@verbose_option
@click.pass_obj
def check(
    settings: Settings,
    /,
    staged: bool,
    push: bool,
    branch: str | None,
    between: str | None,
    task: str | None,
    fleet: bool,
    gate: str | None,
    format: str,
    base: str | None,
) -> int:
    """Say what the rules find, and what to do about it.

    Ends with 1 when it stops somebody; --fleet alone only shows, and ends with 0.
    """
    from agentledger.model.findings import Gate

    if sum((staged, push, branch is not None, between is not None, task is not None, fleet)) > 1:
        raise click.UsageError("--staged, --push, --branch, --range, --task and --fleet exclude each other.")
    if (staged or push) and (gate is not None or base is not None):
        raise click.UsageError("--staged and --push are judged as their hooks do: without --gate and --base.")
    if between is not None and base is not None:
        raise click.UsageError("--range names the base; leave out --base.")
    asked = Gate(gate) if gate else None
    if asked is not None and (asked is Gate.SPAWN) is not (task is not None):
        raise click.UsageError("A task is judged at the gate spawn, and nothing else is.")
    start = settings.repo or current_folder()
    if staged or push:
        report = _check_as_hook(start, push)
    else:
        report = _run_check(
            start, branch, between, task=task, fleet=fleet, gate=asked, base=base, verbose=settings.verbose
        )
    click.echo(_format_report(report, format), nl=False)
    if fleet and asked is None:
        return 0
    # That nothing was found of a branch which could not be read would say that all is well.
    return BLOCKED if report.blocked else UNJUDGED if report.unjudged else 0


def _check_as_hook(start: Path, push: bool) -> Report:
    """What the hook of a commit, or of a push, would say here."""
    from agentledger.gates import commit
    from agentledger.gates import push as pushes
    from agentledger.model.findings import Gate, Report

    if push:
        lines = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()
        return Report(Gate.PUSH, "the push", pushes.check_push(os.environ, start, lines))
    branch, findings = commit.check_commit(os.environ, start, int(time.time()))
    return Report(Gate.COMMIT, branch or "a detached HEAD", findings)


def _run_check(
    start: Path,
    branch: str | None,
    between: str | None,
    task: str | None,
    fleet: bool,
    gate: Gate | None,
    base: str | None,
    verbose: bool,
) -> Report:
    from agentledger.cli.progress import show_progress
    from agentledger.fleet.snapshot import Request
    from agentledger.gates import check as checks
    from agentledger.model.findings import Gate

    usual = Gate.MERGE if between is not None else Gate.READY
    with show_progress(verbose) as tell:
        if task is not None:
            asked = Request(base=base, forecast=False, lines=False, rules=False, gate=True)
            return checks.check_task(start, task, asked, tell)
        if fleet:
            asked = Request(base=base, rules=False, gate=gate is not None)
            return checks.check_fleet(start, gate, asked, tell)
        if between is not None:
            base, branch = (checks.resolve_range_end(start, name) for name in _parse_range(between))
        name = branch if branch is not None else checks.current_branch(start)
        request = Request(base=base, forecast=False, rules=False, gate=True)
        return checks.check_branch(start, name, gate or usual, request=request, progress=tell)


def _parse_range(between: str) -> tuple[str, str]:
    """`A..B`, or `A...B`, which for a merge is the same; "" stands for HEAD, as it does for git."""
    base, dots, branch = between.partition("..")
    branch = branch.removeprefix(".")
    if not dots or not (base or branch) or ".." in branch:
        raise click.UsageError(f"{between!r} is no range; write it as main..agent/login")
    return base, branch


def _format_report(report: Report, format: str) -> str:
    from agentledger.reports import findings, findings_text, sarif

    if format == "json":
        return findings.encode_findings(report).decode()
    if format == "sarif":
        return sarif.encode_sarif(report)
    shown = (
        findings_text.render_annotations(report)
        if format == "github"
        else findings_text.render_findings(report)
    )
    return f"{shown}\n" if shown else ""
