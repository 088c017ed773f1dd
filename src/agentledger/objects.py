"""Questions about objects, asked through the sealed directory (see `scratch`).

Each answers for any number of inputs with one process. Input is NUL- or line-
separated ids; output is taken apart at NUL. Where one bad object would end the
whole batch, `salvage` finds the culprit and goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from .git import Git, attempt, run, stream, tokens
from .model import Change, Commit, Person
from .text import decode

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failure:
    """git's reason for not answering one input."""

    reason: str


def salvage(
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


# -- commits ------------------------------------------------------------------------


def kinds(sealed: Git, names: Sequence[str | bytes]) -> list[tuple[str, str, int]]:
    """Id, type and size of each object named (`<id>^{}` peels tags, `<tree>:<path>` looks in trees).

    What is not there, or cannot be read, is `("", "missing", 0)`.
    """
    given = b"".join((name if isinstance(name, bytes) else name.encode()) + b"\0" for name in names)
    # -z: paths may hold newlines. The answer is a line an object all the same.
    fields = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    out, _, _ = attempt(sealed, ["cat-file", fields, "-z"], given) if names else (b"", 0, "")
    found = []
    for line in out.split(b"\n"):
        parts = line.rsplit(b" ", 2)
        if len(parts) == 3 and parts[2].isdigit():
            found.append((decode(parts[0]), decode(parts[1]), int(parts[2])))
        elif parts[-1] in (b"missing", b"ambiguous"):
            found.append(("", "missing", 0))
    if len(found) == len(names):
        return found
    # A corrupt object ends the batch, a missing name with a newline spans lines: ask again by halves.
    if len(names) == 1:
        return [("", "missing", 0)]
    half = len(names) // 2
    return kinds(sealed, names[:half]) + kinds(sealed, names[half:])


def parents(sealed: Git, tip: str) -> list[tuple[str, ...]]:
    """The whole history of `tip`, children first: each commit with its parents."""
    out = run(sealed, ["rev-list", "--topo-order", "--parents", tip])
    return [tuple(line.split(" ")) for line in decode(out).split("\n") if line]


_FIELDS = 9
_FORMAT = "%x00".join(
    [
        "%H",
        "%P",
        "%T",
        "%an",
        "%ae",
        "%at",
        "%ct",
        "%s",
        "%(trailers:only,unfold,separator=%x01,key_value_separator=%x02)",
    ]
)


def log(sealed: Git, heads: Sequence[str], base: str) -> list[Commit]:
    """Commits reachable from `heads` and not from `base`, parents first; GitError when one cannot be read."""
    given = "".join(f"{head}\n" for head in heads) + f"^{base}\n"
    flags = ["--stdin", "-z", "--topo-order", "--reverse", "--encoding=UTF-8", f"--format={_FORMAT}"]
    fields = run(sealed, ["log", *flags], given.encode()).split(b"\0")
    return [_commit(fields[at : at + _FIELDS]) for at in range(0, len(fields) - 1, _FIELDS)]


def show(sealed: Git, ids: Sequence[str]) -> list[Commit]:
    """These commits alone, without their history."""
    if not ids:
        return []
    flags = ["--stdin", "-z", "--no-walk=unsorted", "--encoding=UTF-8", f"--format={_FORMAT}"]
    fields = run(sealed, ["log", *flags], "".join(f"{i}\n" for i in ids).encode()).split(b"\0")
    return [_commit(fields[at : at + _FIELDS]) for at in range(0, len(fields) - 1, _FIELDS)]


def _commit(raw: list[bytes]) -> Commit:
    identity, above, tree, name, mail, at, committed, subject, trailers = map(decode, raw)
    pairs = tuple(
        (key, value) for key, _, value in (line.partition("\x02") for line in trailers.split("\x01") if line)
    )
    return Commit(
        identity,
        tuple(above.split()),
        tree,
        Person(name, mail),
        _seconds(at),
        _seconds(committed),
        subject,
        pairs,
    )


def _seconds(raw: str) -> int:
    """A commit's time; hostile or broken ones come as '' or beyond what 64 bits hold."""
    return int(raw) if raw.lstrip("-").isdigit() and len(raw) < 15 else 0


def walkable(sealed: Git, heads: Sequence[str], base: str) -> str:
    """'' when the history of all these heads can be walked, else git's reason."""
    given = "".join(f"{head}\n" for head in heads) + f"^{base}\n"
    return attempt(sealed, ["rev-list", "--count", "--stdin"], given.encode())[2]


def contents(sealed: Git, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Each object's id and raw content, one at a time; what is missing or unreadable is left out."""
    done, alone = 0, False
    while done < len(ids):
        part = ids[done : done + 1] if alone else ids[done:]
        flow = stream(sealed, ["cat-file", "--batch"], (f"{oid}\n".encode() for oid in part))
        reader = _Reader(flow.blocks)
        for oid in part:
            header = reader.line().split(b" ")
            if len(header) == 3 and header[2].isdigit():
                body = reader.take(int(header[2]) + 1)[:-1]
                if len(body) < int(header[2]):
                    break
                yield oid, body
            elif header[-1] not in (b"missing", b"ambiguous"):
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


# -- changes ------------------------------------------------------------------------

# Raw, recursive, no renames, full ids: paths are matched and ruled on one by one.
_RAW = ["-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none"]


class _Entries:
    """Makes changes out of raw lines; equal ids and paths become one object, since branches share most."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._paths: dict[bytes, bytes] = {}

    def change(self, header: bytes, path: bytes) -> Change:
        shared = self._ids.setdefault
        old_mode, new_mode, old, new, status = header[1:].decode().split(" ")
        return Change(
            self._paths.setdefault(path, path),
            status[0],
            shared(old_mode, old_mode),
            shared(new_mode, new_mode),
            shared(old, old),
            shared(new, new),
        )


def changes(sealed: Git, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[Change, ...] | Failure]:
    """For each (from, to) of commits, what differs, in git's order of paths."""
    entries = _Entries()

    def ask(part: Sequence[tuple[str, str]]) -> tuple[list[tuple[Change, ...]], str]:
        # A commit followed by another one is compared with that one as if it were its parent;
        # --always prints the header even where nothing differs, so answers can be counted.
        flow = stream(
            sealed,
            ["diff-tree", "--stdin", "--always", *_RAW],
            (f"{new} {old}\n".encode() for old, new in part),
        )
        answers: list[list[Change]] = []
        words = tokens(flow.blocks)
        for word in words:
            if word.startswith(b":"):
                answers[-1].append(entries.change(word, next(words)))
            else:
                answers.append([])
        reason = flow.failure()
        # The last answer of a failed batch may be half of one.
        return [tuple(a) for a in (answers[:-1] if reason else answers)], reason

    return salvage(pairs, ask)


def files(sealed: Git, commit: str) -> Iterator[tuple[bytes, bytes]]:
    """Path and id of each file of a commit's tree.

    The whole tree is listed: thousands of look-ups by path cost several times as much.
    """
    flow = stream(sealed, ["ls-tree", "-r", "-z", commit], [])
    for word in tokens(flow.blocks):
        entry, _, path = word.partition(b"\t")
        yield path, entry.rpartition(b" ")[2]


def tree(sealed: Git, commit: str, folder: str) -> list[tuple[str, str, bytes]]:
    """Mode, id and path of everything below `folder` in a commit's tree; [] where it is not there."""
    out, code, _ = attempt(sealed, ["ls-tree", "-r", "-z", commit, "--", folder])
    found = []
    for word in out.split(b"\0")[:-1] if not code else []:
        entry, _, path = word.partition(b"\t")
        mode, _, oid = decode(entry).split(" ")
        found.append((mode, oid, path))
    return found


def ledger_log(sealed: Git, heads: Sequence[str], base: str) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """The commits outside base that touch the ledger's folder, parents first, and what they changed."""
    given = "".join(f"{head}\n" for head in heads) + f"^{base}\n"
    flags = ["--stdin", "--topo-order", "--reverse", "--full-history", "--diff-merges=first-parent"]
    flow = stream(
        sealed, ["log", *flags, "--format=%x00%H%x00", *_RAW, "--", ".agentledger/tasks"], [given.encode()]
    )
    for (commit,), changes in _logged(tokens(flow.blocks)):
        yield commit, changes


def _logged(words: Iterator[bytes]) -> Iterator[tuple[list[str], tuple[Change, ...]]]:
    """The commits of a log in which NULs stand around each header, with their raw changes."""
    header: list[str] | None = None
    found: list[Change] = []
    entries = _Entries()
    for raw in words:
        word = raw.lstrip(b"\n")
        if word.startswith(b":"):
            found.append(entries.change(word, next(words)))
        elif word:
            if header:
                yield header, tuple(found)
            header, found = decode(word).split(" "), []
    if header:
        yield header, tuple(found)


class Landing(NamedTuple):
    """A commit of base's first-parent line: its tree, and what it changed against its first parent."""

    id: str
    tree: str
    changes: tuple[Change, ...]


def landings(sealed: Git, tip: str, stop: Sequence[str]) -> Iterator[Landing]:
    """Base's first-parent commits from `tip` down to what is reachable from `stop`, newest first."""
    given = f"{tip}\n" + "".join(f"^{commit}\n" for commit in stop)
    flags = ["--stdin", "--first-parent", "--diff-merges=first-parent", "--format=%x00%H %T%x00"]
    flow = stream(sealed, ["log", *flags, *_RAW], [given.encode()])
    for (commit, root), found in _logged(tokens(flow.blocks)):
        yield Landing(commit, root, found)


def patch_ids(sealed: Git, pairs: Collection[tuple[str, str]]) -> dict[str, str]:
    """For each (from, to) of commits, `to` with the id of its patch, white space counted.

    All blobs should be there: the caller has looked. A diff without text has no id, nor has one
    that a damaged blob ends.
    """
    given = "".join(f"{new} {old}\n" for old, new in pairs).encode()
    flags = ["--stdin", "-r", "-p", "--no-renames", "--no-textconv", "--no-ext-diff", "--full-index"]
    patches, code, _ = attempt(sealed, ["diff-tree", *flags], given)
    if code:
        listed = list(pairs)
        halves = (listed[: len(listed) // 2], listed[len(listed) // 2 :]) if len(listed) > 1 else ()
        return {commit: patch for half in halves for commit, patch in patch_ids(sealed, half).items()}
    out = decode(run(sealed, ["patch-id", "--verbatim"], patches))
    return {commit: patch for patch, commit in (line.split(" ") for line in out.split("\n") if line)}
