"""The checks of a branch run again by somebody else: in a fresh worktree at its head, made ready by policy.

Belongs here: comparing what is seen with what the branch has recorded, and keeping it. Does not: one check
(see `verify_one`), or the worktree (see `verify_place`).

What an agent records is a claim. A manager's rerun is kept on the control branch, where it makes the claim
*reproduced*, *contradicted* or, where runs differ among themselves, *flaky*. An agent's own is worth nothing
to others, and goes to the cache alone.
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
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Check, Evidence
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task, Trust
from agentledger.repository.bases import HEADS
from agentledger.repository.repository_state import observe_repository
from agentledger.workflow.session.manager_context import Managing
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
    """One check run again: what each run saw, and what that makes of the branch's own evidence.

    `trust` is None where there is no evidence of this command on this code to be compared with.
    """

    seen: tuple[Seen, ...]
    trust: Trust | None

    @property
    def last(self) -> Seen:
        """The run that decided."""
        return self.seen[-1]

    @property
    def sound(self) -> bool:
        """Did it pass, and does nothing differ?"""
        return self.last.passed and self.trust not in (Trust.CONTRADICTED, Trust.FLAKY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What came of it all. `files` are on the control branch, in `commit`; none for an agent.

    `common` is the git directory with the logs; `publishes`: the control branch has a remote to go to.
    """

    task: str
    branch: str
    head: str
    common: Path
    checks: tuple[Again, ...]
    files: tuple[str, ...] = ()
    commit: str | None = None
    ref: str | None = None
    remarks: tuple[str, ...] = ()
    publishes: bool = False


def plan_rerun(start: Path, name: str | None, only: Collection[str], now: int) -> Planned:
    """What `run` would run."""
    with _open_managing(start, now) as here:
        branch, task = _resolve_branch(here, name)
        checks, _ = _select_checks(here, branch, task, only)
        return fill_in_checks(branch, task.id, checks, here.taken.net(branch))


def rerun_checks(
    start: Path, name: str | None, only: Collection[str], now: int, hear: Hear = ignore_event
) -> Rerun:
    """Run the checks of a branch, or of the one branch of a task, again; `now` is in seconds since the epoch.

    Without a name it is the branch checked out at `start`. The checks of a brief that no manager has
    confirmed are not run: an agent chose them. LedgerError where nothing can be run.
    """
    with _open_managing(start, now) as here:
        branch, task = _resolve_branch(here, name)
        checks, remarks = _select_checks(here, branch, task, only)
        net = here.taken.net(branch)
        bench = _Bench(here, branch, bind_evidence(branch, net), now=now, hear=hear)
        again = bench.again(checks, net)
        common = here.seen.place.common
        found = Rerun(
            task=task.id,
            branch=branch.name,
            head=branch.head,
            common=common,
            checks=tuple(again),
            remarks=remarks,
        )
        return _keep_results(here, found, bench.bound, now)


@contextmanager
def _open_managing(start: Path, now: int) -> Iterator[Managing]:
    """The repository as a manager has it, but from anywhere: nothing of it is written yet."""
    seen = observe_repository(start, None, ())
    with snapshot.open_snapshot(start, Request(forecast=False, lines=False, now=now, rules=False)) as taken:
        yield Managing(process.repository_at(start), seen, taken)


def _resolve_branch(here: Managing, name: str | None) -> tuple[Branch, Task]:
    if name is None:
        name = queries.read_head_ref(here.seen.git).removeprefix(HEADS)
        if not any(b.name == name and b.work for b in here.fleet.branches):
            raise LedgerError(
                "no task is worked on here", "name one, or a branch: agentledger verify --rerun TASK"
            )
    task = here.task(name)
    branches = here.attempts(name)
    if len(branches) != 1:
        told = ", ".join(escape_hidden(b.name) for b in branches)
        if not branches:
            raise LedgerError(f"nobody works on {escape_hidden(task.id)} yet", f"agentledger spawn {task.id}")
        hint = f"name one: agentledger verify --rerun {shlex.quote(escape_hidden(branches[0].name))}"
        raise LedgerError(f"several branches work on {escape_hidden(task.id)}: {told}", hint)
    return branches[0], task


