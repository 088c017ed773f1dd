"""Findings as SARIF 2.1.0, which code scanning services and editors read.

Belongs here: that one format (OASIS, "Static Analysis Results Interchange Format 2.1.0"). Does not: other
formats (see `findings` and `findings_text`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agentledger import __version__
from agentledger.model import ledger_paths
from agentledger.model.findings import Finding, Report, Severity
from agentledger.model.text import encode, escape_hidden
from agentledger.rules import RULES, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def encode_sarif(report: Report) -> str:
    """The SARIF log with one run, and a newline at the end."""
    rules = [rule for rule in RULES if any(finding.rule == rule.id for finding in report.findings)]
    remarks = (*report.notes, *report.unjudged)
    notes = [{"level": "warning", "message": {"text": escape_hidden(note)}} for note in remarks]
    run = {
        "tool": {
            "driver": {
                "name": "agentledger",
                "version": __version__,
                "rules": [_shape_rule(r) for r in rules],
            }
        },
        "automationDetails": {"id": f"agentledger/{report.gate}/"},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "columnKind": "unicodeCodePoints",
        "results": [_shape_result(finding, rules) for finding in report.findings],
    }
    return (
        json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)
        + "\n"
    )


def _shape_rule(rule: Rule) -> dict[str, Any]:
    summary, _, details = rule.documentation.partition("\n\n")
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": summary.replace("\n", " ")},
        "fullDescription": {"text": f"{summary}\n\n{details}".strip()},
        "help": {"text": details or summary},
        "defaultConfiguration": {"level": "error" if rule.severity is Severity.ERROR else "warning"},
    }


# What is due at a later gate is no warning of this one.
_LEVELS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.LATER: "note"}


def _shape_result(finding: Finding, rules: Sequence[Rule]) -> dict[str, Any]:
    message = f"{escape_hidden(finding.message)}. Next: {escape_hidden(finding.hint)}"
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": next(n for n, rule in enumerate(rules) if rule.id == finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [{"physicalLocation": _shape_location(finding)}],
        # If one result of a run has suppressions, all must have them (3.27.23); [] means "not suppressed".
        "suppressions": [],
        "properties": {
            "branch": escape_hidden(finding.branch),
            "task": None if finding.task is None else escape_hidden(finding.task),
            "commit": finding.commit,
            "blocks": finding.blocks,
            "gate": finding.gate,
        },
    }
    if finding.waived is not None:
        result["suppressions"] = [{"kind": "external", "justification": escape_hidden(finding.waived)}]
    return result


def _shape_location(finding: Finding) -> dict[str, Any]:
    """Where a finding is. Code scanning refuses a result without a file and a line.

    So a finding about a whole branch gets its brief as the place, one about a whole file its first line.
    """
    task = ledger_paths.brief_path(finding.task) if finding.task else ledger_paths.POLICY_FILE
    path = encode(task) if finding.path is None else finding.path
    return {"artifactLocation": {"uri": _path_to_uri(path)}, "region": {"startLine": finding.line or 1}}


_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def _path_to_uri(path: bytes) -> str:
    """The path as a relative reference (RFC 3986, 2.1): every byte that is not in _PLAIN becomes %XX."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in path)
