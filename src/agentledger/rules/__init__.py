"""The rules: pure functions of one branch at one gate. What stops, and where, is in one table.

Belongs here: that table, and running it. Does not: a rule itself (see the family's module), gathering what
rules look at (see `check`), or words around findings (see `reports`).

A rule yields what it found; id, name and severity are put on here. Its docstring is its documentation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from agentledger.findings import Finding, Gate, Severity
from agentledger.ledger import Waiver
from agentledger.paths import folded
from agentledger.scope import first
from agentledger.text import encode

from . import brief, fleet, ownership, packet, review, status, vague
from .case import Case, Found

_GATES = (Gate.SPAWN, Gate.COMMIT, Gate.PUSH, Gate.READY, Gate.MERGE)


def always(_case: Case) -> bool:
    """Applies to everything."""
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and its level at each gate, in the order spawn, commit, push, ready, merge.

    E stops, w is told, · is not run; a lone `w` is told by what shows everything, and stops nothing.
    `requires` are rules that must have found nothing, or this one would repeat them. One that is `off` runs
    only where policy asks for it, since it is wrong too often to be told to everybody.
    """

    id: str
    name: str
    levels: str
    check: Callable[[Case], Iterable[Found]]
    applies: Callable[[Case], bool] = always
    requires: tuple[str, ...] = ()
    off: bool = False

    def level(self, gate: Gate) -> str:
        """E, w or · at a gate."""
        if len(self.levels) == 1:
            return self.levels if gate is Gate.MERGE else "·"
        return self.levels[_GATES.index(gate)]

    @property
    def severity(self) -> Severity:
        """What its findings are at the merge gate, where nothing is milder."""
        return Severity.ERROR if "E" in self.levels else Severity.WARN

    @property
    def documentation(self) -> str:
        """What it finds, why that matters, and how to mend it."""
        return inspect.cleandoc(self.check.__doc__ or "")


RULES: tuple[Rule, ...] = (
    Rule("BRF001", "brief-missing", "··wEE", brief.missing),
    Rule("BRF002", "brief-invalid", "EwwwE", brief.invalid, brief.briefed),
    Rule("BRF003", "brief-incomplete", "E···E", brief.incomplete, brief.briefed),
    Rule("BRF004", "brief-vague", "w····", vague.brief_vague, brief.briefed, off=True),
    Rule("BRF005", "brief-broad", "w····", brief.broad, brief.briefed),
    Rule("BRF006", "brief-follow-missing", "E····", brief.follow_missing, brief.briefed),
    Rule("BRF007", "brief-changed", "·wwwE", brief.changed, brief.briefed),
    Rule("BRF008", "brief-underdelegated", "E···E", brief.underdelegated, brief.briefed),
    Rule("BRF009", "brief-several", "E·EEE", brief.several),
    Rule("BRF010", "brief-seam", "E···E", brief.seam, brief.briefed),
    Rule("BRF011", "brief-unproven", "····E", brief.unproven, brief.briefed),
    Rule("BRF012", "explore-merges", "····E", brief.explore_merges, brief.briefed),
    Rule("OWN001", "outside-scope", "·EEEE", ownership.outside_scope, ownership.gated),
    Rule("OWN002", "off-limits", "·EEEE", ownership.off_limits, ownership.gated),
    Rule("OWN003", "protected-path", "·EEEE", ownership.protected_path, ownership.gated),
    Rule("OWN004", "scope-overlap", "E·wwE", fleet.scope_overlap, ownership.gated),
    Rule("OWN005", "link-escape", "·EEEE", ownership.link_escape, ownership.gated),
    Rule("OWN006", "unsafe-path", "·EEEE", ownership.unsafe_path, ownership.gated),
    Rule("OWN007", "history-outside-scope", "··EEE", ownership.history_outside_scope, ownership.gated),
    Rule("OWN008", "foreign-branch-merged", "··EEE", ownership.foreign_branch_merged, ownership.gated),
    Rule("OWN009", "hidden-unicode", "·wEEE", ownership.hidden_unicode, ownership.gated),
    Rule("OWN010", "foreign-ref", "··E··", ownership.foreign_ref, ownership.gated),
    Rule("STA001", "status-invalid", "·EEEw", status.invalid, status.reports),
    Rule("STA002", "status-overdue", "w", status.overdue, status.reports),
    Rule("STA003", "status-missing", "w", status.missing, status.reports),
    Rule("STA004", "need-unanswered", "w", status.need_unanswered, status.reports),
    Rule("STA005", "status-edited", "·EEEw", status.edited, status.reports),
    Rule("STA006", "no-progress", "w", status.no_progress, status.reports),
    Rule("STA007", "checkpoint-open", "·EEEE", status.checkpoint_open, status.reports),
    Rule("PKT001", "packet-missing", "···EE", packet.missing, packet.handed_over),
    Rule("PKT002", "packet-incomplete", "···EE", packet.incomplete, packet.has_packet),
    Rule("PKT003", "packet-files-wrong", "···EE", packet.files_wrong, packet.builds, ("PKT001", "PKT002")),
    Rule("PKT004", "packet-stale", "···EE", packet.stale, packet.has_packet),
    Rule(
        "PKT005",
        "packet-criterion-unaddressed",
        "···EE",
        packet.criterion_unaddressed,
        packet.builds,
        ("PKT001",),
    ),
    Rule("PKT006", "companion-missing", "···EE", packet.companion_missing, packet.builds),
    Rule("PKT007", "change-large", "···ww", packet.large, packet.handed_over),
    Rule("EVD001", "evidence-missing", "···EE", packet.evidence_missing, packet.builds),
    Rule("EVD002", "evidence-stale", "···EE", packet.evidence_stale, packet.builds),
    Rule("EVD003", "evidence-failing", "···EE", packet.evidence_failing, packet.builds),
    Rule("EVD004", "evidence-contradicted", "····E", packet.evidence_contradicted, packet.builds),
    Rule("REV001", "review-missing", "····E", review.missing, review.reviewed),
    Rule("REV002", "review-stale", "····E", review.stale, review.reviewed),
    Rule("REV003", "review-own", "····E", review.own, review.reviewed),
    Rule("REV004", "review-open", "····E", review.still_open, review.reviewed),
    Rule("FLT001", "wip-exceeded", "E····", fleet.wip_exceeded, brief.briefed),
    Rule("FLT003", "dependency-unmerged", "E···E", fleet.dependency_unmerged, brief.briefed),
    Rule("FLT004", "conflicts-with-base", "··wwE", fleet.conflicts_with_base),
    Rule("FLT005", "gate-passed-by", "w", fleet.gate_passed_by, ownership.gated),
    Rule("KIL001", "kill-criterion-met", "w", fleet.kill_criterion_met, brief.briefed),
)
# By which a path is not the task's to change.
_BOUNDARIES = frozenset(("OWN001", "OWN002", "OWN003", "OWN005"))
_BY_NAME = {name: rule for rule in RULES for name in (rule.id, rule.name)}


