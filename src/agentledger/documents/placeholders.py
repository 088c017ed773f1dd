"""Recognise placeholders: text that counts as nothing written yet, or as "none".

Belongs here: HTML comments, and the words that people leave behind for later. Does not: where text is needed
(see the module of each document).
"""

from __future__ import annotations

import re

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# The marks in front of a word that make it a list item, a task, a quotation, or bold.
_MARKS = re.compile(r"^(?:[ \t>*_#|+-]|\d{1,3}[.)](?=\s|$)|\[[ xX]?\])+")
_LATER = "todo|to do|tbd|tba|tbc|fixme|xxx|placeholder|fill (?:me )?in|lorem ipsum.*"
_TO_BE = "to be (?:done|decided|defined|written|filled in)"
_WORDS = re.compile(rf"(?:{_LATER}|{_TO_BE}|<[^<>:]*>)?[\s.:!?…*_|-]*|(?:todo|tbd|fixme) ?:.*", re.IGNORECASE)
_NONE = re.compile(
    r"(?:none|nothing|nope|no|n/?a|nil|not applicable)(?: (?:yet|so far|right now|for now|at all))?",
    re.IGNORECASE,
)


# A letter that none of those words begins with, behind the marks of most lines: a quick no for most texts.
_SAYS = re.compile(r"(?:[-*+] )?(?:\[[ xX]\] )?[a-eg-km-oq-su-wyzA-EG-KM-OQ-SU-WYZ]")


def strip_comments(text: str) -> str:
    """Return the text without its HTML comments; one that is never closed reaches to the end."""
    return _COMMENT.sub("", text) if "<!--" in text else text


def is_blank(text: str) -> bool:
    """Is there nothing in it but placeholders?"""
    if _SAYS.match(text):
        return False
    # Of each line 400 characters are enough: no placeholder is longer, and a hostile line could be.
    return all(
        _WORDS.fullmatch(_MARKS.sub("", line.strip()[:400])) for line in strip_comments(text).split("\n")
    )


def is_none_phrase(text: str) -> bool:
    """Does it only say that there is nothing, as "none" and "n/a" do?"""
    word = _MARKS.sub("", strip_comments(text).strip()[:400]).strip(" .*_!\n\t-")
    return bool(_NONE.fullmatch(word))
