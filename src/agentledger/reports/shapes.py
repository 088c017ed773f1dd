"""The JSON Schema of every document that other programs read, by name.

Belongs here: which documents there are. Does not: their shapes (see `shapes_ledger` and `shapes_commands`), or
the schemas of what people write (see `documents.schemas`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agentledger.reports import shapes_commands as commands
from agentledger.reports import shapes_ledger as ledger
from agentledger.reports.conflicts import shapes_conflicts as conflicts
from agentledger.reports.merge_plan import shapes_merge_plan as merge_plan
from agentledger.reports.review import shapes_review as review

SCHEMAS: Mapping[str, type[ledger.Entry]] = {
    "ledger": ledger.Ledger,
    "forecast": conflicts.Forecast,
    "site": commands.Site,
    "sync": commands.Sync,
    "answered": commands.Answered,
    "did": commands.Did,
    "verified": commands.Verified,
    "crossed": commands.Crossed,
    "brief-show": commands.BriefShow,
    "brief-diff": commands.BriefDiff,
    "next": commands.Next,
    "merge-plan": merge_plan.MergePlan,
    "review-look": review.Review,
    "reviewed": review.ReviewWritten,
    "report": ledger.Report,
    "rules": ledger.Rules,
    "prompt": commands.Prompt,
    "review-run": commands.ReviewRuns,
}


def encode_schema(name: str) -> bytes:
    """The JSON Schema (2020-12) of a document of SCHEMAS, indented for reading."""
    document = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"agentledger {name}, version 1",
        "description": document.__doc__,  # so the docstrings of the shapes are texts for users
    }
    return msgspec.json.format(msgspec.json.encode(head | msgspec.json.schema(document)), indent=2) + b"\n"
