"""Look at a repository, read its fleet and judge it: the use case behind every view and every gate.

Belongs here: which readers run, in which order, and what a caller can leave out. Does not: any of the reading
(see `fleet_reader`, `changes`, `ledger.gather`), or the rules (see `case_builder`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from agentledger.attention import collisions as collision_words
from agentledger.attention import progress as attention
from agentledger.changes import absorbed, forecast, line_counts, net_changes, patches, stack_forecast, stacks
from agentledger.changes.ancestry import History
from agentledger.changes.freshness import Freshness
from agentledger.changes.net_changes import Net
from agentledger.changes.reverted import mark_reverted
from agentledger.changes.takebacks import TakebackReader
from agentledger.collisions.uncommitted import write_uncommitted
from agentledger.collisions.where import Where
from agentledger.fleet import (
    case_builder,
    code_objects,
    fleet_reader,
    hook_notes,
    in_use,
    lost_endings,
    merge_groups,
    spawn_bench,
    task_endings,
)
from agentledger.fleet.comparing import add_merge_order, compare_at_gate, compare_branches, order_by_findings
from agentledger.fleet.merge_groups import NOTHING_KNOWN, Known
from agentledger.git import process, queries, scratch
from agentledger.git.process import Git
from agentledger.git.promised import Promised
from agentledger.git.scratch import Scratch
from agentledger.ledger import brief_branches, gather, policy
from agentledger.ledger.policy import Ruled
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import Base, Branch, FilePatch, Fleet, Merger, State
from agentledger.model.ledger import Brief
from agentledger.model.merge_group import MergeGroup
from agentledger.model.merge_plan import MergePlan
from agentledger.model.policy import Policy
from agentledger.model.text import format_count
from agentledger.model.work import Ending
from agentledger.repository import agents, base_doubts, hook_branches, listing, repository_state
from agentledger.repository.branch_starts import read_branch_starts
from agentledger.repository.repository_state import Observation
from agentledger.rules.case import Ref
from agentledger.storage.cache import Cache

if TYPE_CHECKING:
    from agentledger.merge_order.plan import Wish

# A stage in words, how much of it is done, and of how much (0: not known).
Progress = Callable[[str, int, int], None]


# A request's `dormant`: take what the repository's policy says.
AS_POLICY = -1


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Take a progress report, and show it to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to read of a repository, and what to leave out."""

    #: The base branch by name; None: policy's, or the one that `repository.bases` chooses.
    base: str | None = None
    #: Globs of branch names to read instead of the usual ones.
    branches: tuple[str, ...] = ()
    #: Globs of refs to read beside them; with `refs` alone nothing else is read.
    refs: tuple[str, ...] = ()
    #: Seconds without a sign of life after which a branch is dormant. None: never. AS_POLICY: as policy says.
    dormant: int | None = AS_POLICY
    #: False leaves out merging with base. This and line counts cost most.
    forecast: bool = True
    #: True compares the branches two by two, which `forecast` is needed for.
    pairs: bool = False
    #: The name or ref of the branch whose pairs alone are wanted; '' for all.
    pairs_of: str = ""
    #: True also compares what briefs let branches change. There can be as many such pairs as there are, and of 200
    #: briefs with a wildcard pattern each that takes three seconds (0.15 s where they name folders).
    scopes: bool = False
    #: True also guesses what may break, from names in lines. Of 200 branches that takes a tenth of a board's time.
    hints: bool = False
    #: False leaves out line counts.
    lines: bool = True
    #: False leaves out what base took back again: no rule asks that at push and ready, where somebody waits.
    taken_back: bool = True
    #: Keep only the last N branches by name, numbers by value.
    limit: int | None = None
    #: Seconds since the epoch; None: the clock.
    now: int | None = None
    #: Full refs and commits to read as if each ref were there already: what is about to be pushed.
    heads: tuple[tuple[str, str], ...] = ()
    #: The name or ref of a branch that is read by its parts if it is a merge group.
    group: str = ""
    #: False looks for no findings: a gate asks for those of its own.
    rules: bool = True
    #: Only what is committed counts, and nothing from the cache: who can write to this repository can write
    #: to the cache, too.
    gate: bool = False
    #: A task whose end a gate asks about, besides those that others depend on; "" for none.
    ending: str = ""
    #: Fetch first what a partial clone lacks of the ledger, and before findings what the rules read of the code:
    #: for gates and commands that write. A view fetches nothing.
    fetch: bool = False


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
            taking = _Taking(sealed, cache, request, now=now, progress=progress)
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
                _compare=partial(taking.compare_judged, observed, _Taken(fleet, history, group)),
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


