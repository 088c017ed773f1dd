"""Which sentences of an agent's Markdown claim something that git can contradict: a small table, in English.

Belongs here: the table with its examples, and reading a text. Does not: facts (see `claims`).

Each expression is narrow on purpose: a contradiction that is none costs a reader's trust in all the others. So a
sentence with a condition, a wish or a negation before the claim, or an exception after it, claims nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from agentledger.model.text import encode
from agentledger.scope.patterns import matches_path


class Kind(StrEnum):
    """What is claimed."""

    ONLY_FILES = "only these files changed"
    NO_OTHER_FILE = "no other file changed"
    WITHIN_SCOPE = "nothing outside the scope changed"
    TESTS_PASS = "all tests pass"  # noqa: S105 - no password
    NO_TEST_CHANGED = "no test changed"
    NO_TEST_REMOVED = "no test was removed"
    NO_TEST_SKIPPED = "no test is skipped"
    NO_DEPENDENCY = "no dependency was added"


class Claim(NamedTuple):
    """A sentence that claims something, and its line in the document."""

    kind: Kind
    text: str
    line: int


_NAME = r"(?:`[^`\n]{1,200}`|[\w.@-]+(?:/[\w.@*-]+)+/?)"
_NAMES = rf"(?:the\s+|files?\s+|folders?\s+|in\s+|under\s+)*{_NAME}"
_CHANGED = r"(?:touched|changed|modified|edited)"
_BE = r"(?:(?:was|were|is|are|has\s+been|have\s+been|had\s+to\s+be|needed\s+to\s+be)\s+)"
_TEST = r"(?:(?:existing|other|old|of\s+the|unit|regression)\s+)*tests?\b(?:\s+(?:files?|cases?))?"
_ALL = (
    r"(?:all|every|each)(?:\s+of)?"
    r"(?:\s+(?:the|our|my|its|these|existing|other|old|unit|previous|\d+|`?\w+`?(?=\s+tests?\b)))*"
)
_GREEN = r"(?:(?:still|now|also|are|is|have|continue\s+to|locally)\s+)*(?:pass(?:es|ed|ing)?|green|succeed(?:s|ed)?)\b"

# Of each kind: the expression, a sentence that claims it, and one like it that does not.
TABLE: tuple[tuple[Kind, str, str, str], ...] = (
    (
        Kind.ONLY_FILES,
        rf"\bonly\s+(?:touch|chang|modif|edit)\w*\s+{_NAMES}",
        "This only touches `src/login.py`.",
        "In `src/login.py` this only changes a comment.",
    ),
    (
        Kind.ONLY_FILES,
        rf"\b(?:touch|chang|modif|edit)\w*\s+(?:are\s+|is\s+)?(?:only|(?:limited|confined|restricted)\s+to)\s+{_NAMES}",
        "Changes are limited to `src/login/`.",
        "Changes are limited to what the brief asks for.",
    ),
    (
        Kind.ONLY_FILES,
        rf"\bonly\s+{_NAMES}(?:\s*(?:,|and)\s*{_NAMES})*\s+{_BE}{_CHANGED}",
        "Only `src/login.py` and `src/session.py` were changed.",
        "Only `login()` calls it.",
    ),
    (
        Kind.NO_OTHER_FILE,
        rf"\bno\s+other\s+files?\s+{_BE}?{_CHANGED}|\bnothing\s+else\s+{_BE}{_CHANGED}",
        "No other files were changed.",
        "No other file reads it.",
    ),
    (
        Kind.WITHIN_SCOPE,
        (
            r"\b(?:nothing|no\s+files?|no\s+changes?)\s+outside\s+(?:of\s+)?(?:my|the|its)\s+(?:\w+\s+)?(?:scope|boundary)\b"
            r"|\b(?:stay(?:ed|s)?|kept|remain(?:ed|s)?)\s+(?:within|inside)\s+(?:my|the|its)\s+(?:\w+\s+)?(?:scope|boundary)\b"
        ),
        "I stayed within the scope.",
        "I asked for a wider scope.",
    ),
    (
        Kind.TESTS_PASS,
        (
            rf"\b{_ALL}\s+tests?\b(?:\s+in\s+\S+)?\s+{_GREEN}"
            rf"|\b(?:the|full|whole|entire)\s+(?:(?:full|whole|entire|existing)\s+)?test\s+suite\s+{_GREEN}"
            rf"|(?<!no )\bexisting\s+tests\s+{_GREEN}"
            r"|\bno\s+(?:existing\s+)?tests?\s+(?:fail|broke|are\s+broken|were\s+broken)"
        ),
        "All existing tests still pass.",
        "The test of the login passes.",
    ),
    (
        Kind.NO_TEST_CHANGED,
        (
            rf"\bno\s+{_TEST}\s+{_BE}?(?:chang|modif|edit|alter|touch|weaken)\w*"
            rf"|\bwithout\s+(?:chang|modify|edit|alter|touch|weaken)ing\s+(?:any\s+|a\s+|the\s+)?{_TEST}"
            rf"|\b(?:did|does|have|has)(?:\s+not|n['’]t)\s+(?:chang|modif|edit|alter|touch|weaken)\w*\s+(?:any\s+|the\s+)?{_TEST}"
            r"|\bexisting\s+tests\s+(?:are|were|remain(?:ed)?|stay(?:ed)?)\s+(?:unchanged|untouched|unmodified|as\s+they\s+were)"
        ),
        "No existing tests were modified.",
        "No test covers the change.",
    ),
    (
        Kind.NO_TEST_REMOVED,
        (
            rf"\bno\s+{_TEST}\s+{_BE}?(?:remov|delet|dropp|lost)\w*"
            rf"|\bwithout\s+(?:remov|delet|dropp)ing\s+(?:any\s+|a\s+|the\s+)?{_TEST}"
            rf"|\b(?:did|does|have|has)(?:\s+not|n['’]t)\s+(?:remov|delet|drop)\w*\s+(?:any\s+|the\s+)?{_TEST}"
        ),
        "No tests were removed.",
        "No tests remain to be written.",
    ),
    (
        Kind.NO_TEST_SKIPPED,
        (
            rf"\bno\s+{_TEST}\s+{_BE}?(?:skipped|disabled|ignored)"
            rf"|\bwithout\s+(?:skipp|disabl|ignor)ing\s+(?:any\s+|a\s+|the\s+)?{_TEST}"
            rf"|\b(?:did|does|have|has)(?:\s+not|n['’]t)\s+(?:skip|disabl|ignor)\w*\s+(?:any\s+|the\s+)?{_TEST}"
        ),
        "No tests are skipped.",
        "The slow tests are skipped on Windows.",
    ),
    (
        Kind.NO_DEPENDENCY,
        (
            r"\bno\s+(?:(?:new|additional|extra|third-party|external|runtime)\s+)+dependenc(?:y|ies)\b(?!\s+on\b)"
            r"|\bno\s+dependenc(?:y|ies)\s+(?:was|were|is|are|have\s+been|has\s+been)\s+(?:added|introduced|needed)"
            r"|\bwithout\s+(?:(?:adding|introducing)\s+(?:any\s+|a\s+)?(?:new\s+)?|(?:any\s+|a\s+)?new\s+)dependenc(?:y|ies)\b"
            r"|\b(?:did|does|have|has)(?:\s+not|n['’]t)\s+(?:add|introduce)\w*\s+(?:any\s+|a\s+)?(?:new\s+)?dependenc(?:y|ies)\b"
        ),
        "No new dependencies.",
        "No dependency on the order of the calls.",
    ),
)


@cache  # only when there is a text to be read
def _compile_table() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(expression, re.IGNORECASE)) for kind, expression, *_ in TABLE)


# Before a claim, these make it a wish, a condition or its opposite.
_HEDGE = re.compile(
    r"\b(?:not|n['’]t|never|cannot|until|unless|once|when|whenever|if|whether|should|will|would|could|may|might|must"
    r"|needs?|make\s+sure|ensure|verify|check\s+that|before|expect|hope|want|asks?|asked|wants|require[sd]?|demands?"
    r"|goal|todo|please|let|so\s+(?:that|the)|nearly|almost|confirm|see|get|getting|make|making|run|try|though)\b|n['’]t\b",
    re.IGNORECASE,
)
# After a claim, these name what it leaves out.
_EXCEPT = re.compile(
    r"\b(?:except|excepting|excluding|apart\s+from|aside\s+from|besides|other\s+than|but)\b", re.IGNORECASE
)
# What is not said by the agent as its own: code, comments, quotations.
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_SENTENCE = re.compile(r"[^.!?;]+(?:[.!?;](?=\S)[^.!?;]*)*[.!?;]*")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s")
_UNTICKED = re.compile(r"^\s*[-*+]\s+\[ \]")
# Of a text this much is read, and of a claim this much is kept.
_MOST_TEXT, _MOST_CLAIM = 200_000, 240


@lru_cache(maxsize=2048)  # several outputs ask of the same text
def find_claims(text: str) -> tuple[Claim, ...]:
    """Return the claims of a document, each kind once a sentence."""
    return tuple(_iterate_claims(text[:_MOST_TEXT]))


def _iterate_claims(text: str) -> Iterator[Claim]:
    for start, paragraph in _iterate_paragraphs(text):
        for sentence in _SENTENCE.finditer(paragraph):
            for kind, expression in _compile_table():
                found = expression.search(sentence[0])
                if found is None or _HEDGE.search(sentence[0][: found.start()]):
                    continue
                if sentence[0].rstrip().endswith("?") or _EXCEPT.search(sentence[0][found.end() :]):
                    continue
                line = start + paragraph.count("\n", 0, sentence.start() + found.start())
                yield Claim(kind, " ".join(sentence[0].split())[:_MOST_CLAIM], line)


def _iterate_paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """The number of each paragraph's first line, and its text; an item of a list is one of its own."""
    start, held = 0, list[str]()
    for number, line in _iterate_prose(text):
        if held and (not line.strip() or _ITEM.match(line) or line.startswith("#")):
            yield start, "\n".join(held)
            held = []
        if line.strip() and not line.startswith("#") and not _UNTICKED.match(line):
            start, held = (start if held else number), [*held, line]
    if held:
        yield start, "\n".join(held)


