"""Parse what the crossings of a check show: `integrity/<time>-<check>.json` of the control branch.

Belongs here: that document. Does not: whether it is about the head (see `attention.trust`), or writing it (see
`workflow.integrity.record`).
"""

from __future__ import annotations

import json
from typing import Any

from agentledger.documents.frame import decode_document
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax import json_lines
from agentledger.documents.syntax.nodes import Map, to_json_value
from agentledger.documents.syntax.problems import Problems
from agentledger.documents.syntax.tables import INTEGRITY
from agentledger.model.integrity import Integrity, Meaning
from agentledger.model.ledger import Document

VERSION = 1
_AGAIN = "`agentledger verify --integrity` writes another one"


def parse_integrity(raw: RawDocument) -> Integrity:
    """Parse the document in `raw`; never raises. What cannot be read is no verdict."""
    out = Problems(raw.source.path)
    text = decode_document(raw.content, raw.size, out)
    tree, keys = _parse_text(text, out, lines=out.any)
    if out.any:
        # Finding the lines takes as long as all the rest, and only problems need them: so it is read again.
        out = Problems(raw.source.path)
        tree, keys = _parse_text(decode_document(raw.content, raw.size, out), out, lines=True)
    document = Document(
        source=raw.source,
        blob=raw.blob,
        text=text or "",
        fields=_plain_fields(text or "", tree, out),
        problems=out.all(),
    )
    words = keys.get("words", ())
    return Integrity(
        document=document,
        check=keys.get("check", ""),
        command=keys.get("command", ""),
        at=keys.get("at", 0),
        branch=keys.get("branch", ""),
        head=keys.get("head", ""),
        base=keys.get("base", ""),
        change=keys.get("change"),
        meaning=Meaning(keys.get("meaning", Meaning.UNKNOWN)),
        why=keys.get("why", "" if "meaning" in keys else "the record cannot be read"),
        c=keys.get("c"),
        d=keys.get("d"),
        words=words,
        words_total=max(keys.get("words_total", 0), len(words)),
        tells=keys.get("tells"),
        needs_names=keys.get("needs_names"),
    )


def _parse_text(text: str | None, out: Problems, lines: bool) -> tuple[Map | None, dict[str, Any]]:
    """Return the document as a tree, and its values by key."""
    tree = json_lines.parse_json(text, out, lines) if text is not None else None
    keys: dict[str, Any] = INTEGRITY.values(tree, "", out) if tree else {}
    if tree:
        _require_keys(tree, keys, out)
    return tree, keys


def _plain_fields(text: str, tree: Map | None, out: Problems) -> dict[str, Any]:
    if tree is None:
        return {}
    fields: dict[str, Any] = to_json_value(tree) if out.any else json.loads(text)
    return fields


def _require_keys(tree: Map, keys: dict[str, Any], out: Problems) -> None:
    # A key that is there with a wrong value has its problem already.
    given = {entry.key for entry in tree.entries}
    for key in INTEGRITY.keys:
        if key.needed and key.name not in keys and key.name not in given:
            out.incomplete(tree.line, f"`{key.name}` is missing", _AGAIN)
    if keys.get("version", VERSION) != VERSION:
        line = next(entry.line for entry in tree.entries if entry.key == "version")
        out.invalid(
            line, f"it is in version {keys['version']} of its format", f"this reads version {VERSION}"
        )
