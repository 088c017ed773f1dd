"""Which refs are agent branches: one entry for the local and the remote-tracking copy of a branch. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from agentledger.git.queries import Ref
from agentledger.repository import agents
from agentledger.repository.bases import HEADS, REMOTES, USUAL
from agentledger.repository.repository_state import Observation

# The branch that holds the manager's side; never an agent's.
CONTROL = "agentledger"


class Listing(NamedTuple):
    """A branch to read.

    `ref` is its local copy, else the remote-tracking one; `twin` the remote-tracking copy
    of a local branch. `listed` is False when only an agent's commits can make it one.
    """

    name: str
    ref: Ref
    twin: Ref | None
    listed: bool

    @property
    def is_remote_only(self) -> bool:
        """There is no local copy."""
        return self.ref.name.startswith(REMOTES)


def list_branches(
    seen: Observation,
    patterns: Sequence[str],
    extra_only: bool,
    usual: Sequence[str] = agents.DEFAULT_PATTERNS,
    control: str = CONTROL,
) -> list[Listing]:
    """The branches to read.

    `patterns` are globs in which `*` crosses `/`; without any: the usual agent prefixes, the
    branches of linked worktrees, and (not `listed`) whatever else there is. `extra_only`:
    nothing but the refs that `--refs` named. `usual` are the prefixes that policy lists,
    `control` is the name of the control branch, which is never an agent's.
    """
    base = {ref.name for ref in (seen.choice.local, seen.choice.remote) if ref}
    found = (
        {}
        if extra_only
        else {entry.ref.name: entry for entry in _select_branches(seen, base, patterns, usual)}
    )
    found = {name: entry for name, entry in found.items() if _branch_names(seen, entry.ref)[0] != control}
    taken = set(found) | {entry.twin.name for entry in found.values() if entry.twin} | base
    for ref in seen.extra:
        if ref.name not in taken and not ref.target and _branch_names(seen, ref)[0] != control:
            found[ref.name] = Listing(_short_name(ref.name), ref, None, True)
    return list(found.values())


def overlay_heads(entries: Sequence[Listing], heads: Sequence[tuple[str, str]]) -> list[Listing]:
    """The entries, with the branches of `heads` (full ref and commit) there as if they stood at those: all of
    them are asked for by name, so each is `listed`.
    """
    found = {entry.ref.name: entry for entry in entries}
    for name, commit in heads:
        ref = Ref(name, commit, "", "")
        there = found.get(name)
        shown = there.name if there else _short_name(name)
        found[name] = Listing(shown, ref, None, True)
    return list(found.values())


def _short_name(ref: str) -> str:
    return ref.removeprefix(HEADS).removeprefix(REMOTES).removeprefix("refs/")


def _select_branches(
    seen: Observation, base: set[str], patterns: Sequence[str], usual: Sequence[str]
) -> Iterator[Listing]:
    usable = [ref for name, ref in seen.refs.all.items() if not ref.target and name not in base]
    twins = {ref.name: seen.refs.twin(ref) for ref in usable if ref.name.startswith(HEADS)}
    paired = {twin.name for twin in twins.values() if twin}
    for ref in usable:
        if ref.name in paired or not ref.name.startswith((HEADS, REMOTES)):
            continue
        plain, name = _branch_names(seen, ref)
        listed = _decide_listing(seen, ref, (plain, name), patterns=patterns, usual=usual)
        if listed is not None:
            yield Listing(name, ref, twins.get(ref.name), listed)


def _branch_names(seen: Observation, ref: Ref) -> tuple[str, str]:
    """A branch's name on its own side, and the one it is shown by: with the remote, unless that is origin."""
    if not ref.name.startswith(REMOTES):
        return (_short_name(ref.name),) * 2
    remote, plain = seen.refs.split_remote(ref.name)
    return plain, plain if remote == "origin" and HEADS + plain not in seen.refs.all else f"{remote}/{plain}"


def _decide_listing(
    seen: Observation, ref: Ref, names: tuple[str, str], patterns: Sequence[str], usual: Sequence[str]
) -> bool | None:
    """True: show. False: show if an agent's commits are on it. None: leave alone."""
    if any(fnmatchcase(name, pattern) for name in names for pattern in patterns or usual):
        return True
    if patterns:
        return None
    if ref.name in seen.linked:
        return True
    return None if names[0] in USUAL else False
