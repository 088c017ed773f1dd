"""Each rule by two cases at least: one in which it speaks, and one, much alike, in which it is silent."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from advicecases import file_of
from agentledger.model.findings import Gate, Severity
from agentledger.model.ledger import Waiver
from agentledger.model.policy import Policy
from agentledger.rules import RULES, Rule, evaluate_rules, find_rule
from agentledger.rules.case import Case, PacketFiles
from rule_rows import ROWS
from rulecases import BODY, COMMIT, MERGE, NOW, PUSH, SPAWN, brief, case, ready, touched, waiver

TABLE = {row.rule: (row.fires, row.silent) for row in ROWS}
FIRING = [(rule, index) for rule, (speaks, _) in TABLE.items() for index in range(len(speaks))]
SILENT = [(rule, index) for rule, (_, silent) in TABLE.items() for index in range(len(silent))]


def test_every_rule_has_one_row_with_cases_and_a_situation() -> None:
    """The message says what to edit: the one table of the tests that a new rule needs."""
    rows = [row.rule for row in ROWS]
    missing = [f"add a RuleRow for {rule.id} to {file_of(rule.id)}" for rule in RULES if rule.id not in rows]
    assert missing == []
    unknown = [f"{row.rule} in {file_of(row.rule)} is no rule" for row in ROWS if row.rule not in _IDS]
    assert unknown == []
    assert len(set(rows)) == len(rows)
    empty = [
        f"{file_of(row.rule)}: {row.rule} has nothing under {part}"
        for row in ROWS
        for part in ("fires", "silent", "situations")
        if not getattr(row, part)
    ]
    assert empty == []


_IDS = {rule.id for rule in RULES}


def fired_rules(given: Case) -> set[str]:
    return {finding.rule for finding in evaluate_rules(given)}


@pytest.mark.parametrize(("rule", "index"), FIRING)
def test_it_speaks(rule: str, index: int) -> None:
    findings = [f for f in evaluate_rules(TABLE[rule][0][index]) if f.rule == rule]
    assert findings
    for finding in findings:
        assert finding.message
        assert finding.hint
        assert "\n" not in finding.message + finding.hint


@pytest.mark.parametrize(("rule", "index"), SILENT)
def test_it_is_silent(rule: str, index: int) -> None:
    assert rule not in fired_rules(TABLE[rule][1][index])


def test_every_rule_stands_in_the_table_and_tells_why_and_how_to_mend() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert re.fullmatch("[A-Z]{3}[0-9]{3}", rule.id)
        assert re.search(r"(?m)^Why: ", rule.documentation), rule.id
        assert re.search(r"(?m)^Fix: ", rule.documentation), rule.id
        assert len(rule.levels) in (1, 5)
        assert find_rule(rule.id.lower()) is find_rule(rule.name.upper()) is rule
        assert all(find_rule(required) for required in rule.requires)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_it_runs_at_its_gates_alone(rule: Rule) -> None:
    for given in TABLE.get(rule.id, ((), ()))[0]:
        for gate in Gate:
            findings = [f for f in evaluate_rules(replace(given, gate=gate)) if f.rule == rule.id]
            if rule.level(gate) == "·":
                assert not findings
            for finding in findings:
                assert (finding.severity is Severity.ERROR) <= (rule.level(gate) == "E")


# -- what policy and waivers make of it --------------------------------------------------


def only(given: Case, rule: str = "OWN001") -> tuple[Severity, bool, str | None]:
    (finding,) = [f for f in evaluate_rules(given) if f.rule == rule]
    return finding.severity, finding.blocks, finding.waived


OUT = case(COMMIT, changed=touched("docs/a.md"))


def test_an_error_stops_and_a_warning_does_not() -> None:
    assert only(OUT) == (Severity.ERROR, True, None)
    assert only(case(COMMIT, brief(mode="whatever")), "BRF002")[:2] == (Severity.WARN, False)


def test_policy_turns_a_rule_off_down_and_up() -> None:
    assert only(replace(OUT, policy=Policy(rules={"outside-scope": "warn"})))[:2] == (Severity.WARN, False)
    assert "OWN001" not in fired_rules(replace(OUT, policy=Policy(rules={"OWN001": "off"})))
    strict = ready(added=900, policy=Policy(rules={"PKT007": "error"}))
    assert only(strict, "PKT007")[:2] == (Severity.ERROR, True)


def test_without_enforcement_nothing_stops_and_all_is_told() -> None:
    assert only(replace(OUT, policy=Policy(enforce=False))) == (Severity.ERROR, False, None)


@pytest.mark.parametrize(
    ("given", "waived"),
    [
        (waiver("OWN001"), True),
        (waiver("outside-scope", "docs/**"), True),
        (waiver("OWN001", "docs/**"), True),
        (waiver("OWN002 OWN001", "docs/a.md"), True),
        (waiver("OWN001", "lib/**"), False),
        (waiver("OWN002"), False),
        (waiver("OWN001", until=NOW - 1), False),
    ],
)
def test_a_waived_finding_is_shown_and_stops_nobody(given: Waiver, waived: bool) -> None:
    severity, blocks, why = only(case(COMMIT, changed=touched("docs/a.md"), task={"waivers": (given,)}))
    assert (severity, blocks, why) == (Severity.ERROR, not waived, "why" if waived else None)


@pytest.mark.parametrize("path", [".agentledger/config.toml", ".AgentLedger/tasks/y/brief.md"])
def test_no_waiver_opens_agentledgers_own_files(path: str) -> None:
    anything = (waiver("OWN001 OWN002 OWN003 OWN005 OWN006", "**"),)
    findings = evaluate_rules(case(COMMIT, changed=touched(path), task={"waivers": anything}))
    assert [f.rule for f in findings if f.blocks and f.rule != "OWN006"]


def test_all_that_a_small_task_leaves_out_is_one_warning() -> None:
    body = BODY
    for section in ("## Constraints\nNone of note.\n", "## Verification plan\nmake test\n"):
        body = body.replace(section, "")
    (finding,) = [f for f in evaluate_rules(case(SPAWN, brief(body))) if f.rule == "BRF003"]
    assert (finding.severity, finding.blocks) == (Severity.WARN, False)
    assert finding.message.startswith("sections left out: Constraints, Verification plan")


def test_a_task_that_depends_on_itself_is_a_circle_of_one() -> None:
    given = case(SPAWN, brief(depends_on=["x"]), dependencies={"x": ("x",)})
    (found,) = [f for f in evaluate_rules(given) if f.rule == "FLT003"]
    assert found.message == "tasks depend on each other in a circle: x → x"


def test_what_only_merging_brings_is_the_managers_to_settle() -> None:
    moved = touched("moved", own=False)
    assert only(case(PUSH, changed=moved))[:2] == (Severity.WARN, False)
    assert only(case(MERGE, changed=moved))[:2] == (Severity.ERROR, True)


def test_what_was_put_back_stops_only_where_pull_requests_land_by_rebase() -> None:
    back = touched("docs/a.md", net=False)
    assert only(case(PUSH, changed=back), "OWN007")[:2] == (Severity.WARN, False)
    rebased = case(PUSH, changed=back, policy=Policy(landing="rebase"))
    assert only(rebased, "OWN007")[:2] == (Severity.ERROR, True)


@pytest.mark.parametrize("rule", ["BRF001", "BRF011"])
def test_a_brief_is_demanded_only_where_policy_demands_one(rule: str) -> None:
    given = TABLE[rule][0][0]
    assert only(given, rule)[1] is False
    assert only(replace(given, policy=Policy(require_briefs=True)), rule)[1] is True


def test_a_failure_that_base_shares_is_only_told() -> None:
    given = TABLE["EVD003"][0][1]
    assert only(given, "EVD003")[:2] == (Severity.WARN, False)


def test_a_missing_packet_is_not_told_twice() -> None:
    given = ready(work={}, packet_files=PacketFiles(frozenset({b"a"})))
    assert {"PKT001"} == {rule for rule in fired_rules(given) if rule.startswith("PKT")}
