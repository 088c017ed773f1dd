"""JSON Schemas of the front matter of each document, of evidence and of the policy.

Belongs here: the names, and building a schema from the keys that the reader itself uses. Does not: the keys
(see `syntax.tables`, `policy_keys`), or the schemas of what agentledger prints (see `reports.shapes`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from agentledger.documents.kinds import Table
from agentledger.documents.policy_keys import POLICY
from agentledger.documents.syntax import tables

SCHEMAS: Mapping[str, tuple[Table, str]] = {
    "brief": (tables.BRIEF, "The front matter of a task's brief.md."),
    "status": (tables.STATUS, "The front matter of a check-in, status/<time>.md."),
    "packet": (tables.PACKET, "The front matter of packet.md."),
    "review": (tables.REVIEW, "The front matter of a review, reviews/<time>.md."),
    "answer": (tables.ANSWER, "The front matter of the manager's answer, answers/<time>.md."),
    "waiver": (tables.WAIVER, "The front matter of a dated exception, waivers/<time>.md."),
    "outcome": (tables.OUTCOME, "The front matter of outcome.md, which says how a task ended."),
    "attempt": (tables.ATTEMPT, "The front matter of attempts/<branch>.md, which says who was given a task."),
    "evidence": (tables.EVIDENCE, "What came of running a check, evidence/<check>.json."),
    "integrity": (
        tables.INTEGRITY,
        "What crossing a check with base shows, integrity/<time>.json on the control branch.",
    ),
    "policy": (POLICY, "The repository's policy, .agentledger/config.toml on base."),
}


def render_schema(name: str) -> bytes:
    """Render the JSON Schema (2020-12) of a document of SCHEMAS, indented for reading; KeyError for others."""
    table, about = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"agentledger {name}, version 1",
        "description": about,
    }
    return json.dumps(head | table.schema(), indent=2, ensure_ascii=False).encode() + b"\n"
