"""Reads objects through the sealed directory: which are there, how large they are, and what is in them.

Belongs here: questions about blobs and trees (see `scratch` for where they are asked). Does not: commits (see
`commits`), or what differs between two of them (see `diffs`).

Each function answers for any number of inputs with one process. Where one bad object would end the whole
batch, `salvage_batch` finds that object and goes on with the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from agentledger.git.process import Git, run, run_unchecked, split_stream, stream_output
from agentledger.model.text import decode

T = TypeVar("T")
R = TypeVar("R")


# The last word of an answer where there is no such object (git-cat-file(1), "BATCH OUTPUT"). For a path at
# which a tree has a submodule it is `submodule` since git 2.51, and was `missing` before.
NO_OBJECT = (b"missing", b"ambiguous", b"submodule")


@dataclass(frozen=True, slots=True)
class Failure:
    """git's reason for not answering one input."""

    reason: str


def salvage_batch(
    items: Sequence[T], ask: Callable[[Sequence[T]], tuple[Sequence[R], str]]
) -> Iterator[R | Failure]:
    """Answers in order, one for each item, where one bad item can end a whole batch.

    `ask` takes items, and gives the answers up to the failure with git's reason ('' where there was none).
    After a failure the next item is tried alone; batches then grow again. So a bad item costs two processes,
    not one for each of its neighbours.
    """
    done, size = 0, max(len(items), 1)
    while done < len(items):
        part = items[done : done + size]
        answers, reason = ask(part)
        if not reason and len(answers) < len(part):
            # Somebody wrote other content under an object's name: nobody knows which of them has no answer.
            answers, reason = (), "git left out an answer, as for a damaged object"
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
    """Id, type and size (bytes) of each object named: `<id>^{}` peels a tag, `<tree>:<path>` looks in a tree.

    What is not there, or cannot be read, is `("", "missing", 0)`.
    """
    stdin = b"".join((name if isinstance(name, bytes) else name.encode()) + b"\0" for name in names)
    # -z: paths may hold newlines. Answers end with a newline all the same.
    fields = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    out, _, _ = (
        run_unchecked(sealed, ["cat-file", fields, "-z", "--buffer"], stdin) if names else (b"", 0, "")
    )
    answers = []
    for line in out.split(b"\n"):
        parts = line.rsplit(b" ", 2)
        if len(parts) == 3 and parts[2].isdigit():
            answers.append((decode(parts[0]), decode(parts[1]), int(parts[2])))
        elif parts[-1] in NO_OBJECT:
            answers.append(("", "missing", 0))
    if len(answers) == len(names):
        return answers
    # A corrupt object ends the batch, and a missing name with a newline spans lines: ask again by halves.
    if len(names) == 1:
        return [("", "missing", 0)]
    half = len(names) // 2
    return read_object_info(sealed, names[:half]) + read_object_info(sealed, names[half:])


def read_object_contents(
    sealed: Git, ids: Sequence[str], most: int | None = None
) -> Iterator[tuple[str, bytes]]:
    """Each object's id and raw content, one at a time in the order given; what cannot be read is left out.

    With `most`, no more than so many bytes of each are kept, from its beginning.
    """
    done, alone = 0, False
    while done < len(ids):
        part = ids[done : done + 1] if alone else ids[done:]
        flow = stream_output(
            sealed, ["cat-file", "--batch", "--buffer"], (f"{oid}\n".encode() for oid in part)
        )
        reader = _Reader(flow.blocks)
        for oid in part:
            header = reader.line().split(b" ")
            if len(header) == 3 and header[2].isdigit():
                # git puts a newline after each content.
                size = int(header[2])
                body = reader.take(size if most is None else min(size, most))
                if not reader.skip(size - len(body) + 1):
                    break
                yield oid, body
            elif header[-1] not in NO_OBJECT:
                break
            done += 1
        reader.drain()
        failed = bool(flow.failure())
        # A damaged object ends the batch: the first without an answer is tried alone, then passed over.
        done += failed and alone
        alone = failed and not alone


