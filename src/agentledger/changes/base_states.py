"""Which conflicted paths of a branch hold what base itself had there, so that the conflict is nobody's trespass.

Belongs here: looking a head's entries up among the states that base went through since. Does not: which paths
conflict (see `net_changes`), or what a branch may change (see `rules.ownership`).

A squash of base, or a commit picked from it, is a branch's own commit, and puts base's content into it. Once base
goes on in the same lines the two conflict, though the branch changed nothing there. Only states count that base
had in commits which the head lacks: an older one, put back over what the branch had merged, undoes base's work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentledger.git import commits, diffs
from agentledger.git.objects import Failure
from agentledger.git.scratch import Scratch
from agentledger.model.errors import GitError

# A path with the mode and the blob that it has; those of a path that is not there are zeros.
_Entry = tuple[bytes, str, str]


def find_base_states(
    scratch: Scratch,
    base: str,
    conflicted: Mapping[str, frozenset[bytes]],
    merge_bases: Mapping[str, Sequence[str]],
) -> dict[str, frozenset[bytes]]:
    """Map each head to those of its conflicted paths at which it has what base has, or had since they parted.

    `merge_bases` are those of each head with the commit `base`. At most four processes, for any number of heads.
    """
    wanted = {head: paths for head, paths in conflicted.items() if paths}
    if not wanted:
        return {}
    entries = _read_entries(scratch, base, wanted)
    forks = {tuple(merge_bases[head]) for head in wanted}
    states = _states_by_fork(scratch, base, forks, frozenset().union(*wanted.values()))
    return {
        head: frozenset(
            path
            for path in paths
            # A path at which the two are alike is not among the entries.
            if (entry := entries[head].get(path)) is None or entry in states[tuple(merge_bases[head])]
        )
        for head, paths in wanted.items()
    }


def _read_entries(
    scratch: Scratch, base: str, wanted: Mapping[str, frozenset[bytes]]
) -> dict[str, dict[bytes, _Entry]]:
    """Read what each head has at its paths, where that is different from base's; unreadable: as nobody has it."""
    answers = diffs.read_changes(scratch.git, [(base, head) for head in wanted])
    return {
        head: dict.fromkeys(paths, (b"", "", ""))
        if isinstance(changes, Failure)
        else {c.path: (c.path, c.new_mode, c.new) for c in changes if c.path in paths}
        for (head, paths), changes in zip(wanted.items(), answers, strict=True)
    }


def _states_by_fork(
    scratch: Scratch, base: str, forks: set[tuple[str, ...]], paths: frozenset[bytes]
) -> dict[tuple[str, ...], frozenset[_Entry]]:
    """Map the merge bases of each head to the states of these paths in base's commits outside of those.

    Where git cannot read that far no state is known, and the conflict stays the branch's own.
    """
    try:
        # What all of them have in common, none of them lacks.
        common = _common_history(scratch, forks)
        rows = list(diffs.read_path_states(scratch.git, base, common, sorted(paths)))
        parents = commits.read_parents(scratch.git, base, common) if len(forks) > 1 else {}
    except GitError:
        return dict.fromkeys(forks, frozenset())
    held = {fork: commits.walk_back(fork, parents) for fork in forks}
    return {fork: frozenset(entry for commit, entry in rows if commit not in held[fork]) for fork in forks}


def _common_history(scratch: Scratch, forks: set[tuple[str, ...]]) -> Sequence[str]:
    if len(forks) == 1:
        return next(iter(forks))
    return commits.read_common_ancestors(scratch.git, sorted({commit for fork in forks for commit in fork}))
