"""Findings as SARIF 2.1.0, which code scanning services and editors read.

Belongs here: that one format (OASIS, "Static Analysis Results Interchange Format 2.1.0"). Does not:
deciding anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agentledger import __version__
from agentledger.findings import Finding, Report, Severity
from agentledger.rules import RULES, Rule
from agentledger.text import printable

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def document(report: Report) -> str:
    """The SARIF log, one run, with a newline at the end."""
    rules = [rule for rule in RULES if any(found.rule == rule.id for found in report.findings)]
    run = {
        "tool": {
            "driver": {"name": "agentledger", "version": __version__, "rules": [_rule(r) for r in rules]}
        },
        "automationDetails": {"id": f"agentledger/{report.gate}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, rules) for found in report.findings],
    }
    return (
        json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)
        + "\n"
    )


def _rule(rule: Rule) -> dict[str, Any]:
    first, _, rest = rule.documentation.partition("\n\n")
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": first.replace("\n", " ")},
        "fullDescription": {"text": f"{first}\n\n{rest}".strip()},
        "help": {"text": rest or first},
        "defaultConfiguration": {"level": "error" if rule.severity is Severity.ERROR else "warning"},
    }


def _result(found: Finding, rules: Sequence[Rule]) -> dict[str, Any]:
    message = f"{printable(found.message)}. Next: {printable(found.hint)}"
    result: dict[str, Any] = {
        "ruleId": found.rule,
        "ruleIndex": next(n for n, rule in enumerate(rules) if rule.id == found.rule),
        "level": "error" if found.severity is Severity.ERROR else "warning",
        "message": {"text": message},
        "properties": {"branch": printable(found.branch), "task": found.task, "blocks": found.blocks},
    }
    if found.path is not None:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(found.path)}}
        if found.line:
            place["region"] = {"startLine": found.line}
        result["locations"] = [{"physicalLocation": place}]
    if found.waived is not None:
        result["suppressions"] = [{"kind": "external", "justification": printable(found.waived)}]
    return result


_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def _uri(path: bytes) -> str:
    """A path as a relative reference (RFC 3986, 2.1): every other byte as %XX."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in path)
