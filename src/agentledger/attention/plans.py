"""The plan that a checkpoint is to approve, in the words that all outputs share.

Belongs here: its first words, and what else is to be known before it is approved. Does not: which check-in waits
(see `replies`), or how an agent asks (see `requests`).
"""

from __future__ import annotations

import shlex

from agentledger.attention.replies import find_approved, newest_requests
from agentledger.model.fleet import Branch
from agentledger.model.ledger import CheckIn
from agentledger.model.text import HIDDEN, escape_hidden
from agentledger.model.work import Work

LENGTH = 160  # characters of a plan on a line of its own; the branch's page has all of it

_NO_PLAN = "There is no plan in it to approve: ask again, with --plan."


def shorten_plan(check_in: CheckIn | None) -> str:
    """Return a plan's first words on one line, without the marks of headings; '' where there is no plan."""
    if check_in is None or check_in.checkpoint is None:
        return ""
    # The beginning is enough, and a plan can be long.
    words = " ".join(" ".join(map(_strip_heading, check_in.plan[: 4 * LENGTH].splitlines())).split())
    cut = len(words) > LENGTH or len(check_in.plan) > 4 * LENGTH
    return f"{words[: LENGTH - 1].rstrip()}…" if cut else words


def _strip_heading(line: str) -> str:
    title = line.strip().lstrip("#").strip()
    return f"{title.rstrip(':')}:" if title and line.lstrip().startswith("#") else title


def lacks_plan(check_in: CheckIn | None) -> bool:
    """Does a check-in ask for a checkpoint, and say nothing that could be approved?"""
    return check_in is not None and check_in.checkpoint is not None and not check_in.plan


def describe_standing(work: Work | None, check_in: CheckIn | None) -> str:
    """Return what to know before a plan is approved: that there is none, or that another one was; '' for nothing."""
    if work is None or check_in is None or check_in.checkpoint is None:
        return ""
    approved = find_replaced(work, check_in)
    if lacks_plan(check_in):
        return "there is no plan in it, so there is nothing to approve yet"
    if approved is None:
        return ""
    name = escape_hidden(approved.name)
    if approved.plan == check_in.plan:
        return f"the same plan was approved before, in the check-in {name}; it is asked for again"
    return f"what was approved is the earlier plan of the check-in {name}; this one replaces it"


def find_replaced(work: Work, check_in: CheckIn) -> CheckIn | None:
    """Return the earlier request for the same checkpoint that was approved; None where there is none."""
    approved = find_approved(work, check_in.checkpoint) if check_in.checkpoint else None
    return None if approved is None or approved.name == check_in.name else approved


def find_newer(work: Work, check_in: CheckIn) -> CheckIn | None:
    """Return the newest request for the same checkpoint; None where that is this one."""
    newest = newest_requests(work).get(check_in.checkpoint or "")
    return None if newest is None or newest.name == check_in.name else newest


def decide_command(branch: Branch, check_in: CheckIn) -> str | None:
    """Return the command that approves a plan, or asks for one that is missing; None where it cannot be typed.

    It names the check-in: run later, it does not approve what has replaced that plan since.
    """
    checkpoint = check_in.checkpoint or ""
    if any(HIDDEN.search(name) for name in (branch.name, check_in.name, checkpoint)):
        return None
    decision = "change" if lacks_plan(check_in) else "approve"
    task = branch.work.task if branch.work else ""
    branch_flag = ("--branch", branch.name) if branch.standing and branch.standing.rivals else ()
    about = ("--decision", decision, "--checkpoint", checkpoint, "--to", check_in.name)
    text = ("-m", _NO_PLAN) if lacks_plan(check_in) else ()
    return shlex.join(("agentledger", "answer", task, *branch_flag, *about, *text))
