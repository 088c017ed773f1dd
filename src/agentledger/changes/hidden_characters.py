"""Characters that a change adds and nobody sees, or that reorder what is seen; and files not searched for them.

Belongs here: finding them in names and blobs. Does not: which characters those are (see `model.text`), what is
text (see `model.file_text`), or whether a change may bring them (see `rules.ownership`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from agentledger.changes.content_risks import LINK, SUBMODULE
from agentledger.git import objects
from agentledger.git.scratch import Scratch
from agentledger.model.file_text import LOOKED_AT, is_binary, read_text
from agentledger.model.fleet import Change
from agentledger.model.text import HIDDEN, MISLEADING, count_misleading, decode, encode, format_path
from agentledger.rules.case import Hidden
from agentledger.storage.cache import Cache, Form, get_or_compute

# Of a blob: what is larger is not searched, and that is said. A text of this size takes a second or two.
MOST_BYTES = 32 << 20
# git's own core.bigFileThreshold: what is larger is binary to it, whatever is in it.
_BINARY_BYTES = 512 << 20


class _Content(NamedTuple):
    """What is in a blob: the first line of each kind of misleading character, and whether it is text."""

    lines: Mapping[str, int]
    text: bool = True


_ASCII = frozenset(map(chr, range(128)))
_PLAIN, _BINARY, _TOO_LARGE = _Content({}), _Content({}, text=False), _Content({})


def find_hidden(
    scratch: Scratch, changes: Iterable[Change], store: Cache | None = None
) -> dict[Change, tuple[Hidden, ...]]:
    """Map each change to the misleading characters that it adds, in the file or in its name.

    A kind of character that the file had before is left out. A file that git calls binary is not searched; of one
    that was text before, and of one larger than MOST_BYTES, that is said. Without `store` nothing is remembered.
    """
    keys = {
        change: f"{change.old} {change.new} {change.new_mode} {decode(change.path)}" for change in changes
    }
    hidden = get_or_compute(
        store, "misleading", keys, compute=lambda missing: _find_hidden(scratch, missing), form=_HIDDEN
    )
    return {change: places for change, places in hidden.items() if places}


def _dump_hidden(places: tuple[Hidden, ...]) -> Any:
    return [
        [each.where, decode(each.path or b""), each.line, list(each.names), each.unread] for each in places
    ]


def _load_hidden(rows: Any) -> tuple[Hidden, ...]:
    return tuple(
        Hidden(
            str(where),
            encode(path),
            line=None if line is None else int(line),
            names=tuple(map(str, names)),
            unread=str(unread),
        )
        for where, path, line, names, unread in rows
    )


_HIDDEN = Form(_dump_hidden, _load_hidden)


def _find_hidden(scratch: Scratch, changes: list[Change]) -> dict[Change, tuple[Hidden, ...]]:
    # An id of zeros is git's "no blob here": the file was deleted, or is new.
    files = [c for c in changes if c.new.strip("0") and c.new_mode not in (LINK, SUBMODULE)]
    contents = _search_blobs(scratch, [blob for c in files for blob in (c.old, c.new) if blob.strip("0")])
    return {
        change: (
            *_hidden_in_path(change),
            *_hidden_in_file(change, contents),
            *_describe_unread(change, contents),
        )
        for change in changes
    }


def _search_blobs(scratch: Scratch, ids: Iterable[str]) -> dict[str, _Content]:
    blobs = list(dict.fromkeys(ids))
    infos = objects.read_object_info(scratch.git, blobs)
    sizes = {blob: size for blob, (_, kind, size) in zip(blobs, infos, strict=True) if kind == "blob"}
    small = [blob for blob, size in sizes.items() if size <= MOST_BYTES]
    large = [blob for blob, size in sizes.items() if MOST_BYTES < size <= _BINARY_BYTES]
    # One blob at a time: only what was found in it is kept. Of a large one its beginning shows what it is.
    contents = {blob: _search_blob(raw) for blob, raw in objects.read_object_contents(scratch.git, small)}
    for blob, start in objects.read_object_contents(scratch.git, large, most=LOOKED_AT) if large else ():
        contents[blob] = _BINARY if is_binary(start) else _TOO_LARGE
    return contents | {blob: _BINARY for blob, size in sizes.items() if size > _BINARY_BYTES}


def _search_blob(raw: bytes) -> _Content:
    text = read_text(raw)
    if text is None:
        return _BINARY
    # Most files are ASCII; of the others, which characters there are is known sooner than where each is.
    if text.isascii() or not HIDDEN.search("".join(set(text) - _ASCII)):
        return _PLAIN
    lines: dict[str, int] = {}
    line, at = 1, 0
    for match in MISLEADING.finditer(text):
        line, at = line + text.count("\n", at, match.start()), match.start()
        lines.setdefault(f"U+{ord(match[0]):04X}", line)
    return _Content(lines) if lines else _PLAIN


def _hidden_in_file(change: Change, contents: Mapping[str, _Content]) -> Iterator[Hidden]:
    before = contents.get(change.old, _PLAIN).lines
    new = {n: line for n, line in contents.get(change.new, _PLAIN).lines.items() if n not in before}
    if new:
        yield Hidden(format_path(change.path), change.path, min(new.values()), tuple(sorted(new)))


def _hidden_in_path(change: Change) -> Iterator[Hidden]:
    names = count_misleading([decode(change.path)]) if change.status != "D" else None
    if names:
        yield Hidden("the name of a file", change.path, None, tuple(sorted(names)))


def _describe_unread(change: Change, contents: Mapping[str, _Content]) -> Iterator[Hidden]:
    """Yield why a file was not searched; nothing of a binary one that was binary before, or is new."""
    was_text = contents.get(change.old, _BINARY).text
    content, why = contents.get(change.new, _PLAIN), ""
    if content is _TOO_LARGE:
        why = f"is larger than {MOST_BYTES >> 20} MiB"
    elif was_text and not content.text:
        why = "was text, and is binary to git now, so that no diff shows it"
    if why:
        yield Hidden(format_path(change.path), change.path, line=None, names=(), unread=why)
