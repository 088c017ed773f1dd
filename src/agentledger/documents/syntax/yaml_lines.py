"""Read front matter as keys and values with their lines; YAML that can do harm is refused.

Belongs here: PyYAML's parser, its events, its errors in words that help. Does not: what a value means (see
`documents.kinds`), or the simple YAML that needs no library (see `plain_yaml`).

It reads events, so that nothing is ever built from an alias, a tag or a tower of brackets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentledger.documents.syntax import plain_yaml
from agentledger.documents.syntax.nodes import PLAIN, QUOTED, Entry, Map, Node, Scalar, Seq
from agentledger.documents.syntax.problems import Problems

# Levels of nesting and number of values: more than any document of ours can have.
MOST_DEEP = 6
MOST_NODES = 10_000
_QUOTE = "put the value in quotes"


class _Refused(Exception):
    """YAML that is not read, and why."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.line, self.message, self.hint = line, message, hint


def parse_yaml(head: str, line: int, out: Problems) -> Map | None:
    """Parse the mapping `head`, whose first line is number `line`; None, with a problem, if it is none."""
    plain = plain_yaml.parse_plain_yaml(head, line)
    return plain if plain is not None else parse_any_yaml(head, line, out)


def parse_any_yaml(head: str, line: int, out: Problems) -> Map | None:
    """Parse the same with PyYAML, whatever is in it."""
    import yaml  # here, since most front matter is plain, and a hook should start without it

    try:
        node = _Builder(head, line).root()
    except _Refused as refused:
        out.invalid(refused.line, refused.message, refused.hint)
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        error_line = line + mark.line if mark else line
        out.invalid(
            error_line,
            f"this is not YAML: {_describe_error(error)}",
            _suggest_fix(head, error_line - line, error),
        )
        return None
    except yaml.YAMLError:
        out.invalid(
            line, "the front matter is not YAML", "one `key: value` a line; text in quotes, if in doubt"
        )
        return None
    if isinstance(node, Map):
        return node
    out.invalid(node.line, "the front matter is no list of keys", "write one `key: value` a line")
    return None


def _describe_error(error: Any) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return ", ".join(parts)


def _suggest_fix(head: str, offset: int, error: Any) -> str:
    """Return the fix that fits: nearly always it is a tab, or a character that YAML uses for itself."""
    lines = head.split("\n")
    text = lines[offset] if offset < len(lines) else ""
    if "\t" in text[: len(text) - len(text.lstrip())]:
        return "indent with blanks: YAML takes no tabs"
    if "alias" in (error.context or "") or "anchor" in (error.context or ""):
        return 'put quotes around what begins with `*` or `&`, such as "*.py"'
    if "mapping values" in (error.problem or ""):
        return "put the value in quotes: there is a `: ` in it"
    return _QUOTE


class _Builder:
    """Turn the events of one document into nodes."""

    def __init__(self, head: str, line: int) -> None:
        self.first = line
        self.nodes = 0
        self.events = _parse_events(head)

    def root(self) -> Node:
        event = next(self.events)
        if _event_name(event) == "StreamEnd":
            return Map((), self.first)
        node = self._build_node(next(self.events), 0)
        next(self.events)
        after = next(self.events)
        if _event_name(after) != "StreamEnd":
            raise _Refused(self._line_of(after), "a second YAML document begins here", "keep to one")
        return node

    def _line_of(self, event: Any) -> int:
        return int(self.first + event.start_mark.line)

    def _build_node(self, event: Any, depth: int) -> Node:
        self._refuse_harmful(event, depth)
        line, name = self._line_of(event), _event_name(event)
        if name == "Scalar":
            return Scalar(event.value, line, PLAIN if event.implicit[0] else QUOTED)
        if name == "SequenceStart":
            return Seq(tuple(self._build_node(e, depth + 1) for e in self._until("SequenceEnd")), line)
        return Map(tuple(self._entry(e, depth + 1) for e in self._until("MappingEnd")), line)

    def _until(self, end: str) -> Iterator[Any]:
        for event in self.events:
            if _event_name(event) == end:
                return
            yield event

    def _entry(self, event: Any, depth: int) -> Entry:
        key = self._build_node(event, depth)
        if not isinstance(key, Scalar):
            raise _Refused(key.line, "a key has to be a word", "write `key: value`")
        return Entry(key.text, key.line, self._build_node(next(self.events), depth))

    def _refuse_harmful(self, event: Any, depth: int) -> None:
        self.nodes += 1
        line = self._line_of(event)
        if _event_name(event) == "Alias" or event.anchor is not None:
            hint = 'write the value out; quote what begins with `*` or `&`, such as "*.py"'
            raise _Refused(line, "YAML anchors and aliases (`&`, `*`) are not read", hint)
        if event.tag is not None:
            raise _Refused(
                line, "YAML tags (`!`) are not read", "leave it out; quote text that begins with `!`"
            )
        if depth > MOST_DEEP:
            raise _Refused(line, "this is nested too deeply", "no document needs lists of lists of lists")
        if self.nodes > MOST_NODES:
            raise _Refused(line, "the front matter has too many values", f"at most {MOST_NODES:,}")


def _event_name(event: Any) -> str:
    return type(event).__name__.removesuffix("Event")


def _parse_events(head: str) -> Iterator[Any]:
    import yaml

    # The C parser where PyYAML's wheel has it: twenty times as fast, with the same events.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events = yaml.parse(head, Loader=loader)
    next(events)  # the start of the stream
    return events
