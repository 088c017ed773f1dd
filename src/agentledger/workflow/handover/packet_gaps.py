"""Lists what a packet still lacks that only its agent can add, each with the command that adds it.

Belongs here: turning the ready gate's findings about a packet into things to write. Does not: finding them (see
`rules.packet`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agentledger.documents.packet import EXPLORE, SECTIONS
from agentledger.model.findings import Finding
from agentledger.model.ledger import heading_key
from agentledger.model.text import escape_hidden

# The rules about what is in a packet.
RULES = ("PKT001", "PKT002", "PKT003", "PKT004", "PKT005", "PKT006")
# By section, the option that fills it in.
_FLAGS = {
    "Summary": "--summary",
    "Why this approach": "--why",
    "Test plan and results": "--tests",
    "Risks and follow-ups": "--risks",
    "Options": "--options",
    "Recommendation": "--recommendation",
}
_QUOTED = re.compile("“([^”]+)”")
_SHOWN = 100  # characters of a criterion


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is missing: `what`, on which `line` of the packet, by which `rule`.

    `option` is the option that adds it, '' without one; `how` is another way.
    """

    what: str
    how: str = ""
    option: str = ""
    line: int | None = None
    rule: str = ""

    def describe(self, command: str) -> str:
        """Two lines: what is missing, and what to type for this command, `packet` or `done`."""
        where = f" (line {self.line} of packet.md)" if self.line else ""
        typed = f"agentledger {command} {self.option}" if self.option else ""
        return f"missing: {self.what}{where}\n  {'; or: '.join(filter(None, (typed, self.how)))}"


def next_command(command: str, lacks: Iterable[Lack]) -> str | None:
    """One command that adds all that options can add; None where no option can."""
    options = list(dict.fromkeys(lack.option for lack in lacks if lack.option))
    return " ".join([f"agentledger {command}", *options]) if options else None


def find_lacks(
    findings: Iterable[Finding], unsaid: Sequence[tuple[int, str]], criteria: Sequence[str]
) -> tuple[Lack, ...]:
    """What is missing: by the gate's findings that block, and the criteria that nothing is said of yet.

    `unsaid` has these criteria with their numbers; `criteria` are all of the brief's.
    """
    return (
        *(_lack_of_finding(finding, criteria) for finding in findings if finding.blocks),
        *(_lack_of_criterion(number, text) for number, text in unsaid),
    )


def _lack_of_finding(finding: Finding, criteria: Sequence[str]) -> Lack:
    """The finding as a thing to write; the rule's own hint where no option helps."""
    how, option = escape_hidden(finding.hint), ""
    if finding.rule == "PKT002":
        option = _section_option(finding)
        how = "" if option else how
    elif finding.rule == "PKT005":
        key = heading_key(finding.message.partition(": ")[2])
        number = next((at for at, text in enumerate(criteria, 1) if heading_key(text) == key), None)
        option = f"--criterion {number}='…'" if number else ""
    elif finding.rule == "PKT006":
        option = "--no-tests '…'"
    return Lack(escape_hidden(finding.message), how, option, line=finding.line, rule=finding.rule)


def _section_option(finding: Finding) -> str:
    """The option that fills in the section that the finding names, '' where it is about something else."""
    named = _QUOTED.search(finding.message)
    key = heading_key(named[1]) if named else ""
    title = next((title for title in (*SECTIONS, *EXPLORE) if heading_key(title) == key), "")
    return f"{_FLAGS[title]} '…'" if title in _FLAGS else ""


def _lack_of_criterion(number: int, text: str) -> Lack:
    """The question whether a criterion is met, with the options for yes and no."""
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    option = f"--criterion {number}='…'"
    how = f"--unmet {number}='…'"
    return Lack(f"does criterion {number} hold? {escape_hidden(short)}", how, option)
