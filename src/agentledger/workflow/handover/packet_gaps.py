"""What a packet still lacks that only its agent can add, each with the command that adds it.

Belongs here: the ready gate's findings about a packet, as things to write. Does not: finding them (see
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

# Those that speak of what is in a packet.
RULES = ("PKT001", "PKT002", "PKT003", "PKT004", "PKT005", "PKT006")
_FLAGS = {
    "Summary": "--summary",
    "Why this approach": "--why",
    "Test plan and results": "--tests",
    "Risks and follow-ups": "--risks",
    "Options": "--options",
    "Recommendation": "--recommendation",
}
_QUOTED = re.compile("“([^”]+)”")
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is missing, and where in the packet: the `option` that adds it, and how else to."""

    what: str
    how: str = ""
    option: str = ""
    line: int | None = None
    rule: str = ""

    def told(self, command: str) -> str:
        """What is missing, and below it what to type for this command, `packet` or `done`."""
        where = f" (line {self.line} of packet.md)" if self.line else ""
        typed = f"agentledger {command} {self.option}" if self.option else ""
        return f"missing: {self.what}{where}\n  {'; or: '.join(filter(None, (typed, self.how)))}"


def next_command(command: str, found: Iterable[Lack]) -> str | None:
    """One command that adds all of it that options can add; None where none can."""
    options = list(dict.fromkeys(lack.option for lack in found if lack.option))
    return " ".join([f"agentledger {command}", *options]) if options else None


def find_lacks(
    found: Iterable[Finding], unsaid: Sequence[tuple[int, str]], criteria: Sequence[str]
) -> tuple[Lack, ...]:
    """What is missing, of what the gate found that stops, and of the criteria that nothing is said of yet."""
    return (
        *(_lack_of_finding(finding, criteria) for finding in found if finding.blocks),
        *(_lack_of_criterion(number, text) for number, text in unsaid),
    )


def _lack_of_finding(finding: Finding, criteria: Sequence[str]) -> Lack:
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
    """The option that fills a section in, '' where the finding is about something else."""
    named = _QUOTED.search(finding.message)
    key = heading_key(named[1]) if named else ""
    title = next((title for title in (*SECTIONS, *EXPLORE) if heading_key(title) == key), "")
    return f"{_FLAGS[title]} '…'" if title in _FLAGS else ""


def _lack_of_criterion(number: int, text: str) -> Lack:
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    option = f"--criterion {number}='…'"
    how = f"--unmet {number}='…'"
    return Lack(f"does criterion {number} hold? {escape_hidden(short)}", how, option)
