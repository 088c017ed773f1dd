"""Parse every value that is one word or one line: ids, durations, times, patterns.

Belongs here: what a well-formed value is, and the reason where one is not. Does not: where in a document a
value is (see `kinds`), or what a pattern matches (see `scope`).

Each function takes text and raises `Wrong`.
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
    """A value is not well-formed. `reason` completes "it …"; `hint` says what to write, '': the usual form."""

    def __init__(self, reason: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def parse_identifier(text: str) -> str:
    """Parse the id of a task, checkpoint or check."""
    if len(text) > MOST_ID:
        raise Wrong(f"is {len(text)} characters long", f"at most {MOST_ID} characters")
    if not _ID.fullmatch(text):
        slug = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:MOST_ID].strip("-")
        raise Wrong(hint=f"small letters, digits and single dashes: `{slug}`" if slug else "")
    return text


def parse_number(text: str) -> int:
    """Parse a whole number from 1."""
    if not _NUMBER.fullmatch(text):
        raise Wrong
    return int(text)


def parse_count(text: str) -> int:
    """Parse a whole number from 0."""
    return 0 if text == "0" else parse_number(text)


def parse_exit_code(text: str) -> int:
    """Parse the exit code of a process; it is below 0 where a signal ended the process."""
    if not re.fullmatch(r"0|-?[1-9][0-9]{0,9}", text):
        raise Wrong
    return int(text)


def parse_seconds(text: str) -> float:
    """Parse a number of seconds, with fractions."""
    if not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,18})?(?:[eE]-?[0-9]{1,2})?", text):
        raise Wrong
    return float(text)


def parse_flag(text: str) -> bool:
    """Parse true or false; no other word is taken for either."""
    word = text.lower()
    # The three spellings that YAML has.
    if word in ("true", "false") and text in (word, word.title(), word.upper()):
        return word == "true"
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(word)
    raise Wrong(hint=f"did you mean `{meant}`?" if meant else "")


def parse_duration(text: str) -> int:
    """Return the seconds of `15m`, `2h` or `3d`."""
    match = _DURATION.fullmatch(text)
    if not match:
        bare = re.fullmatch(r"[1-9][0-9]{0,4}", text)
        raise Wrong(hint=f"say of what: `{text}m`, `{text}h` or `{text}d`" if bare else "")
    return int(match[1]) * _UNITS[match[2]]


def parse_time_limit(text: str) -> int:
    """Return the seconds of `60s`, `5m` or `1h`; 0 for `0s`."""
    match = re.fullmatch(r"(0|[1-9][0-9]{0,4})([smh])", text)
    if not match:
        bare = re.fullmatch(r"[0-9]{1,5}", text)
        raise Wrong(hint=f"say of what: `{text}s` or `{text}m`" if bare else "")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


def parse_time(text: str) -> int:
    """Return an RFC 3339 time in seconds since the epoch; zones are converted, fractions are cut off."""
    match = _TIME.fullmatch(text)
    if not match:
        raise Wrong
    if not match[2]:
        raise Wrong("is a day, not a time", f"say when, in UTC: `{match[1]}T23:59:59Z`")
    if not match[3]:
        raise Wrong("does not say in which zone", f"end it with `Z` if it is UTC: `{match[1]}T{match[2]}Z`")
    zone = "+00:00" if match[3] in "Zz" else match[3]
    try:
        at = datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}")
    except ValueError:
        raise Wrong("is not in the calendar, or not on the clock") from None
    return (at - _EPOCH) // _SECOND


def parse_time_in_name(name: str) -> int | None:
    """Return the time in a file's name, such as `20261123T101500Z-3f2c`, in seconds since the epoch, or None."""
    match = _STAMP.search(name)
    if not match:
        return None
    try:
        at = datetime.fromisoformat(f"{match[1]}+00:00")
    except ValueError:
        return None
    return (at - _EPOCH) // _SECOND


def parse_object_id(text: str) -> str:
    """Parse a full object id, SHA-1 or SHA-256; return it in lower case."""
    if not _OID.fullmatch(text.lower()):
        short = re.fullmatch(r"[0-9a-fA-F]{4,63}", text)
        raise Wrong(
            "is only a part of an id" if short else "",
            f"`git rev-parse {text}` prints it whole" if short else "",
        )
    return text.lower()


def parse_digest(text: str) -> str:
    """Parse a SHA-256 digest; return it in lower case."""
    if not _DIGEST.fullmatch(text.lower()):
        raise Wrong
    return text.lower()


def parse_rule_name(text: str) -> str:
    """Parse the id or the name of a rule; whether there is such a rule is not asked."""
    if not _RULE.fullmatch(text):
        raise Wrong
    return text


def parse_pattern(text: str) -> str:
    """Parse a path pattern that can match something below the repository's top."""
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
    """Parse a path below the repository's top."""
    if not text.strip():
        raise Wrong("is empty")
    _require_relative(text)
    return text


def _require_relative(text: str) -> None:
    # From a root, from a home, or from a drive of Windows.
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
    """Does a `[` stay open? git's matcher would read it to the end of the pattern."""
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "[":
            # A `]` that is the first character of a set, after its `!` or `^`, does not close it.
            start = at + 2 if text[at + 1 : at + 2] in ("!", "^") else at + 1
            end = text.find("]", start + 1)
            if end < 0:
                return True
            at = end
        at += 1
    return False


def parse_branch_pattern(text: str) -> str:
    """Parse a pattern of branch names, in which `*` matches `/`, too."""
    if not text.strip() or _CONTROL.search(text) or " " in text:
        raise Wrong
    return text


def parse_command(text: str) -> str:
    """Parse a shell command; each `{changed:…}` in it must be well-formed."""
    if not text.strip():
        raise Wrong("is empty")
    for match in _CHANGED.finditer(text):
        if not match[0].startswith("{changed") or not match[1]:
            raise Wrong(
                "has an unfinished `{changed:…}`", "write `{changed:**/*.py}`: a pattern, without braces"
            )
        try:
            parse_pattern(match[2])
        except Wrong as wrong:
            raise Wrong(f"has a pattern in `{{changed:…}}` that {wrong.reason}", wrong.hint) from None
    return text
