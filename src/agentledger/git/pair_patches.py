"""The patches of many pairs of blobs from one process, each given as its lines to whoever folds them to a value.

Belongs here: asking git, and telling one patch from the next. Does not: what the lines mean (see `hunks`,
`changes.test_lines`), or the patches that pages show, a branch's at a time (see `changes.patches`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from agentledger.git.blob_pairs import DIFF_TREE, LARGE_BLOB, Pair, read_blob_sizes, write_pair_trees
from agentledger.git.objects import Failure, salvage_batch
from agentledger.git.process import split_stream, stream_output
from agentledger.git.scratch import Scratch

T = TypeVar("T")
Fold = Callable[[Pair, Iterable[bytes]], T]

# With what git speaks of content that is no text, in the place of hunks.
BINARY = (b"Binary files ", b"GIT binary patch")


def fold_pair_patches(
    scratch: Scratch, pairs: Sequence[Pair], flags: Sequence[str], fold: Fold[T]
) -> dict[Pair, T]:
    """Map pairs to what `fold` makes of the lines of their patch: its hunks, or git's line on binary content.

    Left out is what nobody can tell: a missing, damaged or huge blob. A pair between which the flags see no difference
    has no lines.
    """
    sizes = read_blob_sizes(scratch, pairs)
    # A missing blob would end the batch, a huge one is held in memory several times.
    fit = {blob for blob, size in sizes.items() if size <= LARGE_BLOB} | {scratch.null}
    ready = list(dict.fromkeys(pair for pair in pairs if pair.old in fit and pair.new in fit))

    def ask(part: Sequence[Pair]) -> tuple[list[T], str]:
        flow = stream_output(
            scratch.git, [*DIFF_TREE, *flags, "-p", "--full-index", *write_pair_trees(scratch, part)], []
        )
        answers: list[T] = []
        for number, lines in _split_patches(split_stream(flow.blocks, b"\n")):
            # git prints nothing for a pair in which it sees no difference.
            answers += (fold(pair, ()) for pair in part[len(answers) : number])
            answers.append(fold(part[number], lines))
        reason = flow.failure()
        # After a failure the last patch may be cut off.
        if reason:
            return answers[:-1], reason
        return [*answers, *(fold(pair, ()) for pair in part[len(answers) :])], ""

    answers = zip(ready, salvage_batch(ready, ask), strict=True)
    return {pair: answer for pair, answer in answers if not isinstance(answer, Failure)}


def _split_patches(lines: Iterator[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """The number of each pair that has a patch, and its lines behind the headers."""
    number, body = -1, list[bytes]()
    for line in lines:
        # A line of content begins with a space or a sign, so none looks like a header.
        if line.startswith(b"diff --git "):
            if number >= 0:
                yield number, body
            number, body = int(line.rpartition(b"/")[2]), []
        elif body or line.startswith((b"@@", *BINARY)):
            body.append(line)
    if number >= 0:
        yield number, body
