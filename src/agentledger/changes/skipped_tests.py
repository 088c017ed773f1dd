"""Which tests of a file are skipped, by its text: each skip with the name of what it is on.

Belongs here: one text, and two versions of it. Does not: how a skip looks (see `marks_of_tests`), reading files, or
counting lines (see `static_facts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentledger.changes.marks_of_tests import Language, any_mark, is_comment
from agentledger.model.text import decode

# Marks stand before what they are on, and other marks may stand between.
_FURTHEST = 30
# A line that is only a mark on what follows: a decorator, an attribute, an annotation.
_MARK = re.compile(rb"(?:@|#\[|\[)")
# What of a text is searched: with more lines than this nobody wrote it.
_MOST_LINES = 50_000


class Skip(NamedTuple):
    """A skip in a text; `test` is '' for the whole file, None where nobody can tell what it is on."""

    line: int
    text: str
    test: str | None
    conditional: bool


def find_skips(text: bytes, language: Language) -> Iterator[Skip]:
    """Yield the skips of a test file."""
    lines = text.split(b"\n")[:_MOST_LINES]
    marks = any_mark(language)
    for at, line in enumerate(lines):
        if not marks.search(line) or is_comment(language, line.lstrip()):
            continue
        plain = language.skip.search(line) is not None
        conditional = language.skip_if.search(line) is not None
        if plain or conditional or language.whole.search(line):
            test = _find_subject(lines, at, language)
            under = (conditional and not plain) or _is_under_condition(lines, at, language)
            yield Skip(at + 1, decode(line.strip()), test, under)


def list_subjects(text: bytes, language: Language) -> frozenset[str]:
    """Return the names of all that a skip can be on."""
    names = (_name_subject(line, language) for line in text.split(b"\n")[:_MOST_LINES])
    return frozenset(name for name in names if name)


def find_new_skips(old: bytes, new: bytes, language: Language) -> Iterator[Skip]:
    """Yield the skips of the new text on what the old one has, and does not skip."""
    skips = list(find_skips(new, language))
    known = list_subjects(old, language) if skips else frozenset[str]()
    before = [skip.test for skip in find_skips(old, language)] if skips else []
    for skip in skips:
        if skip.test in before:
            # A test may have several; each stands for one of the old ones.
            before.remove(skip.test)
        elif skip.test in known or (skip.test == "" and old):
            yield skip


def _find_subject(lines: Sequence[bytes], at: int, language: Language) -> str | None:
    line = lines[at]
    if language.whole.search(line):
        return ""
    if name := _name_subject(line, language):
        return name
    if _MARK.match(line.lstrip()):
        following = lines[at + 1 : at + 1 + _FURTHEST]
        return next((name for each in following if (name := _name_subject(each, language))), None)
    return _find_enclosing(lines, at, language)


def _find_enclosing(lines: Sequence[bytes], at: int, language: Language) -> str | None:
    """The nearest name above that is indented less."""
    depth = _measure_indent(lines[at])
    for line in reversed(lines[:at]):
        if line.strip() and _measure_indent(line) < depth:
            if name := _name_subject(line, language):
                return name
            depth = _measure_indent(line)
    return None


def _is_under_condition(lines: Sequence[bytes], at: int, language: Language) -> bool:
    """Does an `if` stand before it, on its line or around it, within the test?"""
    line = lines[at]
    if _MARK.match(line.lstrip()):
        return False
    # What a reason says is no condition.
    if _IF.search(_TEXT.sub(b"", line)):
        return True
    depth = _measure_indent(line)
    for each in reversed(lines[max(at - _FURTHEST, 0) : at]):
        if each.strip() and _measure_indent(each) < depth:
            if _name_subject(each, language):
                return False
            if _IF.search(each):
                return True
            depth = _measure_indent(each)
    return False


_TEXT = re.compile(rb"\"[^\"]*\"|'[^']*'|`[^`]*`")
_IF = re.compile(rb"\b(?:if|elif|else|unless|except|catch|rescue|switch|case|when)\b")


def _name_subject(line: bytes, language: Language) -> str:
    found = language.subject.search(line)
    return decode(next((each for each in found.groups() if each), b"")) if found else ""


def _measure_indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())
