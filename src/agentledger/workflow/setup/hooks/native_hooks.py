"""Installs git's own hooks: small scripts (shims) in the hooks folder that all worktrees share.

Belongs here: a shim's text, where it goes, and which hook of somebody else's it finds there. Does not: a
`core.hooksPath` that somebody set (see `worktree_hooks`), or what a hook checks (see `gates`).

Somebody else's hook is renamed, and the shim runs it first. pre-commit renames in the same way: a hook that it
finds becomes NAME.legacy, which it runs first, and its `uninstall` puts that back. So where pre-commit's own hook
is, the shim goes where pre-commit would have put it. lefthook renames to NAME.old, and no longer runs that.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import agentledger
from agentledger.model.text import escape_hidden
from agentledger.repository.hook_files import (
    LEFTHOOK,
    LEGACY,
    NAMES,
    PRE_COMMIT,
    find_shim,
    has_marker,
    has_running_shim,
    is_started,
    sibling_path,
)
from agentledger.storage import resources
from agentledger.workflow.setup.manifest import Hooked, Manifest, hash_content
from agentledger.workflow.setup.setup_plan import Plan, combine_plans
from agentledger.workflow.setup.steps import PROGRAM, Move, Step, Write, read_content

ASIDE = ".before-agentledger"  # the ending of a hook that was there before


def render_shim(name: str, before: str = "before-here.sh", template: str = "shim.sh") -> bytes:
    """The text of the hook `name`.

    `template` is the shipped script, `before` the shipped part of it that finds the hook to run first.
    """
    import yaml

    # Full paths: a hook gets the PATH of the program that started git, which may be bare.

    folder = resources.resource_folder("hooks")
    text = (folder / template).read_text().replace("@BEFORE@\n", (folder / before).read_text())
    values = {
        "@NAME@": name,
        "@PYTHON@": shlex.quote(sys.executable),
        "@GATE@": shlex.quote(str(Path(agentledger.__file__).parent / "gates" / "run.py")),
        "@YAML@": shlex.quote(str(Path(yaml.__file__).parents[1])),
    }
    for word, value in values.items():
        text = text.replace(word, value)
    return os.fsencode(text)


def plan_native_hooks(folder: Path, done: Manifest) -> Plan:
    """The plan for the hooks in `folder`; `done` is what earlier runs did."""
    return combine_plans(
        _plan_hook(folder / name, render_shim(name), done.hooks.get(folder / name)) for name in NAMES
    )


def _plan_hook(path: Path, text: bytes, record: Hooked | None) -> Plan:
    """The plan for one hook; `record` is the manifest's, None where init never wrote it."""
    shim = find_shim(path)
    if shim is None:
        return _plan_new_hook(path, text)
    content = read_content(shim)
    if record and hash_content(content) != record.hash:
        changed = f"{escape_hidden(str(shim))} was changed since init wrote it, and stays so"
        return Plan(notes=(f"{changed}; to have it written again, remove it and run init again",))
    if shim == path or has_running_shim(path):
        return Plan(plan_program(shim, content, text), _hook_manifest(path, text, former=False))
    # Another tool has put it aside, and no longer runs it.
    removal = Write(shim, content, None)
    plan = _plan_new_hook(path, text, record)
    return plan._replace(steps=(removal, *plan.steps)) if plan.steps else plan


def _plan_new_hook(path: Path, text: bytes, record: Hooked | None = None) -> Plan:
    """The plan for a shim where none runs; `record` is of one that another tool has put aside."""
    target, aside = path, sibling_path(path, ASIDE)
    if has_marker(path, PRE_COMMIT):
        target = sibling_path(path, LEGACY)
    former = os.path.lexists(target) and find_shim(path) != target
    if (
        former
        and os.path.lexists(aside)
        and not (has_marker(aside, LEFTHOOK) and has_marker(target, LEFTHOOK))
    ):
        # Two hooks of somebody else's, and one name to put them aside under.
        obstacle = f"{escape_hidden(str(target))} and {escape_hidden(aside.name)} are both there"
        unchecked = f"{obstacle}: {path.name} is not checked"
        return Plan(notes=(f"{unchecked}; move one of them away and run init again",))
    steps: list[Step] = [Move(target, aside)] if former else []
    steps.append(Write(target, None, text, PROGRAM))
    return Plan(tuple(steps), _hook_manifest(path, text, former or bool(record and record.former)))


def plan_program(path: Path, content: bytes | None, text: bytes) -> tuple[Step, ...]:
    """The steps after which the file is a program of this text; `content` is what it has now, None without one."""
    if content is not None and not is_started(path):
        # git passes over a hook that is no program, and writing keeps the mode of what is there.
        return Write(path, content, None), Write(path, None, text, PROGRAM)
    return () if content == text else (Write(path, content, text, PROGRAM),)


def _hook_manifest(path: Path, text: bytes, former: bool) -> Manifest:
    return Manifest(hooks={path: Hooked(hash_content(text), former)})


def plan_hook_undo(path: Path, record: Hooked) -> Plan:
    """The plan that undoes one hook. A hook that somebody has changed since stays, and a note says so."""
    shim, aside = find_shim(path), sibling_path(path, ASIDE)
    content = read_content(shim) if shim else None
    if shim is None or hash_content(content) != record.hash:
        remaining = [escape_hidden(str(each)) for each in (shim or path, aside) if os.path.lexists(each)]
        return Plan(
            notes=(f"{' and '.join(remaining)}: not as init left it, and left alone",) if remaining else ()
        )
    restore_steps = (Move(aside, shim),) if record.former and os.path.lexists(aside) else ()
    return Plan((Write(shim, content, None), *restore_steps))
