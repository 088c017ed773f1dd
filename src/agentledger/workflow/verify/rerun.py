"""Runs the checks of a branch again, independently: in a fresh worktree at its head, set up as policy says.

Belongs here: comparing the results with what the branch has recorded, and keeping them. Does not: one check (see
`one_check`), or the worktree (see `fresh_worktree`).

What an agent records is a claim. A manager's rerun is kept on the control branch, where it makes the claim
*reproduced*, *contradicted* or, where runs differ among themselves, *flaky*. An agent's own rerun proves nothing
to others, and goes only to the cache.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from agentledger.attention.run_differences import THERE_AND_HERE, describe_differences
from agentledger.changes.checked_files import changed_files
from agentledger.changes.net_changes import Net
from agentledger.control import append
from agentledger.fleet import snapshot
from agentledger.fleet.request import Request
from agentledger.git import process, queries
from agentledger.model import ledger_paths
from agentledger.model.errors import LedgerError
from agentledger.model.evidence import Evidence, confirms, fails_as_base
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Check
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task, Trust
from agentledger.repository.bases import HEADS
from agentledger.repository.repository_state import observe_repository
from agentledger.workflow.session import attempts
from agentledger.workflow.session.manager_context import Managing, refuse_unknown
from agentledger.workflow.verify import base_run, could_not_run
from agentledger.workflow.verify.base_run import BaseBench, compare_with_base
from agentledger.workflow.verify.evidence import Bound, render_evidence
from agentledger.workflow.verify.fresh_worktree import SetupError, fresh_worktree, prepare_worktree
from agentledger.workflow.verify.one_check import Hear, Runner, Seen, ignore_event
from agentledger.workflow.verify.run_checks import (
    Planned,
    bind_evidence,
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
    #: What was otherwise here than in the branch's own run, each in a few words.
    differences: tuple[str, ...] = ()

    @property
    def last(self) -> Seen:
        """The run that decided."""
        return self.runs[-1]

    @property
    def sound(self) -> bool:
        """Did it pass, without contradicting the evidence?"""
        return (
            self.last.passed and not self.last.unable and self.trust not in (Trust.CONTRADICTED, Trust.FLAKY)
        )


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
    with open_from_anywhere(start, now) as desk:
        branch, task = resolve_branch(desk, name, "--rerun")
        checks, _ = select_allowed_checks(desk, branch, task, only)
        return fill_in_checks(branch, task.id, checks, desk.snapshot.net(branch))


def rerun_checks(
    start: Path, name: str | None, only: Collection[str], *, now: int, hear: Hear = ignore_event
) -> Rerun:
    """Run the checks of a branch, or of a task's only branch, again; `now` is in seconds since the epoch.

    Without a `name` it is the branch checked out at `start`. The checks of a brief that no manager has
    confirmed are not run: an agent chose them. Raises LedgerError where nothing can be run.
    """
    with open_from_anywhere(start, now) as desk:
        branch, task = resolve_branch(desk, name, "--rerun")
        checks, remarks = select_allowed_checks(desk, branch, task, only)
        net = desk.snapshot.net(branch)
        branch = desk.snapshot.with_standing(branch)
        bench = _Bench(desk, branch, bind_evidence(branch, net), now=now, hear=hear)
        again = bench.run_again(checks, net)
        remarks += bench.describe_setup(again)
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
def open_from_anywhere(start: Path, now: int) -> Iterator[Managing]:
    """Open the repository as a manager sees it, but from any worktree: only a manager's results are written."""
    observation = observe_repository(start, None, ())
    # As a gate reads it: an agent can write the cache, and what is read there would be what is run and recorded.
    request = Request(forecast=False, lines=False, now=now, rules=False, fetch=True, gate=True)
    with snapshot.open_snapshot(start, request) as taken:
        refuse_unknown(taken)
        yield Managing(process.repository_at(start), observation, taken)


