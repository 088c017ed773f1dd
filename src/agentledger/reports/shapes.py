"""The JSON Schemas of every document that other programs read.

Belongs here: which documents there are, by name. Does not: their shapes (see `shapes_ledger` and
`shapes_commands`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agentledger.reports import shapes_commands as commands
from agentledger.reports import shapes_ledger as ledger

SCHEMAS: Mapping[str, type[ledger.Entry]] = {
    "ledger": ledger.Ledger,
    "site": commands.Site,
    "sync": commands.Sync,
    "answered": commands.Answered,
    "did": commands.Did,
    "verified": commands.Verified,
    "brief-show": commands.BriefShow,
    "brief-diff": commands.BriefDiff,
    "next": commands.Next,
    "report": ledger.Report,
    "rules": ledger.Rules,
    "prompt": commands.Prompt,
}


def encode_schema(name: str) -> bytes:
    """The JSON Schema (2020-12) of a document of SCHEMAS, indented for reading."""
    document = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"agentledger {name}, version 1",
        "description": document.__doc__,
    }
    return msgspec.json.format(msgspec.json.encode(head | msgspec.json.schema(document)), indent=2) + b"\n"