def _select_checks(
    here: Managing, branch: Branch, task: Task, only: Collection[str]
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """What may be run here, and what is left out."""
    policy = here.fleet.policy
    if task.brief_from != "branch":
        return checks_of_branch(task.brief, policy, branch, only), ()
    every = checks_of_branch(task.brief, policy, branch, only)
    ours = [check for check in checks_of_branch(None, policy, branch, ()) if check in every]
    left_out = [check.name for check in every if check not in ours]
    if left_out and not ours:
        raise LedgerError(
            f"the brief of {escape_hidden(task.id)} is unconfirmed: its commands were chosen on the branch",
            f"read them first: agentledger brief show {task.id}; then agentledger brief accept {task.id}",
        )
    told = f"not run, since the brief is unconfirmed: {', '.join(left_out)}"
    return tuple(ours), (told,) if left_out else ()


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where and for what checks are run again."""

    here: Managing
    branch: Branch
    bound: Bound
    now: int
    hear: Hear

    def again(self, checks: tuple[Check, ...], net: Net) -> list[Again]:
        """Each check once, and a second time, in another worktree, those that differ from the evidence."""
        first = self._run_round(checks, net)
        differing = [each.check for each in first if self._is_different(each)]
        second = {each.check: each for each in self._run_round(tuple(differing), net)} if differing else {}
        return [
            self._judged((each, second[each.check]) if each.check in second else (each,)) for each in first
        ]

    def _run_round(self, checks: tuple[Check, ...], net: Net) -> list[Seen]:
        seen, policy = self.here.seen, self.here.fleet.policy
        if not checks:
            return []
        with fresh_worktree(self.here.asked, seen.place, self.branch.head) as folder:
            runner = Runner(folder, seen.place.common, policy, now=self.now, hear=self.hear, source=seen.home)
            prepare_worktree(folder, seen.home, runner, policy=policy, hear=self.hear)
            return [runner.check(check, changed_files(self.branch, net)) for check in checks]

    def _recorded_evidence(self, check: Check) -> Evidence | None:
        """The branch's evidence, if it is of this command on this code."""
        work = self.branch.work
        of_check = (each for each in (work.evidence if work else ()) if each.check == check.name)
        return next((e for e in of_check if (e.command, e.tree) == (check.run, self.bound.tree)), None)

    def _is_different(self, seen: Seen) -> bool:
        recorded = self._recorded_evidence(seen.check)
        return recorded is not None and recorded.passed != seen.passed

    def _judged(self, runs: tuple[Seen, ...]) -> Again:
        recorded = self._recorded_evidence(runs[0].check)
        if recorded is None or runs[0].skipped is not None:
            return Again(runs, None)
        same = [seen.passed == recorded.passed for seen in runs]
        if all(same):
            return Again(runs, Trust.REPRODUCED)
        return Again(runs, Trust.FLAKY if any(same) else Trust.CONTRADICTED)


# -- keeping it ---------------------------------------------------------------------------


def _keep_results(here: Managing, found: Rerun, bound: Bound, now: int) -> Rerun:
    """What was seen, on the control branch where a manager looks; else in the cache."""
    files = {}
    for seen in (seen for each in found.checks for seen in each.seen if seen.skipped is None):
        content = render_evidence(seen, bound)
        # Two runs of a check that ends at once can be alike to the last byte, and are two all the same.
        for second in count(now):
            stem = append.new_document_name(second, content).removesuffix(".md")
            path = f"tasks/{found.task}/reruns/{stem}-{seen.check.name}.json"
            if path not in files:
                break
        files[path] = content
    if not files:
        return found
    if not _is_manager(here):
        here.taken.cache.put("rerun", [(path, content.decode()) for path, content in files.items()])
        return found
    told = ", ".join(
        f"{each.last.check.name} {each.trust or outcome_word(each.last)}" for each in found.checks
    )
    made = here.append(files, f"chore(ledger): run again for {found.task}: {told}")
    return replace(found, files=tuple(files), commit=made.commit, ref=here.ref, publishes=here.publishes)


def _is_manager(here: Managing) -> bool:
    try:
        append.refuse_in_agent_worktree(here.seen, here.fleet)
    except LedgerError:
        return False
    return True
