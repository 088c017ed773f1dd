"""The order in which changed files are read.

Belongs here: which of a branch's files come first, and why. Does not: what of
them is shown (see `diff`).

What stands first is read best, so never the alphabet: files with findings, those that conflict, source by
size with each test beside what it tests, then what machines write, and the ledger's own
documents.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import lru_cache

from agentledger.model import LEDGER, Change
from agentledger.text import decode

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


def ordered(
    changes: Sequence[Change], conflicts: Collection[bytes], found: Collection[bytes] = ()
) -> tuple[tuple[Change, Role], ...]:
    """The changes in reading order, each with its role.

    `conflicts` are the paths that conflict, `found` those that a rule has something against.
    """
    roles = [(change, _role(change.path, conflicts, found)) for change in changes]
    parts = {role: sorted((c for c, r in roles if r is role), key=_weight) for role in Role}
    beside, alone = _beside(parts[Role.SOURCE], parts[Role.TEST])
    result = [(change, role) for role in (Role.FINDING, Role.CONFLICT) for change in parts[role]]
    for source in parts[Role.SOURCE]:
        result.append((source, Role.SOURCE))
        result.extend((test, Role.TEST) for test in beside[source.path])
    result.extend((test, Role.TEST) for test in alone)
    result.extend((change, role) for role in (Role.GENERATED, Role.LEDGER) for change in parts[role])
    return tuple(result)


def _role(path: bytes, conflicts: Collection[bytes], found: Collection[bytes]) -> Role:
    if path in found:
        return Role.FINDING
    return Role.CONFLICT if path in conflicts else _by_name(path)


@lru_cache(maxsize=1 << 12)  # a page asks several times, and branches share most of their paths
def _by_name(path: bytes) -> Role:
    text = decode(path)
    if path.startswith(_LEDGER):
        return Role.LEDGER
    if _GENERATED.match(text):
        return Role.GENERATED
    return Role.TEST if _TEST_FOLDER.search(text) or _TEST_NAME.match(_stem(text)) else Role.SOURCE


def _weight(change: Change) -> tuple[int, bytes]:
    return -((change.added or 0) + (change.removed or 0)), change.path


def _stem(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[0] if "." in name[1:] else name


def _beside(
    sources: Sequence[Change], tests: Sequence[Change]
) -> tuple[dict[bytes, list[Change]], list[Change]]:
    """The tests of each source, and those that belong to none of the changed ones."""
    by_stem: dict[str, list[Change]] = defaultdict(list)
    for source in sources:
        by_stem[_stem(decode(source.path)).lower()].append(source)
    beside: dict[bytes, list[Change]] = defaultdict(list)
    alone: list[Change] = []
    for test in tests:
        owners = by_stem.get(_tested(decode(test.path)), ())
        if owners:
            beside[max(owners, key=lambda owner: _shared(owner.path, test.path)).path].append(test)
        else:
            alone.append(test)
    return beside, alone


def _tested(path: str) -> str:
    """The stem of the file that a test is about, by its name."""
    stem = _stem(path)
    match = _TEST_NAME.match(stem)
    return (match["a"] or match["b"] if match else stem).lower()


def _shared(one: bytes, other: bytes) -> int:
    return len(set(one.split(b"/")) & set(other.split(b"/")))
