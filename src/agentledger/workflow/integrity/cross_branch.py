"""Crosses the checks of a branch with base, and keeps what that shows.

Belongs here: which branch and which checks, the branch's own evidence, and where results are kept. Does not: one check
(see `cross_check`).

A manager's results go to the control branch; they are no rerun, and make no evidence reproduced. From an agent's
worktree nothing is kept but logs and base's own runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from agentledger.changes.net_changes import change_id
from agentledger.control import append
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.integrity import CrossingEnd, CrossingRun, Integrity, Meaning
from agentledger.model.ledger import Check, Document, Source
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task
from agentledger.storage.cache import Cache
from agentledger.workflow.integrity import sides
from agentledger.workflow.integrity.cross_check import Crossed, cross_check
from agentledger.workflow.integrity.decide import Verdict
from agentledger.workflow.integrity.record import render_integrity
from agentledger.workflow.integrity.runs import Bench
from agentledger.workflow.session import attempts
from agentledger.workflow.session.manager_context import Managing
from agentledger.workflow.verify import rerun
from agentledger.workflow.verify.one_check import Hear, ignore_event
from agentledger.workflow.verify.run_checks import checks_of_branch

OPTION = "--integrity"
_NOT_RUN = Verdict(Meaning.UNKNOWN, "nothing is run: this is a dry run")
_USUAL = "test"  # the name of the check that is crossed where nobody says which


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedBranch:
    """What the crossings of a branch's checks show."""

    #: '' for a branch that works on no task.
    task: str
    branch: str
    head: str
    #: The commit at which its own work begins.
    base: str
    crossed: tuple[Crossed, ...]
    #: The same as values that are kept.
    records: tuple[Integrity, ...] = ()
    #: What was written to the control branch; () for an agent's run.
    files: tuple[str, ...] = ()
    commit: str | None = None
    ref: str | None = None
    #: Sentences about what was not run, and where the branch's work begins.
    remarks: tuple[str, ...] = ()
    #: Is there a remote that the control branch can be pushed to?
    publishes: bool = False


@dataclass(frozen=True, slots=True)
class _Subject:
    """The branch that is meant, with its task; None for a branch that works on none."""

    branch: Branch
    task: Task | None
    checks: tuple[Check, ...]
    remarks: tuple[str, ...]


def plan_crossings(start: Path, name: str | None, only: Collection[str], now: int) -> CrossedBranch:
    """What `cross_branch` would cross; nothing is run."""
    with rerun.open_from_anywhere(start, now) as desk:
        subject = _find_subject(desk, name, only)
        base, remark = sides.find_fork(subject.branch)
        planned = CrossedBranch(
            task=subject.task.id if subject.task else "",
            branch=subject.branch.name,
            head=subject.branch.head,
            base=base,
            crossed=tuple(Crossed(check=check, verdict=_NOT_RUN) for check in subject.checks),
            remarks=(*subject.remarks, *([remark] if remark else [])),
        )
        records = tuple(_make_record(each, planned, None, now) for each in planned.crossed)
        return replace(planned, records=records)


def cross_branch(
    start: Path, name: str | None, only: Collection[str], *, now: int, hear: Hear = ignore_event
) -> CrossedBranch:
    """Cross the checks of a branch, or of a task's only branch; `now` is in seconds since the epoch.

    Without a `name` it is the branch checked out at `start`. Raises LedgerError where nothing can be crossed.
    """
    with rerun.open_from_anywhere(start, now) as desk:
        subject = _find_subject(desk, name, only)
        branch = desk.snapshot.with_standing(subject.branch) if subject.task else subject.branch
        base, remark = sides.find_fork(branch)
        with _open_bench(desk, branch, base, now=now, hear=hear) as bench:
            crossed = tuple(
                cross_check(bench, check, find_own_run(branch, check)) for check in subject.checks
            )
        result = CrossedBranch(
            task=subject.task.id if subject.task else "",
            branch=branch.name,
            head=branch.head,
            base=base,
            crossed=crossed,
            remarks=(*subject.remarks, *([remark] if remark else [])),
        )
        return _keep_results(desk, branch, result, now)


@contextmanager
def _open_bench(desk: Managing, branch: Branch, base: str, *, now: int, hear: Hear) -> Iterator[Bench]:
    observation, policy = desk.observation, desk.fleet.policy
    scratch = Scratch(desk.snapshot.sealed, observation.place.object_format)
    version = ".".join(map(str, observation.git_version))
    with closing(Cache(observation.place.common / "agentledger", version, now)) as cache:
        yield Bench(
            git=desk.git,
            place=observation.place,
            scratch=scratch,
            source=observation.home,
            policy=policy,
            cache=cache,
            sides=sides.read_sides(scratch, base, branch.head, policy),
            now=now,
            hear=hear,
        )


