"""The findings of rules, and the gates at which they can stop somebody: values that every output shows.

Belongs here: gates, severities, findings. Does not: making findings (see `rules`), or printing them (see
`reports`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Gate(StrEnum):
    """Where rules can stop somebody, in the order of a task's life."""

    SPAWN = "spawn"
    COMMIT = "commit"
    PUSH = "push"
    READY = "ready"
    MERGE = "merge"


class Severity(StrEnum):
    """How bad a finding is: an error stops whoever is at the gate, a warning is only shown."""

    ERROR = "error"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule found: which rule, how bad it is, where, and whether it stops anybody."""

    #: The rule's id and its name, such as `OWN001` and `outside-scope`.
    rule: str
    name: str
    severity: Severity
    #: Does it stop whoever is at the gate? No warning does, no waived error, and nothing where policy says
    #: `enforce = false`.
    blocks: bool
    message: str
    hint: str
    branch: str = ""
    task: str | None = None
    #: The path as git has it.
    path: bytes | None = None
    #: Counts from 1.
    line: int | None = None
    commit: str | None = None
    #: The reason of the waiver that covers it; None where none does.
    waived: str | None = None
    #: Nothing on the branch is to be done about it: what it has is the manager's own, who settles that on base.
    on_base: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one check at a gate. `what` says what was checked; `notes` are for the reader.

    `unjudged` has a sentence for each branch that could not be read: nothing is known about it.
    """

    gate: Gate
    what: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        """Does any of it stop whoever is at the gate?"""
        return any(finding.blocks for finding in self.findings)
