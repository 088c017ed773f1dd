"""The forms of the sample's documents: what a brief, a check-in, a review looks like.

Belongs here: laying documents out as people and agents write them. Does not: what they say
(`demo_briefs`, `demo_reports`, `demo_ledger`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.control.append import new_document_name
from agentledger.workflow.demo.demo_fleet import MARTA, Known

FOLDER = ".agentledger/tasks"
Files = dict[str, str]


class Brief(NamedTuple):
    """A task as Marta wrote it down; `keys` are front matter besides task, title and manager."""

    task: str
    title: str
    keys: Mapping[str, object]
    why: str
    outcome: str
    context: str
    criteria: Sequence[str]
    constraints: str = "No new dependency; prices stay whole cents."
    non_goals: str = "Anything else that could be tidied up on the way."
    notes: str = "Ask before touching a file that `owns` does not name."
    plan: str = "The checks above, and reading the diff."

    def text(self) -> str:
        """The document."""
        front = {"task": self.task, "title": self.title, "manager": MARTA.email, **self.keys}
        return _render_document(
            front,
            {
                "Why, and what would stop us": self.why,
                "Outcome": self.outcome,
                "Context": self.context,
                "Constraints": self.constraints,
                "Non-goals": self.non_goals,
                "Acceptance criteria": "\n".join(f"- [ ] {criterion}" for criterion in self.criteria),
                "Integration notes": self.notes,
                "Verification plan": self.plan,
            },
        )


def make_brief_copy(brief: Brief) -> Files:
    """The brief as an agent's branch has it."""
    return {f"{FOLDER}/{brief.task}/brief.md": brief.text()}


def make_check_in(
    known: Known,
    task: str,
    minutes: int,
    agent: str,
    state: str,
    *,
    did: str,
    then: str,
    risks: str,
    needs: str,
) -> Files:
    """A status report, by its path."""
    text = _render_document(
        {"at": format_moment(known, minutes), "agent": agent, "state": state},
        {
            "What changed": did,
            "What's next": then,
            "Risks and blockers": risks,
            "What I need from you": needs,
        },
    )
    return {f"{FOLDER}/{task}/status/{document_name(known, minutes, text)}": text}


def make_evidence(
    known: Known, task: str, step: str, minutes: int, check: str, command: str, **ran: object
) -> Files:
    """What a passing check came to on the commit of `step`."""
    said = {
        "version": 1,
        "check": check,
        "command": command,
        "exit_code": 0,
        "started_at": format_moment(known, minutes),
        "head": known.heads[step],
        "tree": known.code_trees[step],
        **ran,
    }
    return {f"{FOLDER}/{task}/evidence/{check}.json": json.dumps(said, ensure_ascii=False, indent=1) + "\n"}


def make_packet(
    known: Known, brief: Brief, base: str, step: str, shown_by: Sequence[str], parts: Mapping[str, str]
) -> Files:
    """The hand-over: `parts` are its other sections, `shown_by` is what shows each criterion of the brief."""
    pairs = zip(brief.criteria, shown_by, strict=True)
    criteria = "\n".join(f"- [x] {criterion}\n  - {shown}" for criterion, shown in pairs)
    order = ("Summary", "Why this approach", "Files touched", "Acceptance criteria", "Test plan and results")
    said = {**parts, "Acceptance criteria": criteria}
    text = _render_document(
        {"task": brief.task, "base": known.heads[base], "head": known.heads[step]},
        {title: said[title] for title in (*order, "Risks and follow-ups")},
    )
    return {f"{FOLDER}/{brief.task}/packet.md": text}


def make_dated_document(
    known: Known,
    task: str,
    folder: str,
    minutes: int,
    keys: Mapping[str, object],
    body: str | Mapping[str, str],
) -> Files:
    """A dated document of the control branch."""
    text = _render_document({"at": format_moment(known, minutes), **keys}, body)
    return {f"tasks/{task}/{folder}/{document_name(known, minutes, text)}": text}


def make_outcome(known: Known, task: str, minutes: int, keys: Mapping[str, object], text: str) -> Files:
    """How a task ended."""
    return {f"tasks/{task}/outcome.md": _render_document({"at": format_moment(known, minutes), **keys}, text)}


def format_moment(known: Known, minutes: int) -> str:
    """So many minutes before now, as documents write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(known.now - 60 * minutes))


def document_name(known: Known, minutes: int, text: str) -> str:
    """The file name of a document of that time."""
    return new_document_name(known.now - 60 * minutes, text.encode())


def _render_document(front: Mapping[str, object], body: str | Mapping[str, str]) -> str:
    """Values as JSON, which YAML reads as it is; words and times plain, as people write them."""
    lines = [f"{key}: {_format_value(key, value)}" for key, value in front.items()]
    parts = (
        body if isinstance(body, str) else "\n\n".join(f"## {name}\n\n{text}" for name, text in body.items())
    )
    return "\n".join(["---", *lines, "---", "", parts, ""])


def _format_value(key: str, value: object) -> str:
    plain = key in ("at", "head", "base") or (isinstance(value, str) and value.replace("-", "").isalnum())
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
