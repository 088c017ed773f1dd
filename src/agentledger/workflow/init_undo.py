"""The way back from `init`: what it has done, and nobody has changed since.

Belongs here: the plan that undoes a manifest. Does not: how one hook or one setting is undone (see `hooks`,
`init_settings`, `hooks_framework`, `init_agents`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agentledger import git
from agentledger.git import Git, Place
from agentledger.text import printable
from agentledger.watched import FILE, FOLDER

from . import hooks, hooks_beside, hooks_framework, init_agents, init_manifest
from .init_manifest import Manifest, Written, digest
from .init_plan import Plan, together
from .init_steps import Write, content


def plan(asked: Git, place: Place) -> Plan:
    """What there is to undo; of what is left in its manifest, somebody still depends on it."""
    done = init_manifest.read(place.common)
    settings = {path: each for path, each in done.files.items() if each.keys}
    plain = {path: each for path, each in done.files.items() if not each.keys}
    parts = [hooks.undone(path, each) for path, each in done.hooks.items()]
    parts += [hooks_beside.undone(place, settings)]
    parts += [_file(asked, path, each) for path, each in plain.items()]
    return together([*parts, _own(place.common)])


def _file(asked: Git, path: Path, written: Written) -> Plan:
    if path.name == init_agents.NAME:
        return _agents(asked, path, written)
    if written.snippet:
        return hooks_framework.undone(path, written)
    now = content(path)
    if now is None:
        return Plan()
    if digest(now) != written.hash:
        return Plan(notes=(f"{printable(str(path))} was changed since, and left alone",))
    if _committed(asked, path):
        return Plan(notes=(f"{printable(str(path))} is in git, and stays; git rm removes it for everybody",))
    return Plan((Write(path, now, None),))


def _agents(asked: Git, path: Path, written: Written) -> Plan:
    part = init_agents.undone(path, written)
    there = init_agents.committed(asked, "HEAD") or b""
    if not part.steps or init_agents.state(there) is init_agents.State.MISSING:
        return part
    told = f"the block is committed in {init_agents.NAME}: commit that it is gone, and it is for everybody"
    return part._replace(notes=(told,))


def _committed(asked: Git, path: Path) -> bool:
    there = Git(path.parent, asked.env)
    return bool(git.attempt(there, ["ls-files", "-z", "--", path.name])[0])


def _own(common: Path) -> Plan:
    """The list and the manifest, whatever has become of them."""
    files = [common / FOLDER / FILE, init_manifest.path_in(common)]
    return Plan(tuple(Write(path, now, None) for path in files if (now := content(path)) is not None))


def clear(folders: Iterable[Path]) -> None:
    """Remove those folders that init made, and that are empty now."""
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def left(plan: Plan, done: Manifest) -> Manifest:
    """The manifest to keep: what could not be undone yet, so that it can be later."""
    return Manifest(plan.done.files, plan.done.hooks, done.folders if plan.done else ())
