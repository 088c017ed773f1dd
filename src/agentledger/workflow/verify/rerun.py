"""Runs the checks of a branch again, independently: in a fresh worktree at its head, set up as policy says.

Belongs here: comparing the results with what the branch has recorded, and keeping them. Does not: one check (see
`one_check`), or the worktree (see `fresh_worktree`).

What an agent records is a claim. A manager's rerun is kept on the control branch, where it makes the claim
*reproduced*, *contradicted* or, where runs differ among themselves, *flaky*. An agent's own rerun proves nothing
to others, and goes only to the cache.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from agentledger.changes.net_changes import Net
from agentledger.control import append
from agentledger.fleet import snapshot
from agentledger.fleet.snapshot import Request
from agentledger.git import process, queries
from agentledger.model import ledger_paths
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Check, Evidence
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task, Trust
from agentledger.repository.bases import HEADS
from agentledger.repository.repository_state import observe_repository
from agentledger.workflow.session.manager_context import Managing, refuse_unknown
from agentledger.workflow.verify.evidence import Bound, render_evidence
from agentledger.workflow.verify.fresh_worktree import fresh_worktree, prepare_worktree
from agentledger.workflow.verify.one_check import Hear, Runner, Seen, ignore_event
from agentledger.workflow.verify.run_checks import (
    Planned,
    bind_evidence,
    changed_files,
    checks_of_branch,
    fill_in_checks,
    outcome_word,
)


@dataclass(frozen=True, slots=True)
class Again:
    """One check run again: the result of each run, and how far the branch's own evidence can be trusted.

    `trust` is None where there is no evidence of this command on this code to compare with.
    """

    runs: tuple[Seen, ...]
    trust: Trust | None

    @property
    def last(self) -> Seen:
        """The run that decided."""
        return self.runs[-1]

    @property
    def sound(self) -> bool:
        """Did it pass, without contradicting the evidence?"""
        return self.last.passed and self.trust not in (Trust.CONTRADICTED, Trust.FLAKY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """The results of a rerun."""

    task: str
    branch: str
    #: The commit that the checks ran on.
    head: str
    #: The git directory with the logs.
    common: Path
    checks: tuple[Again, ...]
    #: What was written to the control branch; () for an agent's rerun.
    files: tuple[str, ...] = ()
    #: The commit that has the files; None without any.
    commit: str | None = None
    #: The full name of the control branch; None without files.
    ref: str | None = None
    #: Sentences about checks that were not run.
    remarks: tuple[str, ...] = ()
    #: Is there a remote that the control branch can be pushed to?
    publishes: bool = False


def plan_rerun(start: Path, name: str | None, only: Collection[str], now: int) -> Planned:
    """What `rerun_checks` would run."""
    with _open_managing(start, now) as desk:
        branch, task = _resolve_branch(desk, name)
        checks, _ = _select_checks(desk, branch, task, only)
        return fill_in_checks(branch, task.id, checks, desk.snapshot.net(branch))


def rerun_checks(
    start: Path, name: str | None, only: Collection[str], *, now: int, hear: Hear = ignore_event
) -> Rerun:
    """Run the checks of a branch, or of a task's only branch, again; `now` is in seconds since the epoch.

    Without a `name` it is the branch checked out at `start`. The checks of a brief that no manager has
    confirmed are not run: an agent chose them. Raises LedgerError where nothing can be run.
    """
    with _open_managing(start, now) as desk:
        branch, task = _resolve_branch(desk, name)
        checks, remarks = _select_checks(desk, branch, task, only)
        net = desk.snapshot.net(branch)
        bench = _Bench(desk, branch, bind_evidence(branch, net), now=now, hear=hear)
        again = bench.run_again(checks, net)
        common = desk.observation.place.common
        result = Rerun(
            task=task.id,
            branch=branch.name,
            head=branch.head,
            common=common,
            checks=tuple(again),
            remarks=remarks,
        )
        return _keep_results(desk, result, bench.bound, now)


@contextmanager
def _open_managing(start: Path, now: int) -> Iterator[Managing]:
    """Open the repository as a manager sees it, but from any worktree: only a manager's results are written."""
    observation = observe_repository(start, None, ())
    request = Request(forecast=False, lines=False, now=now, rules=False, fetch=True)
    with snapshot.open_snapshot(start, request) as taken:
        refuse_unknown(taken)
        yield Managing(process.repository_at(start), observation, taken)


def _resolve_branch(desk: Managing, name: str | None) -> tuple[Branch, Task]:
    """The one branch that is meant, and its task. Raises LedgerError where there is none, or several."""
    if name is None:
        name = queries.read_head_ref(desk.observation.git).removeprefix(HEADS)
        if not any(b.name == name and b.work for b in desk.fleet.branches):
            raise LedgerError(
                "no task is worked on here", "name one, or a branch: agentledger verify --rerun TASK"
            )
    task = desk.task(name)
    branches = desk.attempts(name)
    if len(branches) != 1:
        names = ", ".join(escape_hidden(b.name) for b in branches)
        if not branches:
            raise LedgerError(f"nobody works on {escape_hidden(task.id)} yet", f"agentledger spawn {task.id}")
        hint = f"name one: agentledger verify --rerun {shlex.quote(escape_hidden(branches[0].name))}"
        raise LedgerError(f"several branches work on {escape_hidden(task.id)}: {names}", hint)
    return branches[0], task


