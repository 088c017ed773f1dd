"""Look at a repository, read its fleet and judge it: the use case behind every view and every gate.

Belongs here: opening what is read from, and what a caller can ask of it while it is open. Does not: the order of the
readers (see `taking`), what a caller can leave out (see `request`), or the rules (see `case_builder`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agentledger.changes import came_since, net_changes, patches, since_head, stack_forecast
from agentledger.changes.ancestry import History
from agentledger.changes.freshness import Freshness
from agentledger.changes.net_changes import Net
from agentledger.fleet import (
    case_builder,
    code_objects,
    merge_groups,
    spawn_bench,
    task_endings,
)
from agentledger.fleet.request import Progress, Request, ignore_progress
from agentledger.fleet.taking import Taken, Taking
from agentledger.git import process, queries, scratch
from agentledger.git.objects import read_object_info
from agentledger.git.process import Git
from agentledger.git.promised import Promised
from agentledger.git.scratch import Scratch
from agentledger.model.came import Came
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import Branch, FilePatch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.merge_group import MergeGroup
from agentledger.model.merge_plan import MergePlan
from agentledger.model.work import Ending, Fresh
from agentledger.repository import hook_branches, listing, repository_state
from agentledger.repository.repository_state import Observation
from agentledger.rules.case import Ref
from agentledger.storage.cache import Cache

if TYPE_CHECKING:
    from agentledger.merge_order.plan import Wish


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A fleet, with access to its repository's objects and to the cache while the snapshot is open."""

    fleet: Fleet
    cache: Cache
    _scratch: Scratch
    history: History
    _promised: Promised
    #: Opens the repository's cache, also for a gate, whose own is empty.
    _open_cache: Callable[[], Cache]
    #: Gives the fleet with the pairs of some branches, found with a cache.
    _compare: Callable[[Cache, Sequence[Branch]], Fleet]
    #: The git directory that all worktrees share.
    _common: Path
    #: The merge group that was asked for by `Request.group`; None where that branch is none.
    group: MergeGroup | None = None

    def patches(self, branches: Sequence[Branch]) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]:
        """Yield each branch with its patches, in the order given, streamed from one process."""
        return patches.read_patches(self._scratch, branches)

    def since(self, branch: Branch, commit: str) -> Branch | None:
        """Return a branch whose changes are those since a commit of its own; None where that cannot be told."""
        return since_head.narrow_to_commits_since(self._scratch, self.cache, branch, commit)

    def require_code(self, branches: Sequence[Branch]) -> None:
        """Fetch what judging these branches reads of their code, where a partial clone lacks it.

        Raises Unjudged where some of it does not come. Without `Request.fetch` nothing is asked for.
        """
        code_objects.bring_code(self._promised, self._scratch, self.fleet, branches)

    def findings(self, branches: Sequence[Branch], gate: Gate | None) -> dict[str, tuple[Finding, ...]]:
        """Map each branch's ref to what the rules of a gate find; without one, what they find now and later.

        Raises Unjudged where the clone is a partial one, and lacks what they read.
        """
        self.require_code(branches)
        bridged, group = self.bridged(branches), self.group
        judge = partial(case_builder.judge_branches, gate=gate, history=self.history, group=group)
        if gate not in (None, Gate.MERGE):
            return judge(self._scratch, self.fleet, bridged)
        with closing(self._open_cache()) as measured:
            # Pairs only warn, so what is cached of them may be used where the gate's own cache is empty.
            fleet = self._compare(measured, branches)
            return judge(self._scratch, fleet, bridged, measured=measured)

    def strays(self, gate: Gate) -> tuple[Finding, ...]:
        """Return what the rules of a gate find in the group beside its parts."""
        return case_builder.judge_strays(self.fleet, self.group, gate) if self.group else ()

    def bridged(self, branches: Sequence[Branch]) -> Sequence[Branch]:
        """Return the branches with their bridges, also where the snapshot was opened without forecasts."""
        return stack_forecast.attach_bridges(
            self._scratch, self.cache, self.history, fleet=self.fleet, branches=branches
        )

    def net(self, branch: Branch) -> Net:
        """Return what merging a branch into base would change there."""
        self.require_code([branch])
        return net_changes.find_net_changes(self._scratch, self.fleet.base.head, [branch.head], self.cache)[
            branch.head
        ]

    def change_at(self, commit: str) -> str | None:
        """Return the id of what merging a commit into base would change; None where it is not clean."""
        nets = net_changes.find_net_changes(self._scratch, self.fleet.base.head, [commit], self.cache)
        return net_changes.change_id(nets[commit])

    def judge_commit(self, branch: Branch, commit: str) -> Fresh:
        """Would merging a branch's head bring the same as merging this commit, which this clone has?"""
        beside = {branch.ref: (commit,)}
        return Freshness(self._scratch, self.fleet, [branch], self.cache, beside=beside).judge(branch, commit)

    def came_since(self, branch: Branch, commit: str) -> Came:
        """Return what came to a branch since this commit."""
        return came_since.read_came_since(self._scratch, branch, commit)

    def has_path(self, commit: str, path: bytes) -> bool:
        """Is there a file or a folder of this path in a commit?"""
        return read_object_info(self._scratch.git, [commit.encode() + b":" + path])[0][1] != "missing"

    def with_standing(self, branch: Branch) -> Branch:
        """Return a branch whose standing is judged by what merging brings, though no rule was asked."""
        return replace(branch, standing=Freshness(self._scratch, self.fleet, [branch]).standing(branch))

    def foreign(self, branch: Branch, moved: tuple[Ref, ...], own_push: str) -> tuple[Finding, ...]:
        """Judge a push from a branch's own worktree that moves other refs, `moved`.

        `own_push` is the command that moves its own alone.
        """
        return case_builder.judge_foreign_push(self.fleet, branch, moved, own_push)

    def spawn(
        self, task: str, as_if: Brief | None = None, below: Branch | None = None
    ) -> tuple[Finding, ...]:
        """Return what the spawn gate finds about a task.

        With `as_if`, as though that were its brief; with `below`, as a branch that stands on that one.
        """
        return spawn_bench.judge_spawn(self._scratch, self.fleet, task, as_if=as_if, below=below)

    def used(self, task: str) -> Ending | None:
        """Return how a task of this id ended once, by base's history alone; None where it shows none."""
        return task_endings.find_used(self._scratch, self.cache, self.history, fleet=self.fleet, task=task)

    def plan_merges(self, wish: Wish) -> MergePlan:
        """Try in which order the fleet's branches land; its request has to have asked for pairs."""
        from agentledger.merge_order.plan import plan_merges

        return plan_merges(
            self._scratch, self.history, self.fleet, common=self._common, wish=wish, cache=self.cache
        )

    def has_base_moved(self) -> bool:
        """Has base another tip by now than the one that was read?"""
        git = queries.with_git_dir(process.repository_at(self._common), self._common)
        there, _ = queries.read_refs(git, [self.fleet.base.ref])
        return all(ref.id != self.fleet.base.head for ref in there)

    @property
    def unfetched(self) -> str:
        """Return git's reason for not having fetched what this partial clone lacks; '' where it has."""
        return self._promised.failure

    @property
    def sealed(self) -> Git:
        """Return the sealed git directory in which objects are read; it is gone once the snapshot is closed."""
        return self._scratch.git


