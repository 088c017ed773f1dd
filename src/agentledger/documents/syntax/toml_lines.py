"""Read TOML as keys and values with their lines.

Belongs here: the notation. Does not: what the keys mean (see `documents.policy_keys`).

The standard library reads it, but gives lines for errors only. So the line of a key is searched for in the
text.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from agentledger.documents.syntax.nodes import LITERAL, QUOTED, Entry, Map, Node, Scalar, Seq
from agentledger.documents.syntax.problems import Problems

MOST_DEEP = 6  # levels of nesting; what is deeper is cut off
# `a.a.a.a…` costs the library the square of its length. Nothing of ours is deeper than three.
_TOWER = re.compile(r"(?<![\w.-])(?:(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*\.[ \t]*){40}", re.ASCII)
_WHERE = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)")
_HEADER = re.compile(r"[ \t]*\[\[?([^\]\n]+)\]")
_KEY = re.compile(r"[ \t]*([\w.-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*=")
_FORM = "write `key = value`, text in quotes, tables as `[name]`"


def parse_toml(text: str, out: Problems) -> Map | None:
    """Parse `text` as TOML; None, with a problem, if it is none."""
    tower = _TOWER.search(text)
    if tower:
        out.invalid(text.count("\n", 0, tower.start()) + 1, "this is nested too deeply", _FORM)
        return None
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The line is in the message only.
        position = _WHERE.search(str(error))
        line = int(position[1]) if position and position[1] else text.count("\n") + 1
        out.invalid(line, f"this is not TOML: {_describe_error(error)}", _FORM)
        return None
    except (RecursionError, ValueError):
        out.invalid(None, "this is nested too deeply, or has a number that is too long", _FORM)
        return None
    tree = _Lines(text).table(value, "", 1, 0)
    assert isinstance(tree, Map)
    return tree


def _describe_error(error: tomllib.TOMLDecodeError) -> str:
    message = _WHERE.sub("", str(error)).lower()
    return {"cannot overwrite a value": "this key was there before"}.get(message, message)


class _Lines:
    """The lines on which each dotted name is written, in order."""

    def __init__(self, text: str) -> None:
        self.places: dict[str, list[int]] = {}
        table = ""
        for number, line in enumerate(text.split("\n"), 1):
            header = _HEADER.match(line)
            key = _KEY.match(line)
            if header and not key:
                table = _bare_name(header[1])
                self._note_line(table, number)
            elif key:
                self._note_line(f"{table}.{_bare_name(key[1])}" if table else _bare_name(key[1]), number)

    def _note_line(self, name: str, line: int) -> None:
        parts = name.split(".")
        self.places.setdefault(name, []).append(line)
        # A table that is only named as a part, `a` in `[a.b]`, begins where that part is first written.
        for end in range(1, len(parts)):
            self.places.setdefault(".".join(parts[:end]), [line])

    def table(self, value: Any, name: str, line: int, depth: int) -> Node:
        """Build the tree of a value called `name`, whose line is known already."""
        if depth > MOST_DEEP:
            return Scalar("…", line, LITERAL)
        if isinstance(value, dict):
            return Map(
                tuple(
                    self._entry(key, each, below=name, line=line, depth=depth) for key, each in value.items()
                ),
                line,
            )
        if isinstance(value, list):
            return Seq(tuple(self._item_tree(each, name, line, depth) for each in value), line)
        if isinstance(value, str):
            return Scalar(value, line, QUOTED)
        return Scalar(str(value).lower() if isinstance(value, bool) else str(value), line, LITERAL)

    def _entry(self, key: str, value: Any, *, below: str, line: int, depth: int) -> Entry:
        full = f"{below}.{key}" if below else key
        key_line = self._next(full, line) if not _is_table_array(value) else self.places.get(full, [line])[0]
        return Entry(key, key_line, self.table(value, full, key_line, depth + 1))

    def _item_tree(self, value: Any, name: str, line: int, depth: int) -> Node:
        item_line = self._next(name, line) if isinstance(value, dict) else line
        return self.table(value, name, item_line, depth + 1)

    def _next(self, name: str, line: int) -> int:
        """Return the next line of this name that was not used: each `[[table]]` has the same names again."""
        remaining = self.places.get(name)
        return remaining.pop(0) if remaining else line


def _is_table_array(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _bare_name(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))
