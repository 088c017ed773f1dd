"""Read all agent branches at once, by a number of git processes that does not grow with them.

Belongs here: reading, and what follows from the commit graph alone (state, sync, agent, task). Does not: line
counts (see `changes.line_counts`), changes that landed under another commit (see `changes.absorbed`), merges
with base (see `changes.forecast`), or putting all of it together (see `snapshot`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agentledger.changes.ancestry import History
from agentledger.documents import parse_front_matter
from agentledger.fleet import detached
from agentledger.git import commits, diffs, objects
from agentledger.git.code_tree import compute_code_trees
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.absent import format_refetch
from agentledger.model.fleet import (
    Agent,
    Base,
    Branch,
    Change,
    Commit,
    Fleet,
    LeftOut,
    State,
    Sync,
    Worktree,
)
from agentledger.model.ledger_paths import TASKS_BYTES
from agentledger.model.text import decode, format_count
from agentledger.repository import agents, forge, layout, robots
from agentledger.repository.listing import Listing
from agentledger.repository.repository_state import Observation
from agentledger.repository.resolve_base import Tip, peel_refs, read_base_history, read_head_commits

# Commits listed for one branch; its `ahead` still counts all of them.
MOST_COMMITS = 500


class Reading(NamedTuple):
    """A fleet, and the commit graph from which it was read."""

    fleet: Fleet
    history: History


# -- reading --------------------------------------------------------------------------


def read_fleet(
    scratch: Scratch,
    observed: Observation,
    base: Base,
    listings: Sequence[Listing],
    now: int,
    dormant: int | None,
) -> Reading:
    """Read the fleet, as far as the commit graph shows it.

    `now` is in seconds since the epoch, `dormant` in seconds (None: no branch is ever dormant).
    Raises GitError when base itself cannot be read; a branch that cannot is in the fleet as unreadable.
    """
    counts = Counter(entry.robot for entry in listings if entry.robot)
    listings = [entry for entry in listings if not entry.robot]
    walked = read_base_history(scratch, base)
    tips = peel_refs(scratch, listings)
    commits = read_head_commits(scratch, tips, base.head)
    history = History(walked, commits)
    reader = _Reader(scratch, observed, base, history=history, now=now, dormant=dormant)
    branches = reader.branches(listings, tips)
    url = forge.web_address(observed.remote_url) if observed.remote_url else None
    name = layout.repository_name(observed.home, observed.bare)
    fleet = Fleet(
        name=name,
        object_format=scratch.object_format,
        base=base,
        branches=tuple(branches),
        now=now,
        forge=url,
        notes=_describe_problems(observed, branches),
        left_out=tuple(LeftOut(*pair) for pair in sorted((counts + reader.robots).items())),
        forecast=True,
        dormant=dormant,
    )
    return Reading(fleet, history)


def _describe_problems(observed: Observation, branches: Sequence[Branch]) -> tuple[str, ...]:
    unreadable = sum(b.state is State.UNREADABLE for b in branches)
    notes = []
    if broken := observed.refs.broken:
        names = ", ".join(broken[:5]) + (", …" if len(broken) > 5 else "")
        notes.append(f"git ignores {format_count(len(broken), 'broken ref')}: {names}. git fsck shows more.")
    if unreadable:
        notes.append(
            f"{format_count(unreadable, 'branch', 'branches')} could not be read; the reason is beside each."
        )
    if observed.refs.promisors:
        notes.append(
            "This is a partial clone: what needs a file that was not fetched is shown as not computed."
        )
    if observed.place.shallow:
        notes.append(
            "This is a shallow clone: a branch whose history is cut off is shown as unreadable. "
            "git fetch --unshallow fixes it."
        )
    return tuple(notes)


# A diff, or why git could not make it.
Diff = tuple[Change, ...] | Failure


class _Reader:
    """Build the branches of one fleet, from what all of them need."""

    def __init__(
        self,
        scratch: Scratch,
        observed: Observation,
        base: Base,
        history: History,
        now: int,
        dormant: int | None,
    ) -> None:
        self.scratch, self.observed, self.base, self.history = scratch, observed, base, history
        self.now, self.dormant = now, dormant
        #: How many branches were left out since a robot wrote all of their commits.
        self.robots: Counter[str] = Counter()
        self.unsaved: dict[str, int] = {}
        self.cut = _read_shallow(observed)
        self.base_cut = any(commit in history.position for commit in self.cut)

    def branches(self, listings: Sequence[Listing], tips: dict[str, Tip]) -> list[Branch]:
        """Return all branches; the readable ones have their changes."""
        heads = [entry.ref.id for entry in listings if entry.detached]
        self.unsaved = detached.count_unsaved(self.scratch, self.observed, heads)
        drafts = [draft for entry in listings if (draft := self._draft_branch(entry, tips)) is not None]
        good = [draft for draft in drafts if draft.state is not State.UNREADABLE]
        landed = self._read_landed_commits(good)
        trees = {d.head: landed[d.head].tree if d.head in landed else d.commits[0].tree for d in good}
        codes = compute_code_trees(self.scratch, list(trees.values()))
        diffs = self._changes(good)
        checked_in = self._check_ins(good, diffs)
        return [
            self._finish_branch(
                draft,
                landed=landed.get(draft.head),
                code=codes.get(trees.get(draft.head, "")),
                changes=diffs.get(draft.head, ()),
                named=checked_in.get(draft.head),
            )
            for draft in drafts
        ]

    def _draft_branch(self, entry: Listing, tips: dict[str, Tip]) -> Branch | None:
        """Return one branch with what the graph shows; None when no agent works on it."""
        ours, theirs = tips[entry.ref.id], tips[entry.twin.id] if entry.twin else None
        chosen, ref, sync = self._copy(entry, ours, theirs)
        remote = entry.twin.name if entry.twin else entry.ref.name if entry.is_remote_only else None
        worktree = self.observed.worktrees.get(entry.ref.name)
        draft = Branch(
            name=entry.name,
            ref=ref,
            head=chosen.commit or entry.ref.id,
            sync=sync,
            remote_ref=remote,
            task=None if entry.detached else agents.task_of_branch(entry.name),
            worktree=worktree,
            stashes=self.observed.stashes.get(entry.name, 0),
            detached=entry.detached,
            unsaved=self.unsaved.get(entry.ref.id, 0) if entry.detached else 0,
        )
        # A branch that no pattern lists is an agent's only by its commits, which cannot be read here.
        if chosen.problem:
            return (
                replace(draft, state=State.UNREADABLE, state_why=chosen.problem)
                if entry.always_shown
                else None
            )
        own = self.history.own(chosen.commit)
        if not self._is_shown(draft, entry, own):
            return None
        client = worktree.client if worktree else ""
        agent = agents.agent_of_branch("" if entry.detached else entry.name, own, client)
        draft = replace(draft, commits=tuple(own[:MOST_COMMITS]), ahead=len(own), agent=agent)
        return self._compare_with_base(draft, own)

    def _is_shown(self, draft: Branch, entry: Listing, own: Sequence[Commit]) -> bool:
        """Is this branch for the board, by its commits? A robot's is not, and is counted."""
        if entry.detached:
            return bool(draft.unsaved) or (draft.worktree is not None and draft.worktree.is_in_use)
        robot = None if entry.asked_for or draft.task else robots.robot_of_commits(own)
        if robot and entry.always_shown:
            self.robots[robot] += 1
        return not robot and (entry.always_shown or agents.agent_of_commits(own) is not None)

    def _copy(self, entry: Listing, ours: Tip, theirs: Tip | None) -> tuple[Tip, str, Sync]:
        """Return the copy that counts, its ref, and how the two relate.

        The copy that is ahead counts; of two that diverged, the local one, where work goes on.
        """
        if theirs is None or entry.twin is None:
            return ours, entry.ref.name, Sync.REMOTE if entry.is_remote_only else Sync.LOCAL
        if ours.problem or theirs.problem:
            return (
                (ours, entry.ref.name, Sync.LOCAL)
                if theirs.problem
                else (theirs, entry.twin.name, Sync.REMOTE)
            )
        sync = self.history.sync(ours.commit, theirs.commit)
        return (theirs, entry.twin.name, sync) if sync is Sync.BEHIND else (ours, entry.ref.name, sync)

    def _compare_with_base(self, draft: Branch, own: Sequence[Commit]) -> Branch:
        history = self.history
        bases = history.merge_bases(draft.head)
        if self.cut and (not bases or self._is_cut_off(own)):
            why = f"a shallow clone cuts it off before it meets {self.base.name}: git fetch --unshallow"
            return replace(draft, state=State.UNREADABLE, state_why=why)
        draft = replace(draft, merge_bases=bases, behind=history.behind(bases))
        if own:
            return draft
        # A head that was once base's tip is where a new branch begins; any other in base came by a merge.
        if history.on_first_parent_line(draft.head):
            return replace(draft, state=State.EMPTY, state_why="no commit of its own yet")
        return replace(draft, state=State.MERGED, state_why=f"its head is in {self.base.name}")

    def _is_cut_off(self, own: Sequence[Commit]) -> bool:
        """Are some of `own` perhaps base's? A shallow clone lacks the history that would show it."""
        return any(commit.id in self.cut or (self.base_cut and not commit.parents) for commit in own)

    def _read_landed_commits(self, drafts: Sequence[Branch]) -> dict[str, Commit]:
        """Read the head commits that are in base; the walk outside base did not see them."""
        ids = list(dict.fromkeys(d.head for d in drafts if not d.commits))
        return {commit.id: commit for commit in commits.read_commits(self.scratch.git, ids)}

    def _changes(self, drafts: Sequence[Branch]) -> dict[str, Diff]:
        """Read what changed from the newest merge base to each head, by head.

        A branch that shares no history with base is compared with the empty tree.
        """
        ahead = [d for d in drafts if d.commits]
        void = self.scratch.commit(self.scratch.tree([])) if any(not d.merge_bases for d in ahead) else ""
        pairs = [(d.merge_bases[0] if d.merge_bases else void, d.head) for d in ahead]
        return dict(zip((d.head for d in ahead), diffs.read_changes(self.scratch.git, pairs), strict=True))

    def _check_ins(self, drafts: Sequence[Branch], diffs: dict[str, Diff]) -> dict[str, str]:
        """Map heads to the agent that the newest check-in names, where nothing else shows who it is."""
        newest: dict[str, str] = {}
        for draft in drafts:
            diff = diffs.get(draft.head, ())
            if draft.agent is None and isinstance(diff, tuple):
                reports = [
                    c
                    for c in diff
                    if c.path.startswith(TASKS_BYTES) and b"/status/" in c.path and c.status != "D"
                ]
                if reports:
                    # A check-in's file name begins with its time, so the last name is the newest.
                    newest[draft.head] = max(reports, key=lambda c: c.path.rpartition(b"/")[2]).new
        texts = dict(objects.read_object_contents(self.scratch.git, list(dict.fromkeys(newest.values()))))
        named = {head: parse_front_matter(texts.get(blob, b"")).get("agent") for head, blob in newest.items()}
        return {head: name for head, name in named.items() if isinstance(name, str) and name}

    def _finish_branch(
        self, draft: Branch, landed: Commit | None, code: str | None, changes: Diff, named: str | None
    ) -> Branch:
        if draft.state is State.UNREADABLE:
            return draft
        if isinstance(changes, Failure) or code is None:
            reason = changes.reason if isinstance(changes, Failure) else "its tree is missing or damaged"
            # A clone without trees lacks those of most commits.
            for remote in self.observed.refs.promisors[:1]:
                reason = (
                    f"{reason}; where this partial clone only lacks it, {format_refetch(remote)} brings it"
                )
            return replace(draft, state=State.UNREADABLE, state_why=reason)
        newest = landed or draft.commits[0]
        active = max(newest.committed_at, _last_written(draft.worktree))
        agent = draft.agent or (Agent(named, "check-in") if named else None)
        branch = replace(draft, agent=agent, code_tree=code, changes=changes, active_at=active)
        return self._state(branch)

    def _state(self, branch: Branch) -> Branch:
        if branch.state is not State.OPEN:
            return branch
        if not branch.changes:
            return replace(branch, state=State.EMPTY, state_why="its commits change nothing on balance")
        if self.dormant is not None and self.now - branch.active_at > self.dormant:
            days = (self.now - branch.active_at) // 86400
            return replace(
                branch, state=State.DORMANT, state_why=f"no sign of life for {format_count(days, 'day')}"
            )
        return branch


def _last_written(worktree: Worktree | None) -> int:
    """Return when a worktree in use was last written to, in seconds since the epoch; 0 for any other.

    A clean one shows nothing that its commits do not.
    """
    return worktree.touched_at or 0 if worktree and worktree.is_in_use else 0


def _read_shallow(observed: Observation) -> frozenset[str]:
    """Return the commits at which a shallow clone's history ends; none for a full clone."""
    if not observed.place.shallow:
        return frozenset()
    return frozenset(decode((observed.place.common / "shallow").read_bytes()).split())
