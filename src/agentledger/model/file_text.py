"""The text of a file, as a reader sees it: which files have one, and in which encoding.

Belongs here: that decision, on the bytes alone. Does not: what is in the text (see `text`), or attributes of a
work tree, which hold at no gate. It imports nothing: each commit starts with it.
"""

from __future__ import annotations

# Where git looks for a NUL before it shows a file line by line: FIRST_FEW_BYTES in its xdiff-interface.c.
LOOKED_AT = 8000
_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(raw: bytes) -> str | None:
    """Return the text of a file's bytes; None where git calls them binary.

    Bytes that are no UTF-8 become surrogates. UTF-16 with a byte order mark, which git calls binary, is text all
    the same: editors show it as such.
    """
    if raw.startswith(_MARKS) and (text := _read_utf16(raw)) is not None:
        return text
    return None if is_binary(raw) else raw.decode("utf-8", "surrogateescape")


def is_binary(raw: bytes) -> bool:
    """Is it a file that git calls binary, and that is no UTF-16 with a byte order mark?"""
    if b"\0" not in raw[:LOOKED_AT]:
        return False
    return not raw.startswith(_MARKS) or _read_utf16(raw) is None


def _read_utf16(raw: bytes) -> str | None:
    try:
        text = raw.decode("utf-16")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
