"""Questions about objects, through the sealed directory (see `scratch`): what is there, and what is in it.

Each answers for any number of inputs with one process. Input is NUL- or line-
separated ids; output is taken apart at NUL. Where one bad object would end the
whole batch, `salvage` finds the culprit and goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from agentledger.git.process import Git, run_unchecked, split_stream, stream_output
from agentledger.model.text import decode

T = TypeVar("T")
R = TypeVar("R")


# The last word of an answer that has no object in it (git-cat-file(1), "BATCH OUTPUT"). A path at which a
# tree has a submodule is `submodule` since git 2.51, and was `missing` before.
NO_OBJECT = (b"missing", b"ambiguous", b"submodule")


@dataclass(frozen=True, slots=True)
class Failure:
    """git's reason for not answering one input."""

    reason: str


def salvage_batch(
    items: Sequence[T], ask: Callable[[Sequence[T]], tuple[Sequence[R], str]]
) -> Iterator[R | Failure]:
    """Answers in order, one for each item, when one item can end a whole batch.

    `ask` gives the answers up to the failure, and the reason ('' when it went through).
    After a failure the next item is tried alone; batches then grow again, so a culprit
    costs two processes, not one for each of its neighbours.
    """
    done, size = 0, max(len(items), 1)
    while done < len(items):
        answers, reason = ask(items[done : done + size])
        yield from answers
        done += len(answers)
        if not reason:
            size *= 8
        elif size > 1:
            size = 1
        else:
            yield Failure(reason)
            done += 1
            size = len(items)


def read_object_info(sealed: Git, names: Sequence[str | bytes]) -> list[tuple[str, str, int]]:
    """Id, type and size of each object named (`<id>^{}` peels tags, `<tree>:<path>` looks in trees).

    What is not there, or cannot be read, is `("", "missing", 0)`.
    """
    given = b"".join((name if isinstance(name, bytes) else name.encode()) + b"\0" for name in names)
    # -z: paths may hold newlines. The answer is a line an object all the same.
    fields = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    out, _, _ = run_unchecked(sealed, ["cat-file", fields, "-z"], given) if names else (b"", 0, "")
    found = []
    for line in out.split(b"\n"):
        parts = line.rsplit(b" ", 2)
        if len(parts) == 3 and parts[2].isdigit():
            found.append((decode(parts[0]), decode(parts[1]), int(parts[2])))
        elif parts[-1] in NO_OBJECT:
            found.append(("", "missing", 0))
    if len(found) == len(names):
        return found
    # A corrupt object ends the batch, a missing name with a newline spans lines: ask again by halves.
    if len(names) == 1:
        return [("", "missing", 0)]
    half = len(names) // 2
    return read_object_info(sealed, names[:half]) + read_object_info(sealed, names[half:])


def read_object_contents(sealed: Git, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each object's id and raw content, one at a time; what is missing or unreadable is left out."""
    done, alone = 0, False
    while done < len(ids):
        part = ids[done : done + 1] if alone else ids[done:]
        flow = stream_output(sealed, ["cat-file", "--batch"], (f"{oid}\n".encode() for oid in part))
        reader = _Reader(flow.blocks)
        for oid in part:
            header = reader.line().split(b" ")
            if len(header) == 3 and header[2].isdigit():
                body = reader.take(int(header[2]) + 1)[:-1]
                if len(body) < int(header[2]):
                    break
                yield oid, body
            elif header[-1] not in NO_OBJECT:
                break
            done += 1
        reader.drain()
        failed = bool(flow.failure())
        # A damaged object ends the batch: the one that was not answered is tried alone, then passed over.
        done += failed and alone
        alone = failed and not alone


class _Reader:
    """Lines and counted bytes out of a stream of blocks."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = bytearray()

    def line(self) -> bytes:
        while (end := self._rest.find(b"\n")) < 0 and self._more():
            pass
        return self._cut(end + 1 if end >= 0 else len(self._rest)).rstrip(b"\n")

    def take(self, size: int) -> bytes:
        while len(self._rest) < size and self._more():
            pass
        return self._cut(size)

    def drain(self) -> None:
        while self._more():
            self._rest.clear()

    def _more(self) -> bool:
        block = next(self._blocks, b"")
        self._rest += block
        return bool(block)

    def _cut(self, size: int) -> bytes:
        head = bytes(self._rest[:size])
        del self._rest[:size]
        return head


def read_file_ids(sealed: Git, commit: str) -> Iterator[tuple[bytes, bytes]]:
    """Path and id of each file of a commit's tree.

    The whole tree is listed: thousands of look-ups by path cost several times as much.
    """
    flow = stream_output(sealed, ["ls-tree", "-r", "-z", commit], [])
    for word in split_stream(flow.blocks):
        entry, _, path = word.partition(b"\t")
        yield path, entry.rpartition(b" ")[2]


def read_tree_entries(sealed: Git, commit: str, folder: str) -> list[tuple[str, str, bytes]]:
    """Mode, id and path of everything below `folder` in a commit's tree; [] where it is not there."""
    out, code, _ = run_unchecked(sealed, ["ls-tree", "-r", "-z", commit, "--", folder])
    found = []
    for word in out.split(b"\0")[:-1] if not code else []:
        entry, _, path = word.partition(b"\t")
        mode, _, oid = decode(entry).split(" ")
        found.append((mode, oid, path))
    return found
