"""A branch's findings → the lists of them on its page, each with the file it is about.

Belongs here: their order and marks. Does not: the rules (see the package `rules`), or HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.attention.turn import gate_now
from agentledger.attention.wanted import describe_wants
from agentledger.model.findings import Finding, Gate, Severity
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsView:
    """All findings of a branch: its own, what is due at a later gate, and what other branches have, too."""

    #: By which gate the branch is judged now, in a sentence.
    lead: str
    own: tuple[FindingView, ...]
    later: tuple[FindingView, ...]
    shared: tuple[FindingView, ...]
    #: What the gates to come will want, in a few words each.
    wants: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many there are in all."""
        return len(self.own) + len(self.later) + len(self.shared)


def build_findings(branch: Branch, entries: Sequence[Entry]) -> FindingsView | None:
    """A branch's findings, at most SHOWN, those that block it first; `entries` are its changed files."""
    numbers = {entry.path: entry.number for entry in entries}
    findings = branch.findings or ()
    if not findings:
        return None
    ordered = sorted(findings, key=lambda f: (f.waived is not None, _ORDER[f.severity]))[:SHOWN]
    groups: dict[str, list[FindingView]] = {"own": [], "later": [], "shared": []}
    for finding in ordered:
        groups[_group_of(finding)].append(_build_finding(finding, numbers))
    return FindingsView(
        lead=_LEADS[gate_now(branch)],
        own=tuple(groups["own"]),
        later=tuple(groups["later"]),
        shared=tuple(groups["shared"]),
        wants=tuple(f"{line[0].upper()}{line[1:]}." for line in describe_wants(findings)),
    )


_ORDER = {Severity.ERROR: 0, Severity.WARN: 1, Severity.LATER: 2}
_LEADS = {
    Gate.PUSH: "What the rules say of it while it is at work, as at a push.",
    Gate.MERGE: "What the rules say of it, as at the merge.",
}


def _group_of(finding: Finding) -> str:
    if finding.severity is Severity.LATER:
        return "later"
    return "shared" if finding.shared else "own"


def _build_finding(finding: Finding, numbers: dict[str, int]) -> FindingView:
    if finding.waived is not None:
        mark = Mark("rest", "Waived")
    elif finding.severity is Severity.LATER:
        mark = Mark("rest", f"At {finding.gate}")
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