def _observe_repository(start: Path, request: Request) -> Observation:
    return repository_state.observe_repository(start, request.base, request.refs)


def read_fingerprint(start: Path, request: Request) -> str:
    """Return a text that differs whenever anything that a snapshot shows may differ, apart from the time."""
    return f"{_observe_repository(start, request).fingerprint} {replace(request, now=None)!r}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to look for changes: the git directory that all worktrees share, and the worktrees."""

    common: Path
    worktrees: tuple[Path, ...]


def read_surroundings(start: Path) -> Surroundings:
    """Return where to watch the repository around `start`; worktrees whose folder is gone are included."""
    git = process.repository_at(start)
    checkouts = queries.read_worktrees(git)
    return Surroundings(queries.locate_repository(git).common, tuple(c.path for c in checkouts if not c.bare))


def toplevel(start: Path) -> Path:
    """Return the top of the work tree around `start`; of a bare repository, `start` itself."""
    git = process.repository_at(start)
    queries.read_version(
        git
    )  # raises for a git that is too old, which would answer the next question differently
    return queries.locate_repository(git).top or start


@contextmanager
def open_snapshot(start: Path, request: Request, progress: Progress = ignore_progress) -> Iterator[Snapshot]:
    """Read the fleet of the repository around `start`; the snapshot can be used inside the `with` alone.

    Raises LedgerError (with a hint) when there is no repository, no base, or base cannot be read.
    """
    now = int(time.time()) if request.now is None else request.now
    progress("looking at refs and worktrees", 0, 0)
    observed = _observe_repository(start, request)
    # Without a folder the cache is in memory, and empty.
    folder = None if request.gate else observed.place.common / "agentledger"
    version = ".".join(map(str, observed.git_version))
    cache = Cache(folder, version, now)
    open_cache = partial(Cache, observed.place.common / "agentledger", version, now)
    try:
        with scratch.open_scratch(observed.place) as sealed:
            promised = Promised(observed.git, sealed.git, observed.refs.promisors if request.fetch else ())
            taking = Taking(sealed, cache, request, now=now, progress=progress)
            fleet, history, group = taking.fleet(observed)
            # What is brought may name more, as a policy does its control branch.
            while fleet.absent and _bring_ledger(promised, fleet):
                fleet, history, group = taking.fleet(observed)
            if group and any(known := merge_groups.read_known(group, fleet)):
                taking = replace(taking, known=known)
                fleet, history, group = taking.fleet(observed)
            judged = [branch for branch in fleet.branches if branch.findings is not None]
            if code_objects.bring_code(promised, sealed, fleet, judged):
                fleet, history, group = taking.fleet(observed)
            # A part of the fleet would take the other branches off the hooks' list, and so would unknown briefs.
            if _is_whole_fleet(request) and not fleet.absent:
                names = listing.list_client_branches(observed)
                hook_branches.update_hook_branches(observed.place.common, fleet.policy, fleet.tasks, names)
            yield Snapshot(
                fleet,
                cache,
                sealed,
                history=history,
                _promised=promised,
                _open_cache=open_cache,
                _compare=partial(taking.compare_judged, observed, Taken(fleet, history, group)),
                _common=observed.place.common,
                group=group,
            )
    finally:
        cache.close()


def _bring_ledger(promised: Promised, fleet: Fleet) -> bool:
    """Fetch what is missing of the ledger; False where that brings nothing new."""
    missing = promised.find_missing(each.blob for each in fleet.absent)
    return bool(missing) and len(promised.bring(missing)) < len(missing)


def _is_whole_fleet(request: Request) -> bool:
    """Does the request ask for the fleet as the repository itself has it?"""
    return not (
        request.base or request.branches or request.refs or request.limit or request.heads or request.group
    )
