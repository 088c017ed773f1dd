"""What a branch did to its tests, in sentences.

Belongs here: the words about counted lines and about crossings, once for every output. Does not: counting or
running (see `changes.static_facts` and `workflow.verify`).
"""

from __future__ import annotations

from agentledger.model.fleet import Branch
from agentledger.model.integrity import StaticFacts
from agentledger.model.text import escape_hidden, format_count


def describe_integrity(branch: Branch) -> tuple[str, ...]:
    """Return what is known of a branch's tests, the weightiest first; () where nothing was looked at."""
    facts = _describe_facts(branch.static_facts) if branch.static_facts else ()
    records = branch.work.integrity if branch.work else ()
    newest = {record.check: record for record in reversed(records)}
    crossings = tuple(
        f"{escape_hidden(record.check)}: {record.meaning}"
        + (f" ({escape_hidden(record.why)})" if record.why else "")
        + ("" if record.head == branch.head else f", at {record.head[:12]}")
        for record in newest.values()
    )
    return (*crossings, *facts)


def _describe_facts(facts: StaticFacts) -> tuple[str, ...]:
    lines = []
    if facts.is_loss:
        removed = format_count(facts.assertions_removed, "assertion")
        tests = format_count(facts.tests_removed, "test")
        lines.append(f"test files lose {removed} and {tests}, while the code does not shrink")
    lines += [f"a test that base has is skipped: {escape_hidden(skip)}" for skip in facts.skips[:3]]
    lines += [f"only some tests run: {escape_hidden(focus)}" for focus in facts.focus[:3]]
    return tuple(lines)
