"""What became of the last heads of branches that are gone: are they in base, absorbed, lost, or never seen here?

Belongs here: those heads, read like branches that have no ref any more. Does not: which tasks that is asked of,
or what follows for them (see `task_endings`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from agentledger.changes import absorbed, line_counts
from agentledger.changes.ancestry import History
from agentledger.git import diffs, objects
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Branch, State, Sync
from agentledger.model.ledger_paths import LEDGER_BYTES
from agentledger.model.work import Task
from agentledger.repository import resolve_base
from agentledger.repository.resolve_base import Tip
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
    *,
    tasks: Sequence[Task],
    begins: Collection[str],
) -> dict[str, tuple[LastSeen, ...]]:
    """Map each of these tasks, none of which has a branch, to its attempts' last heads, the newest first.

    `begins` are commits of base that brought a brief, and so no work.
    """
    heads = {a.head for task in tasks for a in task.attempts if a.head and not history.contains(a.head)}
    compared = _compare_heads(scratch, cache, history, sorted(heads)) if heads else {}
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
        return LastSeen(branch, head, Seen.IN_BASE, history.landing(head))
    return LastSeen(branch, head, *compared.get(head, (Seen.ABSENT, None)))


def _compare_heads(
    scratch: Scratch, cache: Cache, history: History, heads: Sequence[str]
) -> dict[str, tuple[Seen, str | None]]:
    """Where each head is that base does not have; those that this clone lacks are left out."""
    # The tree as well: without it the commit is of no use.
    infos = objects.read_object_info(scratch.git, [f"{head}^{{tree}}" for head in heads])
    here = [head for head, (_, kind, _) in zip(heads, infos, strict=True) if kind == "tree"]
    tip = history.chain[0]

    def compute(missing: list[str]) -> dict[str, tuple[Seen, str | None]]:
        same = _find_same(scratch, cache, history, missing)
        return {head: (Seen.ABSORBED if commit else Seen.LOST, commit) for head, commit in same.items()}

    form: Form[tuple[Seen, str | None]] = Form(lambda value: [value[0], value[1]], _load)
    return get_or_compute(cache, _KIND, {head: f"{head} {tip}" for head in here}, compute, form=form)


def _load(row: object) -> tuple[Seen, str | None]:
    if not isinstance(row, list) or not isinstance(row[1], str | None):
        raise TypeError
    return Seen(row[0]), row[1]


def _find_same(
    scratch: Scratch, cache: Cache, history: History, heads: Sequence[str]
) -> dict[str, str | None]:
    """Map each head whose history can be read to the commit of base that has its change; None: there is none."""
    tips = {head: Tip(head) for head in heads}
    outside = resolve_base.read_head_commits(scratch, tips, history.chain[0])
    readable = [head for head, tip in tips.items() if not tip.problem]
    # The walk of base is the same; only the heads differ from those of the fleet.
    walked = History([(commit, *parents) for commit, parents in history.parents.items()], outside)
    drafts = line_counts.count_lines(scratch, cache, _build_drafts(walked, readable, scratch))
    marked = absorbed.mark_absorbed(scratch, cache, walked, branches=drafts, progress=lambda *_: None)
    same = {branch.name: branch.same_as for branch in marked if branch.state is State.ABSORBED}
    return {head: same.get(head) for head in readable}


def _build_drafts(history: History, heads: Iterable[str], scratch: Scratch) -> list[Branch]:
    """The heads as branches, by their ids as names; those that change no code are left out."""
    bases = {head: bases[0] for head in heads if (bases := history.merge_bases(head))}
    answers = diffs.read_changes(scratch.git, [(base, head) for head, base in bases.items()])
    return [
        Branch(name=head, ref=head, head=head, sync=Sync.LOCAL, merge_bases=(base,), changes=changes)
        for (head, base), changes in zip(bases.items(), answers, strict=True)
        if not isinstance(changes, Failure)
        and any(not change.path.startswith(LEDGER_BYTES) for change in changes)
    ]
