"""What a branch did to tests, and which claims git contradicts, as JSON objects.

Belongs here: these parts of the document of `json.encode_ledger`. Does not: the words for people (see `integrity`).
"""

from __future__ import annotations

from agentledger.attention.claims import find_contradictions
from agentledger.model.fleet import Branch
from agentledger.model.integrity import Integrity, MarkedLine, StaticFacts
from agentledger.model.policy import Policy
from agentledger.model.text import encode, format_path, format_rfc3339
from agentledger.reports import shapes_ledger
from agentledger.reports.integrity import is_of_head


def shape_facts(facts: StaticFacts | None) -> shapes_ledger.TestFacts | None:
    """The counts of lines; None where they are not known."""
    if facts is None:
        return None
    return shapes_ledger.TestFacts(
        assertions_removed=facts.assertions_removed,
        assertions_added=facts.assertions_added,
        tests_removed=facts.tests_removed,
        tests_added=facts.tests_added,
        code_removed=facts.code_removed,
        code_added=facts.code_added,
        adds_rows=facts.adds_rows,
        is_loss=facts.is_loss,
        skips=tuple(map(_shape_mark, facts.skips)),
        focus=tuple(map(_shape_mark, facts.focus)),
    )


def _shape_mark(mark: MarkedLine) -> shapes_ledger.MarkedLine:
    return shapes_ledger.MarkedLine(
        test=_text(mark.test) or None,
        path=_text(mark.path),
        line=mark.line,
        text=_text(mark.text),
        conditional=mark.conditional,
    )


def shape_crossings(branch: Branch) -> tuple[shapes_ledger.Crossing, ...]:
    """What the crossings of the branch's checks show, as they were recorded."""
    return tuple(_shape_crossing(branch, record) for record in branch.work.integrity) if branch.work else ()


def _shape_crossing(branch: Branch, record: Integrity) -> shapes_ledger.Crossing:
    return shapes_ledger.Crossing(
        check=_text(record.check),
        head=record.head,
        base=record.base,
        at=format_rfc3339(record.at),
        meaning=record.meaning,
        why=_text(record.why) or None,
        is_of_head=is_of_head(branch, record),
        tells=record.tells,
        needs_names=record.needs_names,
        words=tuple(
            shapes_ledger.TestWord(
                test=_text(word.test),
                word=word.word,
                partner=_text(word.partner) or None,
                pairing=_text(word.pairing) or None,
            )
            for word in record.words
        ),
        words_total=record.words_total,
    )


def shape_contradictions(branch: Branch, policy: Policy) -> tuple[shapes_ledger.Contradiction, ...]:
    """Where the agent's words and git differ."""
    return tuple(
        shapes_ledger.Contradiction(claim=_text(one.claim), where=_text(one.where), fact=_text(one.fact))
        for one in find_contradictions(branch, policy)
    )


def _text(text: str) -> str:
    return format_path(encode(text))
