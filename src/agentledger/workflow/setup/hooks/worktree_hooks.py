"""Gives agents' worktrees a `core.hooksPath` of their own, which names our folder of hooks, and the task they are for.

Belongs here: which setting hides which, the folder, the settings of each worktree. Does not: the hooks' text (see
`native_hooks`).

Somebody's shared setting can come at any time: husky sets it to `.husky/_` in an agent's own `npm install`. It stays:
git reads the settings of one worktree after the shared ones, once `extensions.worktreeConfig` is on. Our hooks look
up the shared folder at every run, and run its hooks first. With that extension `core.bare` and `core.worktree` would
apply to every worktree without its own, so they move to the main worktree's own file (git-worktree(1),
"Configuration file").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.text import decode, escape_hidden
from agentledger.repository import hook_files, worktree_task
from agentledger.repository.hook_branches import FOLDER
from agentledger.repository.live_hooks import EXTENSION, SETTING, is_our_folder
from agentledger.workflow.setup import git_settings
from agentledger.workflow.setup.hooks import native_hooks
from agentledger.workflow.setup.manifest import Key, Manifest, Written, hash_content
from agentledger.workflow.setup.setup_plan import Plan, combine_plans
from agentledger.workflow.setup.steps import PROGRAM, Write, read_content

MAIN_ONLY = ("core.bare", "core.worktree")
# The other hooks of githooks(5), which must still run: in our folder each is a script that starts the shared one.
# Left out are those that a server runs.
_OTHERS = (
    "applypatch-msg pre-applypatch post-applypatch pre-rebase post-checkout post-merge post-rewrite pre-auto-gc "
    "sendemail-validate"
).split()
# The ones that every commit asks for, where a shell would be felt: only where the shared folder has them. Our hook
# of a commit looks again each time, and copies FORWARD (see `hooks/shim.sh`).
_OFTEN = ("prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction", "post-index-change")
FORWARD = "forward"
# Since this git, hooks can be named in the configuration (git-config(1), `hook.<friendly-name>.event`).
CONFIGURED = (2, 54)


def read_shared_path(git: Git, place: Place) -> str | None:
    """The `core.hooksPath` that all worktrees share; None without one, or where it names the usual folder."""
    shared = [
        (scope, value) for scope, value in _read_hooks_paths(git) if scope in ("system", "global", "local")
    ]
    # The last one counts.
    if not shared or shared[-1][1] == str(place.common / "hooks"):
        return None
    return shared[-1][1]


def read_own_path(git: Git) -> str | None:
    """The `core.hooksPath` in this worktree's own settings; None without one."""
    own = [value for scope, value in _read_hooks_paths(git) if scope == "worktree"]
    return own[-1] if own else None


def _read_hooks_paths(git: Git) -> list[tuple[str, str]]:
    """Every `core.hooksPath` with its scope, in git's order."""
    flags = ["--show-scope", "--type=path", "-z", "--get-all", SETTING]
    fields = decode(process.run_or_none(git, ["config", *flags]) or b"").split("\0")[:-1]
    return list(zip(fields[::2], fields[1::2], strict=True))


def read_configured_hooks(git: Git) -> list[tuple[str, str]]:
    """Name and event of each hook that `hook.<name>.event` sets for an event of ours."""
    flags = ["-z", "--get-regexp", r"^hook\..*\.event$"]
    entries = decode(process.run_or_none(git, ["config", *flags]) or b"").split("\0")[:-1]
    pairs = (entry.partition("\n")[::2] for entry in entries)
    return [
        (key.removeprefix("hook.").removesuffix(".event"), event)
        for key, event in pairs
        if event in hook_files.NAMES
    ]


def plan_worktree_hooks(
    git: Git, place: Place, setting: str | None, worktrees: Mapping[Path, str], done: Manifest
) -> Plan:
    """The plan for our folder of hooks, and for a setting in each of these worktrees that names it.

    `setting` is the shared `core.hooksPath`, None without one; `worktrees` has the task for which each was made, ''
    where none is known; `done` is what earlier runs did.
    """
    folder = place.common / FOLDER
    parts = [_plan_worktree(replace(git, cwd=worktree), folder, task) for worktree, task in worktrees.items()]
    # Also where the settings are there: without it git reads none of them.
    if not all(part.notes for part in parts):
        parts = [_plan_extension(place), *parts]
    shared = setting or str(place.common / "hooks")
    forwarded = [
        *_OTHERS,
        *(n for n in _OFTEN if _has_hook_file(shared, worktrees, n) or (folder / n).exists()),
    ]
    parts += [
        _plan_hook_file(folder / n, native_hooks.render_shim(n, "before-elsewhere.sh"), done)
        for n in hook_files.NAMES
    ]
    text = native_hooks.render_shim(FORWARD, "before-elsewhere.sh", "forward.sh")
    parts += [_plan_hook_file(folder / n, text, done) for n in (FORWARD, *forwarded)]
    if setting is None:
        return combine_plans(parts)
    note = f"core.hooksPath is {escape_hidden(setting)}, which stays: the hooks go to agents' worktrees alone"
    if not worktrees:
        note += "; there is none yet, so run init again once there is"
    return combine_plans([*parts, Plan(notes=(note,))])


def _has_hook_file(setting: str, worktrees: Iterable[Path], name: str) -> bool:
    """Is there such a hook in the shared folder? A relative path is taken from each worktree."""
    return any((worktree / setting / name).is_file() for worktree in worktrees)