# -- which branch, which checks -------------------------------------------------------------


def _find_subject(desk: Managing, name: str | None, only: Collection[str]) -> _Subject:
    branch = desk.branch(name) if name is not None and desk.fleet_task(name) is None else None
    if branch is not None and branch.work is None:
        checks = checks_of_branch(None, desk.fleet.policy, branch, only)
        return _Subject(branch, None, _choose_checks(branch, checks, only), ())
    branch, task = rerun.resolve_branch(desk, name, OPTION)
    allowed, remarks = rerun.select_allowed_checks(desk, branch, task, only)
    return _Subject(branch, task, _choose_checks(branch, allowed, only), remarks)


def _choose_checks(branch: Branch, checks: Sequence[Check], only: Collection[str]) -> tuple[Check, ...]:
    """Those to be crossed: the named ones, else those that say so, and the usual one unless it says no."""
    chosen = tuple(check for check in checks if only or is_crossed(check))
    if not chosen:
        names = ", ".join(check.name for check in checks) or "none at all"
        raise LedgerError(
            f"no check of {escape_hidden(branch.name)} is crossed with base; it has: {names}",
            f"name one with --only, or give it `integrity: true`; a check named `{_USUAL}` has it by default",
        )
    return chosen


def is_crossed(check: Check) -> bool:
    """Is a check crossed with base where nobody names it?"""
    return check.name == _USUAL if check.integrity is None else check.integrity


def find_own_run(branch: Branch, check: Check) -> CrossingRun | None:
    """The branch's own run by its evidence: fresh, of this command, and passed; else None.

    A report is read test by test, and evidence does not have that.
    """
    standing = branch.standing
    checked = next((c for c in (standing.checks if standing else ()) if c.check.name == check.name), None)
    evidence = checked.evidence if checked and checked.is_fresh else None
    if evidence is None or evidence.command != check.run or check.junit or check.files:
        return None
    if evidence.exit_code != 0 or not evidence.passed:
        return None
    counts = evidence.counts
    return CrossingRun(
        end=CrossingEnd.PASSES,
        seconds=evidence.seconds,
        tests=counts.tests if counts else None,
        failed=counts.failed if counts else None,
        why="known from its evidence",
    )


# -- keeping it -----------------------------------------------------------------------------


def _keep_results(desk: Managing, branch: Branch, result: CrossedBranch, now: int) -> CrossedBranch:
    """Write the results of a manager to the control branch."""
    net = desk.snapshot.net(branch)
    change = change_id(net)
    records = [_make_record(each, result, change, now) for each in result.crossed]
    if not result.task or not rerun.is_manager(desk):
        return replace(result, records=tuple(records))
    task = next((task for task in desk.fleet.tasks if task.id == result.task), None)
    taken = {each.document.source.path for each in (task.integrity if task else ())}
    files: dict[str, bytes] = {}
    for at, record in enumerate(records):
        content = render_integrity(record)
        path = _choose_path(result.task, record.check, content, now=now, taken=taken)
        files[path] = content
        records[at] = replace(record, document=Document(source=Source(path=path)))
    attempts.keep_heads(desk.git, desk.snapshot.sealed, desk.fleet, more=[result.head])
    outcomes = ", ".join(f"{each.check} {each.meaning}" for each in records)
    made = desk.append(files, f"crossed with base for {result.task}: {outcomes}")
    return replace(
        result,
        records=tuple(records),
        files=tuple(files),
        commit=made.commit,
        ref=desk.ref,
        publishes=desk.publishes,
    )


def _choose_path(task: str, check: str, content: bytes, *, now: int, taken: Collection[str]) -> str:
    """A path that no document has; a quick crossing may be made twice in a second."""
    for second in count(now):
        stem = append.new_document_name(second, content).removesuffix(".md")
        path = f"{ledger_paths.control_folder(task)}/integrity/{stem}-{check}.json"
        if path not in taken:
            return path
    raise AssertionError("there is always a later second")


def _make_record(crossed: Crossed, result: CrossedBranch, change: str | None, now: int) -> Integrity:
    return Integrity(
        document=Document(source=Source(path="")),
        check=crossed.check.name,
        command=crossed.check.run,
        at=now,
        branch=result.branch,
        head=result.head,
        base=result.base,
        change=change,
        meaning=crossed.verdict.meaning,
        why=crossed.verdict.why,
        c=crossed.c.end if crossed.c else None,
        d=crossed.d.end if crossed.d else None,
        words=crossed.words.words,
        words_total=crossed.words.total,
        tells=crossed.words.tells,
        needs_names=crossed.words.needs_names,
    )
