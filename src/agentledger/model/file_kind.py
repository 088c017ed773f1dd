"""What kind of file a path is, judged by its name: source, test, written by a machine, or the ledger's.

Belongs here: names and what they usually mean. Does not: a repository's own patterns (see `ledger.Policy`),
or the order in which a reader sees the files (see `site.file_order`).
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from agentledger.model.ledger_paths import TASKS_BYTES
from agentledger.model.text import decode


class Role(StrEnum):
    """What a file is to the reader. `classify_path` gives the last four; the others depend on the branch."""

    FINDING = "finding"
    CONFLICT = "conflict"
    SOURCE = "source"
    TEST = "test"
    GENERATED = "generated"
    LEDGER = "ledger"


# Lock files: generated, and a change in one is hundreds of lines that nobody wrote.
_LOCKS = (
    r"package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|bun\.lockb|go\.sum|[^/]+\.lock|[^/]+\.lockfile"
    r"|packages\.lock\.json|[^/]+\.lock\.(?:json|yml|yaml)|Package\.resolved"
)
_GENERATED = re.compile(
    rf"(?:^|.*/)(?:{_LOCKS}|[^/]+\.min\.(?:js|css)|[^/]+\.(?:js|css)\.map|[^/]+\.snap|[^/]+_pb2(?:_grpc)?\.pyi?"
    r"|[^/]+\.pb\.(?:go|cc|h)|[^/]+\.g\.(?:dart|cs)|[^/]+[._]generated\.[^/]+|zz_generated[^/]*"
    r"|(?:node_modules|vendor|third_party|__snapshots__|__generated__|dist)/.*)$"
)
_LOCK_FILE = re.compile(rf"(?:^|.*/)(?:{_LOCKS})$")
# Usual names of tests in several languages: `tests/`, `test_x.py`, `x.spec.ts`, `XTest.java`, `XIT.java`.
# The last two count in this case only (`(?-i:`), or `latest` and `edit` would be tests.
_TEST_FOLDER = re.compile(r"(?:^|/)(?:tests?|__tests__|specs?|testing|e2e)/", re.IGNORECASE)
_TEST_NAME = re.compile(
    r"^(?:test[_-](?P<a>.+)|(?P<b>.+?)(?:[._-](?:test|tests|spec)|(?-i:Tests?|IT|Specs?)))$", re.IGNORECASE
)


@lru_cache(maxsize=1 << 12)  # a page asks several times, and branches share most of their paths
def classify_path(path: bytes) -> Role:
    """The kind of file, by its name alone: SOURCE, TEST, GENERATED or LEDGER."""
    text = decode(path)
    if path.startswith(TASKS_BYTES):
        return Role.LEDGER
    if _GENERATED.match(text):
        return Role.GENERATED
    return Role.TEST if _TEST_FOLDER.search(text) or _TEST_NAME.match(file_stem(text)) else Role.SOURCE


def is_lock_file(path: bytes) -> bool:
    """Is it the file in which a package manager writes down versions, by its name?"""
    return _LOCK_FILE.match(decode(path)) is not None


def file_stem(path: str) -> str:
    """The file's name without its folders and its last ending: `src/a.test.ts` gives `a.test`."""
    name = path.rsplit("/", 1)[-1]
    # From the second character on: in `.gitignore` the dot ends nothing.
    return name.rsplit(".", 1)[0] if "." in name[1:] else name


def stem_under_test(path: str) -> str:
    """The stem of the file that a test is about, in lower case: `tests/test_Pool.py` gives `pool`."""
    stem = file_stem(path)
    match = _TEST_NAME.match(stem)
    return (match["a"] or match["b"] if match else stem).lower()