class _Reader:
    """Reads lines, and given numbers of bytes, from a stream of blocks."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._buffer = bytearray()

    def line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0 and self._more():
            pass
        return self._cut(end + 1 if end >= 0 else len(self._buffer)).rstrip(b"\n")

    def take(self, size: int) -> bytes:
        while len(self._buffer) < size and self._more():
            pass
        return self._cut(size)

    def skip(self, size: int) -> bool:
        """Pass over so many bytes without keeping them; False where there are fewer."""
        while size > len(self._buffer):
            size -= len(self._buffer)
            self._buffer.clear()
            if not self._more():
                return False
        self._cut(size)
        return True

    def drain(self) -> None:
        while self._more():
            self._buffer.clear()

    def _more(self) -> bool:
        block = next(self._blocks, b"")
        self._buffer += block
        return bool(block)

    def _cut(self, size: int) -> bytes:
        head = bytes(self._buffer[:size])
        del self._buffer[:size]
        return head


def parse_tree_names(body: bytes, object_format: str) -> Iterator[bytes]:
    """Yield the names in a tree's content, those of folders with a slash at the end."""
    size, at = 32 if object_format == "sha256" else 20, 0
    while at < len(body):
        mode, _, name = body[at : body.index(b"\0", at)].partition(b" ")
        yield name + b"/" if mode == b"40000" else name
        at += len(mode) + len(name) + 2 + size


def read_file_ids(sealed: Git, commit: str) -> Iterator[tuple[bytes, bytes]]:
    """Path and id of each file in a commit's tree.

    The whole tree is listed: thousands of look-ups by path take several times as long.
    """
    flow = stream_output(sealed, ["ls-tree", "-r", "-z", commit], [])
    for token in split_stream(flow.blocks):
        entry, _, path = token.partition(b"\t")
        yield path, entry.rpartition(b" ")[2]


def read_files(git: Git, commit: str) -> dict[bytes, tuple[str, str]]:
    """Mode and id of every file and submodule in a commit's tree, by path. Raises GitError where it cannot be read."""
    files = {}
    for token in run(git, ["ls-tree", "-r", "-z", "--full-tree", commit]).split(b"\0")[:-1]:
        entry, _, path = token.partition(b"\t")
        mode, _, oid = entry.decode("ascii").split(" ")
        files[path] = (mode, oid)
    return files


def read_tree_entries(sealed: Git, commit: str, folder: str) -> list[tuple[str, str, bytes]]:
    """Mode, id and path of every file below `folder` in a commit's tree; [] where there is no such folder."""
    out, code, _ = run_unchecked(sealed, ["ls-tree", "-r", "-z", commit, "--", folder])
    entries = []
    for token in out.split(b"\0")[:-1] if not code else []:
        entry, _, path = token.partition(b"\t")
        mode, _, oid = decode(entry).split(" ")
        entries.append((mode, oid, path))
    return entries


def read_entries(sealed: Git, tree: str, paths: Sequence[bytes]) -> dict[bytes, tuple[str, str]]:
    """Mode and id of what a tree has at these paths, files, folders and submodules; {} where it cannot be read."""
    entries = {}
    # No command line holds any number of paths.
    for part in (paths[at : at + 500] for at in range(0, len(paths), 500)):
        args = ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", tree, "--", *map(decode, part)]
        out, code, _ = run_unchecked(sealed, args)
        for token in out.split(b"\0")[:-1] if not code else []:
            entry, _, path = token.partition(b"\t")
            mode, _, oid = decode(entry).split(" ")
            entries[path] = (mode, oid)
    return entries


def find_entry_ids(sealed: Git, commit: str, paths: Sequence[str]) -> dict[str, str] | None:
    """The blob's id for each of these paths that a commit's tree has; None where a tree is missing.

    Unlike `read_object_info` it needs no blob, so it tells a path that is not in the tree from a blob that a
    partial clone lacks.
    """
    out, code, _ = run_unchecked(sealed, ["ls-tree", "-z", commit, "--", *paths])
    if code:
        return None
    entries = (decode(token).partition("\t") for token in out.split(b"\0")[:-1])
    return {path: entry.split(" ")[2] for entry, _, path in entries if entry.split(" ")[1] == "blob"}


def read_tree_names(git: Git, args: Sequence[str]) -> list[str]:
    """The paths that `git ls-tree` lists, from the top; `args` is a commit, with more of its arguments."""
    out = run(git, ["ls-tree", "-z", "--full-tree", "--name-only", *args])
    return decode(out).split("\0")[:-1]


def blob_id(content: bytes, object_format: str) -> str:
    """The id that git gives a blob of these bytes; `object_format` is sha1 or sha256."""
    digest = hashlib.new(object_format, b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return digest.hexdigest()
