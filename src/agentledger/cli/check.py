"""`agentledger check`: run the rules on a task or branch, the index, a push, a range, or the whole fleet.

Belongs here: options, what excludes what, the output format, the exit code. Does not: running the rules
(see `gates.check`, `gates.commit` and `gates.push`).
"""

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
@click.argument("name", metavar="[TASK|BRANCH]", required=False)
@click.option("--staged", is_flag=True, help="Check what is staged, as the pre-commit hook does.")
@click.option(
    "--push", is_flag=True, help="Check a push, as the pre-push hook does; git's lines on standard input."
)
@click.option(
    "--branch",
    metavar="NAME",
    help="Check one branch, with the rules for finished work.  [default: the one checked out]",
)
@click.option(
    "--range", "between", metavar="A..B", help="Check what merging branch B into A would bring, for CI."
)
@click.option("--task", metavar="TASK", help="Check whether TASK can be handed to an agent.")
@click.option(
    "--fleet",
    is_flag=True,
    help="Check every open branch, by what holds for it now; say what later steps want.",
)
@click.option("--gate", type=click.Choice(GATES), help="Apply the rules of this step instead.")
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--base", metavar="NAME", help="The branch that agent work merges into.")
@repo_option
@verbose_option
@click.pass_obj
def check(
    settings: Settings,
    /,
    name: str | None,
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
    """Show what breaks the rules, and how to fix it.

    TASK is checked at the gate that comes next: a planned one at spawn, any other by its branch. So is BRANCH.

    Exits with 1 when a finding blocks, and 2 when a branch cannot be read; --fleet without --gate only
    shows, and exits with 0.
    """
    from agentledger.model.findings import Gate

    named = (name, branch, between, task)
    if sum((staged, push, fleet, *(each is not None for each in named))) > 1:
        options = "--staged, --push, --branch, --range, --task and --fleet"
        raise click.UsageError(f"TASK or BRANCH, {options} exclude each other.")
    # The hooks decide both themselves; a different answer here than in the hook would mislead.
    if (staged or push) and (gate is not None or base is not None):
        raise click.UsageError("--staged and --push check as their hooks do: leave out --gate and --base.")
    if between is not None and base is not None:
        raise click.UsageError("--range names the base; leave out --base.")
    chosen = Gate(gate) if gate else None
    if chosen is not None and name is None and (chosen is Gate.SPAWN) is not (task is not None):
        raise click.UsageError("--task goes with --gate spawn, and --gate spawn with --task.")
    start = settings.repo or current_folder()
    if staged or push:
        report = _check_as_hook(start, push)
    elif name is not None:
        report = _check_named(start, name, gate=chosen, base=base, verbose=settings.verbose)
    else:
        report = _run_check(
            start, branch, between, task=task, fleet=fleet, gate=chosen, base=base, verbose=settings.verbose
        )
    click.echo(_format_report(report, format), nl=False)
    if fleet and chosen is None:
        return 0
    # Of a branch that could not be read nothing is found; exit code 0 would claim that it is fine.
    return BLOCKED if report.blocked else UNJUDGED if report.unjudged else 0


def _check_as_hook(start: Path, push: bool) -> Report:
    """The findings that the hook of a commit, or of a push, would report here."""
    from agentledger.gates import commit
    from agentledger.gates import push as pushes
    from agentledger.model.findings import Gate, Report

    if push:
        # surrogateescape: a ref's name may be any bytes, and must get back to git unchanged.
        lines = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()
        return Report(Gate.PUSH, "the push", pushes.check_push(os.environ, start, lines))
    branch, findings = commit.check_commit(os.environ, start, int(time.time()))
    return Report(Gate.COMMIT, branch or "a detached HEAD", findings)


def _check_named(start: Path, name: str, gate: Gate | None, base: str | None, verbose: bool) -> Report:
    """The findings about a task or a branch, at the gate that comes next unless one is given."""
    from agentledger.cli.progress import show_progress
    from agentledger.fleet.request import Request
    from agentledger.gates import next_gate

    with show_progress(verbose) as tell:
        request = Request(base=base, forecast=False, pairs=True, rules=False, gate=True, fetch=True)
        return next_gate.check_named(start, name, gate, request=request, progress=tell)


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
    from agentledger.fleet.request import Request
    from agentledger.gates import check as checks
    from agentledger.model.findings import Gate

    with show_progress(verbose) as tell:
        if task is not None:
            request = Request(base=base, forecast=False, lines=False, rules=False, gate=True, fetch=True)
            return checks.check_task(start, task, request, tell)
        if fleet:
            pairs = gate in (None, Gate.MERGE)
            request = Request(base=base, rules=False, gate=gate is not None, fetch=True, pairs=pairs)
            return checks.check_fleet(start, gate, request, tell)
        if between is not None:
            first, end = _parse_range(between)
            base = checks.resolve_range_end(start, first)
            request = Request(base=base, forecast=False, pairs=True, rules=False, gate=True, fetch=True)
            return checks.check_range(start, end, gate or Gate.MERGE, request=request, progress=tell)
        name = branch if branch is not None else checks.current_branch(start)
        request = Request(base=base, forecast=False, pairs=True, rules=False, gate=True, fetch=True)
        return checks.check_branch(start, name, gate or Gate.READY, request=request, progress=tell)


def _parse_range(between: str) -> tuple[str, str]:
    """The two ends of `A..B`, or of `A...B`, which for a merge is the same; "" is HEAD, as for git."""
    base, dots, branch = between.partition("..")
    branch = branch.removeprefix(".")
    if not dots or not (base or branch) or ".." in branch:
        raise click.UsageError(f"{between!r} is not a range; write it as main..agent/login")
    return base, branch


def _format_report(report: Report, format: str) -> str:
    from agentledger.reports import findings, findings_text, fleet_findings, sarif

    if format == "json":
        return findings.encode_findings(report).decode()
    if format == "sarif":
        return sarif.encode_sarif(report)
    if format == "github":
        text = findings_text.render_annotations(report)
    else:
        text = (fleet_findings.render_fleet if report.fleet else findings_text.render_findings)(report)
    return f"{text}\n" if text else ""