class _Taken(NamedTuple):
    fleet: Fleet
    history: History
    group: MergeGroup | None


@dataclass(frozen=True, slots=True)
class _Taking:
    """One run of all readers, from the observation to the fleet."""

    sealed: Scratch
    cache: Cache
    request: Request
    now: int
    progress: Progress
    #: What the documents of a merge group's tasks tell of its parts, once they have been read.
    known: Known = NOTHING_KNOWN

    def fleet(self, observed: Observation) -> _Taken:
        """Read everything that a view shows, and the commit graph from which it was read."""
        ruled = policy.read_policy(
            self.sealed,
            observed.refs,
            observed.choice,
            requested=self.request.base,
            fetched_at=observed.fetched_at,
        )
        rules, base = ruled.policy, _locate_base(ruled, observed)
        observed = replace(observed, choice=ruled.choice)
        entries, group = self._listed(observed, rules, base), None
        if self.request.group:
            entries, group = merge_groups.split_group(
                self.sealed, observed, rules, base, entries=entries, name=self.request.group, known=self.known
            )
        read_count = sum(not entry.robot for entry in entries)
        self.progress(f"reading {format_count(read_count, 'branch', 'branches')}", 0, 0)
        dormant = rules.dormant if self.request.dormant == AS_POLICY else self.request.dormant
        fleet, history = fleet_reader.read_fleet(
            self.sealed, observed, base, listings=entries, now=self.now, dormant=dormant
        )
        doubts = base_doubts.describe_base_doubts(
            self.sealed, observed.refs, ruled.choice, base, branches=fleet.branches
        )
        fleet = replace(fleet, base=replace(base, doubts=doubts), notes=(*doubts, *fleet.notes))
        counted = self._counted(observed, base, fleet.branches, history)
        # A worktree without a branch works on no task, and no gate judges it.
        named = tuple(b for b in counted if not b.detached)
        on_branches = replace(fleet, policy=rules, branches=named, absent=ruled.absent)
        with_ledger = gather.attach_ledger(
            self.sealed, self.cache, observed, fleet=on_branches, committed=self.request.gate
        )
        # Once tasks are known, so are dependencies; how far a branch is follows from what is its own.
        stacked = stacks.attach_stands(
            self.sealed, self.cache, history, fleet=with_ledger, lines=self.request.lines
        )
        with_ledger = attention.place_branches(stacked)
        with_ledger = task_endings.mark_endings(
            self.sealed,
            self.cache,
            history,
            observed=observed,
            fleet=with_ledger,
            only=self._tasks_to_end(with_ledger),
        )
        if self.request.taken_back:
            reader = self._takeback_reader(observed, history)
            with_ledger = lost_endings.mark_taken_back(reader, history, with_ledger)
        branches: Sequence[Branch] = (*with_ledger.branches, *(b for b in counted if b.detached))
        if not self.request.gate:
            branches = in_use.reopen_branches(branches)
        # After the states are known: merged and absorbed branches need no merge.
        if self.request.forecast:
            order = history.position
            by = forecast.identify_merger(observed.git_version, observed.diff_algorithm)
            branches = forecast.forecast_merges(
                self.sealed,
                self.cache,
                fleet.base,
                branches=branches,
                order=order,
                by=by,
                progress=self.progress,
            )
            branches = stack_forecast.forecast_stacks(
                self.sealed, self.cache, fleet.base, branches=branches, history=history, by=by
            )
            with_ledger = replace(with_ledger, merger=by)
        if self.request.forecast and self.request.pairs:
            with_ledger = self._compared(observed, with_ledger, branches, history)
        if self.request.rules:
            branches = self._judged(replace(with_ledger, branches=tuple(branches)), history)
            with_ledger = spawn_bench.add_spawn_findings(
                self.sealed, replace(with_ledger, branches=tuple(branches))
            )
        ordered = sorted(branches, key=lambda b: (b.state is not State.OPEN, -b.active_at, b.name))
        complete = replace(with_ledger, branches=tuple(ordered), forecast=self.request.forecast)
        note = "" if self.request.pairs_of else collision_words.describe_fleet_collisions(complete)
        complete = replace(complete, notes=(*complete.notes, *filter(None, (note,))))
        if self.request.rules:
            complete = replace(complete, notes=(*complete.notes, *hook_notes.describe_hooks(complete)))
        return _Taken(add_merge_order(complete, ordered), history, group)

    def _compared(
        self, observed: Observation, fleet: Fleet, branches: Sequence[Branch], history: History
    ) -> Fleet:
        """Return the fleet with what was found about pairs of these branches."""
        asked = self.request.pairs_of
        only = next((b.ref for b in branches if asked and asked in (b.name, b.ref, b.remote_ref)), asked)
        where = self._where(fleet, history, self.cache, fleet.merger or Merger(""))
        # Nothing uncommitted decides at a gate.
        works = () if self.request.gate else write_uncommitted(self.sealed, observed, branches)
        compared = compare_branches(
            where,
            fleet,
            branches,
            works=works,
            only=only,
            scopes=self.request.scopes,
            hints=self.request.hints,
        )
        # The rules ask the order. What they find may hold a branch back, so it is made again at the end.
        return add_merge_order(compared, branches) if fleet.tasks else compared

    def compare_judged(
        self, observed: Observation, taken: _Taken, cache: Cache, judged: Sequence[Branch]
    ) -> Fleet:
        """Return the fleet with the pairs of branches that a gate judges, if its request asks for pairs."""
        # A view with findings has the order that follows from them.
        if not self.request.pairs or (taken.fleet.collisions is not None and self.request.rules):
            return taken.fleet
        by = forecast.identify_merger(observed.git_version, observed.diff_algorithm)
        where = self._where(taken.fleet, taken.history, cache, by)
        if taken.fleet.collisions is not None:
            return order_by_findings(where, taken.fleet, judged)
        return compare_at_gate(where, taken.fleet, judged)

    def _where(self, fleet: Fleet, history: History, cache: Cache, by: Merger) -> Where:
        return Where(
            scratch=self.sealed,
            cache=cache,
            history=history,
            base=fleet.base.head,
            by=by,
            progress=self.progress,
        )

    def _tasks_to_end(self, fleet: Fleet) -> frozenset[str] | None:
        """Return the tasks whose end a gate may ask about, those that others depend on; None: all, for a view."""
        if not self.request.gate:
            return None
        needed = (each for task in fleet.tasks if task.brief for each in task.brief.depends_on)
        return frozenset((*needed, self.request.ending))

    def _judged(self, fleet: Fleet, history: History) -> Sequence[Branch]:
        """Return the branches; each open one with a brief has what the rules find now and later."""
        to_judge = case_builder.list_judged(fleet)
        self.progress(f"judging {format_count(len(to_judge), 'branch', 'branches')}", 0, 0)
        judged = case_builder.add_findings(self.sealed, fleet, to_judge, history=history, store=self.cache)
        return [judged.get(b.ref, b) for b in fleet.branches]

    def _listed(self, observed: Observation, rules: Policy, base: Base) -> list[listing.Listing]:
        request = self.request
        only_refs = bool(request.refs) and not request.branches
        usual = rules.branches or agents.DEFAULT_PATTERNS
        # A branch that a brief names is read, too, whatever it is called.
        if not (request.branches or only_refs):
            usual = (*usual, *brief_branches.read_branch_patterns(self.sealed, observed.refs, rules, base))
        entries = listing.list_branches(
            observed, request.branches, only_refs, usual=usual, control=rules.control_branch
        )
        entries = listing.overlay_heads(entries, request.heads)
        if not (request.gate or request.branches or only_refs):
            entries += listing.list_detached(observed)
        if request.limit is None:
            return entries
        robots = [entry for entry in entries if entry.robot]
        read = sorted((e for e in entries if not e.robot), key=lambda entry: _natural_key(entry.name))
        return [*robots, *read[-request.limit :]]

    def _counted(
        self, observed: Observation, base: Base, branches: Sequence[Branch], history: History
    ) -> Sequence[Branch]:
        if self.request.lines:
            self.progress("counting lines", 0, 0)
            branches = line_counts.count_lines(self.sealed, self.cache, branches)
        branches = absorbed.mark_absorbed(
            self.sealed, self.cache, history, branches=branches, progress=self.progress
        )
        if not self.request.taken_back:
            return branches
        # Whoever can commit here can write these logs, too.
        starts = {} if self.request.gate else read_branch_starts(observed.git, base, branches)
        reader = self._takeback_reader(observed, history)
        return mark_reverted(branches, reader.read(branches, starts), base)

    def _takeback_reader(self, observed: Observation, history: History) -> TakebackReader:
        complete = not observed.refs.promisors
        return TakebackReader(self.sealed, self.cache, history, complete=complete, progress=self.progress)


def _locate_base(ruled: Ruled, observed: Observation) -> Base:
    """Return base with its remote, and the worktree in which it is checked out."""
    local = ruled.choice.local
    worktree = observed.worktrees.get(local.name) if local else None
    return replace(ruled.base, remote=observed.remote, worktree=worktree.path if worktree else None)


def _natural_key(name: str) -> list[tuple[int, str]]:
    """Return a sort key in which `pull/9` comes before `pull/10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name)]
