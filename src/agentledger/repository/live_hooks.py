"""Says which worktree has no live hook of ours, what turned it off, and the command that turns it on.

Belongs here: where git looks for hooks in each worktree, and what it finds there, from one question for all of them.
Does not: whose a hook file is (see `hook_files`), or trying a hook (see `workflow.setup.doctor`). What is set for one
command alone (`git -c`, GIT_CONFIG_COUNT, a client's own GIT_CONFIG_GLOBAL) cannot be seen from outside.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import NamedTuple

from agentledger.git import process
from agentledger.git.process import Git
from agentledger.git.queries import Place
from agentledger.model.fleet import HooksOff
from agentledger.model.text import decode, escape_hidden
from agentledger.repository import hook_branches, hook_files, worktree_task
from agentledger.repository.hook_branches import FOLDER

SETTING, EXTENSION = "core.hooksPath", "extensions.worktreeConfig"
_SHARED = ("system", "global", "local")
INIT = "agentledger init"
FRAMEWORK = ("prek.toml", ".pre-commit-config.yaml", ".pre-commit-config.yml")  # prek reads all three


class Setting(NamedTuple):
    """A `core.hooksPath`, and the file in which it is set."""

    value: str
    file: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What the hooks of all worktrees depend on."""

    git: Git
    common: Path
    #: The setting that all worktrees share; None without one.
    shared: Setting | None
    #: Does git read settings of single worktrees?
    each: bool
    #: The answers of git about such files, by content: nearly all are the same.
    read: dict[bytes, Setting | None]


def is_our_folder(value: str) -> bool:
    """Does a `core.hooksPath` name a folder of ours, in whichever repository?"""
    return PurePath(value).name == FOLDER


def read_installed(git: Git, place: Place, config: Mapping[str, str]) -> Installed | None:
    """What all worktrees share; None where nobody ran `agentledger init` for git's own hooks. `config` is git's."""
    is_set_up = (place.common / FOLDER / hook_branches.FILE).exists() or any(
        place.common.glob(f"worktrees/*/{worktree_task.FILE}")
    )
    if not is_set_up:
        return None
    each = config.get(EXTENSION.lower(), "false") in ("", "true", "yes", "on", "1")
    # Most repositories have no such setting, and then there is no more to ask.
    shared = _read_shared(git) if SETTING.lower() in config else None
    return Installed(git, place.common, shared=shared, each=each, read={})


def _read_shared(git: Git) -> Setting | None:
    """The `core.hooksPath` that all worktrees share, where git would take it from."""
    flags = ["--show-scope", "--show-origin", "--type=path", "-z", "--get-all", SETTING]
    fields = decode(process.run_or_none(git, ["config", *flags]) or b"").split("\0")[:-1]
    rows = list(zip(fields[::3], fields[1::3], fields[2::3], strict=True))
    # The last one counts.
    named = [
        Setting(value, origin.removeprefix("file:")) for scope, origin, value in rows if scope in _SHARED
    ]
    return named[-1] if named else None


def find_hooks_off(installed: Installed | None, top: Path, directory: Path) -> HooksOff | None:
    """What keeps our hooks from running in the worktree at `top`, whose git directory this is; None for nothing."""
    if installed is None:
        return None
    setting = _read_own(installed, directory) or installed.shared
    folder = top / Path(setting.value) if setting else installed.common / "hooks"
    dead = [name for name in hook_files.NAMES if not _may_run(folder / name, top)]
    if dead:
        return _describe_dead(installed, setting, folder, dead=dead, directory=directory)
    gone = [
        path
        for name in hook_files.NAMES
        if (shim := hook_files.find_shim(folder / name))
        for path in hook_files.list_started(shim)
        if not path.exists()
    ]
    if gone:
        return HooksOff(f"its hooks start {escape_hidden(str(gone[0]))}, which is gone", INIT)
    return None


def _read_own(installed: Installed, directory: Path) -> Setting | None:
    """The worktree's own setting: git reads it after all others."""
    file = directory / "config.worktree"
    content = hook_files.read_file(file) if installed.each else b""
    if b"hookspath" not in content.lower():
        return None
    if content not in installed.read:
        flags = ["--file", str(file), "--includes", "--type=path", "-z", "--get-all", SETTING]
        values = decode(process.run_or_none(installed.git, ["config", *flags]) or b"").split("\0")[:-1]
        installed.read[content] = Setting(values[-1], "") if values else None
    own = installed.read[content]
    return own._replace(file=str(file)) if own else None


def _may_run(hook: Path, top: Path) -> bool:
    """Does this hook, which git starts, start ours? What mentions us is believed; `doctor` tries it."""
    if hook_files.has_running_shim(hook):
        return True
    if not hook_files.is_started(hook):
        return False
    if hook_files.name_maker(hook) in hook_files.FRAMEWORKS:
        return any(hook_files.has_marker(top / name, b"agentledger") for name in FRAMEWORK)
    # husky's hook starts the file of this name in the folder above its own.
    shim = hook_files.find_shim(hook)
    aside = shim is not None and shim != hook
    mentioned = any(
        hook_files.has_marker(each, b"agentledger") for each in (hook, hook.parent.parent / hook.name)
    )
    return mentioned and not aside


def _describe_dead(
    installed: Installed,
    setting: Setting | None,
    folder: Path,
    *,
    dead: Sequence[str],
    directory: Path,
) -> HooksOff:
    """What turned these hooks off: a setting, or what is in the folder that git looks in."""
    names = ", ".join(dead)
    ours = setting is not None and is_our_folder(setting.value)
    if setting is not None and not ours:
        why = f"core.hooksPath is {escape_hidden(setting.value) or 'empty'}, set in {escape_hidden(setting.file)}"
        own = directory / "config.worktree"
        if setting.file != str(own):
            return HooksOff(f"{why}, where no hook of agentledger is", INIT)
        unset = f"git config --file {shlex.quote(escape_hidden(str(own)))} --unset-all {SETTING}"
        return HooksOff(f"{why}, where no hook of agentledger is", f"{unset} && {INIT}")
    first = folder / dead[0]
    where = escape_hidden(str(first))
    if not first.is_file():
        return HooksOff(f"{names}: git finds no hook in {escape_hidden(str(folder))}", INIT)
    if not hook_files.is_started(first):
        return HooksOff(f"{names}: {where} is not executable", INIT)
    if ours and folder == installed.common / FOLDER:
        replaced = [each for each in dead if not hook_files.has_marker(folder / each, hook_files.OURS)]
        # What a hook manager has put there, `init` takes out by itself.
        unknown = [each for each in replaced if not hook_files.name_maker(folder / each)]
        files = shlex.join(escape_hidden(str(folder / each)) for each in unknown)
        command = f"rm {files} && {INIT}" if unknown else INIT
        return HooksOff(f"{names}: {where} was replaced by {describe_maker(first)}", command)
    return HooksOff(f"{names}: {where} is {describe_maker(first)}, which does not start ours", INIT)


def describe_maker(hook: Path) -> str:
    """Whose hook this is, in words: a hook manager's that is known, or another one."""
    maker = hook_files.name_maker(hook)
    return f"the hook of {maker}" if maker else "another hook"


def in_main_worktree(off: HooksOff, main: Path) -> HooksOff:
    """The same for somebody in another worktree: a manager's commands run in the main one."""
    return off._replace(command=f"cd {shlex.quote(escape_hidden(str(main)))} && {off.command}")
