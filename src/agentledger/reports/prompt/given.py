"""What every prompt is about, and how it begins: the task, its brief, the branch, and names in sentences.

Belongs here: those values and words. Does not: a chapter of a prompt (see `task` and `conversation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.model import ledger_paths
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.ledger import Brief
from agentledger.model.work import Task
from agentledger.reports.prompt.quote import SHORT, code_span
from agentledger.reports.prompt.texts import fill_text
from agentledger.scope.task_scope import Scope

MOST_NAMES = 25  # names of a list, in words of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a prompt is about."""

    fleet: Fleet
    task: Task
    brief: Brief
    #: What the brief grants.
    scope: Scope
    #: The branch's name, where it is known.
    name: str | None = None
    #: None where nobody has begun, or it does not matter which of several is meant.
    branch: Branch | None = None

    @property
    def folder(self) -> str:
        """Where the task's files lie on its branch."""
        return ledger_paths.task_folder(self.task.id)

    @property
    def base(self) -> str:
        """The base's name."""
        return self.fleet.base.name


def compose_opening(given: Given, does: str = "Your task in this repository") -> str:
    """The first lines: which task, which branch."""
    branch = (
        f"the branch {code_span(given.name, SHORT)}" if given.name else "the branch that is checked out here"
    )
    return (
        fill_text(
            "opening",
            does=does,
            task=code_span(given.task.id),
            title=code_span(given.task.title, SHORT),
            fleet=code_span(given.fleet.name, SHORT),
            branch=branch,
            base=code_span(given.base, SHORT),
        )
        + "\n\n"
    )


def describe_off_path(program: str, export: str) -> str:
    """A paragraph of the opening: how to type the program where its name alone starts nothing."""
    return fill_text("off-path", program=code_span(program), export=code_span(export)) + "\n\n"


def format_name_list(names: Sequence[str], where: str = "the brief has all") -> str:
    """Names as a list, cut where there are many."""
    lines = [f"- {code_span(name)}" for name in names[:MOST_NAMES]]
    left = len(names) - MOST_NAMES
    return "\n".join([*lines, *([f"- and {left:,} more: {where}"] if left > 0 else [])])


def format_names_inline(names: Sequence[str]) -> str:
    """Names within a sentence, cut where there are many."""
    listing = ", ".join(code_span(name) for name in names[:MOST_NAMES])
    return listing + (f" and {len(names) - MOST_NAMES:,} more" if names[MOST_NAMES:] else "")
