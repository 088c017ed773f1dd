"""A JSON object → keys and values with their lines.

Belongs here: the notation, strictly: no key twice, no NaN, nothing after the object. Does not: what the keys
mean (`tables`).
"""

from __future__ import annotations

import json
import re
from typing import Any

from agentledger.documents.syntax.nodes import LITERAL, QUOTED, Entry, Map, Node, Scalar, Seq
from agentledger.documents.syntax.problems import Problems

MOST_DEEP = 6


class _Word(str):
    """A number as it is written, which text is not."""

    __slots__ = ()


def parse_json(text: str, out: Problems, lines: bool = True) -> Map | None:
    """The object that `text` is; None, with a problem, if it is none.

    `lines`: finding out where each key stands takes as long as all the rest.
    """
    try:
        found = _json_decoder().decode(text)
    except json.JSONDecodeError as error:
        out.invalid(error.lineno, f"this is not JSON: {error.msg}", "`agentledger verify` writes it anew")
        return None
    except (RecursionError, ValueError):
        out.invalid(
            1, "this is nested too deeply, or has a number like NaN", "`agentledger verify` writes it anew"
        )
        return None
    if not isinstance(found, _Pairs):
        out.invalid(1, "this is no JSON object", "`agentledger verify` writes it anew")
        return None
    tree = _Lines(text if lines else "").node(found, 1, 0)
    assert isinstance(tree, Map)
    return tree


class _Pairs(list[tuple[str, Any]]):
    """An object's keys and values, those that are there twice among them."""


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
    """Where each key is first, second … written; in a document of one line there is nothing to find."""

    def __init__(self, text: str) -> None:
        self.places: dict[str, list[int]] = {}
        if "\n" in text:
            for number, line in enumerate(text.split("\n"), 1):
                for key in re.findall(r'"([a-z_0-9]+)"\s*:', line):
                    self.places.setdefault(key, []).append(number)

    def node(self, value: Any, line: int, depth: int) -> Node:
        """The tree of a decoded value; what lies too deep is cut off, since no key wants it."""
        if isinstance(value, _Pairs) and depth < MOST_DEEP:
            return Map(tuple(self._entry(key, each, line, depth) for key, each in value), line)
        if isinstance(value, list) and depth < MOST_DEEP:
            return Seq(tuple(self.node(each, line, depth + 1) for each in value), line)
        return _scalar_of(value, line)

    def _entry(self, key: str, value: Any, line: int, depth: int) -> Entry:
        left = self.places.get(key)
        here = left.pop(0) if left else line
        return Entry(key, here, self.node(value, here, depth + 1))


def _scalar_of(value: Any, line: int) -> Scalar:
    if isinstance(value, _Word):
        return Scalar(str(value), line, LITERAL)
    if isinstance(value, str):
        return Scalar(value, line, QUOTED)
    return Scalar(
        "…" if isinstance(value, list) else {None: "null", True: "true", False: "false"}[value], line, LITERAL
    )
