"""The line about branches that no agent works on: those of merge queues, and of what updates dependencies.

Belongs here: that line, which all outputs share. Does not: which branches those are (see `repository.robots`).
"""

from __future__ import annotations

from agentledger.model.fleet import Fleet
from agentledger.model.text import format_count


def format_left_out(fleet: Fleet) -> str:
    """How many branches of which robot are not on the board, in one sentence; "" for none."""
    if not fleet.left_out:
        return ""
    total = format_count(sum(each.branches for each in fleet.left_out), "branch", "branches")
    counts = ", ".join(f"{each.robot} {each.branches:,}" for each in fleet.left_out)
    return f"Left out, since no agent works there: {total} ({counts})."
