"""Finds the tests in a source text: the titles of each, and where its lines are.

Belongs here: what a test looks like in each language, from the text alone. Does not: which of them a runner means
with a name (see `texts`). It is good enough to show and to compare, and no more: what is made by a loop, or in
another way that only running it shows, is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentledger.crossed.masks import has_mask, mask_text, match_brackets

_LONGEST_FILE = 1 << 20  # characters of a text that are looked at
_MOST_ABOVE = 30  # lines above a declaration that belong to it


class Piece(NamedTuple):
    """A test, or what tests are in, in a text."""

    #: Its own title last; before it those of what it is in.
    titles: tuple[str, ...]
    start: int
    end: int
    is_test: bool = True


_BLOCK = re.compile(
    r"(?<![\w.$])(?:Deno\.|t\.)?(describe|context|suite|it|test|specify|fit|xit|fdescribe|xdescribe|xtest)((?:\s*\.\s*\w+)*)\s*(?=[(`])"
)
_CONTAINERS = ("describe", "context", "suite", "fdescribe", "xdescribe")
_TITLE = re.compile(
    r"""\s*(?:"((?:[^"\\\n]|\\.){0,500}+)"|'((?:[^'\\\n]|\\.){0,500}+)'|`((?:[^`\\]|\\.){0,500}+)`|(\w[\w.]{0,200}))\s*,""",
    re.DOTALL,
)
_TABLE = re.compile(r"`(?:[^`\\]|\\.)*+`?", re.DOTALL)
_GO_RUN = re.compile(r"\b\w+\.Run\(\s*(?:\"((?:[^\"\\\n]|\\.){0,300}+)\"|`([^`]{0,300})`)")
_METHOD = re.compile(
    r"^[ \t]*(?:(?:pub(?:\([^)\n]*\))?|public|private|protected|internal|static|final|async|suspend|override"
    r"|open|virtual|unsafe|sealed|inline|abstract|const)[ \t]+){0,6}"
    r"(?:(?:fun|func(?:[ \t]*\([^()\n]{0,100}\))?|fn|function|def)[ \t]+(`[^`\n]{1,300}`|\w+)"
    r"|(?:[A-Za-z_][\w.<>,\[\]?]*[ \t]+)(\w+))"
    r"(?:<[^<>\n]{0,100}>)?[ \t]*\(",
    re.MULTILINE,
)
_CLASS = re.compile(
    r"^[ \t]*(?:(?:pub|public|private|protected|internal|static|final|abstract|sealed|open|data|inner|partial"
    r"|export)[ \t]+){0,5}"
    r"(?:class|mod|object|interface|trait|impl|struct|record)[ \t]+(\w+)",
    re.MULTILINE,
)
_C_TEST = re.compile(r"^[ \t]*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
_PYTHON_PIECE = re.compile(r"([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_RUBY_PIECE = re.compile(
    r"([ \t]*)(?:RSpec\.)?[xf]?"
    r"(?:(describe|context|feature|it|specify|example|scenario|test|should|class|module|def)\b)"
    r"""[ \t(]+(?:"((?:[^"\\\n]|\\.){0,300}+)"|'((?:[^'\\\n]|\\.){0,300}+)'|(?!do\b)([\w.:?!]{1,200}))"""
)
_RUBY_CONTAINERS = ("describe", "context", "feature", "class", "module")
_SCRIPTS = ("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue", "svelte")


def list_pieces(path: str, text: str) -> list[Piece]:
    """The tests of a file and what they are in, in the order of the text; empty for a language that is not known."""
    text = text[:_LONGEST_FILE]
    ending = path.rpartition(".")[2].lower()
    if ending in ("py", "pyi"):
        return list(_find_python(text, mask_text(text, ending)))
    if ending == "rb":
        return list(_find_ruby(text))
    if not has_mask(ending):
        return []
    masked = mask_text(text, ending)
    ends = match_brackets(masked)
    found = list(_find_calls(text, masked, ends) if ending in _SCRIPTS else _find_methods(text, masked, ends))
    if ending == "go":
        found += _find_go_runs(text, masked, ends)
    return _nest(found)


def _nest(pieces: Sequence[Piece]) -> list[Piece]:
    """Put the titles of what each piece is in before its own."""
    nested: list[Piece] = []
    around: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.start, -piece.end)):
        while around and around[-1].end < piece.end:
            around.pop()
        whole = piece._replace(titles=(*(around[-1].titles if around else ()), *piece.titles))
        nested.append(whole)
        if len(around) < 50:
            around.append(whole)
    return nested


def _find_calls(text: str, masked: str, ends: dict[int, int]) -> Iterator[Piece]:
    """JavaScript and TypeScript: `it("title", …)`, also `it.each(…)("title", …)`."""
    for match in _BLOCK.finditer(masked):
        place = match.end()
        for _ in range(3):
            if text[place : place + 1] == "`":
                table = _TABLE.match(text, place)
                place = table.end() if table else place
            elif place not in ends:
                break
            elif title := _TITLE.match(text, place + 1):
                words = next(word for word in title.groups() if word is not None)
                is_test = match[1] not in _CONTAINERS
                # A name without quotes is a class's that is described, or holds a title that only a run shows.
                if not (is_test and title[4]):
                    yield Piece((_unescape(words),), match.start(), ends[place] + 1, is_test)
                break
            else:
                place = ends[place] + 1
            place += len(masked[place : place + 200]) - len(masked[place : place + 200].lstrip())


