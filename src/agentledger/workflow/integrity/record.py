"""Turns what the crossings of one check show into the file that is kept on the control branch.

Belongs here: that file's content. Does not: where it goes (see `cross_branch`), or reading it again (see
`documents.integrity`). Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from agentledger.documents import MOST_BYTES
from agentledger.documents.integrity import VERSION
from agentledger.model.integrity import MOST_WORDS, CrossingRun, Integrity, WordOnTest
from agentledger.model.text import format_rfc3339

# Characters of all tests' lines together: escaped, they stay well below what a document may have.
_MOST_TEXT = 60_000


def render_integrity(record: Integrity) -> bytes:
    """The whole file: the keys that have a value, and of the words as many as a reader takes."""
    most = MOST_WORDS
    while len(content := _render(record, record.words[:most])) > MOST_BYTES and most:
        most //= 2
    return content


def _render(record: Integrity, words: Sequence[WordOnTest]) -> bytes:
    fields = {
        "version": VERSION,
        "check": record.check,
        "command": record.command,
        "at": format_rfc3339(record.at),
        "branch": record.branch,
        "head": record.head,
        "base": record.base,
        "change": record.change,
        "meaning": record.meaning,
        "why": record.why or None,
        "c": _shape_run(record.c) if record.c else None,
        "d": _shape_run(record.d) if record.d else None,
        "tells": record.tells,
        "needs_names": record.needs_names,
        "words": list(_shape_words(words)) or None,
        "words_total": max(record.words_total, len(record.words)) or None,
    }
    known = {key: value for key, value in fields.items() if value is not None}
    return (json.dumps(known, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _shape_run(run: CrossingRun) -> dict[str, Any]:
    fields = {
        "end": run.end,
        "exit_code": run.exit_code,
        "seconds": round(run.seconds, 2),
        "tests": run.tests,
        "failed": run.failed,
        "why": run.why or None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _shape_words(words: Sequence[WordOnTest]) -> Iterator[dict[str, str]]:
    """The words; the texts of those at the end are left out where a reader would take the document for too long."""
    left = _MOST_TEXT
    for word in words:
        left -= len(word.base_text) + len(word.branch_text)
        kept = word if left >= 0 else word._replace(base_text="", branch_text="")
        yield {key: str(value) for key, value in kept._asdict().items() if value}
