"""What became of the last heads of branches that are gone: are they in base, absorbed, lost, or never seen here?

Belongs here: those heads, read like branches that have no ref any more. Does not: which tasks that is asked of,
or what follows for them (see `task_endings`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from agentledger.changes import absorbed, line_counts
from agentledger.changes.ancestry import History
from agentledger.git import commits, diffs, objects
from agentledger.git.code_tree import swap_ledger
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, Change, Fleet, State, Sync
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.work import Task
from agentledger.storage.cache import Cache, Form, get_or_compute

_KIND = "lost heads"


class Seen(StrEnum):
    """Where the commit is that a branch was last seen at."""

    IN_BASE = "in base"
    ABSORBED = "absorbed"
    #: This clone has the commit, and base has nothing like it.
    LOST = "lost"
    #: This clone does not have the commit.
    ABSENT = "absent"


class LastSeen(NamedTuple):
    """A branch that is gone, its last head, and where that is; `commit` is what brought it into base."""

    branch: str
    head: str | None
    seen: Seen
    commit: str | None = None


def find_lost_heads(
    scratch: Scratch,
    cache: Cache,
    history: History,
    fleet: Fleet,
    *,
    tasks: Sequence[Task],
    begins: Collection[str],
) -> dict[str, tuple[LastSeen, ...]]:
    """Map each of these tasks, none of which has a branch, to its attempts' last heads, the newest first.

    `begins` are commits of base that brought a brief, and so no work.
    """
    heads = {a.head for task in tasks for a in task.attempts if a.head and not history.contains(a.head)}
    compared = _compare_heads(scratch, cache, history, fleet, sorted(heads)) if heads else {}
    found = {}
    for task in tasks:
        newest = sorted(task.attempts, key=lambda a: (a.at, a.branch), reverse=True)
        found[task.id] = tuple(
            _judge(a.branch, a.head, compared, history, idle={*begins, a.base}) for a in newest
        )
    return {task: seen for task, seen in found.items() if seen}


def _judge(
    branch: str,
    head: str | None,
    compared: Mapping[str, tuple[Seen, str | None]],
    history: History,
    *,
    idle: Collection[str | None],
) -> LastSeen:
    if head is None:
        return LastSeen(branch, None, Seen.ABSENT)
    if history.contains(head):
        if head in idle:
            return LastSeen(branch, head, Seen.LOST)
        return LastSeen(branch, head, Seen.IN_BASE, history.brought_by(head))
    return LastSeen(branch, head, *compared.get(head, (Seen.ABSENT, None)))


def _compare_heads(
    scratch: Scratch, cache: Cache, history: History, fleet: Fleet, heads: Sequence[str]
) -> dict[str, tuple[Seen, str | None]]:
    """Where each head is that base does not have; those that this clone lacks are left out."""
    infos = objects.read_object_info(scratch.git, [f"{head}^{{tree}}" for head in heads])
    trees = {head: tree for head, (tree, kind, _) in zip(heads, infos, strict=True) if kind == "tree"}
    tip = history.chain[0]

    def compute(missing: list[str]) -> dict[str, tuple[Seen, str | None]]:
        same = _find_same(scratch, cache, history, fleet, {head: trees[head] for head in missing})
        return {head: (Seen.ABSORBED if same.get(head) else Seen.LOST, same.get(head)) for head in missing}

    form: Form[tuple[Seen, str | None]] = Form(lambda value: [value[0], value[1]], _load)
    return get_or_compute(cache, _KIND, {head: f"{head} {tip}" for head in trees}, compute, form)


def _load(row: object) -> tuple[Seen, str | None]:
    if not isinstance(row, list) or not isinstance(row[1], str | None):
        raise TypeError
    return Seen(row[0]), row[1]


def _find_same(
    scratch: Scratch, cache: Cache, history: History, fleet: Fleet, trees: Mapping[str, str]
) -> dict[str, str]:
    """Map the heads whose change base has to the commit that has it; with the ledger's folder, or without."""
    outside = commits.read_log(scratch.git, list(trees), history.chain[0])
    # The walk of base is the same; only the heads differ from those of the fleet.
    walked = History([(commit, *parents) for commit, parents in history.parents.items()], outside)
    drafts = _build_drafts(scratch, walked, fleet, trees)
    counted = line_counts.count_lines(scratch, cache, list(drafts))
    marked = absorbed.mark_absorbed(scratch, cache, walked, counted, lambda *_: None)
    return {
        branch.name: branch.same_as
        for branch in marked
        if branch.state is State.ABSORBED and branch.same_as is not None
    }


def _build_drafts(scratch: Scratch, history: History, fleet: Fleet, trees: Mapping[str, str]) -> list[Branch]:
    """The heads as branches, by their ids as names; each a second time without what it did in the ledger."""
    bases = {head: bases[0] for head in trees if (bases := history.merge_bases(head))}
    pairs = [(base, head) for head, base in bases.items()]
    answers = dict(zip(bases, diffs.read_changes(scratch.git, pairs), strict=True))
    infos = objects.read_object_info(scratch.git, [f"{base}^{{tree}}" for base in bases.values()])
    base_trees = dict(zip(bases, (tree for tree, _, _ in infos), strict=True))
    wanted = [tree for head in bases for tree in (trees[head], base_trees[head])]
    raw = dict(objects.read_object_contents(scratch.git, list(dict.fromkeys(wanted))))
    drafts = []
    for head, base in bases.items():
        changes = answers[head]
        code = () if isinstance(changes, Failure) else _code_only(changes)
        if isinstance(changes, Failure) or not code:
            continue
        draft = Branch(
            name=head, ref=f"{head} whole", head=head, sync=Sync.LOCAL, merge_bases=(base,), changes=changes
        )
        drafts.append(draft)
        if len(code) < len(changes) and trees[head] in raw and base_trees[head] in raw:
            tree = scratch.write(
                "tree", swap_ledger(raw[trees[head]], raw[base_trees[head]], fleet.object_format)
            )
            bare = scratch.commit(tree, [base])
            drafts.append(replace(draft, ref=f"{head} bare", head=bare, changes=code))
    return drafts


def _code_only(changes: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(change for change in changes if not change.path.startswith(LEDGER_BYTES))
