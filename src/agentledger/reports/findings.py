"""Findings as JSON for other programs.

Belongs here: keys. Does not: words (see `told`), SARIF (see `sarif`), or finding anything.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from agentledger.findings import Finding, Report
from agentledger.reports import shapes_ledger
from agentledger.text import encode, path_text, printable


def document(report: Report) -> bytes:
    """The JSON document, UTF-8 with a newline at the end."""
    shape = shapes_ledger.Report(
        version=1,
        kind="report",
        gate=str(report.gate),
        blocked=report.blocked,
        findings=tuple(map(finding, report.findings)),
        notes=report.notes,
        unjudged=tuple(map(printable, report.unjudged)),
    )
    return msgspec.json.encode(shape) + b"\n"


def finding(found: Finding) -> shapes_ledger.Finding:
    """One finding as other programs read it."""
    return shapes_ledger.Finding(
        rule=found.rule,
        name=found.name,
        severity=str(found.severity),
        blocks=found.blocks,
        waived=found.waived,
        branch=path_text(encode(found.branch)) or None,
        task=None if found.task is None else path_text(encode(found.task)),
        path=None if found.path is None else path_text(found.path),
        path_base64=UNSET if found.path is None else shapes_ledger.exact(found.path),
        line=found.line,
        commit=found.commit,
        message=printable(found.message),
        hint=printable(found.hint),
    )
