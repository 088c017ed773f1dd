"""The tree that YAML, TOML and JSON are all read into: text with line numbers, before any key is understood.

Belongs here: the tree's three kinds of nodes. Does not: the notations (see `yaml_lines`, `json_lines`,
`toml_lines`), or which value a key has (see `documents.kinds`).

Nothing is guessed from how a scalar looks: a YAML date, `on` or `010` stay the characters that were written,
until the key says what they are.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

# How a scalar was written: bare in YAML (it can be anything), in quotes (it is text), or bare in TOML and
# JSON (it is a number, true, false or a date).
PLAIN, QUOTED, LITERAL = "plain", "quoted", "literal"
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")
_FLAGS = {"true": True, "false": False}


class Scalar(NamedTuple):
    """One value as written."""

    text: str
    line: int
    style: str = PLAIN

    @property
    def null(self) -> bool:
        """Is it nothing, or a bare word for nothing?"""
        return self.style != QUOTED and self.text in NULLS


class Seq(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    line: int


class Entry(NamedTuple):
    """A key, its line, and its value."""

    key: str
    line: int
    value: Node


class Map(NamedTuple):
    """A table; a key can be there twice, which `documents.kinds.Table` notes."""

    entries: tuple[Entry, ...]
    line: int


Node = Scalar | Seq | Map


def to_json_value(node: Node) -> Any:
    """Return the node as a JSON value: whole numbers, true, false and null where they were written bare."""
    if isinstance(node, Seq):
        return [to_json_value(item) for item in node.items]
    if isinstance(node, Map):
        return {entry.key: to_json_value(entry.value) for entry in node.entries}
    if node.style == QUOTED:
        return node.text
    if node.text in NULLS:
        return None
    if node.text in _FLAGS:
        return _FLAGS[node.text]
    return int(node.text) if _WHOLE.fullmatch(node.text) else node.text
