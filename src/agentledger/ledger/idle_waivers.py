"""Finds waivers that waive nothing: written by hand, with a rule that does not exist, or not readable as they are.

Belongs here: that, as problems of the document and as notes for whoever looks at the fleet. Does not: which finding a
waiver covers (see `rules`), or writing one (see `workflow.manage.allow`, which refuses such a name).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agentledger.model.fleet import Fleet
from agentledger.model.ledger import Problem, Waiver
from agentledger.model.near_names import suggest_names
from agentledger.model.text import escape_hidden
from agentledger.model.work import Task
from agentledger.rules import RULES, find_rule


def note_idle_waivers(fleet: Fleet) -> Fleet:
    """Return the fleet; a waiver has a problem for each rule of its that does not exist, and the notes say so."""
    if not any(task.waivers for task in fleet.tasks):
        return fleet
    tasks = tuple(
        replace(task, waivers=tuple(map(_note_unknown_rules, task.waivers))) if task.waivers else task
        for task in fleet.tasks
    )
    notes = [note for task in tasks if not task.is_over for note in _describe_idle(task)]
    return replace(fleet, tasks=tasks, notes=(*fleet.notes, *notes))


def _note_unknown_rules(waiver: Waiver) -> Waiver:
    problems = tuple(_unknown_rule_problem(waiver, name) for name in waiver.rules if find_rule(name) is None)
    document = waiver.document
    if not problems:
        return waiver
    return replace(waiver, document=replace(document, problems=(*document.problems, *problems)))


def _unknown_rule_problem(waiver: Waiver, name: str) -> Problem:
    lines = waiver.document.text.split("\n")
    line = next((number for number, text in enumerate(lines, 1) if text.startswith("rules:")), None)
    others = any(find_rule(each) for each in waiver.rules)
    near = suggest_names(name, [word for rule in RULES for word in (rule.id, rule.name)])
    return Problem(
        path=waiver.document.source.path,
        line=line,
        message=f"there is no rule named {escape_hidden(name)}, so {'that' if others else 'it'} waives nothing",
        hint=near or "agentledger rule lists all rules",
    )


def _describe_idle(task: Task) -> Iterator[str]:
    for waiver in task.waivers:
        for problem in waiver.document.problems:
            if problem.fatal:
                where = f"{escape_hidden(problem.path)}{f', line {problem.line}' if problem.line else ''}"
                hint = f" ({escape_hidden(problem.hint)})" if problem.hint else ""
                idle = "" if waiver.rules and waiver.until else ", so it waives nothing"
                yield f"{where}: {escape_hidden(problem.message)}{idle}{hint}."
