"""One run of all readers, in their order: from what refs and worktrees say to a judged fleet.

Belongs here: which reader runs when, and on whose answers. Does not: any of the reading (see `fleet_reader`,
`changes`, `ledger.gather`, `collisions`), or opening what it reads from (see `snapshot`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from agentledger.attention import collisions as collision_words
from agentledger.attention import progress as attention
from agentledger.changes import absorbed, forecast, freshness, line_counts, stack_forecast, stacks
from agentledger.changes.ancestry import History
from agentledger.changes.reverted import mark_reverted
from agentledger.changes.static_facts import attach_static_facts
from agentledger.changes.takebacks import TakebackReader
from agentledger.changes.unfound_evidence import attach_unfound_evidence
from agentledger.collisions.uncommitted import write_uncommitted
from agentledger.collisions.where import Where
from agentledger.fleet import (
    case_builder,
    fleet_reader,
    hook_notes,
    in_use,
    lost_endings,
    merge_groups,
    spawn_bench,
    task_endings,
)
from agentledger.fleet.comparing import compare_at_gate, compare_branches, order_by_findings
from agentledger.fleet.merge_groups import NOTHING_KNOWN, Known
from agentledger.fleet.request import AS_POLICY, Progress, Request
from agentledger.git.scratch import Scratch
from agentledger.ledger import brief_branches, gather, policy
from agentledger.ledger.policy import Ruled
from agentledger.merge_order.rank import add_merge_order
from agentledger.model.fleet import Base, Branch, Fleet, Merger, State
from agentledger.model.merge_group import MergeGroup
from agentledger.model.policy import Policy
from agentledger.model.text import format_count
from agentledger.repository import agents, base_doubts, listing
from agentledger.repository.branch_starts import read_branch_starts
from agentledger.repository.repository_state import Observation
from agentledger.storage.cache import Cache


class Taken(NamedTuple):
    """What one run gave: the fleet, the commit graph it was read from, and the merge group that was asked for."""

    fleet: Fleet
    history: History
    group: MergeGroup | None


@dataclass(frozen=True, slots=True)
class Taking:
    """One run of all readers, from the observation to the fleet."""

    sealed: Scratch
    cache: Cache
    request: Request
    now: int
    progress: Progress
    #: What the documents of a merge group's tasks tell of its parts, once they have been read.
    known: Known = NOTHING_KNOWN

    def fleet(self, observed: Observation) -> Taken:
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
        if self.request.lines:
            branches = attach_static_facts(self.sealed, self.cache, branches, rules)
            # A partial clone cannot tell a file that is not there from one that was not fetched.
            if not observed.refs.promisors:
                branches = attach_unfound_evidence(self.sealed, self.cache, branches, rules)
        # After the states are known: merged and absorbed branches need no merge.
        store = None if self.request.gate else self.cache
        branches = freshness.judge_reviews(self.sealed, with_ledger, branches, store)
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
        return Taken(add_merge_order(complete, ordered), history, group)

    def _compared(
        self, observed: Observation, fleet: Fleet, branches: Sequence[Branch], history: History
    ) -> Fleet:
        """Return the fleet with what was found about pairs of these branches."""
        asked = self.request.pairs_of
        named = [b.ref for b in branches if asked and b.is_called(asked)]
        named += [b.ref for b in branches if asked and b.work and b.work.task == asked]
        only = next(iter(named), asked)
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
        self, observed: Observation, taken: Taken, cache: Cache, judged: Sequence[Branch]
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
