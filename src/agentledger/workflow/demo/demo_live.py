"""The part of the sample that the commands themselves make: planned, handed out, worked on, reported.

Belongs here: what Marta and Claude type, and when. Does not: the rest of the story, whose commits are written
in one go (see `demo`), since it reaches back for weeks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentledger.workflow.demo import demo_briefs
from agentledger.workflow.demo.demo_fleet import CLAUDE, MARTA, Who
from agentledger.workflow.demo.demo_packets import Brief
from agentledger.workflow.plan import plan_task
from agentledger.workflow.plan.plan_draft import Plan
from agentledger.workflow.report import write_check_in
from agentledger.workflow.report.check_in import Said
from agentledger.workflow.spawn import spawn_task
from agentledger.workflow.spawn.spawn_task import Wanted
from agentledger.workflow.verify.one_check import ignore_event

if TYPE_CHECKING:
    import git

TASK = demo_briefs.PICKS.task
FILE = "src/orchard/picking.py"
PICKING = '''"""What has to be picked for the orders of a day."""

from collections import Counter
from collections.abc import Iterable, Mapping


def pick_list(orders: Iterable[Mapping[str, int]]) -> list[tuple[str, int]]:
    """Each product with how many of it are needed, of orders as `OrderStore.lines` gives them."""
    needed: Counter[str] = Counter()
    for lines in orders:
        needed.update(lines)
    return sorted(needed.items())
'''


def run_live_commands(shop: git.Repo, now: int) -> None:
    """Have it done in the clone, ages counted from `now`."""
    top = Path(shop.working_dir)
    with _act_as(now, 30, MARTA) as at:
        plan_task.plan_task(top, _plan_of(demo_briefs.VOUCHERS), at, None)
    with _act_as(now, 28, MARTA) as at:
        plan_task.plan_task(top, _plan_of(demo_briefs.PICKS), at, None)
        did = spawn_task.spawn_task(top, Wanted(TASK), at, ignore_event)
    worktree = top.with_name("shop.worktrees") / TASK
    assert worktree.is_dir(), did
    with _act_as(now, 13, CLAUDE):
        (worktree / FILE).write_text(PICKING)
        shop.git.execute(["git", "-C", str(worktree), "add", FILE])
        shop.git.execute(
            ["git", "-C", str(worktree), "commit", "--quiet", "-m", "Add up what is to be picked"]
        )
    with _act_as(now, 12, CLAUDE) as at:
        said = Said(
            next="The command, and the tests.",
            risks="Names sort by code point, shelves do not.",
            agent="claude",
        )
        write_check_in.report_progress(worktree, said, at)
    shop.git.push("--quiet", "origin", "agentledger")


def _plan_of(brief: Brief) -> Plan:
    return Plan(task=brief.task, text=brief.text())


@contextmanager
def _act_as(now: int, minutes: int, who: Who) -> Iterator[int]:
    """So many minutes before `now` git knows this person; the moment itself, in seconds since the epoch."""
    before, at = dict(os.environ), now - 60 * minutes
    for role in ("AUTHOR", "COMMITTER"):
        os.environ |= {
            f"GIT_{role}_NAME": who.name,
            f"GIT_{role}_EMAIL": who.email,
            f"GIT_{role}_DATE": f"{at} +0000",
        }
    try:
        yield at
    finally:
        os.environ.clear()
        os.environ.update(before)
