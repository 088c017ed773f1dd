"""Merges one branch on top of the other, in the sealed directory: each step as a landing would make it.

Belongs here: the merges, and what becomes of the tree. Does not: which branches in which order, or what is left out
(see `simulate`). Nothing of the user's repository is written.

The folders of the ledger's tasks are taken away before a merge, on both sides and where they begin: taken away from
the result, git would already have paired a deleted brief with a new file that looks like it. So each merge is one of
commits made here, which begin at the commit where the train and the branch really part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agentledger.changes import bridges
from agentledger.changes.ancestry import History
from agentledger.git import merging, objects
from agentledger.git.code_tree import write_trees_without_tasks
from agentledger.git.merging import Merged
from agentledger.git.objects import Failure
from agentledger.git.process import run_unchecked
from agentledger.git.scratch import Scratch
from agentledger.merge_order.submodules import Settled, Submodules
from agentledger.model.fleet import Branch, Fleet, Merger
from agentledger.model.merge_plan import Via


class Landed(NamedTuple):
    """The tree with a branch merged, and what had to be brought into the branch first."""

    tree: str
    via: Via | None = None


class Stopped(NamedTuple):
    """Where git stops; `failed` is its reason for no answer at all, `note` what else there is to say."""

    paths: tuple[bytes, ...] = ()
    failed: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What is merged for a branch: a commit with its history, and what a bridge brings in beside that."""

    head: str
    #: The bridge by which it merges: the commit that landed, and that of base which is the same change.
    bridge: tuple[str, str] | None = None
    #: The tree to merge; "" where that of the head is meant.
    tree: str = ""


class Yard:
    """Where trains are made of a fleet's branches: their trees without tasks, asked for once."""

    def __init__(
        self,
        scratch: Scratch,
        history: History,
        *,
        fleet: Fleet,
        branches: Sequence[Branch],
        submodules: Submodules,
    ) -> None:
        self._scratch, self._history, self._submodules = scratch, history, submodules
        self.base = fleet.base.head
        self._options = _options(fleet.merger)
        self._sides = {b.ref: _Side(head=b.head) for b in branches} | self._cross(branches)
        self._own = {ref: frozenset(c.id for c in history.own(s.head)) for ref, s in self._sides.items()}
        self._bare: dict[str, str] = {}
        starts = {base for b in branches for base in b.merge_bases}
        self._read_trees({self.base, *starts, *(side.head for side in self._sides.values())})

    def _cross(self, branches: Sequence[Branch]) -> dict[str, _Side]:
        found = {b.ref: b.bridge for b in branches if b.bridge}
        crossing = [b for b in branches if b.bridge]
        crossed = bridges.cross_bridges(self._scratch, crossing, found) if crossing else {}
        trees = objects.read_object_info(self._scratch.git, [f"{each}^{{tree}}" for each in crossed.values()])
        bare = write_trees_without_tasks(self._scratch, [tree for tree, kind, _ in trees if kind == "tree"])
        return {
            b.ref: _Side(head=b.head, bridge=(b.bridge.head, b.bridge.landing), tree=bare[tree])
            for b, (tree, _, _) in zip([b for b in crossing if b.ref in crossed], trees, strict=True)
            if b.bridge and tree in bare
        }

    def _read_trees(self, commits: Iterable[str]) -> None:
        """Write the trees of commits without tasks; what cannot be read is left out."""
        wanted = sorted(set(commits) - self._bare.keys())
        infos = objects.read_object_info(self._scratch.git, [f"{commit}^{{tree}}" for commit in wanted])
        trees = {
            commit: tree for commit, (tree, kind, _) in zip(wanted, infos, strict=True) if kind == "tree"
        }
        bare = write_trees_without_tasks(self._scratch, list(trees.values()))
        self._bare |= {commit: bare[tree] for commit, tree in trees.items() if tree in bare}

    def bare_tree(self, commit: str) -> str:
        """Return a commit's tree without tasks; '' where it cannot be read."""
        if commit not in self._bare:
            self._read_trees([commit])
        return self._bare.get(commit, "")

    def start(self) -> Train:
        """Return a train that nobody has joined."""
        return Train(self, self.bare_tree(self.base), frozenset(), frozenset())

    def try_alone(self, ref: str, others: Sequence[str]) -> str:
        """Return the first of the others after which, alone on base, a branch does not merge; '' for none."""
        begun = self.start()
        if not begun.tree:
            return ""
        first = self._merge_all([self._question(begun, other) for other in others])
        trains = {
            other: begun.after(other, answer.tree)
            for other, answer in zip(others, first, strict=True)
            if isinstance(answer, Merged) and answer.clean
        }
        second = self._merge_all([self._question(train, ref) for train in trains.values()])
        for other, answer in zip(trains, second, strict=True):
            if isinstance(answer, Merged) and not answer.clean:
                return other
        return ""

    # -- one merge -----------------------------------------------------------------------

    def own(self, ref: str) -> frozenset[str]:
        """Return the commits of a branch that base lacks."""
        return self._own[ref]

    def bridge_to(self, train: Train, ref: str) -> tuple[str, str] | None:
        """Return the bridge that a branch needs on top of a train; None where the train has crossed that one.

        Whoever crossed it has brought what landed into the train's history, where git finds it for the others, too.
        """
        side = self._sides[ref]
        return None if side.bridge in train.bridges or side.head in train.commits else side.bridge

    def merge(self, train: Train, ref: str) -> Merged | Failure | None:
        """Return git's answer for a branch on top of a train; None where nothing of it is left to merge."""
        if self._sides[ref].head in train.commits:
            return None
        return self._merge_all([self._question(train, ref)])[0]

    def settle(self, train: Train, ref: str, answer: Merged) -> Settled:
        """Settle what git would settle where submodules are checked out."""
        starts = self._find_starts(train, ref)
        start = self.bare_tree(starts[0]) if len(starts) == 1 else ""
        return self._submodules.settle(answer, (start, train.tree, self._tree_of(train, ref)))

    def merge_by_base(self, train: Train, ref: str) -> Merged | Failure:
        """Return git's answer for base merged into a branch, and that on top of a train."""
        with_base = self._merge_all([self._question(self.start(), ref)])[0]
        if isinstance(with_base, Failure) or not with_base.clean:
            return with_base
        ground = self._scratch.commit(self.bare_tree(self.base))
        ours, theirs = (self._scratch.commit(tree, [ground]) for tree in (train.tree, with_base.tree))
        return self._merge_all([(ours, theirs)])[0]

    def _merge_all(self, questions: Sequence[tuple[str, str] | Failure]) -> list[Merged | Failure]:
        asked = [each for each in questions if not isinstance(each, Failure)]
        answers = iter(merging.simulate_merges(self._scratch, asked, options=self._options) if asked else [])
        return [each if isinstance(each, Failure) else next(answers) for each in questions]

    def _question(self, train: Train, ref: str) -> tuple[str, str] | Failure:
        """Return the two commits to merge."""
        starts = self._find_starts(train, ref)
        tree = self._tree_of(train, ref)
        if not starts:
            return Failure("it shares no history with base")
        grounds = self._make_grounds(starts)
        if not (tree and train.tree and grounds):
            return Failure("an object that it needs cannot be read")
        return self._scratch.commit(train.tree, grounds), self._scratch.commit(tree, grounds)

    def _tree_of(self, train: Train, ref: str) -> str:
        side = self._sides[ref]
        return (side.tree if self.bridge_to(train, ref) else "") or self.bare_tree(side.head)

    def _find_starts(self, train: Train, ref: str) -> tuple[str, ...]:
        """Return where a branch and a train part: the merge bases of the two, by the commits that have landed."""
        own, side, bridge = self._own[ref], self._sides[ref], self.bridge_to(train, ref)
        shared = own & train.commits
        if not shared and not bridge:
            return self._history.merge_bases(side.head)
        entries = {
            parent
            for commit in own - shared
            for parent in self._history.outside[commit].parents
            if parent in shared or self._history.contains(parent)
        }
        found = sorted(entries | {bridge[1]} if bridge else entries)
        return tuple(
            each
            for each in found
            if not any(each != other and self._history.is_ancestor(each, other) for other in found)
        )

    def _make_grounds(self, starts: Sequence[str]) -> list[str]:
        """Write the commits at which both sides of a merge begin; () where one cannot be read."""
        trees = [self.bare_tree(each) for each in starts]
        if not all(trees):
            return []
        if len(trees) == 1:
            return [self._scratch.commit(trees[0])]
        # git merges the several first, and wants to know where these part in turn.
        out, code, _ = run_unchecked(self._scratch.git, ["merge-base", *starts[:2]])
        below = self.bare_tree(out.decode().strip()) if not code else ""
        root = [self._scratch.commit(below)] if below else []
        return [self._scratch.commit(tree, root) for tree in trees]


