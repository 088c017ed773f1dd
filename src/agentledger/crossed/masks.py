"""Blanks out the strings and comments of a source text, so that its brackets can be counted.

Belongs here: the shape of strings and comments in languages with braces. Does not: what a test looks like in them
(see `pieces`).

Each pattern matches something wherever it begins, up to the end of the text if need be. So a text takes time in
proportion to its length, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_LINE_COMMENT = r"//[^\n]*"
_BLOCK_COMMENT = r"/\*.*?(?:\*/|\Z)"
_DOUBLE = r'"(?:[^"\\\n]|\\.)*+"?'
_SINGLE = r"'(?:[^'\\\n]|\\.)*+'?"
_TEMPLATE = r"`(?:[^`\\]|\\.)*+`?"
_TRIPLE = r'""".*?(?:"""|\Z)'
_CHARACTER = r"'(?:[^'\\\n]|\\[^\n]{1,8}?)'"  # no lifetime of Rust's
# Where a value is expected, a slash begins a regular expression.
_REGEX = r"(?<=[(,=:\[!&|?{};])\s?/(?![*/])(?:[^/\\\n\[]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,200}\]){1,300}/"


def _join(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.DOTALL)


_SCRIPT = _join([_LINE_COMMENT, _BLOCK_COMMENT, _DOUBLE, _SINGLE, _TEMPLATE, _REGEX])
_JVM = _join([_LINE_COMMENT, _BLOCK_COMMENT, _TRIPLE, _DOUBLE, _CHARACTER])
_GO = _join([_LINE_COMMENT, _BLOCK_COMMENT, _DOUBLE, r"`[^`]*`?", _CHARACTER])
_RUST = _join([_LINE_COMMENT, _BLOCK_COMMENT, r'\br#".*?(?:"#|\Z)', r'"(?:[^"\\]|\\.)*+"?', _CHARACTER])
_NET = _join([_LINE_COMMENT, _BLOCK_COMMENT, _TRIPLE, r'@"(?:[^"]|"")*+"?', _DOUBLE, _CHARACTER])
_PHP = _join(
    [_LINE_COMMENT, r"#(?!\[)[^\n]*", _BLOCK_COMMENT, r'"(?:[^"\\]|\\.)*+"?', r"'(?:[^'\\]|\\.)*+'?"]
)
_PYTHON = _join([r"#[^\n]*", r"'''.*?(?:'''|\Z)", _TRIPLE, _DOUBLE, _SINGLE])
_BY_ENDING: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue", "svelte"), _SCRIPT),
    **dict.fromkeys(("java", "kt", "kts", "groovy", "scala", "swift"), _JVM),
    **dict.fromkeys(("c", "cc", "cpp", "cxx", "h", "hpp"), _JVM),
    **dict.fromkeys(("cs", "fs", "vb"), _NET),
    "go": _GO,
    "rs": _RUST,
    "php": _PHP,
    "py": _PYTHON,
    "pyi": _PYTHON,
}
# Of languages whose strings are not known, such as Ruby.
_LINES_OF_COMMENT = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
_COMMENTS = ("//", "/*", "#")
_BRACKET = re.compile(r"[(){}\[\]]")
_PAIRS = {")": "(", "]": "[", "}": "{"}


def has_mask(ending: str) -> bool:
    """Is it known how strings and comments look in files with this ending?"""
    return ending in _BY_ENDING


def mask_text(text: str, ending: str) -> str:
    """The text with blanks in place of strings and comments; lines and places stay."""
    pattern = _BY_ENDING.get(ending)
    return text if pattern is None else pattern.sub(_blank, text)


def drop_comments(text: str, ending: str) -> str:
    """The text without its comments."""
    pattern = _BY_ENDING.get(ending, _LINES_OF_COMMENT)
    return pattern.sub(lambda match: " " if match[0].lstrip().startswith(_COMMENTS) else match[0], text)


def _blank(match: re.Match[str]) -> str:
    words = match[0]
    if "\n" not in words:
        return " " * len(words)
    return "\n".join(" " * len(line) for line in words.split("\n"))


def match_brackets(masked: str) -> dict[int, int]:
    """The place of each opening bracket, with that of the one which closes it."""
    ends: dict[int, int] = {}
    open_ones: list[int] = []
    for match in _BRACKET.finditer(masked):
        mark = match[0]
        if mark in "([{":
            open_ones.append(match.start())
            continue
        # What was left open by mistake, or by what a mask does not know, is left.
        while open_ones and masked[open_ones[-1]] != _PAIRS[mark]:
            if mark != "}" and masked[open_ones[-1]] == "{":
                break
            open_ones.pop()
        if open_ones and masked[open_ones[-1]] == _PAIRS[mark]:
            ends[open_ones.pop()] = match.start()
    return ends
