"""Findings as JSON for other programs.

Belongs here: keys. Does not: words (see `findings_text`), SARIF (see `sarif`), or the rules (see the package
`rules`).
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from agentledger.model.findings import Finding, Judged, Report
from agentledger.model.text import encode, escape_hidden, format_path
from agentledger.reports import shapes_ledger


def encode_findings(report: Report) -> bytes:
    """The document that `agentledger schema report` describes, UTF-8 with a newline at the end."""
    shape = shapes_ledger.Report(
        version=1,
        kind="report",
        gate=str(report.gate),
        blocked=report.blocked,
        findings=tuple(map(shape_finding, report.findings)),
        notes=report.notes,
        unjudged=tuple(map(escape_hidden, report.unjudged)),
        fleet=tuple(_shape_judged(each, report) for each in report.fleet),
    )
    return msgspec.json.encode(shape) + b"\n"


def _shape_judged(judged: Judged, report: Report) -> shapes_ledger.Judged:
    blocked = any(finding.blocks for finding in report.findings if finding.branch == judged.branch)
    return shapes_ledger.Judged(
        branch=format_path(encode(judged.branch)), gate=str(judged.gate), blocked=blocked
    )


def shape_finding(finding: Finding) -> shapes_ledger.Finding:
    """One finding as a JSON object; texts as valid UTF-8, with the exact path in base64 where it is not."""
    return shapes_ledger.Finding(
        rule=finding.rule,
        name=finding.name,
        severity=str(finding.severity),
        blocks=finding.blocks,
        gate=str(finding.gate),
        shared=finding.shared,
        waived=finding.waived,
        branch=format_path(encode(finding.branch)) or None,
        task=None if finding.task is None else format_path(encode(finding.task)),
        path=None if finding.path is None else format_path(finding.path),
        path_base64=UNSET if finding.path is None else shapes_ledger.base64_unless_utf8(finding.path),
        line=finding.line,
        commit=finding.commit,
        message=escape_hidden(finding.message),
        hint=escape_hidden(finding.hint),
    )
