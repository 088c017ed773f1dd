"""What stops a branch now, and what it will be asked for at the gates to come.

Belongs here: judging one case at the gate merge, and putting each finding to the first gate that it concerns.
Does not: the rules and their levels (see `rules`), or how far a branch is (see `attention.turn`).

A branch at work can be pushed at any moment, so that gate holds now. That it has no packet is no error yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agentledger.model.findings import Finding, Gate, Severity
from agentledger.rules import Rule, evaluate_rules, find_rule
from agentledger.rules.case import Case

_GATES = tuple(Gate)
# What is the same finding at two gates.
_Key = tuple[str, bytes | None, int | None, str]


def evaluate_due(case: Case, gate: Gate) -> tuple[Finding, ...]:
    """Return what merging would find of a case of the gate merge, each finding with the gate that it is due at.

    What stops the branch at `gate` is an error, what stops it only at a later one is `later`. A warning keeps its
    level, with the first gate that shows it.
    """
    at_merge = evaluate_rules(case)
    if gate is Gate.MERGE or not at_merge:
        return at_merge
    fired = [rule for rule in map(find_rule, dict.fromkeys(f.rule for f in at_merge)) if rule]
    ahead = _GATES[_GATES.index(gate) : -1]
    earlier = [evaluate_rules(replace(case, gate=each), fired) for each in ahead]
    now = earlier[0]
    known = {_key(finding) for finding in at_merge}
    # A rule may have other words at an earlier gate: what stops there is said, whatever merging would say.
    extra = tuple(f for f in now if f.severity is Severity.ERROR and _key(f) not in known)
    return (*extra, *(_put_to_gate(finding, gate, earlier, fired) for finding in at_merge))


def _put_to_gate(
    finding: Finding, now: Gate, earlier: Iterable[tuple[Finding, ...]], rules: Iterable[Rule]
) -> Finding:
    """Return the finding as it is at the first gate at which it is as bad as at the merge."""
    matches = (f for each in earlier for f in each if _key(f) == _key(finding))
    first = next((f for f in matches if f.severity is finding.severity), None)
    if first is not None and first.gate is now:
        return first
    due = first.gate if first else finding.gate
    if finding.severity is Severity.ERROR and finding.waived is None:
        return replace(finding, severity=Severity.LATER, blocks=False, gate=due)
    # What only views show belongs to no gate: it is true now.
    shown = any(rule.id == finding.rule and len(rule.levels) == 1 for rule in rules)
    return replace(finding, gate=now if shown else due)


def _key(finding: Finding) -> _Key:
    return finding.rule, finding.path, finding.line, finding.message