def _plan_worktree(git: Git, folder: Path, task: str) -> Plan:
    """The plan for the worktree's own setting, and the task in its git directory; somebody's own setting stays."""
    before = read_own_path(git)
    # Ours can name another folder: the one of before the repository was moved.
    if before is not None and not is_our_folder(before):
        note = (
            f"{escape_hidden(str(git.cwd))} has a core.hooksPath of its own, which stays: it is not checked"
        )
        return Plan(notes=(note,))
    directory = queries.locate_repository(git).directory
    own = git_settings.plan_settings(directory / "config.worktree", [(SETTING, str(folder))])
    file = directory / worktree_task.FILE
    content, text = read_content(file), worktree_task.render_made_for(task)
    steps = (Write(file, content, text),) if task and content != text else ()
    return own._replace(steps=(*own.steps, *steps))


def _plan_extension(place: Place) -> Plan:
    """The plan that turns the extension on, and moves what is for the main worktree alone."""
    file = place.common / "config"
    if git_settings.read_setting(file, EXTENSION) == "true":
        return Plan()
    moved = [(name, git_settings.read_setting(file, name)) for name in MAIN_ONLY]
    moved = [(name, value) for name, value in moved if value not in (None, "false")]
    unset: list[git_settings.Setting] = [(name, None) for name, _ in moved]
    main = git_settings.plan_settings(place.common / "config.worktree", moved)
    return combine_plans([main, git_settings.plan_settings(file, [(EXTENSION, "true"), *unset])])


def _plan_hook_file(path: Path, text: bytes, done: Manifest) -> Plan:
    """The plan for one hook in our folder; one that somebody has changed stays, and a note says so."""
    if maker := hook_files.name_maker(path):
        return _plan_return(path, text, maker)
    content = read_content(path)
    known = path in done.files and hash_content(content) == done.files[path].hash
    # The hook of a commit makes copies of FORWARD by itself.
    if content not in (None, text) and not known and not hook_files.has_marker(path, hook_files.OURS):
        note = f"{escape_hidden(str(path))} was changed since init wrote it, and stays so"
        return Plan(notes=(f"{note}; to have it written again, remove it and run init again",))
    steps = native_hooks.plan_program(path, content, text)
    if not steps and path in done.files:
        return Plan()
    return Plan(steps, Manifest({path: Written(hash_content(text), True, content)}))


def _plan_return(path: Path, text: bytes, maker: str) -> Plan:
    """The plan that takes a hook manager's hook out of our folder, and ours back in.

    lefthook and prek write where git looks for hooks in the worktree in which they are started, so into our folder.
    """
    note = (
        f"{maker} had written {escape_hidden(str(path))}, where our hook starts what is in the shared folder"
    )
    where = "its own install, typed in the main worktree, writes it there"
    write = Write(path, read_content(path), text, PROGRAM)
    return Plan(
        (*_plan_removal(path), write),
        Manifest({path: Written(hash_content(text), True)}),
        (f"{note}: {where}",),
    )


def _plan_removal(path: Path) -> tuple[Write, ...]:
    """The steps that remove ours where a hook manager has put it aside, in our folder."""
    aside = [hook_files.sibling_path(path, ending) for ending in (hook_files.LEGACY, hook_files.OLD)]
    return tuple(Write(each, read_content(each), None) for each in aside if each.is_file())


# -- undoing it --------------------------------------------------------------------------


def plan_worktree_undo(place: Place, records: Mapping[Path, Written]) -> Plan:
    """The plan that undoes the settings of each worktree, and the extension where no other setting needs it.

    `records` are the manifest's, of files with settings. What is still needed stays in the plan's manifest.
    """
    shared, main = place.common / "config", place.common / "config.worktree"
    files = {**_find_copied_settings(place), **records}
    plans = {path: git_settings.plan_settings_undo(path, written) for path, written in files.items()}
    after = {
        step.path: step.after for part in plans.values() for step in part.steps if isinstance(step, Write)
    }
    notes = Plan(tuple(Write(path, read_content(path), None) for path in _find_own_notes(place)))
    config_files = (main, *place.common.glob("worktrees/*/config.worktree"))
    needed = [file for file in config_files if (after[file] if file in after else read_content(file))]
    if not needed or shared not in files:
        return combine_plans([notes, *plans.values()])
    still_needed = {path: files[path] for path in (shared, main) if path in files}
    note = f"{EXTENSION} stays on, for the settings in {escape_hidden(str(needed[0]))}"
    others = (part for path, part in plans.items() if path not in still_needed)
    return combine_plans([notes, *others, Plan(done=Manifest(still_needed), notes=(note,))])


def _find_own_notes(place: Place) -> list[Path]:
    """The files that say for which task a worktree was made."""
    return sorted(place.common.glob(f"worktrees/*/{worktree_task.FILE}"))


def plan_copies_undo(place: Place, done: Manifest) -> Plan:
    """The plan that removes the hooks in our folder which the manifest does not know.

    Our hook of a commit puts some beside itself, and hook managers write there and put ours aside.
    """
    folder = place.common / FOLDER
    return Plan(
        tuple(
            Write(path, read_content(path), None)
            for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
            if is_managers(place, path)
            or (path not in done.files and hook_files.has_marker(path, hook_files.OURS))
        )
    )


def is_managers(place: Place, path: Path) -> bool:
    """Did a hook manager write this file into our folder?"""
    is_hook = path.parent == place.common / FOLDER and path.name in (*hook_files.NAMES, *_OTHERS, *_OFTEN)
    return is_hook and bool(hook_files.name_maker(path))


def _find_copied_settings(place: Place) -> dict[Path, Written]:
    """Records for worktrees that have our setting without init: `git worktree add` copies it from another one.

    A setting that names a folder of ours elsewhere is of before the repository was moved.
    """
    copied = {}
    for file in place.common.glob("worktrees/*/config.worktree"):
        value = git_settings.read_setting(file, SETTING)
        if value is not None and is_our_folder(value):
            copied[file] = Written("", False, keys=(Key(SETTING, value, None),))
    return copied
