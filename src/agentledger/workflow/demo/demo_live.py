"""The part of the sample that agentledger's own commands make: one task planned, one handed out and worked on.

Belongs here: what Marta and Claude type, and when. Does not: the rest of the story, which goes back for weeks, so
that its commits are imported all at once (see `create_demo`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentledger.workflow.demo.demo_documents import read_brief
from agentledger.workflow.demo.demo_files import read_demo_file
from agentledger.workflow.demo.demo_fleet import CLAUDE, MARTA, Who
from agentledger.workflow.plan import plan_task
from agentledger.workflow.plan.plan_draft import Plan
from agentledger.workflow.report import write_check_in
from agentledger.workflow.report.check_in import Said
from agentledger.workflow.spawn import spawn_task
from agentledger.workflow.spawn.spawn_task import Wanted
from agentledger.workflow.verify.one_check import ignore_event

if TYPE_CHECKING:
    import git

PLANNED = "gift-vouchers"
# Of another manager: Marta has as many branches to review as policy allows, so none is handed out for her.
TASK = "pick-lists"
FILE = "src/orchard/picking.py"


def run_live_commands(shop: git.Repo, now: int) -> None:
    """Run the commands in the clone; ages count from `now`, in seconds since the epoch."""
    top = Path(shop.working_dir)
    with _act_as(now, 30, MARTA) as at:
        plan_task.plan_task(top, _plan_of(PLANNED), at, None)
    with _act_as(now, 28, MARTA) as at:
        plan_task.plan_task(top, _plan_of(TASK), at, None)
    with _act_as(now, 27, MARTA) as at:
        result = spawn_task.spawn_task(top, Wanted(TASK, baseline=False), at, ignore_event)
    worktree = top.with_name("shop.worktrees") / TASK
    assert worktree.is_dir(), result
    with _act_as(now, 13, CLAUDE):
        (worktree / FILE).write_bytes(read_demo_file(f"versions/{TASK}/{FILE}"))
        shop.git.execute(["git", "-C", str(worktree), "add", FILE])
        shop.git.execute(
            ["git", "-C", str(worktree), "commit", "--quiet", "-m", "Add up what is to be picked"]
        )
    with _act_as(now, 12, CLAUDE) as at:
        check_in = Said(
            next="The command, and the tests.",
            risks="Names sort by code point, shelves do not.",
            agent="claude",
        )
        write_check_in.report_progress(worktree, check_in, at)
    shop.git.push("--quiet", "origin", "agentledger")


def _plan_of(task: str) -> Plan:
    return Plan(task=task, text=read_brief(task))


@contextmanager
def _act_as(now: int, minutes: int, who: Who) -> Iterator[int]:
    """Make git sign as this person, so many minutes before `now`; gives that moment, in seconds since the epoch."""
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
