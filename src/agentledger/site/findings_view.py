"""A branch's findings → the list of them on its page, each with the file it is about.

Belongs here: their order and marks. Does not: the rules (see the package `rules`), or HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import Branch
from agentledger.model.text import decode
from agentledger.site.file_view import Entry
from agentledger.site.labels import Mark

SHOWN = 200  # findings


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding, in words; "" where there is nothing to say."""

    mark: Mark
    #: The rule's id and name.
    rule: str
    name: str
    message: str
    hint: str
    path: str
    line: int | None
    #: The number of the file's diff on the page; None where there is none.
    file: int | None
    #: The first ten digits of the commit's id.
    commit: str
    #: The reason of its waiver.
    waived: str


def build_findings(branch: Branch, entries: Sequence[Entry]) -> tuple[FindingView, ...]:
    """A branch's findings, at most SHOWN, those that block it first; `entries` are its changed files."""
    numbers = {entry.path: entry.number for entry in entries}
    ordered = sorted(branch.findings or (), key=lambda f: (f.waived is not None, f.severity is Severity.WARN))
    return tuple(_build_finding(finding, numbers) for finding in ordered[:SHOWN])


def _build_finding(finding: Finding, numbers: dict[str, int]) -> FindingView:
    if finding.waived is not None:
        mark = Mark("rest", "Waived")
    else:
        mark = Mark("bad", "Stops it") if finding.severity is Severity.ERROR else Mark("warn", "To know")
    path = decode(finding.path) if finding.path is not None else ""
    commit = (finding.commit or "")[:10]
    return FindingView(
        mark=mark,
        rule=finding.rule,
        name=finding.name,
        message=finding.message,
        hint=finding.hint,
        path=path,
        line=finding.line,
        file=numbers.get(path),
        commit=commit,
        waived=finding.waived or "",
    )
