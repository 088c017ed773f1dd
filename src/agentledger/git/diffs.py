"""Reads which paths differ between commits, through the sealed directory.

Belongs here: which paths changed, from which blob to which, and the ids of patches. Does not: what changed
inside a file (see `blob_pairs`). Questions are asked in the directory that `scratch` makes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from agentledger.git.objects import Failure, salvage_batch
from agentledger.git.process import Git, Stream, run, run_unchecked, split_stream, stream_output
from agentledger.model import ledger_paths
from agentledger.model.errors import GitError
from agentledger.model.fleet import Change
from agentledger.model.text import decode

# Raw output with full ids, folders opened up, and no renames: rules judge one path at a time.
_TASKS = ledger_paths.TASKS.rstrip("/")
_RAW = ["-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none"]


class _Entries:
    """Makes changes out of raw lines. Equal ids and paths become one object: branches share most of them."""

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
    """For each pair of commits (from, to), what differs, in git's order of paths; a Failure if git fails."""
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
        tokens = split_stream(flow.blocks)
        for token in tokens:
            if token.startswith(b":"):
                answers[-1].append(entries.change(token, next(tokens)))
            else:
                answers.append([])
        reason = flow.failure()
        # Where the batch failed, the last answer may be cut off.
        return [tuple(a) for a in (answers[:-1] if reason else answers)], reason

    return salvage_batch(pairs, ask)


class _Renames:
    """The renames of one pair. git breaks up no file of less than 400 bytes, so one that was replaced is found here."""

    def __init__(self) -> None:
        self._named: list[tuple[bytes, bytes, bool]] = []
        self._gone: dict[tuple[bytes, bytes], bytes] = {}
        self._replaced: list[tuple[tuple[bytes, bytes], bytes]] = []

    def add(self, header: bytes, tokens: Iterator[bytes]) -> None:
        """Take in a raw line, and its paths."""
        old_mode, new_mode, old, new, status = header[1:].split(b" ")
        path = next(tokens)
        if status[:1] in b"RC":
            target = next(tokens)
            if status.startswith(b"R"):
                self._named.append((path, target, (old_mode, old) == (new_mode, new)))
        elif status == b"D":
            self._gone[old_mode, old] = path
        elif status.startswith(b"M"):
            self._replaced.append(((new_mode, new), path))

    @property
    def rows(self) -> tuple[tuple[bytes, bytes, bool], ...]:
        """The old path, the new one, and whether content and mode are the same, of each."""
        same = ((self._gone.get(entry), path) for entry, path in self._replaced)
        return (*self._named, *((source, path, True) for source, path in same if source is not None))


def read_renames(
    sealed: Git, pairs: Sequence[tuple[str, str]], least: int = 50
) -> Iterator[tuple[tuple[bytes, bytes, bool], ...] | Failure]:
    """For each pair of commits (from, to), the files that git takes for renamed; a Failure if git fails.

    Each as its old path, its new one, and whether content and mode are the same. `least` is how much of the content
    has to be the same, in percent; with 100 no blob is read.
    """

    def ask(part: Sequence[tuple[str, str]]) -> tuple[list[tuple[tuple[bytes, bytes, bool], ...]], str]:
        # --always without --diff-filter: a pair whose changes are all filtered out would have no header.
        # -B: a file that took the place of another one was renamed, too.
        flags = [
            "-r",
            "-z",
            "--raw",
            *(["-B"] if least < 100 else []),
            f"-M{least}%",
            "--no-abbrev",
            "--ignore-submodules=none",
        ]
        flow = stream_output(
            sealed,
            ["diff-tree", "--stdin", "--always", *flags],
            (f"{new} {old}\n".encode() for old, new in part),
        )
        answers: list[_Renames] = []
        tokens = split_stream(flow.blocks)
        for token in tokens:
            if token.startswith(b":"):
                answers[-1].add(token, tokens)
            else:
                answers.append(_Renames())
        reason = flow.failure()
        return [each.rows for each in (answers[:-1] if reason else answers)], reason

    return salvage_batch(pairs, ask)


def read_ledger_log(sealed: Git, heads: Sequence[str], base: str) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """The commits outside base that touch the ledger's folder, parents first, and what they changed.

    GitError at the end where git cannot read on; what came before it stays true.
    """
    revisions = "".join(f"{head}\n" for head in heads) + f"^{base}\n"
    # --full-history: or git would follow one side of a merge only, where that side has the same files as the
    # merge, and leave out the commits of the other.
    flags = ["--stdin", "--topo-order", "--reverse", "--full-history", "--diff-merges=first-parent"]
    flow = stream_output(
        sealed,
        ["log", *flags, "--format=%x00%H%x00", *_RAW, "--", _TASKS],
        [revisions.encode()],
    )
    for (commit,), changes in _parse_log(split_stream(flow.blocks)):
        yield commit, changes
    _require_whole(flow)


