"""Runs the checks of a task in the agent's worktree, and makes the evidence of their results.

Belongs here: which checks, on which commit, and the files to be committed. Does not: one check (see
`one_check`), what the worktree has to be like (see `clean_worktree`), base's own result (see `base_run`), or
running the checks again elsewhere (see `rerun`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentledger.attention import progress
from agentledger.attention.run_differences import describe_differences
from agentledger.changes.checked_files import changed_files
from agentledger.changes.net_changes import Net, change_id
from agentledger.git.leftovers import FETCH_AGAIN
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch
from agentledger.model.ledger import Brief, Check
from agentledger.model.near_names import unknown_name_error
from agentledger.model.policy import Policy
from agentledger.model.text import escape_hidden
from agentledger.running import changed_files as running_changed_files
from agentledger.running.changed_files import Filled
from agentledger.workflow.session import ledger_commit
from agentledger.workflow.session.agent_context import AtWork
from agentledger.workflow.session.ledger_commit import Committed
from agentledger.workflow.verify import base_run, clean_worktree
from agentledger.workflow.verify.evidence import Bound, find_run_before, render_evidence
from agentledger.workflow.verify.one_check import Hear, Runner, Seen, ignore_event


@dataclass(frozen=True, slots=True)
class Verified:
    """The results of the checks, in order, all of the commit in `bound`.

    `files` is the evidence by path from the worktree's top, not written yet (see `commit_evidence`). `remarks`
    are sentences about what somebody should look at.
    """

    bound: Bound
    results: tuple[Seen, ...]
    files: Mapping[str, bytes]
    #: By check, what is otherwise than in the run before.
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Seen, ...]:
        """The results that did not pass."""
        return tuple(each for each in self.results if not each.passed)


def run_checks(at: AtWork, only: Collection[str] = (), now: int = 0, hear: Hear = ignore_event) -> Verified:
    """Run the checks that this branch has to pass, or `only` those named; only logs are written.

    `now` is in seconds since the epoch. Raises LedgerError where the worktree differs from HEAD, before the
    first check or after one.
    """
    checks = select_checks(at, only)
    clean_worktree.refuse_unclean(at.git, at.top, at.scope)
    net = at.snapshot.net(at.branch)
    paths, bound = changed_files(at.branch, net), bind_evidence(at.branch, net)
    runner = Runner(at.top, at.place.common, at.fleet.policy, now=now, hear=hear)
    results, untracked = [], frozenset[bytes]()
    for check in checks:
        result = runner.check(check, paths)
        # After each check, so that a changed file is blamed on the check that changed it.
        untracked_now = clean_worktree.refuse_changed(at.git, check.name)
        results.append(_remark_new_files(result, [path for path in untracked_now if path not in untracked]))
        untracked |= frozenset(untracked_now)
    _refuse_moved(at, bound)
    bench = base_run.BaseBench(
        git=at.git,
        place=at.place,
        source=at.top,
        base=at.fleet.base.head,
        head=at.branch.head,
        policy=at.fleet.policy,
        cache=at.snapshot.cache,
        now=now,
        hear=hear,
    )
    compared, remarks = base_run.compare_with_base(bench, results, paths)
    return Verified(
        bound,
        compared,
        _render_evidence(at, compared, bound),
        changes=_describe_changes(at, compared),
        remarks=remarks,
    )


def commit_evidence(at: AtWork, verified: Verified) -> Committed:
    """Commit the evidence alone, beside whatever else is staged or changed."""
    outcomes = ", ".join(f"{each.check.name} {outcome_word(each)}" for each in verified.results)
    return ledger_commit.commit_files(
        at.git, at.branch.name, verified.files, f"checked: {outcomes}", rules=at.fleet.policy.commits
    )


def outcome_word(result: Seen) -> str:
    """The result of a check in a word or two."""
    if result.unable:
        return "could not be run"
    return "skipped" if result.skipped is not None else "passed" if result.passed else "failed"


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be run: the checks in order, each with its command filled in."""

    task: str
    branch: str
    head: str
    checks: tuple[tuple[Check, Filled], ...]


def plan_checks(at: AtWork, only: Collection[str] = ()) -> Planned:
    """What `run_checks` would run."""
    return fill_in_checks(at.branch, at.task.id, select_checks(at, only), at.snapshot.net(at.branch))


def fill_in_checks(branch: Branch, task: str, checks: Sequence[Check], net: Net) -> Planned:
    """These checks with their commands filled in."""
    paths = changed_files(branch, net)
    filled = tuple((check, running_changed_files.fill_command(check.run, paths)) for check in checks)
    return Planned(task, branch.name, branch.head, filled)


# -- which checks, on what ----------------------------------------------------------------


def select_checks(at: AtWork, only: Collection[str] = ()) -> tuple[Check, ...]:
    """The checks of this worktree's branch. Raises LedgerError for a name in `only` that no check has."""
    return checks_of_branch(at.task.brief, at.fleet.policy, at.branch, only)


def checks_of_branch(
    brief: Brief | None, policy: Policy, branch: Branch, only: Collection[str]
) -> tuple[Check, ...]:
    """The checks that a brief and the policy ask of a branch, the same as the board asks for.

    Raises LedgerError, with near names, for a name in `only` that no check has.
    """
    checks = progress.required_checks(brief, policy, [change.path for change in branch.code_changes])
    names = [check.name for check in checks]
    for name in only:
        if name not in names:
            raise unknown_name_error("check", name, names, "neither brief nor policy asks for one here")
    return tuple(check for check in checks if not only or check.name in only)


def bind_evidence(branch: Branch, net: Net) -> Bound:
    """What evidence of a branch's head is about. Raises LedgerError where its tree cannot be read."""
    if branch.code_tree is None:
        message = f"the tree of {branch.head[:12]} cannot be read"
        raise LedgerError(message, f"git fsck says what is missing; {FETCH_AGAIN} may bring it")
    return Bound(branch.head, branch.code_tree, change_id(net))


# -- what is recorded -----------------------------------------------------------------------


def _remark_new_files(result: Seen, untracked: Sequence[bytes]) -> Seen:
    """The result with a remark on files that the check has left untracked; they change no commit."""
    if not untracked:
        return result
    remark = f"it left new files: {clean_worktree.format_paths(untracked)}; list them in .gitignore, or remove them"
    return replace(result, remarks=(*result.remarks, remark))


def _refuse_moved(at: AtWork, bound: Bound) -> None:
    """Raise LedgerError where code was committed while the checks ran: they saw a mixture of two commits."""
    if not clean_worktree.is_same_code(at.git, bound.head):
        message = f"{escape_hidden(at.branch.name)} has moved on from {bound.head[:12]} meanwhile; nothing is recorded"
        raise LedgerError(message, "run this again when nobody commits code here")


def _describe_changes(at: AtWork, results: Sequence[Seen]) -> dict[str, tuple[str, ...]]:
    """By check, what is otherwise than in the last run that differed."""
    previous = {each.check: each for each in at.work.evidence}
    before = {each.check.name: find_run_before(each, previous.get(each.check.name)) for each in results}
    return {
        each.check.name: describe_differences(last, each)
        for each in results
        if (last := before[each.check.name])
    }


def _render_evidence(at: AtWork, results: Sequence[Seen], bound: Bound) -> dict[str, bytes]:
    """The evidence of each check by its path from the worktree's top."""
    previous = {each.check: each for each in at.work.evidence}
    return {
        f"{at.folder}/evidence/{each.check.name}.json": render_evidence(
            each, bound, previous.get(each.check.name)
        )
        for each in results
    }