def _iterate_prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside front matter, fences, comments and quotations; those within are empty."""
    lines = text.split("\n")
    fenced, commented = "", False
    matter = lines[0].strip() == "---" if lines else False
    for number, line in enumerate(lines, 1):
        fence = _FENCE.match(line)
        if matter:
            matter = number == 1 or line.strip() != "---"
            yield number, ""
        elif fence and fenced in ("", fence[1]):
            fenced = "" if fenced else fence[1]
            yield number, ""
        elif fenced or commented or line.lstrip().startswith((">", "<!--")):
            commented = (commented or line.lstrip().startswith("<!--")) and "-->" not in line
            yield number, ""
        else:
            yield number, line


# -- files that a sentence names -------------------------------------------------------------------

_SPAN = re.compile(r"`([^`\n]{1,200})`|(?<![\w`/:.])([\w.@-]+(?:/[\w.@*-]+)+/?)")


def find_names(text: str) -> tuple[str, ...]:
    """Return what may be names of files in a text: what is in backticks, and what has a slash in it."""
    names = (found[1] or found[2].rstrip(".,") for found in _SPAN.finditer(text))
    return tuple(dict.fromkeys(name.strip().removeprefix("./") for name in names if name.strip()))


def names_path(name: str, path: bytes) -> bool:
    """Does the name mean this file: by its path, its folder, a pattern, or its last part?"""
    pattern = encode(name.rstrip("/"))
    if not pattern:
        return False
    return any(
        matches_path(each, path)
        for each in (pattern, pattern + b"/**", b"**/" + pattern, b"**/" + pattern + b"/**")
    )
