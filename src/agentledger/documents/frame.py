"""Split a document into front matter and Markdown, and turn its bytes into text.

Belongs here: length, encoding, byte order mark, line ends, the two `---` lines. Does not: YAML (see
`syntax.yaml_lines`), or headings (see `sections`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agentledger.documents.syntax.problems import Problems

# The longest document, in bytes; of a longer one nothing is read.
MOST_BYTES = 256 << 10

_OPEN = re.compile(r"(?:[ \t]*\n)*---[ \t]*(?:\n|\Z)")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
# What no YAML reader accepts, or takes for the end of a line. Tabs stay: YAML's own error about them is better.
_NOT_YAML = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_FORM = "begin the file with a line `---`, then one `key: value` a line, then `---` again"


class Frame(NamedTuple):
    """A document taken apart. `head` is the YAML, None where none can be read; lines count from 1.

    `text` has LF line ends and no byte order mark, whatever the file has; NUL and bytes that are not UTF-8
    are U+FFFD in it.
    """

    text: str = ""
    head: str | None = None
    head_line: int = 1
    body: str = ""
    body_line: int = 1


def decode_document(raw: bytes, size: int | None, out: Problems) -> str | None:
    """Decode `raw`, all of a file of `size` bytes or its beginning; None, with a problem, if that is too long."""
    size = max(size or 0, len(raw))
    if size > MOST_BYTES:
        out.invalid(
            None, f"it is {size:,} bytes long, so it was not read", "at most 256 KiB: keep logs elsewhere"
        )
        return None
    raw = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        out.invalid(raw.count(b"\n", 0, error.start) + 1, "it is not UTF-8", "save the file as UTF-8")
        text = raw.decode("utf-8", "replace")
    if "\0" in text:
        out.invalid(
            _line_number(text, text.index("\0")), "there is a NUL in it", "is this a text file at all?"
        )
        text = text.replace("\0", "\ufffd")
    return text


def parse_frame(raw: bytes, size: int | None, out: Problems) -> Frame | None:
    """Take a Markdown document apart; None, with a problem, where it is too long or empty."""
    text = decode_document(raw, size, out)
    if text is None:
        return None
    if not text.strip():
        out.incomplete(None, "it is empty", _FORM)
        return None
    opened = _OPEN.match(text)
    if not opened:
        out.invalid(1, "there is no front matter", _FORM)
        return Frame(text, None, 1, body=text, body_line=1)
    start = opened.end()
    line = _line_number(text, start)
    closed = _CLOSE.search(text, start)
    if not closed:
        out.invalid(
            line - 1, "the front matter has no end", "put `---` on a line of its own below the last key"
        )
        return Frame(text, None, line, body=text[start:], body_line=line)
    return Frame(
        text,
        _clean_yaml(text[start : closed.start()], line, out),
        line,
        body=text[closed.end() :],
        body_line=_line_number(text, closed.end()),
    )


def _clean_yaml(head: str, line: int, out: Problems) -> str:
    found = _NOT_YAML.search(head)
    if found:
        where = line + head.count("\n", 0, found.start())
        said = f"the front matter has a hidden character in it: U+{ord(found[0]):04X}"
        out.invalid(where, said, "delete it, or type the line again")
        head = _NOT_YAML.sub("\ufffd", head)
    return head


def _line_number(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
