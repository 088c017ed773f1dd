"""The rules that every branch is checked against, in one table that says at which gate each one stops.

Belongs here: that table, and evaluating it. Does not: a rule itself (see its family's module), gathering what
rules look at (see `fleet.case_builder`), or the text around findings (see `reports`).

A rule is a pure function of one branch at one gate. It yields what it found; id, name and severity are added
here. Its docstring is its documentation, from which docs/rules.md is written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass

from agentledger.model.findings import Finding, Gate, Severity
from agentledger.model.ledger import Waiver
from agentledger.model.ledger_paths import LEDGER
from agentledger.model.paths import fold_name
from agentledger.model.text import encode
from agentledger.rules import (
    brief,
    check_worth,
    copied_commits,
    evidence,
    fleet,
    integrity,
    ownership,
    packet,
    review,
    status,
)
from agentledger.rules.case import Case, Found
from agentledger.scope.task_scope import first_match

_GATES = tuple(Gate)


def applies_always(_case: Case) -> bool:
    """Return True: the rule applies to every case."""
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its id, its level at each gate, and the function that checks it."""

    id: str
    name: str
    #: One letter a gate, in the order spawn, commit, push, ready, merge: E blocks, w warns, · is not run.
    #: A lone `w` is a warning that only the board, the site and `check --fleet` show.
    levels: str
    check: Callable[[Case], Iterable[Found]]
    _: KW_ONLY
    #: The rule is skipped where this is False.
    applies: Callable[[Case], bool] = applies_always
    #: Ids of rules that must have found nothing, or this one would repeat them.
    requires: tuple[str, ...] = ()

    def level(self, gate: Gate) -> str:
        """Return the rule's level at a gate: E, w or ·."""
        if len(self.levels) == 1:
            return self.levels if gate is Gate.MERGE else "·"
        return self.levels[_GATES.index(gate)]

    @property
    def severity(self) -> Severity:
        """Return the severity of its findings at the merge gate, where no gate makes them milder."""
        return Severity.ERROR if "E" in self.levels else Severity.WARN

    @property
    def documentation(self) -> str:
        """Return its text: what it finds, why that matters, and how to fix it."""
        return inspect.cleandoc(self.check.__doc__ or "")


