"""The values that branches and documents come to together: whose work it is, and where it stands.

Belongs here: immutable values, as `tasks` and `standing` make them. Does not: making them,
or the documents themselves (`ledger`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agentledger.model.ledger import (
    Answer,
    Brief,
    Check,
    CheckIn,
    Evidence,
    Outcome,
    Packet,
    Problem,
    Review,
    Waiver,
)


class Copy(StrEnum):
    """How a branch's own copy of its brief relates to the authoritative one."""

    NONE = "none"
    SAME = "same"
    OUTDATED = "outdated"
    SCOPE_CHANGE = "scope-change"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a branch's ledger folder, and the manager's documents about it, say.

    `brief` is the branch's own copy. All tuples are newest first. `check_ins_total` counts
    those that were too many to be read, too. `code_trees` maps commits of the branch to
    their code trees: what tells whether something said of a commit still holds.
    """

    task: str
    brief: Brief | None = None
    copy: Copy = Copy.NONE
    check_ins: tuple[CheckIn, ...] = ()
    check_ins_total: int = 0
    packet: Packet | None = None
    evidence: tuple[Evidence, ...] = ()
    reruns: tuple[Evidence, ...] = ()
    reviews: tuple[Review, ...] = ()
    answers: tuple[Answer, ...] = ()
    problems: tuple[Problem, ...] = ()
    code_trees: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One unit of work. `brief` is the authoritative one, `brief_from` where it was found.

    `brief_from` is control, base, branch (unconfirmed) or '' (no brief). `branches` are
    the names of those that work on it; two or more are rivals.
    """

    id: str
    brief: Brief | None = None
    brief_from: str = ""
    branches: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    reviews: tuple[Review, ...] = ()
    outcome: Outcome | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def title(self) -> str:
        """The brief's title, else the id in words."""
        return self.brief.title if self.brief else self.id.replace("-", " ")


class Progress(StrEnum):
    """How far a branch is, in the words of its newest check-in and review."""

    STARTED = "started"
    WORKING = "working"
    NEEDS_INPUT = "needs-input"
    BLOCKED = "blocked"
    READY = "ready"
    APPROVED = "approved"
    CHANGES = "changes requested"
    REJECTED = "rejected"
    SILENT = "silent"


class Trust(StrEnum):
    """What a recorded check is worth: said by the branch alone, or seen by somebody else, too."""

    CLAIMED = "claimed"
    REPRODUCED = "reproduced"
    CONTRADICTED = "contradicted"
    FLAKY = "flaky"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Checked:
    """One check that the brief or policy asks for, and its evidence.

    `fresh` is None when the commit the evidence names is not on the branch.
    """

    check: Check
    evidence: Evidence | None
    trust: Trust | None
    fresh: bool | None

    @property
    def ran_other_command(self) -> bool:
        """Does the evidence tell of another command than the one that is asked for?"""
        return self.evidence is not None and self.evidence.command.strip() != self.check.run.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a branch with a task stands. `since` is when the waiting began; `overdue` is in seconds.

    `due` is the last second in which a check-in is in time; None where none is waited for.
    """

    progress: Progress
    waits_for: str = ""
    since: int | None = None
    question: CheckIn | None = None
    answer: Answer | None = None
    review: Review | None = None
    checks: tuple[Checked, ...] = ()
    packet_fresh: bool | None = None
    overdue: int = 0
    rivals: tuple[str, ...] = ()
    due: int | None = None

    @property
    def holds(self) -> tuple[str, ...]:
        """What keeps work that is said to be ready from being merged, in words; () when nothing does."""
        found = []
        for checked in self.checks:
            if checked.evidence is None:
                found.append(f"no evidence for {checked.check.name}")
            elif not checked.evidence.passed:
                found.append(f"{checked.check.name} failed")
            elif checked.ran_other_command:
                found.append(f"{checked.check.name} was run with another command")
            elif not checked.fresh:
                found.append(f"evidence for {checked.check.name} is of another commit")
            elif checked.trust in (Trust.CONTRADICTED, Trust.FLAKY):
                found.append(f"{checked.check.name} is {checked.trust}")
        return tuple(found)
