"""Reads commits through the sealed directory: their history, authors, times, subjects and trailers.

Belongs here: questions about commits (see `scratch` for where they are asked). Does not: what differs between
two commits (see `diffs`), or what is in an object (see `objects`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentledger.git.process import Git, run, run_or_none, run_unchecked
from agentledger.model.fleet import Commit, Person
from agentledger.model.text import decode


def read_ancestry(sealed: Git, tip: str) -> list[tuple[str, ...]]:
    """The whole history of `tip`, children first: each commit's id followed by its parents'."""
    out = run(sealed, ["rev-list", "--topo-order", "--parents", tip])
    return [tuple(line.split(" ")) for line in decode(out).split("\n") if line]


def read_ancestry_outside(sealed: Git, head: str, base: str) -> list[tuple[str, tuple[str, ...]]]:
    """The commits of `head` that `base` lacks, newest first: each with its parents."""
    out = run(sealed, ["rev-list", "--topo-order", "--parents", head, f"^{base}"])
    rows = [line.split(" ") for line in decode(out).split("\n") if line]
    return [(row[0], tuple(row[1:])) for row in rows]


def read_parents(sealed: Git, tip: str, without: Sequence[str]) -> dict[str, Sequence[str]]:
    """The commits of `tip` outside of the history of all of `without`, each with its parents."""
    out = run(sealed, ["rev-list", "--parents", tip, *(f"^{commit}" for commit in without)])
    return {row[0]: row[1:] for row in (line.split(" ") for line in decode(out).split("\n")) if row[0]}


def read_common_ancestors(sealed: Git, ids: Sequence[str]) -> list[str]:
    """The newest commits that are ancestors of all of these; [] where there is none."""
    return decode(run_or_none(sealed, ["merge-base", "--octopus", *ids]) or b"").split()


def find_commits_ahead(sealed: Git, heads: Sequence[str], base: str, most: int) -> dict[str, set[str]]:
    """For each of the heads that contains `base`, the commits that it has besides; others are left out.

    No more than `most` commits are looked at in all. GitError where one cannot be read.
    """
    args = ["rev-list", "--parents", f"--max-count={most}", "--stdin"]
    out = run(sealed, args, "".join(f"{line}\n" for line in (*heads, f"^{base}")).encode())
    parents = {row[0]: row[1:] for row in (line.split(" ") for line in decode(out).split("\n")) if row[0]}
    reached = {head: walk_back([head], parents) for head in heads}
    # A head contains base where some commit outside base, on a way down from that head, has base as its parent.
    return {
        head: outside
        for head, outside in reached.items()
        if any(base in parents[commit] for commit in outside)
    }


def walk_back(heads: Sequence[str], parents: Mapping[str, Sequence[str]]) -> set[str]:
    """The commits among `parents` that can be reached from one of the heads."""
    reached: set[str] = set()
    waiting = list(heads)
    while waiting:
        commit = waiting.pop()
        if commit in parents and commit not in reached:
            reached.add(commit)
            waiting += parents[commit]
    return reached


# Fields end with NUL, which no name or subject can hold. git parses the trailers: 1 ends one, 2 ends its key.
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


def read_log(sealed: Git, heads: Sequence[str], base: str) -> list[Commit]:
    """Commits reachable from `heads` and not from `base`, parents first; GitError when one cannot be read."""
    # By standard input: a command line has no room for thousands of heads.
    revisions = "".join(f"{head}\n" for head in heads) + f"^{base}\n"
    flags = ["--stdin", "-z", "--topo-order", "--reverse", "--encoding=UTF-8", f"--format={_FORMAT}"]
    fields = run(sealed, ["log", *flags], revisions.encode()).split(b"\0")
    return [_parse_commit(fields[at : at + _FIELDS]) for at in range(0, len(fields) - 1, _FIELDS)]


def read_commits(sealed: Git, ids: Sequence[str]) -> list[Commit]:
    """These commits alone, in the order given, without their history; GitError when one cannot be read."""
    if not ids:
        return []
    flags = ["--stdin", "-z", "--no-walk=unsorted", "--encoding=UTF-8", f"--format={_FORMAT}"]
    fields = run(sealed, ["log", *flags], "".join(f"{i}\n" for i in ids).encode()).split(b"\0")
    return [_parse_commit(fields[at : at + _FIELDS]) for at in range(0, len(fields) - 1, _FIELDS)]


def read_trailers(
    sealed: Git, tip: str, stop: str | None, key: str
) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """The commits of `tip` that `stop` lacks and that have a trailer of this key, newest first, with all trailers.

    GitError when one cannot be read.
    """
    # --grep leaves out nearly all; whether it is a trailer is git's own parser's to say.
    flags = ["-z", "--topo-order", "--encoding=UTF-8", "-i", f"--grep=^{key}:"]
    span = [tip, *([f"^{stop}"] if stop else [])]
    trailers = "%(trailers:only,unfold,separator=%x01,key_value_separator=%x02)"
    fields = run(sealed, ["log", *flags, f"--format=%H%x00{trailers}", *span, "--"]).split(b"\0")
    rows = [
        (decode(fields[at]), _parse_trailers(decode(fields[at + 1]))) for at in range(0, len(fields) - 1, 2)
    ]
    return [
        (commit, pairs) for commit, pairs in rows if any(each.lower() == key.lower() for each, _ in pairs)
    ]


def _parse_trailers(raw: str) -> tuple[tuple[str, str], ...]:
    lines = (line.partition("\x02") for line in raw.split("\x01") if line)
    return tuple((key, value) for key, _, value in lines)


class Message(NamedTuple):
    """The whole message of one commit."""

    commit: str
    text: str


def read_revert_messages(sealed: Git, tip: str, stop: str) -> list[Message]:
    """The messages of the commits of `tip` that `stop` lacks and that speak of a revert, newest first.

    GitError when one cannot be read.
    """
    flags = ["-z", "--topo-order", "--encoding=UTF-8", "--format=%H%n%B", "-i", "--grep=revert"]
    out = run(sealed, ["log", *flags, tip, f"^{stop}", "--"])
    rows = (decode(row).partition("\n") for row in out.split(b"\0") if row)
    return [Message(commit, text) for commit, _, text in rows]


def _parse_commit(raw: list[bytes]) -> Commit:
    identity, parents, tree, name, mail, at, committed, subject, trailers = map(decode, raw)
    return Commit(
        identity,
        tuple(parents.split()),
        tree,
        author=Person(name, mail),
        at=_parse_seconds(at),
        committed_at=_parse_seconds(committed),
        subject=subject,
        trailers=_parse_trailers(trailers),
    )


def _parse_seconds(raw: str) -> int:
    """A commit's time in seconds; 0 for a broken or hostile one, which git prints as '' or beyond 64 bits."""
    return int(raw) if raw.lstrip("-").isdigit() and len(raw) < 15 else 0


def walk_failure_reason(sealed: Git, heads: Sequence[str], base: str) -> str:
    """'' where git can walk the history of all these heads outside base, else its reason."""
    revisions = "".join(f"{head}\n" for head in heads) + f"^{base}\n"
    return run_unchecked(sealed, ["rev-list", "--count", "--stdin"], revisions.encode())[2]