RULES: tuple[Rule, ...] = (
    Rule("BRF001", "brief-missing", "··wEE", brief.brief_missing),
    Rule("BRF002", "brief-invalid", "EwwwE", brief.brief_invalid, applies=brief.has_brief),
    Rule("BRF003", "brief-incomplete", "E···E", brief.brief_incomplete, applies=brief.has_brief),
    Rule("BRF005", "brief-broad", "w····", brief.brief_broad, applies=brief.has_brief),
    Rule("BRF006", "brief-follow-missing", "E····", brief.brief_follow_missing, applies=brief.has_brief),
    Rule("BRF007", "brief-changed", "·wwEE", brief.brief_changed, applies=brief.has_brief),
    Rule("BRF008", "brief-underdelegated", "E···E", brief.brief_underdelegated, applies=brief.has_brief),
    Rule("BRF009", "brief-several", "E·EEE", brief.brief_several),
    Rule("BRF010", "brief-seam", "E···E", brief.brief_seam, applies=brief.has_brief),
    Rule("BRF011", "brief-unproven", "····E", brief.brief_unproven, applies=brief.has_brief),
    Rule("BRF012", "explore-merges", "····E", brief.explore_merges, applies=brief.has_brief),
    Rule("BRF013", "scope-empty", "E···E", brief.scope_empty, applies=brief.has_brief),
    Rule("OWN001", "outside-scope", "·EEEE", ownership.outside_scope, applies=ownership.has_scope),
    Rule("OWN002", "off-limits", "·EEEE", ownership.off_limits, applies=ownership.has_scope),
    Rule("OWN003", "protected-path", "·EEEE", ownership.protected_path, applies=ownership.has_scope),
    Rule("OWN004", "scope-overlap", "E·wwE", fleet.scope_overlap, applies=ownership.has_scope),
    Rule("OWN005", "link-escape", "·EEEE", ownership.link_escape, applies=ownership.has_scope),
    Rule("OWN006", "unsafe-path", "·EEEE", ownership.unsafe_path, applies=ownership.has_scope),
    Rule(
        "OWN007",
        "history-outside-scope",
        "··EEE",
        ownership.history_outside_scope,
        applies=ownership.has_scope,
    ),
    Rule(
        "OWN008",
        "foreign-branch-merged",
        "··EEE",
        ownership.foreign_branch_merged,
        applies=ownership.has_scope,
    ),
    Rule("OWN009", "hidden-unicode", "·wEEE", ownership.hidden_unicode, applies=ownership.has_scope),
    Rule("OWN010", "foreign-ref", "··E··", ownership.foreign_ref, applies=ownership.has_scope),
    Rule("STA001", "status-invalid", "·EEEw", status.status_invalid, applies=status.has_work),
    Rule("STA002", "status-overdue", "w", status.status_overdue, applies=status.has_work),
    Rule("STA003", "status-missing", "w", status.status_missing, applies=status.has_work),
    Rule("STA004", "need-unanswered", "w", status.need_unanswered, applies=status.has_work),
    Rule("STA005", "status-edited", "·EEEw", status.status_edited, applies=status.has_work),
    Rule("STA006", "no-progress", "w", status.no_progress, applies=status.has_work),
    Rule("STA007", "checkpoint-open", "·EEEE", status.checkpoint_open, applies=status.has_work),
    Rule("STA008", "clock-ahead", "··www", status.clock_ahead, applies=status.has_work),
    Rule("PKT001", "packet-missing", "···EE", packet.packet_missing, applies=packet.is_handed_over),
    Rule("PKT002", "packet-incomplete", "···EE", packet.packet_incomplete, applies=packet.has_packet),
    Rule(
        "PKT003",
        "packet-files-wrong",
        "···EE",
        packet.packet_files_wrong,
        applies=packet.is_code_handed_over,
        requires=("PKT001",),
    ),
    Rule("PKT004", "packet-stale", "···EE", packet.packet_stale, applies=packet.has_packet),
    Rule(
        "PKT005",
        "packet-criterion-unaddressed",
        "···EE",
        packet.criterion_unaddressed,
        applies=packet.is_code_handed_over,
        requires=("PKT001",),
    ),
    Rule(
        "PKT006", "companion-missing", "···EE", packet.companion_missing, applies=packet.is_code_handed_over
    ),
    Rule("PKT007", "change-large", "···ww", packet.change_large, applies=packet.is_handed_over),
    Rule(
        "EVD001", "evidence-missing", "···EE", evidence.evidence_missing, applies=packet.is_code_handed_over
    ),
    Rule("EVD002", "evidence-stale", "···EE", evidence.evidence_stale, applies=packet.is_code_handed_over),
    Rule(
        "EVD003", "evidence-failing", "···EE", evidence.evidence_failing, applies=packet.is_code_handed_over
    ),
    Rule(
        "EVD004",
        "evidence-contradicted",
        "····E",
        evidence.evidence_contradicted,
        applies=packet.is_code_handed_over,
    ),
    Rule(
        "EVD005",
        "check-shows-nothing",
        "w···w",
        check_worth.check_shows_nothing,
        applies=check_worth.has_checks_to_judge,
    ),
    Rule(
        "TST001",
        "demands-removed",
        "···ww",
        integrity.demands_removed,
        applies=packet.is_code_handed_over,
    ),
    Rule(
        "TST002",
        "change-untested",
        "···ww",
        integrity.change_untested,
        applies=packet.is_code_handed_over,
    ),
    Rule("REV001", "review-missing", "····E", review.review_missing, applies=review.needs_review),
    Rule("REV002", "review-stale", "····E", review.review_stale, applies=review.needs_review),
    Rule("REV003", "review-own", "····E", review.review_own, applies=review.needs_review),
    Rule("REV004", "review-open", "····E", review.review_open, applies=review.needs_review),
    Rule("FLT001", "wip-exceeded", "E····", fleet.wip_exceeded, applies=brief.has_brief),
    Rule("FLT002", "conflict-predicted", "····w", fleet.conflict_predicted, applies=fleet.has_collisions),
    Rule("FLT003", "dependency-unmerged", "E···E", fleet.dependency_unmerged, applies=brief.has_brief),
    Rule("FLT004", "conflicts-with-base", "··wwE", fleet.conflicts_with_base),
    Rule("FLT005", "gate-passed-by", "w", fleet.gate_passed_by, applies=ownership.has_scope),
    Rule("FLT006", "copied-commit", "w", copied_commits.copied_commit, applies=copied_commits.has_copies),
    Rule("FLT007", "gate-off", "w", fleet.gate_off, applies=fleet.is_hooked_off),
    Rule("KIL001", "kill-criterion-met", "w", fleet.kill_criterion_met, applies=brief.has_brief),
)
# The rules that say which paths a task may change. No waiver of these opens agentledger's own files.
_BOUNDARIES = frozenset(("OWN001", "OWN002", "OWN003", "OWN005"))
_BY_NAME = {name: rule for rule in RULES for name in (rule.id, rule.name)}


