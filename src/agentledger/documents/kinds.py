"""What a key of front matter or policy may hold: reading a node to a value, and the schema of it.

Belongs here: one kind a shape, each with its accepted form in words. Does not: which keys there are
(`tables`, `policy_keys`), or the notation they came in.

A kind reads a node to a value; where it cannot, it says so in the problems and returns None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from agentledger.documents import values
from agentledger.documents.syntax.nodes import LITERAL, QUOTED, Map, Node, Scalar, Seq
from agentledger.documents.syntax.problems import Problems, did_you_mean, find_near_miss, quote_excerpt

Shape = dict[str, Any]


class Kind(Protocol):
    """How a value is read, and how it is described to other programs."""

    @property
    def accepts(self) -> str:
        """The accepted form, in words."""

    def read(self, node: Node, name: str, out: Problems) -> Any:
        """The value of `name`; None, with a problem, where it is none."""

    def schema(self) -> Shape:
        """The JSON Schema of the value."""


def note_wrong_shape(node: Node, name: str, accepts: str, out: Problems) -> None:
    """Says that a list or table stands where a value should, or the other way round."""
    if isinstance(node, Scalar):
        got = quote_excerpt(f'"{node.text}"' if node.style == QUOTED else node.text)
    else:
        got = "a list" if isinstance(node, Seq) else "a table of keys"
    out.invalid(node.line, f"`{name}` is {got}", f"write {accepts}")


@dataclass(frozen=True, slots=True)
class Form:
    """One value of a certain form. `bare`: it is no text, so not in quotes; `exact`: blanks count."""

    accepts: str
    convert: Callable[[str], Any]
    shape: Shape
    bare: bool = False
    exact: bool = False

    def read(self, node: Node, name: str, out: Problems) -> Any:
        """The converted value."""
        if not isinstance(node, Scalar) or node.style == (QUOTED if self.bare else LITERAL):
            return note_wrong_shape(node, name, self.accepts, out)
        try:
            return self.convert(node.text if self.exact else node.text.strip())
        except values.Wrong as wrong:
            reason = wrong.reason or "is not what is wanted here"
            out.invalid(
                node.line,
                f"`{name}`: {quote_excerpt(node.text)} {reason}",
                wrong.hint or f"write {self.accepts}",
            )
            return None

    def schema(self) -> Shape:
        """As declared."""
        return dict(self.shape)


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def accepts(self) -> str:
        """All of them."""
        return "one of " + ", ".join(f"`{word}`" for word in self.words)

    def read(self, node: Node, name: str, out: Problems) -> str | None:
        """The word."""
        if not isinstance(node, Scalar) or node.style == LITERAL:
            note_wrong_shape(node, name, self.accepts, out)
            return None
        if node.text in self.words:
            return node.text
        close = find_near_miss(node.text, self.words) if not out.full else None
        hint = f"did you mean `{close}`? {self.accepts}" if close else f"write {self.accepts}"
        out.invalid(node.line, f"`{name}`: {quote_excerpt(node.text)} is no word that is known here", hint)
        return None

    def schema(self) -> Shape:
        """An enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of values of one kind; what is wrong among them is said and left out."""

    of: Kind
    example: str

    @property
    def accepts(self) -> str:
        """A list, as it is written."""
        return f"a list, such as `{self.example}`"

    def read(self, node: Node, name: str, out: Problems) -> tuple[Any, ...] | None:
        """The good values, in their order."""
        if not isinstance(node, Seq):
            note_wrong_shape(node, name, self.accepts, out)
            return None
        found = (self.of.read(item, name, out) for item in node.items)
        return tuple(value for value in found if value is not None)

    def schema(self) -> Shape:
        """An array."""
        return {"type": "array", "items": self.of.schema()}


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `about` is what an editor shows; `default` is told there, and not filled in here."""

    name: str
    kind: Kind
    about: str
    needed: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Keys and their values. `moved`: keys that belong elsewhere, and where; `nulls`: null is nothing."""

    keys: tuple[Key, ...]
    build: Callable[..., Any] = dict
    accepts: str = "a table of keys"
    moved: dict[str, str] = field(default_factory=dict)
    nulls: bool = True
    known: dict[str, Key] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {key.name: key for key in self.keys})

    def read(self, node: Node, name: str, out: Problems) -> Any:
        """What `build` makes of the values as keyword arguments; None where a needed one is missing."""
        if not isinstance(node, Map):
            return note_wrong_shape(node, name, self.accepts, out)
        found = self.values(node, name, out)
        lacking = [key.name for key in self.keys if key.needed and key.name not in found]
        given = {entry.key for entry in node.entries}
        for key in lacking:
            if key not in given:
                out.invalid(node.line, f"`{name}.{key}` is missing", f"write {self.accepts}")
        return None if lacking else self.build(**found)

    def values(self, node: Map, name: str, out: Problems) -> dict[str, Any]:
        """The values that are there and well-formed, by key; says which keys are unknown or there twice."""
        found: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for entry in node.entries:
            if out.full:
                break
            full_name = f"{name}.{entry.key}" if name else entry.key
            key = self.known.get(entry.key)
            if key is None:
                self._note_unknown(entry.key, entry.line, out)
            elif entry.key in seen:
                out.invalid(
                    entry.line,
                    f"`{full_name}` is there twice",
                    f"the first is on line {seen[entry.key]}; keep one",
                )
            else:
                seen[entry.key] = entry.line
                if not (self.nulls and isinstance(entry.value, Scalar) and entry.value.null):
                    value = key.kind.read(entry.value, full_name, out)
                    if value is not None:
                        found[entry.key] = value
        return found

    def _note_unknown(self, word: str, line: int, out: Problems) -> None:
        hint = self.moved.get(word) or did_you_mean(word, (key.name for key in self.keys))
        out.invalid(line, f"{quote_excerpt(word)} is no key that is known here", hint)

    def schema(self) -> Shape:
        """An object without other keys."""
        shape: Shape = {"type": "object", "additionalProperties": False}
        shape["properties"] = {key.name: self._property_schema(key) for key in self.keys}
        needed = [key.name for key in self.keys if key.needed]
        return shape | ({"required": needed} if needed else {})

    def _property_schema(self, key: Key) -> Shape:
        shape = key.kind.schema()
        if self.nulls and not key.needed:
            shape = {"anyOf": [shape, {"type": "null"}]}
        shape = {"description": key.about, **shape}
        return shape if key.default is None else shape | {"default": key.default}
