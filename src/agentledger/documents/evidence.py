"""Parse evidence: the recorded result of running a check.

Belongs here: `evidence/<check>.json` and `reruns/<time>-<check>.json`. Does not: whether to believe it (see
`attention.progress`), or writing it (see `workflow.verify.evidence`).
"""

from __future__ import annotations

import json
import posixpath
from typing import Any

from agentledger.documents.frame import decode_document
from agentledger.documents.raw_document import RawDocument
from agentledger.documents.syntax import json_lines
from agentledger.documents.syntax.nodes import Map, to_json_value
from agentledger.documents.syntax.problems import Problems
from agentledger.documents.syntax.tables import EVIDENCE
from agentledger.model.evidence import Evidence, RunBefore
from agentledger.model.ledger import Document

VERSION = 1
_AGAIN = "`agentledger verify` writes it again"


def parse_evidence(raw: RawDocument) -> Evidence:
    """Parse the evidence in `raw`; never raises.

    What cannot be read is no success: without an exit code and without a reason to skip, both are None.
    """
    out = Problems(raw.source.path)
    text = decode_document(raw.content, raw.size, out)
    tree, said = _parse_text(text, out, lines=out.any)
    if out.any:
        # Finding the lines takes as long as all the rest, and only problems need them: so it is read again.
        out = Problems(raw.source.path)
        tree, said = _parse_text(decode_document(raw.content, raw.size, out), out, lines=True)
    below = f"/{raw.source.path}".rpartition("/evidence/")[2]
    name = posixpath.splitext(below.removeprefix("/") if below else posixpath.basename(raw.source.path))[0]
    if "/evidence/" in f"/{raw.source.path}" and said.get("check", name) != name:
        out.invalid(None, f"it is of the check `{said['check']}`, but the file is named {name}.json", _AGAIN)
        # Else one file could speak in the place of another, which is the check's own.
        said["check"] = name
    before = said.get("before")
    document = Document(
        source=raw.source,
        blob=raw.blob,
        text=text or "",
        fields=_plain_fields(text or "", tree, out),
        parts=(),
        problems=out.all(),
    )
    return Evidence(
        document=document,
        check=said.get("check", name),
        command=said.get("command", ""),
        exit_code=said.get("exit_code"),
        started_at=said.get("started_at", 0),
        seconds=said.get("seconds", 0.0),
        head=said.get("head", ""),
        tree=said.get("tree", ""),
        change=said.get("change"),
        tail=said.get("tail", ()),
        log_sha256=said.get("log_sha256"),
        log_bytes=said.get("log_bytes", 0),
        truncated=said.get("truncated", False),
        failures_in_a_row=said.get("failures_in_a_row", 0),
        junit=said.get("junit"),
        report_gap=said.get("report_gap"),
        counts=said.get("counts"),
        ran_with=said.get("with"),
        before=RunBefore(head=before["head"], tests=before.get("tests"), ran_with=before.get("with"))
        if before
        else None,
        on_base=said.get("on_base"),
        skipped=said.get("skipped"),
    )


def _parse_text(text: str | None, out: Problems, lines: bool) -> tuple[Map | None, dict[str, Any]]:
    """Return the document as a tree, and its values by key."""
    tree = json_lines.parse_json(text, out, lines) if text is not None else None
    said: dict[str, Any] = EVIDENCE.values(tree, "", out) if tree else {}
    if tree:
        _require_keys(tree, said, out)
    return tree, said


def _plain_fields(text: str, tree: Map | None, out: Problems) -> dict[str, Any]:
    """Return the keys with their JSON values as written; of a document with problems, what its tree has."""
    if tree is None:
        return {}
    fields: dict[str, Any] = to_json_value(tree) if out.any else json.loads(text)
    return fields


def _require_keys(tree: Map, said: dict[str, Any], out: Problems) -> None:
    # A key that is there with a wrong value has its problem already.
    given = {entry.key for entry in tree.entries}
    for key in EVIDENCE.keys:
        if key.needed and key.name not in said and key.name not in given:
            out.incomplete(tree.line, f"`{key.name}` is missing", _AGAIN)
    if "exit_code" not in said and "skipped" not in said:
        out.incomplete(tree.line, "it has neither an exit code nor a reason to skip", _AGAIN)
    if said.get("version", VERSION) != VERSION:
        line = next(entry.line for entry in tree.entries if entry.key == "version")
        out.invalid(
            line, f"it is in version {said['version']} of its format", f"this reads version {VERSION}"
        )
