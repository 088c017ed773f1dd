"""Which files a branch renamed, as git finds them: for advice that takes both sides of a rename back.

Belongs here: asking for it, for many branches at once, and remembering the answers. Does not: what is allowed, which
is judged path by path, without renames (see `rules.ownership`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from agentledger.changes.net_changes import Line
from agentledger.git import diffs
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.text import decode, encode
from agentledger.rules.case import Rename
from agentledger.storage.cache import Cache, Form, get_or_compute

Renames = tuple[Rename, ...]


class Sides(NamedTuple):
    """Of one branch: its head, where it left base (one commit, or none), its own commits, newest first, their paths."""

    head: str
    forks: Sequence[str]
    lines: Sequence[Line]
    paths: frozenset[bytes]


def find_branch_renames(
    scratch: Scratch, branches: Sequence[Sides], store: Cache | None = None
) -> dict[str, dict[bytes, Rename]]:
    """Map each head to its renames, by the old path and by the new one: since it left base, and within the branch.

    A file that the branch itself made, and moved later, is renamed only in the commit that moved it.
    """
    pairs = {each.head: (fork, each.head) for each in branches for fork in each.forks}
    steps = {
        line.id: (line.parents[0], line.id) for b in branches for line in b.lines if len(line.parents) == 1
    }
    own = {each.head: each.paths for each in branches}
    own |= {line.id: each.paths for each in branches for line in each.lines}
    found = find_renames(scratch, pairs | steps, own, store)
    renames: dict[str, dict[bytes, Rename]] = {}
    for each in branches:
        by_path = dict(found.get(each.head, {}))
        for line in each.lines:
            for rename in dict.fromkeys(found.get(line.id, {}).values()):
                if rename.source not in by_path and rename.target not in by_path:
                    by_path |= {rename.source: rename, rename.target: rename}
        renames[each.head] = by_path
    return renames


def find_renames(
    scratch: Scratch,
    pairs: Mapping[str, tuple[str, str]],
    own: Mapping[str, Collection[bytes]],
    store: Cache | None = None,
) -> dict[str, dict[bytes, Rename]]:
    """Map each head to its renames, by the old path and by the new one.

    `pairs` has the commits (from, to) to compare for each head, `own` the paths that the branch's own commits changed:
    a rename counts only where both its sides are among them.
    """
    keys = {pair: f"{pair[0]} {pair[1]}" for pair in pairs.values()}
    answers = get_or_compute(
        store,
        "renames",
        keys,
        compute=lambda missing: _find_renames(scratch, missing),
        form=_FORM,
    )
    return {
        head: {
            path: each
            for each in answers[pair]
            if each.source in own[head] and each.target in own[head]
            for path in (each.source, each.target)
        }
        for head, pair in pairs.items()
    }


def _find_renames(scratch: Scratch, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], Renames]:
    answers = dict(zip(pairs, diffs.read_renames(scratch.git, pairs), strict=True))
    # In a partial clone contents may be missing; what was moved as it is shows without them.
    failed = [pair for pair, answer in answers.items() if isinstance(answer, Failure)]
    answers |= zip(failed, diffs.read_renames(scratch.git, failed, least=100), strict=True)
    return {
        pair: () if isinstance(answer, Failure) else tuple(Rename(*row) for row in answer)
        for pair, answer in answers.items()
    }


def _dump(renames: Renames) -> Any:
    return [[decode(each.source), decode(each.target), each.exact] for each in renames]


def _load(rows: Any) -> Renames:
    return tuple(Rename(encode(str(old)), encode(str(new)), exact is True) for old, new, exact in rows)


_FORM: Form[Renames] = Form(_dump, _load)
