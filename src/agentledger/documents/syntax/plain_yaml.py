"""Read the simple YAML that nearly all front matter is, without a YAML library.

Belongs here: a strict subset, in which every document means the same to YAML itself (a test compares the
two). Does not: anything else (see `yaml_lines`); with one unusual line the answer is None.

This reads thousands of small documents a second, and lets a hook start without loading the library.

It reads `key: value` lines, comments, lists and tables on one line or in an indented block. Values are bare
words without anything that YAML could read as more, or quoted text without escapes.
"""

from __future__ import annotations

import re

from agentledger.documents.syntax.nodes import PLAIN, QUOTED, Entry, Map, Node, Scalar, Seq

_QUOTED = r"\"[^\"\\\t]*\"|'[^'\t]*'"
# A bare value in a block: blanks only between words, no `: `, no ` #`, so YAML cannot read it as more.
_BARE = r"[A-Za-z0-9/._](?:[^\s:#]|:(?=[^\s])|(?<=[^\s])#| +(?=[^\s#:]))*"
_WORD = r"[A-Za-z0-9_][A-Za-z0-9_./*@+-]*"
_ITEM = rf"(?:{_QUOTED}|{_WORD})"
_KEY = r"[A-Za-z][A-Za-z0-9_-]*"
_LIST = rf"\[ *(?:{_ITEM}(?: *, *{_ITEM})* *)?\]"
_TABLE = rf"\{{ *(?:{_KEY}: +{_ITEM}(?: *, *{_KEY}: +{_ITEM})* *)?\}}"
_VALUE = rf"(?:{_QUOTED}|{_LIST}|{_TABLE}|{_BARE})"
_TAIL = r" *(?: #.*)?"
_PAIR = re.compile(rf"( *)({_KEY}):(?: +({_VALUE}))?{_TAIL}")
_DASH = re.compile(rf"( *)- +({_VALUE}){_TAIL}")
_BLANK = re.compile(r" *(?:#.*)?")
_ONE = re.compile(_ITEM)
_TWO = re.compile(rf"({_KEY}): +({_ITEM})")


def parse_plain_yaml(head: str, line: int) -> Map | None:
    """Parse the front matter whose first line is number `line`; None where it takes a real YAML reader."""
    lines = head.split("\n")
    entries: list[Entry] = []
    at = 0
    while at < len(lines):
        if _BLANK.fullmatch(lines[at]):
            at += 1
            continue
        pair = _PAIR.fullmatch(lines[at])
        # An indented line at the top belongs to nothing that is read here.
        if not pair or pair[1]:
            return None
        key_line = line + at
        at += 1
        if pair[3] is not None:
            entries.append(Entry(pair[2], key_line, _parse_value(pair[3], key_line)))
            continue
        end = _find_block_end(lines, at)
        block = _parse_block(lines[at:end], key_line, line + at)
        if block is None:
            return None
        entries.append(Entry(pair[2], key_line, block))
        at = end
    return Map(tuple(entries), entries[0].line if entries else line)


def _find_block_end(lines: list[str], at: int) -> int:
    """Return the first line after those that belong to the key above: indented, dashes, blanks, comments."""
    while at < len(lines) and (lines[at][:1] in ("", " ", "-", "#")):
        at += 1
    return at


def _parse_block(lines: list[str], key_line: int, first: int) -> Node | None:
    matches: list[tuple[re.Match[str], int]] = []
    for offset, text in enumerate(lines):
        if _BLANK.fullmatch(text):
            continue
        match = _DASH.fullmatch(text) or _PAIR.fullmatch(text)
        # All lines of a block have one indent, and are all dashes or all keys.
        if match is None or (matches and (match[1], match.re) != (matches[0][0][1], matches[0][0].re)):
            return None
        matches.append((match, first + offset))
    if not matches:
        return Scalar("", key_line)
    if matches[0][0].re is _DASH:
        return Seq(tuple(_parse_value(match[2], line) for match, line in matches), matches[0][1])
    if not matches[0][0][1]:
        return None
    return Map(tuple(Entry(m[2], line, _parse_value(m[3] or "", line)) for m, line in matches), matches[0][1])


def _parse_value(text: str, line: int) -> Node:
    first = text[:1]
    if first == "[":
        return Seq(tuple(_parse_scalar(item, line) for item in _ONE.findall(text)), line)
    if first == "{":
        return Map(tuple(Entry(k, line, _parse_scalar(v, line)) for k, v in _TWO.findall(text)), line)
    return _parse_scalar(text, line)


def _parse_scalar(text: str, line: int) -> Scalar:
    if text[:1] in ('"', "'"):
        return Scalar(text[1:-1], line, QUOTED)
    return Scalar(text, line, PLAIN)
