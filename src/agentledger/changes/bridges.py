"""Branches that hold commits which base has under another commit: they merge by way of a *bridge*.

Belongs here: finding the bridge of a branch that git alone cannot merge, and merging by way of it. Does not: the
plain merges (see `forecast`), or the commands that a person types (see `attention.bridge_commands`).

Once a branch was squashed, base has its lines and not its commits. A branch that holds these commits, since it
stands on that one or is that one gone on, conflicts with its own lines wherever it has changed them again. The
bridge is a commit with the tree of the landing and two parents, the head that landed and the landing. It is base
merged into that head, made without merging. With it in its history, the branch merges with no false conflict.
There is none over a landing that base has taken back: it would take the work out of the branch, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from agentledger.attention.progress import code_commits
from agentledger.changes.ancestry import History
from agentledger.changes.landed_commits import find_landings
from agentledger.git import merging, objects
from agentledger.git.merging import Merged
from agentledger.git.scratch import Scratch
from agentledger.model import ledger_paths
from agentledger.model.fleet import Branch, Bridge, State
from agentledger.model.text import encode
from agentledger.storage.cache import Cache

# So many commits of one branch, the newest, and of all branches are compared with what base gained: that takes up
# to 30 ms for each, the first time.
MOST_COMMITS, MOST_ASKED = 40, 200


class _Landed(NamedTuple):
    """A head that landed, and the commit of base that is the same change; whose it is, as in `Bridge`."""

    branch: str
    task: str
    head: str
    landing: str


def find_bridges(
    scratch: Scratch, cache: Cache, history: History, branches: Sequence[Branch], stuck: Sequence[Branch]
) -> dict[str, Bridge]:
    """Map the refs of those of the `stuck` branches that have a bridge to it; `branches` are all there are."""
    wanted = [branch for branch in stuck if branch.merge_bases and branch.behind]
    if not wanted:
        return {}
    near = {branch.ref: _landed_branch(history, branch, branches) for branch in wanted}
    inner = _commits_to_ask(wanted)
    asked = [(commit, branch) for branch in wanted for commit in inner[branch.ref]]
    # A landing that leaves out all that conflicts would take none of that away.
    paths: dict[str, set[bytes]] = {}
    for commit, branch in asked:
        paths.setdefault(commit, set()).update(_conflict_paths(branch))
    landings = find_landings(scratch, cache, history, commits=list(paths), paths=paths)
    chosen = {}
    for branch in wanted:
        own = next((c for c in inner[branch.ref] if c in landings), None)
        landed = _choose_newer(branch, near[branch.ref], _own_landed(branch, own, landings) if own else None)
        if landed and not any(history.is_ancestor(landed.landing, base) for base in branch.merge_bases):
            chosen[branch.ref] = landed
    return _build_bridges(scratch, [branch for branch in wanted if branch.ref in chosen], chosen)


def _conflict_paths(branch: Branch) -> tuple[bytes, ...]:
    return tuple(file.path for file in branch.conflict.files) if branch.conflict else ()


def _landed_branch(
    history: History, branch: Branch, branches: Sequence[Branch]
) -> tuple[int, _Landed] | None:
    """The absorbed branch of whose commits this one has the newest, and where that is among its commits."""
    positions = {commit.id: at for at, commit in enumerate(branch.commits)}
    landed: list[tuple[int, _Landed]] = []
    for other in branches:
        if other.state is State.ABSORBED and other.same_as and history.contains(other.same_as):
            shared = [positions[commit.id] for commit in other.commits if commit.id in positions]
            if shared:
                landed.append(
                    (
                        min(shared),
                        _Landed(other.name, other.work.task if other.work else "", other.head, other.same_as),
                    )
                )
    return min(landed, default=None)


def _commits_to_ask(branches: Sequence[Branch]) -> dict[str, list[str]]:
    """By ref, the commits of each branch's own line that may have landed: those below its head, newest first.

    In all no more than MOST_ASKED; those of branches with a task, and then of the most active ones, come first.
    """
    inner: dict[str, list[str]] = {}
    room = MOST_ASKED
    for branch in sorted(branches, key=lambda b: (b.work is None, -b.active_at, b.name)):
        inner[branch.ref] = _inner_commits(branch)[:room]
        room -= len(inner[branch.ref])
    return inner


def _inner_commits(branch: Branch) -> list[str]:
    # A commit that only reports has landed with the one below it, and says nothing of its own.
    with_code = {commit.id for commit in code_commits(replace(branch, borrowed=frozenset()))}
    return [commit.id for commit in branch.line[1:] if commit.id in with_code][:MOST_COMMITS]


def _own_landed(branch: Branch, commit: str, landings: Mapping[str, str]) -> _Landed:
    """What landed of the branch's own line: a dependency's commits that no branch has any more, or its own."""
    stand = next((s for s in branch.stands_on if commit in branch.borrowed), None)
    return _Landed(stand.branch if stand else "", stand.task if stand else "", commit, landings[commit])


def _choose_newer(branch: Branch, near: tuple[int, _Landed] | None, own: _Landed | None) -> _Landed | None:
    if near is None or own is None:
        return near[1] if near else own
    at = next(n for n, commit in enumerate(branch.commits) if commit.id == own.head)
    return own if at < near[0] else near[1]


def _build_bridges(
    scratch: Scratch, branches: Sequence[Branch], chosen: Mapping[str, _Landed]
) -> dict[str, Bridge]:
    """The bridges of these branches; one whose own ledger folder it would delete keeps that."""
    folders = {branch.ref: ledger_paths.task_folder(branch.work.task) for branch in branches if branch.work}
    names = [
        encode(f"{commit}:{folder}")
        for ref, folder in folders.items()
        for commit in (chosen[ref].head, chosen[ref].landing)
    ]
    kinds = [kind for _, kind, _ in objects.read_object_info(scratch.git, names)]
    on_head = dict(zip(folders, kinds[::2], strict=True))
    on_base = dict(zip(folders, kinds[1::2], strict=True))
    bridges = {}
    for branch in branches:
        deleted = on_head.get(branch.ref) == "tree" and on_base.get(branch.ref) != "tree"
        landed = chosen[branch.ref]
        bridges[branch.ref] = Bridge(
            branch=landed.branch,
            task=landed.task,
            head=landed.head,
            landing=landed.landing,
            paths=_conflict_paths(branch),
            keeps=branch.work.task if branch.work and deleted else "",
        )
    return bridges


def cross_bridges(
    scratch: Scratch, branches: Sequence[Branch], bridges: Mapping[str, Bridge]
) -> dict[str, str]:
    """Map the refs of branches to commits that have their bridges merged in, where that is clean.

    The commits exist in the sealed directory alone. A folder of the ledger that the bridge would delete is no
    conflict: the command that a person types keeps it.
    """
    crossing = [branch for branch in branches if branch.ref in bridges]
    trees = objects.read_object_info(scratch.git, [f"{bridges[b.ref].landing}^{{tree}}" for b in crossing])
    ends = [
        scratch.commit(tree, (bridges[b.ref].head, bridges[b.ref].landing))
        for b, (tree, _, _) in zip(crossing, trees, strict=True)
    ]
    pairs = [(b.head, end) for b, end in zip(crossing, ends, strict=True)]
    answers = merging.simulate_merges(scratch, pairs)
    return {
        branch.ref: scratch.commit(answer.tree, pair)
        for branch, pair, answer in zip(crossing, pairs, answers, strict=True)
        if isinstance(answer, Merged) and _is_clean(answer, bridges[branch.ref])
    }


def _is_clean(answer: Merged, bridge: Bridge) -> bool:
    kept = encode(f"{ledger_paths.task_folder(bridge.keeps)}/") if bridge.keeps else None
    return all(kept is not None and path.startswith(kept) for path, _ in answer.stages)


def is_stuck(branch: Branch) -> bool:
    """Did the plain merge of an open branch stop?"""
    return branch.state is State.OPEN and branch.conflict is not None and branch.conflict.clean is False
