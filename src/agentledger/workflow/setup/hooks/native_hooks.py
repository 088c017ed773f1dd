"""Installs git's own hooks: small scripts (shims) in the hooks folder that all worktrees share.

Belongs here: a shim's text, where it goes, and which hook of somebody else's it finds there. Does not: a
`core.hooksPath` that somebody set (see `worktree_hooks`), or what a hook checks (see `gates`).

Somebody else's hook is moved aside, and the shim runs it first. pre-commit and prek rename in a similar way: a hook
that they find becomes NAME.legacy, which they run first, and their `uninstall` puts that back. So where a hook of
theirs is, the shim goes where they would have put it. lefthook and npm's pre-commit rename to NAME.old, and no longer
run that; simple-git-hooks deletes.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import agentledger
from agentledger.model.text import escape_hidden
from agentledger.repository.hook_files import (
    FRAMEWORKS,
    LEGACY,
    NAMES,
    OLD,
    aside_path,
    find_shim,
    has_running_shim,
    is_same_hook,
    is_started,
    name_maker,
    sibling_path,
)
from agentledger.storage import resources
from agentledger.workflow.setup.manifest import Hooked, Manifest, hash_content
from agentledger.workflow.setup.setup_plan import Plan, combine_plans
from agentledger.workflow.setup.steps import PROGRAM, Link, Move, Step, Write, read_content

# By hook manager, what it takes with it when it is uninstalled.
_SIGNS = {"lefthook": "../info/lefthook.checksum", "yorkie": "../hooks/commit-msg"}
# The other names of githooks(5): what has one of these is a hook, and no part of one.
_EVENTS = (
    "applypatch-msg pre-applypatch post-applypatch prepare-commit-msg commit-msg post-commit pre-rebase post-checkout "
    "post-merge pre-receive update proc-receive post-receive post-update reference-transaction push-to-checkout "
    "pre-auto-gc post-rewrite sendemail-validate fsmonitor-watchman p4-changelist p4-prepare-changelist "
    "p4-post-changelist p4-pre-submit post-index-change"
).split()


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
    plan = combine_plans(
        _plan_hook(folder / name, render_shim(name), done.hooks.get(folder / name)) for name in NAMES
    )
    aside = aside_path(folder / "_").parent
    moved = [step.source for step in plan.steps if isinstance(step, Move)]
    if not (moved or aside.exists()):
        return plan
    return plan._replace(
        steps=(*plan.steps, *_plan_abandoned(folder), *_plan_links(folder, aside, moved)),
    )


def _plan_abandoned(folder: Path) -> Iterator[Step]:
    """The steps that remove former hooks whose manager was taken out, and links to what is gone."""
    for path in (folder / name for name in NAMES):
        aside = aside_path(path)
        if find_shim(path) == path and os.path.lexists(aside) and _is_abandoned(aside, path, path):
            yield Write(aside, read_content(aside), None)
    for link in plan_links_undo(folder).steps:
        if isinstance(link, Link) and not link.path.exists():
            yield link


def _plan_links(folder: Path, aside: Path, moved: Iterable[Path]) -> Iterator[Link]:
    """Links in the folder of former hooks to what they look for beside themselves, such as `husky.sh`.

    Others lead to what a hook manager takes with it when it goes: without that, the hook is not started any more.
    """
    there = folder.iterdir() if folder.is_dir() else ()
    others = sorted(each.name for each in there if not _is_hook_name(each))
    targets = {name: f"../{folder.name}/{name}" for name in others}
    makers = {name_maker(each) for each in (*moved, *(aside / name for name in NAMES))}
    targets |= {maker: target for maker, target in _SIGNS.items() if maker in makers}
    for name, target in targets.items():
        if not os.path.lexists(aside / name) and (folder / target).exists():
            yield Link(aside / name, target, made=True)


def _is_hook_name(path: Path) -> bool:
    return path.name in (*NAMES, *_EVENTS) or path.suffix in (".sample", LEGACY, OLD)


def plan_links_undo(folder: Path) -> Plan:
    """The plan that removes those links."""
    aside = aside_path(folder / "_").parent
    links = sorted(each for each in (aside.iterdir() if aside.is_dir() else ()) if each.is_symlink())
    targets = [(each, str(each.readlink())) for each in links]
    ours = [
        (each, to) for each, to in targets if to in (f"../{folder.name}/{each.name}", _SIGNS.get(each.name))
    ]
    return Plan(tuple(Link(each, to, made=False) for each, to in ours))


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
    target, aside = path, aside_path(path)
    if name_maker(path) in FRAMEWORKS:
        target = sibling_path(path, LEGACY)
    former = os.path.lexists(target) and find_shim(path) != target
    if former and os.path.lexists(aside) and not is_same_hook(target, aside):
        # Two hooks of somebody else's, and one name to put them aside under.
        obstacle = f"{escape_hidden(str(target))} and {escape_hidden(str(aside))} are both there"
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
    shim, aside = find_shim(path), aside_path(path)
    content = read_content(shim) if shim else None
    if shim is not None and hash_content(content) != record.hash:
        return _leave(shim, aside)
    removal: tuple[Step, ...] = (Write(shim, content, None),) if shim else ()
    if not (record.former and os.path.lexists(aside)):
        return Plan(removal) if shim else _leave(path)
    spot = sibling_path(path, LEGACY) if shim == sibling_path(path, LEGACY) else path
    if shim != spot and os.path.lexists(spot):
        if not is_same_hook(spot, aside):
            return _leave(spot, aside)._replace(steps=removal)
        is_needed = False  # its manager has written it again
    else:
        is_needed = not _is_abandoned(aside, path, shim)
    former = Move(aside, spot) if is_needed else Write(aside, read_content(aside), None)
    return Plan((*removal, former))


def _leave(*paths: Path) -> Plan:
    """No steps, and a note about those of the files that are there."""
    remaining = [escape_hidden(str(each)) for each in paths if os.path.lexists(each)]
    return Plan(
        notes=(f"{' and '.join(remaining)}: not as init left it, and left alone",) if remaining else ()
    )


def _is_abandoned(aside: Path, path: Path, shim: Path | None) -> bool:
    """Was the manager of the former hook taken out meanwhile? It cannot know that its hook is here.

    `shim` is ours, None where somebody removed it.
    """
    maker, folder = name_maker(aside), path.parent
    if maker in _SIGNS:
        # Only of one whose sign was there once: an old version may have none, and no hook of somebody's is lost.
        return (aside.parent / maker).is_symlink() and not (folder / _SIGNS[maker]).exists()
    if maker == "husky 4":
        return not (folder / "husky.sh").exists()
    if maker == "simple-git-hooks":  # it removes all hooks, ours too
        return shim is None
    if maker == "npm's pre-commit":
        started = re.search(rb"^HOOK='(.*)'$", read_content(aside) or b"", re.MULTILINE)
        return shim is None or (started is not None and not Path(os.fsdecode(started[1])).exists())
    return False
