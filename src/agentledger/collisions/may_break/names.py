"""Recognises names in lines of code without knowing the language: what a line defines, and which words it uses.

Belongs here: families of languages by the ends of files' names, code without its comments and texts, definitions and
words. Does not: which lines a branch changes (see `name_changes`), or what that does to another branch (see `hints`).

It is guessing, by the few forms that definitions have in most languages. A form that is not known is not found; nobody
is told anything wrong by that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Files that can use each other's names, by how they end.
_FAMILIES = {
    "python": "py pyi pyx",
    "script": "js jsx ts tsx mjs cjs mts cts vue svelte",
    "go": "go",
    "rust": "rs",
    "jvm": "java kt kts scala groovy",
    "c": "c h cc cpp cxx hh hpp hxx m mm",
    "dotnet": "cs vb fs",
    "ruby": "rb rake",
    "php": "php",
    "swift": "swift",
    "shell": "sh bash zsh",
    "elixir": "ex exs",
    "perl": "pl pm",
    "lua": "lua",
    "dart": "dart",
}
_FAMILY = {f".{end}".encode(): family for family, ends in _FAMILIES.items() for end in ends.split()}
#: How all these files end, without the dot.
ENDS = tuple(end for ends in _FAMILIES.values() for end in ends.split())
# Where a comment begins with a number sign, and texts may have three quotes.
_HASH = frozenset({"python", "ruby", "shell", "elixir", "perl", "php"})
_TRIPLE = frozenset({"python", "elixir", "jvm", "swift", "dart"})

_WORD = re.compile(r"[^\W\d]\w*")
_SHORTEST = 4
# Words with a meaning in one of the languages, and names that everybody takes.
_COMMON = frozenset(
    """
    abstract args assert async auto await base bool boolean break byte callback case catch char child children class
    client close column common config const constructor context continue count create data debug default defer delete
    describe double element else elif elseif endif enum error errors event except export extends extern fallthrough
    false field file fileprivate files final finally fixed float foreach format from func function get global goto
    handle handler header headers host implements import index info init input instance instanceof int interface
    internal item items iter iterator just kind kwargs lambda length line lines list lock long main message method
    mock mode model module mutable name namespace native next none nonlocal null number object open operator option
    optional options output override package param parameters params parent parse partial pass path print private
    prop props protected protocol public raise range read readonly record ref register request require required
    reset resolve response result results return root round self send sequence server session setup short signed
    size sizeof sleep source start state static status stop store string struct super switch sync synchronized target
    teardown template test tests text this throw throws time title token trait transient true type typedef typeof
    undefined union unless unsafe unsigned until update user using value values virtual void volatile when where
    while with write yield
    """.split()
)

# One pattern for each form; the group is the name.
_KEYWORD = re.compile(
    r"\b(?:def|class|function\*?|func|fn|interface|struct|enum|union|trait|sub|macro|defp|defmodule|defmacro|fun|object|"
    r"protocol|record|typedef|macro_rules!|module|namespace)\s+(?:\([^()]*\)\s*|self\.|[\w.]+\.(?=\w+\s*\())?([^\W\d]\w*)\b"
    # `struct name *variable` is no definition.
    r"(?!\s*[*&]|\s+\w+\s*[;=,)\[])"
)
_TYPE = re.compile(
    r"^\s*(?:export\s+|pub(?:\([^()]*\))?\s+|declare\s+)*type\s+([^\W\d]\w*)(?:\s*[=<\[]|\s+\S)"
)
_MACRO = re.compile(r"^\s*#\s*define\s+([^\W\d]\w*)")
_CONSTANT = re.compile(
    r"^(?:export\s+|pub(?:\([^()]*\))?\s+|declare\s+)*(?:const|let|var|val|static|final)\s+(?:mut\s+)?([^\W\d]\w*)"
    r"(?=\s*[:=\[]|\s+\S+\s*=)"
)
_ASSIGNED = re.compile(r"^([^\W\d]\w*)\s*(?::[^=]+)?=(?![=>])")
# A method of a class: nothing before the name but words, nothing after the brackets but a type and the brace.
_METHOD = re.compile(
    r"^\s+(?:(?:public|private|protected|internal|static|async|override|virtual|abstract|final|readonly|get|set"
    r"|sealed)\s+)*"
    # <T, A> Map<T, A> name
    r"(?:<[^(){};=]*>\s+)?(?:[\w.\[\],?]+(?:<[^(){};=]*>[\[\]?]*)?\s+)?[*#]?([^\W\d]\w*)"
    r"\s*(?:<[^()]*>)?\([^()]*\)\s*(?::\s*[^{;]+)?(?:throws\s+[\w., ]+)?\{\s*$"
)
_FORMS = (_KEYWORD, _TYPE, _MACRO, _CONSTANT)
_NOT_DEFINED = re.compile(
    r"^\s*(?:return|if|for|while|switch|catch|else|elif|await|new|throw|import|from|yield)\b"
)


def family_of(path: bytes) -> str:
    """Return the family of languages of a file, '' where it is none that is known."""
    dot = path.rfind(b".")
    return _FAMILY.get(path[dot:].lower(), "") if dot > path.rfind(b"/") else ""


def is_telling(name: str) -> bool:
    """Is this name one that means the same thing wherever it is used?"""
    return len(name) >= _SHORTEST and name.lower() not in _COMMON and name.strip("_") != ""


def find_definitions(code: str, family: str) -> Iterator[str]:
    """Yield the names that a line without comments and texts defines."""
    if _NOT_DEFINED.match(code):
        return
    for form in _FORMS:
        yield from (match[1] for match in form.finditer(code) if is_telling(match[1]))
    if family in ("python", "ruby") and (match := _ASSIGNED.match(code)) and is_telling(match[1]):
        yield match[1]
    if family in ("script", "jvm", "c", "dotnet", "dart", "php"):
        match = _METHOD.match(code)
        if match and is_telling(match[1]):
            yield match[1]


def find_words(code: str) -> list[str]:
    """Return all words of a line that can be names."""
    return [word for word in _WORD.findall(code) if is_telling(word)]


# -- code without comments and texts --------------------------------------------------------

_SLASHES = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_TEXTS = r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'"


def _build_blank(family: str) -> re.Pattern[str]:
    parts = []
    if family in _TRIPLE:
        parts.append(r'"""(?:\\.|[^\\])*?(?:"""|\Z)' + r"|'''(?:\\.|[^\\])*?(?:'''|\Z)")
    parts.append(_TEXTS if family != "rust" else r'"(?:\\.|[^"\\])*"' + r"|'(?:\\.|[^'\\\n])'")
    if family == "go":
        parts.append("`[^`]*`")
    if family in _HASH:
        parts.append(r"#[^\n]*")
    if family not in ("python", "ruby", "shell", "elixir", "perl", "lua"):
        parts.append(_SLASHES)
    if family == "lua":
        parts.append(r"--[^\n]*")
    return re.compile("|".join(parts), re.DOTALL)


_BLANKS = {family: _build_blank(family) for family in _FAMILIES}
_INSIDE = re.compile(r"[^\n]")


def blank(text: str, family: str) -> str:
    """Return code with blanks in the place of comments and texts; lines and columns stay where they are."""
    return _BLANKS[family].sub(lambda match: _INSIDE.sub(" ", match[0]), text)
