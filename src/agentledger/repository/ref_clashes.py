"""Finds branches that keep git from making another one: `agent` keeps it from `agent/login`, and the reverse.

Belongs here: which branch is in the way, and a way out. Does not: refusing (see `control.append` and
`workflow.spawn.spawn_task`), or warning (see `workflow.plan`, `workflow.setup`).

To git a branch's name is a path, also where refs are in tables: a name cannot be both a file and a folder. A remote
refuses such a push, too.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import NamedTuple

from agentledger.model.ledger_paths import POLICY_FILE
from agentledger.model.paths import parent_folders
from agentledger.model.text import HIDDEN, decode, encode, escape_hidden
from agentledger.repository.bases import HEADS, REMOTES, Refs

# What a branch can be called instead of `agent/<task>`.
_INSTEAD = ("agents/{}", "task/{}", "agent-{}")


class Clash(NamedTuple):
    """A branch that cannot be made, in words, and the way out.

    `is_local`: git cannot make it here; else the remote takes no push of it. `free_name` could be made.
    """

    text: str
    fix: str
    is_local: bool
    free_name: str


def find_obstacles(refs: Refs, name: str) -> list[str]:
    """The full refs, here or of the main remote's, that keep a branch of this name from being made or pushed."""
    places = (HEADS, *(f"{REMOTES}{remote}/" for remote in refs.remotes[:1]))
    return [obstacle for place in places for obstacle in _obstacles_below(refs, place, name)]


def _obstacles_below(refs: Refs, place: str, name: str) -> Iterable[str]:
    above = {place + decode(folder) for folder in parent_folders(encode(name))}
    # A branch of that very name can be pushed to, whatever else there is.
    if place + name in refs.all:
        return ()
    inside = f"{place}{name}/"
    return sorted(ref for ref in refs.all if ref.startswith(inside) or ref in above)


def describe_agent_clash(refs: Refs, name: str, task: str) -> Clash | None:
    """What keeps the branch `name` of a task from being made, or pushed; None where nothing does."""
    obstacles = find_obstacles(refs, name)
    if not obstacles:
        return None
    free = next(
        (each for each in (form.format(task) for form in _INSTEAD) if not find_obstacles(refs, each)), "NAME"
    )
    fix = f"agentledger plan {escape_hidden(task)} --branch {shlex.quote(escape_hidden(free))}"
    return _make_clash(refs, obstacles[0], name, fix=fix, free_name=free)


def find_clashes(refs: Refs, control: str) -> tuple[Clash, ...]:
    """What keeps agents' branches of the usual name, or the control branch, from being made or pushed."""
    # Any task: only a branch that is called `agent` is in the way of all of them.
    agents = describe_agent_clash(refs, "agent/TASK", "TASK")
    return tuple(clash for clash in (agents, describe_control_clash(refs, control)) if clash is not None)


def describe_control_clash(refs: Refs, control: str) -> Clash | None:
    """What keeps the control branch from being made, or pushed; None where nothing does."""
    obstacles = find_obstacles(refs, control)
    if not obstacles:
        return None
    local = [ref.removeprefix(HEADS) for ref in obstacles if ref.startswith(HEADS)]
    renames = [shlex.join(("git", "branch", "-m", name, _flat_name(refs, name))) for name in local]
    can_rename = len(local) == len(obstacles) and not any(HIDDEN.search(name) for name in local)
    names = (f"{control}-control", "ledger", "manager")
    free = next((name for name in names if not find_obstacles(refs, name)), "NAME")
    fix = (
        " && ".join(renames)
        if can_rename
        else f'in {POLICY_FILE} on base, under [control]: branch = "{free}"'
    )
    return _make_clash(refs, obstacles[0], control, fix=fix, free_name=free)


def _make_clash(refs: Refs, obstacle: str, name: str, fix: str, free_name: str) -> Clash:
    shown = escape_hidden(name)
    if obstacle.startswith(HEADS):
        there = escape_hidden(obstacle.removeprefix(HEADS))
        return Clash(f"there is a branch {there}, so git can make none called {shown}", fix, True, free_name)
    remote, there = refs.split_remote(obstacle)
    text = f"{escape_hidden(remote)} has a branch {escape_hidden(there)}, so it takes none called {shown}"
    return Clash(text, fix, False, free_name)


def _flat_name(refs: Refs, name: str) -> str:
    """A free name for a branch that is in the way."""
    flat = name.replace("/", "-") if "/" in name else f"{name}-branch"
    while HEADS + flat in refs.all:
        flat += "-2"
    return flat
