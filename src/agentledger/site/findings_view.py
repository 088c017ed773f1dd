"""A branch's findings → what its page says of them, and of which files.

Belongs here: their order and marks. Does not: finding anything (see `rules`), or HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.model.findings import Finding, Severity
from agentledger.model.fleet import Branch
from agentledger.model.text import decode
from agentledger.site.file_view import Entry
from agentledger.site.labels import Mark

SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding; `file` is the number of the diff it is about, None where there is none on the page."""

    mark: Mark
    rule: str
    name: str
    message: str
    hint: str
    path: str
    line: int | None
    file: int | None
    commit: str
    waived: str


def build_findings(branch: Branch, entries: Sequence[Entry]) -> tuple[FindingView, ...]:
    """All findings of a branch, those that would stop it first; `entries` are its changed files."""
    numbers = {entry.path: entry.number for entry in entries}
    ordered = sorted(branch.findings or (), key=lambda f: (f.waived is not None, f.severity is Severity.WARN))
    return tuple(_build_finding(finding, numbers) for finding in ordered[:SHOWN])


def _build_finding(found: Finding, numbers: dict[str, int]) -> FindingView:
    if found.waived is not None:
        mark = Mark("rest", "Waived")
    else:
        mark = Mark("bad", "Stops it") if found.severity is Severity.ERROR else Mark("warn", "To know")
    path = decode(found.path) if found.path is not None else ""
    commit = (found.commit or "")[:10]
    return FindingView(
        mark=mark,
        rule=found.rule,
        name=found.name,
        message=found.message,
        hint=found.hint,
        path=path,
        line=found.line,
        file=numbers.get(path),
        commit=commit,
        waived=found.waived or "",
    )
