"""Commits made again upon another commit, in the sealed directory, as a rebase would make them.

Belongs here: that, for commits in a row. Does not: which ones (see `fleet.merge_groups`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from agentledger.git import merging, objects
from agentledger.git.merging import Merged
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import Commit
from agentledger.model.text import encode


def replay_rows(scratch: Scratch, rows: Sequence[Sequence[Commit]], onto: str) -> list[str | None]:
    """Make each row of commits, oldest first and each the next one's parent, again upon `onto`.

    Returns the id of each row's last commit, None for a row that does not merge cleanly there. Authors, times and
    trailers stay as they are. Three processes, whatever the number of rows.
    """
    trees = objects.read_object_info(
        scratch.git, [f"{commit}^{{tree}}" for commit in (onto, *(row[0].parents[0] for row in rows))]
    )
    ground, *befores = (tree for tree, _, _ in trees)
    if not ground or not all(befores):
        return [None] * len(rows)
    pairs = [
        pair
        for row, before in zip(rows, befores, strict=True)
        for pair in _pair_with_ground(scratch, row, before, ground)
    ]
    answers = iter(merging.simulate_merges(scratch, pairs))
    return [_chain(scratch, row, list(islice(answers, len(row))), onto) for row in rows]


def _pair_with_ground(
    scratch: Scratch, row: Sequence[Commit], before: str, ground: str
) -> Iterator[tuple[str, str]]:
    # git finds the merge base by itself, so both sides get the tree from which the row began as their parent.
    root = scratch.commit(before)
    ours = scratch.commit(ground, [root])
    yield from ((ours, scratch.commit(commit.tree, [root])) for commit in row)


def _chain(
    scratch: Scratch, row: Sequence[Commit], answers: Sequence[Merged | Failure], onto: str
) -> str | None:
    parent = onto
    for commit, merged in zip(row, answers, strict=True):
        if not isinstance(merged, Merged) or not merged.clean:
            return None
        parent = scratch.write("commit", _format_commit(commit, merged.tree, parent))
    return parent


def _format_commit(commit: Commit, tree: str, parent: str) -> bytes:
    who = f"{commit.author.name} <{commit.author.email}>".replace("\n", " ")
    trailers = "".join(f"{key}: {value}\n" for key, value in commit.trailers)
    lines = [
        f"tree {tree}",
        f"parent {parent}",
        f"author {who} {max(commit.at, 0)} +0000",
        f"committer {who} {max(commit.committed_at, 0)} +0000",
        "",
        commit.subject,
        *(["", trailers] if trailers else [""]),
    ]
    return encode("\n".join(lines))
