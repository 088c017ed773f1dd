"""A situation in which a rule speaks: who is stopped at which gate, and what following its advice comes to.

Belongs here: what such a case consists of. Does not: the cases (see the modules `advice_*`), or the
repository in which one is played (see `advicescene`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advicescene import Scene, Told, level
from agentledger.rules.case import Case

GATES = ("spawn", "commit", "push", "ready", "merge")
Step = Callable[[Scene], object]
Mend = Callable[[Scene, Told], object]


@dataclass(frozen=True)
class Advice:
    """A situation in which a rule speaks, and what comes of following what it says.

    `levels` are what is seen at spawn, commit, push, ready and merge: E blocks, w warns, · is nothing.
    `whose` says whose doing it is. `arrange` makes the situation: what it leaves staged is what the agent
    is about to commit. `mend` does what the message says, given that message; `undo` does where something
    else is said to who is still to commit. `others` are further ways that the message, or the rule's page,
    names. `after` is what the gates that spoke say then.
    """

    rule: str
    levels: str
    whose: str
    arrange: Step
    mend: Mend
    undo: Mend | None = None
    others: Mapping[str, Mend] = field(default_factory=dict)
    after: str = "·····"
    policy: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)
    code: bool = True
    case: str = ""

    @property
    def name(self) -> str:
        """The rule, and what is peculiar to this situation."""
        return f"{self.rule} {self.case}".strip()

    @property
    def speaks(self) -> tuple[str, ...]:
        """The gates at which it says something."""
        return tuple(gate for gate, seen in zip(GATES, self.levels, strict=True) if seen != "·")

    def scene(self, folder: Path) -> Scene:
        """The situation."""
        made = Scene(folder, self.policy, self.keys, self.code)
        self.arrange(made)
        return made

    def of(self, found: list[Told]) -> list[Told]:
        """What this rule says among all that is told."""
        return [each for each in found if each.rule == self.rule]

    def worst(self, seen: Mapping[str, list[Told]]) -> list[Told]:
        """What it says where it stops somebody first, else where it first says something."""
        told = [self.of(seen[gate]) for gate in seen]
        return next((each for each in told if level(each) == "E"), next(each for each in told if each))

    def letters(self, seen: Mapping[str, list[Told]]) -> str:
        """`levels` as they were seen; a gate that was not asked said nothing."""
        return "".join(level(self.of(seen.get(gate, []))) for gate in GATES)


@dataclass(frozen=True)
class RuleRow:
    """All that the tests know of one rule: add one for each new rule."""

    #: The rule's id, such as BRF001.
    rule: str
    #: Cases in which it fires, made of plain values: no repository is needed.
    fires: tuple[Case, ...]
    #: Cases, much like those, in which it does not.
    silent: tuple[Case, ...]
    #: The same on a real repository, with what following the message's advice leads to.
    situations: tuple[Advice, ...]


# Where the row of a rule belongs, by the letters of its id.
FILES = {
    "BRF": "rule_rows_brief.py",
    "OWN": "rule_rows_ownership.py",
    "STA": "rule_rows_status.py",
    "REV": "rule_rows_status.py",
    "PKT": "rule_rows_packet.py",
    "EVD": "rule_rows_packet.py",
    "TST": "rule_rows_integrity.py",
    "FLT": "rule_rows_fleet.py",
    "KIL": "rule_rows_fleet.py",
}


def file_of(rule: str) -> str:
    """The file to edit for a rule; a new family of rules begins one of its own."""
    return f"tests/support/{FILES.get(rule[:3], 'rule_rows_<family>.py (and FILES in advicecases.py)')}"
