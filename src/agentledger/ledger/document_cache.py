"""Turns the ledger's files into documents: parses them, or takes from the cache what an earlier run parsed.

Belongs here: which documents are cached, under which key and in which form, and the problem of a file that
cannot be read. Does not: parsing (see `documents`), or which branch a document belongs to (see `tasks`).

A cached document takes a tenth of the time of one that is parsed, and its file need not be read at all. Rows
are JSON with fixed types, so somebody who writes to the cache can forge what a document says, and no more.
For that reason a document that counts as proven is never taken from it, but read and parsed each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

import msgspec

from agentledger import __version__, documents
from agentledger.documents import MOST_BYTES, RawDocument
from agentledger.git.leftovers import FETCH_AGAIN
from agentledger.git.scratch import Scratch
from agentledger.ledger import ledger_files
from agentledger.ledger.ledger_files import Key, LedgerFile
from agentledger.model import ledger
from agentledger.model.absent import Absent, format_fetch
from agentledger.model.evidence import Evidence
from agentledger.model.integrity import Integrity
from agentledger.model.ledger import (
    Answer,
    Attempt,
    Brief,
    CheckIn,
    Document,
    Outcome,
    Packet,
    Part,
    Problem,
    Review,
    Waiver,
)
from agentledger.model.ledger_paths import CONTROL_TASKS, TASKS
from agentledger.model.policy import Policy
from agentledger.model.text import encode
from agentledger.repository.bases import HEADS, REMOTES
from agentledger.storage.cache import Cache

T = TypeVar("T", Brief, CheckIn, Answer, Waiver, Review, Outcome, Attempt, Packet, Evidence, Integrity)
Paper = Brief | CheckIn | Answer | Waiver | Review | Outcome | Attempt | Packet | Evidence | Integrity
_KIND = "document"
_PARSERS: dict[type[Paper], Callable[[RawDocument], Paper]] = {
    Answer: documents.parse_answer,
    Attempt: documents.parse_attempt,
    Brief: documents.parse_brief,
    CheckIn: documents.parse_check_in,
    Evidence: documents.parse_evidence,
    Integrity: documents.parse_integrity,
    Outcome: documents.parse_outcome,
    Packet: documents.parse_packet,
    Review: documents.parse_review,
    Waiver: documents.parse_waiver,
}
# The documents that begin as a template, and the template's name.
_TEMPLATED: dict[type[Paper], str] = {Brief: "brief", CheckIn: "status", Packet: "packet", Review: "review"}
NO_TEMPLATES: Mapping[str, str] = MappingProxyType({})
# A `Part` in a row: title, line, where its text begins and ends in the document's, is it empty, and the line
# on which the text begins.
_Part = tuple[str, int, int, int, bool, int]


class Parser:
    """Parses these files, each once; `keep` writes those that are new to the cache.

    `templates` are the repository's own, by document: text of theirs that nobody changed counts as empty.
    `promisor` is the remote that promised what this partial clone lacks; '' in a full clone.
    """

    def __init__(
        self,
        scratch: Scratch,
        store: Cache,
        policy: Policy,
        files: Sequence[tuple[LedgerFile, type[Paper]]],
        templates: Mapping[str, str] = NO_TEMPLATES,
        promisor: str = "",
    ) -> None:
        self._store, self._policy, self._promisor = store, policy, promisor
        self._templates = {
            kind: encode(templates[name]) for kind, name in _TEMPLATED.items() if name in templates
        }
        # A part of every key: with other parsers, policy or templates a document may be read differently.
        self._context = f"{_hash_parsers()} {policy!r} {sorted(templates.items())!r}\0"
        self._parsed: dict[Key, Paper] = {}
        self._new: dict[str, Paper] = {}
        self._load_known(files)
        unread = [file for file, _ in files if file.blob and file.raw is None]
        self._contents = ledger_files.read_contents(
            scratch, [file for file in unread if file.key not in self._parsed]
        )

    def _load_known(self, files: Sequence[tuple[LedgerFile, type[Paper]]]) -> None:
        cacheable = {file.key: (file, kind) for file, kind in files if _is_cacheable(file)}
        keys = [(self._key(kind, file), file, kind) for file, kind in cacheable.values()]
        rows = self._store.texts(_KIND, (key for key, *_ in keys))
        for key, file, kind in keys:
            value = _load_document(kind, file, rows[key]) if key in rows else None
            if value is not None:
                self._parsed[file.key] = value

    @property
    def absent(self) -> tuple[Absent, ...]:
        """The documents that this partial clone lacks; () in a full clone."""
        lost = [file for file in self._contents.values() if _is_lost(file)] if self._promisor else []
        return tuple(_absent_document(file, self._promisor) for file in lost)

    def read(self, kind: type[T], file: LedgerFile) -> T:
        """The document in a file; where that cannot be read, an empty one whose problem says why."""
        value = self._parsed.get(file.key)
        if value is None:
            value = self._parsed[file.key] = self._parse_document(kind, self._contents.get(file.key, file))
        assert isinstance(value, kind), f"{file.path} was listed as another kind of document"
        return value

    def _parse_document(self, kind: type[Paper], file: LedgerFile) -> Paper:
        value = _PARSERS[kind](
            RawDocument(
                source=file.source,
                content=file.raw or b"",
                policy=self._policy,
                blob=file.blob or None,
                template=self._templates.get(kind),
            )
        )
        problem = _reading_problem(file, self._promisor)
        if problem is not None:
            return replace(value, document=replace(value.document, problems=(problem,)))
        if _is_cacheable(file):
            self._new[self._key(kind, file)] = value
        return value

    def keep(self) -> None:
        """Write to the cache what was parsed since."""
        rows = ((key, _dump_document(value)) for key, value in self._new.items())
        self._store.put_texts(_KIND, ((key, row) for key, row in rows if row is not None))
        self._new = {}

    def _key(self, kind: type[Paper], file: LedgerFile) -> str:
        """The row's key: a hash of all that a parser uses, which is content, path, and the source's time and
        author (they take the place of a missing `at` or `by`).
        """
        source = file.source
        inputs = f"{self._context}{kind.__name__}\0{file.blob}\0{file.path}\0{source.at}\0{source.by}"
        return hashlib.sha256(inputs.encode("utf-8", "surrogatepass")).hexdigest()


def _is_cacheable(file: LedgerFile) -> bool:
    # Not what is proven: an agent can write to the cache.
    return file.is_regular and file.blob != "" and not (file.source.proven or file.source.uncommitted)


@lru_cache
def _hash_parsers() -> str:
    """A hash of the parsers' own code: a different version may read the same document differently."""
    digest = hashlib.sha256(__version__.encode())
    for path in (*sorted(Path(documents.__file__).parent.rglob("*.py")), Path(ledger.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_lost(file: LedgerFile) -> bool:
    """Is there a document whose content is not here?"""
    return file.is_regular and file.raw is None and file.size <= MOST_BYTES


def _absent_document(file: LedgerFile, promisor: str) -> Absent:
    ref = file.source.ref.removeprefix(HEADS).removeprefix(REMOTES)
    task = file.path.removeprefix(TASKS).removeprefix(CONTROL_TASKS).partition("/")[0]
    return Absent(path=file.path, ref=ref, blob=file.blob, remote=promisor, task=task)


def _reading_problem(file: LedgerFile, promisor: str) -> Problem | None:
    """Why there is nothing to parse; None where there is."""
    if not file.is_regular:
        what = {"120000": "a symbolic link", "160000": "a submodule"}.get(file.mode, "not a file")
        return Problem(
            path=file.path,
            line=None,
            message=f"it is {what}, not a document",
            hint="commit a regular file in its place",
        )
    if file.size > MOST_BYTES:
        message = f"it is {file.size:,} bytes long, so it was not read"
        return Problem(path=file.path, line=None, message=message, hint=f"at most {MOST_BYTES:,} bytes")
    if file.raw is None and promisor:
        message = "it is not in this partial clone, so what it says is unknown"
        return Problem(
            path=file.path, line=None, message=message, hint=format_fetch([_absent_document(file, promisor)])
        )
    if file.raw is None:
        return Problem(path=file.path, line=None, message="it is missing from this clone", hint=FETCH_AGAIN)
    return None


# -- rows ---------------------------------------------------------------------------------


def _field_names(kind: type[Paper]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name != "document")


@lru_cache
def _row_decoder(name: str) -> msgspec.json.Decoder[tuple[Any, ...]]:
    """Decodes rows of the kind of this name: text, front matter, sections, problems, then its own fields."""
    kind = next(kind for kind in _PARSERS if kind.__name__ == name)
    hints = get_type_hints(kind)
    types = (str, dict[str, Any], tuple[_Part, ...], tuple[Problem, ...], *map(hints.get, _field_names(kind)))
    return msgspec.json.Decoder(tuple.__class_getitem__(types))


def _dump_document(value: Paper) -> str | None:
    """The row of a document; None where JSON could not give it back (half a character, an endless number)."""
    document = value.document
    parts = [_dump_part(document.text, part) for part in document.parts]
    own_values = [getattr(value, name) for name in _field_names(type(value))]
    try:
        same = msgspec.json.decode(msgspec.json.encode(document.fields)) == document.fields
        row = msgspec.json.encode([document.text, document.fields, parts, document.problems, *own_values])
    except UnicodeEncodeError:
        return None
    return row.decode() if same else None


def _dump_part(text: str, part: Part) -> _Part:
    # Where the text is, not the text itself: the row has it once already, as part of the document's.
    start = text.index(part.text)
    return part.title, part.line, start, start + len(part.text), part.empty, part.text_line


def _load_document(kind: type[Paper], file: LedgerFile, row: bytes) -> Paper | None:
    """The document in a row; None where the row has not these types: anybody may have written it."""
    try:
        text, front_matter, parts, problems, *own_values = _row_decoder(kind.__name__).decode(row)
    except (msgspec.DecodeError, RecursionError):
        return None
    sections = tuple(
        Part(title, line, text[start:end], empty=empty, text_line=at)
        for title, line, start, end, empty, at in parts
    )
    document = Document(
        source=file.source, blob=file.blob, text=text, fields=front_matter, parts=sections, problems=problems
    )
    names = _field_names(kind)
    return kind(document=document, **dict(zip(names, own_values, strict=True)))
