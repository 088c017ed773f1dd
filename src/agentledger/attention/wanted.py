"""What branches at work will need at the gates to come, in a few words each.

Belongs here: naming what is due later, and counting it over a fleet. Does not: which findings are due later (see
`rules.due`), or the findings themselves, with their fixes (see `reports`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from agentledger.model.findings import Finding, Gate, Severity
from agentledger.model.fleet import Branch
from agentledger.model.text import escape_hidden, format_count

SHOWN = 8  # things that are named of one gate; a branch's page has all of them
_NAMES = {
    "PKT001": "a packet",
    "PKT006": "what has to change with its code",
    "BRF007": "its copy of the brief settled",
}
_CHECK = re.compile(r"^the check (\S+) has not run$")


def list_later(findings: Iterable[Finding], gate: Gate) -> tuple[Finding, ...]:
    """Return what a gate to come will want, in the order of the rules."""
    return tuple(f for f in findings if f.severity is Severity.LATER and f.gate is gate)


def describe_wants(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return for each gate to come what one branch will need there: `at ready it will also need: a packet`."""
    lines = []
    findings = tuple(findings)
    for gate in Gate:
        names = dict.fromkeys(map(name_want, list_later(findings, gate)))
        if names:
            lines.append(f"at {gate} it will also need: {_join_names(list(names))}")
    return tuple(lines)


def count_wants(findings: Iterable[Finding], gates: Iterable[Gate] = Gate) -> tuple[str, ...]:
    """Return the same for a fleet, a line for each gate, with how many branches need each thing."""
    lines = []
    findings = tuple(findings)
    for gate in gates:
        branches: dict[str, set[str]] = {}
        for finding in list_later(findings, gate):
            branches.setdefault(name_want(finding), set()).add(finding.branch)
        if branches:
            total = len(set().union(*branches.values()))
            ranked = sorted(branches.items(), key=lambda item: -len(item[1]))
            names = [name if len(who) == total else f"{name} ({len(who)})" for name, who in ranked]
            who_needs = format_count(total, "branch", "branches")
            lines.append(f"at {gate} {who_needs} will also need: {_join_names(names)}")
    return tuple(lines)


def count_branch_wants(branches: Iterable[Branch]) -> tuple[str, ...]:
    """Return the same for the branches of a board."""
    return count_wants(f for branch in branches for f in branch.findings or ())


def name_want(finding: Finding) -> str:
    """Return what is needed so that a rule finds nothing; where that has no short name, the rule's id and name."""
    if finding.rule in _NAMES:
        return _NAMES[finding.rule]
    check = _CHECK.match(finding.message) if finding.rule == "EVD001" else None
    return f"evidence for {escape_hidden(check[1])}" if check else f"{finding.rule} {finding.name}"


def _join_names(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
