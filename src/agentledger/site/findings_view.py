"""A branch's findings → the lists of them on its page, each with the file it is about.

Belongs here: their order and marks. Does not: the rules (see the package `rules`), or HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentledger.attention.shared_findings import group_shared
from agentledger.attention.turn import gate_now
from agentledger.attention.wanted import describe_wants
from agentledger.model.findings import Finding, Gate, Severity
from agentledger.model.fleet import Branch, Fleet
from agentledger.model.text import decode, format_count
from agentledger.site.labels import Mark

SHOWN = 200  # findings
# Conflicts with base and with other branches: sections of their own show them with their lines.
ABOUT_CONFLICTS = ("FLT002", "FLT004")


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
    """The findings of a branch: its own, what is due at a later gate, and how many the board has for several."""

    #: By which gate the branch is judged now, in a sentence.
    lead: str
    own: tuple[FindingView, ...]
    later: tuple[FindingView, ...]
    #: How many others have, too; they are on the board.
    shared: str
    #: What the gates to come will want, in a few words each.
    wants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedFinding:
    """A finding of several branches, and how many they are."""

    finding: FindingView
    count: str


def build_findings(branch: Branch, numbers: Mapping[str, int]) -> FindingsView | None:
    """A branch's findings, at most SHOWN, those that block it first; `numbers` are those of its changed files.

    A conflict that the page shows with its lines is not said once more.
    """
    findings = [f for f in branch.findings or () if f.rule not in ABOUT_CONFLICTS]
    if not findings:
        return None
    ordered = sorted(findings, key=lambda f: (f.waived is not None, _ORDER[f.severity]))[:SHOWN]
    groups: dict[str, list[FindingView]] = {"own": [], "later": [], "shared": []}
    for finding in ordered:
        groups[_group_of(finding)].append(_build_finding(finding, numbers))
    shared = len(groups["shared"])
    return FindingsView(
        lead=_LEADS[gate_now(branch)],
        own=tuple(groups["own"]),
        later=tuple(groups["later"]),
        shared=f"{format_count(shared, 'warning')} that other branches have, too" if shared else "",
        wants=tuple(f"{line[0].upper()}{line[1:]}." for line in describe_wants(findings)),
    )


def build_shared(fleet: Fleet) -> tuple[SharedFinding, ...]:
    """What is found on several branches of a fleet, each once, what most have first; what is due later left out."""
    due = (f for b in fleet.branches for f in b.findings or () if f.severity is not Severity.LATER)
    return tuple(
        SharedFinding(
            _build_finding(each.finding, {}), format_count(len(each.branches), "branch", "branches")
        )
        for each in group_shared(due)[:SHOWN]
        if each.finding.rule not in ABOUT_CONFLICTS
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


def _build_finding(finding: Finding, numbers: Mapping[str, int]) -> FindingView:
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
