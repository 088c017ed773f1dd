"""What a file is to its reader, as far as its name tells: source, a test, or written by a machine.

Belongs here: names and what they usually mean. Does not: a repository's own patterns (see `policy`), or the
order in which files are read.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from agentledger.model.fleet import LEDGER
from agentledger.model.text import decode

# What the page shows as documents already.
_LEDGER = LEDGER + b"tasks/"


class Role(StrEnum):
    """What a file is to the reader."""

    FINDING = "finding"
    CONFLICT = "conflict"
    SOURCE = "source"
    TEST = "test"
    GENERATED = "generated"
    LEDGER = "ledger"


_LOCKS = (
    r"package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|bun\.lockb|go\.sum|[^/]+\.lock|[^/]+\.lockfile"
    r"|packages\.lock\.json|[^/]+\.lock\.(?:json|yml|yaml)|Package\.resolved"
)
_GENERATED = re.compile(
    rf"(?:^|.*/)(?:{_LOCKS}|[^/]+\.min\.(?:js|css)|[^/]+\.(?:js|css)\.map|[^/]+\.snap|[^/]+_pb2(?:_grpc)?\.pyi?"
    r"|[^/]+\.pb\.(?:go|cc|h)|[^/]+\.g\.(?:dart|cs)|[^/]+[._]generated\.[^/]+|zz_generated[^/]*"
    r"|(?:node_modules|vendor|third_party|__snapshots__|__generated__|dist)/.*)$"
)
_TEST_FOLDER = re.compile(r"(?:^|/)(?:tests?|__tests__|specs?|testing|e2e)/", re.IGNORECASE)
_TEST_NAME = re.compile(
    r"^(?:test[_-](?P<a>.+)|(?P<b>.+?)(?:[._-](?:test|tests|spec)|(?-i:Tests?|IT|Specs?)))$", re.IGNORECASE
)


@lru_cache(maxsize=1 << 12)  # a page asks several times, and branches share most of their paths
def classify_path(path: bytes) -> Role:
    """By its name alone: SOURCE, TEST, GENERATED or LEDGER."""
    text = decode(path)
    if path.startswith(_LEDGER):
        return Role.LEDGER
    if _GENERATED.match(text):
        return Role.GENERATED
    return Role.TEST if _TEST_FOLDER.search(text) or _TEST_NAME.match(file_stem(text)) else Role.SOURCE


def file_stem(path: str) -> str:
    """The file's name without its last ending."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[0] if "." in name[1:] else name


def stem_under_test(path: str) -> str:
    """The stem of the file that a test is about, by its name."""
    found = file_stem(path)
    match = _TEST_NAME.match(found)
    return (match["a"] or match["b"] if match else found).lower()
