"""The findings of rules, and the gates at which they can stop somebody: values that every output shows.

Belongs here: gates, severities, findings. Does not: making findings (see `rules`), or printing them (see
`reports`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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
    #: It stops nobody yet, and is an error at a gate to come: what a branch at work still lacks.
    LATER = "later"


# What a rule can be at a gate; how far a branch is from that gate is not the rule's.
LEVELS = (Severity.ERROR, Severity.WARN)


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
    #: The gate whose level the severity is, and for what is due later the first gate that it stops.
    gate: Gate = Gate.MERGE
    #: Is the same said of another branch of the fleet, so that it needs saying once?
    shared: bool = False


class Judged(NamedTuple):
    """A branch of a fleet that was checked, and the gate by which it was."""

    branch: str
    gate: Gate


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one check at a gate. `what` says what was checked; `notes` are for the reader.

    `unjudged` has a sentence for each branch that could not be read: nothing is known about it. `fleet` are the
    branches of a whole fleet, each with its own gate; () where one branch, task or commit was checked.
    """

    gate: Gate
    what: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    fleet: tuple[Judged, ...] = ()

    @property
    def blocked(self) -> bool:
        """Does any of it stop whoever is at the gate?"""
        return any(finding.blocks for finding in self.findings)