def find_rule(name: str) -> Rule | None:
    """Return the rule of this id or name, in upper or lower case; None where there is none."""
    return _BY_NAME.get(name.upper()) or _BY_NAME.get(name.lower())


def evaluate_rules(case: Case, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Return what the rules of the case's gate find, in the table's order; waived findings are marked."""
    all_findings: list[Finding] = []
    fired: set[str] = set()
    for rule in rules:
        level = _level_by_policy(rule, case)
        if level == "·" or not rule.applies(case) or fired.intersection(rule.requires):
            continue
        findings = [_make_finding(rule, level, each, case) for each in rule.check(case)]
        fired |= {rule.id} if findings else set()
        all_findings += findings
    return tuple(all_findings)


def _level_by_policy(rule: Rule, case: Case) -> str:
    """Return the rule's level at this gate, as policy may have changed it: off, a warning, or an error."""
    level = rule.level(case.gate)
    policy_level = case.policy.rules.get(rule.id) or case.policy.rules.get(rule.name)
    # Policy cannot make a rule run at a gate for which the table has ·.
    if level == "·" or policy_level is None:
        return level
    return {"off": "·", "warn": "w", "error": "E"}.get(policy_level, level)


def _make_finding(rule: Rule, level: str, violation: Found, case: Case) -> Finding:
    severity = Severity.ERROR if level == "E" and not violation.milder else Severity.WARN
    path = encode(violation.path) if isinstance(violation.path, str) else violation.path
    waived = _waiver_reason(rule, path, case)
    stops = severity is Severity.ERROR and waived is None and case.policy.enforce
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=severity,
        blocks=stops,
        message=violation.message,
        hint=violation.hint,
        branch=case.branch,
        task=case.task.id if case.task else None,
        path=path,
        line=violation.line,
        commit=violation.commit,
        waived=waived,
        on_base=violation.on_base,
        gate=case.gate,
    )


def _waiver_reason(rule: Rule, path: bytes | None, case: Case) -> str | None:
    """Return the reason of the waiver that covers a finding; a waiver without paths covers all of a rule's.

    None where no waiver does. agentledger's own files are never opened by one: with them an agent could
    decide about itself.
    """
    if rule.id in _BOUNDARIES and path is not None and fold_name(path).startswith(LEDGER):
        return None
    for waiver in case.task.waivers if case.task else ():
        if (
            {rule.id, rule.name} & set(waiver.rules)
            and case.now <= waiver.until
            and _covers_path(waiver, path)
        ):
            return waiver.text.strip() or "no reason given"
    return None


def _covers_path(waiver: Waiver, path: bytes | None) -> bool:
    return not waiver.paths or (path is not None and first_match(map(encode, waiver.paths), path) is not None)