class Train:
    """Base with some branches merged, one on top of the other."""

    def __init__(
        self, yard: Yard, tree: str, commits: frozenset[str], bridges: frozenset[tuple[str, str]]
    ) -> None:
        self._yard = yard
        #: Without the folders of the ledger's tasks; '' where base itself cannot be read.
        self.tree = tree
        #: The commits outside base that have landed.
        self.commits = commits
        #: Those by which one of its branches came.
        self.bridges = bridges

    def after(self, ref: str, tree: str) -> Train:
        """Return the train with a branch merged, whose tree is then this one."""
        bridge = self._yard.bridge_to(self, ref)
        bridges = self.bridges | {bridge} if bridge else self.bridges
        return Train(self._yard, tree, self.commits | self._yard.own(ref), bridges)

    def join(self, ref: str) -> Landed | Stopped:
        """Merge a branch on top, and say what came of it; `after` makes it part of the train."""
        answer = self._yard.merge(self, ref)
        if answer is None:
            return Landed(self.tree)
        via = Via.BRIDGE if self._yard.bridge_to(self, ref) else None
        if isinstance(answer, Failure):
            return Stopped(failed=answer.reason)
        answer, note = (answer, "") if answer.clean else self._yard.settle(self, ref, answer)
        if answer.clean:
            return Landed(answer.tree, via)
        paths = tuple(sorted({path for path, _ in answer.stages}))
        if via is None and not self._yard.own(ref) & self.commits:
            by_base = self._yard.merge_by_base(self, ref)
            if isinstance(by_base, Merged) and by_base.clean:
                return Landed(by_base.tree, Via.BASE)
        return Stopped(paths, "" if paths else "git named no file that conflicts", note)


def _options(merger: Merger | None) -> Sequence[str]:
    algorithm = merger.diff_algorithm if merger else None
    return ["-X", f"diff-algorithm={algorithm}"] if algorithm else []
