"""What kind of file a path is, judged by its name: source, written by a machine, data, or the ledger's.

Belongs here: names and what they usually mean. Does not: which files are tests, which is a repository's own to say
(see `model.policy` and `scope.file_role`), or the order in which a reader sees the files (see `site.file_order`).
"""

from __future__ import annotations

import re
from enum import StrEnum

from agentledger.model.ledger_paths import TASKS_BYTES
from agentledger.model.text import decode


class Role(StrEnum):
    """What a file is to the reader. `scope.file_role` gives the last four; the others depend on the branch."""

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
# What a test's name adds to that of the file it tests: `test_x.py`, `x.spec.ts`, `XTest.java`, `XIT.java`. The last
# two count in this case only (`(?-i:`), or `latest` and `edit` would be such names. This pairs a test with its
# source; it does not say that a file is a test.
_TEST_NAME = re.compile(
    r"^(?:test[_-](?P<a>.+)|(?P<b>.+?)(?:[._-](?:test|tests|spec)|(?-i:Tests?|IT|Specs?)))$", re.IGNORECASE
)


# What is read as data, or by people.
_DATA = re.compile(
    rb"(?:.*/)?[^/]*\.(?:md|markdown|rst|txt|adoc|org|pod|json5?|jsonl|jsonc|csv|tsv|ya?ml|toml|ini|cfg|conf|env"
    rb"|properties|xml|lock|sum|mod|svg|png|jpe?g|gif|ico|webp|pdf|woff2?|ttf|otf|eot|mp[34]|wav|zip|gz|bz2|xz|tar"
    rb"|jar|whl|bin|dat|db|sqlite3?|parquet|npy|npz|pkl|pem|crt|key|po|pot|mo|snap|golden|in|out|expected|html?|css)",
    re.IGNORECASE | re.DOTALL,
)
_PROSE = re.compile(
    rb"(?:.*/)?(?:licen[cs]e|copying|notice|authors|codeowners|readme|changelog|version)[^/]*",
    re.IGNORECASE | re.DOTALL,
)


def is_generated(path: bytes) -> bool:
    """Does a machine write it, by its name?"""
    return _GENERATED.match(decode(path)) is not None


def is_ledger(path: bytes) -> bool:
    """Is it in the folder of a task's documents?"""
    return path.startswith(TASKS_BYTES)


def is_data(path: bytes) -> bool:
    """Is it read as data or by people, by its name, and not as a program?"""
    return _DATA.fullmatch(path) is not None or _PROSE.fullmatch(path) is not None


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
