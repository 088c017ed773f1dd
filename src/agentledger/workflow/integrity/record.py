"""Turns what the crossings of one check show into the file that is kept on the control branch.

Belongs here: that file's content. Does not: where it goes (see `cross_branch`), or reading it again (see
`documents.integrity`). Pure.
"""

from __future__ import annotations

import json
from typing import Any

from agentledger.documents.integrity import VERSION
from agentledger.model.integrity import MOST_WORDS, CrossingRun, Integrity, WordOnTest
from agentledger.model.text import format_rfc3339


def render_integrity(record: Integrity) -> bytes:
    """The whole file: the keys that have a value."""
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
        "words": [_shape_word(word) for word in record.words[:MOST_WORDS]] or None,
        "words_total": record.words_total or None,
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


def _shape_word(word: WordOnTest) -> dict[str, str]:
    return {key: str(value) for key, value in word._asdict().items() if value}
