"""Parse the ledger's documents: from bytes to the values of `model`, with a list of what is wrong.

Belongs here: the parsers that other packages use. Does not: input and output, or judging what a document says
(see `rules`). No function here raises for what a document contains, or takes long to read it: an agent may
have written anything into it.
"""

from __future__ import annotations

from typing import Any

from agentledger.documents.brief import parse_brief
from agentledger.documents.evidence import parse_evidence
from agentledger.documents.frame import MOST_BYTES, parse_frame
from agentledger.documents.integrity import parse_integrity
from agentledger.documents.manager import parse_answer, parse_attempt, parse_outcome, parse_waiver
from agentledger.documents.packet import parse_packet
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.review import parse_review
from agentledger.documents.status import parse_check_in
from agentledger.documents.syntax import yaml_lines
from agentledger.documents.syntax.nodes import to_json_value
from agentledger.documents.syntax.problems import Problems
from agentledger.documents.templates import TEMPLATES, read_template

__all__ = (
    "MOST_BYTES",
    "TEMPLATES",
    "RawDocument",
    "parse_answer",
    "parse_attempt",
    "parse_brief",
    "parse_check_in",
    "parse_evidence",
    "parse_front_matter",
    "parse_integrity",
    "parse_outcome",
    "parse_packet",
    "parse_review",
    "parse_waiver",
    "read_template",
)


def parse_front_matter(raw: bytes) -> dict[str, Any]:
    """Return the keys of a document's front matter as JSON values, unchecked; {} where none can be read."""
    out = Problems("")
    frame = parse_frame(raw, None, out)
    tree = yaml_lines.parse_yaml(frame.head, 1, out) if frame and frame.head is not None else None
    return to_json_value(tree) if tree else {}