def read_file_history(
    sealed: Git, tip: str, stop: str | None, patterns: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], tuple[Change, ...]]]:
    """The commits of `tip` that `stop` lacks and that add or change a file of these pathspecs, newest first.

    Each comes as its id and its parents', with the files that it added or changed; a merge once for each
    parent. GitError at the end where git cannot read on.
    """
    # -m and --full-history: a squash by a forge, and a merge typed by hand, can bring a file that no single
    # commit of the history adds.
    flags = ["--stdin", "--topo-order", "--full-history", "-m", "--diff-filter=AM", "--format=%x00%H %P%x00"]
    revisions = f"{tip}\n" + (f"^{stop}\n" if stop else "")
    flow = stream_output(sealed, ["log", *flags, *_RAW, "--", *patterns], [revisions.encode()])
    for header, changes in _parse_log(split_stream(flow.blocks)):
        yield tuple(word for word in header if word), changes
    _require_whole(flow)


def read_path_states(
    sealed: Git, tip: str, without: Sequence[str], paths: Sequence[bytes]
) -> Iterator[tuple[str, tuple[bytes, str, str]]]:
    """Yield each commit of `tip` outside of `without` that changed one of the paths, with what it has there then.

    That is the path, and its mode and blob, zeros where the commit took it away. GitError where git cannot read on.
    """
    # --full-history: what came in by a merge counts, too. -m: content that only a merge made is in no other diff.
    flags = [
        "--full-history",
        "-m",
        "--raw",
        "-r",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--format=%x00%H%x00",
    ]
    ranges = [tip, *(f"^{commit}" for commit in without)]
    names = [decode(path) for path in paths]
    flow = stream_output(sealed, ["--literal-pathspecs", "log", *flags, *ranges, "--", *names], [])
    commit = ""
    tokens = split_stream(flow.blocks)
    for raw_token in tokens:
        token = raw_token.lstrip(b"\n")
        if token.startswith(b":"):
            # `:old-mode new-mode old-blob new-blob status`, then the path as a token of its own.
            words = decode(token).split(" ")
            yield commit, (next(tokens), words[1], words[3])
        elif token:
            commit = decode(token)
    _require_whole(flow)


def _require_whole(flow: Stream) -> None:
    """GitError where a log ended before its end, as at a damaged object: it looks like a short one."""
    if reason := flow.failure():
        raise GitError(f"git log failed: {reason}", "git fsck shows more")


def _parse_log(tokens: Iterator[bytes]) -> Iterator[tuple[list[str], tuple[Change, ...]]]:
    """The commits of a log that has a NUL before and after each header: the header's words, the changes."""
    header: list[str] | None = None
    changes: list[Change] = []
    entries = _Entries()
    for raw_token in tokens:
        # git puts a line break between a header and its changes.
        token = raw_token.lstrip(b"\n")
        if token.startswith(b":"):
            changes.append(entries.change(token, next(tokens)))
        elif token:
            if header:
                yield header, tuple(changes)
            header, changes = decode(token).split(" "), []
    if header:
        yield header, tuple(changes)


class Landing(NamedTuple):
    """A commit of base's first-parent line: its tree, and what it changed against its first parent."""

    id: str
    tree: str
    changes: tuple[Change, ...]


def read_landings(sealed: Git, tip: str, stop: Sequence[str]) -> Iterator[Landing]:
    """Base's first-parent commits from `tip` down to what is reachable from `stop`, newest first.

    GitError at the end where git cannot read on; what came before it stays true.
    """
    revisions = f"{tip}\n" + "".join(f"^{commit}\n" for commit in stop)
    flags = ["--stdin", "--first-parent", "--diff-merges=first-parent", "--format=%x00%H %T%x00"]
    flow = stream_output(sealed, ["log", *flags, *_RAW], [revisions.encode()])
    for (commit, root), changes in _parse_log(split_stream(flow.blocks)):
        yield Landing(commit, root, changes)
    _require_whole(flow)


def read_patch_ids(sealed: Git, pairs: Collection[tuple[str, str]]) -> dict[str, str]:
    """For pairs of commits (from, to), the id of each patch by its `to`; white space counts.

    All blobs should be there: the caller has checked. A diff without text has no id, nor has one that a
    damaged blob ends.
    """
    pair_lines = "".join(f"{new} {old}\n" for old, new in pairs).encode()
    flags = ["--stdin", "-r", "-p", "--no-renames", "--no-textconv", "--no-ext-diff", "--full-index"]
    patches, code, _ = run_unchecked(sealed, ["diff-tree", *flags], pair_lines)
    if code:
        # One damaged blob ends the batch, so ask again by halves; the pair that it belongs to is left out.
        all_pairs = list(pairs)
        halves = (
            (all_pairs[: len(all_pairs) // 2], all_pairs[len(all_pairs) // 2 :]) if len(all_pairs) > 1 else ()
        )
        return {commit: patch for half in halves for commit, patch in read_patch_ids(sealed, half).items()}
    out = decode(run(sealed, ["patch-id", "--verbatim"], patches))
    return {commit: patch for patch, commit in (line.split(" ") for line in out.split("\n") if line)}
