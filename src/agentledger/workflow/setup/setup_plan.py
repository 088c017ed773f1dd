"""A plan for one part of the set-up: its steps, what the manifest records of them, and notes.

Belongs here: the value that every part of `init` returns, and combining several. Does not: making one (see
`init`, `agents_md`, `init_template`, and the modules in `setup.hooks`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from agentledger.workflow.setup.manifest import Manifest
from agentledger.workflow.setup.steps import Step


class Plan(NamedTuple):
    """What to do. `done` is what the manifest will record of it; a note is a sentence for the user."""

    steps: tuple[Step, ...] = ()
    done: Manifest = Manifest()
    notes: tuple[str, ...] = ()


def combine_plans(plans: Iterable[Plan]) -> Plan:
    """One plan made of several that touch different files, in order."""
    combined = Plan()
    for plan in plans:
        done = combined.done.merge_later(plan.done)
        combined = Plan(combined.steps + plan.steps, done, combined.notes + plan.notes)
    return combined
