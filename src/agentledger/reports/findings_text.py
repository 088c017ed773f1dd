"""Findings as text for an agent or a person, and as annotations on a forge.

Belongs here: the words around findings. A hook prints them, so this module imports nothing slow. Does not:
the rules (see the package `rules`), or other formats (see `findings` for JSON, and `sarif`).

The reader may have nothing but this text, so it says what is wrong, where, and what to type next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentledger.model.findings import Finding, Report, Severity
from agentledger.model.text import escape_hidden, format_count, format_path

# The other way out besides undoing the changes; printed once, however many paths there are.
_ASK = (
    "or ask for a path: add it to `owns` in your brief.md, commit that alone, "
    "then agentledger report --need 'why'"
)


def render_findings(report: Report) -> str:
    """Every finding, those that block first, and at the end one line with the verdict."""
    lines = list(describe_findings(report.findings))
    lines += [f"note: {escape_hidden(note)}" for note in report.notes]
    lines += [f"not judged: {escape_hidden(lost)}" for lost in report.unjudged]
    return "\n".join([*lines, _describe_verdict(report)])


def describe_findings(findings: Sequence[Finding], *, named: bool = True) -> Iterator[str]:
    """Yield the lines of some findings, those that block first; `named` says of each which branch it is about."""
    ordered = sorted(findings, key=lambda f: (not f.blocks, f.severity is not Severity.ERROR))
    for finding in ordered:
        yield from describe_finding(finding, named=named)
    if any(f.rule == "OWN001" and f.blocks and f.severity is Severity.ERROR for f in ordered):
        yield _ASK


def describe_finding(finding: Finding, *, named: bool = True) -> Iterator[str]:
    """Yield the lines of one finding: the rule and the place, what is wrong, and what to type next."""
    word = "waived" if finding.waived else str(finding.severity)
    where = f" {escape_hidden(finding.path)}" if finding.path is not None else ""
    line = f":{finding.line}" if finding.line else ""
    branch = f" [{escape_hidden(finding.branch)}]" if finding.branch and named else ""
    due = f", at {finding.gate}" if finding.severity is Severity.LATER else ""
    yield f"{word} {finding.rule} {finding.name}{branch}{where}{line}{due}"
    commit = f" (commit {finding.commit[:12]})" if finding.commit else ""
    yield f"  {escape_hidden(finding.message)}{commit}"
    if finding.waived:
        yield f"  waived: {escape_hidden(finding.waived)}"
    else:
        yield f"  next: {escape_hidden(finding.hint)}"


def _describe_verdict(report: Report) -> str:
    stopping = [f for f in report.findings if f.blocks]
    others = len(report.findings) - len(stopping)
    more = f"; {others:,} more to know" if others else ""
    what = escape_hidden(report.what)
    if stopping:
        rules = sorted({f.rule for f in stopping})
        explain = f"; agentledger rule {rules[0]} explains" if rules else ""
        return f"{what}: stopped at {report.gate}, by {format_count(len(stopping), 'finding')}{more}{explain}"
    # Errors that do not block: the policy has `enforce = false`.
    errors = [f for f in report.findings if f.severity is Severity.ERROR and f.waived is None]
    if errors:
        return f"{what}: nothing is enforced here; {format_count(len(errors), 'finding')} would have stopped it{more}"
    lost = len(report.unjudged)
    unjudged = f"; {format_count(lost, 'branch', 'branches')} not judged" if lost else ""
    return f"{what}: nothing stops it at {report.gate}{more}{unjudged}"


# -- GitHub's annotations ---------------------------------------------------------------


def render_annotations(report: Report) -> str:
    """Workflow commands, one on each line, which GitHub Actions shows beside the files.

    Their form is in GitHub's documentation, "Workflow commands for GitHub Actions": `%`, CR and LF are
    escaped, in properties also `:` and `,`.
    """
    notes = [f"::notice title=agentledger::{_escape_value(escape_hidden(note))}" for note in report.notes]
    notes += [f"::error title=not judged::{_escape_value(escape_hidden(lost))}" for lost in report.unjudged]
    return "\n".join([*map(_render_annotation, report.findings), *notes])


def _render_annotation(finding: Finding) -> str:
    mild = finding.waived or finding.severity is Severity.LATER
    kind = "error" if finding.blocks else "notice" if mild else "warning"
    properties = {
        "file": format_path(finding.path) if finding.path is not None else "",
        "line": str(finding.line) if finding.line else "",
        "title": f"{finding.rule} {finding.name}"
        + (f" (at {finding.gate})" if finding.severity is Severity.LATER else ""),
    }
    pairs = ",".join(f"{key}={_escape_value(value, ':,')}" for key, value in properties.items() if value)
    message = f"{escape_hidden(finding.message)}\n{escape_hidden(finding.hint)}"
    return f"::{kind} {pairs}::{_escape_value(message)}"


def _escape_value(text: str, also: str = "") -> str:
    # `%` first, or the other escapes would be escaped again.
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    for char in also:
        text = text.replace(char, f"%{ord(char):02X}")
    return text
