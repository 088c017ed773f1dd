"""Reads what a reviewer decides from.

Belongs here: gathering it of one branch. Does not: which facts, and their words (see `reports.review`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agentledger.attention.reviewing import list_reviews
from agentledger.fleet import fleet_facts
from agentledger.fleet.request import Request
from agentledger.fleet.snapshot import Snapshot
from agentledger.git.objects import read_object_info
from agentledger.model.came import Came
from agentledger.model.fleet import Branch
from agentledger.reports.review.look import Look, build_look, find_brief
from agentledger.workflow.handover.hand_prompt import conflict_with_base
from agentledger.workflow.review.opening import find_commit, open_for_looking


def look_at_branch(start: Path, name: str, now: int, head: str = "") -> Look:
    """Return what a reviewer decides from, about the branch of this name or the task's only one.

    With `head`, what came since that commit is read, in place of the last review's; `now` is in seconds since the
    epoch. Nothing is written. Raises LedgerError where there is no such branch or commit, or it cannot be read.
    """
    request = Request(pairs=True, pairs_of=name, now=now)
    with open_for_looking(start, name, request) as (taken, branch):
        came = _read_came(taken, branch, head)
        # Judged branches have a standing by what merging brings already.
        judged = taken.with_standing(branch) if branch.work and branch.findings is None else branch
        brief = find_brief(taken.fleet, branch)
        scope = fleet_facts.scope_of(brief, taken.fleet) if brief else None
        # A fleet's forecast leaves out what is dormant or has ended.
        tried = replace(judged, conflict=conflict_with_base(taken, judged))
        return build_look(taken.fleet, tried, scope, came)


def _read_came(taken: Snapshot, branch: Branch, head: str) -> Came | None:
    """What came since the commit that is asked about, else since that of the newest review; None without either."""
    if head:
        since = find_commit(taken, branch, head)
        return None if since == branch.head else taken.came_since(branch, since)
    newest = next(iter(list_reviews(branch)), None)
    if newest is None:
        return None
    commit, kind, _ = read_object_info(taken.sealed, [newest.head])[0] if newest.head else ("", "", 0)
    if kind != "commit":
        return Came(since=newest.head)
    came = taken.came_since(branch, commit)
    return replace(came, since=commit)
