"""The use case behind every view: look at a repository, read its fleet, judge what git alone can tell."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentledger.changes import absorbed, forecast, line_counts, net_changes, patches
from agentledger.changes.ancestry import History
from agentledger.changes.net_changes import Net
from agentledger.fleet import case_builder, fleet_reader
from agentledger.git import process, queries, scratch
from agentledger.git.process import Git
from agentledger.git.scratch import Scratch
from agentledger.ledger import brief_branches, gather, policy
from agentledger.model.findings import Finding, Gate
from agentledger.model.fleet import Base, Branch, FilePatch, Fleet, State
from agentledger.model.ledger import Brief, Policy
from agentledger.model.text import format_count
from agentledger.repository import agents, hook_branches, listing, repository_state
from agentledger.repository.repository_state import Observation
from agentledger.rules.case import Ref
from agentledger.storage.cache import Cache

# A stage in words, how much of it is done, and of how much (0: not known).
Progress = Callable[[str, int, int], None]


# In a request: as the repository's policy says.
AS_POLICY = -1


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to read. `now` is in seconds since the epoch, None: the clock.

    `dormant` is in seconds, None: never, AS_POLICY: what the repository's policy says.

    `branches` and `refs` are globs; with `refs` alone nothing else is read. `limit` keeps the
    last N by name (numbers by value); `lines` and `forecast` leave out what costs most.

    `heads` are branches, by full ref and commit, to be read as if they stood there: about to be pushed.
    Without `rules` no finding is looked for: a gate asks for those of its own. For a `gate` only counts what
    is committed, and nothing that was remembered: who can write to this repository can write to the cache.
    """

    base: str | None = None
    branches: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    dormant: int | None = AS_POLICY
    forecast: bool = True
    lines: bool = True
    limit: int | None = None
    now: int | None = None
    heads: tuple[tuple[str, str], ...] = ()
    rules: bool = True
    gate: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A fleet, and access to the patches of its branches and to the cache while the snapshot is open."""

    fleet: Fleet
    cache: Cache
    _scratch: Scratch

    def patches(self, branches: Sequence[Branch]) -> Iterator[tuple[Branch, tuple[FilePatch, ...]]]:
        """Each branch with its patches, in the order given, streamed from one process."""
        return patches.read_patches(self._scratch, branches)

    def findings(self, branches: Sequence[Branch], gate: Gate) -> dict[str, tuple[Finding, ...]]:
        """What the rules of a gate find on each branch, by its ref."""
        return case_builder.judge_branches(self._scratch, self.fleet, branches, gate)

    def net(self, branch: Branch) -> Net:
        """What merging a branch into base would change there."""
        return net_changes.find_net_changes(self._scratch, self.fleet.base.head, [branch.head], self.cache)[
            branch.head
        ]

    def foreign(self, branch: Branch, moved: tuple[Ref, ...]) -> tuple[Finding, ...]:
        """What is found about a push from a branch's own worktree that moves these refs."""
        return case_builder.judge_foreign_push(self.fleet, branch, moved)

    def spawn(self, task: str, as_if: Brief | None = None) -> tuple[Finding, ...]:
        """What the spawn gate finds about a task that there is, or would be if this were its brief."""
        return case_builder.judge_spawn(self._scratch, self.fleet, task, as_if)

    @property
    def sealed(self) -> Git:
        """Where objects are read, for those who may ask git themselves; gone when the snapshot is closed."""
        return self._scratch.git


def _observe_repository(start: Path, request: Request) -> Observation:
    return repository_state.observe_repository(start, request.base, request.refs)


def read_fingerprint(start: Path, request: Request) -> str:
    """Changes whenever anything that a snapshot shows may have changed, but for the passing of time."""
    return f"{_observe_repository(start, request).fingerprint} {replace(request, now=None)!r}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a change leaves its trace: the git directory that all worktrees share, and the worktrees."""

    common: Path
    worktrees: tuple[Path, ...]


def read_surroundings(start: Path) -> Surroundings:
    """Where to watch the repository around `start`; worktrees whose folder is gone are among them."""
    asked = process.repository_at(start)
    checkouts = queries.read_worktrees(asked)
    return Surroundings(
        queries.locate_repository(asked).common, tuple(c.path for c in checkouts if not c.bare)
    )


def toplevel(start: Path) -> Path:
    """The top of the work tree around `start`; of a bare repository, `start` itself."""
    asked = process.repository_at(start)
    queries.read_version(asked)  # an older git answers the next question otherwise
    return queries.locate_repository(asked).top or start


