"""Commits of other tasks in a branch that does not depend on them, and the command that takes them out.

Belongs here: finding them in the commits that were read, and that command. Does not: what a branch may build on
(see `changes.own_commits`), or saying that it may not (see `rules.ownership`).

To delete such a commit's files, or to put them back as base has them, is no way out: after both branches have
merged, the deletion has undone the other task's work, and its ledger, on base.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping

from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import escape_hidden


def find_foreign_work(
    branch: Branch, fleet: Fleet, allowed: Collection[str], merged: Mapping[str, str], base: str
) -> dict[str, str]:
    """Map each commit of another task in the branch to the command, typed on the branch, that takes it out.

    `allowed` are the tasks whose commits the branch may contain, its own among them. `merged` are the tasks of
    which commits were merged into it, each with the merge; `base` is base as git takes it.
    """
    commands: dict[str, str] = {}
    positions = {commit.id: at for at, commit in enumerate(branch.commits)}
    for other in fleet.branches:
        if other.work is None or other.work.task in allowed or other.ref == branch.ref:
            continue
        shared = sorted(positions[c.id] for c in other.commits if c.id in positions)
        if not shared or not _is_below(branch, other, frozenset(branch.commits[at].id for at in shared)):
            continue
        merge = merged.get(other.work.task)
        last = merge or branch.commits[shared[0]].id
        onto = f"{last[:12]}^" if merge else shlex.quote(escape_hidden(base))
        command = f"git rebase --onto {onto} {last[:12]}"
        for at in shared:
            commands.setdefault(branch.commits[at].id, command)
    return commands


def _is_below(branch: Branch, other: Branch, shared: frozenset[str]) -> bool:
    """Are the shared commits those of `other`, so that `branch` was begun on them, and not the reverse?"""
    if other.head in shared:
        return branch.head not in shared
    # Both have gone on since: whose brief came with the shared commits tells whose they are.
    return _brief_commit(other) in shared and _brief_commit(branch) not in shared


def _brief_commit(branch: Branch) -> str | None:
    brief = branch.work.brief if branch.work else None
    return brief.document.source.commit if brief else None