def _select_checks(
    desk: Managing, branch: Branch, task: Task, only: Collection[str]
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """The checks that may be run on this machine, and sentences about those left out.

    Of an unconfirmed brief only what policy asks for as well. Raises LedgerError where nothing is left.
    """
    policy = desk.fleet.policy
    if task.brief_from != "branch":
        return checks_of_branch(task.brief, policy, branch, only), ()
    all_checks = checks_of_branch(task.brief, policy, branch, only)
    policy_checks = [check for check in checks_of_branch(None, policy, branch, ()) if check in all_checks]
    left_out = [check.name for check in all_checks if check not in policy_checks]
    if left_out and not policy_checks:
        raise LedgerError(
            f"the brief of {escape_hidden(task.id)} is unconfirmed: its commands were chosen on the branch",
            f"read them first: agentledger brief show {task.id}; then agentledger brief accept {task.id}",
        )
    remark = f"not run, since the brief is unconfirmed: {', '.join(left_out)}"
    return tuple(policy_checks), (remark,) if left_out else ()


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where checks are run again, and on which commit."""

    desk: Managing
    branch: Branch
    bound: Bound
    now: int
    hear: Hear

    def run_again(self, checks: tuple[Check, ...], net: Net) -> list[Again]:
        """Run each check once; run those that differ from the evidence a second time, in another worktree."""
        first = self._run_round(checks, net)
        differing_checks = [each.check for each in first if self._is_different(each)]
        second = (
            {each.check: each for each in self._run_round(tuple(differing_checks), net)}
            if differing_checks
            else {}
        )
        return [
            self._judge_runs((each, second[each.check]) if each.check in second else (each,))
            for each in first
        ]

    def _run_round(self, checks: tuple[Check, ...], net: Net) -> list[Seen]:
        """Run these checks in one fresh worktree, in order."""
        observation, policy = self.desk.observation, self.desk.fleet.policy
        if not checks:
            return []
        with fresh_worktree(self.desk.git, observation.place, self.branch.head) as folder:
            runner = Runner(
                folder,
                observation.place.common,
                policy,
                now=self.now,
                hear=self.hear,
                source=observation.home,
            )
            prepare_worktree(folder, observation.home, runner, policy=policy, hear=self.hear)
            return [runner.check(check, changed_files(self.branch, net)) for check in checks]

    def _recorded_evidence(self, check: Check) -> Evidence | None:
        """The branch's evidence, where it is of this command on this code; else None."""
        work = self.branch.work
        of_check = (each for each in (work.evidence if work else ()) if each.check == check.name)
        return next((e for e in of_check if (e.command, e.tree) == (check.run, self.bound.tree)), None)

    def _is_different(self, result: Seen) -> bool:
        recorded = self._recorded_evidence(result.check)
        return recorded is not None and recorded.passed != result.passed

    def _judge_runs(self, runs: tuple[Seen, ...]) -> Again:
        """The runs of one check, with what they make of its evidence."""
        recorded = self._recorded_evidence(runs[0].check)
        if recorded is None or runs[0].skipped is not None:
            return Again(runs, None)
        # A check runs twice only where the first run differs; a second that agrees shows that it is flaky.
        same = [run.passed == recorded.passed for run in runs]
        if all(same):
            return Again(runs, Trust.REPRODUCED)
        return Again(runs, Trust.FLAKY if any(same) else Trust.CONTRADICTED)


# -- keeping it ---------------------------------------------------------------------------


def _keep_results(desk: Managing, rerun: Rerun, bound: Bound, now: int) -> Rerun:
    """Write the results to the control branch in a manager's worktree, else to the cache."""
    files = {}
    for run in (run for each in rerun.checks for run in each.runs if run.skipped is None):
        content = render_evidence(run, bound)
        # Two runs of a quick check can be the same to the last byte. They are two runs, so they get two names.
        for second in count(now):
            stem = append.new_document_name(second, content).removesuffix(".md")
            path = f"{ledger_paths.control_folder(rerun.task)}/reruns/{stem}-{run.check.name}.json"
            if path not in files:
                break
        files[path] = content
    if not files:
        return rerun
    if not _is_manager(desk):
        desk.snapshot.cache.put("rerun", [(path, content.decode()) for path, content in files.items()])
        return rerun
    outcomes = ", ".join(
        f"{each.last.check.name} {each.trust or outcome_word(each.last)}" for each in rerun.checks
    )
    written = desk.append(files, f"run again for {rerun.task}: {outcomes}")
    return replace(rerun, files=tuple(files), commit=written.commit, ref=desk.ref, publishes=desk.publishes)


def _is_manager(desk: Managing) -> bool:
    """Is this no agent's worktree?"""
    try:
        append.refuse_in_agent_worktree(desk.observation, desk.fleet)
    except LedgerError:
        return False
    return True
