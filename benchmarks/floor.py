"""The floor: git's own plumbing for the same facts, its output thrown away.

Belongs here: one command a fact, as somebody in a hurry would type it. Does not: taking
anything apart, or deciding what to ask about (see `stages`). Each runs in the same sealed
directory as agentledger's own questions, so both read the same objects in the same way.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.model.errors import GitError
from agentledger.model.text import decode, escape_hidden
from figures import Clock

_REF = "%(refname)%00%(objectname)%00%(symref)%00%(upstream)"
_COMMIT = "%x00".join(
    "%H %P %T %an %ae %at %ct %s %(trailers:only,unfold,separator=%x01,key_value_separator=%x02)".split()
)
_RAW = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev")

REFS = "for-each-ref"
GRAPH = "rev-list --topo-order --parents BASE"
COMMITS = "log --stdin: HEADS ^BASE"
TREES = "cat-file --batch-check of HEAD^{tree}"
ROOTS = "cat-file --batch of the root trees"
CHANGES = "diff-tree --stdin --raw, base to head"
READING = (REFS, GRAPH, COMMITS, TREES, ROOTS, CHANGES)
BASE_CHANGES = "log --first-parent --raw of base"
LINES = "diff-tree --stdin --numstat"
PATCHES = "diff-tree --stdin -p"
MERGES = "merge-tree --stdin"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the commands are asked about, found out beforehand.

    `pairs` are (merge base, head); `whole` those of them of which every blob is there;
    `oldest` is where base's own changes begin to matter, '' if nowhere; `merges` are the heads
    whose merge with base is tried, in agentledger's order.
    """

    base: str
    heads: tuple[str, ...]
    roots: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    whole: tuple[tuple[str, str], ...]
    oldest: str
    merges: tuple[str, ...]


def _spend(asked: Git, args: Sequence[str], given: str = "") -> None:
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as errors:
        source.write(given.encode())
        source.seek(0)
        code = subprocess.run(
            ["git", *args],
            cwd=asked.cwd,
            env=dict(asked.env),
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ).returncode
        if code:
            errors.seek(0)
            why = escape_hidden(decode(errors.read(300)).strip())
            raise GitError(f"there is no floor: git {args[0]} failed: {why}", "git fsck tells more")


def _lines(words: Sequence[str]) -> str:
    return "".join(f"{word}\n" for word in words)


def _asked(pairs: Sequence[tuple[str, str]]) -> str:
    # A second commit on a line is taken as the first one's parent.
    return _lines([f"{head} {base}" for base, head in pairs])


def reading(clock: Clock, outside: Git, sealed: Git, globs: Sequence[str], inputs: Inputs) -> None:
    """Refs, commits, trees and changed paths of all heads, each with a command of its own."""
    with clock(REFS):
        _spend(outside, ["for-each-ref", f"--format={_REF}", "refs/heads/", "refs/remotes/", *globs])
    with clock(GRAPH):
        _spend(sealed, ["rev-list", "--topo-order", "--parents", inputs.base])
    with clock(COMMITS):
        flags = ["--stdin", "-z", "--topo-order", "--reverse", f"--format={_COMMIT}"]
        _spend(sealed, ["log", *flags], _lines([*inputs.heads, f"^{inputs.base}"]))
    with clock(TREES):
        _spend(sealed, ["cat-file", "--batch-check"], _lines([f"{head}^{{tree}}" for head in inputs.heads]))
    with clock(ROOTS):
        _spend(sealed, ["cat-file", "--batch"], _lines(inputs.roots))
    with clock(CHANGES):
        _spend(sealed, ["diff-tree", "--stdin", "--always", *_RAW], _asked(inputs.pairs))


def base_changes(clock: Clock, sealed: Git, inputs: Inputs) -> None:
    """What base itself gained since the oldest merge base: without it, nothing can be called absorbed."""
    stop = [f"^{inputs.oldest}"] if inputs.oldest else []
    flags = ["--stdin", "--first-parent", "--diff-merges=first-parent", "--format=%x00%H %T%x00", *_RAW]
    with clock(BASE_CHANGES):
        _spend(sealed, ["log", *flags], _lines([inputs.base, *stop]))


def lines(clock: Clock, sealed: Git, inputs: Inputs) -> None:
    """Added and removed lines of every changed file."""
    flags = ["--stdin", "-r", "-z", "--numstat", "--no-renames"]
    with clock(LINES):
        _spend(sealed, ["diff-tree", *flags], _asked(inputs.whole))


def patches(clock: Clock, sealed: Git, inputs: Inputs) -> None:
    """The text of every change."""
    with clock(PATCHES):
        _spend(sealed, ["diff-tree", "--stdin", "-r", "-p", "--no-renames"], _asked(inputs.whole))


def merges(clock: Clock, sealed: Git, inputs: Inputs) -> None:
    """Every merge with base, one after the other; writes trees into the sealed directory."""
    asked = _lines([f"{inputs.base} {head}" for head in inputs.merges])
    with clock(MERGES):
        _spend(sealed, ["merge-tree", "--write-tree", "--stdin", "--no-messages"], asked)


def version(asked: Git) -> str:
    """git's version, as it prints it."""
    return decode(process.run(asked, ["version"])).strip()
