"""Sample documents of tests/documents, each with the problems that it is known to have.

Belongs here: finding and parsing them, and problems as text. Does not: what is expected.
The first word of a file's name says what it is; `NAME.problems` beside it holds its problems, one a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from agentledger import documents
from agentledger.documents import RawDocument
from agentledger.ledger import config
from agentledger.model.ledger import Problem, Source
from agentledger.model.policy import Policy

FOLDER = Path(__file__).with_name("documents")
TASK = ".agentledger/tasks/login-rate-limit"
CONTROL = "tasks/login-rate-limit"
# When the commit was made that a document of the manager came with, and by whom.
AT, BY = 1_795_000_000, "phone@example.org"

PLACES: dict[str, tuple[str, Callable[[RawDocument], Any]]] = {
    "brief": (f"{TASK}/brief.md", documents.parse_brief),
    "status": (f"{TASK}/status/20261123T101500Z-3f2c.md", documents.parse_check_in),
    "packet": (f"{TASK}/packet.md", documents.parse_packet),
    "evidence": (f"{TASK}/evidence/test.json", documents.parse_evidence),
    "answer": (f"{CONTROL}/answers/from my phone.md", documents.parse_answer),
    "waiver": (f"{CONTROL}/waivers/20261123T101500Z.md", documents.parse_waiver),
    "review": (f"{CONTROL}/reviews/20261123T101500Z.md", documents.parse_review),
    "outcome": (f"{CONTROL}/outcome.md", documents.parse_outcome),
}


def names() -> list[str]:
    """The file names of all samples."""
    return sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".problems")


def raw_document(source: Source, content: bytes, policy: Policy | None = None, **more: Any) -> RawDocument:
    """What a parser is given of a document, in a repository whose policy says nothing."""
    return RawDocument(source=source, content=content, policy=policy or Policy(), **more)


def parse(kind: str, raw: bytes, policy: Policy | None = None, **more: Any) -> Any:
    """A document of this kind, at the place where such a document stands."""
    path, parser = PLACES[kind]
    source = Source(path=path, at=AT, by=BY)
    return parser(raw_document(source, raw, policy, blob="0" * 40, **more))


def sample(name: str) -> Any:
    """The value of a sample: a document, or a Policy."""
    raw = (FOLDER / name).read_bytes()
    kind = name.partition("-")[0]
    return config.parse("config.toml", raw) if kind == "policy" else parse(kind, raw)


def problems(value: Any) -> tuple[Problem, ...]:
    """What is wrong with a parsed value."""
    found: tuple[Problem, ...] = value.problems if isinstance(value, Policy) else value.document.problems
    return found


def told(found: Iterable[Problem]) -> str:
    """Problems as text: line, kind, message, hint."""
    lines = []
    for each in found:
        warns = "" if each.fatal else ", only a warning"
        lines.append(f"{each.line or '-'}: {each.message} ({each.kind}{warns})\n    {each.hint}\n")
    return "".join(lines)


def expected(name: str) -> str:
    """The problems that a sample is known to have, as text."""
    path = FOLDER / f"{name}.problems"
    return path.read_text(encoding="utf-8") if path.exists() else ""