@contextmanager
def open_snapshot(start: Path, request: Request, progress: Progress = ignore_progress) -> Iterator[Snapshot]:
    """Read the fleet of the repository around `start`.

    Raises LedgerError (with a hint) when there is none, no base, or base cannot be read.
    """
    now = int(time.time()) if request.now is None else request.now
    progress("looking at refs and worktrees", 0, 0)
    seen = _observe_repository(start, request)
    folder = None if request.gate else seen.place.common / "agentledger"
    cache = Cache(folder, ".".join(map(str, seen.git_version)), now)
    try:
        with scratch.open_scratch(seen.place) as sealed:
            found = _Taking(sealed, cache, request, now=now, progress=progress).fleet(seen)
            if _is_whole_fleet(request):
                hook_branches.update_hook_branches(seen.place.common, found.policy, found.tasks)
            yield Snapshot(found, cache, sealed)
    finally:
        cache.close()


def _is_whole_fleet(request: Request) -> bool:
    """Is it the fleet as the repository itself has it?"""
    return not (request.base or request.branches or request.refs or request.limit or request.heads)


@dataclass(frozen=True, slots=True)
class _Taking:
    """One reading, from the observation to the fleet."""

    sealed: Scratch
    cache: Cache
    request: Request
    now: int
    progress: Progress

    def fleet(self, seen: Observation) -> Fleet:
        """Everything that a view shows."""
        ruled = policy.read_policy(
            self.sealed, seen.refs, seen.choice, wanted=self.request.base, fetched_at=seen.fetched_at
        )
        rules, base, seen = ruled.policy, ruled.base, replace(seen, choice=ruled.choice)
        entries = self._listed(seen, rules, base)
        self.progress(f"reading {format_count(len(entries), 'branch', 'branches')}", 0, 0)
        dormant = rules.dormant if self.request.dormant == AS_POLICY else self.request.dormant
        found, history = fleet_reader.read_fleet(
            self.sealed, seen, base, listings=entries, now=self.now, dormant=dormant
        )
        judged = replace(found, policy=rules, branches=tuple(self._counted(found.branches, history)))
        with_papers = gather.attach_ledger(
            self.sealed, self.cache, seen, fleet=judged, committed=self.request.gate
        )
        branches: Sequence[Branch] = with_papers.branches
        if self.request.forecast:
            order = history.position
            by = forecast.identify_merger(seen.git_version, seen.diff_algorithm)
            branches = forecast.forecast_merges(
                self.sealed,
                self.cache,
                found.base,
                branches=branches,
                order=order,
                by=by,
                progress=self.progress,
            )
            with_papers = replace(with_papers, merger=by)
        if self.request.rules:
            branches = self._judged(replace(with_papers, branches=tuple(branches)))
        ordered = sorted(branches, key=lambda b: (b.state is not State.OPEN, -b.active_at, b.name))
        return replace(with_papers, branches=tuple(ordered), forecast=self.request.forecast)

    def _judged(self, fleet: Fleet) -> Sequence[Branch]:
        """What the rules say of each open branch with a brief, as at the merge gate."""
        briefed = {task.id for task in fleet.tasks if task.brief}
        asked = [b for b in fleet.branches if b.state is State.OPEN and b.work and b.work.task in briefed]
        self.progress(f"judging {format_count(len(asked), 'branch', 'branches')}", 0, 0)
        found = case_builder.add_findings(self.sealed, fleet, asked, self.cache)
        return [found.get(b.ref, b) for b in fleet.branches]

    def _listed(self, seen: Observation, rules: Policy, base: Base) -> list[listing.Listing]:
        request = self.request
        only_refs = bool(request.refs) and not request.branches
        usual = rules.branches or agents.DEFAULT_PATTERNS
        if not (request.branches or only_refs):
            usual = (*usual, *brief_branches.read_branch_patterns(self.sealed, seen.refs, rules, base))
        entries = listing.list_branches(
            seen, request.branches, only_refs, usual=usual, control=rules.control_branch
        )
        entries = listing.overlay_heads(entries, request.heads)
        if request.limit is None:
            return entries
        return sorted(entries, key=lambda entry: _natural_key(entry.name))[-request.limit :]

    def _counted(self, branches: Sequence[Branch], history: History) -> Sequence[Branch]:
        if self.request.lines:
            self.progress("counting lines", 0, 0)
            branches = line_counts.count_lines(self.sealed, self.cache, branches)
        return absorbed.mark_absorbed(
            self.sealed, self.cache, history, branches=branches, progress=self.progress
        )


def _natural_key(name: str) -> list[tuple[int, str]]:
    """A sort key in which `pull/9` comes before `pull/10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name)]