def resolve_branch(desk: Managing, name: str | None, option: str) -> tuple[Branch, Task]:
    """The one branch that is meant, and its task. Raises LedgerError where there is none, or several.

    `option` is that of the command which hints name.
    """
    if name is None:
        name = queries.read_head_ref(desk.observation.git).removeprefix(HEADS)
        if not any(b.name == name and b.work for b in desk.fleet.branches):
            raise LedgerError(
                "no task is worked on here", f"name one, or a branch: agentledger verify {option} TASK"
            )
    task = desk.task(name)
    branches = desk.attempts(name)
    if len(branches) != 1:
        names = ", ".join(escape_hidden(b.name) for b in branches)
        if not branches:
            raise LedgerError(f"nobody works on {escape_hidden(task.id)} yet", f"agentledger spawn {task.id}")
        hint = f"name one: agentledger verify {option} {shlex.quote(escape_hidden(branches[0].name))}"
        raise LedgerError(f"several branches work on {escape_hidden(task.id)}: {names}", hint)
    return branches[0], task


def select_allowed_checks(
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

    def describe_setup(self, again: Sequence[Again]) -> tuple[str, ...]:
        """What to do about checks that could not be run here; () where all were run."""
        if not any(each.last.unable for each in again):
            return ()
        policy, tree = self.desk.fleet.policy, could_not_run.read_tree(self.desk.git, self.branch.head)
        if policy.spawn_setup:
            return (f"[spawn] setup in .agentledger/config.toml does not suffice here: {policy.spawn_setup}",)
        command = json.dumps(could_not_run.suggest_setup(tree) or "…", ensure_ascii=False)
        where = "a fresh worktree has only what is committed; .agentledger/config.toml on base says what sets it up"
        return (f"{where}: [spawn] setup = {command}",)

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
        paths = changed_files(self.branch, net)
        try:
            results, empty = self._run_at(self.branch.head, checks, paths)
        except SetupError as error:
            why = f"{error.message}; {error.hint}"
            return [Seen(check=c, exit_code=None, started_at=self.now, unable=why) for c in checks]
        settled = self._settle_listed(results, paths)
        return [replace(each, unable=self._explain_unable(each, empty, paths)) for each in settled]

    def _run_at(
        self, commit: str, checks: tuple[Check, ...], paths: Sequence[bytes]
    ) -> tuple[list[Seen], tuple[bytes, ...]]:
        """Run these checks in one fresh worktree at a commit; return also its submodules that are empty."""
        observation, policy = self.desk.observation, self.desk.fleet.policy
        if not checks:
            return [], ()
        with fresh_worktree(self.desk.git, observation.place, commit) as folder:
            runner = Runner(
                folder,
                observation.place.common,
                policy,
                now=self.now,
                hear=self.hear,
                source=observation.home,
            )
            prepare_worktree(folder, observation.home, runner, policy=policy, hear=self.hear)
            tree = could_not_run.read_tree(self.desk.git, commit)
            empty = could_not_run.find_empty_submodules(tree, folder)
            return [runner.check(check, paths) for check in checks], empty

    def _settle_listed(self, results: list[Seen], paths: Sequence[bytes]) -> list[Seen]:
        """The results; base's own run says whether failures are new, where the report or the evidence asks that.

        The report does where the command itself did not fail; the evidence where it calls the failure base's, too.
        """
        listed = [each for each in results if not each.passed and self._is_asked_of_base(each)]
        observation, fleet = self.desk.observation, self.desk.fleet
        bench = BaseBench(
            git=self.desk.git,
            place=observation.place,
            source=observation.home,
            base=fleet.base.head,
            head=self.branch.head,
            policy=fleet.policy,
            # An agent can write the cache, and this is to say whether the agent was right.
            cache=None,
            now=self.now,
            hear=self.hear,
        )
        settled = {each.check: each for each in compare_with_base(bench, listed, paths)[0]}
        return [settled.get(each.check, each) for each in results]

    def _is_asked_of_base(self, result: Seen) -> bool:
        recorded = self._recorded_evidence(result.check)
        is_excused = recorded is not None and fails_as_base(recorded.exit_code, recorded.on_base)
        return result.exit_code == 0 or is_excused

    def _explain_unable(self, result: Seen, empty: Collection[bytes], paths: Sequence[bytes]) -> str:
        """Why a check's end in the fresh worktree is no result; "" where it is one."""
        why = could_not_run.explain_surely(result)
        if why:
            return why
        why = could_not_run.explain_perhaps(result, empty)
        return "" if why and self._does_base_run(result, empty, paths) else why

    def _does_base_run(self, result: Seen, empty: Collection[bytes], paths: Sequence[bytes]) -> bool:
        """Does base's run of this check show that this machine has what it needs, so that the branch is to blame?"""
        git, base, head = self.desk.git, self.desk.fleet.base.head, self.branch.head
        trees = could_not_run.read_tree(git, head), could_not_run.read_tree(git, base)
        if could_not_run.is_of_branch(result, empty, *trees):
            return False
        if not base_run.can_run_on_base(git, base, head, check=result.check, paths=paths):
            return False
        try:
            results, empty_there = self._run_at(base, (result.check,), paths)
        except SetupError:
            return False
        return not any(
            could_not_run.explain_surely(each) or could_not_run.explain_perhaps(each, empty_there)
            for each in results
        )

    def _recorded_evidence(self, check: Check) -> Evidence | None:
        """The branch's evidence, where this command ran on this code, or on what merges the same; else None."""
        standing = self.branch.standing
        checks = standing.checks if standing else ()
        checked = next((each for each in checks if each.check.name == check.name), None)
        if checked is None or checked.evidence is None or checked.evidence.skipped is not None:
            return None
        is_same_code = checked.is_fresh or checked.tree == self.bound.tree
        return checked.evidence if is_same_code and checked.evidence.command == check.run else None

    def _is_different(self, result: Seen) -> bool:
        recorded = self._recorded_evidence(result.check)
        return recorded is not None and not result.unable and confirms(result, recorded) is False

    def _judge_runs(self, runs: tuple[Seen, ...]) -> Again:
        """The runs of one check, with what they make of its evidence."""
        recorded = self._recorded_evidence(runs[0].check)
        if recorded is None or runs[0].skipped is not None or any(run.unable for run in runs):
            return Again(runs, None)
        verdicts = [confirms(run, recorded) for run in runs]
        if None in verdicts:
            return Again(runs, None)
        differences = describe_differences(recorded, runs[-1], THERE_AND_HERE)
        # A check runs twice only where the first run differs; a second that agrees shows that it is flaky.
        if all(verdicts):
            return Again(runs, Trust.REPRODUCED, differences)
        return Again(runs, Trust.FLAKY if any(verdicts) else Trust.CONTRADICTED, differences)


# -- keeping it ---------------------------------------------------------------------------


def _keep_results(desk: Managing, rerun: Rerun, bound: Bound, now: int) -> Rerun:
    """Write the results to the control branch; from an agent's worktree nothing is kept but the logs."""
    files: dict[str, bytes] = {}
    taken = {
        run.document.source.path for task in desk.fleet.tasks if task.id == rerun.task for run in task.reruns
    }
    for run in (run for each in rerun.checks for run in each.runs if run.skipped is None and not run.unable):
        content = render_evidence(run, bound)
        # Two runs of a quick check can be the same to the last byte. They are two runs, so they get two names.
        for second in count(now):
            stem = append.new_document_name(second, content).removesuffix(".md")
            path = f"{ledger_paths.control_folder(rerun.task)}/reruns/{stem}-{run.check.name}.json"
            if path not in files and path not in taken:
                break
        files[path] = content
    if not files:
        return rerun
    if not is_manager(desk):
        return rerun
    outcomes = ", ".join(
        f"{each.last.check.name} {each.trust or outcome_word(each.last)}"
        for each in rerun.checks
        if not each.last.unable
    )
    attempts.keep_heads(desk.git, desk.snapshot.sealed, desk.fleet, more=[bound.head])
    written = desk.append(files, f"run again for {rerun.task}: {outcomes}")
    return replace(rerun, files=tuple(files), commit=written.commit, ref=desk.ref, publishes=desk.publishes)


def is_manager(desk: Managing) -> bool:
    """Is this no agent's worktree?"""
    try:
        append.refuse_in_agent_worktree(desk.observation, desk.fleet)
    except LedgerError:
        return False
    return True
