"""Text → value for everything that is one word or one line: ids, durations, times, patterns.

Belongs here: what a well-formed value is, and the reason where one is not. Does not: where a value stands
(`kinds`), or what a pattern matches. Each function takes text and raises Wrong.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(?:\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
_STAMP = re.compile(r"(?<!\d)(\d{8}T\d{6})Z", re.ASCII)
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RULE = re.compile(r"[A-Z]{3}[0-9]{3}|[a-z0-9]+(?:-[a-z0-9]+)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_UNITS = {"m": 60, "h": 3600, "d": 86400}
_CHANGED = re.compile(r"\{chang\w*(?:(:)([^{}]*)\})?")
MOST_ID = 63


class Wrong(ValueError):
    """`reason` completes "it …"; `hint`, if any, says what to write instead of the usual form."""

    def __init__(self, reason: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def parse_identifier(text: str) -> str:
    """The name of a task, checkpoint or check."""
    if len(text) > MOST_ID:
        raise Wrong(f"is {len(text)} characters long", f"at most {MOST_ID} characters")
    if not _ID.fullmatch(text):
        slug = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:MOST_ID].strip("-")
        raise Wrong(hint=f"small letters, digits and single dashes: `{slug}`" if slug else "")
    return text


def parse_number(text: str) -> int:
    """A count from 1."""
    if not _NUMBER.fullmatch(text):
        raise Wrong
    return int(text)


def parse_count(text: str) -> int:
    """A count from 0."""
    return 0 if text == "0" else parse_number(text)


def parse_exit_code(text: str) -> int:
    """What a process ended with; less than 0 where a signal ended it."""
    if not re.fullmatch(r"0|-?[1-9][0-9]{0,9}", text):
        raise Wrong
    return int(text)


def parse_seconds(text: str) -> float:
    """A time span with fractions."""
    if not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,18})?(?:[eE]-?[0-9]{1,2})?", text):
        raise Wrong
    return float(text)


def parse_flag(text: str) -> bool:
    """True or false, and no other word for it."""
    word = text.lower()
    if word in ("true", "false") and text in (word, word.title(), word.upper()):
        return word == "true"
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(word)
    raise Wrong(hint=f"did you mean `{meant}`?" if meant else "")


def parse_duration(text: str) -> int:
    """Seconds of `15m`, `2h` or `3d`."""
    found = _DURATION.fullmatch(text)
    if not found:
        bare = re.fullmatch(r"[1-9][0-9]{0,4}", text)
        raise Wrong(hint=f"say of what: `{text}m`, `{text}h` or `{text}d`" if bare else "")
    return int(found[1]) * _UNITS[found[2]]


def parse_time(text: str) -> int:
    """Seconds since the epoch of an RFC 3339 time; another zone than UTC is converted, fractions are cut."""
    found = _TIME.fullmatch(text)
    if not found:
        raise Wrong
    if not found[2]:
        raise Wrong("is a day, not a time", f"say when, in UTC: `{found[1]}T23:59:59Z`")
    if not found[3]:
        raise Wrong("does not say in which zone", f"end it with `Z` if it is UTC: `{found[1]}T{found[2]}Z`")
    zone = "+00:00" if found[3] in "Zz" else found[3]
    try:
        at = datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}")
    except ValueError:
        raise Wrong("is not in the calendar, or not on the clock") from None
    return (at - _EPOCH) // _SECOND


def parse_time_in_name(name: str) -> int | None:
    """The time that the name of a file starts with, such as `20261123T101500Z-3f2c`."""
    found = _STAMP.search(name)
    if not found:
        return None
    try:
        at = datetime.fromisoformat(f"{found[1]}+00:00")
    except ValueError:
        return None
    return (at - _EPOCH) // _SECOND


def parse_object_id(text: str) -> str:
    """A whole commit or tree id."""
    if not _OID.fullmatch(text.lower()):
        short = re.fullmatch(r"[0-9a-fA-F]{4,63}", text)
        raise Wrong(
            "is only a part of an id" if short else "",
            f"`git rev-parse {text}` prints it whole" if short else "",
        )
    return text.lower()


def parse_digest(text: str) -> str:
    """A SHA-256."""
    if not _DIGEST.fullmatch(text.lower()):
        raise Wrong
    return text.lower()


def parse_rule_name(text: str) -> str:
    """The id or the name of a rule, by its form alone."""
    if not _RULE.fullmatch(text):
        raise Wrong
    return text


def parse_pattern(text: str) -> str:
    """A path pattern that can match something below the repository's top."""
    if not text.strip():
        raise Wrong("is empty")
    if text[0] == "!":
        raise Wrong("begins with `!`", "say what is meant to match; `off_limits` is for what must not")
    _require_relative(text)
    if _has_unclosed_set(text):
        raise Wrong(
            "has a `[` that nothing closes", "close it with `]`, or write `\\[` for the character itself"
        )
    return text


def parse_path(text: str) -> str:
    """A path below the repository's top."""
    if not text.strip():
        raise Wrong("is empty")
    _require_relative(text)
    return text


def _require_relative(text: str) -> None:
    if text[0] in "/~" or re.match(r"[A-Za-z]:[\\/]", text):
        raise Wrong("is an absolute path", "write it from the repository's top, such as `src/api/**`")
    if _CONTROL.search(text):
        raise Wrong("has a control character in it")
    parts = text.removesuffix("/").split("/")
    if ".." in parts:
        raise Wrong("has a `..` in it", "write it from the repository's top, without `..`")
    if "." in parts or "" in parts:
        raise Wrong(
            "has an empty step in it (`./` or `//`)", "write it from the repository's top: `src/api/**`"
        )


def _has_unclosed_set(text: str) -> bool:
    """Is there a `[` that git's matcher reads to the end of the pattern?"""
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "[":
            # The first character of a set, after its `!` or `^`, is never its end.
            start = at + 2 if text[at + 1 : at + 2] in ("!", "^") else at + 1
            end = text.find("]", start + 1)
            if end < 0:
                return True
            at = end
        at += 1
    return False


def parse_branch_pattern(text: str) -> str:
    """A pattern of branch names, where `*` crosses `/`."""
    if not text.strip() or _CONTROL.search(text) or " " in text:
        raise Wrong
    return text


def parse_command(text: str) -> str:
    """A shell command, whose `{changed:…}` are well-formed."""
    if not text.strip():
        raise Wrong("is empty")
    for found in _CHANGED.finditer(text):
        if not found[0].startswith("{changed") or not found[1]:
            raise Wrong(
                "has an unfinished `{changed:…}`", "write `{changed:**/*.py}`: a pattern, without braces"
            )
        try:
            parse_pattern(found[2])
        except Wrong as wrong:
            raise Wrong(f"has a pattern in `{{changed:…}}` that {wrong.reason}", wrong.hint) from None
    return text
