"""What rules find, and the gates at which it counts: values that every output shows.

Belongs here: gates, severities, findings. Does not: finding anything (see `rules`).
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
    """What a finding comes to: an error stops, a warning is told."""

    ERROR = "error"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found, with who found it, how bad it is, and whether it stops anybody.

    `waived` is the reason of the waiver that covers it, else None. `path` is as git has it; `line` counts
    from 1.
    """

    rule: str
    name: str
    severity: Severity
    blocks: bool
    message: str
    hint: str
    branch: str = ""
    task: str | None = None
    path: bytes | None = None
    line: int | None = None
    commit: str | None = None
    waived: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What one check found. `what` says what was looked at; `notes` are sentences for the reader.

    `unjudged` has a sentence for each branch that could not be read: nothing is known of it.
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
