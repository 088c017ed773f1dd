"""Which findings several branches of a fleet have in common, so that each output says them once.

Belongs here: when two findings are the same but for the names in them, and grouping those. Does not: rules, or
the words around findings (see `reports.fleet_findings`).

What stops a branch now is never only said for the fleet: that branch has to do something.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agentledger.model.findings import Finding, Severity
from agentledger.model.text import decode, encode


@dataclass(frozen=True, slots=True)
class Shared:
    """A finding of several branches, with the words BRANCH and TASK where each has its own name."""

    finding: Finding
    #: The names of the branches, in the order in which they were judged.
    branches: tuple[str, ...]


def mark_shared(findings: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    """Return the findings of each branch of a fleet, by ref, with a mark on those that another branch has, too."""
    keys = {ref: [_without_names(finding) for finding in each] for ref, each in findings.items()}
    counts = Counter(key for each in keys.values() for key in set(each))
    return {
        ref: tuple(
            replace(finding, shared=True) if counts[key] > 1 and _can_be_shared(finding) else finding
            for finding, key in zip(each, keys[ref], strict=True)
        )
        for ref, each in findings.items()
    }


def group_shared(findings: Iterable[Finding]) -> tuple[Shared, ...]:
    """Return what is marked as shared, each once, with its branches; what most branches have comes first."""
    groups: dict[Finding, list[Finding]] = {}
    for finding in findings:
        if finding.shared:
            groups.setdefault(_without_names(finding), []).append(finding)
    shared = [
        Shared(_with_common_hint(key, each), tuple(dict.fromkeys(f.branch for f in each)))
        for key, each in groups.items()
    ]
    return tuple(sorted(shared, key=lambda s: (s.finding.severity is Severity.WARN, -len(s.branches))))


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _can_be_shared(finding: Finding) -> bool:
    return finding.severity is not Severity.ERROR and finding.waived is None


def _without_names(finding: Finding) -> Finding:
    """Return the finding with placeholders for times and for the names of its branch and task, without its place."""
    path = None if finding.path is None else encode(_replace_names(decode(finding.path), finding))
    return replace(
        finding,
        # Each branch has its own moment at which a check-in was due, and for the fleet that is one thing to say.
        message=_TIME.sub("…", _replace_names(finding.message, finding)),
        hint="",
        branch="",
        task=None,
        path=path,
        line=None,
        commit=None,
        shared=False,
    )


def _with_common_hint(key: Finding, findings: list[Finding]) -> Finding:
    """Return the finding with the hint that all have, names aside, else the first one's; with a time if it is one."""
    hints = {_replace_names(finding.hint, finding) for finding in findings}
    messages = {_replace_names(finding.message, finding) for finding in findings}
    return replace(
        key,
        hint=hints.pop() if len(hints) == 1 else findings[0].hint,
        message=messages.pop() if len(messages) == 1 else key.message,
    )


# Where a message of ours has a task's id: in a path, or as the argument of a command. An id may be any word, as `a`.
_BEFORE_ID = r"(/|\bagentledger (?:[a-z]+ ){1,2})"


def _replace_names(text: str, finding: Finding) -> str:
    """Return the text with placeholders for the branch and the task, where it has their whole names."""
    # Each branch has a head of its own, which a command for all of them cannot name.
    if "--head " in text:
        text = re.sub(r"--head [0-9a-f]{7,64}\b", "--head HEAD", text)
    # Most texts have neither: a pattern for each branch would cost more than all rules.
    if finding.branch and finding.branch in text:
        text = re.sub(rf"(?<![\w.-]){re.escape(finding.branch)}(?![\w-])", "BRANCH", text)
    if finding.task and finding.task in text:
        text = re.sub(rf"{_BEFORE_ID}{re.escape(finding.task)}(?![\w-])", r"\1TASK", text)
    return text
