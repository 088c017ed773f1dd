"""Text that came from git, made fit to be shown: hidden characters spelled out, times and counts formatted.

Belongs here: pure functions on text. Does not: escaping for one format (see `reports`, `site`), or reading
and writing.

Names, subjects and paths can hold any byte: escape codes that move a terminal's cursor, characters that
reorder what a reader sees, bytes that are not UTF-8.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable

# Control characters (C0, DEL, C1), surrogates from undecodable bytes, bidirectional
# controls (UAX #9), zero-width and other invisible format characters, tag characters.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)


def decode(raw: bytes) -> str:
    """Bytes from git as `str`; `encode` gives exactly the same bytes back."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The inverse of `decode`."""
    return text.encode("utf-8", "surrogateescape")


def _escape_match(match: re.Match[str]) -> str:
    code = ord(match[0])
    # What `surrogateescape` makes of a byte that is not UTF-8.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:04X}}}"


def escape_hidden(text: str | bytes) -> str:
    """One line in which every hidden or undecodable character is spelled out.

    A byte that is not UTF-8 becomes `\\xNN`, a hidden character `\\u{NNNN}`.
    """
    return HIDDEN.sub(_escape_match, decode(text) if isinstance(text, bytes) else text)


def format_path(path: bytes) -> str:
    """A path for JSON: valid UTF-8 as it is, bytes that are not as `\\xNN`."""
    return re.sub("[\udc80-\udcff]", _escape_match, decode(path))


def quote_path(path: bytes) -> str:
    """A path to be put between two backticks: as `escape_hidden` gives it, each backtick as `\\x60`."""
    return escape_hidden(path).replace("`", "\\x60")


def format_rfc3339(at: int) -> str:
    """Seconds since the epoch as RFC 3339 in UTC; years outside 1–9999 are clamped."""
    moment = time.gmtime(min(max(at, -62135596800), 253402300799))
    # Not %Y, which gives early years fewer than four digits on some systems.
    return f"{moment.tm_year:04}" + time.strftime("-%m-%dT%H:%M:%SZ", moment)


def format_age(seconds: int) -> str:
    """A duration in one unit, for people: `now`, `5 min`, `3 h`, `12 d`, `4 mo`, `2 y`; in hours up to three days."""
    # A year of 365.25 days, and a month of a twelfth of it. Days begin late: 26 and 44 hours are both "1 d".
    for least, size, unit in (
        (31557600, 31557600, "y"),
        (2629800, 2629800, "mo"),
        (73 * 3600, 86400, "d"),
        (3600, 3600, "h"),
        (60, 60, "min"),
    ):
        if seconds >= least:
            return f"{seconds // size} {unit}"
    return "now"


def format_count(count: int, noun: str, many: str = "") -> str:
    """A count with its noun: `1 task`, `2 tasks`. `many` is the plural where it is not the noun and an s."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


# What reorders or hides text: bidirectional controls, zero-width characters, tags. Left out are
# control characters and undecodable bytes (odd, but they do not mislead), the soft hyphen, a
# byte order mark where a line starts, and joiners within a script or an emoji that needs them.
MISLEADING = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\uffa0"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
    "|(?<=[\x00-\x7f])[\u200c\u200d]|(?<=.)\ufeff"
)


def count_misleading(texts: Iterable[str]) -> Counter[str]:
    """How often each misleading character occurs in these texts, by its `U+202E` name."""
    counts: Counter[str] = Counter()
    for text in texts:
        if not text.isascii():
            counts.update(f"U+{ord(match[0]):04X}" for match in MISLEADING.finditer(text))
    return counts