def _find_methods(text: str, masked: str, ends: dict[int, int]) -> Iterator[Piece]:
    """Go, Rust, the JVM, .NET, PHP and C++: a method, from its annotations to its closing brace."""
    for match in _CLASS.finditer(masked):
        if (brace := masked.find("{", match.end(), match.end() + 1_000)) in ends:
            yield Piece((match[1],), match.start(), ends[brace] + 1, is_test=False)
    for match in _C_TEST.finditer(masked):
        if (brace := masked.find("{", match.end(), match.end() + 200)) in ends:
            yield Piece((match[1], match[2]), match.start(), ends[brace] + 1)
    for match in _METHOD.finditer(text):
        group = 1 if match[1] else 2
        name, at = match[group], match.start(group)
        parameters = match.end() - 1
        if parameters not in ends or (masked[at] != name[0] and name[0] != "`"):
            continue
        if match[2] and match[0].split()[0] in (
            "return",
            "new",
            "else",
            "await",
            "throw",
            "case",
            "go",
            "defer",
        ):
            continue
        brace = masked.find("{", ends[parameters], ends[parameters] + 400)
        between = masked[ends[parameters] : brace] if brace in ends else ";"
        if ";" not in between and "}" not in between:
            start = _begin_above(text, match.start())
            yield Piece((name.strip("`"),), start, ends[brace] + 1)


def _find_go_runs(text: str, masked: str, ends: dict[int, int]) -> Iterator[Piece]:
    for match in _GO_RUN.finditer(text):
        place = text.index("(", match.start())
        if masked[match.start()] == text[match.start()] and place in ends:
            title = match[1] if match[1] is not None else match[2]
            yield Piece((_unescape(title).replace(" ", "_"),), match.start(), ends[place] + 1)


def _begin_above(text: str, start: int) -> int:
    """Where the annotations and comments above a declaration begin."""
    for _ in range(_MOST_ABOVE):
        before = text.rfind("\n", 0, max(start - 1, 0)) + 1
        line = text[before : max(start - 1, 0)].strip()
        if (
            not line
            or before >= start
            or line[-1] in "};{"
            or line.startswith(("package ", "import ", "using "))
        ):
            return start
        start = before
    return start


def _find_python(text: str, masked: str) -> Iterator[Piece]:
    lines = text.splitlines(keepends=True)
    bare = masked.splitlines(keepends=True)
    open_ones: list[tuple[int, str, int, bool]] = []  # indentation, title, start, is a test
    place, end, above = 0, 0, -1
    for line, mask in zip(lines, bare, strict=False):
        words = mask.strip()
        indent = len(mask) - len(mask.lstrip(" \t"))
        if words and line.strip()[:1] not in ("", "#"):
            if words[0] not in ")]}":
                while open_ones and open_ones[-1][0] >= indent:
                    yield _close(open_ones, end)
                if words[0] == "@" and above < 0:
                    above = place
            if match := _PYTHON_PIECE.match(mask):
                open_ones.append((indent, match[3], above if above >= 0 else place, match[2] == "def"))
                above = -1
            elif words[0] not in "@)]}" and above >= 0 and indent <= _indent_at(text, above):
                above = -1
            end = place + len(line)
        elif line.strip() and not words:
            end = place + len(line) if line.strip()[0] != "#" else end  # inside of a string
        place += len(line)
    while open_ones:
        yield _close(open_ones, end)


def _close(open_ones: list[tuple[int, str, int, bool]], end: int) -> Piece:
    titles = tuple(title for _, title, _, _ in open_ones)
    _, _, start, is_test = open_ones.pop()
    return Piece(titles, start, end, is_test)


def _indent_at(text: str, place: int) -> int:
    line = text[place : place + 200]
    return len(line) - len(line.lstrip(" \t"))


def _find_ruby(text: str) -> list[Piece]:
    """By indentation: a block ends at the `end` that stands below its beginning."""
    found: list[Piece] = []
    open_ones: list[tuple[int, str, int, bool]] = []
    place = 0
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip(" \t"))
        words = line.strip()
        if re.match(r"end\b|\}", words):
            while open_ones and open_ones[-1][0] > indent:
                found.append(_close(open_ones, place))
            if open_ones and open_ones[-1][0] == indent:
                found.append(_close(open_ones, place + len(line)))
        elif match := _RUBY_PIECE.match(line):
            while open_ones and open_ones[-1][0] >= indent:
                found.append(_close(open_ones, place))
            title = next(word for word in match.groups()[2:] if word is not None)
            open_ones.append((indent, _unescape(title), place, match[2] not in _RUBY_CONTAINERS))
            if re.search(r"\bend$|\}$", words):
                found.append(_close(open_ones, place + len(line)))
        place += len(line)
    while open_ones:
        found.append(_close(open_ones, place))
    return sorted(found, key=lambda piece: piece.start)


def _unescape(title: str) -> str:
    return re.sub(r"\\(.)", r"\1", title, flags=re.DOTALL) if "\\" in title else title
