"""Read a JSON object as keys and values with their lines.

Belongs here: the notation, strictly: no NaN, nothing after the object, and a key that is there twice is kept
twice. Does not: what the keys mean (see `tables`).
"""

from __future__ import annotations

import json
import re
from typing import Any

from agentledger.documents.syntax.nodes import LITERAL, QUOTED, Entry, Map, Node, Scalar, Seq
from agentledger.documents.syntax.problems import Problems

MOST_DEEP = 6  # levels of nesting; no key of ours has a deeper value


class _Word(str):
    """A number as it is written, distinct from text by its type: no digit is lost, whatever key it is for."""

    __slots__ = ()


def parse_json(text: str, out: Problems, lines: bool = True) -> Map | None:
    """Parse `text` as a JSON object; None, with a problem, if it is none.

    Without `lines` every key is on line 1: finding the lines takes as long as all the rest.
    """
    try:
        value = _json_decoder().decode(text)
    except json.JSONDecodeError as error:
        out.invalid(error.lineno, f"this is not JSON: {error.msg}", "`agentledger verify` writes it again")
        return None
    except (RecursionError, ValueError):
        out.invalid(
            1, "this is nested too deeply, or has a number like NaN", "`agentledger verify` writes it again"
        )
        return None
    if not isinstance(value, _Pairs):
        out.invalid(1, "this is no JSON object", "`agentledger verify` writes it again")
        return None
    tree = _Lines(text if lines else "").node(value, 1, 0)
    assert isinstance(tree, Map)
    return tree


class _Pairs(list[tuple[str, Any]]):
    """An object's keys and values; a key that is there twice is in it twice."""


def _json_decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_Pairs,
        parse_int=_Word,
        parse_float=_Word,
        parse_constant=_refuse_constant,
        strict=False,
    )


def _refuse_constant(word: str) -> Any:
    raise ValueError(word)


class _Lines:
    """The lines on which each key is written, in order; a document of one line needs none."""

    def __init__(self, text: str) -> None:
        self.places: dict[str, list[int]] = {}
        if "\n" in text:
            for number, line in enumerate(text.split("\n"), 1):
                for key in re.findall(r'"([a-z_0-9]+)"\s*:', line):
                    self.places.setdefault(key, []).append(number)

    def node(self, value: Any, line: int, depth: int) -> Node:
        """Build the tree of a decoded value; what is nested too deeply is cut off, since no key has that."""
        if isinstance(value, _Pairs) and depth < MOST_DEEP:
            return Map(tuple(self._entry(key, each, line, depth) for key, each in value), line)
        if isinstance(value, list) and depth < MOST_DEEP:
            return Seq(tuple(self.node(each, line, depth + 1) for each in value), line)
        return _scalar_of(value, line)

    def _entry(self, key: str, value: Any, line: int, depth: int) -> Entry:
        # The decoder gives keys in the order of the text, so the next place is this key's.
        remaining = self.places.get(key)
        key_line = remaining.pop(0) if remaining else line
        return Entry(key, key_line, self.node(value, key_line, depth + 1))


def _scalar_of(value: Any, line: int) -> Scalar:
    if isinstance(value, _Word):
        return Scalar(str(value), line, LITERAL)
    if isinstance(value, str):
        return Scalar(value, line, QUOTED)
    return Scalar(
        "…" if isinstance(value, list) else {None: "null", True: "true", False: "false"}[value], line, LITERAL
    )
