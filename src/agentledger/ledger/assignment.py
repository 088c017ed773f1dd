"""Which task a branch works on, and whose brief counts for it: decided here, and nowhere else.

Belongs here: that decision, from what was read. Does not: reading it. The reader of a fleet (`tasks`) and the
commit gate (`gates.gated`) gather the same claims in two ways, for all branches and for one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from agentledger.model.ledger import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claims:
    """What suggests that a branch works on some task, by the task's id."""

    #: Tasks whose brief, on the control branch or on base, names this branch.
    naming: Collection[str]
    #: The task that the branch's name says, as `agent/login` does.
    by_name: str | None
    #: Has that task a brief on the control branch or on base?
    confirmed: bool
    #: Tasks in whose folder the branch adds files to base.
    folders: Collection[str]
    #: Those of them to which it adds a brief.
    briefs: Collection[str]
    #: The tasks that each of all these depends on, directly or not; a task without an entry depends on none.
    needs: Mapping[str, Collection[str]] = field(default_factory=dict)


def assign_task(claims: Claims) -> tuple[str | None, tuple[Problem, ...]]:
    """The task, or None, and what is ambiguous about it.

    It is the one whose brief names the branch; else the one that its name says, if somebody but the name
    knows of it; else the one folder that it adds. A branch that stands on a dependency has that one's folder
    without adding it.
    """
    named_task = claims.by_name if claims.confirmed or claims.by_name in claims.folders else None
    certain = claims.naming or ({named_task} if named_task else set())
    brought = _brought_along(claims, certain or claims.folders)
    naming, folders, briefs = (
        sorted(set(each))
        for each in (claims.naming, set(claims.folders) - brought, set(claims.briefs) - brought)
    )
    candidates = naming or ([named_task] if named_task else folders)
    is_clear = len(candidates) == 1 or bool(naming)
    problems = []
    if len(naming) > 1:
        problems.append(_ambiguity_problem("briefs of several tasks name this branch", naming))
    if len(briefs) > 1:
        problems.append(_ambiguity_problem("the branch adds briefs of several tasks", briefs))
    elif not is_clear and folders:
        problems.append(_ambiguity_problem("the branch adds folders of several tasks", folders))
    return (candidates[0] if is_clear else None), tuple(problems)


def _brought_along(claims: Claims, tasks: Collection[str]) -> set[str]:
    """The dependencies of some tasks; of those that depend on each other in a circle, neither is one."""
    needs = claims.needs
    return {need for task in tasks for need in needs.get(task, ()) if task not in needs.get(need, ())}


def _ambiguity_problem(message: str, tasks: list[str]) -> Problem:
    named = ", ".join(tasks[:5]) + (f" and {len(tasks) - 5} more" if len(tasks) > 5 else "")
    hint = "one branch works on one task: split it, or take the other folder out"
    return Problem(path="", line=None, message=f"{message}: {named}", hint=hint)


def counting_brief(control: T | None, base: T | None, first: T | None) -> tuple[T, str] | None:
    """The brief that counts, and where it was found: the control branch's, else base's, else the branch's own.

    `first` is the oldest version on the branch's own line, so that an agent cannot widen its brief
    afterwards. It counts although nobody confirmed it: else a branch without a manager's brief had no bounds.
    """
    for brief, where in ((control, "control"), (base, "base"), (first, "branch")):
        if brief is not None:
            return brief, where
    return None
