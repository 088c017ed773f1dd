"""A plan: steps, how they will be remembered, and what there is to say about them.

Belongs here: the value that the parts of `init` give, and putting several together. Does not: making one
(see `hooks`, `hooks_beside`, `hooks_framework`, `init`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from agentledger.workflow.setup.manifest import Manifest
from agentledger.workflow.setup.steps import Step


class Plan(NamedTuple):
    """`done` is what the manifest will hold of it; a note is a sentence for the person who asked."""

    steps: tuple[Step, ...] = ()
    done: Manifest = Manifest()
    notes: tuple[str, ...] = ()


def combine_plans(plans: Iterable[Plan]) -> Plan:
    """One plan of several that touch different files."""
    whole = Plan()
    for plan in plans:
        done = whole.done.merge_later(plan.done)
        whole = Plan(whole.steps + plan.steps, done, whole.notes + plan.notes)
    return whole
