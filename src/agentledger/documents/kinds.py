"""The kinds of values that a key can have: one word, a list, a table; how each is read, and its JSON Schema.

Belongs here: one class for each kind, with its accepted form in words. Does not: which keys there are (see
`syntax.tables`, `policy_keys`), or the notation that they are written in (see `syntax`).

A kind turns a node into a value; where it cannot, it notes a problem and returns None.
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
    """How a value is read, and how its schema describes it to other programs."""

    @property
    def accepts(self) -> str:
        """Describe the accepted form, in words."""

    def read(self, node: Node, name: str, out: Problems) -> Any:
        """Return the value of the key `name`; None, with a problem, where it is not of this kind."""

    def schema(self) -> Shape:
        """Return the JSON Schema of the value."""


def note_wrong_shape(node: Node, name: str, accepts: str, out: Problems) -> None:
    """Note that there is a list or table where a value should be, or the other way round."""
    if isinstance(node, Scalar):
        got = quote_excerpt(f'"{node.text}"' if node.style == QUOTED else node.text)
    else:
        got = "a list" if isinstance(node, Seq) else "a table of keys"
    out.invalid(node.line, f"`{name}` is {got}", f"write {accepts}")


@dataclass(frozen=True, slots=True)
class Form:
    """One value, which a function converts from its text."""

    accepts: str
    #: Returns the value, or raises `values.Wrong`.
    convert: Callable[[str], Any]
    shape: Shape
    #: It is a number or a flag, not text, so it must not be in quotes.
    bare: bool = False
    #: Blanks at both ends belong to the value.
    exact: bool = False

    def read(self, node: Node, name: str, out: Problems) -> Any:
        """Return the converted value."""
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
        """Return the schema as declared."""
        return dict(self.shape)


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def accepts(self) -> str:
        """List the words."""
        return "one of " + ", ".join(f"`{word}`" for word in self.words)

    def read(self, node: Node, name: str, out: Problems) -> str | None:
        """Return the word."""
        if not isinstance(node, Scalar) or node.style == LITERAL:
            note_wrong_shape(node, name, self.accepts, out)
            return None
        if node.text in self.words:
            return node.text
        # Near misses cost time, and a full list shows no more of them.
        close = find_near_miss(node.text, self.words) if not out.full else None
        hint = f"did you mean `{close}`? {self.accepts}" if close else f"write {self.accepts}"
        out.invalid(node.line, f"`{name}`: {quote_excerpt(node.text)} is no word that is known here", hint)
        return None

    def schema(self) -> Shape:
        """Return an enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of values of one kind; a wrong one is noted and left out."""

    of: Kind
    example: str

    @property
    def accepts(self) -> str:
        """Describe a list as it is written, by the example."""
        return f"a list, such as `{self.example}`"

    def read(self, node: Node, name: str, out: Problems) -> tuple[Any, ...] | None:
        """Return the well-formed values, in their order."""
        if not isinstance(node, Seq):
            note_wrong_shape(node, name, self.accepts, out)
            return None
        items = (self.of.read(item, name, out) for item in node.items)
        return tuple(value for value in items if value is not None)

    def schema(self) -> Shape:
        """Return an array."""
        return {"type": "array", "items": self.of.schema()}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table, and the kind of value that it has."""

    name: str
    kind: Kind
    #: The description in the schema, which an editor shows.
    about: str
    needed: bool = False
    #: For the schema only: what a missing key means is decided where the document's value is built.
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of keys, each with its kind of value."""

    keys: tuple[Key, ...]
    #: Called with the values as keyword arguments.
    build: Callable[..., Any] = dict
    accepts: str = "a table of keys"
    #: Keys that belong elsewhere, with a hint that says where.
    moved: dict[str, str] = field(default_factory=dict)
    #: A key with null counts as missing; False: null is a value like any other.
    nulls: bool = True
    #: `keys` by name.
    known: dict[str, Key] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # The class is frozen, and this is the one field that follows from another.
        object.__setattr__(self, "known", {key.name: key for key in self.keys})

    def read(self, node: Node, name: str, out: Problems) -> Any:
        """Return what `build` makes of the values; None where a needed one is missing."""
        if not isinstance(node, Map):
            return note_wrong_shape(node, name, self.accepts, out)
        values_by_key = self.values(node, name, out)
        lacking = [key.name for key in self.keys if key.needed and key.name not in values_by_key]
        given = {entry.key for entry in node.entries}
        for key in lacking:
            if key not in given:
                out.invalid(node.line, f"`{name}.{key}` is missing", f"write {self.accepts}")
        return None if lacking else self.build(**values_by_key)

    def values(self, node: Map, name: str, out: Problems) -> dict[str, Any]:
        """Return the well-formed values by key; note which keys are unknown, or there twice."""
        values_by_key: dict[str, Any] = {}
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
                        values_by_key[entry.key] = value
        return values_by_key

    def _note_unknown(self, word: str, line: int, out: Problems) -> None:
        hint = self.moved.get(word) or did_you_mean(word, (key.name for key in self.keys))
        out.invalid(line, f"{quote_excerpt(word)} is no key that is known here", hint)

    def schema(self) -> Shape:
        """Return an object that allows no other keys."""
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
