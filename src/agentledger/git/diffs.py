"""Questions about what differs between commits, asked through the sealed directory (see `scratch`).

Here: which paths changed, from which blob to which. Not here: what is inside (`pairs`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from agentledger.git.objects import Failure, salvage_batch
from agentledger.git.process import Git, run, run_unchecked, split_stream, stream_output
from agentledger.model.fleet import Change
from agentledger.model.text import decode

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
            new_mode=shared(new_mode, new_mode),
            old=shared(old, old),
            new=shared(new, new),
        )


def read_changes(sealed: Git, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[Change, ...] | Failure]:
    """For each (from, to) of commits, what differs, in git's order of paths."""
    entries = _Entries()

    def ask(part: Sequence[tuple[str, str]]) -> tuple[list[tuple[Change, ...]], str]:
        # A commit followed by another one is compared with that one as if it were its parent;
        # --always prints the header even where nothing differs, so answers can be counted.
        flow = stream_output(
            sealed,
            ["diff-tree", "--stdin", "--always", *_RAW],
            (f"{new} {old}\n".encode() for old, new in part),
        )
        answers: list[list[Change]] = []
        words = split_stream(flow.blocks)
        for word in words:
            if word.startswith(b":"):
                answers[-1].append(entries.change(word, next(words)))
            else:
                answers.append([])
        reason = flow.failure()
        # The last answer of a failed batch may be half of one.
        return [tuple(a) for a in (answers[:-1] if reason else answers)], reason

    return salvage_batch(pairs, ask)


def read_ledger_log(sealed: Git, heads: Sequence[str], base: str) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """The commits outside base that touch the ledger's folder, parents first, and what they changed."""
    given = "".join(f"{head}\n" for head in heads) + f"^{base}\n"
    flags = ["--stdin", "--topo-order", "--reverse", "--full-history", "--diff-merges=first-parent"]
    flow = stream_output(
        sealed, ["log", *flags, "--format=%x00%H%x00", *_RAW, "--", ".agentledger/tasks"], [given.encode()]
    )
    for (commit,), changes in _parse_log(split_stream(flow.blocks)):
        yield commit, changes


def _parse_log(words: Iterator[bytes]) -> Iterator[tuple[list[str], tuple[Change, ...]]]:
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


def read_landings(sealed: Git, tip: str, stop: Sequence[str]) -> Iterator[Landing]:
    """Base's first-parent commits from `tip` down to what is reachable from `stop`, newest first."""
    given = f"{tip}\n" + "".join(f"^{commit}\n" for commit in stop)
    flags = ["--stdin", "--first-parent", "--diff-merges=first-parent", "--format=%x00%H %T%x00"]
    flow = stream_output(sealed, ["log", *flags, *_RAW], [given.encode()])
    for (commit, root), found in _parse_log(split_stream(flow.blocks)):
        yield Landing(commit, root, found)


def read_patch_ids(sealed: Git, pairs: Collection[tuple[str, str]]) -> dict[str, str]:
    """For each (from, to) of commits, `to` with the id of its patch, white space counted.

    All blobs should be there: the caller has looked. A diff without text has no id, nor has one
    that a damaged blob ends.
    """
    given = "".join(f"{new} {old}\n" for old, new in pairs).encode()
    flags = ["--stdin", "-r", "-p", "--no-renames", "--no-textconv", "--no-ext-diff", "--full-index"]
    patches, code, _ = run_unchecked(sealed, ["diff-tree", *flags], given)
    if code:
        listed = list(pairs)
        halves = (listed[: len(listed) // 2], listed[len(listed) // 2 :]) if len(listed) > 1 else ()
        return {commit: patch for half in halves for commit, patch in read_patch_ids(sealed, half).items()}
    out = decode(run(sealed, ["patch-id", "--verbatim"], patches))
    return {commit: patch for patch, commit in (line.split(" ") for line in out.split("\n") if line)}
