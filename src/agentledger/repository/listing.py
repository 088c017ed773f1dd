"""Chooses the branches to read: the agents', each with its local and its remote-tracking copy in one entry.

Belongs here: pure functions on what was seen of a repository. Does not: reading a branch (see
`fleet.fleet_reader`), or which agent a branch is (see `agents`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentledger.git.queries import Ref
from agentledger.repository import agents, robots
from agentledger.repository.bases import HEADS, REMOTES, USUAL
from agentledger.repository.repository_state import Observation

# The default name of the control branch, which has the manager's documents.
CONTROL = "agentledger"


class Listing(NamedTuple):
    """A branch to read.

    `ref` is its local copy, else the remote-tracking one; `twin` is the remote-tracking copy of a local
    branch. `always_shown` is False where the branch is shown only if commits on it are an agent's. `detached`:
    it is a worktree without a branch, shown only if there is something in it that no ref has. `robot` is the
    program that makes branches of this name: such a one is counted, and not read. `asked_for`: somebody named
    this very branch, so it is shown whoever wrote its commits.
    """

    name: str
    ref: Ref
    twin: Ref | None
    always_shown: bool
    detached: bool = False
    robot: str = ""
    asked_for: bool = False

    @property
    def is_remote_only(self) -> bool:
        """Is there no local copy?"""
        return self.ref.name.startswith(REMOTES)


def list_branches(
    observation: Observation,
    patterns: Sequence[str],
    extra_only: bool,
    usual: Sequence[str] = agents.DEFAULT_PATTERNS,
    control: str = CONTROL,
) -> list[Listing]:
    """The branches to read.

    `patterns` are globs in which `*` crosses `/`; without any, the branches are those that match `usual`,
    those of linked worktrees, and (not `always_shown`) all others. With `extra_only`, only the refs that `--refs`
    named are read. `usual` are policy's patterns. `control` is the name of the control branch, which is never
    an agent's.
    """
    base = {ref.name for ref in (observation.choice.local, observation.choice.remote) if ref}
    entries = (
        {}
        if extra_only
        else {entry.ref.name: entry for entry in _select_branches(observation, base, patterns, usual)}
    )
    entries = {
        name: entry for name, entry in entries.items() if _branch_names(observation, entry.ref)[0] != control
    }
    taken = set(entries) | {entry.twin.name for entry in entries.values() if entry.twin} | base
    for ref in observation.extra:
        if ref.name not in taken and not ref.target and _branch_names(observation, ref)[0] != control:
            entries[ref.name] = Listing(_short_name(ref.name), ref, None, True, asked_for=True)
    return list(entries.values())


def list_detached(observation: Observation) -> list[Listing]:
    """The linked worktrees that are on no branch, as entries with a label that no branch can have."""
    return [
        Listing(f"(detached) {observation.worktrees[ref.name].path}", ref, None, True, detached=True)
        for ref in observation.detached
    ]


def list_client_branches(observation: Observation) -> list[str]:
    """The branches that are checked out in worktrees which a client has made, in its own folder."""
    worktrees = observation.worktrees.items()
    return [_short_name(ref) for ref, worktree in worktrees if worktree.client and ref.startswith(HEADS)]


def overlay_heads(entries: Sequence[Listing], heads: Sequence[tuple[str, str]]) -> list[Listing]:
    """The entries, with each branch of `heads` (full ref, commit) as if its ref pointed to that commit.

    All of them were asked for by name, so each is `listed`.
    """
    overlaid = {entry.ref.name: entry for entry in entries}
    for name, commit in heads:
        ref = Ref(name, commit, "", "")
        existing = overlaid.get(name)
        short_name = existing.name if existing else _short_name(name)
        overlaid[name] = Listing(short_name, ref, None, True, asked_for=True)
    return list(overlaid.values())


def _short_name(ref: str) -> str:
    return ref.removeprefix(HEADS).removeprefix(REMOTES).removeprefix("refs/")


def _select_branches(
    observation: Observation, base: set[str], patterns: Sequence[str], usual: Sequence[str]
) -> Iterator[Listing]:
    # A symbolic ref, such as a remote's HEAD, is a second name of a branch that is there anyway.
    usable = [ref for name, ref in observation.refs.all.items() if not ref.target and name not in base]
    twins = {ref.name: observation.refs.twin(ref) for ref in usable if ref.name.startswith(HEADS)}
    paired = {twin.name for twin in twins.values() if twin}
    for ref in usable:
        if ref.name in paired or not ref.name.startswith((HEADS, REMOTES)):
            continue
        plain, name = _branch_names(observation, ref)
        always_shown = _decide_listing(observation, ref, (plain, name), patterns=patterns, usual=usual)
        # Somebody who has such a branch in a worktree works on it.
        asked_for = robots.is_asked_for(plain, patterns or usual) or ref.name in observation.linked
        robot = "" if asked_for else robots.robot_of_name(plain) or ""
        if always_shown is not None or (robot and not patterns):
            shown = bool(always_shown)
            yield Listing(name, ref, twins.get(ref.name), shown, robot=robot, asked_for=asked_for)


def _branch_names(observation: Observation, ref: Ref) -> tuple[str, str]:
    """A branch's name at its own repository, and the one that is shown: for a remote-tracking branch with the
    remote's name before it, unless that is origin and there is no local branch of the same name.
    """
    if not ref.name.startswith(REMOTES):
        return (_short_name(ref.name),) * 2
    remote, plain = observation.refs.split_remote(ref.name)
    is_unique = remote == "origin" and HEADS + plain not in observation.refs.all
    return plain, plain if is_unique else f"{remote}/{plain}"


def _decide_listing(
    observation: Observation, ref: Ref, names: tuple[str, str], patterns: Sequence[str], usual: Sequence[str]
) -> bool | None:
    """True: show the branch. False: show it if commits on it are an agent's. None: leave it out."""
    if any(agents.matches_pattern(name, pattern) for name in names for pattern in patterns or usual):
        return True
    if patterns:
        return None
    if ref.name in observation.linked:
        return True
    return None if names[0] in USUAL else False