def find(name: str) -> Rule | None:
    """The rule of this id or name, in any case."""
    return _BY_NAME.get(name.upper()) or _BY_NAME.get(name.lower())


def evaluate(case: Case, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """What all the rules of the case's gate find, in the table's order; waived ones too, marked."""
    found: list[Finding] = []
    fired: set[str] = set()
    for rule in rules:
        level = _level(rule, case)
        if level == "·" or not rule.applies(case) or fired.intersection(rule.requires):
            continue
        findings = [_finding(rule, level, each, case) for each in rule.check(case)]
        fired |= {rule.id} if findings else set()
        found += findings
    return tuple(found)


def _level(rule: Rule, case: Case) -> str:
    """The level at this gate, as policy has changed it: off, a warning, or an error where it runs at all."""
    level = rule.level(case.gate)
    wanted = case.policy.rules.get(rule.id) or case.policy.rules.get(rule.name)
    if level == "·" or wanted is None:
        return "·" if rule.off else level
    return {"off": "·", "warn": "w", "error": "E"}.get(wanted, level)


def _finding(rule: Rule, level: str, found: Found, case: Case) -> Finding:
    severity = Severity.ERROR if level == "E" and not found.milder else Severity.WARN
    path = encode(found.path) if isinstance(found.path, str) else found.path
    waived = _waived(rule, path, case)
    stops = severity is Severity.ERROR and waived is None and case.policy.enforce
    return Finding(
        *(rule.id, rule.name, severity, stops, found.message, found.hint, case.branch),
        *(case.task.id if case.task else None, path, found.line, found.commit, waived),
    )


def _waived(rule: Rule, path: bytes | None, case: Case) -> str | None:
    """The reason of the waiver that covers a finding; one without paths covers all of the rule's.

    agentledger's own files are never opened by one: what an agent could write there decides about itself.
    """
    if rule.id in _BOUNDARIES and path is not None and folded(path).startswith(".agentledger/"):
        return None
    for waiver in case.task.waivers if case.task else ():
        if {rule.id, rule.name} & set(waiver.rules) and case.now <= waiver.until and _covers(waiver, path):
            return waiver.text.strip() or "no reason given"
    return None


def _covers(waiver: Waiver, path: bytes | None) -> bool:
    return not waiver.paths or (path is not None and first(map(encode, waiver.paths), path) is not None)


def stops(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those that stop whoever is at the gate."""
    return (finding for finding in findings if finding.blocks)
